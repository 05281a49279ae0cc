"""Where the heading of a sheet is, found by a rule that can be said in a sentence.

The heading is the first row that fills at least half of the columns in use (and at least two,
where the sheet has two) with text alone, no text twice unless cells are merged. Where it has
merged cells that span columns, the next row belongs to it as well, and so on. A merged cell
counts for all its columns, so `Relapse` over `date` and `site` gives `Relapse date` and
`Relapse site`; a text that merged cells repeat downwards is said once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sequela.sources.workbook_sheet import Area

Grid = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class FoundHeading:
    """The rows of a heading, counted from 1, its names by column, and whether one was found."""

    rows: tuple[int, ...]
    names: tuple[str, ...]
    found: bool = True
    named: bool = False


def find_heading(
    grid: Grid, typed: frozenset[tuple[int, int]], merged: Sequence[Area], named: tuple[int, ...]
) -> FoundHeading:
    """The heading of a sheet whose cells are text; `typed` are those that were no text in it."""
    spread = _spread(grid, merged)
    rows = tuple(row for row in named if 0 < row <= len(grid))
    if rows:
        return FoundHeading(rows, _joined(grid, spread, rows), named=True)
    first = _first_row(grid, typed, merged)
    if first is None:
        filled = next((n for n, row in enumerate(grid, start=1) if any(row)), 1)
        return FoundHeading((filled,), _joined(grid, spread, (filled,)), found=False)
    rows = (first,)
    while _spans_columns(rows[-1], merged) and rows[-1] < len(grid):
        following = rows[-1] + 1
        if any((following, c) in typed for c in range(1, len(grid[0]) + 1)):
            break
        rows = (*rows, following)
    return FoundHeading(rows, _joined(grid, spread, rows))


def _first_row(grid: Grid, typed: frozenset[tuple[int, int]], merged: Sequence[Area]) -> int | None:
    used = sum(any(row[c] for row in grid) for c in range(len(grid[0])))
    needed = max((used + 1) // 2, min(2, used))
    for number, row in enumerate(grid, start=1):
        texts = [cell for cell in row if cell]
        covered = len(texts) + sum(
            stop[1] - start[1]
            for start, stop in merged
            if start[0] <= number <= stop[0] and row[start[1] - 1 : start[1]] != [""]
        )
        if covered < needed or not texts or any(map(_is_figure, texts)):
            continue
        if any((number, c) in typed for c in range(1, len(row) + 1)):
            continue
        if len(set(texts)) == len(texts) or _spans_columns(number, merged) or number == 1:
            return number
    return None


def _is_figure(text: str) -> bool:
    """Whether a text is a number or a date, which stands in a record and not in a heading."""
    return bool(re.fullmatch(r"[<>=~]?\s*[-+]?[\d.,/:-]*\d[\d.,/:-]*\s*%?", text))


def _spans_columns(row: int, merged: Sequence[Area]) -> bool:
    return any(
        start[0] <= row <= stop[0] and stop[1] > start[1] and stop[0] == row
        for start, stop in merged
    )


def _spread(grid: Grid, merged: Sequence[Area]) -> Mapping[tuple[int, int], str]:
    """By row and column, the text of the merged cell that covers it."""
    texts = {}
    for (top, left), (bottom, right) in merged:
        if top > len(grid) or left > len(grid[0]):
            continue
        text = grid[top - 1][left - 1]
        for row in range(top, min(bottom, len(grid)) + 1):
            for column in range(left, min(right, len(grid[0])) + 1):
                texts[row, column] = text
    return texts


def _joined(
    grid: Grid, spread: Mapping[tuple[int, int], str], rows: tuple[int, ...]
) -> tuple[str, ...]:
    names = []
    for column in range(1, len(grid[0]) + 1):
        parts = [grid[row - 1][column - 1] or spread.get((row, column), "") for row in rows]
        words = [" ".join(part.split()) for part in parts]
        names.append(" ".join(dict.fromkeys(word for word in words if word)))
    return tuple(names)
