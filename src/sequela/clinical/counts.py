"""How many rows a patient has: doses of intrathecal therapy, transfusions, visits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import polars as pl
from pydantic import Field, model_validator

from sequela.chart import schema
from sequela.chart.chart import Chart
from sequela.chart.conditions import select_rows
from sequela.clinical.columns import ColumnDefinition
from sequela.clinical.subjects import ROWS_SCHEMA, Derived

Moments = Mapping[str, pl.DataFrame]


class Count(ColumnDefinition):
    """The number of rows of a chart table, such as doses of intrathecal prophylaxis.

    A row counts once, on the day that dates it. Rows of one patient on one day are as many as
    they are. With `start` or `until` an undated row, or a partial date that may fall on either
    side, makes the count an interval.
    """

    derive: Literal["count"]
    table: str
    where: str = ""
    start: str = Field("", description="the moment on or after which rows count")
    until: str = Field("", description="the moment on or before which rows count")

    @model_validator(mode="after")
    def _has_time(self) -> Count:
        known = self.table in schema.TABLE_NAMES
        if (self.start or self.until) and known and not schema.table(self.table).moment:
            raise ValueError(f"the rows of {self.table} have no time to count from or until")
        return self


def derive_count(chart: Chart, definition: Count, moments: Moments) -> Derived:
    """How many rows each patient has; none is 0 where the study has the table at all.

    A patient without the moment that rows are counted from or until has no count.
    """
    rows = select_rows(chart[definition.table], definition.where)
    judged = rows.with_columns(surely=pl.lit(True), maybe=pl.lit(True))
    people = pl.DataFrame({"patient_id": chart.patients}).with_columns(known=pl.lit(True))
    for key, name in (("start", definition.start), ("until", definition.until)):
        if name:
            judged, people = _bounded(judged, people, moments[name], key, definition.table)
    each = judged.group_by("patient_id").agg(
        pl.col("surely").sum().cast(pl.Float64).alias("low"),
        pl.col("maybe").sum().cast(pl.Float64).alias("high"),
    )
    charted = pl.lit(chart.has(definition.table)) & pl.col("known")
    people = _known(people, moments[definition.until] if definition.until else None)
    counted = people.join(each, on="patient_id", how="left", maintain_order="left")
    values = counted.select(
        "patient_id",
        pl.when(charted).then(pl.col("low").fill_null(0.0)).alias("low"),
        pl.when(charted).then(pl.col("high").fill_null(0.0)).alias("high"),
        pl.lit(None, pl.String).alias("why"),
        "known_at",
        "known_clock",
    )
    decided = judged.filter("maybe").select(
        "patient_id", pl.lit(definition.table).alias("table"), pl.col("row").cast(pl.Int64)
    )
    return Derived("number", values, decided.select(list(ROWS_SCHEMA)), _method(definition))


def _known(people: pl.DataFrame, until: pl.DataFrame | None) -> pl.DataFrame:
    """The people with when the count is known: at `until`, without it in hindsight only."""
    if until is None:
        until = pl.DataFrame(
            schema={"patient_id": pl.String, "high": pl.Float64, "clock": pl.String}
        )
    at = until.select("patient_id", known_at="high", known_clock="clock")
    return people.join(at, on="patient_id", how="left", maintain_order="left")


def _bounded(
    rows: pl.DataFrame, people: pl.DataFrame, moment: pl.DataFrame, key: str, table: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with whether they surely and maybe lie on the right side of a moment."""
    time = schema.table(table).moment
    at = moment.filter(pl.col("low").is_not_null()).select(
        "patient_id", at_low="low", at_high="high", at_clock="clock"
    )
    both = rows.join(at, on="patient_id", how="left", maintain_order="left")
    low, high = pl.col(f"{time}__low"), pl.col(f"{time}__high")
    if key == "start":
        sure, possible = low >= pl.col("at_high"), high >= pl.col("at_low")
    else:
        sure, possible = high <= pl.col("at_low"), low <= pl.col("at_high")
    on_clock = (pl.col(f"{time}__clock") == pl.col("at_clock")).fill_null(False)
    told = both.with_columns(
        (pl.col("surely") & on_clock & sure.fill_null(False)).alias("surely"),
        (pl.col("maybe") & (~on_clock | possible.fill_null(True))).alias("maybe"),
    ).drop("at_low", "at_high", "at_clock")
    having = pl.col("patient_id").is_in(at["patient_id"].implode())
    return told, people.with_columns((pl.col("known") & having).alias("known"))


def _method(definition: Count) -> str:
    rows = definition.table + (f" where {definition.where}" if definition.where else "")
    since = f", on or after {definition.start.replace('_', ' ')}" if definition.start else ""
    until = f", on or before {definition.until.replace('_', ' ')}" if definition.until else ""
    return f"number of rows in {rows}{since}{until}"
