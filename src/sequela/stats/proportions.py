"""Proportions with exact and score intervals."""

from __future__ import annotations

import math
from typing import Literal

from sequela.stats.confidence_band import normal_quantile
from sequela.stats.estimand import Estimand
from sequela.stats.results import NOBODY_ABSENT, Absent, Row

ProportionMethod = Literal["clopper-pearson", "wilson"]


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


def estimate_proportion(
    successes: int,
    n: int,
    *,
    variable: str,
    level: str = "",
    method: ProportionMethod = "clopper-pearson",
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """How many of n, which share, and its 95 % interval, as result rows.

    Statistics: `count`, and on the scale 0 to 1 `proportion`, `proportion_ci_low`,
    `proportion_ci_high`; with n = 0 these three are not estimable. `n` counts those with a
    value; `absent` those without. ValueError unless 0 <= successes <= n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is not a proportion.")
    interval = {"clopper-pearson": clopper_pearson, "wilson": wilson}[method]
    about = Estimand(variable=variable, n=n, absent=absent, level=level, method="count")
    phrase = {"clopper-pearson": "Clopper-Pearson (exact)", "wilson": "Wilson (score)"}[method]
    shared = about.by(f"proportion; {phrase} 95 % CI")
    names = ("proportion", "proportion_ci_low", "proportion_ci_high")
    rows = [about.value("count", successes)]
    if n == 0:
        return rows + [shared.no_value(s, "not_estimable", "nobody has a value") for s in names]
    values = (successes / n, *interval(successes, n))
    return rows + [shared.value(s, v) for s, v in zip(names, values, strict=True)]


def _check_counts(x: int, n: int, conf_level: float) -> None:
    if n < 1 or not 0 <= x <= n:
        raise ValueError(f"{x} of {n} is not a proportion.")
    if not 0 < conf_level < 1:
        raise ValueError(f"A confidence level lies between 0 and 1, not at {conf_level:g}.")
