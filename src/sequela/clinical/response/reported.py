"""Response to therapy as clinicians reported it.

The chart's `assessments` hold the judgement (`what = response`) and the state of measurable
residual disease (`what = MRD`).
"""

from __future__ import annotations

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.columns import NOT_EVALUABLE
from sequela.clinical.response.definition import Response
from sequela.clinical.rule_register import ClinicalRule
from sequela.clinical.subjects import Derived

# Best first: complete remission; with incomplete count recovery; partial; none.
RESPONSES = ("CR", "CRi", "PR", "no CR")
MRD_STATES = ("negative", "positive")

RULES = (
    ClinicalRule(
        "response as reported",
        "reported-response-1",
        "The judgement of a clinician in the chart. Of several the best counts (CR, CRi, PR, no "
        "CR; MRD negative, positive), and what is not evaluable only where there is nothing else. "
        "MRD stands beside a remission when it was judged at the same visit.",
        "this project; the judgement and its criteria are the clinicians'",
        ("response",),
    ),
)


def derive_reported(chart: Chart, definition: Response) -> Derived:
    """One judgement a patient; `NE` is not evaluable, no judgement is absent.

    Of several judgements the best counts (CR, CRi, PR, no CR; MRD negative, positive), and what
    is not evaluable only where there is nothing else. MRD stands beside a remission as `MRD-` or
    `MRD+`, taken from the same visit.
    """
    rows = chart["assessments"]
    if definition.timepoint:
        rows = rows.filter(pl.col("timepoint") == definition.timepoint)
    judged = rows.filter(pl.col("what") == definition.what)
    known = RESPONSES if definition.what == "response" else MRD_STATES
    # A word that is not known is a judgement all the same: before none at all.
    order = {name: i for i, name in enumerate(known)} | {NOT_EVALUABLE: len(known) + 1}
    best = (
        judged.with_columns(
            pl.col("value").replace_strict(order, default=len(known)).alias("order")
        )
        .sort("patient_id", "order", "row")
        .unique("patient_id", keep="first", maintain_order=True)
    )
    decided = best.select("patient_id", pl.lit("assessments").alias("table"), "row")
    if definition.with_mrd:
        best, mrd_rows = _with_mrd(rows, best)
        decided = pl.concat([decided, mrd_rows])
    evaluable = pl.col("value") != NOT_EVALUABLE
    values = best.select(
        "patient_id",
        pl.when(evaluable).then("value").alias("value"),
        pl.when(~evaluable).then(pl.lit("not_evaluable")).alias("why"),
        pl.col("when__high").alias("known_at"),
        pl.col("when__clock").alias("known_clock"),
    )
    visit = f"timepoint '{definition.timepoint}'" if definition.timepoint else "best of all"
    method = f"reported {definition.what}, {visit}, criteria {definition.criteria}"
    return Derived("category", values, decided, method)


def _with_mrd(rows: pl.DataFrame, best: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    sign = {"negative": " MRD-", "positive": " MRD+"}
    visit = ["patient_id", "timepoint"]
    remission = best.filter(pl.col("value").str.starts_with("CR"))
    mrd = (
        rows.filter((pl.col("what") == "MRD") & pl.col("value").is_in(list(sign)))
        .join(remission.select(visit), on=visit, how="semi", nulls_equal=True)
        .sort("patient_id", "row")
        .unique("patient_id", keep="last", maintain_order=True)
    )
    joined = best.join(
        mrd.select("patient_id", pl.col("value").replace_strict(sign).alias("mrd")),
        on="patient_id",
        how="left",
        maintain_order="left",
    ).with_columns((pl.col("value") + pl.col("mrd").fill_null("")).alias("value"))
    return joined, mrd.select("patient_id", pl.lit("assessments").alias("table"), "row")
