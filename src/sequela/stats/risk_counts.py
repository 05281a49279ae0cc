"""Counting what happens to people at each time, which risk tables are made of.

Whole days are counted without sorting. Other times are sorted once, and what follows reads
them in that order, group by group, since nearly every person then has a row of their own.
Where nobody has a weight or enters late, the sort carries what happened with it
(`time_order`); the counts are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sequela.stats.arrays import PIECE, Floats, Ints
from sequela.stats.time_order import order_with_codes

# Times closer than this, absolutely or against the mean time, are one time: the tolerance
# of `timefix` in R's survival, the square root of the machine precision.
SAME_TIME = float(np.sqrt(np.finfo(float).eps))


@dataclass(frozen=True, slots=True)
class Histories:
    """Checked arrays, one element a person.

    `event` is 0 or a cause from 1. `entry` is minus infinity from the start, and None when
    everyone is from the start. `label` is the place of the group, None without groups.
    """

    exit_time: Floats
    event: Ints
    entry: Floats | None
    weight: Floats | None
    label: Ints | None


@dataclass(frozen=True, slots=True)
class _Happenings:
    """What happens: exits by code of the event, and delayed entries as one code more.

    `row` points into `grid`, and rises. Arrays are (happenings,).
    """

    grid: Floats
    row: Ints
    code: Ints
    label: Ints | None
    weight: Floats | None


def count_by_group(
    people: Histories, *, groups: int, causes: int
) -> Iterator[tuple[Floats, Floats]]:
    """For each group its times (T,) and counts (causes + 2, T) of what happened at them.

    The rows of the counts are the censored, each cause, and delayed entries. Times at which
    nothing happens may be among them. ValueError when an entry is not before the exit.
    """
    times, late = _all_times(people)
    days = _whole_days(times)
    if days is not None:
        _check_entries(days, late)
        yield from _count_days(people, days, late, groups=groups, causes=causes)
        return
    if people.entry is None and people.weight is None:
        ordered = order_with_codes(times, *_codes(people, groups=groups, causes=causes))
        if ordered is not None:
            yield from _count_rising(*ordered, groups=groups, causes=causes)
            return
    happened = _in_order(people, times, late, causes + 1)
    for group in range(groups):
        yield _count_in_order(happened, group, causes + 2)


def _all_times(people: Histories) -> tuple[Floats, Ints | None]:
    """The exits and after them the delayed entries, and who has one; None where entry is."""
    if people.entry is None:
        return people.exit_time, None
    late = np.flatnonzero(np.isfinite(people.entry))
    return np.concatenate((people.exit_time, people.entry[late])), late


def _codes(people: Histories, *, groups: int, causes: int) -> tuple[Ints, int]:
    """Group and event of each person as one code, and how many codes there are."""
    codes = groups * (causes + 1)
    # A byte holds nearly all that occur, and is read far faster than a word.
    width = np.dtype(np.uint8 if codes <= 256 else np.intp)
    event = people.event.astype(width)
    if people.label is not None:
        event += people.label.astype(width) * width.type(causes + 1)
    return event, codes


def _happened(
    people: Histories, late: Ints | None, entry_code: int
) -> tuple[Ints, Ints | None, Floats | None]:
    """Code, group and weight of each exit, and after them of each delayed entry."""
    code, label, weight = people.event, people.label, people.weight
    if late is None:
        return code, label, weight
    return (
        np.concatenate((code, np.full(late.size, entry_code))),
        None if label is None else np.concatenate((label, label[late])),
        None if weight is None else np.concatenate((weight, weight[late])),
    )


def _count_days(
    people: Histories, days: Ints, late: Ints | None, *, groups: int, causes: int
) -> Iterator[tuple[Floats, Floats]]:
    size = int(days.max(initial=-1)) + 1
    code, label, weight = _happened(people, late, causes + 1)
    width = (causes + 2) * size
    cells = np.zeros(groups * width)
    # In pieces that stay in the processor's cache; sums of weights in one, whatever the order.
    step = max(4 * PIECE, 4 * cells.size) if weight is None else max(days.size, 1)
    for piece in _steps(days.size, step):
        cell = code[piece] * size
        cell += days[piece]
        if label is not None:
            cell += label[piece] * width
        cells += np.bincount(cell, weight, cells.size)
    grid = np.arange(size, dtype=float)
    for counts in cells.reshape(groups, causes + 2, size):
        yield grid, counts


def _in_order(people: Histories, times: Floats, late: Ints | None, entry_code: int) -> _Happenings:
    code, label, weight = _happened(people, late, entry_code)
    order = np.argsort(times)
    grid, row = _merge_sorted(times[order])
    if late is not None:
        place = np.empty_like(row)
        place[order] = row
        _check_entries(place, late)
    return _Happenings(
        grid,
        row,
        code[order],
        None if label is None else label[order],
        None if weight is None else weight[order],
    )


def _count_rising(
    times: Floats, code: NDArray[np.uint8], *, groups: int, causes: int
) -> Iterator[tuple[Floats, Floats]]:
    """The counts of people in the order of their times, who have one code of group and event."""
    _merge_in_place(times)
    for group in range(groups):
        if groups == 1:
            yield _count_exits(times, code, causes)
            continue
        # Unsigned, the codes of groups before this one lie far above its own.
        own = code - np.uint8(group * (causes + 1))
        mine = np.flatnonzero(own <= causes)
        yield _count_exits(times[mine], own[mine], causes)


def _count_exits(times: Floats, event: NDArray[np.uint8], causes: int) -> tuple[Floats, Floats]:
    """The distinct ones of rising times, and the counts at each; nobody enters late."""
    size = times.size
    # Half the bytes where places fit into them.
    place = np.dtype(np.int32 if size < 2**31 else np.intp)
    ends = np.append(times[1:] != times[:-1], True)[:size]
    last = np.flatnonzero(ends).astype(place)
    del ends
    counts = np.zeros((causes + 2, last.size))
    _differences(last, counts[0], before=-1)
    for cause in range(1, causes + 1):
        _differences(np.cumsum(event == cause, dtype=place)[last], counts[cause], before=0)
        counts[0] -= counts[cause]
    return (times if last.size == size else times[last]), counts


def _differences(total: Ints, into: Floats, *, before: int) -> None:
    """Into `into`, what running totals add from each to the next, the first to `before`."""
    np.subtract(total[:1], before, out=into[:1], casting="unsafe")
    np.subtract(total[1:], total[:-1], out=into[1:], casting="unsafe")


def _whole_days(times: Floats) -> Ints | None:
    """The times as whole days; None when they are not, or are far more than the people."""
    if times.size and float(times.max()) > times.size + 10_000:
        return None
    # Half the bytes where days fit into them.
    days: Ints = np.empty(times.size, dtype=np.int32 if times.size < 2**30 else np.intp)
    for piece in _steps(times.size):
        given, whole = times[piece], days[piece]
        whole[:] = given
        if not bool(np.all(whole == given)):
            return None
    return days


def _merge_sorted(times: Floats) -> tuple[Floats, Ints]:
    """The distinct ones of rising times, and the row of each; near-equal times are merged."""
    first = np.concatenate(([True], _apart(times)))
    return times[first], np.cumsum(first) - 1


def _merge_in_place(times: Floats) -> None:
    """Each of rising times, zero or more, becomes the smallest that is the same as it."""
    near = np.flatnonzero(~_apart(times)) + 1
    if near.size:
        # Where a run of near times begins, the time before it stands for all of them.
        begins = np.append(True, near[1:] > near[:-1] + 1)
        run = np.cumsum(begins) - 1
        times[near] = times[near[begins] - 1][run]


def _apart(times: Floats) -> NDArray[np.bool_]:
    """Whether each of rising times (N,), from the second on, is another than the one before."""
    apart = np.empty(max(times.size - 1, 0), dtype=bool)
    total, distinct = float(times[:1].sum()), min(times.size, 1)
    for piece in _steps(apart.size):
        later = times[piece.start + 1 : piece.stop + 1]
        np.greater(later, times[piece], out=apart[piece])
        risen = int(np.count_nonzero(apart[piece]))
        total += float((later * apart[piece] if risen < later.size else later).sum())
        distinct += risen
    least = max(SAME_TIME, SAME_TIME * total / max(distinct, 1))
    for piece in _steps(apart.size):
        gap = times[piece.start + 1 : piece.stop + 1] - times[piece]
        np.greater(gap, least, out=apart[piece])
    return apart


def _steps(size: int, step: int = PIECE) -> Iterator[slice]:
    for begin in range(0, size, step):
        yield slice(begin, min(begin + step, size))


def _check_entries(row: Ints, late: Ints | None) -> None:
    """The entries stand after all exits, in the order of the people `late`."""
    if late is not None and bool(np.any(row[row.size - late.size :] >= row[late])):
        raise ValueError("Someone's entry is not before the exit: entry must be earlier.")


def _count_in_order(happened: _Happenings, group: int, kinds: int) -> tuple[Floats, Floats]:
    """The times and counts of one group, of which only its own times are kept."""
    row, code, weight = happened.row, happened.code, happened.weight
    if happened.label is not None:
        # Places are read faster than a mask of as many people.
        mine = np.flatnonzero(happened.label == group)
        row, code = row[mine], code[mine]
        weight = None if weight is None else weight[mine]
    first = np.concatenate(([True], row[1:] != row[:-1]))
    place = np.cumsum(first) - 1
    size = int(place[-1]) + 1
    counts = np.bincount(code * size + place, weight, kinds * size).astype(float)
    return happened.grid[row[first]], counts.reshape(kinds, size)
