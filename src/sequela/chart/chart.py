"""The validated chart: one frame a table, every value with the row it came from.

A frame has the columns of its chart table and, for values that may be intervals, their ends:
`value__low` and `value__high` for numbers; for moments and lengths the same in days, and
`when__clock` and `when__step`. `row` is the line of the source file. Blank cells are null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from sequela.chart import schema
from sequela.chart.cells import read_cells
from sequela.findings import Finding, did_you_mean
from sequela.sources.delimited import read_delimited, unknown_column
from sequela.sources.raw_table import ROW, RawTable, empty_table


@dataclass(frozen=True, slots=True)
class Chart:
    """The tables of one study; a table that the study does not have is an empty frame.

    `folder` is where the study stands, for data files that it adds to the package's own.
    """

    tables: Mapping[str, pl.DataFrame]
    files: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self.tables[name]

    def has(self, name: str) -> bool:
        """Whether the study's folder has this table."""
        return name in self.files

    @property
    def patients(self) -> pl.Series:
        """The patients' study numbers, sorted."""
        return self.tables["patients"]["patient_id"].sort()

    @property
    def row_count(self) -> int:
        """How many rows all tables have together."""
        return sum(frame.height for frame in self.tables.values())


def read_chart(folder: Path) -> tuple[Chart, list[Finding]]:
    """The chart in a study's folder, one CSV file a table, and every complaint about it."""
    frames, files, findings = {}, {}, []
    for table in schema.TABLES:
        path = folder / f"{table.name}.csv"
        if not path.exists():
            frames[table.name] = _typed(table, empty_table(path.name))[0]
            if table.required:
                findings.append(_missing_file(path.name, table))
            continue
        raw, problems = read_delimited(path)
        findings += problems
        frame, problems = _typed(table, raw or empty_table(path.name))
        frames[table.name] = frame
        if raw:
            files[table.name] = path.name
            findings += problems + _without_rows(table, raw)
    return Chart(frames, files, folder), findings + _stray_files(folder)


def _missing_file(name: str, table: schema.ChartTable) -> Finding:
    return Finding(
        code="file-missing",
        severity="error",
        file=name,
        message=f"the chart has no {name} (one row is {table.row_is})",
        remedy=f"Add {name} to the study's folder; every study needs it.",
    )


def _without_rows(table: schema.ChartTable, raw: RawTable) -> list[Finding]:
    if not table.required or raw.height or raw.left_out:
        return []
    return [
        Finding(
            code="table-without-rows",
            severity="error",
            file=raw.file,
            message=f"the table has a heading and no rows (one row is {table.row_is})",
            remedy="Add a row a record; every study needs this table.",
        )
    ]


def _stray_files(folder: Path) -> list[Finding]:
    findings = []
    for path in sorted(folder.glob("*.csv")):
        if path.stem in schema.TABLE_NAMES:
            continue
        known = path.stem in schema.TABLES_TO_COME
        findings.append(
            Finding(
                code="table-not-read" if known else "table-unknown",
                severity="warning",
                file=path.name,
                message=f"{path.name} is "
                + (
                    "a chart table that this version does not read yet"
                    if known
                    else "no table of the chart, so nothing reads it"
                ),
                remedy="It is left as it is."
                if known
                else did_you_mean(path.stem, schema.TABLE_NAMES),
            )
        )
    return findings


def _typed(table: schema.ChartTable, raw: RawTable) -> tuple[pl.DataFrame, list[Finding]]:
    """The rows of a raw table as a typed frame, and what could not be read."""
    known = tuple(c.name for c in table.columns)
    findings = [unknown_column(raw.file, n, known) for n in raw.header if n and n not in known]
    named = {
        str(place): name
        for place, name in enumerate(raw.header)
        if name in known and name not in raw.header[:place]
    }
    frame = raw.frame.select(ROW, *named).rename(named)
    for column in table.columns:
        if column.name not in frame.columns:
            if column.required and raw.header:
                findings.append(_missing_column(raw.file, column))
            frame = frame.with_columns(pl.lit(None, pl.String).alias(column.name))
    for column in table.columns:
        findings += _blank_required(raw.file, frame, column, raw.header)
        frame, problems = read_cells(raw.file, frame, column)
        findings += problems
    return frame, findings


def _missing_column(file: str, column: schema.Column) -> Finding:
    return Finding(
        code="column-missing",
        severity="error",
        file=file,
        row=1,
        column=column.name,
        message=f"the required column '{column.name}' is missing",
        remedy=f"Add it: {column.doc}.",
    )


def _blank_required(
    file: str, frame: pl.DataFrame, column: schema.Column, header: tuple[str, ...]
) -> list[Finding]:
    if not column.required or column.name not in header:
        return []
    blank = frame.filter(pl.col(column.name).is_null())
    return [
        Finding(
            code="cell-required",
            severity="error",
            file=file,
            row=row,
            column=column.name,
            patient_id=patient or "",
            message=f"'{column.name}' is blank, and every row needs it",
            remedy=f"Fill it in: {column.doc}.",
        )
        for row, patient in blank.select("row", "patient_id").iter_rows()
    ]
