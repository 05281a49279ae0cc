"""Every dated row of a patient in one order, and the look-ups that all criteria use.

**The order.** A patient's rows are ordered on each clock by the day on which they began at the
earliest; where that is equal, what is known more precisely stands first. Rows of one day have
this order, whichever file they stand in:

1. what was found that day (diagnoses, specimens, measurements, populations, extramedullary,
   assessments): a sample of a day was taken before the therapy of that day;
2. what was done that day (exposures, treatments, transplants);
3. what happened that day (events), and last the follow-up.

Within one table rows keep the order of the file.

**The look-ups.** `look_up` takes moments (one or many a patient) and dated rows, and gives for
each moment the row asked for: the `first` or `last` of all, the last `on_or_before` it, the
first `on_or_after` it, or the `nearest` to it, none farther away than `within_days`; a row
exactly `within_days` away counts. Of two rows equally near the one on or before the moment is
nearer; of several rows of one day the last in the file counts, as a correction stands below what
it corrects. `each_within` gives all of them. Moments and rows meet on one clock only.

Times are days and may be intervals (a month without its day). A row counts where all of its days
satisfy the look-up. Where a row that only may satisfy it could take the place of the one that
does, the answer is open: `open` is true, and the caller says not evaluable.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from sequela.chart import schema
from sequela.chart.chart import Chart
from sequela.clinical.rule_register import ClinicalRule

Pick = Literal["first", "last", "on_or_before", "on_or_after", "nearest"]

RULES = (
    ClinicalRule(
        "timeline",
        "timeline-1",
        "The order of all dated rows of a patient: by their earliest day, the more precise first; "
        "on one day what was found stands before what was done, and that before what happened; "
        "within a table the order of the file. Of two values equally near to a moment the one on "
        "or before it counts; of several values of one day the last in the file.",
        "this project; a sample of a day is taken before the therapy of that day",
        ("look_up", "response", "moments"),
    ),
)

_FOUND = ("diagnoses", "specimens", "measurements", "populations", "extramedullary", "assessments")
_DONE = ("exposures", "treatments", "transplants")
_HAPPENED = ("events",)
_LAST = ("followup",)
RANK_ON_A_DAY = {
    name: rank for rank, names in enumerate((_FOUND, _DONE, _HAPPENED, _LAST)) for name in names
}

TIMELINE_SCHEMA: dict[str, type[pl.DataType]] = {
    "patient_id": pl.String,
    "clock": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "table": pl.String,
    "column": pl.String,
    "row": pl.Int64,
    "place": pl.Int64,
}


def timeline(chart: Chart) -> pl.DataFrame:
    """All dated rows of the chart in the order of the module's rule.

    Columns: patient_id, clock, low, high (days), table, column (that dates it), row (the line in
    the file), and `place`, which counts from 1 within a patient and clock. A row with a start and
    a stop stands at its start. Undated rows are left out.
    """
    rows = [
        dated_rows(chart, table.name).select(
            "patient_id",
            "clock",
            "low",
            "high",
            pl.lit(table.name).alias("table"),
            pl.lit(table.moment).alias("column"),
            pl.col("row").cast(pl.Int64),
            pl.lit(number).alias("number"),
            pl.lit(RANK_ON_A_DAY.get(table.name, 0)).alias("rank"),
        )
        for number, table in enumerate(schema.TABLES)
        if table.moment
    ]
    ordered = pl.concat(rows).sort("patient_id", "clock", "low", "high", "rank", "number", "row")
    place = pl.int_range(1, pl.len() + 1).over("patient_id", "clock").alias("place")
    return ordered.with_columns(place.cast(pl.Int64)).select(list(TIMELINE_SCHEMA))


def dated_rows(chart: Chart, table: str) -> pl.DataFrame:
    """The rows of a chart table that have a time, with `low`, `high` and `clock` beside it."""
    return with_days(chart[table], table)


def with_days(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Those of some rows of a chart table that have a time, with `low`, `high` and `clock`."""
    moment = schema.table(table).moment
    return rows.filter(pl.col(f"{moment}__low").is_not_null()).with_columns(
        pl.col(f"{moment}__low").alias("low"),
        pl.col(f"{moment}__high").alias("high"),
        pl.col(f"{moment}__clock").alias("clock"),
    )


def within(rows: pl.DataFrame, pick: Pick, within_days: float | None = None) -> pl.DataFrame:
    """Whether each row may and must satisfy a look-up, from `low`, `high`, `at_low`, `at_high`.

    Adds `surely` and `maybe`, and `near` and `far`: the least and the most days between.
    """
    after, before = pl.col("low") - pl.col("at_high"), pl.col("at_low") - pl.col("high")
    near = pl.max_horizontal(after, before, pl.lit(0.0))
    far = pl.max_horizontal(
        pl.col("high") - pl.col("at_low"), pl.col("at_high") - pl.col("low")
    ).abs()
    surely, maybe = pl.lit(True), pl.lit(True)
    if pick == "on_or_before":
        surely, maybe = pl.col("high") <= pl.col("at_low"), pl.col("low") <= pl.col("at_high")
    if pick == "on_or_after":
        surely, maybe = pl.col("low") >= pl.col("at_high"), pl.col("high") >= pl.col("at_low")
    if within_days is not None:
        surely, maybe = surely & (far <= within_days), maybe & (near <= within_days)
    return rows.with_columns(
        near.alias("near"), far.alias("far"), surely.alias("surely"), maybe.alias("maybe")
    )


def each_within(
    moments: pl.DataFrame, rows: pl.DataFrame, pick: Pick, within_days: float | None = None
) -> pl.DataFrame:
    """Every row that may satisfy a look-up of a moment, one line a moment and row.

    `moments` has patient_id, clock, low, high and whatever else identifies it; its `low` and
    `high` become `at_low` and `at_high`. See `within` for what is added.
    """
    at = moments.rename({"low": "at_low", "high": "at_high"})
    joined = at.join(rows, on=["patient_id", "clock"], how="inner")
    return within(joined, pick, within_days).filter("maybe")


def look_up(
    moments: pl.DataFrame,
    rows: pl.DataFrame,
    pick: Pick,
    *,
    within_days: float | None = None,
    by: str = "moment",
) -> pl.DataFrame:
    """The row asked for, one line a moment that has any: the row's columns, and `open`.

    `moments` has a column `by` that tells its moments apart. `open` says that another row, of
    which it cannot be told, could stand in the place of this one.
    """
    found = each_within(moments, rows, pick, within_days)
    ordered = found.sort(by, *_order(pick), "row", descending=[False, *_descending(pick), True])
    best = ordered.filter("surely").unique(by, keep="first", maintain_order=True)
    uncertain = found.filter(~pl.col("surely") | (pl.col("near") < pl.col("far")))
    rival = _rivals(best, uncertain, pick, by)
    unsure = ordered.join(best, on=by, how="anti").unique(by, keep="first", maintain_order=True)
    return pl.concat(
        [
            best.with_columns(pl.col(by).is_in(rival.implode()).alias("open")),
            unsure.with_columns(pl.lit(True).alias("open")),
        ]
    ).sort(by)


def _rivals(best: pl.DataFrame, uncertain: pl.DataFrame, pick: Pick, by: str) -> pl.Series:
    """The moments for which an uncertain row could stand before the best of the certain ones."""
    chosen = best.select(
        by,
        pl.col("row").alias("best_row"),
        pl.col("low").alias("best_low"),
        pl.col("high").alias("best_high"),
        pl.col("far").alias("best_far"),
    )
    both = uncertain.join(chosen, on=by, how="inner").filter(pl.col("row") != pl.col("best_row"))
    could = {
        "first": pl.col("low") < pl.col("best_high"),
        "on_or_after": pl.col("low") < pl.col("best_high"),
        "last": pl.col("high") > pl.col("best_low"),
        "on_or_before": pl.col("high") > pl.col("best_low"),
        "nearest": pl.col("near") < pl.col("best_far"),
    }[pick]
    return both.filter(could)[by].unique()


def _order(pick: Pick) -> list[pl.Expr]:
    if pick == "nearest":
        return [pl.col("far"), pl.col("low") > pl.col("at_high")]
    return [pl.col("low"), pl.col("high")]


def _descending(pick: Pick) -> list[bool]:
    return [pick in ("last", "on_or_before")] * 2
