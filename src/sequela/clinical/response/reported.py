"""Response to therapy as clinicians reported it.

The chart's `assessments` hold the judgement (`what = response`) and the state of measurable
residual disease (`what = MRD`).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.columns import NOT_EVALUABLE
from sequela.clinical.mrd.records import STATES
from sequela.clinical.response.definition import Response
from sequela.clinical.rule_register import ClinicalRule
from sequela.clinical.subjects import Derived
from sequela.clinical.timeline import look_up
from sequela.findings import Finding

# Best first, over the categories of all criteria and the words that charts use beside them.
RESPONSES = (
    "sCR",
    "CR",
    "CRh",
    "CRi",
    "MLFS",
    "VGPR",
    "PR",
    "MR",
    "no CR",
    "no remission",
    "SD",
    "stable disease",
    "no response",
    "refractory",
    "PD",
    "progressive disease",
    "induction death",
)

RULES = (
    ClinicalRule(
        "response as reported",
        "reported-response-2",
        "The judgement of a clinician in the chart. Of several the best counts: "
        f"{', '.join(RESPONSES)}; for MRD {', '.join(STATES)}. A word that is not known stands "
        "behind these, and what is not evaluable counts only where there is nothing else. A "
        "judgement whose date lies on or before `start`, or after `until`, does not count; one "
        "without a date does. MRD stands beside a remission when it was judged at the same visit.",
        "this project; the judgement and its criteria are the clinicians'",
        ("response",),
    ),
)

Moments = Mapping[str, pl.DataFrame]


def derive_reported(
    chart: Chart, definition: Response, moments: Moments
) -> tuple[Derived, list[Finding]]:
    """One judgement a patient; `NE` is not evaluable, no judgement is absent.

    Of several judgements the best counts, or with `at` the one that is nearest (`pick`), and
    what is not evaluable only where there is nothing else. MRD stands beside a remission as
    `MRD-` or `MRD+`, taken from the same visit. A word that is not known is a finding where
    it had to be compared with another.
    """
    rows = _in_time(chart["assessments"], definition, moments)
    if definition.timepoint:
        rows = rows.filter(pl.col("timepoint") == definition.timepoint)
    judged = rows.filter(pl.col("what") == definition.what)
    best = _at(judged, definition, moments) if definition.at else _best(judged, definition)
    decided = best.select("patient_id", pl.lit("assessments").alias("table"), "row")
    if definition.with_mrd:
        best, mrd_rows = _with_mrd(rows, best)
        decided = pl.concat([decided, mrd_rows])
    evaluable = (pl.col("value") != NOT_EVALUABLE) & ~pl.col("open")
    values = best.select(
        "patient_id",
        pl.when(evaluable).then("value").alias("value"),
        pl.when(~evaluable).then(pl.lit("not_evaluable")).alias("why"),
        "known_at",
        pl.col("when__clock").alias("known_clock"),
    )
    derived = Derived("category", values, decided, method_of(definition))
    return derived, [] if definition.at else _unranked(chart, judged, definition)


def method_of(definition: Response) -> str:
    """How a reported response came about, for the report."""
    which = f"timepoint '{definition.timepoint}'" if definition.timepoint else "best of all"
    if definition.at:
        which = f"{definition.pick.replace('_', ' ')} {definition.at.replace('_', ' ')}"
    start, until = (word.replace("_", " ") for word in (definition.start, definition.until))
    after = f", after {start}" if start else ""
    before = f", until {until}" if until else ""
    return f"reported {definition.what}, {which}{after}{before}, criteria {definition.criteria}"


def _words(definition: Response) -> tuple[str, ...]:
    return RESPONSES if definition.what == "response" else STATES


def _in_time(rows: pl.DataFrame, definition: Response, moments: Moments) -> pl.DataFrame:
    """The judgements without those whose dates lie outside `start` and `until`.

    The day of `start` itself lies outside it, the day of `until` within, as for a computed
    response. A judgement without a date, or on another clock, stays.
    """
    for name, outside in (
        (definition.start, pl.col("when__low") <= pl.col("bound_high")),
        (definition.until, pl.col("when__high") > pl.col("bound_low")),
    ):
        if name:
            bound = moments[name].select(
                "patient_id", when__clock="clock", bound_low="low", bound_high="high"
            )
            on = ["patient_id", "when__clock"]
            rows = rows.join(bound, on=on, how="left", maintain_order="left")
            rows = rows.filter(~outside.fill_null(False)).drop("bound_low", "bound_high")
    return rows


def _best(judged: pl.DataFrame, definition: Response) -> pl.DataFrame:
    """One judgement a patient, the best; the earlier row of equally good ones."""
    known = _words(definition)
    # A word that is not known is a judgement all the same: before none at all.
    order = {name: i for i, name in enumerate(known)} | {NOT_EVALUABLE: len(known) + 1}
    return (
        judged.with_columns(
            pl.col("value").replace_strict(order, default=len(known)).alias("order"),
            pl.lit(False).alias("open"),
            pl.col("when__high").alias("known_at"),
        )
        .sort("patient_id", "order", "row")
        .unique("patient_id", keep="first", maintain_order=True)
    )


def _at(judged: pl.DataFrame, definition: Response, moments: Moments) -> pl.DataFrame:
    """The judgement at the moment that is meant; only dated ones can be placed."""
    at = moments[definition.at].filter(pl.col("low").is_not_null())
    dated = judged.filter(pl.col("when__low").is_not_null()).with_columns(
        low="when__low", high="when__high", clock="when__clock"
    )
    found = look_up(
        at.select("patient_id", "clock", "low", "high"),
        dated,
        definition.pick,
        within_days=definition.within_days,
        by="patient_id",
    )
    return found.with_columns(pl.max_horizontal("high", "at_high").alias("known_at"))


def _unranked(chart: Chart, judged: pl.DataFrame, definition: Response) -> list[Finding]:
    """Words that are not known, of patients with another judgement to compare them with."""
    known = [*_words(definition), NOT_EVALUABLE]
    several = judged.filter(pl.col("value").n_unique().over("patient_id") > 1)
    strange = several.filter(~pl.col("value").is_in(known))
    return [
        Finding(
            code="judgement-not-ranked",
            severity="warning",
            file=chart.files.get("assessments", "assessments.csv"),
            row=row,
            column="value",
            patient_id=patient,
            value=value,
            message="this judgement is none that the rule knows, so it counts as worse than any "
            "that it knows",
            remedy=f"Write it as one of: {', '.join(known)}.",
        )
        for row, patient, value in strange.select("row", "patient_id", "value").iter_rows()
    ]


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
