"""The values that restagings are anchored at, with what stood before therapy and the lowest since.

Criteria name one measure, or several in their order: a patient's restagings then stand at the
first of them that was measurable before therapy and has values since, else at the first that has
any. So each visit is one restaging, whichever tests were done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.response.criteria import CriteriaSet
from sequela.clinical.response.light_chains import measured
from sequela.clinical.response.measures import Measure
from sequela.clinical.timeline import look_up
from sequela.findings import Finding

ENDS = ("least", "most", "least_open", "most_open")
HISTORY = tuple(f"{when}_{end}" for when in ("before", "lowest") for end in ("least", "most"))


@dataclass(frozen=True, slots=True)
class Anchors:
    """What counts, a line a restaging; what may count (`unplaced`); and findings.

    `counted` has id, patient_id, clock, low, high, row, rows, began, began_high, the ends of the
    value, those before therapy and of the lowest since, and `own`, the measure it is of.
    """

    counted: pl.DataFrame
    unplaced: pl.DataFrame
    findings: tuple[Finding, ...]


def find_anchors(
    chart: Chart,
    criteria: CriteriaSet,
    known: Mapping[str, Measure],
    began: pl.DataFrame,
    until: pl.DataFrame | None,
) -> Anchors:
    """The restagings between the start (`began`, `began_high`) and the end of therapy."""
    counted, unplaced, findings = [], [], list[Finding]()
    first: pl.DataFrame | None = None
    names = (criteria.anchor, *criteria.or_anchors)
    parts = {name: measured(chart, name, known) for name in names}
    placed = {name: place_rows(found.rows, began, until) for name, found in parts.items()}
    if criteria.or_anchors:
        first = _first(chart, criteria, known, began, placed)
    for name in names:
        findings += parts[name].findings
        rows = placed[name]
        if first is not None:
            chosen = first.filter(own=name)
            rows = rows.join(chosen, on=["patient_id", "clock"], how="semi", maintain_order="left")
        sure = rows.filter("counts").drop("counts")
        counted.append(with_history(sure, parts[name].rows, began).with_columns(own=pl.lit(name)))
        unplaced.append(rows.filter(pl.col("counts").is_null()))
    ordered = pl.concat(counted).sort("patient_id", "clock", "low", "high", "row")
    anchors = ordered.with_row_index("id").with_columns(pl.col("id").cast(pl.Int64))
    return Anchors(anchors, pl.concat(unplaced), tuple(findings))


def _first(
    chart: Chart,
    criteria: CriteriaSet,
    known: Mapping[str, Measure],
    began: pl.DataFrame,
    placed: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """For each patient and clock the measure that the restagings stand at: `own`."""
    by = ["patient_id", "clock"]
    candidates = []
    for number, (name, rows) in enumerate(placed.items()):
        needed = criteria.requirement[criteria.measurable[name]]
        before = before_therapy(measured(chart, needed.measure, known).rows, began)
        enough = before.filter(pl.col("before_least") >= needed.value).select(*by)
        having = rows.select(by).unique()
        was = having.join(enough.with_columns(was=pl.lit(True)), on=by, how="left")
        order = pl.when("was").then(number).otherwise(number + len(placed)).alias("order")
        candidates.append(was.select(*by, order, pl.lit(name).alias("own")))
    ordered = pl.concat(candidates).sort(*by, "order")
    return ordered.unique(by, keep="first", maintain_order=True).select(*by, "own")


def with_history(rows: pl.DataFrame, values: pl.DataFrame, began: pl.DataFrame) -> pl.DataFrame:
    """Rows after the start with the value before therapy, and the lowest before each of them."""
    by = ["patient_id", "clock"]
    before = before_therapy(values, began).select(*by, "before_least", "before_most")
    ordered = rows.sort(*by, "low", "high", "row").join(
        before, on=by, how="left", maintain_order="left"
    )
    return ordered.with_columns(
        pl.min_horizontal(pl.col(end).shift(1).cum_min().over(by), pl.col(f"before_{end}")).alias(
            f"lowest_{end}"
        )
        for end in ("least", "most")
    )


def before_therapy(rows: pl.DataFrame, began: pl.DataFrame) -> pl.DataFrame:
    """The last value, or flag, on or before the day on which therapy began, a line a patient."""
    at = began.select("patient_id", "clock", low="began", high="began_high").unique()
    found = look_up(at, rows, "on_or_before", by="patient_id")
    ends = [c for c in ("least", "most", "flag") if c in rows.columns]
    return found.select(
        "patient_id",
        "clock",
        *(pl.when(~pl.col("open")).then(c).alias(f"before_{c}") for c in ends),
        "table",
        "rows",
    )


def place_rows(rows: pl.DataFrame, began: pl.DataFrame, until: pl.DataFrame | None) -> pl.DataFrame:
    """The rows that may count, and whether each `counts`; null where dates leave it open."""
    rows = rows.join(began, on=["patient_id", "clock"], how="inner")
    after = (
        pl.when(pl.col("low") > pl.col("began_high"))
        .then(True)
        .when(pl.col("high") <= pl.col("began"))
        .then(False)
    )
    by_then: pl.Expr = pl.lit(True)
    if until is not None:
        ends = until.select("patient_id", until_clock="clock", ends="low", ends_high="high")
        rows = rows.join(
            ends.with_columns(has_end=pl.lit(True)),
            on="patient_id",
            how="left",
            maintain_order="left",
        )
        linked = pl.col("until_clock") == pl.col("clock")
        by_then = (
            pl.when(pl.col("has_end").is_null())
            .then(True)
            .when(linked & (pl.col("high") <= pl.col("ends")))
            .then(True)
            .when(linked & (pl.col("low") > pl.col("ends_high")))
            .then(False)
        )
    rows = rows.with_columns((after & by_then).alias("counts"))
    rows = rows.filter(pl.col("counts").fill_null(True))
    return rows.drop("until_clock", "ends", "ends_high", "has_end", strict=False)
