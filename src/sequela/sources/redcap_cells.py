"""What the dictionary says that a cell may hold: choices, dates, numbers, and when it is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import polars as pl

from sequela.findings import Finding, did_you_mean
from sequela.sources.options import RedcapOptions
from sequela.sources.raw_table import ROW, RawTable
from sequela.sources.redcap_dictionary import Dictionary, Field, checkbox_column
from sequela.sources.redcap_logic import Node, holds
from sequela.sources.redcap_matrix import EVENT, Export
from sequela.sources.wording import counted

_TICKED = {"1": "1", "0": "0", "Checked": "1", "Unchecked": "0"}
_ORDERS = {"ymd": (0, 1, 2), "dmy": (2, 1, 0), "mdy": (2, 0, 1)}
_DATE = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_PATTERNS = {
    "integer": r"[-+]?\d+",
    "number": r"[-+]?(\d+\.?\d*|\.\d+)",
    "time": r"\d{1,2}:\d{2}",
    "time_hh_mm_ss": r"\d{1,2}:\d{2}:\d{2}",
}


def check_cells_of(
    export: Export, table: RawTable, options: RedcapOptions
) -> tuple[RawTable, list[Finding]]:
    """A form's table with dates as ISO 8601, and every cell that the dictionary does not allow."""
    findings: list[Finding] = []
    frame = table.frame
    for field in export.dictionary.of_form(table.name):
        for name in export.columns_of(field):
            column = str(table.header.index(name))
            texts = frame[column].drop_nulls().unique().to_list()
            told = _tell(field, name, sorted(set(texts) - set(options.missing)))
            findings += _complaints(export, table, frame, name, told)
            frame = _rewritten(frame, column, {t: n for t, (n, _) in told.items() if n != t})
    notes = {
        name: replace(each, missing=dict(options.missing)) for name, each in table.notes.items()
    }
    return replace(table, frame=frame, notes=notes), findings


# What a text becomes, and what is wrong with it: code, severity, message, remedy.
_Told = Mapping[str, tuple[str, tuple[str, str, str, str] | None]]


def _tell(field: Field, name: str, texts: list[str]) -> _Told:
    if field.type == "checkbox":
        return {text: _ticked(field, text) for text in texts}
    if field.choices:
        return {text: _chosen(field, text) for text in texts}
    reader = _reader(field.validation)
    return {text: reader(field, text) for text in texts} if reader else {}


_Reader = Callable[[Field, str], tuple[str, tuple[str, str, str, str] | None]]


def _reader(validation: str) -> _Reader | None:
    if validation.startswith(("date_", "datetime_")):
        return _dated
    if validation.startswith(("integer", "number", "time")):
        return _measured
    return None


def _ticked(field: Field, text: str) -> tuple[str, tuple[str, str, str, str] | None]:
    if text in _TICKED:
        problem = None if text in "01" else _labelled(field)
        return _TICKED[text], problem
    return text, (
        "redcap-checkbox-not-ticked-or-not",
        "error",
        f"a choice of '{field.name}' holds neither 0 nor 1",
        "Export anew as raw data.",
    )


def _labelled(field: Field) -> tuple[str, str, str, str]:
    return (
        "redcap-labels-for-codes",
        "error",
        f"'{field.name}' holds labels where its codes belong; they were read as their codes",
        "Export anew as 'CSV / Microsoft Excel (raw data)'.",
    )


def _chosen(field: Field, text: str) -> tuple[str, tuple[str, str, str, str] | None]:
    if text in field.choices:
        return text, None
    codes = [code for code, label in field.choices.items() if label.lower() == text.lower()]
    if len(codes) == 1:
        return codes[0], _labelled(field)
    return text, (
        "redcap-choice-unknown",
        "error",
        f"'{field.name}' holds a code that its choices do not have",
        did_you_mean(text, field.choices),
    )


def _dated(field: Field, text: str) -> tuple[str, tuple[str, str, str, str] | None]:
    """Exports have the year first whatever the validation; a file saved anew has its order."""
    match = _DATE.fullmatch(text)
    order = _ORDERS.get(field.validation.rpartition("_")[2], (0, 1, 2))
    if match:
        parts = match.groups()
        year, month, day = (
            parts[:3] if len(parts[0]) == 4 else (parts[order[0]], parts[order[1]], parts[order[2]])
        )
        if len(year) == 4 and _is_day(int(year), int(month), int(day)):
            whole = f"{year}-{int(month):02d}-{int(day):02d}"
            return whole + _time(*parts[3:]), _outside(field, whole)
    return text, (
        "redcap-date-not-read",
        "error",
        f"'{field.name}' holds no date that exists, read as '{field.validation}'",
        "Correct it in REDCap, or export anew as raw data.",
    )


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _time(hour: str | None, minute: str | None, second: str | None) -> str:
    if hour is None or (int(hour), int(minute or 0), int(second or 0)) == (0, 0, 0):
        return ""
    return f"T{int(hour):02d}:{minute}:{second or '00'}"


def _measured(field: Field, text: str) -> tuple[str, tuple[str, str, str, str] | None]:
    comma = "comma_decimal" in field.validation
    pointed = text.replace(",", ".") if comma else text
    kind = next((k for k in ("integer", "number", "time") if field.validation.startswith(k)), "")
    pattern = _PATTERNS.get(field.validation) or _PATTERNS[kind]
    if re.fullmatch(pattern, pointed):
        return pointed, _outside(field, pointed)
    return text, (
        "redcap-value-not-validated",
        "error",
        f"'{field.name}' holds a text that its validation '{field.validation}' does not allow",
        "Correct it in REDCap.",
    )


def _outside(field: Field, text: str) -> tuple[str, str, str, str] | None:
    """Whether a value lies outside the bounds of its field; REDCap itself only warns of it."""
    low, high = _bound(field.least, text), _bound(field.most, text)
    own = _bound(text, text)
    if own is None or not ((low is not None and own < low) or (high is not None and own > high)):
        return None
    return (
        "redcap-value-out-of-bounds",
        "warning",
        f"'{field.name}' lies outside the bounds that the dictionary gives it",
        "Compare it with the record.",
    )


def _bound(text: str, like: str) -> tuple[float, str] | None:
    """A number, or a date as its text, to be compared with a value of the same kind."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", like):
        return (0.0, text[:10]) if re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", text) else None
    number = text.replace(",", ".")
    return (float(number), "") if re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", number) else None


def _complaints(
    export: Export, table: RawTable, frame: pl.DataFrame, name: str, told: _Told
) -> list[Finding]:
    bad = {text: problem for text, (_, problem) in told.items() if problem}
    labels = {text for text, problem in bad.items() if problem[0] == "redcap-labels-for-codes"}
    column = str(table.header.index(name))
    rows = frame.filter(pl.col(column).is_in(sorted(bad))).select(ROW, "0", column)
    findings = []
    if labels:
        cells = rows.filter(pl.col(column).is_in(sorted(labels))).height
        code, _, message, remedy = bad[min(labels)]
        message = f"{message} ({counted(cells, 'cell')})"
        findings.append(export.finding(code, "error", message, remedy, column=name))
    for row, patient, text in rows.iter_rows():
        if text not in labels:
            code, severity, message, remedy = bad[text]
            findings.append(
                export.finding(
                    code,
                    "warning" if severity == "warning" else "error",
                    message,
                    remedy,
                    row=row,
                    column=name,
                    patient=patient or "",
                    value=text,
                )
            )
    return findings


def _rewritten(frame: pl.DataFrame, column: str, texts: Mapping[str, str]) -> pl.DataFrame:
    if not texts:
        return frame
    return frame.with_columns(pl.col(column).replace(dict(texts)))


def hidden_but_filled(export: Export, tables: list[RawTable]) -> list[Finding]:
    """Fields that are filled although the branching logic would not show them.

    A field is looked up in the row itself, then in the record's row of the same event, then,
    where the project has no events, in the record's own row.
    """
    known = _Known(export, tables)
    findings = []
    for table in tables:
        for field in export.dictionary.of_form(table.name):
            if field.condition is None or field.type in ("calc", "descriptive"):
                continue
            findings += [
                export.finding(
                    "redcap-hidden-but-filled",
                    "warning",
                    f"'{field.name}' is filled, and its branching logic would hide it",
                    "Look which of the two is right: this field, or one that its logic asks for.",
                    row=row,
                    column=field.name,
                    patient=patient,
                )
                for row, patient in known.hidden(table, field, field.condition)
            ]
    return findings


class _Known:
    """All values of an export by record, event and field."""

    def __init__(self, export: Export, tables: list[RawTable]) -> None:
        self.dictionary: Dictionary = export.dictionary
        self.columns = {t.name: {n: i for i, n in enumerate(t.header)} for t in tables}
        self.values: dict[tuple[str, str, str], str] = {}
        for table in tables:
            places = self.columns[table.name]
            event = places.get(EVENT)
            for _, cells in table.rows:
                key = (cells[0], cells[event] if event is not None else "")
                for name, place in places.items():
                    if cells[place]:
                        self.values.setdefault((*key, name), cells[place])

    def hidden(self, table: RawTable, field: Field, condition: Node) -> list[tuple[int, str]]:
        places = self.columns[table.name]
        own = [places[name] for name in field.columns if name in places]
        blank = {"", "0"} if field.type == "checkbox" else {""}
        event = places.get(EVENT)
        found = []
        for row, cells in table.rows:
            if all(cells[place] in blank for place in own):
                continue
            here = cells[event] if event is not None else ""

            def lookup(
                of: str, name: str, code: str, cells: tuple[str, ...] = cells, here: str = here
            ) -> str:
                column = checkbox_column(name, code) if code else name
                if column in places and of in ("", here):
                    return cells[places[column]]
                return self.values.get((cells[0], of or here, column), "")

            if not holds(condition, lookup):
                found.append((row, cells[0]))
        return found
