"""From the chart to subjects: moments, columns in the order of the study file, endpoints, sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.time import DAYS_IN
from sequela.clinical import columns as col
from sequela.clinical.definition import ConditionError, Definition, TimeUnit, read_condition
from sequela.clinical.derivations import DERIVATIONS, AnyColumn, Evaluation
from sequela.clinical.derived_moments import AnyMoment, MomentAsked, find_occurrences, refers
from sequela.clinical.eligibility import EligibilityStep
from sequela.clinical.endpoint_times import derive_endpoint
from sequela.clinical.endpoints import EndpointDefinition
from sequela.clinical.imputation import IN_WORDS, PartialDates, narrow_chart, place_endpoint
from sequela.clinical.moments import OCCURRENCE_SCHEMA, one_a_patient
from sequela.clinical.subjects import (
    DERIVATION_SCHEMA,
    ColumnInfo,
    Derived,
    PatientSet,
    Subjects,
    join_column,
)
from sequela.clinical.vocabulary import read_vocabulary
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
    findings = _absent_tables(chart, definitions, file)
    if definitions.partial_dates == "bounded":
        chart = narrow_chart(chart)
    occurrences, problems = _occurrences(chart, definitions, file)
    findings += problems
    moments = {name: one_a_patient(found) for name, found in occurrences.items()}
    subjects = Subjects(
        pl.DataFrame({"patient_id": chart.patients.unique().sort()}),
        {},
        {},
        pl.DataFrame(schema=DERIVATION_SCHEMA),
        pl.DataFrame(schema=KNOWN_SCHEMA),
    )
    details: dict[str, Any] = {}
    vocabulary, problems = read_vocabulary(chart.folder)
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
        subjects = _add_endpoint(subjects, name, frame, definitions)
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
) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """Every occurrence of each moment, in the order of the study file.

    A moment whose condition is unreadable has none; a derived one may refer to those above it.
    """
    found: dict[str, pl.DataFrame] = {}
    findings: list[Finding] = []
    for name, moment in definitions.moments.items():
        above = {n: one_a_patient(o) for n, o in found.items()} if refers(moment) else {}
        asked = MomentAsked(name, file, chart, above)
        try:
            occurred = find_occurrences(moment, asked)
            found[name] = occurred.rows
            findings += occurred.findings
        except ConditionError as error:
            findings.append(_condition_finding(file, f"moments.{name}.where", error))
            found[name] = pl.DataFrame(schema=OCCURRENCE_SCHEMA)
    return found, findings


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
    ).cast(dict(KNOWN_SCHEMA))  # type: ignore[arg-type]
    rows = derived.rows.with_columns(pl.lit(name).alias("column")).select(list(DERIVATION_SCHEMA))
    return replace(
        subjects,
        frame=frame,
        columns={**subjects.columns, name: info},
        derivations=pl.concat([subjects.derivations, rows]),
        known_at=pl.concat([subjects.known_at, known]),
    )


def _add_endpoint(
    subjects: Subjects, name: str, frame: pl.DataFrame, definitions: Definitions
) -> Subjects:
    """The endpoint's columns beside the others: times in the study's unit, event, what ended it."""
    unit = DAYS_IN[definitions.time_unit]
    added = frame.select(
        (pl.col("time") / unit).alias(name),
        (pl.col("low") / unit).alias(f"{name}__low"),
        (pl.col("high") / unit).alias(f"{name}__high"),
        pl.when(pl.col("time").is_null())
        .then(pl.coalesce(pl.col("why"), pl.lit("interval")))
        .alias(f"{name}__why"),
        pl.col("event").alias(f"{name}_event"),
        pl.col("why").alias(f"{name}_event__why"),
        pl.col("cause").alias(f"{name}_cause"),
        pl.when(pl.col("cause").is_null())
        .then(pl.coalesce(pl.col("why"), pl.lit("not_applicable")))
        .alias(f"{name}_cause__why"),
        pl.col("ended_by").alias(f"{name}_ended_by"),
        pl.col("why").alias(f"{name}_ended_by__why"),
        pl.when(pl.col("time").is_not_null())
        .then(pl.col("imputed_from").is_not_null())
        .alias(f"{name}_imputed"),
        pl.when(pl.col("time").is_null())
        .then(pl.coalesce(pl.col("why"), pl.lit("not_applicable")))
        .alias(f"{name}_imputed__why"),
        pl.col("imputed_from").alias(f"{name}_imputed_from"),
        pl.when(pl.col("imputed_from").is_null())
        .then(pl.coalesce(pl.col("why"), pl.lit("not_applicable")))
        .alias(f"{name}_imputed_from__why"),
    )
    endpoint = definitions.endpoints[name]
    label = endpoint.label or name.replace("_", " ")
    described = {
        name: ColumnInfo(
            name, label, "number", definitions.time_unit, (), f"from {endpoint.start}"
        ),
        f"{name}_event": ColumnInfo(
            f"{name}_event", f"{label}: event", "yes_no", "", (), " or ".join(endpoint.event)
        ),
        f"{name}_cause": ColumnInfo(
            f"{name}_cause", f"{label}: cause", "category", "", endpoint.causes, "what ended it"
        ),
        f"{name}_ended_by": ColumnInfo(
            f"{name}_ended_by", f"{label}: ended by", "text", "", (), "the deciding moment"
        ),
        f"{name}_imputed": ColumnInfo(
            f"{name}_imputed",
            f"{label}: rests on an imputed date",
            "yes_no",
            "",
            (),
            f"a date known in part stands for {IN_WORDS[definitions.partial_dates]}",
        ),
        f"{name}_imputed_from": ColumnInfo(
            f"{name}_imputed_from", f"{label}: imputed", "text", "", (), "what is known in part"
        ),
    }
    rows = frame.filter(pl.col("row").is_not_null()).select(
        "patient_id", pl.lit(name).alias("column"), "table", "row"
    )
    return replace(
        subjects,
        frame=pl.concat([subjects.frame, added], how="horizontal"),
        columns={**subjects.columns, **described},
        derivations=pl.concat([subjects.derivations, rows]),
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
