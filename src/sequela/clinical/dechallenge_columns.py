"""Columns of a dechallenge: the verdict on every patient, and numbers of the deciding series."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import polars as pl
from pydantic import Field

from sequela.clinical.columns import ColumnDefinition
from sequela.clinical.dechallenge import RULE, Course, Dechallenge
from sequela.clinical.subjects import ROWS_SCHEMA, VALUE_SCHEMA, Derived


class DechallengeVerdict(ColumnDefinition, Dechallenge):
    """Whether the disease regressed after a drug was withdrawn."""

    derive: Literal["dechallenge"]


class DechallengeNumber(ColumnDefinition):
    """A number of the deciding series of a dechallenge: its fold change or its halving time."""

    derive: Literal["dechallenge_number"]
    of: str = Field(description="the column with the verdict")
    part: Literal["fold", "halving_days", "rate_per_day"]


def derive_verdicts(courses: list[Course], definition: DechallengeVerdict) -> Derived:
    """Regressed or not regressed; who cannot be judged is not evaluable."""
    evaluable = [c.verdict != "not evaluable" for c in courses]
    values = pl.DataFrame(
        {
            "patient_id": [c.patient_id for c in courses],
            "value": [c.verdict if e else None for c, e in zip(courses, evaluable, strict=True)],
            "why": [None if e else "not_evaluable" for e in evaluable],
            "known_at": [None] * len(courses),
            "known_clock": [None] * len(courses),
        },
        schema_overrides={"value": pl.String, **VALUE_SCHEMA},
    )
    rows = [
        (c.patient_id, "measurements", p.row)
        for c, judged in zip(courses, evaluable, strict=True)
        if judged
        for s in c.series
        for p in s.series.points
    ]
    method = f"rule {RULE}: {definition.minimum_fold:g}-fold fall after {definition.drug} stopped"
    return Derived("category", values, _rows(rows), method, ("regressed", "not regressed"))


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
        (c.patient_id, "measurements", p.row)
        for c in courses
        if c.deciding
        for p in c.deciding.series.points
    ]
    return Derived("number", values, _rows(rows), f"{definition.part} of the series that decided")


def _number(course: Course, part: str) -> float | None:
    deciding = course.deciding
    if deciding is None:
        return None
    if part == "fold":
        return deciding.fold
    if deciding.rate is None:
        return None
    return deciding.rate.per_day if part == "rate_per_day" else deciding.rate.halving_days


def _rows(rows: Iterable[tuple[str, str, int]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=ROWS_SCHEMA, orient="row")
