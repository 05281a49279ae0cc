"""The table of a plain command: which file, which sheet, which decimal sign, said in words.

A call has no study file in which a source could be declared, so what the bytes cannot tell
is declared on the command line, and every finding says by which option. One thing is taken
from the file itself and printed: where cells are separated by semicolons, `1,5` is 1.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sequela.findings import Finding, StudyError, did_you_mean
from sequela.sources.options import DelimitedOptions, SourceOptions, WorkbookOptions
from sequela.sources.raw_table import RawTable
from sequela.sources.source import Source, read_source

_COMMA = "column-decimal-comma"
_DELIMITER = "file-delimiter-found"
_DECLARED = re.compile(r'declare encoding = "([\w-]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a call declares of its file; what stays blank is found, or asked for in a finding.

    `decimal_comma` is whether `1,5` is 1.5; `encoding` a name such as `windows-1252`;
    `delimiter` what stands between cells; `sheet` the sheet of a workbook.
    """

    decimal_comma: bool | None = None
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class PlainTable:
    """The table, and how it was read, in sentences."""

    table: RawTable
    notes: tuple[str, ...] = ()


def read_plain_table(
    path: Path, reading: Reading | None = None, columns: Sequence[str] = ()
) -> PlainTable:
    """The table in a file of any form that is read: CSV, Excel, Parquet and others.

    StudyError with every finding when it cannot be read. Complaints about a column are passed
    over when the call uses `columns` and it is none of them.
    """
    how = reading or Reading()
    if not path.is_file():
        raise StudyError([_bad(path.name, "there is no such file", "Give the path of a table.")])
    source = read_source(path, _options(how))
    notes: list[str] = []
    if how.decimal_comma is None and _is_comma_locale(source):
        how = replace(how, decimal_comma=True)
        source = read_source(path, _options(how))
        notes = _comma_notes(source, columns)
    errors = [f for f in source.findings if f.severity == "error" and _matters(f, columns)]
    if errors or not source.tables:
        raise StudyError([_with_option(f) for f in errors or source.findings])
    table, chosen = _sheet(source, columns)
    if not table.frame.height:
        raise StudyError([_bad(path.name, "the table has no rows", "Give a row a patient.")])
    return PlainTable(table, (*chosen, *notes, *_warnings(source.findings, columns)))


def _options(how: Reading) -> SourceOptions:
    delimiter = {"tab": "\t", "comma": ",", "semicolon": ";"}.get(how.delimiter, how.delimiter)
    return SourceOptions(
        delimited=DelimitedOptions(
            delimiter=delimiter, encoding=how.encoding, decimal_comma=how.decimal_comma
        ),
        workbook=WorkbookOptions(sheets=(how.sheet,) if how.sheet else ()),
    )


def _is_comma_locale(source: Source) -> bool:
    """Whether cells like `1,5` stand in a file that separates its cells by something else."""
    codes = {finding.code for finding in source.findings}
    return {_COMMA, _DELIMITER} <= codes


def _comma_notes(source: Source, columns: Sequence[str]) -> list[str]:
    found = [
        f.column for f in source.findings if f.code == f"{_COMMA}-read" and _matters(f, columns)
    ]
    if not found:
        return []
    return [
        f"Read as: decimal commas in {', '.join(found)}, as commas do not separate the cells "
        "(1,5 is 1.5); --no-decimal-comma says otherwise."
    ]


def _matters(finding: Finding, columns: Sequence[str]) -> bool:
    """Whether a complaint is about the file, or about a column that the call uses."""
    return not finding.column or not columns or finding.column in columns


def _sheet(source: Source, columns: Sequence[str]) -> tuple[RawTable, list[str]]:
    """The one table, or the one that has every column of the call, which is then said."""
    if len(source.tables) == 1:
        return source.tables[0], []
    fitting = [t for t in source.tables if columns and set(columns) <= set(t.header)]
    if len(fitting) == 1:
        return fitting[0], [f"Read as: the sheet '{fitting[0].sheet or fitting[0].name}'."]
    names = ", ".join(t.sheet or t.name for t in source.tables)
    message = f"it has {len(source.tables)} tables, and {len(fitting) or 'none'} with every column"
    raise StudyError([_bad(source.file, message, f"Name one with --sheet: {names}.")])


def _warnings(findings: Iterable[Finding], columns: Sequence[str]) -> list[str]:
    return [
        f"{f.place}: {f.message}."
        for f in findings
        if f.severity == "warning" and _matters(f, columns)
    ]


def _with_option(finding: Finding) -> Finding:
    """The finding with a remedy that a call can follow."""
    if finding.code == _COMMA:
        remedy = "Add --decimal-comma if they are, or --no-decimal-comma if they are not."
        return replace(finding, remedy=remedy)
    if finding.code == "file-delimiter-splits-nothing":
        return replace(finding, remedy="Name that one with --delimiter, or name none.")
    if named := _DECLARED.search(finding.remedy):
        option = f"add --encoding {named[1]}"
        return replace(finding, remedy=_DECLARED.sub(option, finding.remedy))
    return finding


def unknown_columns(table: RawTable, wanted: Iterable[str]) -> list[Finding]:
    """A finding for each column that is not there, with the name that is nearest to it."""
    return [
        replace(
            _bad(
                table.file,
                f"the table has no column '{name}'",
                did_you_mean(name, [c for c in table.header if c]),
            ),
            column=name,
        )
        for name in wanted
        if name not in table.header
    ]


def _bad(file: str, message: str, remedy: str) -> Finding:
    return Finding(code="plain-table", severity="error", file=file, message=message, remedy=remedy)
