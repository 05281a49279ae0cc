"""Cumulative incidence of competing events: the Aalen-Johansen estimate and its variance.

With S the probability of no event of any cause (Kaplan-Meier of all causes), d_k events of
cause k and Y at risk, F_k(t) is the sum over u <= t of S(u-) d_k(u) / Y(u). Events of all
causes at one time are taken together; nothing is drawn at random and ties need no breaking.

Two variances are in use. Both add, over event times u <= t, the spread of the events at u
times what they move: an event of cause k at u adds 1 - G and any other takes G away, where
G = (F_k(t) - F_k(u)) / S(u). With a = S(u-) (1 - G) and b = S(u-) G:

    delta   a^2 d_k / Y^2 + b^2 d_o / Y^2 - (a d_k - b d_o)^2 / Y^3: events at u are
            multinomial. It is Greenwood's for one cause, and without delayed entry and
            weights equals the infinitesimal jackknife of R's multi-state `survfit`.
    aalen   (1 - (d_k - 1) / (Y - 1)) a^2 d_k / Y^2 + the same of b and d_o: each cause
            hypergeometric by itself, as R's cmprsk (`cuminc`).

Sources: Aalen and Johansen, Scand J Stat 1978;5:141; Gaynor et al., J Am Stat Assoc
1993;88:400; Braun and Yuan, Stat Med 2007;26:1170; Aalen, Ann Stat 1978;6:534.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.arrays import PIECE, Floats, Ints
from sequela.stats.confidence_band import ConfType, check_band, confidence_band
from sequela.stats.estimand import Estimand
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import RiskTable, counts_at, over_causes
from sequela.stats.step_curve import AskedSteps, Banded
from sequela.stats.survival import emptied_at, refuse_emptied

Variance = Literal["delta", "aalen"]
_TOO_LATE = "the last observation is earlier than this time"
_VARIANCES = {"delta": "delta-method variance", "aalen": "Aalen's variance"}


@dataclass(frozen=True, slots=True)
class IncidenceCurve(Banded):
    """The step function F_k(t) of one group and cause; F is 0 before its first time.

    Arrays are (T,) at the times of the risk table. `std_err` is of F itself; the limits are
    computed when they are read, and are NaN where F is 0. `event_free` is S of all causes;
    `events` counts those of the cause.
    """

    group: str
    cause: str
    n: float
    events: float
    time: Floats
    incidence: Floats
    std_err: Floats
    event_free: Floats
    conf_type: ConfType
    conf_level: float

    def limits(self, row: Ints | None = None) -> tuple[Floats, Floats]:
        """The lower and upper limits, (T,) each, or those of the rows asked for, (K,)."""
        incidence, std_err = self.incidence, self.std_err
        if row is not None:
            incidence, std_err = incidence[row], std_err[row]
        relative = np.divide(std_err, incidence, out=np.zeros_like(std_err), where=incidence > 0)
        return confidence_band(
            incidence, relative, conf_type=self.conf_type, conf_level=self.conf_level
        )


@dataclass(frozen=True, slots=True)
class IncidencePoints:
    """The values of an incidence curve at asked times, in the order asked; arrays are (K,)."""

    time: Floats
    incidence: Floats
    std_err: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class _Steps:
    """Per time: S before and after it, at risk, events of the cause and of the others."""

    before: Floats
    after: Floats
    at_risk: Floats
    of_cause: Floats
    of_others: Floats


def cumulative_incidence(
    table: RiskTable,
    cause: str,
    *,
    variance: Variance = "delta",
    conf_type: ConfType = "log-log",
    conf_level: float = 0.95,
) -> IncidenceCurve:
    """The Aalen-Johansen estimate of one cause, the table's other causes competing.

    Limits transform F: log-log (ours by default, as tidycmprsk), log (R's `survfit` by
    default), plain, logit, arcsine. ValueError when the table has no such cause.
    """
    if variance not in _VARIANCES:
        raise ValueError(f"No variance '{variance}'; known are {', '.join(_VARIANCES)}.")
    check_band(conf_type, conf_level)
    column = _cause_index(table, cause)
    incidence, std_err, event_free = (np.empty(table.time.size) for _ in range(3))
    sums = _RunningSums()
    for begin in range(0, table.time.size, PIECE):
        piece = slice(begin, begin + PIECE)
        steps = _steps(table, piece, column, sums)
        event_free[piece] = steps.after
        incidence[piece] = _incidence(steps, sums)
        spread = _variance(steps, incidence[piece], variance, sums)
        std_err[piece] = np.sqrt(np.maximum(spread, 0))
    return IncidenceCurve(
        group=table.group,
        cause=cause,
        n=table.n,
        events=float(table.events[:, column].sum()),
        time=table.time,
        incidence=incidence,
        std_err=std_err,
        event_free=event_free,
        conf_type=conf_type,
        conf_level=conf_level,
    )


def incidence_at(curve: IncidenceCurve, times: ArrayLike) -> IncidencePoints:
    """The curve at each time (K,), in any order.

    Before the first row F is 0 without limits. After the last row everything is NaN, unless
    nobody was left without an event, whereupon F stays: R's `summary` without extension.
    """
    asked = np.atleast_1d(np.asarray(times, dtype=float))
    last = curve.time[-1] if curve.time.size else -np.inf
    ended = curve.time.size > 0 and curve.event_free[-1] == 0
    steps = AskedSteps(curve.time, asked, beyond=np.inf if ended else last)
    low, high = curve.limits(steps.row)
    return IncidencePoints(
        time=asked,
        incidence=steps.values(curve.incidence[steps.row], 0.0),
        std_err=steps.values(curve.std_err[steps.row], 0.0),
        low=steps.values(low, np.nan),
        high=steps.values(high, np.nan),
    )


def cause_specific(table: RiskTable, cause: str) -> RiskTable:
    """The table with the events of one cause alone; the others are taken as censorings.

    It is what cause-specific hazards and their log-rank test read. One minus its
    Kaplan-Meier curve is not a probability of the event: `cumulative_incidence` is.
    """
    chosen = _cause_index(table, cause)
    of_cause = table.events[:, [chosen]]
    others = table.events.sum(axis=1) - of_cause[:, 0]
    return replace(table, events=of_cause, censored=table.censored + others, causes=(cause,))


def estimate_cumulative_incidence(
    table: RiskTable,
    *,
    variable: str,
    at: Sequence[float],
    variance: Variance = "delta",
    conf_type: ConfType = "log-log",
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """Events and cumulative incidence of every cause at the times `at`, as rows.

    Statistics, with the cause as `level`: `events`, and at each time `cumulative_incidence`,
    `cumulative_incidence_ci_low`, `cumulative_incidence_ci_high`. Without a level: `censored`
    and, at each time, `at_risk` and `event_free`, which with the incidences adds up to 1. With
    delayed entry, what lies beyond `emptied_at` is refused. Null cannot be in a table:
    `absent` counts it.
    """
    shared = Estimand(variable=variable, n=round(table.n), absent=absent, group=table.group)
    rows = [shared.by("count").value("censored", float(table.censored.sum()))]
    johansen = f"Aalen-Johansen; {_VARIANCES[variance]}; {conf_type} {100 * conf_level:g} % CI"
    for cause in table.causes:
        curve = cumulative_incidence(
            table, cause, variance=variance, conf_type=conf_type, conf_level=conf_level
        )
        about = shared.of_level(cause).by(johansen)
        rows.append(about.by("count").value("events", curve.events))
        emptied = emptied_at(table, curve.event_free)
        for time in dict.fromkeys(at):
            found = _rows_at(curve, about.at(time))
            rows += found if time < emptied else [refuse_emptied(row, emptied) for row in found]
    return rows + _rows_of_everyone(table, shared, at)


class _RunningSums:
    """Where products and sums stand that run over all times, a piece of which is worked at once."""

    def __init__(self) -> None:
        self.event_free = 1.0
        self.incidence = 0.0
        self.spread = np.zeros(3)

    def add(self, term: Floats, place: int) -> Floats:
        """The running sum of a term of the variance, in the term's own array."""
        term[0] += self.spread[place]
        np.cumsum(term, out=term)
        self.spread[place] = term[-1]
        return term


def _steps(table: RiskTable, piece: slice, column: int, sums: _RunningSums) -> _Steps:
    at_risk, events = table.at_risk[piece], over_causes(table.events[piece])
    of_cause = table.events[piece, column]
    kept: Floats = np.divide(at_risk - events, at_risk, out=np.ones_like(events), where=events > 0)
    first = sums.event_free
    kept[0] *= first
    after: Floats = np.cumprod(kept)
    sums.event_free = float(after[-1])
    before = np.concatenate(([first], after[:-1]))
    return _Steps(before, after, at_risk, of_cause, events - of_cause)


def _incidence(steps: _Steps, sums: _RunningSums) -> Floats:
    rate = np.divide(
        steps.of_cause, steps.at_risk, out=np.zeros_like(steps.before), where=steps.at_risk > 0
    )
    rate *= steps.before
    rate[0] += sums.incidence
    incidence: Floats = np.cumsum(rate, out=rate)
    sums.incidence = float(incidence[-1])
    return incidence


def _cause_index(table: RiskTable, cause: str) -> int:
    if cause not in table.causes:
        raise ValueError(f"No cause '{cause}'; the table has {', '.join(table.causes)}.")
    return table.causes.index(cause)


def _variance(steps: _Steps, incidence: Floats, variance: Variance, sums: _RunningSums) -> Floats:
    """The variance of F at each time, from running sums: O(T).

    G = F(t) y - z and 1 - G = x - F(t) y, with y = 1 / S(u), z = F(u) y and x = 1 + z, so
    each term of the sum is a quadratic in F(t), whose three coefficients add up over u.
    """
    y = np.divide(1.0, steps.after, out=np.zeros_like(steps.after), where=steps.after > 0)
    z = incidence * y
    x = 1 + z
    own, other, both = _spread(steps, variance)
    constant = own * x**2 + other * z**2 - both * x * z
    linear = (both * (x + z) - 2 * (own * x + other * z)) * y
    quadratic = (own + other - both) * y**2
    total: Floats = (
        sums.add(constant, 0)
        + incidence * sums.add(linear, 1)
        + incidence**2 * sums.add(quadratic, 2)
    )
    return total


def _spread(steps: _Steps, variance: Variance) -> tuple[Floats, Floats, Floats]:
    """What multiplies (1 - G)^2, G^2 and G (1 - G) in the terms of the variance."""
    at_risk = np.where(steps.at_risk > 0, steps.at_risk, np.inf)
    scale = (steps.before / at_risk) ** 2
    own, other = steps.of_cause, steps.of_others
    if variance == "aalen":
        fewer = np.where(steps.at_risk > 1, steps.at_risk - 1, np.inf)
        factors = [1 - np.maximum(died - 1, 0) / fewer for died in (own, other)]
        return scale * factors[0] * own, scale * factors[1] * other, np.zeros_like(own)
    return (
        scale * own * (1 - own / at_risk),
        scale * other * (1 - other / at_risk),
        2 * scale * own * other / at_risk,
    )


def _rows_at(curve: IncidenceCurve, about: Estimand) -> list[Row]:
    names = [f"cumulative_incidence{limit}" for limit in ("", "_ci_low", "_ci_high")]
    assert about.time is not None
    point = incidence_at(curve, [about.time])
    values = [float(v[0]) for v in (point.incidence, point.low, point.high)]
    if curve.n == 0 or np.isnan(values[0]):
        reason = "nobody has a value" if curve.n == 0 else _TOO_LATE
        return [about.no_value(name, "not_estimable", reason) for name in names]
    if values[0] in (0.0, 1.0) or not float(point.std_err[0]) > 0:
        reason = f"the incidence is {values[0]:g} without spread, so its interval has no width"
        limits = [about.no_value(name, "not_estimable", reason) for name in names[1:]]
        return [about.value(names[0], values[0]), *limits]
    return [about.value(name, value) for name, value in zip(names, values, strict=True)]


def _rows_of_everyone(table: RiskTable, shared: Estimand, at: Sequence[float]) -> list[Row]:
    """How many are at risk and which share has had no event, at each time."""
    rows: list[Row] = []
    curve = cumulative_incidence(table, table.causes[0])
    ended = curve.time.size > 0 and curve.event_free[-1] == 0
    emptied = emptied_at(table, curve.event_free)
    for time in dict.fromkeys(at):
        about = shared.at(time)
        at_risk = float(counts_at(table, [time]).at_risk[0])
        rows.append(about.by("count").value("at_risk", at_risk))
        free = about.by("Kaplan-Meier of all causes")
        known = curve.time.size > 0 and (ended or time <= curve.time[-1])
        if known:
            row = int(np.searchsorted(curve.time, time, side="right"))
            found = free.value("event_free", float(curve.event_free[row - 1]) if row else 1.0)
            rows.append(found if time < emptied else refuse_emptied(found, emptied))
        else:
            reason = "nobody has a value" if table.n == 0 else _TOO_LATE
            rows.append(free.no_value("event_free", "not_estimable", reason))
    return rows
