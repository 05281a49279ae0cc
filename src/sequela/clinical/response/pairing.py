"""Which judgement and which finding are of one visit."""

from __future__ import annotations

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.response.courses import counted_lines
from sequela.clinical.timeline import look_up


def of_one_visit(
    chart: Chart, said: pl.DataFrame, found: pl.DataFrame, window_days: float
) -> tuple[pl.DataFrame, int]:
    """The pairs of judgements and findings that belong together, and how many judgements have none.

    `said` has said_row, patient_id, clock, low, high; `found` has id, patient_id, clock, low,
    high, row. Each is the nearest of its kind to the other, no farther than `window_days`, and no
    line of therapy began between them. What dates leave open is no pair.
    """
    near = look_up(said, found, "nearest", within_days=window_days, by="said_row")
    pairs = _of_one_line(chart, near.filter(~pl.col("open")))
    mutual = pairs.filter(pl.col("far") == pl.col("far").min().over("id"))
    return mutual, said.join(near, on="said_row", how="anti").height


def _of_one_line(chart: Chart, pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs between which no line began; a sample of its first day was taken before it."""
    starts = counted_lines(chart).select("patient_id", "clock", began="low")
    first = pl.min_horizontal("at_low", "low")
    last = pl.max_horizontal("at_high", "high")
    between = (
        pairs.join(starts, on=["patient_id", "clock"], how="inner")
        .filter((first <= pl.col("began")) & (pl.col("began") < last))
        .select("said_row")
        .unique()
    )
    return pairs.join(between, on="said_row", how="anti", maintain_order="left")
