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

    table: str = Field(description="the chart table")
    where: str = Field("", description="SQL condition on its rows")
    pick: Literal["first", "last"] = Field("first", description="which of several")
    column: str = Field("", description="the column with the time; blank is the table's own")


def derive_moment(chart: Chart, definition: MomentDefinition) -> pl.DataFrame:
    """One row for each patient who has the moment.

    Columns: patient_id, low, high, step, clock, undated, and the table and row it stands in.
    Times are days on `clock`. A patient of whom only undated rows satisfy the rule has null
    times; `undated` says whether any such row exists. Of several rows on different clocks the
    one on the first clock in alphabetical order is taken.
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
        pl.col(f"{time}__step").alias("step"),
        pl.col(f"{time}__clock").alias("clock"),
        pl.lit(definition.table).alias("table"),
        "row",
    )
    undated = ordered.group_by("patient_id").agg(pl.col("low").is_null().any().alias("undated"))
    dated_first = ordered.sort(pl.col("low").is_null(), maintain_order=True)
    return (
        dated_first.unique("patient_id", keep="first", maintain_order=True)
        .join(undated, on="patient_id")
        .sort("patient_id")
    )
