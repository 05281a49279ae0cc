"""Findings as a work list: an Excel sheet that a study coordinator fills in, and its way back.

A line is one finding with its place, the cell as it stands, and columns to answer in. Answers
become corrections of single cells (corrections.csv), under a new version and the name of whoever
reviewed them. What is answered with a reason to leave the cell as it is becomes a waiver, which
the study file takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sequela.chart.chart import Chart, read_chart
from sequela.chart.corrections import (
    CORRECTIONS,
    Correction,
    Corrections,
    corrections_bytes,
    read_corrections,
)
from sequela.chart.tables_read import read_any
from sequela.chart.waivers import WAIVABLE
from sequela.findings import Finding, StudyError, has_errors
from sequela.sources.spreadsheet_text import workbook_bytes

SHEET = "Questions"
BLANK = "(blank)"
_ASKED = (
    "Number",
    "Severity",
    "Patient",
    "File",
    "Sheet",
    "Row",
    "Column",
    "Value now",
    "Question",
    "What to do",
)
ANSWER, LEAVE, BY, COMMENT = "New value", "Leave it, because", "Answered by", "Comment"
_HEADING = (*_ASKED, ANSWER, LEAVE, BY, COMMENT, "Rule")
_HELP = (
    ("How to fill in this list",),
    ("Write what the cell should hold under 'New value', exactly as you would write it there.",),
    (f"Write {BLANK} to empty the cell.",),
    ("If the cell is right, say why under 'Leave it, because'.",),
    ("Leave a line blank to answer it later. Do not change the other columns.",),
)


def worklist_bytes(findings: Iterable[Finding], chart: Chart) -> bytes:
    """The findings that a person can answer, as a workbook; the same findings, the same bytes.

    Notes and what is waived are left out. A finding without a row is a matter of the study's
    files, and no coordinator's. `chart` says what each cell holds.
    """
    asked = [f for f in findings if f.severity != "note" and not f.waived and f.row is not None]
    lines = [
        (
            str(number),
            f.severity,
            f.patient_id,
            f.file,
            f.sheet,
            str(f.row),
            f.column,
            chart.source_cell(f),
            f.message,
            f.remedy,
            *("",) * 4,
            f.code,
        )
        for number, f in enumerate(asked, start=1)
    ]
    return workbook_bytes({SHEET: [_HEADING, *lines], "Help": _HELP})


def write_worklist(folder: Path, findings: Iterable[Finding], path: Path) -> None:
    """Write the work list of a study; StudyError when the file exists: it may hold answers."""
    if path.exists():
        raise StudyError([_exists(path)])
    chart, _ = read_chart(folder)
    path.write_bytes(worklist_bytes(findings, chart))


def _exists(path: Path) -> Finding:
    return Finding(
        code="worklist-exists",
        severity="error",
        file=path.name,
        message="the work list exists already, and may hold answers",
        remedy="Name another file.",
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """What a filled-in work list says: corrections still without a version, and waivers."""

    corrections: tuple[Correction, ...]
    waivers: tuple[str, ...]
    unanswered: int
    findings: tuple[Finding, ...]


def read_worklist(path: Path) -> Answers:
    """The answers in a work list, and what is wrong with them."""
    table, findings = read_any(path, sheet=SHEET)
    if table is None:
        return Answers((), (), 0, tuple(findings))
    missing = [name for name in _HEADING if name not in table.header]
    if missing:
        return Answers((), (), 0, (*findings, _not_a_worklist(path.name, missing)))
    corrections, waivers, unanswered = [], [], 0
    for number, cells in table.rows:
        line = dict(zip(table.header, cells, strict=True))
        if problem := _unusable(path.name, number, line):
            findings.append(problem)
        elif line[ANSWER]:
            corrections.append(_correction(line))
        elif line[LEAVE]:
            waivers.append(_waiver(line))
        else:
            unanswered += 1
    return Answers(tuple(corrections), tuple(waivers), unanswered, tuple(findings))


def _not_a_worklist(file: str, missing: Sequence[str]) -> Finding:
    return Finding(
        code="worklist-unknown-form",
        severity="error",
        file=file,
        message=f"the sheet {SHEET} lacks the columns {', '.join(missing)}",
        remedy="Give a list that `sequela check --worklist` wrote.",
    )


def _unusable(file: str, number: int, line: Mapping[str, str]) -> Finding | None:
    """Why the answer of a line cannot be used; None where it can, or where there is none."""
    if not line[ANSWER] and not line[LEAVE]:
        return None
    if line[ANSWER] and line[LEAVE]:
        code, message = "answer-twice", "the line gives a new value and a reason to leave the old"
        remedy = "Keep one of the two."
    elif line[ANSWER] and not (line["Row"].isdecimal() and line["Column"]):
        code, message = "answer-without-cell", "the question is about no single cell"
        remedy = "Mend it in the source, and clear the answer."
    elif line[LEAVE] and line["Rule"] not in WAIVABLE:
        code, message = "answer-not-waivable", "this cannot be left as it is"
        remedy = "The chart cannot be read with it. Give a new value."
    elif not line[BY]:
        code, message = "answer-without-name", "nobody says who answered"
        remedy = f"Fill in '{BY}'."
    else:
        return None
    return Finding(
        code=code, severity="error", file=file, sheet=SHEET, row=number, message=message,
        remedy=remedy,
    )  # fmt: skip


def _correction(line: Mapping[str, str]) -> Correction:
    becomes = "" if line[ANSWER] == BLANK else line[ANSWER]
    return Correction(
        version=0,
        file=line["File"],
        sheet=line["Sheet"],
        row=int(line["Row"]),
        column=line["Column"],
        patient_id=line["Patient"],
        was=line["Value now"],
        becomes=becomes,
        question=line["Rule"],
        answered_by=line[BY],
        comment=line[COMMENT],
    )


def _waiver(line: Mapping[str, str]) -> str:
    """The waiver as it stands in study.toml; TOML's basic strings are those of JSON."""
    keys = {
        "rule": line["Rule"],
        "reason": line[LEAVE],
        "patient": line["Patient"],
        "by": line[BY],
    }
    said = [
        f"{name} = {json.dumps(text, ensure_ascii=False)}" for name, text in keys.items() if text
    ]
    row = [f"row = {line['Row']}"] if line["Row"].isdecimal() else []
    return "\n".join(["[[waive]]", *said, *row])


def accept_answers(folder: Path, answers: Answers, *, reviewed_by: str) -> Corrections:
    """Add the answers to the study's corrections as a new version, and write them.

    Raises StudyError, and writes nothing, when an answer cannot be used or a cell no longer holds
    what the question was about.
    """
    if has_errors(answers.findings):
        raise StudyError(answers.findings)
    kept, findings = read_corrections(folder)
    version = kept.version + 1
    new = [replace(c, version=version, reviewed_by=reviewed_by) for c in answers.corrections]
    both = Corrections((*kept.all, *new))
    _, problems = read_chart(folder, corrections=both)
    refused = [f for f in (*findings, *problems) if f.code.startswith("correction") and f.stops]
    if refused:
        raise StudyError(refused)
    if new:
        written = folder / f".{CORRECTIONS}.new"
        written.write_bytes(corrections_bytes(both))
        written.replace(folder / CORRECTIONS)
    return both
