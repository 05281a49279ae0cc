"""The range of a Kaplan-Meier median when some times are known only as intervals.

Each person's time, event or censoring, lies in [low, high], both ends possible. The range is
that of the median over every placement of all of them, not the two curves with all times early
and all times late: an early event takes its share while more are at risk, so survival after it
may be higher (decision 008).

Why the extremes can be written down. For an event, whatever the others do, S(t) as a function of
its time falls up to t and jumps to its greatest value just after t (`survival_bounds`). For a
censoring, whatever the others do, S(t) never falls as it moves later: past an event it adds one
to the number at risk there, and at t or later it changes nothing. So each time can be placed on
its own, and the least and the greatest S(t) are those of one placement each:

- the least S(t): events at min(high, t) if low <= t, else at high; censorings at low;
- the greatest: events at high if high > t, else at low; censorings at high.

The earliest median is the first t at which the least S(t) is 0.5 or less, and the latest the
first t at which the greatest is. Both are attained. Where a curve may run along 0.5 exactly the
median is the middle of that stretch; the range is then widened by the stretch at either end, so
that it is a bound that no placement passes, though perhaps none attains it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sequela.stats.estimand import Estimand
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats, Ints, build_risk_tables
from sequela.stats.survival import kaplan_meier

_METHOD = "range of the Kaplan-Meier median over every placement of the imputed times"
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class _People:
    """Earliest and latest place of each on a grid: 2k is `grid[k]`, 2k + 1 just after it."""

    grid: Floats
    event: NDArray[np.bool_]
    earliest: Ints
    latest: Ints

    def survival(self, place: int, *, least: bool) -> float:
        """The least or the greatest S at a place."""
        if least:
            early = np.where(self.earliest <= place, np.minimum(self.latest, place), self.latest)
            here = np.where(self.event, early, self.earliest)
        else:
            late = np.where(self.latest <= place, self.earliest, self.latest)
            here = np.where(self.event, late, self.latest)
        curve = kaplan_meier(build_risk_tables(here, self.event)[""])
        passed = int(np.searchsorted(curve.time, place, side="right"))
        return float(curve.survival[passed - 1]) if passed else 1.0

    def first_below(self, limit: float, *, least: bool) -> float | None:
        """The first time at which S is not above a limit; None when it stays above."""
        low, high = 0, 2 * self.grid.size
        while low < high:
            middle = (low + high) // 2
            if self.survival(middle, least=least) <= limit:
                high = middle
            else:
                low = middle + 1
        return float(self.grid[low // 2]) if low < 2 * self.grid.size else None


def estimate_median_range(
    low: ArrayLike,
    high: ArrayLike,
    event: ArrayLike,
    *,
    variable: str,
    group: str = "",
    absent: Absent = NOBODY_ABSENT,
    name: str = "median",
) -> list[Row]:
    """The earliest and the latest that the median can be, as rows `NAME_earliest`, `NAME_latest`.

    Arrays are (N,): each time lies in [low, high], and is exact where the two are equal; `event`
    is 1 or 0. Both rows are not estimable when nobody has a value, and `not_reached` when S stays
    above 0.5 under every placement that could bring it there. ValueError when an interval is
    reversed, negative, null or infinite. Source: the argument above, after Kaplan and Meier 1958.
    """
    people = _checked(low, high, event)
    about = Estimand(
        variable=variable, n=people.event.size, absent=absent, group=group, method=_METHOD
    )
    if not about.n:
        reason = "nobody has a value"
        return [
            about.no_value(f"{name}_{end}", "not_estimable", reason)
            for end in ("earliest", "latest")
        ]
    last = {True: people.grid[people.earliest.max() // 2], False: people.grid[-1]}
    rows = []
    for end, least in (("earliest", True), ("latest", False)):
        reached = people.first_below(0.5 + _ROUNDING, least=least)
        if reached is None:
            reason = "the curve stays above 0.5 as long as observed"
            rows.append(about.no_value(f"{name}_{end}", "not_reached", reason))
            continue
        passed = people.first_below(0.5 - _ROUNDING, least=least)
        until = max(float(last[least]), reached) if passed is None else passed
        rows.append(about.value(f"{name}_{end}", (reached + until) / 2))
    return rows


def _checked(low: ArrayLike, high: ArrayLike, event: ArrayLike) -> _People:
    lows, highs = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    status = np.asarray(event, dtype=float)
    if not (lows.ndim == 1 and lows.shape == highs.shape == status.shape):
        raise ValueError("low, high and event must each be one number a person.")
    if not bool(np.all(np.isfinite(lows) & np.isfinite(highs) & np.isin(status, (0, 1)))):
        raise ValueError("An end or an event is missing or not 0 or 1; count the absent before.")
    if bool(np.any((lows > highs) | (lows < 0))):
        raise ValueError("An interval is reversed or begins before the start.")
    grid = np.unique(np.concatenate((lows, highs)))
    earliest, latest = 2 * np.searchsorted(grid, lows), 2 * np.searchsorted(grid, highs)
    return _People(grid, status == 1, earliest, latest)
