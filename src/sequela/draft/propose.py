"""What each column of a sheet probably is: a chart column, with a confidence and a reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sequela.chart import schema
from sequela.chart.origins import column_letter
from sequela.chart.values import read_value
from sequela.draft.knowledge import Concept, concepts, plain
from sequela.draft.look import ColumnLook, look_at
from sequela.draft.measured import measured_by_name, possible_units, unit_of
from sequela.draft.names import Match, Name, match_name, take_apart
from sequela.draft.patient_column import PatientColumn, find_patient, identifies
from sequela.draft.senses import SENSES, sense_of, share_of
from sequela.draft.sheet_column import SheetColumn
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
_WELL_KNOWN = 0.88
# Columns that a REDCap export adds to its forms.
_BOOKKEEPING = re.compile(
    r"^redcap_\w+$|^\w+_complete$|^Complete\?$|^Survey (Identifier|Timestamp)$"
)


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
    visit: str = ""
    list: str = ""


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
    patient = find_patient(columns, rows)
    candidates = {c.place: _candidates(c) for c in columns if c is not patient.column}
    # Of two equally good answers the one wins that has more columns of the sheet beside it.
    beside = Counter((m[0].concept.table, m[0].concept.row) for m in candidates.values() if m)
    proposals = []
    for column in columns:
        matches = sorted(
            candidates.get(column.place, ()),
            key=lambda m: (-m.confidence, -beside[m.concept.table, m.concept.row]),
        )
        if column is patient.column:
            proposals.append(_patient(patient))
        else:
            proposals.append(_proposal(column, matches))
    return _ordered_alike(_settled(proposals))


def _ordered_alike(proposals: list[Proposal]) -> list[Proposal]:
    """Dates in an open order are drafted as the sheet's other columns prove it, with a question."""
    proven = [p for p in proposals if p.cell.get("dates") and p.column.look.order]
    orders = {p.column.look.order.order for p in proven if p.column.look.order}
    if len(orders) != 1:
        return proposals
    (order,) = orders
    return [_as_the_others(p, order, len(proven)) for p in proposals]


def _as_the_others(one: Proposal, order: str, others: int) -> Proposal:
    own = one.column.look.order
    if own is None or own.order or one.fate != "placed" or "dates" in one.cell:
        return one
    if not one.questions or not one.questions[0].startswith(own.sentence):
        return one
    forms = own.forms(order)
    beside = "the other column of dates has" if others == 1 else f"{others} other columns have"
    asked = (
        f"no cell of '{one.column.name.text}' shows whether the day or the month comes first; "
        f"{beside} the {order} first, so it is taken here too: is that right?"
    )
    return replace(
        one,
        cell=one.cell | {"dates": list(forms) if len(forms) > 1 else forms[0]},
        questions=(asked, *one.questions[1:]),
    )


def _candidates(column: SheetColumn) -> list[Match]:
    """What a column may be, among all that is known, the surest first."""
    by_name = [m for m in match_name(column.name) if _fits(column, m)]
    sure = [m for m in by_name if m.confidence >= _SURE_ENOUGH]
    if sure or not column.notes.label:
        return sure
    labelled = [m for m in match_name(take_apart(column.notes.label)) if _fits(column, m)]
    said = f"its label is '{column.notes.label}'"
    return [replace(m, reason=said) for m in labelled if m.confidence >= _SURE_ENOUGH]


def _patient(patient: PatientColumn) -> Proposal:
    assert patient.column is not None
    sure = 0.95 if patient.how == "named" else 0.7
    return Proposal(
        patient.column, "patient", role=patient.how, confidence=sure, reason=patient.reason
    )


def _proposal(column: SheetColumn, matches: Sequence[Match]) -> Proposal:
    if reason := identifies(column):
        return Proposal(column, "identifier", confidence=0.95, reason=reason)
    if _BOOKKEEPING.match(column.name.text) and not matches:
        return Proposal(column, "bookkeeping", reason="the export's own, not of the chart")
    if column.look.kind == "empty":
        return Proposal(column, "empty", reason="no cell of it is filled")
    if matches and matches[0].confidence >= _WELL_KNOWN:
        return _placed(column, matches[0])
    if by_number := _measured(column):
        return by_number
    if matches:
        return _placed(column, matches[0])
    return _by_words(column) or _unplaced(column)


def _by_words(column: SheetColumn) -> Proposal | None:
    """A column whose words tell what it is, though its name does not."""
    sense = sense_of(column.look)
    concept = next((c for c in concepts() if _senses(c) == sense), None) if sense else None
    if concept is None:
        return None
    return _placed(column, Match(concept, 0.7, f"its cells are {SENSES[sense]}"))


def _senses(concept: Concept) -> str:
    """What the words of a concept's cells speak of, where they speak of one thing alone."""
    if concept.column == "value":
        return concept.list
    return concept.column if concept.column in SENSES else ""


def _fits(column: SheetColumn, match: Match) -> bool:
    """Whether the cells of a column can be what its name says; the cells decide."""
    kind = column.look.kind
    kinds = match.concept.kinds
    few = len(column.look.words) <= 12
    codes = kind == "number" and few and match.concept.column in ("vital_status", "sex")
    if kind == "number" and "number" not in kinds and "time" in kinds and not codes:
        # A bare number is a time only where the name is known for that, or says its unit.
        return bool(column.name.time) or match.confidence >= _WELL_KNOWN
    if not codes and not any(k in kinds for k in (kind, *_ALSO.get(kind, ()))):
        return False
    return _words_allow(column, match.concept)


def _words_allow(column: SheetColumn, concept: Concept) -> bool:
    """Dead and alive are a vital status whatever the name; other words seldom are."""
    sense = sense_of(column.look)
    own = _senses(concept)
    if sense in ("vital_status", "sex"):
        return own == sense or concept.column == "note"
    if own == "vital_status" and column.look.kind in ("code", "text"):
        return share_of(column.look.words, own) >= 0.5 or bool(column.notes.choices)
    return True


def _unplaced(column: SheetColumn) -> Proposal:
    near = match_name(column.name)
    why = "no chart column that is known here has such a name"
    if near:
        concept = near[0].concept
        why = (
            f"its name is like '{concept.column}' of '{concept.table}', but its cells are "
            f"{_KINDS[column.look.kind]}"
        )
    elif column.look.kind == "number":
        why = "it is none of the measures that are known here; `measurements` can hold it"
    elif column.look.kind in ("code", "yes_no"):
        why = "its name is not known here; `assessments` can hold a judgement with a name"
    elif column.look.kind == "date":
        why = "nothing says what happened on these days; `events` can hold them"
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
    if match.visit and match.visit != constants.get("timepoint"):
        row, constants = f"{row} at {match.visit}", constants | {"timepoint": match.visit}
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
        visit=match.visit,
        list=concept.list,
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
    known = measured_by_name(column.name) if column.look.kind == "number" else None
    if known is None:
        return None
    cell: dict[str, Any] = {"from": column.name.text}
    constants = {"name": known.called}
    questions = []
    reason = f"'{known.called}' is something that is measured"
    unit = unit_of(column.name, known.measure)
    could = possible_units(column.look.words, known.measure)
    if unit:
        reason += f"; its name gives the unit {unit}"
    elif len(could) == 1:
        unit = could[0]
        reason += f"; its numbers can be true in {unit} alone"
    if unit:
        first = known.measure.units[0]
        cell["unit"] = unit
        if not first.is_called(unit):
            cell["to"] = first.name
        constants["unit"] = cell.get("to", first.name if unit != first.name else unit)
    else:
        said = " or ".join(could) or "no unit known here"
        questions.append(f"no unit is stated; all its numbers could be true in {said}")
    if known.tissue:
        constants["tissue"] = known.tissue
    visit = column.name.visit
    return Proposal(
        column,
        "placed",
        table="measurements",
        row=f"{known.called} at {visit}" if visit else known.called,
        target="value",
        cell=cell,
        constants=constants,
        confidence=0.85,
        reason=reason,
        questions=tuple(questions),
        visit=visit,
    )


def _settled(proposals: list[Proposal]) -> list[Proposal]:
    """One column a chart column: the surest keeps it, unless columns are a numbered series."""
    kept: dict[tuple[str, str, str], list[Proposal]] = {}
    for one in sorted(proposals, key=lambda p: -p.confidence):
        if one.fate == "placed":
            # Whether there is a row is another matter than what stands in it.
            target = one.target if one.role != "holds" else "holds"
            kept.setdefault((one.table, one.row, target), []).append(one)
    losers: dict[int, Proposal] = {}
    for rivals in kept.values():
        if len(rivals) > 1 and not is_series(rivals):
            for other in rivals[1:]:
                said = (
                    f"it could be '{other.target}' of '{other.table}', which "
                    f"'{rivals[0].column.name.text}' gives already"
                )
                losers[other.column.place] = Proposal(other.column, "unplaced", reason=said)
    return [losers.get(p.column.place, p) for p in proposals]


def is_series(proposals: Sequence[Proposal]) -> bool:
    """Whether columns differ by a number in their names alone."""
    numbers = [p.column.name.number for p in proposals]
    stems = {_stem(p.column.name) for p in proposals}
    return all(numbers) and len(set(numbers)) == len(numbers) and len(stems) == 1


def _stem(name: Name) -> str:
    return plain(name.text.replace(name.spelled, "{n}", 1)) if name.number else name.plain
