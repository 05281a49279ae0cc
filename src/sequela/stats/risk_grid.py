"""Risk tables of several groups put on the same times, which group comparisons read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sequela.stats.arrays import PIECE, Floats, Ints
from sequela.stats.risk_table import RiskTable, over_causes


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
        return over_causes(self.events)


def risk_grid(tables: Mapping[str, RiskTable], groups: Sequence[str] | None = None) -> RiskGrid:
    """The tables on the union of their event times, in the order of `groups` or of the tables.

    Times are compared to the last bit: tables of one call of `build_risk_tables` share
    theirs. ValueError when the tables do not have the same causes.
    """
    pieces = list(grid_pieces(tables, groups))
    if len(pieces) == 1:
        return pieces[0]
    return RiskGrid(
        groups=pieces[0].groups,
        time=np.concatenate([piece.time for piece in pieces]),
        at_risk=np.concatenate([piece.at_risk for piece in pieces], axis=1),
        events=np.concatenate([piece.events for piece in pieces], axis=1),
        causes=pieces[0].causes,
    )


def grid_pieces(
    tables: Mapping[str, RiskTable], groups: Sequence[str] | None = None
) -> Iterator[RiskGrid]:
    """`risk_grid` of the tables, one stretch of time after the other; at least one piece.

    For what is summed over times and needs no more than one piece at once: a piece stays in
    the processor's cache, which the grid of a million times would not. ValueError as there.
    """
    causes = _same_causes(tables)
    names = tuple(tables) if groups is None else tuple(groups)
    places = [names.index(name) for name in tables]
    for rows in _stretches([table.time for table in tables.values()]):
        yield _read_stretch(list(tables.values()), rows, places, (names, causes))


def _same_causes(tables: Mapping[str, RiskTable]) -> tuple[str, ...]:
    causes = {table.causes for table in tables.values()}
    if len(causes) > 1:
        raise ValueError("The risk tables of a comparison must have the same causes.")
    return causes.pop() if causes else ("event",)


def _stretches(times: Sequence[Floats]) -> Iterator[list[slice]]:
    """The rows of each list of rising times in one stretch of time after the other.

    No stretch has more than some thousand rows of a list, and all rows at one time are in the
    same stretch.
    """
    bounds = np.unique(np.concatenate([each[PIECE::PIECE] for each in times] or [np.zeros(0)]))
    ends = [np.append(np.searchsorted(each, bounds), each.size) for each in times]
    begins = [0] * len(times)
    for place in range(bounds.size + 1):
        upto = [int(end[place]) for end in ends]
        yield [slice(*rows) for rows in zip(begins, upto, strict=True)]
        begins = upto


def _read_stretch(
    tables: Sequence[RiskTable],
    rows: Sequence[slice],
    places: Sequence[int],
    about: tuple[tuple[str, ...], tuple[str, ...]],
) -> RiskGrid:
    """The grid of some rows of each table; `about` has the groups and causes of the grid."""
    names, causes = about
    read = list(zip(tables, rows, strict=True))
    time = np.concatenate([np.zeros(0), *(table.time[row] for table, row in read)])
    number_of = np.arange(len(read), dtype=np.int32)
    owner = np.repeat(number_of, [row.stop - row.start for row in rows])
    # The stable sort finds the rising runs and merges them; whole numbers rise as the bits
    # of times do, and are merged several times as fast.
    order = np.argsort(time.view(np.int64), kind="stable")
    time, owner = time.take(order), owner.take(order)
    died = [np.zeros(0, dtype=bool), *(over_causes(table.events[row]) > 0 for table, row in read)]
    first = _event_places(time, np.concatenate(died).take(order))
    time = time.take(first)
    events = np.zeros((len(names), time.size, len(causes)))
    at_risk = np.zeros((len(names), time.size))
    # The next row of the last table: what is not before in the others is before in it.
    left_over = first.copy()
    for number, (place, (table, row)) in enumerate(zip(places, read, strict=True)):
        if row.stop == row.start and row.stop == table.time.size:
            continue
        row_next = left_over
        if number < len(read) - 1:
            # The next row of the table: that of this time, or the first after it.
            own = owner == number
            own_before = np.cumsum(own, dtype=np.int32)
            own_before -= own
            row_next = own_before.take(first)
            left_over -= row_next
        times, left, occurred = _and_next(table, row)
        np.take(left, row_next, out=at_risk[place])
        now = times.take(row_next) == time
        np.multiply(occurred.take(row_next, axis=0), now[:, None], out=events[place])
    return RiskGrid(names, time, at_risk, events, causes)


def _event_places(time: Floats, died: NDArray[np.bool_]) -> Ints:
    """Where each distinct one of rising times begins, of those at which someone `died`."""
    new = np.append(True, time[1:] != time[:-1])[: time.size]
    if bool(new.all()):
        return np.flatnonzero(died)
    begins = np.flatnonzero(new)
    before = np.cumsum(died, dtype=np.int32)
    total = before.take(np.append(begins[1:] - 1, time.size - 1))
    before -= died
    return begins.compress(total > before.take(begins))


def _and_next(table: RiskTable, row: slice) -> tuple[Floats, Floats, Floats]:
    """Times, those at risk and events of the table's rows, and of the first row that follows.

    Between two times of a table nothing changes; after its last nobody is at risk.
    """
    more = slice(row.start, row.stop + 1)
    if row.stop < table.time.size:
        return table.time[more], table.at_risk[more], table.events[more]
    return (
        np.append(table.time[more], np.nan),
        np.append(table.at_risk[more], 0.0),
        np.concatenate((table.events[more], np.zeros((1, len(table.causes))))),
    )


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
