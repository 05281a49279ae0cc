"""The Aalen-Johansen estimate for any state graph: who is in which state, and for how long.

With p(t) the probabilities of the states and A the matrix of transition rates d_jk / Y_j,
p(t) = p(t-) (I + dA(t)) over the times of transitions. p begins as the shares of the states
among those at risk at the first transition, as in R's `survfit`: the only choice that needs
nobody to have been under observation from the very start. Two variances:

    greenwood   from the risk tables: transitions out of a state at one time are multinomial,
                and stays of one person in different states are taken as those of different
                people (Andersen, Borgan, Gill and Keiding 1993, section IV.4.1.3)
    jackknife   the infinitesimal jackknife of R's `survfit`: needs the rows of each person

The time spent in a state up to a horizon is the area under its probability, and its
variance follows the same recursion. Source: Aalen and Johansen, Scand J Stat 1978;5:141.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.confidence_band import ConfType, confidence_band
from sequela.stats.estimand import Estimand
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_grid import RiskGrid, risk_grid
from sequela.stats.risk_table import Floats, Ints
from sequela.stats.state_histories import StateHistories, TransitionTables, transition_tables


@dataclass(frozen=True, slots=True)
class StateOccupation:
    """At each asked time (K,): the probability of each state, and the time spent in it since 0.

    All but `time` are (K, states). After the last observation everything is NaN, unless
    everyone is in a state that nobody leaves.
    """

    states: tuple[str, ...]
    time: Floats
    probability: Floats
    std_err: Floats
    time_in_state: Floats
    time_std_err: Floats


class _Spread(Protocol):
    """How uncertain p and the areas under it are, carried along in time."""

    def wait(self, days: float) -> None:
        """Lets time pass without a transition: areas grow by probabilities times time."""

    def move(self, column: int, p: Floats, change: Floats) -> None:
        """Takes the transitions of one time, `p` being the probabilities before them."""

    def std_err(self) -> Floats:
        """The standard errors of the probabilities, then of the areas, (2 states,)."""


def state_occupation(tables: TransitionTables, times: ArrayLike) -> StateOccupation:
    """Occupation probabilities and times in the states, with Greenwood's variance.

    Reads risk tables alone. The states begin with the shares that they have among those at
    risk at the first transition; without a transition, as `tables.initial` says.
    """
    grid = risk_grid(tables.tables, tables.states)
    return _run(
        tables, grid, np.atleast_1d(np.asarray(times, dtype=float)), _Greenwood(tables, grid)
    )


def jackknife_state_occupation(histories: StateHistories, times: ArrayLike) -> StateOccupation:
    """The same with the infinitesimal jackknife, equal to R's multi-state `survfit`.

    Takes memory of people times states, and time of that times the number of event times.
    """
    tables = transition_tables(histories)
    grid = risk_grid(tables.tables, tables.states)
    asked = np.atleast_1d(np.asarray(times, dtype=float))
    return _run(tables, grid, asked, _Jackknife(histories, tables, grid))


def estimate_state_occupation(
    occupation: StateOccupation,
    *,
    n: int,
    variable: str,
    group: str = "",
    conf_type: ConfType = "log-log",
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """The probability of each state and the time in it at the times asked, as rows.

    Statistics, with the state as `level`: `state_occupation`, its `_ci_low` and `_ci_high`,
    `time_in_state` (from 0 to the time) and `time_in_state_std_err`. Null cannot be in the
    histories: `absent` counts who has none.
    """
    method = f"Aalen-Johansen; {conf_type} {100 * conf_level:g} % CI"
    about = Estimand(variable=variable, group=group, n=n, absent=absent, method=method)
    p, s = occupation.probability, occupation.std_err
    relative = np.divide(s, p, out=np.zeros_like(p), where=p > 0)
    low, high = confidence_band(p, relative, conf_type=conf_type, conf_level=conf_level)
    rows: list[Row] = []
    for k, time in enumerate(occupation.time.tolist()):
        for j, state in enumerate(occupation.states):
            here = about.at(time).of_level(state)
            rows += _probability_rows(here, p[k, j], low[k, j], high[k, j])
            rows += _time_rows(
                here.by("area under Aalen-Johansen"),
                occupation.time_in_state[k, j],
                occupation.time_std_err[k, j],
            )
    return rows


def _run(
    tables: TransitionTables, grid: RiskGrid, asked: Floats, spread: _Spread
) -> StateOccupation:
    """Walks through transitions and asked times in order, asked ones after those of that time."""
    size = len(tables.states)
    begin = _in_state_at_first(tables, grid)
    share = begin / max(float(begin.sum()), 1.0)
    p, area, now, done = share, np.zeros(size), 0.0, 0
    results = np.full((4, asked.size, size), np.nan)
    last = max((float(t.time[-1]) for t in tables.tables.values() if t.time.size), default=-np.inf)
    leaving = [state in tables.tables for state in tables.states]
    for place in np.argsort(asked, kind="stable"):
        until = asked[place]
        while done < grid.time.size and grid.time[done] <= until:
            area = area + p * (grid.time[done] - now)
            spread.wait(grid.time[done] - now)
            now, change = float(grid.time[done]), _change(grid, done)
            spread.move(done, p, change)
            p, done = p + p @ change, done + 1
        settled = not bool(np.any(p[leaving] > 1e-12))
        if until < 0 or tables.n == 0 or (until > last and not settled):
            continue
        area = area + p * (until - now)
        spread.wait(until - now)
        now = float(until)
        std_err = spread.std_err()
        results[:, place] = p, std_err[:size], area, std_err[size:]
    return StateOccupation(tables.states, asked, *results)


def _in_state_at_first(tables: TransitionTables, grid: RiskGrid) -> Floats:
    """How many are in each state as it begins, (states,)."""
    return grid.at_risk[:, 0] if grid.time.size else tables.initial


def _change(grid: RiskGrid, column: int) -> Floats:
    """The matrix dA (states, states) at one time; rows sum to zero."""
    at_risk = grid.at_risk[:, column, np.newaxis]
    events = grid.events[:, column]
    change = np.divide(events, at_risk, out=np.zeros_like(events), where=at_risk > 0)
    change[np.diag_indices_from(change)] -= change.sum(axis=1)
    moved: Floats = change
    return moved


class _Greenwood:
    """The covariance (2 states, 2 states) of the probabilities and the areas under them."""

    def __init__(self, tables: TransitionTables, grid: RiskGrid) -> None:
        size = len(tables.states)
        begin = _in_state_at_first(tables, grid)
        total = max(float(begin.sum()), 1.0)
        share = begin / total
        self._grid, self._size = grid, size
        self._covariance = np.zeros((2 * size, 2 * size))
        self._covariance[:size, :size] = (np.diag(share) - np.outer(share, share)) / total

    def wait(self, days: float) -> None:
        s, covariance = self._size, self._covariance
        covariance[s:] += days * covariance[:s]
        covariance[:, s:] += days * covariance[:, :s]

    def move(self, column: int, p: Floats, change: Floats) -> None:
        s, covariance = self._size, self._covariance
        covariance[:s] += change.T @ covariance[:s]
        covariance[:, :s] += covariance[:, :s] @ change
        for j in np.flatnonzero(self._grid.events[:, column].any(axis=1)):
            goes = change[j] + (np.arange(s) == j)
            spread = (np.diag(goes) - np.outer(goes, goes)) / self._grid.at_risk[j, column]
            covariance[:s, :s] += p[j] ** 2 * spread

    def std_err(self) -> Floats:
        return np.sqrt(np.maximum(np.diag(self._covariance), 0.0))


class _Jackknife:
    """The influence (people, 2 states) of each person on the probabilities and the areas."""

    def __init__(self, histories: StateHistories, tables: TransitionTables, grid: RiskGrid) -> None:
        size = len(tables.states)
        self._histories, self._grid, self._size = histories, grid, size
        self._exit_row = _rows_of(grid.time, histories.exit_time)
        from_start = histories.entry == 0
        self._entry_row = np.where(from_start, -1, _rows_of(grid.time, histories.entry))
        self._influence = np.zeros((tables.n, 2 * size))
        if grid.time.size:
            first = (self._entry_row < 0) & (self._exit_row >= 0)
            total = float(first.sum())
            places = np.eye(size)[histories.origin[first]] - grid.at_risk[:, 0] / total
            self._influence[histories.person[first], :size] = places / total

    def wait(self, days: float) -> None:
        self._influence[:, self._size :] += days * self._influence[:, : self._size]

    def move(self, column: int, p: Floats, change: Floats) -> None:
        s, histories = self._size, self._histories
        self._influence[:, :s] += self._influence[:, :s] @ change
        here = np.logical_and(self._entry_row < column, self._exit_row >= column)
        moving = self._grid.events[:, column].sum(axis=1) > 0
        rows = np.flatnonzero(here & moving[histories.origin])
        origin, target = histories.origin[rows], histories.target[rows]
        moved = (self._exit_row[rows] == column) & (target >= 0)
        pull = -change[origin]
        pull[np.flatnonzero(moved), target[moved]] += 1
        pull[np.flatnonzero(moved), origin[moved]] -= 1
        scale = p[origin] / self._grid.at_risk[origin, column]
        # Each person is in one state at a time, so no row index occurs twice.
        self._influence[histories.person[rows], :s] += scale[:, np.newaxis] * pull

    def std_err(self) -> Floats:
        root: Floats = np.sqrt((self._influence**2).sum(axis=0))
        return root


def _rows_of(grid: Floats, times: Floats) -> Ints:
    """The last grid time at or before each time, near-equal times taken as equal; else -1.

    An exit without a transition between two grid times is at risk at the earlier one and
    not at the later one, as it should be.
    """
    tolerance = float(np.sqrt(np.finfo(float).eps)) * max(1.0, float(np.max(grid, initial=0.0)))
    return np.searchsorted(grid, times + tolerance, side="right") - 1


def _probability_rows(about: Estimand, p: float, low: float, high: float) -> list[Row]:
    names = [f"state_occupation{limit}" for limit in ("", "_ci_low", "_ci_high")]
    if np.isnan(p):
        reason = "nobody is under observation at this time"
        return [about.no_value(name, "not_estimable", reason) for name in names]
    if np.isnan(low) or not low < high:
        reason = f"the probability is {p:g} without spread, so its interval has no width"
        limits = [about.no_value(name, "not_estimable", reason) for name in names[1:]]
        return [about.value(names[0], p), *limits]
    return [about.value(name, v) for name, v in zip(names, (p, low, high), strict=True)]


def _time_rows(about: Estimand, time_in_state: float, std_err: float) -> list[Row]:
    names = ("time_in_state", "time_in_state_std_err")
    if np.isnan(time_in_state):
        reason = "nobody is under observation at this time"
        return [about.no_value(name, "not_estimable", reason) for name in names]
    return [about.value(names[0], time_in_state), about.value(names[1], std_err)]
