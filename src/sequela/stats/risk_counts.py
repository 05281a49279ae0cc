"""Counting what happens to people at each time, which risk tables are made of.

Whole days are counted without sorting. Other times are sorted once, and what follows reads
them in that order, group by group, since nearly every person then has a row of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sequela.stats.arrays import Floats, Ints

# Times closer than this, absolutely or against the mean time, are one time: the tolerance
# of `timefix` in R's survival, the square root of the machine precision.
SAME_TIME = float(np.sqrt(np.finfo(float).eps))
# Times that are turned into days at once, few enough for the processor's cache.
_PIECE = 16_384


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

    `row` points into `grid`; `in_order` says that it rises. Arrays are (happenings,).
    """

    grid: Floats
    row: Ints
    code: Ints
    label: Ints | None
    weight: Floats | None
    in_order: bool


def count_by_group(
    people: Histories, *, groups: int, causes: int
) -> Iterator[tuple[Floats, Floats]]:
    """For each group its times (T,) and counts (causes + 2, T) of what happened at them.

    The rows of the counts are the censored, each cause, and delayed entries. Times at which
    nothing happens may be among them. ValueError when an entry is not before the exit.
    """
    happened = _happenings(people, causes + 1)
    if happened.in_order:
        for group in range(groups):
            yield _count_in_order(happened, group, causes + 2)
        return
    size = happened.grid.size
    cell = happened.code * size
    cell += happened.row
    if happened.label is not None:
        cell += happened.label * ((causes + 2) * size)
    cells = np.bincount(cell, happened.weight, groups * (causes + 2) * size)
    for counts in cells.astype(float).reshape(groups, causes + 2, size):
        yield happened.grid, counts


def _happenings(people: Histories, entry_code: int) -> _Happenings:
    times, code, label, weight = people.exit_time, people.event, people.label, people.weight
    late = None if people.entry is None else np.flatnonzero(np.isfinite(people.entry))
    if late is not None and people.entry is not None:
        times = np.concatenate((times, people.entry[late]))
        code = np.concatenate((code, np.full(late.size, entry_code)))
        label = None if label is None else np.concatenate((label, label[late]))
        weight = None if weight is None else np.concatenate((weight, weight[late]))
    days = _whole_days(times)
    if days is not None:
        grid = np.arange(int(days.max(initial=-1)) + 1, dtype=float)
        _check_entries(days, late)
        return _Happenings(grid, days, code, label, weight, in_order=False)
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
        in_order=True,
    )


def _whole_days(times: Floats) -> Ints | None:
    """The times as whole days; None when they are not, or are far more than the people."""
    if times.size and float(times.max()) > times.size + 10_000:
        return None
    days = np.empty(times.size, dtype=np.intp)
    for begin in range(0, times.size, _PIECE):
        given = times[begin : begin + _PIECE]
        whole = given.astype(np.intp)
        if not bool(np.all(whole == given)):
            return None
        days[begin : begin + _PIECE] = whole
    return days


def _merge_sorted(times: Floats) -> tuple[Floats, Ints]:
    """The distinct ones of rising times, and the row of each; near-equal times are merged."""
    gap = np.diff(times)
    distinct = times[np.concatenate(([True], gap > 0))]
    apart = gap > max(SAME_TIME, SAME_TIME * float(np.mean(distinct)))
    first = np.concatenate(([True], apart))
    return times[first], np.cumsum(first) - 1


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
