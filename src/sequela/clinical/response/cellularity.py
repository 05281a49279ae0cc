"""The cellularity of a marrow: the pathologist's word, or a percentage beside the patient's age.

The rule `cellularity-1`. A percentage is approximately normal when it is at least the lower end of
normal at the patient's age; more than normal is, as the word hypercellular is. Where the age is
not known, or not well enough, it is told only when it makes no difference. A word comes first; a
percentage that says otherwise is a finding.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.time import CALENDAR, DAYS_IN, TIME_ZERO
from sequela.clinical.response.criteria import AgeBand
from sequela.clinical.response.measures import PERCENT, Found, Measure, plain, value_rows
from sequela.clinical.timeline import dated_rows, look_up
from sequela.findings import Finding

_KEPT = ["patient_id", "clock", "low", "high", "least", "most", "most_open", "row", "rows"]


def percent_rows(chart: Chart, measure: Measure, bands: Sequence[AgeBand]) -> Found:
    """Every dated percentage with its `flag` (whether it is normal for the age) and its table."""
    found = value_rows(chart, measure)
    numbers = found.rows.select(*_KEPT, pl.lit("measurements").alias("table"))
    rows = pl.concat([numbers, _written(chart, measure)], how="vertical_relaxed")
    aged = rows.join(_people(chart), on="patient_id", how="left", maintain_order="left")
    flagged = aged.with_columns(*_age()).with_columns(_normal(bands).alias("flag"))
    return Found(flagged.select(*_KEPT, "table", "flag"), found.findings)


def _written(chart: Chart, measure: Measure) -> pl.DataFrame:
    """Percentages that stand among the assessments, such as `30 %` or `30-40 %`."""
    rows = dated_rows(chart, "assessments").filter(
        plain("what").is_in([name.lower() for name in measure.assessments])
        & pl.col("value").str.contains(PERCENT)
    )
    ends = pl.col("value").str.extract_groups(PERCENT)
    least = ends.struct.field("1").cast(pl.Float64)
    return rows.select(
        "patient_id",
        "clock",
        "low",
        "high",
        least.alias("least"),
        pl.coalesce(ends.struct.field("2").cast(pl.Float64), least).alias("most"),
        pl.lit(False).alias("most_open"),
        pl.col("row").cast(pl.Int64),
        pl.concat_list(pl.col("row").cast(pl.Int64)).alias("rows"),
        pl.lit("assessments").alias("table"),
    )


def _people(chart: Chart) -> pl.DataFrame:
    """Births, and ages in completed years at a moment, by default the patient's time zero."""
    given = pl.col("age_when").is_not_null()
    return chart["patients"].select(
        "patient_id",
        "birth__low",
        "birth__high",
        "birth__clock",
        pl.col("age__low").alias("age"),
        pl.when(given).then("age_when__low").otherwise(0.0).alias("aged_low"),
        pl.when(given).then("age_when__high").otherwise(0.0).alias("aged_high"),
        pl.when(given).then("age_when__clock").otherwise(pl.lit(TIME_ZERO)).alias("aged_clock"),
    )


def _age() -> list[pl.Expr]:
    """The least and the most completed years on the day of the sample; null where not known."""
    year = DAYS_IN["years"]
    born = pl.col("birth__clock") == pl.col("clock")
    aged = pl.col("aged_clock") == pl.col("clock")
    least = (pl.col("age") + (pl.col("low") - pl.col("aged_high")) / year).floor()
    most = (pl.col("age") + 1 + (pl.col("high") - pl.col("aged_low")) / year).ceil() - 1
    return [
        pl.when(born).then(_years("birth__high", "low")).when(aged).then(least).alias("age_least"),
        pl.when(born).then(_years("birth__low", "high")).when(aged).then(most).alias("age_most"),
    ]


def _years(birth: str, at: str) -> pl.Expr:
    """The birthdays between two days: by the calendar there, else in years of 365.25 days."""
    first, last = (pl.col(name).cast(pl.Int32, strict=False).cast(pl.Date) for name in (birth, at))
    before = last.dt.month() * 100 + last.dt.day() < first.dt.month() * 100 + first.dt.day()
    exact = last.dt.year() - first.dt.year() - before.cast(pl.Int32)
    lengths = ((pl.col(at) - pl.col(birth)) / DAYS_IN["years"]).floor()
    return pl.when(pl.col("clock") == CALENDAR).then(exact.cast(pl.Float64)).otherwise(lengths)


def _normal(bands: Sequence[AgeBand]) -> pl.Expr:
    """Whether a percentage is normal; null where the age or the value leaves it open."""
    ends = [*(band.from_age for band in bands[1:]), float("inf")]
    needed = [
        pl.when(
            (pl.lit(band.from_age) <= pl.col("age_most").fill_null(float("inf")))
            & (pl.col("age_least").fill_null(0.0) < end)
        ).then(band.at_least)
        for band, end in zip(bands, ends, strict=True)
    ]
    most_needed, least_needed = pl.max_horizontal(needed), pl.min_horizontal(needed)
    under = (pl.col("most") < least_needed) | (
        (pl.col("most") == least_needed) & pl.col("most_open")
    )
    return pl.when(pl.col("least") >= most_needed).then(True).when(under).then(False)


def cellularity_at(
    moments: pl.DataFrame, words: pl.DataFrame, percents: pl.DataFrame, window_days: float
) -> pl.DataFrame:
    """The cellularity at each restaging, a line each that has any: id, flag, day, table, rows.

    `word`, `word_row` and `counted` keep what each said, so that differences can be told.
    """
    said = _near(moments, words.with_columns(table=pl.lit("assessments")), window_days)
    found = _near(moments, percents, window_days)
    both = said.join(found, on="id", how="full", coalesce=True, suffix="_counted")
    by_word = pl.col("flag").is_not_null() | pl.col("rows_counted").is_null()
    chosen = [
        pl.when(by_word).then(name).otherwise(f"{name}_counted").alias(name)
        for name in ("day_low", "day_high", "table", "rows")
    ]
    return both.select(
        "id",
        pl.coalesce("flag", "flag_counted").alias("flag"),
        *chosen,
        pl.col("flag").alias("word"),
        pl.col("row").alias("word_row"),
        pl.col("flag_counted").alias("counted"),
    ).sort("id")


def _near(moments: pl.DataFrame, rows: pl.DataFrame, window_days: float) -> pl.DataFrame:
    near = look_up(moments, rows, "nearest", within_days=window_days, by="id")
    return near.select(
        "id",
        pl.when(~pl.col("open")).then("flag").alias("flag"),
        pl.col("low").alias("day_low"),
        pl.col("high").alias("day_high"),
        "table",
        "row",
        "rows",
    )


def differing(chart: Chart, at: pl.DataFrame, moments: pl.DataFrame) -> list[Finding]:
    """A finding where the word and the percentage of one marrow say different things."""
    rows = at.filter(pl.col("word") != pl.col("counted")).join(
        moments.select("id", "patient_id"), on="id"
    )
    rows = rows.sort("word_row").unique("word_row", keep="first", maintain_order=True)
    return [
        Finding(
            code="cellularity-differs",
            severity="warning",
            file=chart.files.get("assessments", "assessments.csv"),
            row=row,
            column="value",
            patient_id=patient,
            message="the word on the cellularity of this marrow is not what its percentage makes "
            "at the patient's age",
            remedy="The word is used. Correct the one that is wrong, or set the numbers that are "
            "normal (`thresholds`).",
        )
        for patient, row in rows.select("patient_id", "word_row").iter_rows()
    ]
