"""Risk tables of several groups put on the same times, which group comparisons read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sequela.stats.risk_table import Floats, Ints, RiskTable

# Times that are summed at once.
_PIECE = 16_384


@dataclass(frozen=True, slots=True)
class RiskGrid:
    """Counts of G groups at the T times at which anyone of them had an event.

    `at_risk` is (G, T) and `events` (G, T, causes); a group without a table is zero
    everywhere. `causes` names the last axis.
    """

    groups: tuple[str, ...]
    time: Floats
    at_risk: Floats
    events: Floats
    causes: tuple[str, ...]

    @property
    def deaths(self) -> Floats:
        """Events of any cause, (G, T)."""
        total: Floats = self.events.sum(axis=2)
        return total


def risk_grid(tables: Mapping[str, RiskTable], groups: Sequence[str] | None = None) -> RiskGrid:
    """The tables on the union of their event times, in the order of `groups` or of the tables.

    Tables of one call of `build_risk_tables` share their times. ValueError when the tables
    do not have the same causes.
    """
    names = tuple(tables) if groups is None else tuple(groups)
    causes = {table.causes for table in tables.values()}
    if len(causes) > 1:
        raise ValueError("The risk tables of a comparison must have the same causes.")
    (shared,) = causes or {("event",)}
    time, rows = _union_of_times([table.time for table in tables.values()])
    happened = np.zeros(time.size, dtype=bool)
    deaths = [np.flatnonzero(table.events.any(axis=1)) for table in tables.values()]
    for row, died in zip(rows, deaths, strict=True):
        happened[row[died]] = True
    kept = np.flatnonzero(happened)
    column = np.cumsum(happened) - 1
    at_risk = np.zeros((len(names), kept.size))
    events = np.zeros((len(names), kept.size, len(shared)))
    for (name, table), row, died in zip(tables.items(), rows, deaths, strict=True):
        place = names.index(name)
        at_risk[place] = _at_risk_at(table, row, kept, time.size)
        events[place, column[row[died]]] = table.events[died]
    return RiskGrid(names, time[kept], at_risk, events, shared)


def _union_of_times(each: list[Floats]) -> tuple[Floats, list[Ints]]:
    """The distinct times of all, in rising order, and the rows of each one's times in them.

    The lists rise already, and the stable sort merges what rises in linear time.
    """
    everything = np.concatenate([np.zeros(0), *each])
    order = np.argsort(everything, kind="stable")
    ordered = everything[order]
    first = np.concatenate(([True], ordered[1:] > ordered[:-1]))[: ordered.size]
    row = np.empty(order.size, dtype=np.intp)
    row[order] = np.cumsum(first) - 1
    ends = np.cumsum([0, *(times.size for times in each)])
    return ordered[first], [row[begin:end] for begin, end in pairwise(ends.tolist())]


def _at_risk_at(table: RiskTable, row: Ints, kept: Ints, size: int) -> Floats:
    """Those at risk at the `kept` ones of `size` times, of which the table's own are at `row`.

    Between two times of the table nothing changes, so it is the count at its next time.
    """
    own = np.zeros(size, dtype=np.bool_)
    own[row] = True
    next_own: Ints = (np.cumsum(own) - own)[kept]
    counts: Floats = np.append(table.at_risk, 0.0)[next_own]
    return counts


def hypergeometric_sums(
    grid: RiskGrid, weights: Floats | None = None, others: Floats | None = None
) -> tuple[Floats, Floats, Floats]:
    """Weighted observed and expected events (G,) of one stratum, and their (co)variance (G, G).

    With everyone's chance of each event the same, the events at one time are a draw without
    replacement from those at risk. `weights` (T,) are 1 where not given. With `others`, the
    weights of a second test, the matrix is the covariance of the two tests.
    """
    groups = len(grid.groups)
    observed, expected = np.zeros(groups), np.zeros(groups)
    variance = np.zeros((groups, groups))
    deaths = grid.deaths
    # In pieces that stay in the processor's cache, which long tables would not.
    for begin in range(0, grid.time.size, _PIECE):
        piece = slice(begin, begin + _PIECE)
        here, at_risk = deaths[:, piece], grid.at_risk[:, piece]
        weight = None if weights is None else weights[piece]
        everyone, died = at_risk.sum(axis=0), here.sum(axis=0)
        share = at_risk / everyone
        # One person alone cannot vary; 1 in the denominator then meets a zero above it.
        spread = died * (everyone - died) / np.where(everyone > 1, everyone - 1, 1)
        if weight is not None:
            spread = spread * weight * (weight if others is None else others[piece])
            here, died = here * weight, died * weight
        observed += here.sum(axis=1)
        expected += share @ died
        variance += np.diag(share @ spread) - (share * spread) @ share.T
    return observed, expected, variance
