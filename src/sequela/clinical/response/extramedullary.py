"""Disease outside the marrow at a restaging: the last status of each site by then."""

from __future__ import annotations

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.response.measures import Found, Measure, measures, word_finding
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.clinical.timeline import dated_rows

RULES = (
    ClinicalRule(
        "extramedullary",
        "lugano-2014-1",
        "A site of disease is present or absent by the last status that the chart gives it. "
        "Outside the CNS a score of 1, 2 or 3 on the five-point scale is a complete response and "
        "4 or 5 is disease; words such as resolved or progressive say it without a score. A "
        "patient of whom the chart names no site has none.",
        "Cheson BD et al., J Clin Oncol 2014;32(27):3059-3068 (Lugano), as tabulated by two later "
        "articles, which were read; the article itself was not",
        ("response", "moments"),
        (
            Parameter("absent", ", ".join(measures()["extramedullary"].no)),
            Parameter("present", ", ".join(measures()["extramedullary"].yes)),
        ),
        read_first_hand=False,
    ),
)


def site_rows(chart: Chart, measure: Measure) -> Found:
    """Every dated status of a site, as charted; `present` is yes, no, or null: a word not known."""
    words = {w.lower(): True for w in measure.yes} | {w.lower(): False for w in measure.no}
    status = pl.col("status").str.strip_chars().str.to_lowercase()
    rows = dated_rows(chart, "extramedullary").select(
        "patient_id",
        "clock",
        "low",
        "high",
        pl.col("site").str.strip_chars().str.to_lowercase().alias("site"),
        status.replace_strict(words, default=None, return_dtype=pl.Boolean).alias("present"),
        "status",
        pl.col("row").cast(pl.Int64),
    )
    strange = rows.filter(pl.col("present").is_null())
    findings = tuple(
        word_finding(chart, "extramedullary", "status", row, (*measure.yes, *measure.no))
        for row in strange.iter_rows(named=True)
    )
    return Found(rows, findings)


def sites_at(anchors: pl.DataFrame, sites: pl.DataFrame, window_days: float) -> pl.DataFrame:
    """For each anchor whether a site was diseased and whether one was newly so; and the rows.

    `anchors` has id, patient_id, clock, low, high and `began`, the day of therapy. Statuses count
    up to `window_days` after the anchor. A site is new when it is diseased now and was not on or
    before the day of therapy.
    """
    joined = anchors.select("id", "patient_id", "clock", pl.col("high").alias("at"), "began").join(
        sites, on=["patient_id", "clock"], how="inner"
    )
    by_then = joined.filter(pl.col("low") <= pl.col("at") + window_days)
    ordered = by_then.sort("id", "site", "low", "high", "row")
    last = ordered.unique(["id", "site"], keep="last", maintain_order=True)
    before = ordered.filter((pl.col("low") <= pl.col("began")) & pl.col("present"))
    known = before.select("id", "site").unique().with_columns(pl.lit(True).alias("before"))
    both = last.join(known, on=["id", "site"], how="left")
    return both.group_by("id").agg(
        _any(pl.col("present")).alias("present"),
        _any(pl.col("present") & pl.col("before").is_null()).alias("new"),
        pl.col("row").alias("rows"),
        pl.col("high").max().alias("day_high"),
    )


def _any(flag: pl.Expr) -> pl.Expr:
    """Whether any is true; null where none is and one is not known."""
    return flag.any(ignore_nulls=False)
