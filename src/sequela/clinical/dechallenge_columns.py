"""Columns of a dechallenge: the verdict on every patient, and numbers of the deciding series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import polars as pl
from pydantic import Field

from sequela.clinical.columns import ColumnDefinition
from sequela.clinical.dechallenge import RULE, SPONTANEOUS, Course
from sequela.clinical.dechallenge_series import Dechallenge
from sequela.clinical.rechallenge import RULE as RECHALLENGE
from sequela.clinical.subjects import ROWS_SCHEMA, VALUE_SCHEMA, Derived


class DechallengeVerdict(ColumnDefinition, Dechallenge):
    """Whether the disease regressed after a drug was withdrawn."""

    derive: Literal["dechallenge"]


_IN_WORDS = {
    "fold": "fold change",
    "halving_days": "halving time in days",
    "rate_per_day": "rate a day of the natural logarithm",
    "days_to_nadir": "days to the lowest value",
    "doubling_days": "doubling time after the lowest value in days",
}


class DechallengeNumber(ColumnDefinition):
    """A number of the deciding series of a dechallenge: its fold change or its halving time."""

    derive: Literal["dechallenge_number"]
    of: str = Field(description="the column with the verdict")
    part: Literal["fold", "halving_days", "rate_per_day", "days_to_nadir", "doubling_days"] = Field(
        description="which number of the series that decided"
    )


def derive_verdicts(courses: list[Course], definition: DechallengeVerdict) -> Derived:
    """Regressed or not regressed; who cannot be judged is not evaluable.

    Not applicable to who was never on the drug.
    """
    evaluable = [c.verdict != "not evaluable" for c in courses]
    values = pl.DataFrame(
        {
            "patient_id": [c.patient_id for c in courses],
            "value": [c.verdict if e else None for c, e in zip(courses, evaluable, strict=True)],
            "why": [None if e else _why(c) for c, e in zip(courses, evaluable, strict=True)],
            "known_at": [None] * len(courses),
            "known_clock": [None] * len(courses),
        },
        schema_overrides={"value": pl.String, **VALUE_SCHEMA},
    )
    rows = [
        (c.patient_id, *p.source)
        for c, judged in zip(courses, evaluable, strict=True)
        if judged
        for s in c.series
        for p in s.series.points
    ]
    method = f"rule {RULE}: {definition.minimum_fold:g}-fold fall after {definition.drug} stopped"
    return Derived("category", values, _rows(rows), method, ("regressed", "not regressed"))


def _why(course: Course) -> str:
    return "not_evaluable" if course.treated else "not_applicable"


def derive_numbers(courses: list[Course], definition: DechallengeNumber) -> Derived:
    """A number of the series that decided; not evaluable where none did."""
    numbers = [_number(c, definition.part) for c in courses]
    values = pl.DataFrame(
        {
            "patient_id": [c.patient_id for c in courses],
            "low": numbers,
            "high": numbers,
            "why": [None if n is not None else "not_evaluable" for n in numbers],
            "known_at": [None] * len(courses),
            "known_clock": [None] * len(courses),
        },
        schema_overrides={"low": pl.Float64, "high": pl.Float64, **VALUE_SCHEMA},
    )
    rows = [
        (c.patient_id, *p.source) for c in courses if c.deciding for p in c.deciding.series.points
    ]
    method = f"{_IN_WORDS[definition.part]} of the series that decided, rule {RULE}"
    return Derived("number", values, _rows(rows), method)


def _number(course: Course, part: str) -> float | None:
    deciding = course.deciding
    if deciding is None:
        return None
    if part == "fold":
        return deciding.fold
    if part in ("days_to_nadir", "doubling_days"):
        shape = deciding.shape
        if shape is None:
            return None
        return shape.days_to_nadir if part == "days_to_nadir" else shape.doubling_days
    rate = deciding.rate
    if rate is None:
        return None
    return rate.per_day if part == "rate_per_day" else rate.halving_days


def _rows(rows: Iterable[tuple[str, str, int]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=ROWS_SCHEMA, orient="row")


class RechallengeVerdict(ColumnDefinition):
    """Whether the disease came again when the drug was given again."""

    derive: Literal["rechallenge"]
    of: str = Field(description="the column with the dechallenge")


class SpontaneousRegression(ColumnDefinition):
    """Whether the regression was spontaneous: without, with or under another therapy."""

    derive: Literal["spontaneous_regression"]
    of: str = Field(description="the column with the dechallenge")


def derive_rechallenge(courses: list[Course]) -> Derived:
    """Recurred or not; not applicable where the drug is not known to have been given again."""
    verdicts = [c.rechallenge.verdict for c in courses]
    reasons = {"not evaluable": "not_evaluable", "not given again": "not_applicable"}
    rows = [(c.patient_id, *r) for c in courses for r in c.rechallenge.rows]
    rows += [(c.patient_id, "exposures", r) for c in courses for r in c.rechallenge.drug_rows]
    values = _words(courses, [str(v) for v in verdicts], reasons)
    method = f"rule {RECHALLENGE}: what became of the disease when the drug was given again"
    return Derived("category", values, _rows(rows), method, ("recurred", "did not recur"))


def derive_spontaneous(courses: list[Course]) -> Derived:
    """The verdict with its reasons in the course; who cannot be judged is not evaluable."""
    never = "never on the drug"
    words = [c.spontaneous if c.treated else never for c in courses]
    reasons = {"cannot be told": "not_evaluable", never: "not_applicable"}
    values = _words(courses, words, reasons)
    rows = [
        (c.patient_id, t.table, t.row)
        for c in courses
        for s in c.series
        for t in s.confounders
        if t.table
    ]
    rows += [
        (c.patient_id, *p.source)
        for c in courses
        if c.spontaneous != "cannot be told"
        for s in c.series
        for p in s.series.points
    ]
    method = f"rule {RULE}: whether anything but the withdrawal explains the fall"
    return Derived("category", values, _rows(dict.fromkeys(rows)), method, SPONTANEOUS)


def _words(courses: list[Course], words: list[str], reasons: Mapping[str, str]) -> pl.DataFrame:
    """A word a patient, null with its reason where the word stands for not knowing."""
    return pl.DataFrame(
        {
            "patient_id": [c.patient_id for c in courses],
            "value": [None if w in reasons else w for w in words],
            "why": [reasons.get(w) for w in words],
            "known_at": [None] * len(courses),
            "known_clock": [None] * len(courses),
        },
        schema_overrides={"value": pl.String, **VALUE_SCHEMA},
    )
