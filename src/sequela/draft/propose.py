"""What each column of a sheet probably is: a chart column, with a confidence and a reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sequela.chart import schema
from sequela.chart.origins import column_letter
from sequela.chart.units import find_measure
from sequela.chart.values import read_value
from sequela.draft.knowledge import identifier_names, patient_names, plain
from sequela.draft.look import ColumnLook, look_at
from sequela.draft.names import Match, Name, match_name, take_apart
from sequela.sources.raw_table import ROW, ColumnNotes, RawTable

# What a kind of cells can be taken for, beside itself.
_ALSO = {
    "code": ("text",),
    "number": ("time",),
    "yes_no": ("code",),
    "time": ("number",),
    "text": ("code",),
}
_SURE_ENOUGH = 0.6
# Columns that a REDCap export adds to its forms.
_BOOKKEEPING = re.compile(r"^redcap_\w+$|^\w+_complete$")


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet, looked at: its place, its name taken apart, what stands in it.

    `notes` are what the source itself says of it, such as the labels of a REDCap project.
    """

    place: int
    letter: str
    name: Name
    look: ColumnLook
    notes: ColumnNotes = field(default_factory=ColumnNotes)


@dataclass(frozen=True)
class Proposal:
    """What a column is proposed to be, or why nothing is proposed.

    `fate` is `patient`, `placed`, `identifier`, `bookkeeping`, `unplaced` or `empty`. `cell` is the
    rule of the mapping. `questions` are what the user must answer.
    """

    column: SheetColumn
    fate: str
    table: str = ""
    row: str = ""
    target: str = ""
    cell: dict[str, Any] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    role: str = ""
    confidence: float = 0.0
    reason: str = ""
    questions: tuple[str, ...] = ()
    position: int | None = None


def look_at_sheet(raw: RawTable) -> list[SheetColumn]:
    """Every column of a sheet that has a name or a filled cell."""
    found = []
    for place, header in enumerate(raw.header):
        cells = raw.frame.select(ROW, str(place)).drop_nulls().rows()
        if header or cells:
            letter = column_letter(place + raw.first_column)
            name = take_apart(header or f"[{letter}]")
            notes = raw.notes.get(header, ColumnNotes())
            look = _by_choices(look_at(cells, missing=notes.missing), notes)
            found.append(SheetColumn(place, letter, name, look, notes))
    return found


def _by_choices(look: ColumnLook, notes: ColumnNotes) -> ColumnLook:
    """Numbers for which the source has a list of choices are codes, or yes and no."""
    if not notes.choices or look.kind == "empty":
        return look
    answers = {text.lower() for text in notes.choices.values()}
    return replace(look, kind="yes_no" if answers <= {"yes", "no"} else "code")


def propose(columns: Sequence[SheetColumn], rows: int) -> list[Proposal]:
    """A proposal a column, in their order; `rows` is how many rows the sheet has."""
    patient = _patient_column(columns, rows)
    candidates = {c.place: _candidates(c) for c in columns if c is not patient}
    # Of two equally good answers the one wins that has more columns of the sheet beside it.
    beside = Counter((m[0].concept.table, m[0].concept.row) for m in candidates.values() if m)
    proposals = []
    for column in columns:
        matches = sorted(
            candidates.get(column.place, ()),
            key=lambda m: (-m.confidence, -beside[m.concept.table, m.concept.row]),
        )
        proposals.append(_proposal(column, matches, is_patient=column is patient))
    return _settled(proposals)


def _candidates(column: SheetColumn) -> list[Match]:
    """What a column may be, among all that is known, the surest first."""
    by_name = [m for m in match_name(column.name) if _fits(column, m)]
    sure = [m for m in by_name if m.confidence >= _SURE_ENOUGH]
    if sure or not column.notes.label:
        return sure
    labelled = [m for m in match_name(take_apart(column.notes.label)) if _fits(column, m)]
    said = f"its label is '{column.notes.label}'"
    return [replace(m, reason=said) for m in labelled if m.confidence >= _SURE_ENOUGH]


def _patient_column(columns: Sequence[SheetColumn], rows: int) -> SheetColumn | None:
    """The column of the patients' numbers: by its name; the identifying record number is last."""
    by_name = {c.name.plain: c for c in reversed(columns)}
    called = [by_name[name] for name in patient_names() if name in by_name]
    if called:
        return next((c for c in called if c.look.filled), called[0])
    unique = [c for c in columns if rows and len(c.look.words) == c.look.filled == rows]
    harmless = [c for c in unique if not _identifier(c)]
    return next(iter([*harmless, *unique]), None)


def _identifier(column: SheetColumn) -> str:
    """Why a column identifies a person; blank when it does not seem to."""
    if column.notes.identifier:
        return "the source itself marks it as identifying a person"
    if column.name.plain in identifier_names():
        return f"a column called '{column.name.text}' identifies a person"
    return column.look.identifies


def _proposal(column: SheetColumn, matches: Sequence[Match], *, is_patient: bool) -> Proposal:
    if is_patient:
        asked = column.name.plain in patient_names()
        why = f"it is called '{column.name.text}'" if asked else "each row has a value of its own"
        questions: tuple[str, ...] = ()
        if reason := _identifier(column):
            questions = (f"{reason}; give the patients study numbers instead",)
        return Proposal(
            column,
            "patient",
            confidence=0.95 if asked else 0.6,
            reason=why,
            questions=questions,
        )
    if reason := _identifier(column):
        return Proposal(column, "identifier", confidence=0.95, reason=reason)
    if _BOOKKEEPING.match(column.name.text):
        return Proposal(column, "bookkeeping", reason="the export's own, not of the chart")
    if column.look.kind == "empty":
        return Proposal(column, "empty", reason="no cell of it is filled")
    if matches:
        return _placed(column, matches[0])
    return _measured(column) or _unplaced(column)


def _fits(column: SheetColumn, match: Match) -> bool:
    kind = column.look.kind
    kinds = match.concept.kinds
    few = len(column.look.words) <= 12
    codes = kind == "number" and few and match.concept.column in ("vital_status", "sex")
    return codes or any(k in kinds for k in (kind, *_ALSO.get(kind, ())))


def _unplaced(column: SheetColumn) -> Proposal:
    near = match_name(column.name)
    why = "no known name is like it"
    if near:
        concept = near[0].concept
        why = (
            f"its name is like '{concept.column}' of '{concept.table}', and its cells are "
            f"{_KINDS[column.look.kind]}"
        )
    return Proposal(column, "unplaced", reason=why)


_KINDS = {
    "date": "dates",
    "time": "times",
    "number": "numbers",
    "yes_no": "yes and no",
    "code": "words",
    "text": "text",
    "empty": "empty",
}


def _placed(column: SheetColumn, match: Match) -> Proposal:
    concept = match.concept
    row = concept.row.replace("{drug}", match.drug)
    constants = {k: v.replace("{drug}", match.drug) for k, v in concept.constants.items()}
    made = Proposal(
        column,
        "placed",
        table=concept.table,
        row=row,
        target=concept.column,
        cell={"from": column.name.text},
        constants=constants,
        role=concept.role,
        confidence=match.confidence,
        reason=match.reason,
        position=concept.position,
    )
    if concept.role == "holds":
        return made
    kind = schema.table(concept.table).column(concept.column).kind
    if kind == "moment" and column.look.kind == "date":
        return _dated(made)
    if kind in ("moment", "length"):
        return _timed(made, before=concept.before)
    several = not schema.table(concept.table).one_row_a_patient and concept.column != "note"
    if column.look.split and kind == "text" and several:
        return _several(made)
    return made


def _dated(made: Proposal) -> Proposal:
    """The form of a column's dates, where its cells prove it; else a question."""
    order = made.column.look.order
    if order is None:
        return made
    forms = order.forms()
    questions = []
    cell = dict(made.cell)
    if forms:
        cell["dates"] = list(forms) if len(forms) > 1 else forms[0]
    else:
        asked = " or ".join(order.forms(first)[0] for first in ("day", "month"))
        questions.append(f"{order.sentence}: say dates = {asked}")
    if order.short:
        questions.append(
            "years have two digits: say of which hundred years, as in first_year = 1950"
        )
    reason = f"{made.reason}; {order.sentence}" if forms else made.reason
    return replace(made, cell=cell, questions=tuple(questions), reason=reason)


def _timed(made: Proposal, *, before: bool) -> Proposal:
    look, name = made.column.look, made.column.name
    bare = [t for t in look.words if read_value(t) is not None]
    cell = dict(made.cell)
    questions = []
    reason = made.reason
    if name.time:
        cell["time"] = name.time
        reason += f"; its name says {name.time}"
    elif bare:
        questions.append("its numbers have no unit: say time = days, weeks, months or years")
    else:
        cell["time"] = "months"
        reason += "; every cell names its unit"
    if before:
        cell["before"] = True
    return replace(made, cell=cell, reason=reason, questions=tuple(questions))


def _several(made: Proposal) -> Proposal:
    sign = made.column.look.split
    return replace(
        made,
        cell=made.cell | {"split": sign},
        reason=f"{made.reason}; cells hold several values with {sign} between them",
    )


def _measured(column: SheetColumn) -> Proposal | None:
    """A column that is called like something that is measured, as numbers."""
    base = column.name
    measure = find_measure(base.plain) or find_measure(base.text.split("(")[0])
    if measure is None or column.look.kind != "number":
        return None
    cell: dict[str, Any] = {"from": base.text}
    constants = {"name": base.text.split("(")[0].strip()}
    questions = []
    reason = f"'{constants['name']}' is something that is measured"
    if base.unit and measure.unit(base.unit):
        cell["unit"] = base.unit
        constants["unit"] = base.unit
        reason += f"; its name gives the unit {base.unit}"
    else:
        values = [v for t in column.look.words if (v := read_value(t))]
        could = " or ".join(u.name for u in measure.possible_units(values)) or "no unit known here"
        questions.append(f"no unit is stated; all its numbers could be true in {could}")
    return Proposal(
        column,
        "placed",
        table="measurements",
        row=constants["name"],
        target="value",
        cell=cell,
        constants=constants,
        confidence=0.8,
        reason=reason,
        questions=tuple(questions),
    )


def _settled(proposals: list[Proposal]) -> list[Proposal]:
    """One column a chart column: the surest keeps it, unless columns are a numbered series."""
    kept: dict[tuple[str, str, str], list[Proposal]] = {}
    for one in sorted(proposals, key=lambda p: -p.confidence):
        if one.fate == "placed":
            kept.setdefault((one.table, one.row, one.target), []).append(one)
    losers: dict[int, Proposal] = {}
    for rivals in kept.values():
        if len(rivals) > 1 and not is_series(rivals):
            for other in rivals[1:]:
                said = f"'{rivals[0].column.name.text}' is nearer to '{other.target}'"
                losers[other.column.place] = Proposal(other.column, "unplaced", reason=said)
    return [losers.get(p.column.place, p) for p in proposals]


def is_series(proposals: Sequence[Proposal]) -> bool:
    """Whether columns differ by a number in their names alone."""
    numbers = [p.column.name.number for p in proposals]
    stems = {_stem(p.column.name) for p in proposals}
    return all(numbers) and len(set(numbers)) == len(numbers) and len(stems) == 1


def _stem(name: Name) -> str:
    return plain(name.text.replace(name.number, "{n}", 1)) if name.number else name.plain
