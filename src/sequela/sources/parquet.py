"""Parquet files: typed columns rendered to text that loses nothing."""

from __future__ import annotations

import io

import polars as pl

from sequela.findings import Finding
from sequela.sources.guard import guarded
from sequela.sources.heading import Heading, check_heading
from sequela.sources.raw_table import ROW, RawTable
from sequela.sources.typed_text import text_column

MOST_CELLS = 500_000_000


def read_parquet(file: str, data: bytes) -> tuple[list[RawTable], list[Finding]]:
    """The table in a Parquet file; its first record has the number 2, as below a heading.

    A column whose cells are lists, records or bytes is left out with a finding.
    """
    try:
        schema = guarded(pl.read_parquet_schema, io.BytesIO(data))
        rows = guarded(lambda: pl.scan_parquet(io.BytesIO(data)).select(pl.len()).collect().item())
    except ValueError:
        return [], [_damaged(file)]
    if rows * max(1, len(schema)) > MOST_CELLS:
        return [], [_too_large(file, rows, len(schema))]
    try:
        frame = guarded(pl.read_parquet, io.BytesIO(data))
    except ValueError:
        return [], [_damaged(file)]
    return table_of(file, frame)


def table_of(file: str, frame: pl.DataFrame) -> tuple[list[RawTable], list[Finding]]:
    """A typed frame as a table of text."""
    texts: dict[str, pl.Series | None] = {}
    findings = []
    for name in frame.columns:
        try:
            texts[name] = guarded(text_column, frame[name])
        except ValueError:
            findings.append(_unreadable(file, name))
        else:
            findings += [_nested(file, name)] if texts[name] is None else []
    kept = {name: text for name, text in texts.items() if text is not None}
    header = tuple(name.strip() for name in kept)
    columns = [text.alias(str(place)) for place, text in enumerate(kept.values())]
    rows = pl.DataFrame(columns).with_columns(pl.all().str.strip_chars().replace("", None))
    numbered = rows.with_row_index(ROW, offset=2).with_columns(pl.col(ROW).cast(pl.Int64))
    if columns:
        numbered = numbered.filter(pl.any_horizontal(pl.exclude(ROW).is_not_null()))
    table = RawTable(file, header, numbered)
    return [table], findings + check_heading(Heading(file, header), numbered)


def _nested(file: str, name: str) -> Finding:
    return Finding(
        code="column-nested",
        severity="error",
        file=file,
        column=name,
        message=f"the cells of '{name}' are lists, records or bytes, and no text; it was left out",
        remedy="Give each of its parts a column of its own, or a table of its own.",
    )


def _unreadable(file: str, name: str) -> Finding:
    return Finding(
        code="column-unreadable",
        severity="error",
        file=file,
        column=name,
        message=f"'{name}' holds values that no date or number can have; it was left out",
        remedy="Export the column as text.",
    )


def _damaged(file: str) -> Finding:
    return Finding(
        code="file-damaged",
        severity="error",
        file=file,
        message="the file is cut off or damaged: its columns cannot be read",
        remedy="Copy or export it anew.",
    )


def _too_large(file: str, rows: int, columns: int) -> Finding:
    return Finding(
        code="file-too-large",
        severity="error",
        file=file,
        message=f"the file was not read: it says it has {rows} rows of {columns} columns",
        remedy="Export the columns that the study needs.",
    )
