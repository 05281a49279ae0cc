"""What every reader of a source gives: a table of text that knows where each cell stood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import polars as pl

ROW = "row"
# How many rows become a frame at a time: text in a frame takes a fraction of Python's memory.
_AT_A_TIME = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnNotes:
    """What a source itself says about a column, beside its name; blank where it says nothing.

    `label` is the question or description in plain text. `choices` are the codes that a cell
    may hold with their meanings, `missing` the codes that stand for an absent value.
    `validation` is the source's own name for the kind of text (`date_dmy`, `integer`).
    `field_type` is the kind of field (`radio`, `calc`, ...). `identifier` is true where the
    source flags the column as identifying a person.
    """

    label: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    identifier: bool = False
    validation: str = ""
    field_type: str = ""


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as read: its heading, and its rows as text with the number of each row.

    `frame` has the column `row` (the number that a spreadsheet program shows) and one column
    of text a position, named `0`, `1`, ...; blank cells are null and cells have no blanks
    around them. `header` names the positions, duplicates and blanks included. `left_out`
    counts the rows that do not fit the heading; each of them is a finding. `notes` holds,
    by column name, what the source itself says about a column. `name` is what the table is
    called where a file holds several and no sheet says so (a REDCap form). `first_column` is the
    column of a sheet in which position 0 stands, counted from 0 for A; `heading_rows` are the rows
    of a sheet that the heading was taken from.
    """

    file: str
    header: tuple[str, ...]
    frame: pl.DataFrame
    left_out: int = 0
    sheet: str = ""
    notes: Mapping[str, ColumnNotes] = field(default_factory=dict)
    name: str = ""
    first_column: int = 0
    heading_rows: tuple[int, ...] = ()

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
    return RawTable(file, tuple(header), frame_of(rows, len(header)), left_out, sheet)


def frame_of(rows: Iterable[tuple[int, Sequence[str]]], width: int) -> pl.DataFrame:
    """Numbered rows of cells as a frame; blank cells are null and the rest is stripped."""
    waiting = iter(rows)
    parts = [_frame((), width)]
    while some := tuple(islice(waiting, _AT_A_TIME)):
        parts.append(_frame(some, width))
    return pl.concat(parts)


def _frame(rows: Sequence[tuple[int, Sequence[str]]], width: int) -> pl.DataFrame:
    columns = zip(*(cells for _, cells in rows), strict=True) if rows else [()] * width
    return pl.DataFrame(
        [
            pl.Series(ROW, [number for number, _ in rows], pl.Int64),
            *(
                pl.Series(str(place), [cell.strip() or None for cell in cells], pl.String)
                for place, cells in enumerate(columns)
            ),
        ]
    )


def empty_table(file: str) -> RawTable:
    """A table without heading and rows, for a file that could not be read."""
    return raw_table(file, (), ())
