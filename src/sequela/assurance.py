"""Assurance cases: invented patients of whom the study's author says what must be derived.

`assurance.toml` in the study's folder holds them. Each case is a small chart of one patient and
what the study's definitions must make of it. Cases go the way that real patients go: the same
reading, the same rules, the same derivations. A case that no patient can be (one that breaks a
rule with an error) is rejected. A number agrees when it is the expected one, rounded to the
decimals that were written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sequela.chart import schema
from sequela.chart.chart import Chart, chart_of
from sequela.chart.rules.check import check_chart
from sequela.clinical.definition import ConditionError
from sequela.clinical.derive import Clinical, derive_clinical
from sequela.definition_file import DefinitionFile, model_findings, read_definition_file
from sequela.findings import Finding, did_you_mean
from sequela.sources.raw_table import RawTable, empty_table, raw_table
from sequela.study import Study

FILE = "assurance.toml"

Cell = str | bool | int | float | date


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Absence(_Strict):
    """That a value is unknown, and why."""

    why: str


class Bounds(_Strict):
    """That a number is known between two ends only."""

    low: float
    high: float


class Case(_Strict):
    """One invented patient: rows of chart tables, and what must be derived of them."""

    name: str = Field(description="what the case is about, unique in the file")
    chart: Mapping[str, tuple[Mapping[str, Cell], ...]] = Field(
        description="rows by chart table; the patient's number is filled in"
    )
    expect: Mapping[str, bool | int | float | str | Absence | Bounds] = Field(
        {}, description="values by column of subjects"
    )
    member_of: tuple[str, ...] = Field((), description="sets that the patient must be in")
    not_member_of: tuple[str, ...] = Field((), description="sets that the patient must not be in")
    eligible: bool | None = Field(None, description="whether every criterion must hold")


class Assurance(_Strict):
    """All cases of a study."""

    case: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """The cases with the file that they stand in, for findings with places."""

    file: DefinitionFile
    cases: Mapping[str, Case]

    def finding(self, patient: str, code: str, message: str, remedy: str, key: str = "") -> Finding:
        case = self.cases[patient]
        number = list(self.cases).index(patient) + 1
        path = ["case", str(number), *([key] if key else [])]
        return Finding(
            code=code,
            severity="error",
            file=self.file.name,
            row=self.file.line_of(path),
            column=".".join(["case", case.name, *([key] if key else [])]),
            message=message,
            remedy=remedy,
        )


def check_assurance(folder: Path, study: Study, chart: Chart) -> tuple[int, list[Finding]]:
    """How many cases the study has, and a finding for each that is impossible or fails.

    The study's own `chart` says which tables it keeps, since a table that is kept and has no row
    for a patient means something else than one that is not kept. Zero without `assurance.toml`.
    """
    path = folder / FILE
    if not path.exists():
        return 0, []
    file, findings = read_definition_file(path, subject="assurance")
    if file is None:
        return 0, findings
    try:
        given = Assurance.model_validate(file.data)
    except ValidationError as error:
        return 0, model_findings(error, Assurance, file)
    cases = {f"case {n}": case for n, case in enumerate(given.case, start=1)}
    told = _Told(file, cases)
    if unknown := [*_twice(told), *_unknown_tables(told)]:
        return len(cases), unknown
    return len(cases), _judge(told, study, chart)


def _twice(told: _Told) -> Iterable[Finding]:
    names = [case.name for case in told.cases.values()]
    for place, (patient, case) in enumerate(told.cases.items()):
        if case.name in names[:place]:
            message = f"there are two cases named '{case.name}'"
            yield told.finding(patient, "assurance-twice", message, "Name one of them anew.")


def _unknown_tables(told: _Told) -> Iterable[Finding]:
    for patient, case in told.cases.items():
        for table in case.chart:
            if table not in schema.TABLE_NAMES:
                message = f"'{table}' is no table of the chart"
                remedy = did_you_mean(table, schema.TABLE_NAMES)
                yield told.finding(patient, "assurance-unknown-name", message, remedy, table)


def _judge(told: _Told, study: Study, own: Chart) -> list[Finding]:
    """Reject what cannot be, derive the rest together, and hold it against what is expected."""
    chart, problems = _chart(told, study, own)
    about = study.study
    problems += check_chart(chart, sites=about.sites, data_cut=about.data_cut)
    impossible = [p for p in problems if p.severity == "error"]
    findings = [_rejected(told, p) for p in impossible]
    rejected = {p.patient_id for p in impossible}
    if "" in rejected or rejected >= set(told.cases):
        return findings
    kept = ~pl.col("patient_id").is_in(list(rejected))
    tables = {name: frame.filter(kept) for name, frame in chart.tables.items()}
    possible = Chart(tables, chart.files, own.folder)
    clinical, _ = derive_clinical(possible, study.definitions, file=FILE)
    for patient in told.cases:
        if patient not in rejected:
            findings += _held(told, patient, study, clinical)
    return findings


def _chart(told: _Told, study: Study, own: Chart) -> tuple[Chart, list[Finding]]:
    """The chart of all cases, each under a number of its own."""
    rows: dict[str, list[Mapping[str, Cell]]] = {}
    sites = study.study.sites or ("somewhere",)
    for patient, case in told.cases.items():
        given = {"patients": ({},), **case.chart}
        for table, lines in given.items():
            filled = {"patient_id": patient} | ({"site": sites[0]} if table == "patients" else {})
            rows.setdefault(table, []).extend({**filled, **line} for line in lines)
    kept = [name for name in schema.TABLE_NAMES if own.has(name) or name in rows]
    return chart_of({name: _raw(rows.get(name, [])) for name in kept}, own.folder)


def _raw(rows: Sequence[Mapping[str, Cell]]) -> RawTable:
    if not rows:
        return empty_table(FILE)
    header = tuple(dict.fromkeys(["patient_id", *(key for row in rows for key in row)]))
    lines = [
        (number, [_text(row.get(key)) for key in header]) for number, row in enumerate(rows, 1)
    ]
    return raw_table(FILE, header, lines)


def _text(cell: Cell | None) -> str:
    """What a person would have typed into the chart."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _rejected(told: _Told, problem: Finding) -> Finding:
    if problem.patient_id not in told.cases:
        return Finding(
            code="assurance-impossible",
            severity="error",
            file=told.file.name,
            column=problem.column,
            message=f"a case cannot be: {problem.message}",
            remedy=problem.remedy,
        )
    name = told.cases[problem.patient_id].name
    message = f"case '{name}' cannot be: {problem.message} ({problem.column})"
    return told.finding(problem.patient_id, "assurance-impossible", message, problem.remedy)


def _held(told: _Told, patient: str, study: Study, clinical: Clinical) -> list[Finding]:
    """What of one case is not as expected."""
    case = told.cases[patient]
    subjects = clinical.subjects
    row = subjects.frame.filter(pl.col("patient_id") == patient).row(0, named=True)
    findings = []
    for column, expected in case.expect.items():
        if column not in subjects.columns:
            message = f"the study has no column '{column}'"
            remedy = did_you_mean(column, subjects.columns)
            findings.append(
                told.finding(patient, "assurance-unknown-name", message, remedy, column)
            )
        elif not _agrees(row, column, expected):
            got, wanted = _in_words(row, column), _expected_in_words(expected)
            message = f"case '{case.name}' expects {column} to be {wanted}, and it is {got}"
            findings.append(told.finding(patient, "assurance-failed", message, _REMEDY, column))
    return findings + list(_memberships(told, patient, study, clinical))


_REMEDY = "Correct the definition in study.toml, or what the case expects."


def _memberships(told: _Told, patient: str, study: Study, clinical: Clinical) -> Iterable[Finding]:
    """Sets and eligibility that are not as expected."""
    case, subjects = told.cases[patient], clinical.subjects
    place = subjects.frame["patient_id"].to_list().index(patient)
    asked = [(name, True) for name in case.member_of]
    for name, inside in asked + [(name, False) for name in case.not_member_of]:
        if name not in subjects.sets:
            message, remedy = f"the study has no set '{name}'", did_you_mean(name, subjects.sets)
            yield told.finding(patient, "assurance-unknown-name", message, remedy, name)
        elif bool(subjects.members(name)[place]) is not inside:
            said = f"to be in the set {name}, and the patient is not"
            if not inside:
                said = f"not to be in the set {name}, and the patient is"
            message = f"case '{case.name}' expects {said}"
            yield told.finding(patient, "assurance-failed", message, _REMEDY, name)
    if case.eligible is not None:
        try:
            holds = [subjects.condition(c.where)[place] is True for c in study.eligibility]
        except ConditionError:
            return  # the study file's own finding says so
        if all(holds) is not case.eligible:
            wanted = "eligible" if case.eligible else "not eligible"
            got = "not" if case.eligible else "the patient is"
            message = f"case '{case.name}' expects to be {wanted}, and {got}"
            yield told.finding(patient, "assurance-failed", message, _REMEDY, "eligible")


def _agrees(row: Mapping[str, Any], column: str, expected: object) -> bool:
    got = row[column]
    if isinstance(expected, Absence):
        return got is None and row.get(f"{column}__why") == expected.why
    if isinstance(expected, Bounds):
        ends = (row.get(f"{column}__low"), row.get(f"{column}__high"))
        return all(
            _same_number(end, wanted)
            for end, wanted in zip(ends, (expected.low, expected.high), strict=True)
        )
    if isinstance(expected, bool) or isinstance(got, (bool, str)):
        return bool(got == expected and isinstance(got, bool) == isinstance(expected, bool))
    return _same_number(got, expected)


def _same_number(got: object, expected: object) -> bool:
    """Whether a number is the expected one, to the decimals that were written."""
    if not isinstance(got, (int, float)) or not isinstance(expected, (int, float)):
        return False
    if got == expected:
        return True
    decimals = len(repr(expected).partition(".")[2]) if isinstance(expected, float) else 0
    step: float = 10.0**-decimals
    return abs(got - expected) <= step / 2 * (1 + 1e-9)


def _in_words(row: Mapping[str, Any], column: str) -> str:
    value = row[column]
    if value is not None:
        return _expected_in_words(value)
    low, high = row.get(f"{column}__low"), row.get(f"{column}__high")
    if low is not None:
        return f"between {low:.10g} and {high:.10g}"
    return f"unknown ({row.get(f'{column}__why')})"


def _expected_in_words(value: object) -> str:
    if isinstance(value, Absence):
        return f"unknown ({value.why})"
    if isinstance(value, Bounds):
        return f"between {value.low:.10g} and {value.high:.10g}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}'" if isinstance(value, str) else f"{value:.10g}"
