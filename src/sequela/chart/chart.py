"""The validated chart: one frame a table, every value with the row it came from.

A frame has the columns of its chart table and, for values that may be intervals, their ends:
`value__low` and `value__high` for numbers; for moments and lengths the same in days, and
`when__clock` and `when__step`. `row` is the line of the source file. Blank cells are null.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from sequela.chart import schema
from sequela.chart.cells import read_cells
from sequela.chart.corrections import CORRECTIONS, Corrections, position_of, read_corrections
from sequela.chart.mapped import MappedChart, called, map_chart
from sequela.chart.mapping import FILE
from sequela.chart.origins import Origins
from sequela.chart.own_tables import given_twice, read_own_tables
from sequela.findings import Finding, has_errors
from sequela.sources.delimited import unknown_column
from sequela.sources.raw_table import ROW, RawTable, empty_table

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Chart:
    """The tables of one study; a table that the study does not have is an empty frame.

    `files` names the file of each table, `origins` the source of each row of a mapped one, and
    `inputs` every file that was read, as seen from the study's folder; `sheets` names the sheet of
    a table that stands in a workbook. `sources` are the tables of text as they were read, after
    corrections. `folder` is where the study stands, for data files that it adds to the package's
    own.
    """

    tables: Mapping[str, pl.DataFrame]
    files: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    origins: Origins = field(default_factory=Origins)
    inputs: tuple[str, ...] = ()
    sheets: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[RawTable, ...] = ()
    _made: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self.tables[name]

    def has(self, name: str) -> bool:
        """Whether the study's folder has this table."""
        return name in self.files

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What is made of this chart, made on the first call with a key and kept for the next.

        A chart never changes, and neither may what is kept. `key` names what is made and all
        that it depends on beside the chart.
        """
        if key not in self._made:
            self._made[key] = make()
        made: Made = self._made[key]
        return made

    @property
    def patients(self) -> pl.Series:
        """The patients' study numbers, sorted."""
        return self.tables["patients"]["patient_id"].sort()

    def place(self, table: str, row: int, column: str = "") -> str:
        """Where a row, or a cell, stands in the file that the user has."""
        if place := self.origins.place(table, row, column):
            return place.text
        sheet = f", sheet {self.sheets[table]}" if table in self.sheets else ""
        return f"{self.files.get(table, f'{table}.csv')}{sheet}, row {row}"

    def locate(self, finding: Finding, table: str) -> Finding:
        """A finding about a chart row, with its place in the source where the table is mapped."""
        if table in self.sheets:
            return replace(finding, sheet=self.sheets[table])
        return self.origins.locate(finding, table)

    def source_cell(self, finding: Finding) -> str:
        """The text of the source cell that a finding names; empty when blank or no single cell."""
        for table in self.sources:
            if (table.file, table.sheet) == (finding.file, finding.sheet):
                position = position_of(table, finding.column)
                if position is not None:
                    held = table.frame.filter(pl.col(ROW) == finding.row)[str(position)].to_list()
                    return str(held[0] or "") if len(held) == 1 else ""
        return ""

    @property
    def row_count(self) -> int:
        """How many rows all tables have together."""
        return sum(frame.height for frame in self.tables.values())


def read_chart(
    folder: Path, *, corrections: Corrections | None = None
) -> tuple[Chart, list[Finding]]:
    """The chart in a study's folder, and every complaint about it.

    A table comes from the mapping (mapping.toml), or from a file of its own: CSV, Parquet, or the
    sheet of its name in chart.xlsx. Findings about a mapped table name the place in its source.
    Corrections are applied to the text of the sources first; they are those of the folder
    (corrections.csv) unless others are given.
    """
    stated: list[Finding] = []
    if corrections is None:
        corrections, stated = read_corrections(folder)
    mapped = map_chart(folder, corrections) or MappedChart({}, Origins(), ())
    own = read_own_tables(folder, spoken_for=mapped.files, corrections=corrections)
    sources = (*(raw for raw in own.tables.values() if raw is not None), *mapped.sources)
    findings = [*stated, *corrections.without_table(sources), *own.findings, *mapped.findings]
    findings += [
        given_twice(FILE, name) for name in mapped.tables if own.tables.get(name) is not None
    ]
    # What keeps a mapping from being evaluated is said once, not once more for each table.
    incomplete = has_errors(mapped.findings)
    raws: dict[str, RawTable | None] = {**own.tables, **mapped.tables}
    frames, files, sheets = {}, {}, {}
    for table in schema.TABLES:
        raw = raws.get(table.name)
        if raw is None:
            frames[table.name] = _typed(table, empty_table(table.name))[0]
            if table.required and table.name not in raws and not incomplete:
                findings.append(_missing_file(f"{table.name}.csv", table))
            continue
        frames[table.name], problems = _typed(table, raw)
        files[table.name] = raw.file
        problems += _without_rows(table, raw)
        if raw.sheet:
            sheets[table.name] = raw.sheet
            problems = [replace(f, sheet=raw.sheet) for f in problems]
        if table.name in mapped.tables:
            problems = mapped.told(table.name, problems)
        findings += problems
    stands = (CORRECTIONS,) if (folder / CORRECTIONS).exists() else ()
    inputs = tuple(dict.fromkeys((*own.files, *mapped.files, *stands)))
    return Chart(frames, files, folder, mapped.origins, inputs, sheets, sources), findings


def chart_of(raws: Mapping[str, RawTable], folder: Path | None) -> tuple[Chart, list[Finding]]:
    """The chart of tables that were read elsewhere; what is not given is an empty frame."""
    frames, findings = {}, []
    for table in schema.TABLES:
        frames[table.name], problems = _typed(table, raws.get(table.name, empty_table(table.name)))
        findings += problems if table.name in raws else []
    return Chart(frames, {name: raw.file for name, raw in raws.items()}, folder), findings


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
                findings.append(_missing_column(raw.file, table.name, column))
            frame = frame.with_columns(pl.lit(None, pl.String).alias(column.name))
    for column in table.columns:
        findings += _blank_required(raw.file, frame, column, raw.header)
        frame, problems = read_cells(raw.file, frame, column)
        findings += problems
    return frame, findings


def _missing_column(file: str, table: str, column: schema.Column) -> Finding:
    if file == called(table):
        words = f" ({', '.join(column.codes)})" if column.codes else ""
        return Finding(
            code="column-missing",
            severity="error",
            file=FILE,
            column=f"rows of '{table}'",
            message=f"the mapping gives '{table}' no '{column.name}', which every row needs",
            remedy=f'Add a line to those [[rows]]: columns.{column.name} = {{ from = "..." }} '
            f"with the source column that says it{words}: {column.doc}.",
        )
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
