"""What the audit may ask of a study: result rows for a selection, from the same estimators."""

from __future__ import annotations

import math
from dataclasses import replace

import polars as pl

from sequela.audit.evidence import NoEvidenceError, Selector
from sequela.clinical.definition import ConditionError
from sequela.clinical.subjects import Subjects
from sequela.exhibits.context import EVERYONE, Context, Group, absent_in
from sequela.exhibits.levels import yes_no
from sequela.exhibits.survival import risk_table_of
from sequela.stats.describe import estimate_categories, estimate_numeric
from sequela.stats.estimand import Estimand
from sequela.stats.results import Absent, Row
from sequela.stats.survival import estimate_survival
from sequela.stats.survival_bounds import estimate_survival_bounds


class StudyEvidence:
    """Answers the audit from a study's subjects, with any patients left out."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def rows(self, selector: Selector, leaving_out: frozenset[str] = frozenset()) -> list[Row]:
        """The result rows of a selection; NoEvidenceError when the study cannot give them."""
        subjects = self._context.subjects
        if leaving_out:
            subjects = subjects.without(leaving_out)
        name = selector.set or EVERYONE
        frame = _members(subjects, name)
        if selector.endpoint:
            rows = self._endpoint(subjects, frame, selector.endpoint)
        elif selector.patient:
            rows = [_value(frame, selector.variable, selector.patient)]
        elif selector.where:
            rows = [_condition(subjects, frame, selector.where)]
        elif selector.variable:
            rows = _variable(subjects, frame, selector.variable, selector.level)
        else:
            about = Estimand(variable="patients", n=frame.height, method="count")
            rows = [about.value("count", frame.height)]
        return [replace(row, set=name) for row in rows]

    def patients(self, selector: Selector) -> tuple[str, ...]:
        """The patients who satisfy the condition, have the level, or are in the set."""
        subjects = self._context.subjects
        frame = _members(subjects, selector.set or EVERYONE)
        if selector.where:
            frame = frame.filter(_holds(subjects, frame, selector.where).fill_null(False))
        elif selector.variable and selector.level:
            _known(subjects, selector.variable)
            frame = frame.filter(pl.col(selector.variable).cast(pl.String) == selector.level)
        return tuple(frame["patient_id"].to_list())

    def _endpoint(self, subjects: Subjects, frame: pl.DataFrame, name: str) -> list[Row]:
        if name not in self._context.clinical.endpoints:
            raise NoEvidenceError(f"the study has no endpoint '{name}'")
        known = frame.filter(pl.col(f"{name}_event").is_not_null())
        if known[name].null_count() == 0:
            table = risk_table_of(Group("", "", frame), name)
            return estimate_survival(table, variable=name, absent=absent_in(frame, name))
        absent = absent_in(frame, f"{name}_event")
        about = Estimand(variable=name, n=known.height, absent=absent, method="count")
        return [
            about.value("events", float(known[f"{name}_event"].sum())),
            *estimate_survival_bounds(
                known.select(pl.coalesce(name, f"{name}__low")).to_series().to_numpy(),
                known.select(pl.coalesce(name, f"{name}__high")).to_series().to_numpy(),
                known[f"{name}_event"].cast(pl.Int64).to_numpy(),
                variable=name,
                absent=absent,
            ),
        ]


def _members(subjects: Subjects, name: str) -> pl.DataFrame:
    if name not in subjects.sets:
        raise NoEvidenceError(f"the study has no set '{name}'")
    return subjects.within(name)


def _known(subjects: Subjects, column: str) -> None:
    if column not in subjects.columns:
        raise NoEvidenceError(f"the study has no column '{column}'")


def _holds(subjects: Subjects, frame: pl.DataFrame, where: str) -> pl.Series:
    try:
        return replace(subjects, frame=frame).condition(where)
    except ConditionError as error:
        raise NoEvidenceError(str(error)) from error


def _condition(subjects: Subjects, frame: pl.DataFrame, where: str) -> Row:
    """How many satisfy a condition; where it is unknown, by the reason."""
    holds = _holds(subjects, frame, where)
    why = replace(subjects, frame=frame).reason(where)
    unknown = why.filter(holds.is_null()).fill_null("missing").to_list()
    absent = Absent(
        missing=unknown.count("missing"),
        not_evaluable=unknown.count("not_evaluable"),
        not_applicable=unknown.count("not_applicable"),
    )
    known = frame.height - absent.total
    about = Estimand(variable="patients", n=known, absent=absent, method=f"count where {where}")
    return about.value("count", float(holds.sum() or 0))


def _variable(subjects: Subjects, frame: pl.DataFrame, column: str, level: str) -> list[Row]:
    _known(subjects, column)
    absent = absent_in(frame, column)
    if subjects.columns[column].kind == "number":
        known = frame.filter(pl.col(f"{column}__low").is_not_null())
        return estimate_numeric(
            known[f"{column}__low"].to_numpy(),
            known[f"{column}__high"].to_numpy(),
            variable=column,
            absent=absent,
        )
    values = [yes_no(v) for v in frame[column].drop_nulls().to_list()]
    levels = list(subjects.columns[column].levels) or ["yes", "no"]
    rows = estimate_categories(values, levels, variable=column, absent=absent)
    return [r for r in rows if r.statistic == "count" and level in ("", r.level)]


def _value(frame: pl.DataFrame, column: str, patient: str) -> Row:
    """One patient's value; what is an interval is refused with the interval as the reason."""
    if column not in frame.columns:
        raise NoEvidenceError(f"the study has no column '{column}'")
    row = frame.filter(pl.col("patient_id") == patient)
    if row.is_empty():
        raise NoEvidenceError("the patient is not in this set")
    value = row[column].cast(pl.Float64, strict=False).item()
    why = row[f"{column}__why"].item()
    about = Estimand(
        variable=column,
        n=int(value is not None),
        absent=Absent(missing=int(value is None)),
        method="the patient's value",
    )
    if value is None or math.isnan(value):
        return about.no_value("value", "not_estimable", str(why or "missing"))
    return about.value("value", value)
