"""Comma-separated files and their kin, read as text and nothing else.

No type is guessed: `00123` stays `00123` and `03/04/2021` stays what was typed. Every row
keeps the number that a spreadsheet program shows for it.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sequela.findings import Finding, did_you_mean
from sequela.sources.cell_faults import check_cells
from sequela.sources.decimal_comma import read_decimal_commas
from sequela.sources.delimited_bytes import ODD, decode, looks_like_utf16, marked_encoding
from sequela.sources.delimited_clean import read_clean
from sequela.sources.delimiter import SAMPLE, Delimiter, delimiter_findings, find_delimiter
from sequela.sources.heading import Heading, check_heading
from sequela.sources.options import DelimitedOptions
from sequela.sources.raw_table import RawTable, frame_of
from sequela.sources.spreadsheet_text import NEUTRALISED, restored

_UTF8 = {"", "utf-8", "utf-8-sig"}


@dataclass(frozen=True, slots=True)
class _Lines:
    """What stands in the file: the heading and its row, the rows that fit it, and complaints."""

    header: tuple[str, ...]
    heading_row: int
    frame: pl.DataFrame
    findings: tuple[Finding, ...] = ()
    odd: bool = False


def read_delimited(
    path: Path, options: DelimitedOptions | None = None
) -> tuple[RawTable | None, list[Finding]]:
    """The table in a text file and what is wrong with the file.

    None when the file cannot be read as a table at all. Blank lines are passed over; rows with
    more cells than the heading are reported and left out, shorter ones are reported too.
    """
    return parse_delimited(path.name, path.read_bytes(), options)


def parse_delimited(
    file: str, data: bytes, options: DelimitedOptions | None = None, *, quick: bool = True
) -> tuple[RawTable | None, list[Finding]]:
    """The table in the bytes of a text file; `quick` is false in the test of the quick way."""
    options = options or DelimitedOptions()
    sample, findings = _sample(file, data, options.encoding)
    if sample is None:
        return None, findings
    delimiter = find_delimiter(sample, options.delimiter)
    lines = _read_quickly(data, delimiter, options) if quick else None
    if lines is None:
        text, findings = _text(file, data, options.encoding)
        if text is None:
            return None, findings
        lines, problems = _read_slowly(file, text, delimiter)
        findings += problems
        if lines is None:
            return None, findings
    findings += delimiter_findings(file, delimiter, sample)
    header = tuple(restored(name) for name in lines.header)
    frame = _restored(lines.frame)
    heading = Heading(file, header, lines.heading_row)
    findings += check_heading(heading, frame) + list(lines.findings)
    table = RawTable(file, header, frame, len(lines.findings))
    if lines.odd:
        findings += check_cells(table, lines.heading_row)
    if delimiter.character != "," or options.decimal_comma:
        table, problems = read_decimal_commas(table, options.decimal_comma)
        findings += problems
    return table, findings


def _restored(frame: pl.DataFrame) -> pl.DataFrame:
    """The cells without the apostrophe that keeps a text from being run as a formula."""
    marked = [
        name
        for name, kind in frame.schema.items()
        if kind == pl.String and frame[name].str.starts_with("'").any()
    ]
    return frame.with_columns(
        pl.col(name).str.replace(NEUTRALISED, "${1}").str.strip_chars().replace("", None)
        for name in marked
    )


def _sample(file: str, data: bytes, declared: str) -> tuple[str | None, list[Finding]]:
    """The beginning of the text, the same whichever way the rest is read."""
    encoding = marked_encoding(data) or declared
    if encoding in _UTF8:
        text = data[: 4 * SAMPLE].decode("utf-8-sig", "replace")
    else:
        decoded, findings = decode(file, data, declared)
        if decoded is None:
            return None, findings
        text = decoded.text
    return text.lstrip("\ufeff")[:SAMPLE], []


def _text(file: str, data: bytes, declared: str) -> tuple[str | None, list[Finding]]:
    if not declared and not marked_encoding(data) and (guess := looks_like_utf16(data)):
        return None, [
            Finding(
                code="file-encoding-unmarked",
                severity="error",
                file=file,
                message=f"every second byte is NUL, as in {guess.upper()} text without its mark",
                remedy="Save it as 'CSV UTF-8' in the spreadsheet program, or declare "
                f'encoding = "{guess}".',
            )
        ]
    decoded, findings = decode(file, data, declared)
    if decoded is None:
        return None, findings
    # the mark of UTF-8 and UTF-16 is gone by now where the codec knows it
    return decoded.text.removeprefix("\ufeff"), findings


def _read_quickly(data: bytes, delimiter: Delimiter, options: DelimitedOptions) -> _Lines | None:
    encodings = {marked_encoding(data), options.encoding}
    if not encodings <= _UTF8 or delimiter.told:
        return None
    frame = read_clean(data.removeprefix(codecs.BOM_UTF8), delimiter.character, delimiter.cells)
    if frame is None or frame.is_empty():
        return None
    row, *names = frame.row(0)
    return _Lines(tuple(name or "" for name in names), row, frame.slice(1))


def _read_slowly(file: str, text: str, delimiter: Delimiter) -> tuple[_Lines | None, list[Finding]]:
    lines = _filled(text, delimiter)
    try:
        heading_row, heading = next(lines, (0, []))
        if not heading:
            return None, [_empty(file)]
        ragged: list[Finding] = []
        frame = frame_of(_fitting(file, lines, len(heading), ragged), len(heading))
    except _RowError as error:
        return None, [_not_csv(file, text, error)]
    header = tuple(cell.strip() for cell in heading)
    return _Lines(header, heading_row, frame, tuple(ragged), bool(ODD.search(text))), []


class _RowError(Exception):
    """A row that is against the format: its number, its first line, and what csv says of it."""

    def __init__(self, row: int, line: int, why: str) -> None:
        self.row, self.line, self.why = row, line, why
        super().__init__("a row is against the format")


def _filled(text: str, delimiter: Delimiter) -> Iterator[tuple[int, list[str]]]:
    """Rows with a filled cell, with the number a spreadsheet shows.

    A line break in quotation marks stays in its row.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter.character, strict=True)
    number = line = 0
    try:
        for number, cells in enumerate(reader, start=1):
            line = reader.line_num
            if "".join(cells).strip() and not (delimiter.told and number == 1):
                yield number, cells
    except csv.Error as error:
        raise _RowError(number + 1, line + 1, str(error)) from None


def _fitting(
    file: str, lines: Iterator[tuple[int, list[str]]], width: int, ragged: list[Finding]
) -> Iterator[tuple[int, list[str]]]:
    for number, cells in lines:
        if len(cells) == width:
            yield number, cells
        else:
            ragged.append(_ragged(file, number, len(cells), width))


def _ragged(file: str, number: int, cells: int, width: int) -> Finding:
    return Finding(
        code="row-ragged",
        severity="error",
        file=file,
        row=number,
        message=f"the row has {cells} cells where the heading has {width}",
        remedy="Put cells that hold a comma in quotation marks, or fill up the row.",
    )


def _empty(file: str) -> Finding:
    return Finding(
        code="file-empty",
        severity="error",
        file=file,
        message="the file has no heading and no rows",
        remedy="Give the columns' names in the first line, then a row a record.",
    )


def _not_csv(file: str, text: str, error: _RowError) -> Finding:
    if error.why == "unexpected end of data":
        line = _opening_quote(text, error.line)
        return Finding(
            code="file-quote-open",
            severity="error",
            file=file,
            row=error.row,
            message=f"the quotation mark that opens in line {line} is never closed",
            remedy="Close it, or take it out; write a mark inside a cell twice.",
        )
    return Finding(
        code="file-not-csv",
        severity="error",
        file=file,
        row=error.row,
        message=f"the file cannot be read as comma-separated text: {error.why}",
        remedy="Look for a quotation mark that is never closed, or save it as CSV anew.",
    )


def _opening_quote(text: str, line: int) -> int:
    """The line of the last mark that opens, reading from the line where the row begins."""
    opened = line
    inside = False
    for number, part in enumerate(io.StringIO(text, newline=""), start=1):
        if number < line:
            continue
        for _ in range(part.count('"')):
            inside = not inside
            opened = number if inside else opened
    return opened


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
