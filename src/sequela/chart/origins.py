"""Where the rows of a mapped chart come from: file, sheet, row and column of the source.

A chart table that was mapped has row numbers of its own, since one source row may give several
chart rows. Findings about it name the place in the source, where the user can mend it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import polars as pl

from sequela.findings import Finding

_CHART_PLACE = re.compile(r"\b([a-z_]+)\.csv, row (\d+)")
ORIGIN_SCHEMA = {"row": pl.Int64, "part": pl.Int64, "source_row": pl.Int64}


def column_letter(position: int) -> str:
    """The letter that a spreadsheet program shows for a position: A for 0, AA for 26."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_label(places: Iterable[tuple[int, str]]) -> str:
    """Columns by letter and name, such as `K (relapse date)`."""
    kept = list(places)
    letters = ", ".join(column_letter(position) for position, _ in kept)
    names = ", ".join(" ".join(name.split()) for _, name in kept if name)
    return f"{letters} ({names})" if names else letters


@dataclass(frozen=True, slots=True)
class Place:
    """One place in a source, as a person would name it."""

    file: str
    sheet: str
    row: int
    column: str = ""

    @property
    def text(self) -> str:
        """The place in words: file, sheet, row, column."""
        parts = [self.file, f"sheet {self.sheet}" if self.sheet else "", f"row {self.row}"]
        parts.append(f"column {self.column}" if self.column else "")
        return ", ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Origin:
    """A part of a mapping: its source, and the source columns of each chart column."""

    file: str
    sheet: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Origins:
    """The origin of every row of the mapped tables.

    `rows` has, by table, the columns row, part and source_row, sorted by row; a chart row that was
    put together from several sheets has several lines. `part` is the place in `parts`.
    """

    parts: tuple[Origin, ...] = ()
    rows: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    def __contains__(self, table: object) -> bool:
        return table in self.rows

    @cached_property
    def _lines(self) -> Mapping[str, Mapping[int, list[tuple[int, int]]]]:
        found: dict[str, dict[int, list[tuple[int, int]]]] = {}
        for table, frame in self.rows.items():
            lines = found.setdefault(table, {})
            for row, part, source_row in frame.iter_rows():
                lines.setdefault(row, []).append((part, source_row))
        return found

    def place(self, table: str, row: int, column: str = "") -> Place | None:
        """Where a cell (or, without a column, a row) of a mapped table stands in its source."""
        lines = self._lines.get(table, {}).get(row)
        if not lines:
            return None
        own = [(p, r) for p, r in lines if column in self.parts[p].columns]
        part, source_row = (own or lines)[0]
        origin = self.parts[part]
        return Place(origin.file, origin.sheet, source_row, origin.columns.get(column, ""))

    def locate(self, finding: Finding, table: str) -> Finding:
        """A finding about a mapped table with its place in the source."""
        if finding.row is None:
            return finding
        place = self.place(table, finding.row, finding.column)
        if place is None:
            return finding
        return replace(
            finding, file=place.file, sheet=place.sheet, row=place.row, column=place.column
        )

    def settled(self, finding: Finding) -> Finding:
        """A finding of a later step, which knows chart tables by their file, at its source."""
        if any(finding.file == part.file for part in self.parts):
            return finding
        table = finding.file.removesuffix(".csv")
        return self.locate(finding, table) if table in self else finding

    def in_words(self, text: str) -> str:
        """A text in which `followup.csv, row 7` of a mapped table is its place in the source."""
        return _CHART_PLACE.sub(self._said, text)

    def _said(self, match: re.Match[str]) -> str:
        place = self.place(match[1], int(match[2]))
        return place.text if place else match[0]

    def frame(self) -> pl.DataFrame:
        """Every chart row with its source: table, row, file, sheet, source_row."""
        parts = pl.DataFrame(
            {
                "part": list(range(len(self.parts))),
                "file": [p.file for p in self.parts],
                "sheet": [p.sheet for p in self.parts],
            },
            schema={"part": pl.Int64, "file": pl.String, "sheet": pl.String},
        )
        frames = [
            frame.join(parts, on="part", how="left", maintain_order="left").select(
                pl.lit(table).alias("table"), "row", "file", "sheet", "source_row"
            )
            for table, frame in sorted(self.rows.items())
        ]
        return pl.concat(frames) if frames else pl.DataFrame(schema=_FRAME_SCHEMA)


_FRAME_SCHEMA = {
    "table": pl.String,
    "row": pl.Int64,
    "file": pl.String,
    "sheet": pl.String,
    "source_row": pl.Int64,
}
