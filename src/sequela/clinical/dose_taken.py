"""The dose of a drug that was taken: days times daily dose, where rows overlap or not.

1. Days that several rows with the same daily dose cover count once: one course that is charted
   twice, or in pieces. A note says so.
2. Rows that meet on a day adjoin and do not overlap.
3. Rows that surely overlap at different daily doses leave the dose not evaluable: it cannot be
   told which was taken, or both. A finding names the rows. So do rows in different units.
4. Rows that overlap only because their dates are known in part adjoin somewhere in between: the
   least dose takes the days that are sure, the greatest the larger dose of each day.
"""

from __future__ import annotations

import polars as pl

from sequela.findings import Finding


def doses_taken(spans: pl.DataFrame, file: str) -> tuple[pl.DataFrame, list[Finding]]:
    """The dose of each patient as an interval, why it is unknown, and findings.

    `spans` has patient_id, row, per_day (null where it cannot be read), dose_unit, and the days
    that are sure (short_start, short_stop) and possible (long_start, long_stop). The answer has
    patient_id, low, high, unknown.
    """
    ends = {name: _rows(spans, which) for name, which in (("low", "short"), ("high", "long"))}
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


def _rows(spans: pl.DataFrame, which: str) -> pl.DataFrame:
    """The rows that last: patient_id, row, per_day, start, stop; `overlaps` is the patient's.

    Whether any rows of a patient overlap is found first: most cohorts have few such patients.
    """
    rows = spans.select(
        "patient_id",
        "row",
        "per_day",
        pl.col(f"{which}_start").alias("start"),
        pl.col(f"{which}_stop").alias("stop"),
    ).filter((pl.col("stop") > pl.col("start")) & pl.col("per_day").is_not_null())
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
