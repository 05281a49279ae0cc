"""Kaplan-Meier curves, their quantiles and values at given times, and follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.arrays import PIECE
from sequela.stats.confidence_band import ConfType, check_band, confidence_band
from sequela.stats.estimand import Estimand
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats, Ints, RiskTable, counts_at, reverse
from sequela.stats.step_curve import AskedSteps, Banded

# Two survival probabilities closer than this are one, as in R's quantile.survfit.
_SAME_PROBABILITY = float(np.sqrt(np.finfo(float).eps))


@dataclass(frozen=True, slots=True)
class Curve(Banded):
    """A step function S(t) of one group, at the times of its risk table; S is 1 before them.

    All arrays are (T,). `log_std_err` is the standard error of log S, the square root of
    Greenwood's sum. What follows from it is computed when it is read: `std_err`, of S(t)
    itself, and the limits. They are NaN where S is 0, and the limits may be NaN where S is 1
    (see `confidence_band`). `n` and `events` are the totals of the group.
    """

    group: str
    n: float
    events: float
    time: Floats
    survival: Floats
    log_std_err: Floats
    conf_type: ConfType
    conf_level: float

    @property
    def std_err(self) -> Floats:
        """Greenwood's standard error of S, (T,)."""
        return _of_survival(self.survival, self.log_std_err)

    def limits(self, row: Ints | None = None) -> tuple[Floats, Floats]:
        """The lower and upper limits, (T,) each, or those of the rows asked for, (K,)."""
        survival, error = self.survival, self.log_std_err
        if row is not None:
            survival, error = survival[row], error[row]
        return confidence_band(
            survival, error, conf_type=self.conf_type, conf_level=self.conf_level
        )


@dataclass(frozen=True, slots=True)
class CurvePoints:
    """The values of a curve at asked times, in the order asked; all arrays are (K,)."""

    time: Floats
    survival: Floats
    std_err: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class SurvivalQuantile:
    """The time by which a share `p` had the event, with its limits; NaN where not reached."""

    p: float
    time: float
    low: float
    high: float


def kaplan_meier(
    table: RiskTable, *, conf_type: ConfType = "log-log", conf_level: float = 0.95
) -> Curve:
    """The product-limit estimate with Greenwood's variance; an event of any cause counts.

    An empty table gives an empty curve. Weights are taken as numbers of people, so the
    variance is Greenwood's of the weighted counts. Source: Kaplan and Meier, J Am Stat
    Assoc 1958;53:457.
    """
    events = table.any_event
    check_band(conf_type, conf_level)
    survival, log_std_err = _survival_and_error(table.at_risk, events)
    return Curve(
        group=table.group,
        n=table.n,
        events=float(events.sum()),
        time=table.time,
        survival=survival,
        log_std_err=log_std_err,
        conf_type=conf_type,
        conf_level=conf_level,
    )


def _survival_and_error(at_risk: Floats, events: Floats) -> tuple[Floats, Floats]:
    """S and the standard error of log S after each time, (T,) each."""
    survival, variance = np.empty(events.size), np.empty(events.size)
    with np.errstate(all="ignore"):
        for begin in range(0, events.size, PIECE):
            piece = slice(begin, begin + PIECE)
            left, died = at_risk[piece], events[piece]
            remaining = left - died
            survival[piece] = np.where(died > 0, remaining / left, 1.0)
            variance[piece] = np.where(died > 0, died / (left * remaining), 0.0)
        np.cumprod(survival, out=survival)
        np.cumsum(variance, out=variance)
        return survival, np.sqrt(variance, out=variance)


def _of_survival(survival: Floats, log_std_err: Floats) -> Floats:
    """The standard error of S from that of log S."""
    with np.errstate(invalid="ignore"):
        error: Floats = survival * log_std_err
    return error


def step_at(curve: Curve, times: ArrayLike) -> CurvePoints:
    """The curve at each time (K,), in any order.

    Before the first row S is 1 with limits 1 and 1. After the last row everything is NaN,
    for nobody was observed there, unless S had reached 0, where it stays: `summary.survfit`
    in R with `extend = FALSE`.
    """
    asked = np.atleast_1d(np.asarray(times, dtype=float))
    steps = AskedSteps(curve.time, asked, beyond=_observed_until(curve))
    survival, log_error = curve.survival[steps.row], curve.log_std_err[steps.row]
    low, high = curve.limits(steps.row)
    return CurvePoints(
        time=asked,
        survival=steps.values(survival, 1.0),
        std_err=steps.values(_of_survival(survival, log_error), 0.0),
        low=steps.values(low, 1.0),
        high=steps.values(high, 1.0),
    )


def quantile(curve: Curve, p: float) -> SurvivalQuantile:
    """The time at which S falls to 1 - p, and the times at which its limits do.

    The interval inverts the pointwise band (Brookmeyer and Crowley, Biometrics 1982;38:29).
    Where S runs level at exactly 1 - p, the middle of that stretch is taken, also when it
    lasts to the end of observation. All as `quantile.survfit` in R; its `print` method
    differs in two corners, a level stretch at the end and a band that is not monotone.
    ValueError unless 0 < p < 1.
    """
    if not 0 < p < 1:
        raise ValueError(f"A quantile of survival needs 0 < p < 1, not {p:g}.")
    low, high = curve.limits()
    return SurvivalQuantile(
        p=p,
        time=_time_at_share(curve.time, curve.survival, p),
        low=_time_at_share(curve.time, low, p),
        high=_time_at_share(curve.time, high, p),
    )


def estimate_survival(
    table: RiskTable,
    *,
    variable: str,
    at: Sequence[float] = (),
    conf_type: ConfType = "log-log",
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """Events, median and survival at the times `at`, as result rows of the table's group.

    Statistics: `events`, `censored`, `median`, `median_ci_low`, `median_ci_high`, and at each
    time `survival`, `survival_ci_low`, `survival_ci_high`, `at_risk`. What cannot be given is
    a row with its state and reason. `at` is in the unit of the table. With delayed entry, what
    lies beyond `emptied_at` is refused. Null cannot be in a table: `absent` counts it.
    Sources: Kaplan and Meier 1958; Brookmeyer and Crowley 1982.
    """
    curve = kaplan_meier(table, conf_type=conf_type, conf_level=conf_level)
    about = Estimand(variable=variable, n=round(table.n), absent=absent, group=table.group)
    interval = f"Greenwood; {conf_type} {100 * conf_level:g} % CI"
    kaplan = about.by(f"Kaplan-Meier; {interval}")
    emptied = emptied_at(table, curve.survival)
    medians = _median_rows(curve, kaplan, "median")
    if quantile(curve, 0.5).time >= emptied:
        medians = [refuse_emptied(row, emptied) for row in medians]
    rows = [
        about.by("count").value("events", curve.events),
        about.by("count").value("censored", float(table.censored.sum())),
        *medians,
    ]
    for time in dict.fromkeys(at):
        at_risk = float(counts_at(table, [time]).at_risk[0])
        found = rows_at(curve, kaplan, time)
        rows += found if time < emptied else [refuse_emptied(row, emptied) for row in found]
        rows.append(about.by("count").at(time).value("at_risk", at_risk))
    return rows


def emptied_at(table: RiskTable, survival: Floats) -> float:
    """The time at which `survival` (T,) has fallen to 0 although others enter later; else infinite.

    It happens only with delayed entry, when everyone at risk early on has the event. R draws
    the curve at 0 from there on; it says nothing of those who enter later.
    """
    zero = np.flatnonzero(survival == 0)
    if zero.size and bool(np.any(table.entered[zero[0] :] > 0)):
        return float(table.time[zero[0]])
    return np.inf


def refuse_emptied(row: Row, emptied: float) -> Row:
    """The row without its value, with the reason that the risk set had emptied at that time."""
    reason = f"everyone at risk at {emptied:g} had the event, and others entered later"
    return replace(row, value=None, state="refused", error=reason)


def estimate_follow_up(
    table: RiskTable,
    *,
    variable: str,
    conf_type: ConfType = "log-log",
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """Median follow-up by the reverse Kaplan-Meier method, with its interval, as rows.

    Statistics: `reverse_km_median`, `reverse_km_median_ci_low`, `reverse_km_median_ci_high`.
    `table` is the table of the endpoint as it is; its censorings are taken as the events. Null
    as in `estimate_survival`. Source: Schemper and Smith, Control Clin Trials 1996;17:343.
    """
    curve = kaplan_meier(reverse(table), conf_type=conf_type, conf_level=conf_level)
    about = Estimand(
        variable=variable,
        n=round(table.n),
        absent=absent,
        group=table.group,
        method=f"reverse Kaplan-Meier; Greenwood; {conf_type} {100 * conf_level:g} % CI",
    )
    return _median_rows(curve, about, "reverse_km_median")


def _observed_until(curve: Curve) -> float:
    """The last time at which the curve has a value; without end once S is 0."""
    if not curve.time.size:
        return -np.inf
    return np.inf if float(curve.survival[-1]) == 0.0 else float(curve.time[-1])


def _time_at_share(time: Floats, values: Floats, p: float) -> float:
    """The first time at which `1 - values` is p or more, or the middle of a stretch at p."""
    level = _levels(values)
    reached, passed = np.searchsorted(level.share, [p - _SAME_PROBABILITY, p + _SAME_PROBABILITY])
    if reached == level.share.size:
        return np.nan
    start = _time_of(time, level.row[reached])
    if abs(level.last - p) < _SAME_PROBABILITY:
        return (start + _time_of(time, time.size - 1)) / 2
    if passed == level.share.size:
        return np.nan
    return (start + _time_of(time, level.row[passed])) / 2


@dataclass(frozen=True, slots=True)
class _Levels:
    """The shares 1 - S that a curve comes to, rising, and the row where each is first reached.

    Row -1 is the start, where the share is 0. `last` is the level that is reached last.
    """

    share: Floats
    row: Ints
    last: float


def _levels(values: Floats) -> _Levels:
    known = np.flatnonzero(~np.isnan(values))
    share = np.concatenate(([0.0], 1 - values[known]))
    if bool(np.all(share[1:] >= share[:-1])):
        begins = np.append(True, share[1:] > share[:-1])
        share, row = share[begins], np.append(-1, known)[begins]
    else:  # a limit may rise again
        share, first = np.unique(share, return_index=True)
        row = np.append(-1, known)[first]
    # A curve without a value counts as a level too, of which nothing is known.
    unknown = int(np.argmax(np.isnan(values))) if known.size < values.size else -1
    latest = int(np.argmax(row))
    return _Levels(share, row, float(share[latest]) if row[latest] >= unknown else np.nan)


def _time_of(time: Floats, row: int) -> float:
    return float(time[row]) if row >= 0 else 0.0


def _median_rows(curve: Curve, about: Estimand, name: str) -> list[Row]:
    if curve.n == 0:
        reason = "nobody has a value"
        return [
            about.no_value(statistic, "not_estimable", reason)
            for statistic in (name, f"{name}_ci_low", f"{name}_ci_high")
        ]
    median = quantile(curve, 0.5)
    return [
        _median_row(curve, about, name, median.time),
        _limit_row(curve, about, f"{name}_ci_low", median.low),
        _limit_row(curve, about, f"{name}_ci_high", median.high),
    ]


def _median_row(curve: Curve, about: Estimand, name: str, time: float) -> Row:
    if np.isfinite(time):
        return about.value(name, time)
    return about.no_value(name, "not_reached", "the curve stays above 0.5 as long as observed")


def _limit_row(curve: Curve, about: Estimand, name: str, time: float) -> Row:
    if np.isfinite(time):
        return about.value(name, time)
    if not bool(np.any((curve.survival > 0) & (curve.survival < 1))):
        reason = "the curve is never between 0 and 1, so its interval has no width"
        return about.no_value(name, "not_estimable", reason)
    reason = "the limit of the band stays above 0.5 as long as it can be computed"
    return about.no_value(name, "not_reached", reason)


def rows_at(curve: Curve, kaplan: Estimand, time: float, *, name: str = "survival") -> list[Row]:
    """The curve at one time and its limits, as rows `name`, `name_ci_low`, `name_ci_high`."""
    about = kaplan.at(time)
    names = (name, f"{name}_ci_low", f"{name}_ci_high")
    if curve.n == 0:
        return [about.no_value(what, "not_estimable", "nobody has a value") for what in names]
    point = step_at(curve, [time])
    survival, low, high = (float(v[0]) for v in (point.survival, point.low, point.high))
    if np.isnan(survival):
        reason = "the last observation is earlier than this time"
        return [about.no_value(what, "not_estimable", reason) for what in names]
    if survival in (0.0, 1.0):
        reason = f"survival is {survival:g} here, so its interval has no width"
        limits = [about.no_value(what, "not_estimable", reason) for what in names[1:]]
        return [about.value(name, survival), *limits]
    return [about.value(what, v) for what, v in zip(names, (survival, low, high), strict=True)]
