"""The columns of a plain table: numbers, categories and times, and cells that are none of them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from sequela.chart.dates import read_date
from sequela.chart.values import Value, read_value
from sequela.clinical.subjects import ColumnInfo, ColumnKind
from sequela.findings import Finding, StudyError
from sequela.sources.raw_table import ROW, RawTable

# What a cell may hold to say that it holds nothing; more can be named in the call.
MISSING = (None, "NA", "N/A", "NaN", ".")
_COMMA = re.compile(r"[-+]?\d+,\d+$")


def cells_of(table: RawTable, name: str) -> list[str | None]:
    """The cells of a column as text; None for each that says that it holds nothing."""
    return [None if cell in MISSING else cell for cell in table.column(name).to_list()]


def number_columns(name: str, values: Sequence[Value | None]) -> list[pl.Series]:
    """A number as subjects have it: its value, its ends, and why it has no exact value."""
    low = pl.Series(f"{name}__low", [v.low if v else None for v in values], pl.Float64)
    high = pl.Series(f"{name}__high", [v.high if v else None for v in values], pl.Float64)
    exact = [v.low if v and v.exact else None for v in values]
    why = ["missing" if v is None else None if v.exact else "interval" for v in values]
    return [
        pl.Series(name, exact, pl.Float64),
        low,
        high,
        pl.Series(f"{name}__why", why, pl.String),
    ]


def category_columns(name: str, cells: Sequence[str | None]) -> list[pl.Series]:
    """A category as subjects have it: its level, and why it has none."""
    why = ["missing" if c is None else None for c in cells]
    return [pl.Series(name, cells, pl.String), pl.Series(f"{name}__why", why, pl.String)]


def info_of(name: str, kind: ColumnKind, cells: Sequence[str | None]) -> ColumnInfo:
    """What is known of a column: its name for a label, and the levels of a category in order."""
    seen = {c for c in cells if c is not None}
    levels = tuple(sorted(seen, key=in_order)) if kind == "category" else ()
    return ColumnInfo(name, name, kind, "", levels, f"column {name}")


def in_order(level: str) -> tuple[float, str]:
    """Codes that are numbers stand in the order of numbers, everything else after them."""
    value = read_value(level)
    return (value.low if value and value.exact else math.inf), level


def cells_without_number(table: RawTable, name: str) -> list[Finding]:
    """The cells that are no number in a column that holds some: slips, or codes and words."""
    cells = cells_of(table, name)
    known = [(r, c) for r, c in zip(table.frame[ROW], cells, strict=True) if c is not None]
    odd = [(row, cell) for row, cell in known if read_value(cell) is None]
    if len(odd) == len(known):
        odd = [(row, cell) for row, cell in odd if _COMMA.match(cell)]
    numbers = len(known) - len(odd)
    message = f"the column holds {numbers} numbers, and this is none"
    return [
        replace(
            bad_cell(table.file, name, message, _remedy_of_number(name, cell), row=row), value=cell
        )
        for row, cell in odd
    ]


def _remedy_of_number(name: str, cell: str) -> str:
    """What to do about a cell that is no number among numbers."""
    if _COMMA.match(cell):
        return "Add --decimal-comma if 1,5 is 1.5 in this file."
    return f"Correct it or leave it blank; or add '{name}' to --categories."


def times_of(table: RawTable, name: str) -> list[float | None]:
    """The times; StudyError names each cell that holds no exact number of zero or more."""
    findings, times = [], []
    for row, cell in zip(table.frame[ROW], cells_of(table, name), strict=True):
        value = read_value(cell) if cell is not None else None
        good = cell is None or (value is not None and value.exact and value.low >= 0)
        if not good:
            remedy = _remedy_of_time(cell or "")
            message = "a time must be an exact number, zero or more"
            bad = bad_cell(table.file, name, message, remedy, row=row)
            findings.append(replace(bad, value=cell or ""))
        times.append(value.low if value and good else None)
    if findings:
        raise StudyError(findings)
    return times


def _remedy_of_time(cell: str) -> str:
    """What to do about a cell that is no time."""
    if read_date(cell) or read_date(cell, "dmy") or read_date(cell, "mdy"):
        return "Give the time that passed, not its date: the end less the start."
    if _COMMA.match(cell):
        return "Add --decimal-comma if 1,5 is 1.5 in this file."
    value = read_value(cell)
    if value is not None and not value.exact:
        return "Give the time itself, or leave it blank: a curve needs to know it."
    return "Correct it, or leave it blank."


def bad_cell(
    file: str, column: str, message: str, remedy: str, *, row: int | None = None
) -> Finding:
    """An error about a plain table, its column and row."""
    return Finding(
        code="plain-table",
        severity="error",
        file=file,
        row=row,
        column=column,
        message=message,
        remedy=remedy,
    )
