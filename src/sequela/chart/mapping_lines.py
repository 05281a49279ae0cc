"""The rows of a mapping as a spreadsheet: one line a chart column, in plain cells.

`mapping.toml` is the form that everything else is read into. A line names a source column, the
chart table and column that it gives, and the rule in columns of their own. Lines with one source,
table and `row` make one chart row together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from sequela.chart.mapping import Cell, Rows
from sequela.chart.mapping_places import SheetLine
from sequela.findings import Finding, did_you_mean
from sequela.sources.raw_table import RawTable

NEEDED = ("source", "table", "chart_column")
_CELL_WORDS = ("missing", "yes", "no", "dates", "unknown_part")
_CELL_TEXTS = (
    "from",
    "value",
    "blank",
    "split",
    "others",
    "time",
    "unit",
    "unit_column",
    "to",
    "of",
)
_CELL_NUMBERS = ("position", "first_year", "positive_from")
_PARTS = ("year", "month", "day")
_ROWS_WORDS = ("needs", "repeat")
_HOLDS = ("holds", "holds_yes", "holds_no")
REMARKS = ("confidence", "reason", "note")

LINE_COLUMNS: dict[str, str] = {
    "source": "the name of one of `[sources]` in mapping.toml",
    "from": "the source column; blank for a constant, a position or a date in parts",
    "table": "the chart table",
    "row": "a word for the chart row that this line belongs to; blank where there is one a table",
    "chart_column": "the chart column",
    "value": "a constant",
    "codes": "the code list, as `F=female; M=male`, or the name of one of `[codes]`",
    "others": "`keep` keeps text that the code list does not have",
    "positive_from": "from which number on a result is positive",
    "yes": "the words for yes, separated by ;",
    "no": "the words for no, separated by ;",
    "blank": "what a blank cell stands for",
    "missing": "what else stands for unknown, separated by ;",
    "dates": "the forms of dates, such as DD/MM/YYYY, separated by ;",
    "first_year": "the first of the hundred years of two-digit years",
    "unknown_part": "what stands for an unknown day or month, separated by ;",
    "year": "the source column with the year, for a date in parts",
    "month": "the source column with the month",
    "day": "the source column with the day",
    "time": "the unit of a bare number that is a time: days, weeks, months or years",
    "before": "yes where the time counts backwards from time zero",
    "unit": "the unit as charted",
    "unit_column": "the source column with the unit as charted",
    "to": "the unit of the chart",
    "of": "what was measured",
    "split": "what separates several values in one cell",
    "position": "the number that the first repeat or split part has",
    "needs": "source columns that must be filled, separated by ; (any line of the row)",
    "holds": "a yes-or-no column that decides whether there is a row",
    "holds_yes": "its words for yes, separated by ;",
    "holds_no": "its words for no, separated by ;",
    "where": "SQL condition on the source columns (any line of the row)",
    "repeat": "what stands for {n} in repeated columns, separated by ;",
    "once": "yes where equal rows of a patient are one row",
    "confidence": "how sure the draft was; nothing reads it",
    "reason": "why the draft proposed it; nothing reads it",
    "note": "your own remark; nothing reads it",
}


@dataclass
class LinesRead:
    """What the lines of a spreadsheet say, and where each part stands."""

    rows: list[Rows] = field(default_factory=list)
    lines: dict[str, SheetLine] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass
class _Group:
    name: str
    table: str
    source: str
    at: SheetLine
    columns: dict[str, Cell] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)


def read_lines(table: RawTable, taken: Iterable[str] = ()) -> LinesRead:
    """The rows that a spreadsheet of the mapping asks for, with a finding a mistake.

    `taken` are names of rows that stand elsewhere in the mapping.
    """
    done = LinesRead()
    wrong = _heading(table)
    if wrong:
        done.findings += wrong
        return done
    groups: dict[tuple[str, str, str], _Group] = {}
    names = set(taken)
    for number, cells in table.rows:
        line = {h.replace(" ", "_"): c for h, c in zip(table.header, cells, strict=True) if c}
        at = SheetLine(table.file, table.sheet, number)
        if not set(line) - set(REMARKS):
            continue
        if blank := [n for n in NEEDED if n not in line]:
            done.findings.append(
                _complaint(at, blank[0], f"'{blank[0]}' is blank", "Fill it in, or clear the line.")
            )
            continue
        key = (line["source"], line["table"], line.get("row", ""))
        if key not in groups:
            name = _free(line.get("row") or line["table"], names)
            groups[key] = _Group(name, line["table"], line["source"], at)
            done.lines[f"rows.{name}"] = at
        _add(groups[key], line, at, done)
    for group in groups.values():
        _finish(group, done)
    return done


def _heading(table: RawTable) -> list[Finding]:
    at = SheetLine(table.file, table.sheet, 1)
    named = [h.replace(" ", "_") for h in table.header if h]
    wrong = [
        _complaint(at, n, f"'{n}' is not known here", did_you_mean(n, LINE_COLUMNS))
        for n in named
        if n not in LINE_COLUMNS
    ]
    return wrong + [
        _complaint(at, n, f"the column '{n}' is missing", f"Add it: {LINE_COLUMNS[n]}.")
        for n in NEEDED
        if n not in named
    ]


def _complaint(at: SheetLine, column: str, message: str, remedy: str) -> Finding:
    return Finding(
        code="mapping-line",
        severity="error",
        file=at.file,
        sheet=at.sheet,
        row=at.row,
        column=column,
        message=message,
        remedy=remedy,
    )


def _free(name: str, names: set[str]) -> str:
    """The name, with a number where it is taken already."""
    free, n = name.replace(".", " "), 2
    while free in names:
        free, n = f"{name} {n}", n + 1
    names.add(free)
    return free


def _add(group: _Group, line: Mapping[str, str], at: SheetLine, done: LinesRead) -> None:
    column = line["chart_column"]
    if column in group.columns:
        done.findings.append(
            Finding(
                code="mapping-target-twice",
                severity="error",
                file=at.file,
                sheet=at.sheet,
                row=at.row,
                column="chart_column",
                message=f"'{column}' of '{group.table}' is given twice for one chart row",
                remedy="Keep one of the two lines, or give one another word in `row`.",
            )
        )
        return
    try:
        cell = Cell.model_validate(_cell(line))
    except ValidationError as error:
        for item in error.errors():
            said = item["msg"].removeprefix("Value error, ")
            key = str(item["loc"][0]) if item["loc"] else "chart_column"
            done.findings.append(
                _complaint(at, key, said[0].lower() + said[1:], f"It says: {_help(key)}.")
            )
        return
    except ValueError as error:
        done.findings.append(_complaint(at, "codes", str(error), f"It says: {_help('codes')}."))
        return
    group.columns[column] = cell
    done.lines[f"rows.{group.name}.columns.{column}"] = at
    for key, value in _about(line).items():
        if group.about.setdefault(key, value) != value:
            done.findings.append(
                _complaint(
                    at,
                    key,
                    f"'{key}' differs from what another line of the same chart row says",
                    "Say it on one line only.",
                )
            )


def _help(key: str) -> str:
    return LINE_COLUMNS.get(key, LINE_COLUMNS["chart_column"])


def _words(text: str) -> list[str]:
    return [w for w in (part.strip() for part in text.split(";")) if w]


def _cell(line: Mapping[str, str]) -> dict[str, Any]:
    cell: dict[str, Any] = {k: line[k] for k in _CELL_TEXTS if k in line}
    cell |= {k: _words(line[k]) for k in _CELL_WORDS if k in line}
    cell |= {k: line[k] for k in _CELL_NUMBERS if k in line}
    if "split" in line:
        cell["split"] = line["split"]
    if "before" in line:
        cell["before"] = line["before"]
    if "year" in line:
        cell["parts"] = {k: line[k] for k in _PARTS if k in line}
    if "codes" in line:
        cell["codes"] = _codes(line["codes"])
    return cell


def _codes(text: str) -> str | dict[str, str]:
    """`F=female; M=male` as a code list; a word without = is the name of one."""
    if "=" not in text:
        return text
    codes: dict[str, str] = {}
    for pair in _words(text):
        word, sign, code = (part.strip() for part in pair.rpartition("="))
        if not sign or not word:
            raise ValueError(f"'{pair}' is no pair such as F=female")
        if word in codes:
            raise ValueError(f"'{word}' stands twice in the code list")
        codes[word] = code
    return codes


def _about(line: Mapping[str, str]) -> dict[str, Any]:
    about: dict[str, Any] = {k: _words(line[k]) for k in _ROWS_WORDS if k in line}
    about |= {k: line[k] for k in ("where", "once") if k in line}
    if "holds" in line:
        about["holds"] = {
            "from": line["holds"],
            "yes": _words(line.get("holds_yes", "")),
            "no": _words(line.get("holds_no", "")),
        }
    return about


def _finish(group: _Group, done: LinesRead) -> None:
    try:
        rows = Rows.model_validate(
            group.about
            | {"name": group.name, "table": group.table, "source": group.source}
            | {"columns": group.columns}
        )
    except ValidationError as error:
        for item in error.errors():
            key = str(item["loc"][0])
            done.findings.append(_complaint(group.at, key, item["msg"].lower(), _help(key) + "."))
        return
    done.rows.append(rows)
