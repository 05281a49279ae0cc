"""The median of numbers of which some are known only as `>120`, `<5` or `1-9`.

Three ways, in this order. Where the intervals do not matter, the median is what it is
whatever they hide. Where all bounds point one way, they are censored values, and the median
is that of the Kaplan-Meier curve, of the values or, for `<5`, of the values turned about.
Else it is refused. The first assumes nothing; the second that a value beyond its bound is
like the others beyond that bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.confidence_band import ConfType
from sequela.stats.describe import estimate_numeric
from sequela.stats.estimand import Estimand
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats, build_risk_tables
from sequela.stats.survival import kaplan_meier, quantile

_NAMES = ("censored_median", "censored_median_ci_low", "censored_median_ci_high")


@dataclass(frozen=True, slots=True)
class CensoredMedian:
    """The Kaplan-Meier median and its limits; NaN where the curve does not reach a half."""

    value: float
    low: float
    high: float


def right_censored_median(
    values: ArrayLike, known: ArrayLike, *, conf_type: ConfType = "log-log"
) -> CensoredMedian:
    """The median (N,) when `known` (N,) is 0 for "more than this value", with its 95 % limits.

    Values may be negative: the curve is drawn over values less their smallest, and a value
    that equals a bound comes before it, as in `survfit`. Source: Brookmeyer and Crowley,
    Biometrics 1982;38:29.
    """
    at = np.asarray(values, dtype=float)
    # A risk table begins after time zero; how far from zero does not move a quantile.
    origin = float(at.min()) - 1.0
    curve = kaplan_meier(build_risk_tables(at - origin, known)[""], conf_type=conf_type)
    found = quantile(curve, 0.5)
    return CensoredMedian(found.time + origin, found.low + origin, found.high + origin)


def estimate_censored_median(
    low: ArrayLike, high: ArrayLike, *, variable: str, absent: Absent = NOBODY_ABSENT
) -> list[Row]:
    """The median where some values are bounds, with its 95 % interval, as rows.

    Arrays are (N,): `low` equals `high` where a value is exact, and an open end is infinite.
    Statistics: `censored_median`, `censored_median_ci_low`, `censored_median_ci_high`;
    `method` says which way it was found. The interval comes from Kaplan-Meier, so it is not
    estimable where bounds point both ways. Null is not allowed: `absent` counts it. ValueError
    when an interval is reversed or null. Source: Brookmeyer and Crowley, Biometrics
    1982;38:29; Gillespie et al., Epidemiology 2010;21:S64.
    """
    (decided, *_) = estimate_numeric(
        low, high, variable=variable, absent=absent, statistics=("median",)
    )
    lows, highs = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    about = Estimand(variable=variable, n=lows.size, absent=absent)
    if about.n == 0:
        named = about.by("median")
        return [named.no_value(name, "not_estimable", "nobody has a value") for name in _NAMES]
    one_way = _one_way(lows, highs)
    if one_way is None:
        return _rows_of_both_ways(about, decided)
    return _rows_of_one_way(about, decided, *one_way)


def _one_way(lows: Floats, highs: Floats) -> tuple[CensoredMedian, str] | None:
    """The Kaplan-Meier median and what was censored, if all bounds point one way."""
    exact = (lows == highs).astype(int)
    above, below = np.isposinf(highs), np.isneginf(lows)
    if bool(np.all((exact == 1) | (above & ~below))):
        words = f"Kaplan-Meier, {int(np.sum(above))} values right-censored"
        return right_censored_median(lows, exact), words
    if bool(np.all((exact == 1) | (below & ~above))):
        turned = right_censored_median(-highs, exact)
        words = f"Kaplan-Meier, {int(np.sum(below))} values left-censored"
        return CensoredMedian(-turned.value, -turned.high, -turned.low), words
    return None


def _rows_of_one_way(about: Estimand, decided: Row, found: CensoredMedian, words: str) -> list[Row]:
    kaplan = about.by(f"{words}; Greenwood; log-log 95 % CI")
    if decided.value is not None:
        certain = about.by("median, whatever values the bounds stand for")
        rows = [certain.value(_NAMES[0], decided.value)]
    else:
        rows = [_reached(kaplan, _NAMES[0], found.value, "the curve")]
    limit = "the limit of the band"
    return [
        *rows,
        _reached(kaplan, _NAMES[1], found.low, limit),
        _reached(kaplan, _NAMES[2], found.high, limit),
    ]


def _reached(about: Estimand, name: str, value: float, what: str) -> Row:
    if np.isfinite(value):
        return about.value(name, value)
    return about.no_value(name, "not_reached", f"{what} does not reach a half among known values")


def _rows_of_both_ways(about: Estimand, decided: Row) -> list[Row]:
    reason = "the bounds do not all point one way, so they are not censored values"
    named = about.by("median, whatever values the intervals stand for")
    if decided.value is None:
        open_ = f"{decided.error}; {reason}"
        return [named.no_value(name, "refused", open_) for name in _NAMES]
    ends = [named.no_value(name, "not_estimable", reason) for name in _NAMES[1:]]
    return [named.value(_NAMES[0], decided.value), *ends]
