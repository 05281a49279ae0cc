"""The start of a line of therapy as a moment: of the first, or of the next treatment."""

from __future__ import annotations

from typing import Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.clinical.drawn_lines import computed_lines, therapy_rows
from sequela.clinical.lines_of_therapy import LineRule
from sequela.clinical.moments import OCCURRENCE_SCHEMA
from sequela.clinical.regimens import Regimens
from sequela.findings import Finding


class LineMoment(LineRule):
    """The start of a line of therapy by the rule lines-1."""

    derive: Literal["therapy_line"]
    line: int = Field(1, ge=1, description="which line")
    table: Literal["treatments", "exposures"] = Field(
        "treatments", description="the chart table with the therapy"
    )
    where: str = Field("", description="SQL condition on its rows")

    @property
    def tables(self) -> tuple[str, ...]:
        """The chart tables that it reads."""
        return (self.table,)


def find_line_starts(
    chart: Chart, definition: LineMoment, regimens: Regimens, *, place: Finding
) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """The first day of the line; who has no order in time has none, and is counted in a finding."""
    table, where = definition.table, definition.where
    lines = computed_lines(chart, definition, regimens, table=table, where=where).of
    starts = [blocks[0].rows[0].row for of in lines.values() if (blocks := of.of(definition.line))]
    rows = therapy_rows(chart, table, where)
    found = rows.filter(pl.col("row").is_in(starts)).sort("patient_id", "row")
    occurrences = found.select(
        "patient_id",
        pl.col("start__low").alias("low"),
        pl.col("start__high").alias("high"),
        pl.lit(None, pl.Float64).alias("free"),
        pl.col("start__step").alias("step"),
        pl.col("start__clock").alias("clock"),
        pl.lit(definition.table).alias("table"),
        "row",
    )
    unordered = sum(of.why is not None for of in lines.values())
    problems = (_unordered(unordered, place),) if unordered else ()
    return occurrences.select(list(OCCURRENCE_SCHEMA)), problems


def _unordered(patients: int, place: Finding) -> Finding:
    return Finding(
        code="lines-without-order",
        severity="warning",
        file=place.file,
        column=place.column,
        message=f"the therapy of {patients} {'patient' if patients == 1 else 'patients'} has no "
        "order in time, so this moment is not found there",
        remedy="Date the rows of these patients on one clock, or leave the patients out.",
    )
