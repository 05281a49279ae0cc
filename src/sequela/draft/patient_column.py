"""Which column numbers the patients: one that is called so, one that can, or one that must not.

A date, a name, a measurement or free text is never a patient's number, whatever its cells. A
record number tells who somebody is, so study numbers are made from it and it stays outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sequela.draft.knowledge import identifier_names, patient_names, record_names
from sequela.draft.measured import measured_by_name
from sequela.draft.names import match_name
from sequela.draft.sheet_column import SheetColumn

How = Literal["named", "unique", "record", "rows"]
_NUMBERED = re.compile(r"^[A-Za-z]{0,6}[ _./#-]?\d{1,8}([_./-]\d{1,6})?[A-Za-z]?$")
_PERSON = re.compile(r"^[^\W\d]{2,}(['’-][^\W\d]+)*([ ,.]+[^\W\d]+['’.-]?)+$")


@dataclass(frozen=True, slots=True)
class PatientColumn:
    """The column that numbers the patients, how it was found, and the reason.

    `record` numbers patients as a hospital does: study numbers are made from it. With `rows`
    there is no column, and a patient is known by the row alone.
    """

    column: SheetColumn | None
    how: How
    reason: str = ""


def find_patient(columns: Sequence[SheetColumn], rows: int) -> PatientColumn:
    """The column of the patients' numbers in a sheet with so many rows."""
    by_name = {c.name.plain: c for c in reversed(columns)}
    called = [by_name[n] for n in patient_names() if n in by_name and not _person(by_name[n])]
    if called:
        named = next((c for c in called if c.look.filled), called[0])
        return PatientColumn(named, "named", f"it is called '{named.name.text}'")
    for column in columns:
        if _can_number(column, rows):
            return PatientColumn(column, "unique", "each row has a number of its own")
    if record := _record(columns, rows):
        why = f"'{record.name.text}' tells who somebody is, so study numbers are made from it"
        return PatientColumn(record, "record", why)
    return PatientColumn(None, "rows", "no column numbers the patients")


def _can_number(column: SheetColumn, rows: int) -> bool:
    """Whether a column with another name can number the patients: short marks, each once."""
    look = column.look
    if not rows or look.kind == "date" or not len(look.words) == look.filled == rows:
        return False
    known = identifies(column) or match_name(column.name) or measured_by_name(column.name)
    return not known and all(_NUMBERED.match(w) for w in look.words)


def _record(columns: Iterable[SheetColumn], rows: int) -> SheetColumn | None:
    """The best identifying column that knows patients apart: a record number, then a name."""
    filled = [c for c in columns if c.look.filled and identifies(c) and c.look.kind != "date"]
    numbers = [c for c in filled if c.name.plain in record_names()]
    names = [c for c in filled if len(c.look.words) == c.look.filled == rows]
    return next(iter([*numbers, *names]), None)


def _person(column: SheetColumn) -> bool:
    """Whether a column that is called after the patient holds names of persons."""
    look = column.look
    people = [w for w in look.words if _PERSON.match(w)]
    return look.kind == "date" or 2 * len(people) > len(look.words)


def identifies(column: SheetColumn) -> str:
    """Why a column identifies a person; blank when it does not seem to."""
    if column.notes.identifier:
        return "the source itself marks it as identifying a person"
    if column.name.plain in identifier_names():
        return f"a column called '{column.name.text}' identifies a person"
    if column.name.plain in patient_names() and _person(column):
        return "its cells look like names of persons"
    return column.look.identifies
