"""What every reader of a source gives: a table of text that knows where each cell stood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

ROW = "row"


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as read: its heading, and its rows as text with the number of each row.

    `frame` has the column `row` (the number that a spreadsheet program shows) and one column
    of text a position, named `0`, `1`, ...; blank cells are null and cells have no blanks
    around them. `header` names the positions, duplicates and blanks included. `left_out`
    counts the rows that do not fit the heading; each of them is a finding.
    """

    file: str
    header: tuple[str, ...]
    frame: pl.DataFrame
    left_out: int = 0
    sheet: str = ""

    @property
    def height(self) -> int:
        """How many rows there are below the heading."""
        return self.frame.height

    @property
    def rows(self) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """Rows as numbers and cells, blank ones empty; for small tables."""
        return tuple(
            (number, tuple(cell or "" for cell in cells))
            for number, *cells in self.frame.iter_rows()
        )

    def column(self, name: str) -> pl.Series:
        """The cells of a column, blank ones null; KeyError when the heading has no such name."""
        if name not in self.header:
            raise KeyError(name)
        return self.frame[str(self.header.index(name))].alias(name)


def raw_table(
    file: str,
    header: Sequence[str],
    rows: Iterable[tuple[int, Sequence[str]]],
    *,
    left_out: int = 0,
    sheet: str = "",
) -> RawTable:
    """A table from rows of cells; every row must have as many cells as the heading."""
    numbers, cells = [], []
    for number, row in rows:
        numbers.append(number)
        cells.append([cell.strip() or None for cell in row])
    columns = {str(place): [row[place] for row in cells] for place in range(len(header))}
    frame = pl.DataFrame(
        {ROW: numbers} | columns,
        schema={ROW: pl.Int64} | dict.fromkeys(columns, pl.String),
    )
    return RawTable(file, tuple(header), frame, left_out, sheet)


def empty_table(file: str) -> RawTable:
    """A table without heading and rows, for a file that could not be read."""
    return raw_table(file, (), ())
