"""Risk tables of several groups put on the same times, which group comparisons read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sequela.stats.risk_table import Floats, Ints, RiskTable


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
    at_risk = np.zeros((len(names), time.size))
    events = np.zeros((len(names), time.size, len(shared)))
    for name, row in zip(tables, rows, strict=True):
        place = names.index(name)
        at_risk[place] = _at_risk_at(tables[name], row, time.size)
        events[place, row] = tables[name].events
    happened = events.any(axis=(0, 2))
    if bool(happened.all()):
        return RiskGrid(names, time, at_risk, events, shared)
    return RiskGrid(names, time[happened], at_risk[:, happened], events[:, happened], shared)


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
    return ordered[first], [row[a:b] for a, b in zip(ends[:-1], ends[1:], strict=True)]


def _at_risk_at(table: RiskTable, row: Ints, size: int) -> Floats:
    """Those at risk at each of `size` times, of which the table's own are at `row`.

    Between two times of the table nothing changes, so it is the count at its next time.
    """
    own = np.zeros(size, dtype=np.intp)
    own[row] = 1
    next_own = np.cumsum(own) - own
    counts: Floats = np.append(table.at_risk, 0.0)[next_own]
    return counts
