"""From the chart to subjects: moments, columns in the order of the study file, endpoints, sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.frames import with_types
from sequela.clinical import columns as col
from sequela.clinical.collector import paused_collector
from sequela.clinical.definition import ConditionError, Definition, TimeUnit, read_condition
from sequela.clinical.derivations import DERIVATIONS, AnyColumn, Evaluation
from sequela.clinical.derived_moments import AnyMoment, MomentAsked, find_occurrences
from sequela.clinical.eligibility import EligibilityStep
from sequela.clinical.endpoint_columns import EndpointColumns, add_endpoint
from sequela.clinical.endpoint_times import derive_endpoint
from sequela.clinical.endpoints import EndpointDefinition
from sequela.clinical.imputation import PartialDates, narrow_chart, place_endpoint
from sequela.clinical.moments import OCCURRENCE_SCHEMA, one_a_patient
from sequela.clinical.subjects import (
    DERIVATION_SCHEMA,
    ColumnInfo,
    Derived,
    PatientSet,
    Subjects,
    join_column,
)
from sequela.clinical.vocabulary import vocabulary_of
from sequela.findings import Finding


class SetDefinition(Definition):
    """A set of patients by a condition over subjects; no condition is everyone."""

    label: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Definitions:
    """All clinical definitions of a study."""

    moments: Mapping[str, AnyMoment]
    columns: Mapping[str, AnyColumn]
    endpoints: Mapping[str, EndpointDefinition]
    sets: Mapping[str, SetDefinition]
    time_unit: TimeUnit
    partial_dates: PartialDates = "middle"


@dataclass(frozen=True, slots=True)
class Clinical:
    """What the clinical room derived: subjects, moments, endpoints.

    `details` is what a column keeps beside its values: a dechallenge its courses.
    """

    subjects: Subjects
    moments: Mapping[str, pl.DataFrame]
    endpoints: Mapping[str, pl.DataFrame]
    details: Mapping[str, Any]
    endpoint_definitions: Mapping[str, EndpointDefinition]
    eligibility: tuple[EligibilityStep, ...] = ()


KNOWN_SCHEMA: dict[str, type[pl.DataType]] = {
    "patient_id": pl.String,
    "column": pl.String,
    "known_at": pl.Float64,
    "known_clock": pl.String,
}


def derive_clinical(
    chart: Chart, definitions: Definitions, *, file: str
) -> tuple[Clinical, list[Finding]]:
    """Everything that the definitions ask for, and findings for those that cannot be evaluated."""
    with paused_collector():
        return _derived(chart, definitions, file)


def _derived(chart: Chart, definitions: Definitions, file: str) -> tuple[Clinical, list[Finding]]:
    findings = _absent_tables(chart, definitions, file)
    if definitions.partial_dates == "bounded":
        chart = narrow_chart(chart)
    occurrences, moments, problems = _occurrences(chart, definitions, file)
    findings += problems
    subjects = Subjects(
        pl.DataFrame({"patient_id": chart.patients.unique().sort()}),
        {},
        {},
        pl.DataFrame(schema=DERIVATION_SCHEMA),
        pl.DataFrame(schema=KNOWN_SCHEMA),
    )
    details: dict[str, Any] = {}
    vocabulary, problems = vocabulary_of(chart)
    findings += problems
    for name, definition in definitions.columns.items():
        asked = Evaluation(name, file, chart, moments, subjects, details, vocabulary)
        try:
            evaluated = DERIVATIONS[type(definition)].evaluate(definition, asked)
            subjects = _add_column(subjects, name, definition, evaluated.derived)
            findings += evaluated.findings
            details[name] = evaluated.details
        except ConditionError as error:
            findings.append(_condition_finding(file, f"columns.{name}", error))
    endpoints, problems = _endpoints(chart, definitions, subjects, occurrences, file)
    findings += problems
    for name, endpoint in definitions.endpoints.items():
        starts = moments[endpoint.start]
        rule = definitions.partial_dates
        endpoints[name] = place_endpoint(endpoints[name], endpoint.start, starts, rule)
    for name, frame in endpoints.items():
        subjects = add_endpoint(
            subjects,
            definitions.endpoints[name],
            EndpointColumns(name, definitions.time_unit, definitions.partial_dates),
            frame,
        )
    subjects, problems = _add_sets(subjects, definitions.sets, file)
    clinical = Clinical(subjects, moments, endpoints, details, definitions.endpoints)
    # Columns that read the same rows complain of the same rows: once is enough.
    return clinical, list(dict.fromkeys(findings + problems))


def _endpoints(
    chart: Chart,
    definitions: Definitions,
    subjects: Subjects,
    occurrences: Mapping[str, pl.DataFrame],
    file: str,
) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """Every endpoint, one row a patient, and its population's condition if it is unreadable."""
    found, findings = {}, []
    charted = {n: all(_has(chart, t) for t in m.tables) for n, m in definitions.moments.items()}
    for name, endpoint in definitions.endpoints.items():
        population = None
        try:
            if endpoint.population:
                population = subjects.condition(endpoint.population)
        except ConditionError as error:
            findings.append(_condition_finding(file, f"endpoints.{name}.population", error))
        asked = (*endpoint.causes, *endpoint.censor_at)
        found[name] = derive_endpoint(
            subjects.frame["patient_id"],
            endpoint,
            occurrences,
            uncharted=[m for m in asked if not charted[m]],
            population=population,
        )
    return found, findings


def _occurrences(
    chart: Chart, definitions: Definitions, file: str
) -> tuple[dict[str, pl.DataFrame], dict[str, pl.DataFrame], list[Finding]]:
    """Every occurrence of each moment and the one a patient, in the order of the study file.

    A moment whose condition is unreadable has none; a derived one may refer to those above it.
    """
    found: dict[str, pl.DataFrame] = {}
    moments: dict[str, pl.DataFrame] = {}
    findings: list[Finding] = []
    for name, moment in definitions.moments.items():
        asked = MomentAsked(name, file, chart, moments)
        try:
            occurred = find_occurrences(moment, asked)
            found[name] = occurred.rows
            findings += occurred.findings
        except ConditionError as error:
            findings.append(_condition_finding(file, f"moments.{name}.where", error))
            found[name] = pl.DataFrame(schema=OCCURRENCE_SCHEMA)
        moments[name] = one_a_patient(found[name])
    return found, moments, findings


def _absent_tables(chart: Chart, definitions: Definitions, file: str) -> list[Finding]:
    """A warning for each definition that reads a table which the study does not have."""
    read = [
        (f"moments.{n}.table" if hasattr(m, "table") else f"moments.{n}", table)
        for n, m in definitions.moments.items()
        for table in m.tables
    ]
    for name, column in definitions.columns.items():
        read.append((f"columns.{name}.table", getattr(column, "table", "")))
        read += [
            (f"columns.{name}", table) for table in DERIVATIONS[type(column)].tables_of(column)
        ]
    return [
        Finding(
            code="table-absent",
            severity="warning",
            file=file,
            column=place,
            message=f"it reads {_files(table)}, which the study does not have",
            remedy="What rests on it stays unknown. Add the table, or leave the definition out.",
        )
        for place, table in read
        if table and not _has(chart, table)
    ]


def _has(chart: Chart, table: str) -> bool:
    """Whether the study has a table, or one of several between bars."""
    return any(chart.has(one) for one in table.split("|"))


def _files(table: str) -> str:
    return " or ".join(f"{one}.csv" for one in table.split("|"))


def _condition_finding(file: str, place: str, error: ConditionError) -> Finding:
    return Finding(
        code="condition-unreadable",
        severity="error",
        file=file,
        column=place,
        message=str(error),
        remedy="Conditions are SQL, such as \"site = 'A' AND age >= 18\"; a column may use only "
        "columns that stand above it.",
    )


def _add_column(
    subjects: Subjects, name: str, definition: col.ColumnDefinition, derived: Derived
) -> Subjects:
    applies = subjects.condition(definition.applies_to) if definition.applies_to else None
    frame = join_column(subjects.frame, name, derived, absent=definition.absent, applies=applies)
    levels = definition.levels or derived.levels
    if derived.kind == "category":
        seen = frame[name].drop_nulls().unique().sort().to_list()
        levels += tuple(str(v) for v in seen if str(v) not in levels)
    info = ColumnInfo(
        name,
        definition.label or name.replace("_", " "),
        derived.kind,
        definition.unit,
        levels if derived.kind == "category" else (),
        derived.method,
    )
    known = derived.values.select(
        "patient_id", pl.lit(name).alias("column"), "known_at", "known_clock"
    ).pipe(with_types, KNOWN_SCHEMA)
    rows = derived.rows.with_columns(pl.lit(name).alias("column")).select(list(DERIVATION_SCHEMA))
    return replace(
        subjects,
        frame=frame,
        columns={**subjects.columns, name: info},
        derivations=pl.concat([subjects.derivations, rows]),
        known_at=pl.concat([subjects.known_at, known]),
    )


def _add_sets(
    subjects: Subjects, sets: Mapping[str, SetDefinition], file: str
) -> tuple[Subjects, list[Finding]]:
    findings, kept = [], {}
    for name, definition in sets.items():
        columns: tuple[str, ...] = ()
        if definition.where:
            try:
                subjects.condition(definition.where)
            except ConditionError as error:
                findings.append(_condition_finding(file, f"sets.{name}.where", error))
                continue
            names = read_condition(definition.where, subjects.frame.columns).meta.root_names()
            columns = tuple(dict.fromkeys(names))
        kept[name] = PatientSet(name, definition.label or name, definition.where, columns)
    return replace(subjects, sets=kept), findings
