"""The dose of a drug that was taken: days times daily dose, where rows overlap or not.

1. A row counts from its first to its last day, both of them days on the drug, until the day
   before the moment.
2. Days that several rows with the same daily dose cover count once: one course that is charted
   twice, or in pieces. A note says so.
3. Rows of which one begins on the last day of the other adjoin and do not overlap: that day has
   the dose of the row that begins.
4. Rows that surely overlap at different daily doses leave the dose not evaluable: it cannot be
   told which was taken, or both. A finding names the rows. So do rows in different units.
5. Rows that overlap only because their dates are known in part adjoin somewhere in between: the
   least dose takes the days that are sure, the greatest the larger dose of each day.
"""

from __future__ import annotations

import polars as pl

from sequela.findings import Finding


def doses_taken(spans: pl.DataFrame, file: str) -> tuple[pl.DataFrame, list[Finding]]:
    """The dose of each patient as an interval, why it is unknown, and findings.

    `spans` has patient_id, row, per_day (null where it cannot be read), dose_unit, the first day
    that is sure and possible (short_start, long_start), and the ends of the last day (stop_low,
    stop_high) and of the moment (until_low, until_high). The answer has patient_id, low, high,
    unknown.
    """
    ends = {name: _rows(spans, first, name) for name, first in (("low", "short"), ("high", "long"))}
    sure = _covered(ends["low"].filter("overlaps"))
    apart, once = _pairs(sure, same=False), _pairs(sure, same=True)
    units = _units(spans)
    told = spans.group_by("patient_id", maintain_order=True).agg(
        pl.col("per_day").is_null().any().alias("unread")
    )
    for name, rows in ends.items():
        summed = _summed(rows).rename({"dose": name})
        told = told.join(summed, on="patient_id", how="left", maintain_order="left")
    mixed = [frame.select("patient_id") for frame in (apart, units)]
    in_mixed = pl.col("patient_id").is_in(pl.concat(mixed)["patient_id"].implode())
    frame = told.select(
        "patient_id",
        pl.col("low").fill_null(0.0),
        pl.col("high").fill_null(0.0),
        pl.when("unread")
        .then(pl.lit("missing"))
        .when(in_mixed)
        .then(pl.lit("not_evaluable"))
        .alias("unknown"),
    )
    made = [(_overlap, apart), (_counted_once, once), (_other_unit, units)]
    return frame, [say(file, *pair) for say, pairs in made for pair in pairs.iter_rows()]


def _rows(spans: pl.DataFrame, first: str, last: str) -> pl.DataFrame:
    """The rows that last: patient_id, row, per_day, start, stop; `overlaps` is the patient's.

    `stop` is the day after the last one. Whether any rows of a patient overlap is found first:
    most cohorts have few such patients.
    """
    known = spans.filter(pl.col("per_day").is_not_null())
    began = known.select("patient_id", pl.col(f"{first}_start").alias("day")).unique()
    began = began.with_columns(pl.lit(True).alias("goes_on"))
    ends = known.join(
        began,
        left_on=["patient_id", f"stop_{last}"],
        right_on=["patient_id", "day"],
        how="left",
        maintain_order="left",
    )
    # Another row has the last day; a row of one day begins on it itself.
    given_up = pl.col("goes_on").fill_null(False) & (
        pl.col(f"stop_{last}") > pl.col(f"{first}_start")
    )
    after = pl.col(f"stop_{last}") + pl.when(given_up).then(0.0).otherwise(1.0)
    rows = ends.select(
        "patient_id",
        "row",
        "per_day",
        pl.col(f"{first}_start").alias("start"),
        pl.min_horizontal(after, f"until_{last}").alias("stop"),
    ).filter(pl.col("stop") > pl.col("start"))
    ordered = rows.sort("patient_id", "start", "row")
    reached = pl.col("stop").cum_max().shift(1).over("patient_id")
    begins_early = (pl.col("start") < reached).fill_null(False)
    return ordered.with_columns(begins_early.alias("early")).with_columns(
        pl.col("early").any().over("patient_id").alias("overlaps")
    )


def _covered(rows: pl.DataFrame) -> pl.DataFrame:
    """Every stretch between two ends of rows with each row that covers it.

    Columns: patient_id, at, to, row, per_day. Within a stretch nothing begins or ends.
    """
    ends = [rows.select("patient_id", at=end) for end in ("start", "stop")]
    cuts = pl.concat(ends).unique().sort("patient_id", "at")
    stretches = cuts.with_columns(to=pl.col("at").shift(-1).over("patient_id")).drop_nulls("to")
    joined = stretches.join(rows, on="patient_id", how="inner", maintain_order="left")
    within = (pl.col("start") <= pl.col("at")) & (pl.col("stop") >= pl.col("to"))
    return joined.filter(within).select("patient_id", "at", "to", "row", "per_day")


def _summed(rows: pl.DataFrame) -> pl.DataFrame:
    """Days times daily dose; on days that several rows cover the larger daily dose."""
    by = ["patient_id", "at", "to"]
    covered = _covered(rows.filter("overlaps")).group_by(by, maintain_order=True)
    days = ["patient_id", "per_day", (pl.col("to") - pl.col("at")).alias("days")]
    alone = rows.filter(~pl.col("overlaps")).rename({"start": "at", "stop": "to"})
    both = pl.concat([covered.agg(pl.col("per_day").max()).select(days), alone.select(days)])
    dose = (pl.col("days") * pl.col("per_day")).sum().alias("dose")
    return both.group_by("patient_id", maintain_order=True).agg(dose)


def _pairs(covered: pl.DataFrame, *, same: bool) -> pl.DataFrame:
    """Rows that share a stretch, at the same daily dose or at different ones; each pair once."""
    by = ["patient_id", "at", "to"]
    several = covered.filter(pl.len().over(by) > 1)
    both = several.join(several, on=by, how="inner", suffix="_other")
    equal = pl.col("per_day") == pl.col("per_day_other")
    chosen = both.filter((pl.col("row") < pl.col("row_other")) & (equal if same else ~equal))
    return chosen.select("patient_id", "row", "row_other").unique().sort("row", "row_other")


def _units(spans: pl.DataFrame) -> pl.DataFrame:
    """The first row of a patient, and the first after it whose dose has another unit."""
    known = spans.filter(pl.col("dose_unit").is_not_null()).sort("row")
    first = known.unique("patient_id", keep="first", maintain_order=True)
    both = known.join(
        first.select("patient_id", "dose_unit", "row"), on="patient_id", suffix="_first"
    ).filter(pl.col("dose_unit") != pl.col("dose_unit_first"))
    other = both.sort("row").unique("patient_id", keep="first", maintain_order=True)
    return other.select("patient_id", pl.col("row_first").alias("row"), row_other="row")


def _overlap(file: str, patient: str, row: int, other: int) -> Finding:
    return Finding(
        code="doses-overlap",
        severity="warning",
        file=file,
        row=other,
        column="start",
        patient_id=patient,
        message=f"its days overlap with those of row {row} at another daily dose, so the dose "
        "taken is not evaluable",
        remedy=f"Correct the dates of rows {row} and {other}, or a dose. Where both were taken, "
        "chart the days of both in a row of their own with the sum.",
    )


def _counted_once(file: str, patient: str, row: int, other: int) -> Finding:
    return Finding(
        code="dose-charted-twice",
        severity="note",
        file=file,
        row=other,
        column="start",
        patient_id=patient,
        message=f"its days overlap with those of row {row} at the same daily dose; the days of "
        "both count once",
        remedy="Keep one of the two rows. Where both were taken, chart their sum.",
    )


def _other_unit(file: str, patient: str, row: int, other: int) -> Finding:
    return Finding(
        code="dose-units-differ",
        severity="warning",
        file=file,
        row=other,
        column="dose_unit",
        patient_id=patient,
        message=f"its dose has another unit than that of row {row}, so the dose taken is not "
        "evaluable",
        remedy=f"Give the doses of rows {row} and {other} in one unit.",
    )
