"""Proportions with exact and score intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from sequela.stats.confidence_band import normal_quantile
from sequela.stats.estimand import Estimand
from sequela.stats.results import NOBODY_ABSENT, Absent, Row

ProportionMethod = Literal["clopper-pearson", "wilson", "jeffreys", "agresti-coull"]


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `n` people; ValueError unless 0 <= count <= n."""

    count: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.n:
            raise ValueError(f"{self.count} of {self.n} is not a proportion.")

    @property
    def value(self) -> float:
        """The share, 0 to 1; ZeroDivisionError of nobody."""
        return self.count / self.n


def clopper_pearson(x: int, n: int, conf_level: float = 0.95) -> tuple[float, float]:
    """The exact binomial interval of x out of n, as R's `binom.test`.

    0 of n begins at 0 and n of n ends at 1. ValueError unless 0 <= x <= n and n > 0.
    Source: Clopper and Pearson, Biometrika 1934;26:404.
    """
    from scipy.special import betaincinv

    _check_counts(x, n, conf_level)
    tail = (1 - conf_level) / 2
    low = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, tail))
    high = 1.0 if x == n else float(betaincinv(x + 1, n - x, 1 - tail))
    return low, high


def wilson(x: int, n: int, conf_level: float = 0.95) -> tuple[float, float]:
    """The score interval of x out of n, as R's `prop.test(correct = FALSE)`.

    0 of n begins at 0 and n of n ends at 1. ValueError unless 0 <= x <= n and n > 0.
    Source: Wilson, J Am Stat Assoc 1927;22:209.
    """
    _check_counts(x, n, conf_level)
    z = normal_quantile(conf_level)
    share, shift = x / n, z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + shift / (2 * n))
    low = 0.0 if x == 0 else (share + shift - half) / (1 + 2 * shift)
    high = 1.0 if x == n else (share + shift + half) / (1 + 2 * shift)
    return low, high


def jeffreys(x: int, n: int, conf_level: float = 0.95) -> tuple[float, float]:
    """The interval of the posterior of x out of n under Jeffreys' prior, beta(1/2, 1/2).

    0 of n begins at 0 and n of n ends at 1, so that the interval holds the share. ValueError
    unless 0 <= x <= n and n > 0. Source: Brown, Cai and DasGupta, Stat Sci 2001;16:101.
    """
    from scipy.special import betaincinv

    _check_counts(x, n, conf_level)
    tail = (1 - conf_level) / 2
    low = 0.0 if x == 0 else float(betaincinv(x + 0.5, n - x + 0.5, tail))
    high = 1.0 if x == n else float(betaincinv(x + 0.5, n - x + 0.5, 1 - tail))
    return low, high


def agresti_coull(x: int, n: int, conf_level: float = 0.95) -> tuple[float, float]:
    """The normal interval about the middle of the score interval, cut at 0 and 1.

    It holds the score interval. ValueError unless 0 <= x <= n and n > 0. Source: Agresti and
    Coull, Am Stat 1998;52:119.
    """
    _check_counts(x, n, conf_level)
    z = normal_quantile(conf_level)
    people = n + z * z
    share = (x + z * z / 2) / people
    half = z * math.sqrt(share * (1 - share) / people)
    return max(share - half, 0.0), min(share + half, 1.0)


def estimate_proportion(
    successes: int,
    n: int,
    *,
    variable: str,
    level: str = "",
    method: ProportionMethod = "clopper-pearson",
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """How many of n, which share, and its interval, as result rows.

    Statistics: `count`, and on the scale 0 to 1 `proportion`, `proportion_ci_low`,
    `proportion_ci_high`; with n = 0 these three are not estimable. `n` counts those with a
    value; `absent` those without. ValueError unless 0 <= successes <= n. Source of the choice:
    Brown, Cai and DasGupta, Stat Sci 2001;16:101.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is not a proportion.")
    if method not in _INTERVALS:
        raise ValueError(f"No interval '{method}'; known are {', '.join(_INTERVALS)}.")
    phrase, interval = _INTERVALS[method]
    about = Estimand(variable=variable, n=n, absent=absent, level=level, method="count")
    shared = about.by(f"proportion; {phrase} {100 * conf_level:g} % CI")
    names = ("proportion", "proportion_ci_low", "proportion_ci_high")
    rows = [about.value("count", successes)]
    if n == 0:
        return rows + [shared.no_value(s, "not_estimable", "nobody has a value") for s in names]
    values = (successes / n, *interval(successes, n, conf_level))
    return rows + [shared.value(s, v) for s, v in zip(names, values, strict=True)]


def _check_counts(x: int, n: int, conf_level: float) -> None:
    if n < 1 or not 0 <= x <= n:
        raise ValueError(f"{x} of {n} is not a proportion.")
    if not 0 < conf_level < 1:
        raise ValueError(f"A confidence level lies between 0 and 1, not at {conf_level:g}.")


_INTERVALS: Mapping[
    ProportionMethod, tuple[str, Callable[[int, int, float], tuple[float, float]]]
] = MappingProxyType(
    {
        "clopper-pearson": ("Clopper-Pearson (exact)", clopper_pearson),
        "wilson": ("Wilson (score)", wilson),
        "jeffreys": ("Jeffreys", jeffreys),
        "agresti-coull": ("Agresti-Coull", agresti_coull),
    }
)
