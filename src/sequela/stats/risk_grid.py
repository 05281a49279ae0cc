"""Risk tables of several groups put on the same times, which group comparisons read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sequela.stats.risk_table import Floats, RiskTable, counts_at


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
    times = np.unique(np.concatenate([np.zeros(0), *map(_event_times, tables.values())]))
    at_risk = np.zeros((len(names), times.size))
    events = np.zeros((len(names), times.size, len(shared)))
    for row, name in enumerate(names):
        if name in tables:
            at_risk[row] = counts_at(tables[name], times).at_risk
            events[row] = _events_at(tables[name], times)
    return RiskGrid(names, times, at_risk, events, shared)


def _event_times(table: RiskTable) -> Floats:
    times: Floats = table.time[table.events.sum(axis=1) > 0]
    return times


def _events_at(table: RiskTable, times: Floats) -> Floats:
    """The events of the table at each of the times, which hold all its event times."""
    events = np.zeros((times.size, len(table.causes)))
    happened = table.events.sum(axis=1) > 0
    events[np.searchsorted(times, table.time[happened])] = table.events[happened]
    return events
