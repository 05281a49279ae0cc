"""Growth factors and transfusions: what may have lifted a blood count on the day it was taken."""

from __future__ import annotations

import math

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.frames import with_types
from sequela.clinical.response.measures import Measure

SUPPORT_SCHEMA: dict[str, type[pl.DataType]] = {
    "patient_id": pl.String,
    "clock": pl.String,
    "from": pl.Float64,
    "to": pl.Float64,
    "sure": pl.Boolean,
    "table": pl.String,
    "row": pl.Int64,
}


def support_rows(chart: Chart, measure: Measure) -> pl.DataFrame:
    """Every time of support: exposures to its drugs, and its events.

    `sure` is false where partial dates or an unknown stop leave open how long it lasted; `from`
    and `to` are then the longest it can have been.
    """
    drugs, events = ([w.lower() for w in words] for words in (measure.drugs, measure.events))
    given = chart["exposures"].filter(
        pl.col("drug").str.to_lowercase().is_in(drugs) & pl.col("start__low").is_not_null()
    )
    open_end = pl.col("stop__high").is_null()
    stop_clock = pl.col("stop__clock").fill_null(pl.col("start__clock"))
    exact = (pl.col("start__low") == pl.col("start__high")) & (
        pl.col("stop__low") == pl.col("stop__high")
    )
    exposures = given.select(
        "patient_id",
        pl.col("start__clock").alias("clock"),
        pl.col("start__low").alias("from"),
        pl.when(open_end | (stop_clock != pl.col("start__clock")))
        .then(math.inf)
        .otherwise("stop__high")
        .alias("to"),
        exact.fill_null(False).alias("sure"),
        pl.lit("exposures").alias("table"),
        pl.col("row").cast(pl.Int64),
    )
    happened = chart["events"].filter(
        pl.col("what").str.to_lowercase().is_in(events) & pl.col("when__low").is_not_null()
    )
    occurred = happened.select(
        "patient_id",
        pl.col("when__clock").alias("clock"),
        pl.col("when__low").alias("from"),
        pl.col("when__high").alias("to"),
        (pl.col("when__low") == pl.col("when__high")).alias("sure"),
        pl.lit("events").alias("table"),
        pl.col("row").cast(pl.Int64),
    )
    return pl.concat([exposures, occurred]).pipe(with_types, SUPPORT_SCHEMA)


def supported(counts: pl.DataFrame, support: pl.DataFrame, days_before: float) -> pl.DataFrame:
    """Whether support was given on the day of a count or in the days before it, a line a count.

    `counts` has id, patient_id, clock, low and high. `given` is true, false, or null where it
    cannot be told; the day exactly `days_before` earlier is included. `rows` lists the rows.
    """
    joined = counts.select("id", "patient_id", "clock", "low", "high").join(
        support, on=["patient_id", "clock"], how="inner"
    )
    within = (pl.col("from") <= pl.col("high")) & (pl.col("to") >= pl.col("low") - days_before)
    exact_day = pl.col("low") == pl.col("high")
    found = (
        joined.filter(within)
        .group_by("id")
        .agg(
            pl.when((pl.col("sure") & exact_day).any()).then(True).first().alias("given"),
            pl.struct("table", "row").alias("rows"),
        )
    )
    everyone = counts.select("id").join(found, on="id", how="left", maintain_order="left")
    nothing = pl.col("rows").is_null()
    return everyone.with_columns(pl.when(nothing).then(False).otherwise("given").alias("given"))
