"""The validated chart: one frame a table, every value with the row it came from.

A frame has the columns of its chart table and, for values that may be intervals, their ends:
`value__low` and `value__high` for numbers; for moments and lengths the same in days, and
`when__clock` and `when__step`. `row` is the line of the source file. Blank cells are null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import polars as pl

from sequela.chart import schema
from sequela.chart.time import read_length, read_moment
from sequela.chart.values import read_value
from sequela.findings import Finding, did_you_mean
from sequela.sources.delimited import read_delimited, unknown_column
from sequela.sources.raw_table import ROW, RawTable, empty_table

T = TypeVar("T")

_YES_NO = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}


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
        frame, problems = _READERS[column.kind](raw.file, frame, column)
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


def _unreadable(
    file: str, frame: pl.DataFrame, column: schema.Column, bad: set[str], remedy: str
) -> list[Finding]:
    """A finding a cell whose text is among those that could not be read."""
    rows = frame.filter(pl.col(column.name).is_in(list(bad)))
    code, reading = _COMPLAINTS[column.kind]
    return [
        Finding(
            code=code,
            severity="error",
            file=file,
            row=row,
            column=column.name,
            patient_id=patient or "",
            value=text,
            message=f"'{column.name}' {reading}",
            remedy=remedy or f"Give {schema.WHAT_A_CELL_HOLDS[column.kind]}, or leave it blank.",
        )
        for row, patient, text in rows.select("row", "patient_id", column.name).iter_rows()
    ]


_COMPLAINTS = {
    "number": ("cell-not-a-number", "holds text where a number belongs"),
    "count": ("cell-not-a-whole-number", "holds no whole number"),
    "moment": ("cell-not-a-time", "holds no date and no time that can be read"),
    "length": ("cell-not-a-length", "holds no length of time that can be read"),
    "yes_no": ("cell-not-yes-or-no", "holds neither yes nor no"),
    "code": ("cell-unknown-code", "holds a code that the table does not know"),
}

_Read = tuple[pl.DataFrame, list[Finding]]


def _read_text(file: str, frame: pl.DataFrame, column: schema.Column) -> _Read:
    return frame, []


def _texts(frame: pl.DataFrame, name: str) -> list[str]:
    return frame[name].drop_nulls().unique(maintain_order=True).to_list()


def _read_code(file: str, frame: pl.DataFrame, column: schema.Column) -> _Read:
    bad = [t for t in _texts(frame, column.name) if t not in column.codes]
    findings = []
    for text in bad:
        findings += _unreadable(file, frame, column, {text}, did_you_mean(text, column.codes))
    return _blanked(frame, column.name, bad), findings


def _blanked(frame: pl.DataFrame, name: str, bad: list[str]) -> pl.DataFrame:
    return frame.with_columns(
        pl.when(pl.col(name).is_in(bad)).then(None).otherwise(pl.col(name)).alias(name)
    )


def _read_parsed(
    file: str,
    frame: pl.DataFrame,
    column: schema.Column,
    parse: Callable[[str], T | None],
    parts: Mapping[str, Callable[[T], object]],
    types: Mapping[str, type[pl.DataType]],
) -> _Read:
    """Parse each distinct text once and join the parts back."""
    texts = _texts(frame, column.name)
    parsed = {text: parse(text) for text in texts}
    bad = {text for text, value in parsed.items() if value is None}
    good = {text: value for text, value in parsed.items() if value is not None}
    lookup = pl.DataFrame(
        {column.name: list(good)}
        | {f"{column.name}{s}": [get(v) for v in good.values()] for s, get in parts.items()},
        schema={column.name: pl.String} | {f"{column.name}{s}": types[s] for s in parts},
    )
    joined = frame.join(lookup, on=column.name, how="left", maintain_order="left")
    return joined, _unreadable(file, frame, column, bad, "")


_ENDS: dict[str, type[pl.DataType]] = {
    "__low": pl.Float64,
    "__high": pl.Float64,
    "__comparator": pl.String,
    "__step": pl.Float64,
    "__flag": pl.Boolean,
    "__clock": pl.String,
}


def _read_number(file: str, frame: pl.DataFrame, column: schema.Column) -> _Read:
    return _read_parsed(
        file,
        frame,
        column,
        read_value,
        {
            "__low": lambda v: v.low,
            "__high": lambda v: v.high,
            "__comparator": lambda v: v.comparator,
        },
        _ENDS,
    )


def _read_count(file: str, frame: pl.DataFrame, column: schema.Column) -> _Read:
    return _read_parsed(
        file,
        frame,
        column,
        lambda text: int(text) if text.isdecimal() else None,
        {"__low": float, "__high": float},
        _ENDS,
    )


def _read_length(file: str, frame: pl.DataFrame, column: schema.Column) -> _Read:
    return _read_parsed(
        file,
        frame,
        column,
        read_length,
        {"__low": lambda v: v.low, "__high": lambda v: v.high},
        _ENDS,
    )


def _read_moment(file: str, frame: pl.DataFrame, column: schema.Column) -> _Read:
    read, findings = _read_parsed(
        file,
        frame,
        column,
        read_moment,
        {
            "__low": lambda m: m.low,
            "__high": lambda m: m.high,
            "__step": lambda m: m.precision,
            "__clock": lambda m: m.clock,
        },
        _ENDS,
    )
    if "clock" in frame.columns:
        on_calendar = pl.col(f"{column.name}__clock") == "calendar"
        local = pl.when(on_calendar | pl.col(column.name).is_null()).then(
            pl.col(f"{column.name}__clock")
        )
        read = read.with_columns(
            local.otherwise(pl.coalesce("clock", f"{column.name}__clock")).alias(
                f"{column.name}__clock"
            )
        )
    return read, findings


def _read_yes_no(file: str, frame: pl.DataFrame, column: schema.Column) -> _Read:
    return _read_parsed(
        file,
        frame,
        column,
        lambda text: _YES_NO.get(text.lower()),
        {"__flag": bool},
        _ENDS,
    )


_READERS: dict[schema.Kind, Callable[[str, pl.DataFrame, schema.Column], _Read]] = {
    "id": _read_text,
    "text": _read_text,
    "code": _read_code,
    "number": _read_number,
    "count": _read_count,
    "moment": _read_moment,
    "length": _read_length,
    "yes_no": _read_yes_no,
}
