"""Every restaging of a patient, judged by a criteria set, with the rows that decided it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.response.collect import collect, named_measures
from sequela.clinical.response.criteria import CriteriaSet
from sequela.clinical.response.judge import judge
from sequela.clinical.response.measures import value_rows
from sequela.clinical.timeline import look_up
from sequela.findings import Finding

JUDGED = ["id", "patient_id", "clock", "low", "high", "row", "known_at", "category", "why"]


@dataclass(frozen=True, slots=True)
class Judged:
    """Restagings in the order of time: their category, or why it is open; and the rows used.

    `frame` has id, patient_id, clock, low, high, row, known_at, category, why; `known_at` is
    the day of the latest row that decided it. `rows` has id, table, row.
    """

    frame: pl.DataFrame
    rows: pl.DataFrame
    findings: tuple[Finding, ...] = ()


def judge_restagings(
    chart: Chart,
    criteria: CriteriaSet,
    *,
    start: pl.DataFrame,
    until: pl.DataFrame | None = None,
    names: Mapping[str, tuple[str, ...]] | None = None,
) -> Judged:
    """Each assessment of the anchoring measure after the start of therapy and before its end.

    A sample of the day on which therapy began was taken before it, and is the value before
    therapy; a sample of the day of `until` (a transplant) still counts. Samples of which partial
    dates leave open on which side they fall are left out.
    """
    known = named_measures(names or {})
    values = value_rows(chart, known[criteria.anchor])
    began = start.filter(pl.col("low").is_not_null()).select(
        "patient_id", "clock", began="low", began_high="high"
    )
    rows = values.rows.join(began, on=["patient_id", "clock"], how="inner")
    after = rows.filter(pl.col("low") > pl.col("began_high"))
    if until is not None:
        ends = until.filter(pl.col("low").is_not_null())
        ends = ends.select("patient_id", "clock", until_low="low")
        after = after.join(ends, on=["patient_id", "clock"], how="left", maintain_order="left")
        after = after.filter(
            pl.col("until_low").is_null() | (pl.col("high") <= pl.col("until_low"))
        ).drop("until_low")
    ordered = after.sort("patient_id", "clock", "low", "high", "row").with_row_index("id")
    anchors = ordered.with_columns(pl.col("id").cast(pl.Int64))
    anchors = _with_lowest(_with_before(anchors, values.rows, began))
    found = collect(chart, criteria, anchors, known)
    days = [c for c in found.frame.columns if c.endswith("_day_high")]
    known_at = pl.max_horizontal("high", *days).alias("known_at")
    judged = found.frame.with_columns(known_at).join(
        judge(found, criteria), on="id", how="left", maintain_order="left"
    )
    return Judged(judged.select(JUDGED), found.rows, (*values.findings, *found.findings))


def _with_before(anchors: pl.DataFrame, values: pl.DataFrame, began: pl.DataFrame) -> pl.DataFrame:
    """The last value on or before the day on which therapy began, beside every restaging."""
    at = began.select("patient_id", "clock", low="began", high="began_high")
    before = look_up(at, values, "on_or_before", by="patient_id")
    ends = before.select(
        "patient_id",
        pl.when(~pl.col("open")).then("least").alias("before_least"),
        pl.when(~pl.col("open")).then("most").alias("before_most"),
    )
    return anchors.join(ends, on="patient_id", how="left", maintain_order="left")


def _with_lowest(anchors: pl.DataFrame) -> pl.DataFrame:
    """The lowest value before each restaging, that before therapy included."""
    return anchors.with_columns(
        pl.min_horizontal(
            pl.col(end).shift(1).cum_min().over("patient_id", "clock"), pl.col(f"before_{end}")
        ).alias(f"lowest_{end}")
        for end in ("least", "most")
    )
