"""Risk ratio and odds ratio of two proportions, with their intervals."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from sequela.stats.confidence_band import normal_quantile
from sequela.stats.estimand import Estimand
from sequela.stats.fisher import conditional_odds_ratio
from sequela.stats.group_test import NotEstimable
from sequela.stats.proportions import Share
from sequela.stats.results import NOBODY_ABSENT, Absent, Row

RatioKind = Literal["risk_ratio", "odds_ratio", "conditional_odds_ratio"]
_METHODS: dict[RatioKind, str] = {
    "risk_ratio": "risk ratio, first to second; Wald {level} % CI on the log scale",
    "odds_ratio": "odds ratio, first to second; Wald {level} % CI on the log scale",
    "conditional_odds_ratio": "conditional maximum-likelihood odds ratio, first to second; "
    "exact {level} % CI",
}


def risk_ratio(first: Share, second: Share, conf_level: float = 0.95) -> tuple[float, ...]:
    """The ratio of two shares and its limits, from the normal interval of its logarithm.

    NotEstimable when a share is 0 or a group has nobody: nothing is added to the counts.
    Source: Katz, Baptista, Azen and Pike, Biometrics 1978;34:469.
    """
    if not (first.count and second.count):
        raise NotEstimable("nobody of a group is counted, so the log ratio has no value")
    variance = sum(1 / s.count - 1 / s.n for s in (first, second))
    return _about_log(math.log(first.value / second.value), variance, conf_level)


def odds_ratio(first: Share, second: Share, conf_level: float = 0.95) -> tuple[float, ...]:
    """The ratio of two odds and its limits, from the normal interval of its logarithm.

    NotEstimable when a cell is empty: nothing is added to the counts. Source: Woolf, Ann Hum
    Genet 1955;19:251.
    """
    cells = (first.count, second.n - second.count, first.n - first.count, second.count)
    if not all(cells):
        raise NotEstimable("a cell of the table is empty, so the log ratio has no value")
    log_ratio = math.log(cells[0]) + math.log(cells[1]) - math.log(cells[2]) - math.log(cells[3])
    return _about_log(log_ratio, sum(1 / cell for cell in cells), conf_level)


def compare_ratio(
    first: Share,
    second: Share,
    kind: RatioKind,
    *,
    variable: str,
    contrast: str,
    level: str = "",
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """A ratio of the first to the second and its interval, as rows.

    Statistics: the `kind` and its `_ci_low` and `_ci_high`. An estimate or a limit that the
    data leave without bound is not estimable. ValueError for an unknown kind. Null is in no
    share: `absent` counts it. Sources: Katz et al., Biometrics 1978;34:469; Woolf, Ann Hum
    Genet 1955;19:251; Fisher, J R Stat Soc 1935;98:39.
    """
    if kind not in _METHODS:
        raise ValueError(f"No ratio '{kind}'; known are {', '.join(_METHODS)}.")
    about = Estimand(
        variable=variable,
        contrast=contrast,
        level=level,
        n=first.n + second.n,
        absent=absent,
        method=_METHODS[kind].format(level=f"{100 * conf_level:g}"),
    )
    names = (kind, f"{kind}_ci_low", f"{kind}_ci_high")
    try:
        values = _ratio(first, second, kind, conf_level)
    except NotEstimable as why:
        return [about.no_value(name, "not_estimable", str(why)) for name in names]
    unbounded = "unbounded: a cell of the table is empty"
    return [
        about.value(name, value)
        if math.isfinite(value)
        else about.no_value(name, "not_estimable", unbounded)
        for name, value in zip(names, values, strict=True)
    ]


def _ratio(first: Share, second: Share, kind: RatioKind, conf_level: float) -> tuple[float, ...]:
    if kind != "conditional_odds_ratio":
        return {"risk_ratio": risk_ratio, "odds_ratio": odds_ratio}[kind](first, second, conf_level)
    cells = [[first.count, first.n - first.count], [second.count, second.n - second.count]]
    found = conditional_odds_ratio(np.array(cells), conf_level)
    return found.value, found.low, found.high


def _about_log(log_ratio: float, variance: float, conf_level: float) -> tuple[float, ...]:
    half = normal_quantile(conf_level) * math.sqrt(variance)
    return math.exp(log_ratio), math.exp(log_ratio - half), math.exp(log_ratio + half)
