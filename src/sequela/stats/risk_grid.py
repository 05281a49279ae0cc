"""Risk tables of several groups put on the same times, which group comparisons read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sequela.stats.arrays import PIECE, Floats, Ints
from sequela.stats.risk_table import RiskTable
from sequela.stats.time_order import order_with_codes


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
    causes = _same_causes(tables)
    names = tuple(tables) if groups is None else tuple(groups)
    union = _event_times(list(tables.values()))
    at_risk = np.zeros((len(names), union.time.size))
    events = np.zeros((len(names), union.time.size, len(causes)))
    places = [names.index(name) for name in tables]
    for piece in _pieces(union.time.size):
        for place, table, row in zip(places, tables.values(), union.rows, strict=True):
            _read_at(
                table, row[piece], union.time[piece], at_risk[place, piece], events[place, piece]
            )
    return RiskGrid(names, union.time, at_risk, events, causes)


def grid_pieces(tables: Mapping[str, RiskTable]) -> Iterator[RiskGrid]:
    """`risk_grid` of the tables, some thousand times after the other.

    For what is summed over times and needs no more than one piece at once. ValueError as there.
    """
    names, causes = tuple(tables), _same_causes(tables)
    union = _event_times(list(tables.values()))
    for piece in _pieces(union.time.size):
        time = union.time[piece]
        at_risk = np.zeros((len(names), time.size))
        events = np.zeros((len(names), time.size, len(causes)))
        for place, table in enumerate(tables.values()):
            _read_at(table, union.rows[place][piece], time, at_risk[place], events[place])
        yield RiskGrid(names, time, at_risk, events, causes)


@dataclass(frozen=True, slots=True)
class _EventTimes:
    """The times at which any table has an event, and for each table its next row there (T,).

    The next row is the one at that time or the first after it; the number of rows where none
    is left.
    """

    time: Floats
    rows: list[Ints]


def _same_causes(tables: Mapping[str, RiskTable]) -> tuple[str, ...]:
    causes = {table.causes for table in tables.values()}
    if len(causes) > 1:
        raise ValueError("The risk tables of a comparison must have the same causes.")
    return causes.pop() if causes else ("event",)


def _pieces(size: int) -> Iterator[slice]:
    for begin in range(0, size, PIECE):
        yield slice(begin, begin + PIECE)


def _event_times(tables: list[RiskTable]) -> _EventTimes:
    times, owner = _merged([table.time for table in tables])
    first = np.append(0, np.flatnonzero(times[1:] != times[:-1]) + 1)[: times.size]
    first = first.astype(np.int32 if times.size < 2**31 else np.intp)
    time = times[first]
    happened = np.zeros(time.size, dtype=bool)
    rows = [_next_row(owner == place, first) for place in range(len(tables))]
    for table, row in zip(tables, rows, strict=True):
        died = np.append(table.any_event > 0, False)
        own = np.ones(time.size, dtype=bool)
        own[:-1] = row[1:] != row[:-1]
        own[-1:] = row[-1:] < table.time.size
        happened |= own & died[row]
    if not bool(happened.all()):
        kept = np.flatnonzero(happened)
        time, rows = time[kept], [row[kept] for row in rows]
    return _EventTimes(time, rows)


def _next_row(own: NDArray[np.bool_], first: Ints) -> Ints:
    """How many of the table's own times come before each distinct time, which begins at `first`."""
    before = np.cumsum(own, dtype=first.dtype)
    before -= own
    return before[first]


def _merged(each: list[Floats]) -> tuple[Floats, Ints]:
    """The times of all in rising order, and whose each is; each list rises already."""
    everything = np.concatenate([np.zeros(0), *each])
    owner = np.repeat(np.arange(len(each)), [times.size for times in each])
    ordered = order_with_codes(everything, owner, max(len(each), 1), in_runs=True)
    if ordered is not None:
        return ordered
    order = np.argsort(everything, kind="stable")
    return everything[order], owner[order]


def _read_at(table: RiskTable, row: Ints, time: Floats, at_risk: Floats, events: Floats) -> None:
    """Into `at_risk` (T,) and `events` (T, causes), the table at times with its next rows.

    Between two times of the table nothing changes, so those at risk are the count at its next
    time; after its last nobody is.
    """
    if not table.time.size:
        return
    here = np.minimum(row, table.time.size - 1)
    np.multiply(table.at_risk[here], row < table.time.size, out=at_risk)
    np.multiply(table.events[here], (table.time[here] == time)[:, None], out=events)


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
    for begin in range(0, grid.time.size, PIECE):
        piece = slice(begin, begin + PIECE)
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
