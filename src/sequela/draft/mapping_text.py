"""A drafted mapping as the text of mapping.toml, each rule under its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sequela.draft.drafted_rows import DraftMapping, DraftRows
from sequela.draft.propose import Proposal
from sequela.draft.toml_text import comment, toml_key, toml_value

_RULE = "-" * 90
_SHOWN = 6


@dataclass
class DraftSheet:
    """A sheet of the source with all that is proposed for it."""

    key: str
    file: str
    sheet: str
    about: dict[str, Any]
    proposals: Sequence[Proposal]
    mapping: DraftMapping
    main: bool = True
    link: dict[str, str] = field(default_factory=dict)
    pseudonyms: str = ""
    mixed_dates: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    decimal_comma: list[str] = field(default_factory=list)

    @property
    def patient(self) -> Proposal | None:
        """The column with the patients' numbers, if any."""
        return next((p for p in self.proposals if p.fate == "patient"), None)

    @property
    def missing(self) -> list[str]:
        """The words for unknown that stand in the sheet."""
        told = ("placed", "unplaced", "empty", "patient")
        words = (w for p in self.proposals for w in p.column.look.missing if p.fate in told)
        return list(dict.fromkeys(words))

    @property
    def by_row(self) -> bool:
        """Whether the patients are known by their rows alone: a main sheet without a number."""
        return self.main and self.patient is None and self._tells_of_patients

    @property
    def _tells_of_patients(self) -> bool:
        return sum(p.fate == "placed" for p in self.proposals) > 1


def mapping_text(sheets: Sequence[DraftSheet], *, rows_from: str = "") -> str:
    """The text of mapping.toml; with `rows_from` its rows stand in that spreadsheet instead."""
    parts = [
        "# How the sheet becomes the chart: a draft, to be read and corrected. Nothing in it is",
        "# guessed again when the study is run. A line with QUESTION waits for your answer.",
    ]
    if rows_from:
        parts += ["", f"rows_from = {toml_value(rows_from)}"]
    for sheet in sheets:
        parts += ["", *_source(sheet)]
    names = dict.fromkeys(n for sheet in sheets for n in sheet.mapping.codes)
    for name in names:
        parts += ["", *_codes(name, [s.mapping for s in sheets])]
    for sheet in () if rows_from else sheets:
        for rows in sheet.mapping.rows:
            parts += ["", *_rows(rows, sheet.key)]
    return "\n".join(parts) + "\n"


def _source(sheet: DraftSheet) -> Iterable[str]:
    yield f"[sources.{sheet.key}]"
    yield f"file = {toml_value(sheet.file)}"
    if sheet.sheet:
        yield f"sheet = {toml_value(sheet.sheet)}"
    for key, value in sheet.about.items():
        yield f"{key} = {toml_value(value)}"
    if sheet.totals:
        named = ", ".join(map(str, sheet.totals))
        said = f"row {named} looks" if len(sheet.totals) == 1 else f"rows {named} look"
        yield comment(
            f"QUESTION: {said} like totals and not like a record, so nothing is made of it: is "
            "that right?"
        )
        yield f"passed_over = {toml_value(sheet.totals)}"
    if sheet.decimal_comma:
        named = ", ".join(f"'{c}'" for c in sheet.decimal_comma)
        yield comment(f"QUESTION: is 3,5 in {named} the number 3.5? It is read so")
        yield "decimal_comma = true"
    yield from _patients(sheet)
    if sheet.missing:
        yield f"missing = {toml_value(sheet.missing)}"
    yield from _checked(sheet)
    out = [p for p in sheet.proposals if p.fate in ("identifier", "bookkeeping")]
    if out:
        yield comment("left out: what identifies a person, and what an export adds of its own")
        yield f"left_out = {toml_value([p.column.name.text for p in out])}"
    for one in _without_place(sheet):
        yield comment(f"not placed: {_why(one)}")


def _patients(sheet: DraftSheet) -> Iterable[str]:
    """By which numbers a sheet knows its patients."""
    patient = sheet.patient
    if patient is not None:
        yield comment(_why(patient))
        yield f"patient_id = {toml_value(patient.column.name.text)}"
        if sheet.link:
            yield f"link = {toml_value(sheet.link)}"
        if sheet.pseudonyms:
            yield comment("the pairs stand in this file; `sequela number` adds new patients to it")
            yield f"pseudonyms = {toml_value(sheet.pseudonyms)}"
    elif sheet.by_row:
        yield comment(
            "QUESTION: no column numbers the patients, so their rows do (R002 is row 2), and a "
            "row that is added or moved renumbers them: add a column with study numbers to the "
            "sheet and name it here"
        )
        yield 'patient_id = "[row]"'
    else:
        yield comment("QUESTION: no column has the patients' numbers: name it here")
        yield 'patient_id = ""'


def _checked(sheet: DraftSheet) -> Iterable[str]:
    """Columns in which day and month may be swapped, and where to say that they were checked."""
    if not sheet.mixed_dates:
        return
    named = ", ".join(f"'{c}'" for c in sheet.mixed_dates)
    yield comment(
        f"QUESTION: {named} hold dates that the spreadsheet program made beside dates that it left "
        "as text, so day and month of those it made may be swapped. Compare them with the "
        "record; then say who did and when, in the line dates_checked"
    )
    yield from (comment(e) for e in sheet.evidence)
    yield '# dates_checked = "compared with the record by ..., on ..."'


def _without_place(sheet: DraftSheet) -> Iterable[Proposal]:
    return (p for p in sheet.proposals if p.fate in ("unplaced", "empty"))


def _why(one: Proposal) -> str:
    name = one.column.name.text
    return f"column {one.column.letter} ({name}): {one.reason}"


def _codes(name: str, mappings: Sequence[DraftMapping]) -> Iterable[str]:
    codes = {w: c for m in mappings for w, c in m.codes.get(name, {}).items()}
    unknown = dict.fromkeys(w for m in mappings for w in m.unknown.get(name, []))
    yield f"[codes.{toml_key(name)}]"
    for word, code in codes.items():
        yield f"{toml_key(word)} = {toml_value(code)}"
    if unknown:
        told = ", ".join(f"'{w}'" for w in list(unknown)[:_SHOWN])
        more = f" and {len(unknown) - _SHOWN} more words" if len(unknown) > _SHOWN else ""
        yield comment(f"QUESTION: what does {told}{more} mean in [codes.{name}]? Give it a code")
    for word in unknown:
        yield f'# {toml_key(word)} = ""'


def _rows(rows: DraftRows, source: str) -> Iterable[str]:
    yield comment(f"{rows.table}: {rows.name} {_RULE}")[:92]
    yield "[[rows]]"
    yield f"name = {toml_value(rows.name)}"
    yield f"table = {toml_value(rows.table)}"
    yield f"source = {toml_value(source)}"
    yield from (comment(r) for r in rows.remarks)
    yield from (comment(f"QUESTION: {q}") for q in rows.questions)
    if rows.repeat:
        yield f"repeat = {toml_value(rows.repeat)}"
    if rows.holds:
        yield f"holds = {toml_value(rows.holds)}"
    if rows.needs:
        yield f"needs = {toml_value(rows.needs)}"
    if rows.where:
        yield f"where = {toml_value(rows.where)}"
    for column, cell in rows.cells.items():
        yield from (comment(r) for r in cell.remarks)
        yield from (comment(f"QUESTION: {q}") for q in cell.questions)
        yield f"columns.{column} = {toml_value(cell.rule)}"
