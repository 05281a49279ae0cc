"""Bounds on survival when an event is known to lie in an interval, and nothing more.

An event time is known as (low, high]: after the one, not after the other; a censored time
is exact. Every placement of the events in their intervals gives a Kaplan-Meier curve, and
the bounds at t are the least and greatest S(t) among all of them.

Why the extremes can be written down. Put everyone in order of time, with ties as
Kaplan-Meier has them (events before censorings), and let Y be the number at risk at an
event, which contributes the factor 1 - 1/Y to S(t) if it is not after t. Move one event a
step earlier. Past another event nothing changes: the two exchange their numbers at risk.
Past a censoring its own Y grows by one, the other factors stay, and S(t) rises (in other
words, an earlier event has taken over less of the mass of the censored). Move it from t to
just after t: its factor vanishes, and at any place up to t the events between it and t had
one person less at risk than they now have, so S(t) rises above each of those. Thus,
whatever the other events do, S(t) as a function of one event's time falls up to t and then
jumps to its greatest value. Each event can be placed on its own:

- the greatest S(t): after t if the interval allows, else just after low;
- the least S(t): at min(high, t) if low < t, else after t.

S(t) is not monotone in an event's time, so placing all events early or all late is not a
bound. Both bounds are attained. The bounds differ in their placements from one t to the
next: each is pointwise, and no single placement need give the whole curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sequela.stats.estimand import Estimand
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats, Ints, build_risk_tables
from sequela.stats.survival import kaplan_meier, quantile

_METHOD = "sharp pointwise bounds on Kaplan-Meier over all event times in their intervals"
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class _Placements:
    """Earliest and latest place of each person on a grid of the distinct times.

    Place 2k is the time `grid[k]` itself and 2k + 1 is just after it.
    """

    grid: Floats
    event: NDArray[np.bool_]
    earliest: Ints
    latest: Ints

    def least(self, place: int) -> float:
        """The least S at a place."""
        here = np.where(self.earliest <= place, np.minimum(self.latest, place), self.latest)
        return self._survival(here, place)

    def greatest(self, place: int) -> float:
        """The greatest S at a place."""
        here = np.where(self.latest <= place, self.earliest, self.latest)
        return self._survival(here, place)

    def _survival(self, here: Ints, place: int) -> float:
        curve = kaplan_meier(build_risk_tables(here, self.event)[""])
        passed = int(np.searchsorted(curve.time, place, side="right"))
        return float(curve.survival[passed - 1]) if passed else 1.0


def estimate_survival_bounds(
    low: ArrayLike,
    high: ArrayLike,
    event: ArrayLike,
    *,
    variable: str,
    at: Sequence[float] = (),
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """Bounds on the median and on survival at the times `at`, as result rows.

    Arrays are (N,): the event lies in (low, high]; where `low` equals `high` the time is
    exact. `event` is 1 or 0, and a censored time must be exact. Statistics: `median` (refused,
    unless every time is exact), `median_low_bound`, `median_high_bound` (the first times at
    which the least and the greatest S are 0.5 or less), and at each time `survival_low_bound`
    and `survival_high_bound`. ValueError when an interval is reversed, negative or null, or a
    censored time is not exact. Source: the argument above, after Kaplan and Meier 1958.
    """
    people = _check_intervals(low, high, event, at)
    about = Estimand(variable=variable, n=people.event.size, absent=absent, method=_METHOD)
    if about.n == 0:
        return _rows_of_nobody(about, at)
    rows = [_median_row(people, about), *_median_bound_rows(people, about)]
    for time in dict.fromkeys(at):
        rows += _rows_at(people, about, time)
    return rows


def _check_intervals(
    low: ArrayLike, high: ArrayLike, event: ArrayLike, at: Sequence[float]
) -> _Placements:
    lows, highs = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    status = np.asarray(event, dtype=float)
    if not (lows.ndim == 1 and lows.shape == highs.shape == status.shape):
        raise ValueError("low, high and event must each be one number a person.")
    if not bool(np.all(np.isfinite(lows) & np.isfinite(highs) & np.isin(status, (0, 1)))):
        raise ValueError("A bound or an event is missing or not 0 or 1; count the absent before.")
    if bool(np.any((lows > highs) | (lows < 0))):
        raise ValueError("An interval is reversed or begins before the start.")
    if bool(np.any((status == 0) & (lows < highs))):
        raise ValueError("A censored time is an interval; it must be exact.")
    grid = np.unique(np.concatenate((lows, highs, np.asarray(at, dtype=float))))
    begins, ends = 2 * np.searchsorted(grid, lows), 2 * np.searchsorted(grid, highs)
    return _Placements(grid, status == 1, np.where(begins < ends, begins + 1, ends), ends)


def _rows_of_nobody(about: Estimand, at: Sequence[float]) -> list[Row]:
    bounds = ("low_bound", "high_bound")
    wanted = [(about, "median"), *((about, f"median_{bound}") for bound in bounds)]
    for time in dict.fromkeys(at):
        wanted += [(about.at(time), f"survival_{bound}") for bound in bounds]
    return [where.no_value(what, "not_estimable", "nobody has a value") for where, what in wanted]


def _median_row(people: _Placements, about: Estimand) -> Row:
    unknown = int(np.sum(people.earliest < people.latest))
    if unknown:
        reason = f"{unknown} of {int(people.event.sum())} event times are known only as intervals"
        return about.no_value("median", "refused", f"{reason}; bounds are given instead")
    exact = build_risk_tables(people.grid[people.latest // 2], people.event)[""]
    median = quantile(kaplan_meier(exact), 0.5).time
    if np.isfinite(median):
        return about.by("Kaplan-Meier").value("median", median)
    reason = "the curve stays above 0.5 as long as observed"
    return about.by("Kaplan-Meier").no_value("median", "not_reached", reason)


def _median_bound_rows(people: _Placements, about: Estimand) -> list[Row]:
    rows = []
    for name, least in (("median_low_bound", True), ("median_high_bound", False)):
        time = _first_at_half(people, least=least)
        if time is None:
            reason = "the bound on survival stays above 0.5 as long as observed"
            rows.append(about.no_value(name, "not_reached", reason))
        else:
            rows.append(about.value(name, time))
    return rows


def _first_at_half(people: _Placements, *, least: bool) -> float | None:
    """The first time whose place, or the place just after it, has a bound of 0.5 or less.

    Both bounds fall with time, so the place is found by halving.
    """
    survival = people.least if least else people.greatest
    low, high = 0, 2 * people.grid.size
    while low < high:
        middle = (low + high) // 2
        if survival(middle) <= 0.5 + _ROUNDING:
            high = middle
        else:
            low = middle + 1
    return float(people.grid[low // 2]) if low < 2 * people.grid.size else None


def _rows_at(people: _Placements, shared: Estimand, time: float) -> list[Row]:
    about = shared.at(time)
    place = 2 * int(np.searchsorted(people.grid, time))
    beyond = place > int(people.latest.max())
    rows = []
    for name, survival in (
        ("survival_low_bound", people.least(place)),
        ("survival_high_bound", people.greatest(place)),
    ):
        if beyond and survival > 0:
            reason = "the last observation is earlier than this time"
            rows.append(about.no_value(name, "not_estimable", reason))
        else:
            rows.append(about.value(name, survival))
    return rows
