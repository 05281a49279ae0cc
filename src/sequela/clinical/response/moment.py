"""The moment at which a response was found: the first restaging in one of some categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import polars as pl
from pydantic import Field, model_validator

from sequela.chart.chart import Chart
from sequela.chart.frames import with_types
from sequela.clinical.definition import Definition
from sequela.clinical.moments import OCCURRENCE_SCHEMA
from sequela.clinical.response.criteria import CriteriaSet
from sequela.clinical.response.definition import ASSUME, check_names, criteria_of
from sequela.clinical.response.restaging import judge_once
from sequela.findings import Finding


class ResponseMoment(Definition):
    """When criteria first find a response: the restaging that reaches one of the categories.

    What is not evaluable is no response. The restaging before it is the last day on which the
    response is known not to have been there.
    """

    derive: Literal["response"]
    criteria: str = Field(description="the criteria, by name")
    start: str = Field(description="the moment at which the therapy began")
    until: str = Field("", description="the moment after which nothing counts")
    reach: tuple[str, ...] = Field(
        (), description="the categories that count; blank is every remission of the criteria"
    )
    thresholds: Mapping[str, float] = Field({}, description="numbers that this study changes")
    names: Mapping[str, tuple[str, ...]] = Field(
        {}, description="further names under which this chart keeps a measure"
    )
    assume: tuple[str, ...] = Field((), description=ASSUME)

    @property
    def tables(self) -> tuple[str, ...]:
        """The chart tables that it reads."""
        return ("measurements",)

    @property
    def set(self) -> CriteriaSet:
        """The criteria with the study's own numbers."""
        return criteria_of(self.criteria, self.thresholds, self.assume)

    @model_validator(mode="after")
    def _possible(self) -> ResponseMoment:
        known = self.set.best_first
        if strange := [c for c in self.reach if c not in known]:
            raise ValueError(
                f"{self.criteria} has no category '{strange[0]}'; it has {', '.join(known)}"
            )
        check_names(self.names)
        return self


def find_responses(
    chart: Chart, definition: ResponseMoment, moments: Mapping[str, pl.DataFrame]
) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Every restaging that reaches one of the categories, and findings about the values."""
    criteria = definition.set
    start = moments[definition.start]
    judged = judge_once(
        chart,
        criteria,
        start=start,
        until=moments[definition.until] if definition.until else None,
        names=definition.names,
    )
    reach = list(definition.reach or criteria.remissions)
    began = start.select("patient_id", "clock", began="high")
    rows = judged.frame.join(began, on=["patient_id", "clock"], how="left", maintain_order="left")
    reached = pl.col("category").is_in(reach)
    return with_free_days(rows.with_columns(found=reached), "measurements"), judged.findings


def with_free_days(rows: pl.DataFrame, table: str = "") -> pl.DataFrame:
    """The rows in which something was `found`, each with the last day known to be free of it.

    `rows` has patient_id, clock, low, high, row, `found` (null where it cannot be told) and
    `began`, a day on which it was not there. A day is free where `found` is false. `table` is the
    chart table that the rows stand in; blank takes it from their own column `table`.
    """
    stands_in = pl.lit(table).alias("table") if table else pl.col("table")
    ordered = rows.sort("patient_id", "clock", "low", "high", "row")
    free = pl.when(~pl.col("found")).then("low")
    before = free.shift(1).forward_fill().over("patient_id", "clock")
    return (
        ordered.with_columns(pl.coalesce(before, "began").alias("free"))
        .filter(pl.col("found"))
        .select(
            "patient_id",
            "low",
            "high",
            "free",
            (pl.col("high") - pl.col("low") + 1.0).alias("step"),
            "clock",
            stands_in,
            "row",
        )
        .pipe(with_types, OCCURRENCE_SCHEMA)
    )
