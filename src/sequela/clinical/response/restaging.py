"""Every restaging of a patient, judged by a criteria set, with the rows that decided it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.response.anchors import find_anchors
from sequela.clinical.response.collect import collect, named_measures
from sequela.clinical.response.criteria import CriteriaSet
from sequela.clinical.response.judge import judge
from sequela.findings import Finding

UNPLACED = "not surely between the start and the end of therapy"
JUDGED = ["id", "patient_id", "clock", "low", "high", "row", "known_at", "category", "why"]


@dataclass(frozen=True, slots=True)
class Judged:
    """Restagings in the order of time: their category, or why it is open; and the rows used.

    `frame` has id, patient_id, clock, low, high, row, known_at, category, why; `known_at` is
    the day of the latest row that decided it. A restaging whose dates leave open whether it
    counts is among them, without a category. `rows` has id, table, row.
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
    therapy; a sample of the day of `until` (a transplant) still counts. A sample of which partial
    or missing dates leave open on which side of either it falls is a finding; its restaging is
    open, and not evaluable where it stands alone.
    """
    known = named_measures(names or {})
    began = start.filter(pl.col("low").is_not_null()).select(
        "patient_id", "clock", began="low", began_high="high"
    )
    anchors = find_anchors(chart, criteria, known, began, until)
    found = collect(chart, criteria, anchors.counted, known)
    days = [c for c in found.frame.columns if c.endswith("_day_high")]
    known_at = pl.max_horizontal("high", *days).alias("known_at")
    judged = found.frame.with_columns(known_at).join(
        judge(found, criteria), on="id", how="left", maintain_order="left"
    )
    unplaced = _unplaced(anchors.unplaced, judged.height)
    both = pl.concat([judged.select(JUDGED), unplaced.select(JUDGED)])
    ordered = both.sort("patient_id", "clock", "low", "high", "row")
    rows = pl.concat([found.rows, _measured(unplaced)])
    open_ = _not_placed(chart, unplaced)
    return Judged(ordered, rows, (*anchors.findings, *found.findings, *open_))


def judge_once(
    chart: Chart,
    criteria: CriteriaSet,
    *,
    start: pl.DataFrame,
    until: pl.DataFrame | None = None,
    names: Mapping[str, tuple[str, ...]] | None = None,
) -> Judged:
    """The same, judged once for all moments and columns that ask between the same moments."""
    asked = (criteria.model_dump_json(), tuple((names or {}).items()), id(start), id(until))
    # Start and end are kept with what was judged, so that no others can have their id.
    made = chart.once(
        ("restagings", *asked),
        lambda: (
            judge_restagings(chart, criteria, start=start, until=until, names=names),
            start,
            until,
        ),
    )
    return made[0]


def _unplaced(rows: pl.DataFrame, first: int) -> pl.DataFrame:
    """Restagings that may not count: open, with numbers from `first` on."""
    return rows.with_columns(
        pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("id"),
        pl.col("high").alias("known_at"),
        pl.lit(None, pl.String).alias("category"),
        pl.lit(UNPLACED).alias("why"),
    )


def _measured(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.explode("rows").select("id", pl.lit("measurements").alias("table"), row="rows")


def _not_placed(chart: Chart, rows: pl.DataFrame) -> list[Finding]:
    return [
        Finding(
            code="restaging-not-placed",
            severity="warning",
            file=chart.files.get("measurements", "measurements.csv"),
            row=row,
            column="when",
            patient_id=patient,
            message="the dates leave open whether this sample was taken between the start and the "
            "end of the therapy that counts, so its restaging is not evaluable",
            remedy="Give the days of the sample and of the therapy as exactly as they are known.",
        )
        for patient, row in rows.select("patient_id", "row").iter_rows()
    ]
