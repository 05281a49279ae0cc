"""The difference of two proportions, with its interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from sequela.stats.confidence_band import normal_quantile
from sequela.stats.estimand import Estimand
from sequela.stats.proportions import Share, wilson
from sequela.stats.results import NOBODY_ABSENT, Absent, Row

DifferenceMethod = Literal["newcombe", "miettinen-nurminen", "wald"]
DIFFERENCE = (
    "proportion_difference",
    "proportion_difference_ci_low",
    "proportion_difference_ci_high",
)


def newcombe(first: Share, second: Share, conf_level: float = 0.95) -> tuple[float, float]:
    """The hybrid of two score intervals, without continuity correction; both n above 0.

    Source: Newcombe, Stat Med 1998;17:873, method 10.
    """
    difference = first.value - second.value
    low_1, high_1 = wilson(first.count, first.n, conf_level)
    low_2, high_2 = wilson(second.count, second.n, conf_level)
    down = math.hypot(first.value - low_1, high_2 - second.value)
    up = math.hypot(high_1 - first.value, second.value - low_2)
    return difference - down, difference + up


def wald(first: Share, second: Share, conf_level: float = 0.95) -> tuple[float, float]:
    """The normal interval, cut at -1 and 1, as `prop.test(correct = FALSE)`; both n above 0.

    It is too narrow in small groups, and has no width when both shares are 0 or 1.
    """
    difference = first.value - second.value
    variance = sum(s.value * (1 - s.value) / s.n for s in (first, second))
    half = normal_quantile(conf_level) * math.sqrt(variance)
    return max(difference - half, -1.0), min(difference + half, 1.0)


def miettinen_nurminen(
    first: Share, second: Share, conf_level: float = 0.95
) -> tuple[float, float]:
    """All differences that the score test does not reject, with the factor N / (N - 1).

    Both n above 0. Source: Miettinen and Nurminen, Stat Med 1985;4:213.
    """
    z = normal_quantile(conf_level)
    difference = first.value - second.value
    low = -1.0 if difference == -1 else _score_limit(first, second, z, -1.0, difference)
    high = 1.0 if difference == 1 else _score_limit(first, second, z, 1.0, difference)
    return low, high


def compare_proportions(
    first: Share,
    second: Share,
    *,
    variable: str,
    contrast: str,
    level: str = "",
    method: DifferenceMethod = "newcombe",
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """The share of the first less that of the second, and its interval, as rows.

    Statistics, on the scale -1 to 1: `proportion_difference` and its `_ci_low` and `_ci_high`;
    not estimable when a group has nobody. ValueError for an unknown method. Null is in no
    share: `absent` counts it. Source: Newcombe, Stat Med 1998;17:873.
    """
    if method not in _INTERVALS:
        raise ValueError(f"No interval '{method}'; known are {', '.join(_INTERVALS)}.")
    phrase, interval = _INTERVALS[method]
    about = Estimand(
        variable=variable,
        contrast=contrast,
        level=level,
        n=first.n + second.n,
        absent=absent,
        method=f"difference of proportions, first less second; {phrase} {100 * conf_level:g} % CI",
    )
    if not (first.n and second.n):
        reason = "nobody of a group has a value"
        return [about.no_value(name, "not_estimable", reason) for name in DIFFERENCE]
    values = (first.value - second.value, *interval(first, second, conf_level))
    return [about.value(name, value) for name, value in zip(DIFFERENCE, values, strict=True)]


def _score_limit(first: Share, second: Share, z: float, end: float, difference: float) -> float:
    """Where the score test of the difference just rejects, between it and the end, -1 or 1."""
    from scipy.optimize import brentq

    def excess(delta: float) -> float:
        """The squared distance less its critical value times the variance: no division by 0."""
        spread = _constrained_variance(first, second, delta)
        return float((difference - delta) ** 2 - z * z * spread)

    # At the difference itself the excess may be 0, where the variance is; beside it, never.
    beside = difference + 1e-9 * (end - difference)
    return float(brentq(excess, beside, end, xtol=1e-15, rtol=1e-14))


def _constrained_variance(first: Share, second: Share, delta: float) -> float:
    """The variance of the difference if its true value is `delta`, at the likeliest shares."""
    share = _constrained_share(first, second, delta)
    n = first.n + second.n
    variance = (share + delta) * (1 - share - delta) / first.n + share * (1 - share) / second.n
    return max(variance, 0.0) * n / (n - 1)


def _constrained_share(first: Share, second: Share, delta: float) -> float:
    """The likeliest second share if the first is greater by `delta`: a root of a cubic."""
    n, x = first.n + second.n, first.count + second.count
    square = (first.n + 2 * second.n) * delta - n - x
    linear = (second.n * delta - n - 2 * second.count) * delta + x
    constant = second.count * delta * (1 - delta)
    third = square / (3 * n)
    q = third**3 - linear * square / (6 * n**2) + constant / (2 * n)
    p = math.copysign(math.sqrt(max(third**2 - linear / (3 * n), 0.0)), q)
    cosine = 1.0 if p == 0 else min(max(q / p**3, -1.0), 1.0)
    share = 2 * p * math.cos((math.pi + math.acos(cosine)) / 3) - third
    # Both shares lie between 0 and 1; rounding may take the root just outside.
    low, high = max(0.0, -delta), min(1.0, 1.0 - delta)
    share = min(max(share, low), high)
    # For rare events the cubic loses digits, which two steps on the likelihood bring back.
    for _ in range(2):
        if low < share < high:
            share = min(max(_newton_step(first, second, delta, share), low), high)
    return share


def _newton_step(first: Share, second: Share, delta: float, share: float) -> float:
    """The second share, closer to where the slope of the log likelihood is zero."""
    terms = (
        (first.count, share + delta),
        (first.count - first.n, 1 - share - delta),
        (second.count, share),
        (second.count - second.n, 1 - share),
    )
    present = [(count, chance) for count, chance in terms if count]
    if min(chance for _, chance in present) < 1e-100:
        return share
    slope = sum(count / chance for count, chance in present)
    return share + slope / sum(abs(count) / chance**2 for count, chance in present)


_INTERVALS: Mapping[
    DifferenceMethod, tuple[str, Callable[[Share, Share, float], tuple[float, float]]]
] = MappingProxyType(
    {
        "newcombe": ("Newcombe (hybrid score)", newcombe),
        "miettinen-nurminen": ("Miettinen-Nurminen (score)", miettinen_nurminen),
        "wald": ("Wald", wald),
    }
)
