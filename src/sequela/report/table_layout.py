"""How a table is laid out on a page, whichever the form of the report."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from sequela.display.table import Cell, Line, Table
from sequela.report.characters import shown_in_cell
from sequela.report.document import Block, Heading, Paragraph, TableBlock

MOST_UPRIGHT_COLUMNS = 8
LONG_TABLE_LINES = 25
# About how many letters of a table's type fit side by side on an upright and a turned page.
UPRIGHT_LETTERS = 95
WIDE_LETTERS = 185


def is_wide(table: Table) -> bool:
    """Whether the table needs a page on its side."""
    return len(table.columns) > MOST_UPRIGHT_COLUMNS


def sideways(blocks: Sequence[Block]) -> tuple[bool, ...]:
    """Per block, whether it stands on a page on its side.

    Wide tables do, and so do the headings right before one and the notes right after it:
    neither may be left alone on an upright page.
    """
    turned = [isinstance(block, TableBlock) and is_wide(block.table) for block in blocks]
    for place in range(len(blocks) - 1, 0, -1):
        if turned[place] and isinstance(blocks[place - 1], Heading):
            turned[place - 1] = True
    for place in range(1, len(blocks)):
        before, block = blocks[place - 1], blocks[place]
        if turned[place - 1] and not isinstance(before, Heading) and _is_note(block):
            turned[place] = True
    return tuple(turned)


def _is_note(block: Block) -> bool:
    return isinstance(block, Paragraph) and block.kind == "note"


def is_long(table: Table) -> bool:
    """Whether a table that scrolls sideways has to scroll down too, its header in sight.

    A table that fits the page is read down the page: rows in a box of their own are overlooked.
    """
    return is_wide(table) and len(table.lines) > LONG_TABLE_LINES


def column_shares(table: Table) -> tuple[float, ...]:
    """Each column's part of the width; they add up to one.

    A column that is too narrow for its longest word takes from those with room to spare.
    Raises ValueError when no column has a width above zero.
    """
    widths = [max(column.width, 0.0) for column in table.columns]
    total = sum(widths)
    if total <= 0:
        raise ValueError(f"table {table.id}: no column has a width")
    return _widened([width / total for width in widths], _least_shares(table))


def _least_shares(table: Table) -> list[float]:
    """The share that each column needs so that none of its words is broken."""
    letters = WIDE_LETTERS if is_wide(table) else UPRIGHT_LETTERS
    texts = [[column.label] for column in table.columns]
    for line in table.lines:
        for place, cell in enumerate(line.cells[: len(texts)]):
            texts[place].append(cell.text)
    words = [max(map(_longest_word, column)) for column in texts]
    least = [(word + 2) / letters for word in words]
    return [share / max(sum(least), 1.0) for share in least]


@lru_cache(maxsize=1 << 16)
def _longest_word(text: str) -> int:
    """The letters of the longest part of a text that is not broken."""
    return max(len(word) for word in re.split(r"[\s\u200b]", shown_in_cell(text)))


def _widened(shares: list[float], least: list[float]) -> tuple[float, ...]:
    """The shares, none below its least; what that takes comes from those with room to spare."""
    spare = [max(share - low, 0.0) for share, low in zip(shares, least, strict=True)]
    lacking = sum(max(low - share, 0.0) for share, low in zip(shares, least, strict=True))
    kept = 1.0 - lacking / sum(spare) if sum(spare) > 0 else 1.0
    widened = [low + room * kept for low, room in zip(least, spare, strict=True)]
    return tuple(width / sum(widened) for width in widened)


def cells_of(table: Table, line: Line) -> tuple[Cell, ...]:
    """The cells of a line, one a column: a line that ends early is filled up with empty cells.

    Raises ValueError when the line has more cells than the table has columns.
    """
    lacking = len(table.columns) - len(line.cells)
    if lacking < 0:
        raise ValueError(
            f"table {table.id}: a line has {len(line.cells)} cells, "
            f"the table has {len(table.columns)} columns"
        )
    return line.cells + (Cell(""),) * lacking


def names_a_group(table: Table, line: Line) -> bool:
    """Whether the line is a heading without any cell beside its own name."""
    return line.heading and not any(cell.text for cell in cells_of(table, line)[1:])
