"""Named moments: one point in time a patient, found in the chart by a stated rule.

Rows without a time are kept apart: that something happened is known even where its time is
not, and a derivation may need the one without the other.
"""

from __future__ import annotations

from typing import Literal

import polars as pl
from pydantic import Field

from sequela.chart import schema
from sequela.chart.chart import Chart
from sequela.clinical.definition import Definition, select_rows


class MomentDefinition(Definition):
    """A moment: which rows of which chart table, and which of them."""

    derive: Literal["chart"] = Field("chart", description="a row of the chart; need not be said")
    table: str = Field(description="the chart table")
    where: str = Field("", description="SQL condition on its rows")
    pick: Literal["first", "last"] = Field("first", description="which of several")
    column: str = Field("", description="the column with the time; blank is the table's own")

    @property
    def tables(self) -> tuple[str, ...]:
        """The chart tables that it reads."""
        return (self.table,)


def derive_occurrences(chart: Chart, definition: MomentDefinition) -> pl.DataFrame:
    """Every row of a moment, in the order in which it would be picked, undated rows last.

    Columns: patient_id, low, high, free, step, clock, and the table and row it stands in. Times
    are days on `clock`. `free` is the last day on that clock on which the chart says that it had
    not happened yet (`free_until`), null where it says nothing.
    """
    table = schema.table(definition.table)
    time = definition.column or table.moment
    rows = select_rows(chart[definition.table], definition.where)
    last = definition.pick == "last"
    ordered = rows.sort(
        "patient_id", f"{time}__clock", f"{time}__low", "row", descending=[False, False, last, last]
    ).select(
        "patient_id",
        pl.col(f"{time}__low").alias("low"),
        pl.col(f"{time}__high").alias("high"),
        _free_until(rows, time),
        pl.col(f"{time}__step").alias("step"),
        pl.col(f"{time}__clock").alias("clock"),
        pl.lit(definition.table).alias("table"),
        "row",
    )
    return ordered.sort(pl.col("low").is_null(), maintain_order=True)


def _free_until(rows: pl.DataFrame, time: str) -> pl.Expr:
    if "free_until__low" not in rows.columns:
        return pl.lit(None, pl.Float64).alias("free")
    same = pl.col("free_until__clock") == pl.col(f"{time}__clock")
    return pl.when(same).then("free_until__low").alias("free")


OCCURRENCE_SCHEMA: dict[str, type[pl.DataType]] = {
    "patient_id": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "free": pl.Float64,
    "step": pl.Float64,
    "clock": pl.String,
    "table": pl.String,
    "row": pl.Int64,
}


def one_a_patient(occurrences: pl.DataFrame) -> pl.DataFrame:
    """One row for each patient who has the moment, the first of the occurrences.

    Columns: patient_id, low, high, step, clock, undated, and the table and row it stands in.
    Times are days on `clock`. A patient of whom only undated rows satisfy the rule has null
    times; `undated` says whether any such row exists. Of several rows on different clocks the
    one on the first clock in alphabetical order is taken.
    """
    rows = occurrences.drop("free")
    undated = rows.group_by("patient_id").agg(pl.col("low").is_null().any().alias("undated"))
    return (
        rows.unique("patient_id", keep="first", maintain_order=True)
        .join(undated, on="patient_id")
        .sort("patient_id")
    )
