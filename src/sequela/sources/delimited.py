"""Comma-separated files, read as text and nothing else.

No type is guessed: `00123` stays `00123` and `03/04/2021` stays what was typed. Every row
keeps the number that a spreadsheet program shows for it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from sequela.findings import Finding, did_you_mean
from sequela.sources.raw_table import RawTable, raw_table


def read_delimited(path: Path) -> tuple[RawTable | None, list[Finding]]:
    """The table in a CSV file and what is wrong with the file.

    None when the file cannot be read as a table at all. Blank lines are passed over; rows with
    more cells than the heading are reported and left out, shorter ones are reported too.
    """
    text, findings = _decode(path)
    if text is None:
        return None, findings
    lines: list[tuple[int, list[str]]] = []
    read = 0
    try:
        for read, cells in _numbered(text):
            if any(cell.strip() for cell in cells):
                lines.append((read, cells))
    except csv.Error as error:
        return None, [
            Finding(
                code="file-not-csv",
                severity="error",
                file=path.name,
                row=read + 1,
                message=f"the file cannot be read as comma-separated text: {error}",
                remedy="Look for a quotation mark that is never closed, or save it as CSV anew.",
            )
        ]
    if not lines:
        return None, [
            Finding(
                code="file-empty",
                severity="error",
                file=path.name,
                message="the file has no heading and no rows",
                remedy="Give the columns' names in the first line, then a row a record.",
            )
        ]
    header, findings = _header(path.name, lines[0])
    rows, ragged = _rows(path.name, header, lines[1:])
    table = raw_table(path.name, header, rows, left_out=len(ragged))
    return table, findings + ragged


def _numbered(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the row number a spreadsheet shows: a quoted line break stays in its row."""
    return enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1)


def _decode(path: Path) -> tuple[str | None, list[Finding]]:
    data = path.read_bytes()
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        return None, [
            Finding(
                code="file-not-utf8",
                severity="error",
                file=path.name,
                row=line,
                message=f"the file is not UTF-8 text: byte {error.start + 1} cannot be read",
                remedy="Save it as 'CSV UTF-8' in the spreadsheet program.",
            )
        ]
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        return None, [
            Finding(
                code="file-control-character",
                severity="error",
                file=path.name,
                row=line,
                message="the file holds a NUL character, which no text has",
                remedy="Save it as 'CSV UTF-8' in the spreadsheet program.",
            )
        ]
    return text, []


def _header(file: str, line: tuple[int, list[str]]) -> tuple[tuple[str, ...], list[Finding]]:
    header = tuple(cell.strip() for cell in line[1])
    findings = []
    for position, name in enumerate(header):
        if not name:
            findings.append(
                Finding(
                    code="column-without-name",
                    severity="error",
                    file=file,
                    row=line[0],
                    message=f"column {position + 1} has no name",
                    remedy="Name it in the first line, or delete the column.",
                )
            )
        elif name in header[:position]:
            findings.append(
                Finding(
                    code="column-twice",
                    severity="error",
                    file=file,
                    row=line[0],
                    column=name,
                    message=f"column '{name}' stands twice in the heading",
                    remedy="Keep one of the two, or rename one.",
                )
            )
    return header, findings


def _rows(
    file: str, header: tuple[str, ...], lines: list[tuple[int, list[str]]]
) -> tuple[tuple[tuple[int, tuple[str, ...]], ...], list[Finding]]:
    rows, findings = [], []
    for number, cells in lines:
        if len(cells) != len(header):
            findings.append(
                Finding(
                    code="row-ragged",
                    severity="error",
                    file=file,
                    row=number,
                    message=f"the row has {len(cells)} cells where the heading has {len(header)}",
                    remedy="Put cells that hold a comma in quotation marks, or fill up the row.",
                )
            )
        else:
            rows.append((number, tuple(cell.strip() for cell in cells)))
    return tuple(rows), findings


def unknown_column(file: str, name: str, known: tuple[str, ...]) -> Finding:
    """The finding for a column that the chart table does not have."""
    return Finding(
        code="column-unknown",
        severity="error",
        file=file,
        row=1,
        column=name,
        message=f"the table has no column '{name}'",
        remedy=did_you_mean(name, known) + " Or move it to `note`.",
    )
