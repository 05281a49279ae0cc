"""Cells such as `3,5`: a number with a decimal comma, a thousand, or two codes?

The text cannot tell, so it must be declared. Where it is, the comma of each cell that is
wholly such a number becomes a point, and points between thousands go (`1.234,5` is
`1234.5`); a finding counts the cells.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from sequela.findings import Finding
from sequela.sources.raw_table import RawTable

_SIGNS = r"^[<>=≤≥~ ]*[-+−]?"
_COMMA = _SIGNS + r"(\d{1,3}(\.\d{3})+|\d+),\d+ ?%?$"
# Under decimal commas, `1.234` is a thousand to a reader and one and a bit to a program.
_POINT = _SIGNS + r"\d{1,3}\.\d{3} ?%?$"
_SHOWN = 3


def read_decimal_commas(table: RawTable, declared: bool | None) -> tuple[RawTable, list[Finding]]:
    """The table with points for commas where declared, or a finding a column where it is not."""
    if declared is False:
        return table, []
    findings = []
    frame = table.frame
    for place, name in enumerate(table.header):
        column = str(place)
        found = frame.filter(pl.col(column).str.contains(_COMMA))
        if declared:
            findings += _thousands(table, name, column)
        if found.is_empty():
            continue
        if not declared:
            findings.append(_undeclared(table, name, found, column))
            continue
        findings.append(_converted(table, name, found.height))
        frame = frame.with_columns(
            pl.when(pl.col(column).str.contains(_COMMA))
            .then(_pointed(pl.col(column)))
            .otherwise(pl.col(column))
            .alias(column)
        )
    return replace(table, frame=frame), findings


def _pointed(cells: pl.Expr) -> pl.Expr:
    return cells.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)


def _undeclared(table: RawTable, name: str, found: pl.DataFrame, column: str) -> Finding:
    shown = found.head(_SHOWN).with_columns(_pointed(pl.col(column)).alias("pointed"))
    preview = "; ".join(
        f"{text} would be {pointed}"
        for text, pointed in shown.select(column, "pointed").iter_rows()
    )
    return Finding(
        code="column-decimal-comma",
        severity="error",
        file=table.file,
        sheet=table.sheet,
        row=found["row"][0],
        column=name,
        value=preview,
        message=f"{found.height} cells of '{name}' look like numbers with a decimal comma",
        remedy="Declare decimal_comma = true if they are (a cell 3,5 is then read as 3.5), or "
        "false if they are not (it then stays as it is).",
    )


def _converted(table: RawTable, name: str, cells: int) -> Finding:
    return Finding(
        code="column-decimal-comma-read",
        severity="note",
        file=table.file,
        sheet=table.sheet,
        column=name,
        message=f"{cells} cells of '{name}' were read with a decimal comma, as declared",
        remedy="Nothing is to be done.",
    )


def _thousands(table: RawTable, name: str, column: str) -> list[Finding]:
    found = table.frame.filter(pl.col(column).str.contains(_POINT))
    return [
        Finding(
            code="cell-thousand-or-decimal",
            severity="error",
            file=table.file,
            sheet=table.sheet,
            row=row,
            column=name,
            value=text,
            message="the cell has a point and three digits: a thousand, or a decimal point "
            "among decimal commas",
            remedy="Write it without the point, or with a comma.",
        )
        for row, text in found.select("row", column).iter_rows()
    ]
