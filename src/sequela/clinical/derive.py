"""From the chart to subjects: moments, columns in the order of the study file, endpoints, sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.chart.time import DAYS_IN
from sequela.clinical import columns as col
from sequela.clinical.dechallenge import RULE, Course, Dechallenge, derive_courses
from sequela.clinical.definition import ConditionError, Definition, TimeUnit, read_condition
from sequela.clinical.endpoints import EndpointDefinition, derive_endpoint
from sequela.clinical.exposure import Exposure, derive_exposure
from sequela.clinical.moments import MomentDefinition, derive_moment
from sequela.clinical.response import Response, derive_response
from sequela.clinical.subjects import (
    DERIVATION_SCHEMA,
    ColumnInfo,
    Derived,
    PatientSet,
    Subjects,
    join_column,
)
from sequela.findings import Finding


class DechallengeVerdict(col.ColumnDefinition, Dechallenge):
    """Whether the disease regressed after a drug was withdrawn."""

    derive: Literal["dechallenge"]


class DechallengeNumber(col.ColumnDefinition):
    """A number of the deciding series of a dechallenge: its fold change or its halving time."""

    derive: Literal["dechallenge_number"]
    of: str = Field(description="the column with the verdict")
    part: Literal["fold", "halving_days", "rate_per_day"]


AnyColumn = Annotated[
    col.LookUp
    | col.Listing
    | col.Present
    | col.Recode
    | col.Age
    | col.Interval
    | col.Condition
    | Exposure
    | Response
    | DechallengeVerdict
    | DechallengeNumber,
    Field(discriminator="derive"),
]


class SetDefinition(Definition):
    """A set of patients by a condition over subjects; no condition is everyone."""

    label: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Definitions:
    """All clinical definitions of a study."""

    moments: Mapping[str, MomentDefinition]
    columns: Mapping[str, AnyColumn]
    endpoints: Mapping[str, EndpointDefinition]
    sets: Mapping[str, SetDefinition]
    time_unit: TimeUnit


@dataclass(frozen=True, slots=True)
class Clinical:
    """What the clinical room derived: subjects, endpoints, moments, dechallenge courses."""

    subjects: Subjects
    moments: Mapping[str, pl.DataFrame]
    endpoints: Mapping[str, pl.DataFrame]
    courses: Mapping[str, list[Course]]
    endpoint_definitions: Mapping[str, EndpointDefinition]


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
    moments = {}
    for name, moment in definitions.moments.items():
        try:
            moments[name] = derive_moment(chart, moment)
        except ConditionError as error:
            findings.append(_condition_finding(file, f"moments.{name}.where", error))
            moments[name] = derive_moment(chart, moment.model_copy(update={"where": "false"}))
    subjects = Subjects(
        pl.DataFrame({"patient_id": chart.patients.unique().sort()}),
        {},
        {},
        pl.DataFrame(schema=DERIVATION_SCHEMA),
        pl.DataFrame(schema=KNOWN_SCHEMA),
    )
    courses: dict[str, list[Course]] = {}
    for name, definition in definitions.columns.items():
        if isinstance(definition, DechallengeVerdict):
            courses[name] = derive_courses(chart, definition)
        try:
            derived, problems = _derive(chart, subjects, name, definition, moments, courses, file)
            findings += problems
            subjects = _add_column(subjects, name, definition, derived)
        except ConditionError as error:
            findings.append(_condition_finding(file, f"columns.{name}", error))
    endpoints = {
        name: derive_endpoint(
            subjects.frame["patient_id"],
            endpoint,
            moments,
            uncharted=[e for e in endpoint.causes if not chart.has(definitions.moments[e].table)],
        )
        for name, endpoint in definitions.endpoints.items()
    }
    for name, frame in endpoints.items():
        subjects = _add_endpoint(subjects, name, frame, definitions)
    subjects, problems = _add_sets(subjects, definitions.sets, file)
    clinical = Clinical(subjects, moments, endpoints, courses, definitions.endpoints)
    return clinical, findings + problems


def _absent_tables(chart: Chart, definitions: Definitions, file: str) -> list[Finding]:
    """A warning for each definition that reads a table which the study does not have."""
    read = [(f"moments.{n}", m.table) for n, m in definitions.moments.items()]
    read += [(f"columns.{n}", str(getattr(c, "table", ""))) for n, c in definitions.columns.items()]
    return [
        Finding(
            code="table-absent",
            severity="warning",
            file=file,
            column=f"{place}.table",
            message=f"it reads {table}.csv, which the study does not have",
            remedy="What rests on it stays unknown. Add the table, or leave the definition out.",
        )
        for place, table in read
        if table and not chart.has(table)
    ]


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


def _derive(
    chart: Chart,
    subjects: Subjects,
    name: str,
    definition: AnyColumn,
    moments: Mapping[str, pl.DataFrame],
    courses: Mapping[str, list[Course]],
    file: str,
) -> tuple[Derived, list[Finding]]:
    match definition:
        case col.LookUp():
            return col.derive_look_up(chart, definition), []
        case col.Listing():
            return col.derive_list(chart, definition), []
        case col.Present():
            return col.derive_present(chart, definition), []
        case col.Age():
            return col.derive_age(chart, definition, moments), []
        case col.Interval():
            return col.derive_interval(chart, definition, moments), []
        case col.Condition():
            return col.derive_condition(subjects, definition), []
        case Exposure():
            return derive_exposure(chart, definition, moments), []
        case Response():
            return derive_response(chart, definition), []
        case DechallengeVerdict():
            return _verdicts(courses[name], definition), []
        case DechallengeNumber():
            return _numbers(courses[definition.of], definition), []
        case col.Recode():
            derived, unmapped = col.derive_recode(subjects, definition)
            return derived, [_unmapped(file, name, value) for value in unmapped]


def _unmapped(file: str, name: str, value: str) -> Finding:
    return Finding(
        code="value-without-code",
        severity="warning",
        file=file,
        column=f"columns.{name}.codes",
        value=value,
        message=f"a value of the chart has no code in columns.{name}, and stays unknown",
        remedy="Add it to `codes`, with the group it belongs to.",
    )


def _verdicts(courses: list[Course], definition: DechallengeVerdict) -> Derived:
    values = pl.DataFrame(
        {
            "patient_id": [c.patient_id for c in courses],
            "value": [None if c.verdict == "not evaluable" else c.verdict for c in courses],
            "why": ["not_evaluable" if c.verdict == "not evaluable" else None for c in courses],
            "known_at": [None] * len(courses),
            "known_clock": [None] * len(courses),
        },
        schema_overrides={
            "value": pl.String,
            "why": pl.String,
            "known_at": pl.Float64,
            "known_clock": pl.String,
        },
    )
    rows = [
        (c.patient_id, "measurements", p.row)
        for c in courses
        if c.verdict != "not evaluable"
        for s in c.series
        for p in s.series.points
    ]
    method = f"rule {RULE}: {definition.minimum_fold:g}-fold fall after {definition.drug} stopped"
    return Derived(
        "category",
        values,
        pl.DataFrame(rows, schema=["patient_id", "table", "row"], orient="row")
        if rows
        else pl.DataFrame(schema={"patient_id": pl.String, "table": pl.String, "row": pl.Int64}),
        method,
        ("regressed", "not regressed"),
    )


def _numbers(courses: list[Course], definition: DechallengeNumber) -> Derived:
    def number(course: Course) -> float | None:
        deciding = course.deciding
        if deciding is None:
            return None
        if definition.part == "fold":
            return deciding.fold
        if deciding.rate is None:
            return None
        part = deciding.rate
        return part.per_day if definition.part == "rate_per_day" else part.halving_days

    numbers = [number(c) for c in courses]
    whys = [None if n is not None else "not_evaluable" for n in numbers]
    values = pl.DataFrame(
        {
            "patient_id": [c.patient_id for c in courses],
            "low": numbers,
            "high": numbers,
            "why": whys,
            "known_at": [None] * len(courses),
            "known_clock": [None] * len(courses),
        },
        schema_overrides={
            "low": pl.Float64,
            "high": pl.Float64,
            "why": pl.String,
            "known_at": pl.Float64,
            "known_clock": pl.String,
        },
    )
    rows = pl.DataFrame(
        [
            (c.patient_id, "measurements", p.row)
            for c in courses
            if c.deciding
            for p in c.deciding.series.points
        ],
        schema={"patient_id": pl.String, "table": pl.String, "row": pl.Int64},
        orient="row",
    )
    return Derived("number", values, rows, f"{definition.part} of the series that decided")


def _add_column(
    subjects: Subjects, name: str, definition: col.ColumnDefinition, derived: Derived
) -> Subjects:
    applies = subjects.condition(definition.applies_to) if definition.applies_to else None
    frame = join_column(subjects.frame, name, derived, absent=definition.absent, applies=applies)
    seen = [] if derived.kind == "number" else frame[name].drop_nulls().unique().sort().to_list()
    levels = definition.levels or derived.levels or tuple(str(v) for v in seen)
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
    )
    endpoint = definitions.endpoints[name]
    label = endpoint.label or name
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
