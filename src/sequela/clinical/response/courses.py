"""The lines of therapy that responses are counted by, each with its best restaging.

A line is a row of `treatments` for induction or salvage with a first day of its own; several rows
of one day are one line. In leukemia such a line is a course of induction.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.response.criteria import CriteriaSet
from sequela.clinical.response.restaging import Judged, judge_restagings
from sequela.clinical.subjects import ROWS_SCHEMA
from sequela.findings import Finding

COUNTED = ("induction", "salvage")


def counted_lines(chart: Chart) -> pl.DataFrame:
    """The counted lines with their number, the first days in order."""
    rows = chart["treatments"].filter(pl.col("intent").is_in(list(COUNTED)))
    lines = rows.select(
        "patient_id",
        pl.col("start__clock").alias("clock"),
        pl.col("start__low").alias("low"),
        pl.col("start__high").alias("high"),
        "intent",
        pl.col("row").cast(pl.Int64),
    ).sort("patient_id", "clock", "low", "row")
    # Drugs of one line that began on one day are one line.
    first = lines.unique(["patient_id", "clock", "low"], keep="first", maintain_order=True)
    return first.with_columns(pl.int_range(1, pl.len() + 1).over("patient_id").alias("number"))


def judge_lines(
    chart: Chart,
    criteria: CriteriaSet,
    *,
    names: Mapping[str, tuple[str, ...]],
    most: int | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame, list[Finding]]:
    """Every dated line with its best category, null where none can be told; rows; findings.

    With `most` only the first so many lines of each patient are judged.
    """
    lines = counted_lines(chart).filter(pl.col("low").is_not_null())
    parts: list[pl.DataFrame] = []
    rows: list[pl.DataFrame] = []
    findings: list[Finding] = []
    last = int(str(lines["number"].max() or 0))
    for number in range(1, 1 + (last if most is None else min(most, last))):
        start = lines.filter(number=number)
        judged = _judged_line(chart, criteria, names, lines=lines, number=number)
        findings += judged.findings
        best = best_restagings(judged, criteria)
        parts.append(
            start.join(best.drop("id"), on="patient_id", how="left", maintain_order="left")
        )
        used = best.join(judged.rows, on="id").select(list(ROWS_SCHEMA))
        given = start.select("patient_id", pl.lit("treatments").alias("table"), "row")
        rows += [part.with_columns(number=pl.lit(number, pl.Int32)) for part in (used, given)]
    if not parts:
        none = lines.with_columns(
            category=pl.lit(None, pl.String), known_at=pl.lit(None, pl.Float64)
        )
        schema = {**ROWS_SCHEMA, "number": pl.Int32}
        return none, pl.DataFrame(schema=schema), findings
    # Every line reads the same values and complains of the same rows.
    once = list(dict.fromkeys(findings))
    return pl.concat(parts).sort("patient_id", "number"), pl.concat(rows), once


def _judged_line(
    chart: Chart,
    criteria: CriteriaSet,
    names: Mapping[str, tuple[str, ...]],
    *,
    lines: pl.DataFrame,
    number: int,
) -> Judged:
    """The restagings of all first (second, ...) lines, judged once for all that ask."""
    return chart.once(
        ("judged lines", criteria.model_dump_json(), tuple(names.items()), number),
        lambda: judge_restagings(
            chart,
            criteria,
            start=lines.filter(number=number),
            until=lines.filter(number=number + 1),
            names=names,
        ),
    )


def best_restagings(judged: Judged, criteria: CriteriaSet) -> pl.DataFrame:
    """The best restaging of each patient, what is open only where it stands alone.

    Columns: patient_id, id, category, known_at.
    """
    rank = {name: number for number, name in enumerate(criteria.best_first)}
    order = pl.col("category").replace_strict(rank, default=len(rank))
    ordered = judged.frame.with_columns(order.alias("order")).sort(
        "patient_id", "order", "low", "id"
    )
    best = ordered.unique("patient_id", keep="first", maintain_order=True)
    return best.select("patient_id", "id", "category", "known_at")


def known_by(lines: pl.DataFrame) -> list[pl.Expr]:
    """When what several lines decide together was known: the latest of them."""
    return [
        pl.col("known_at").max().alias("known_at"),
        pl.col("clock").first().alias("known_clock"),
    ]
