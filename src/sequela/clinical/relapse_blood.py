"""Blasts that reappear in the blood after a remission, and whether a second sample is needed.

The criteria say how many samples make a relapse. One: the first sample with blasts. Two: blasts in
two samples at least so many days apart with no sample free of them between; the day is that of
the first. A lone sample that no later one confirms or refutes is open: it is neither a relapse
nor free of one, and a finding says so.
"""

from __future__ import annotations

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.response.comparisons import above
from sequela.findings import Finding

UNCONFIRMED = "relapse-not-confirmed"


def blasts_reappeared(rows: pl.DataFrame, *, samples: int, days_apart: float) -> pl.DataFrame:
    """Samples of blood after a remission with `found`, and whether a confirmation is `awaited`.

    `rows` has patient_id, clock, low, high, row and the ends of the value (`least`, `most`,
    `least_open`). `found` is yes, no, or null where blasts were seen and not confirmed, or where
    it cannot be told whether they were (`<1`). `awaited` marks samples with blasts after which no
    sample was free of them and none confirms them.
    """
    if samples <= 1:
        return rows.with_columns(above(pl.col, 0.0).alias("found"), pl.lit(False).alias("awaited"))
    by = ["patient_id", "clock"]
    ordered = rows.sort(*by, "low", "high", "row").with_columns(above(pl.col, 0.0).alias("seen"))
    # A sample without blasts ends a run of those that have them.
    run = (~pl.col("seen")).fill_null(False).cast(pl.Int64).cum_sum().over(by)
    ordered = ordered.with_columns(run.alias("run"))
    within = [*by, "run"]
    first = pl.col("high").filter(pl.col("seen")).min().over(within)
    last = pl.col("low").filter(pl.col("seen")).max().over(within)
    enough = pl.col("seen").sum().over(within) >= samples
    confirmed = enough & ((last - first) >= days_apart)
    refuted = pl.col("run") < pl.col("run").max().over(by)
    return ordered.with_columns(
        pl.when(pl.col("seen") & confirmed)
        .then(True)
        .when(~pl.col("seen"))
        .then(False)
        .alias("found"),
        (pl.col("seen") & ~confirmed & ~refuted).fill_null(False).alias("awaited"),
    ).drop("seen", "run")


def unconfirmed_findings(
    chart: Chart, judged: pl.DataFrame, *, samples: int, days_apart: float
) -> tuple[Finding, ...]:
    """A finding for the last sample of a patient that awaits its confirmation."""
    last = judged.filter("awaited").unique("patient_id", keep="last", maintain_order=True)
    return tuple(
        Finding(
            code=UNCONFIRMED,
            severity="warning",
            file=chart.files.get("measurements", "measurements.csv"),
            row=row,
            column="value",
            patient_id=patient,
            message="blasts are in the blood after a remission, and no later sample confirms or "
            f"refutes them; the criteria ask for {samples} samples at least {days_apart:g} days "
            "apart, so this is neither a relapse nor free of one",
            remedy="Chart the next blood count or marrow. To count a single sample, set "
            "`thresholds = { relapse_blood_samples = 1 }`.",
        )
        for patient, row in last.select("patient_id", "row").iter_rows()
    )
