"""Corrections of single cells, kept beside the sources: corrections.csv in the study's folder.

A source is never edited. A correction says which cell of it held what, what it is taken for
instead, who answered and who reviewed it. It is applied to the text of the source each time the
study is read, and only while the cell still holds what it held then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from sequela.findings import Finding, did_you_mean
from sequela.sources.delimited import read_delimited
from sequela.sources.raw_table import ROW, RawTable
from sequela.sources.spreadsheet_text import csv_bytes, restored

CORRECTIONS = "corrections.csv"
HEADING = (
    "version",
    "file",
    "sheet",
    "row",
    "column",
    "patient_id",
    "was",
    "becomes",
    "question",
    "answered_by",
    "reviewed_by",
    "comment",
)
_LETTER = re.compile(r"^\[?([A-Z]{1,3})\]?(?: \(.*\))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One cell of a source: where it stands, what it held, and what it is taken for.

    `row` is the number that a spreadsheet program shows, `column` the heading, or the letter where
    a finding names it. Empty `was` or `becomes` is a blank cell. `line` is where the correction
    itself stands.
    """

    version: int
    file: str
    sheet: str
    row: int
    column: str
    was: str
    becomes: str
    patient_id: str = ""
    question: str = ""
    answered_by: str = ""
    reviewed_by: str = ""
    comment: str = ""
    line: int | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """The correction as a line of the file."""
        return tuple(str(getattr(self, name)) for name in HEADING)


@dataclass(frozen=True, slots=True)
class Corrections:
    """All corrections of a study, in the order in which they are applied."""

    all: tuple[Correction, ...] = ()

    @property
    def version(self) -> int:
        """The latest version; 0 without corrections."""
        return max((c.version for c in self.all), default=0)

    def applied_to(self, table: RawTable) -> tuple[RawTable, list[Finding]]:
        """The table as corrected, with a note a correction, or why it could not be applied."""
        frame, findings = table.frame, []
        for correction in self.all:
            if (correction.file, correction.sheet) != (table.file, table.sheet):
                continue
            position = position_of(table, correction.column)
            if position is None:
                findings.append(_no_column(correction, table))
                continue
            here = pl.col(ROW) == correction.row
            held = frame.filter(here)[str(position)].to_list()
            if [text or "" for text in held] != [correction.was]:
                findings.append(_stale(correction, found=bool(held)))
                continue
            new = pl.lit(correction.becomes or None, pl.String)
            name = str(position)
            frame = frame.with_columns(pl.when(here).then(new).otherwise(pl.col(name)).alias(name))
            findings.append(_applied(correction))
        return replace(table, frame=frame), findings

    def without_table(self, tables: Iterable[RawTable]) -> list[Finding]:
        """A finding for each correction of a file or sheet that is not among those read."""
        known = {(table.file, table.sheet) for table in tables}
        return [
            _finding(
                correction,
                "correction-without-table",
                "the file or sheet that it corrects is not read",
                did_you_mean(correction.file, {file for file, _ in known}),
            )
            for correction in self.all
            if (correction.file, correction.sheet) not in known
        ]


def position_of(table: RawTable, column: str) -> int | None:
    """The position of a column by its heading, where that stands once, or by its letter."""
    if table.header.count(column) == 1:
        return table.header.index(column)
    match = _LETTER.match(column)
    if not match:
        return None
    place = 0
    for letter in match[1]:
        place = place * 26 + ord(letter) - ord("A") + 1
    place -= 1 + table.first_column
    return place if 0 <= place < len(table.header) else None


def _finding(
    correction: Correction, code: str, message: str, remedy: str, *, value: str = ""
) -> Finding:
    return Finding(
        code=code,
        severity="error",
        file=CORRECTIONS,
        row=correction.line,
        column=correction.column,
        patient_id=correction.patient_id,
        message=message,
        remedy=remedy,
        value=value,
    )


def _no_column(correction: Correction, table: RawTable) -> Finding:
    return _finding(
        correction,
        "correction-without-column",
        f"{table.file} has no such column, or several of that name",
        did_you_mean(correction.column, [name for name in table.header if name]),
    )


def _stale(correction: Correction, *, found: bool) -> Finding:
    where = f"{correction.file}, row {correction.row}"
    return _finding(
        correction,
        "correction-stale",
        f"{where} no longer holds what this corrects"
        if found
        else f"{where} does not exist any more",
        "Look at the source: where it is right now, delete the correction; else write it anew.",
        value=correction.was,
    )


def _applied(correction: Correction) -> Finding:
    return Finding(
        code="cell-corrected",
        severity="note",
        file=correction.file,
        sheet=correction.sheet,
        row=correction.row,
        column=correction.column,
        patient_id=correction.patient_id,
        value=f"{correction.was or 'blank'} -> {correction.becomes or 'blank'}",
        message=f"the cell is taken as corrected (version {correction.version})",
        remedy=f"Reviewed by {correction.reviewed_by}; the source itself is as it was.",
    )


def read_corrections(folder: Path) -> tuple[Corrections, list[Finding]]:
    """The corrections of a study's folder; none where it has no such file."""
    path = folder / CORRECTIONS
    if not path.exists():
        return Corrections(), []
    table, findings = read_delimited(path)
    if table is None:
        return Corrections(), findings
    missing = [name for name in HEADING if name not in table.header]
    if missing:
        return Corrections(), [*findings, _without_columns(missing)]
    found = []
    for line, cells in zip(table.frame[ROW], table.frame.drop(ROW).iter_rows(), strict=True):
        texts = {n: restored(c or "") for n, c in zip(table.header, cells, strict=True)}
        correction = _correction(texts, line)
        if correction is None:
            findings.append(_unreadable(line))
        else:
            found.append(correction)
    return Corrections(tuple(found)), findings


def _correction(texts: dict[str, str], line: int) -> Correction | None:
    numbers = (texts["version"], texts["row"])
    if not all(n.isdecimal() for n in numbers) or not texts["file"] or not texts["column"]:
        return None
    kept = {name: texts[name] for name in HEADING if name not in ("version", "row")}
    return Correction(version=int(numbers[0]), row=int(numbers[1]), line=line, **kept)


def _without_columns(missing: Sequence[str]) -> Finding:
    return Finding(
        code="corrections-without-columns",
        severity="error",
        file=CORRECTIONS,
        row=1,
        message=f"the heading lacks {', '.join(missing)}",
        remedy="Let `sequela correct` write the file; it is not meant to be written by hand.",
    )


def _unreadable(line: int) -> Finding:
    return Finding(
        code="correction-unreadable",
        severity="error",
        file=CORRECTIONS,
        row=line,
        message="a correction needs a version, a file, a row and a column",
        remedy="Give them, or delete the line.",
    )


def corrections_bytes(corrections: Corrections) -> bytes:
    """The file as it is written."""
    return csv_bytes(HEADING, [correction.cells for correction in corrections.all])
