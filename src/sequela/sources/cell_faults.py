"""Characters that no cell should hold, each with its row and column."""

from __future__ import annotations

import polars as pl

from sequela.findings import Finding
from sequela.sources.raw_table import ROW, RawTable

_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}]"
_FAULTS = (
    (
        _CONTROL,
        "cell-control-character",
        "error",
        "the cell holds a control character, which no text has",
        "Type the cell anew.",
    ),
    (
        "\ufeff",
        "cell-byte-order-mark",
        "error",
        "the cell holds a byte order mark, as if two files had been put together",
        "Delete the mark, and look whether a second heading stands there.",
    ),
    (
        "\ufffd",
        "cell-lost-character",
        "warning",
        "the cell holds the mark of a character that was lost when the file was made",
        "Type the character anew, or export the file as UTF-8.",
    ),
)


def check_cells(table: RawTable, heading_row: int) -> list[Finding]:
    """A finding a cell, heading included, with a control character, a mark, or a lost one."""
    heading = pl.DataFrame(
        {ROW: [heading_row]} | {str(at): [name] for at, name in enumerate(table.header)},
        schema=table.frame.schema,
    )
    frame = pl.concat([heading, table.frame])
    findings = []
    for pattern, code, severity, message, remedy in _FAULTS:
        for place, name in enumerate(table.header):
            column = str(place)
            rows = frame.filter(pl.col(column).str.contains(pattern))
            for row, value in rows.select(ROW, column).iter_rows():
                findings.append(
                    Finding(
                        code=code,
                        severity="error" if severity == "error" else "warning",
                        file=table.file,
                        sheet=table.sheet,
                        row=row,
                        column=_plain(name) or f"column {place + 1}",
                        value=value,
                        message=message,
                        remedy=remedy,
                    )
                )
    return findings


def _plain(name: str) -> str:
    """A name that can be printed: what is no printable character is a question mark."""
    return "".join(c if c.isprintable() else "?" for c in name)
