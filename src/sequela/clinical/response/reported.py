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
from sequela.clinical.response.agreement import not_placed
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
    "relapse",
    "induction death",
)

RULES = (
    ClinicalRule(
        "response as reported",
        "reported-response-3",
        "The judgement of a clinician in the chart. Of several the best counts: "
        f"{', '.join(RESPONSES)}; for MRD {', '.join(STATES)}. A word that is not known stands "
        "behind these, and what is not evaluable counts only where there is nothing else. A "
        "judgement whose date lies on or before `start`, or after `until`, does not count. One "
        "without a date counts where only `start` is given, as a response is one to a therapy; "
        "where a patient has the moment `until` it does not, as nothing shows that it came "
        "before. What is not counted for want of a date is a finding, and not evaluable where it "
        "stands alone. MRD stands beside a remission when it was judged at the same visit.",
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
    rows = judgements(chart, definition, moments)
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
    findings = _not_placed(chart, judged)
    placed = judged.filter("counts")
    return derived, findings + ([] if definition.at else _unranked(chart, placed, definition))


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


def judgements(chart: Chart, definition: Response, moments: Moments) -> pl.DataFrame:
    """What clinicians judged that a column may count, with `counts`; false for want of a date.

    Those surely outside `start` and `until` are left out: the day of `start` itself lies outside,
    the day of `until` within, as for a computed response. A judgement without a date, or on
    another clock, is taken to come after `start`, and cannot be shown to come before `until`.
    """
    rows = chart["assessments"]
    if definition.timepoint:
        rows = rows.filter(pl.col("timepoint") == definition.timepoint)
    rows = rows.with_columns(counts=pl.lit(True))
    for name, counts in ((definition.start, _after), (definition.until, _until)):
        if name:
            bound = moments[name].select(
                "patient_id",
                bound_clock="clock",
                bound_low="low",
                bound_high="high",
                bound=pl.lit(True),
            )
            rows = rows.join(bound, on="patient_id", how="left", maintain_order="left")
            known = counts(pl.col("when__clock") == pl.col("bound_clock"))
            counted = pl.when(pl.col("bound")).then(known).otherwise(True)
            rows = rows.with_columns(counts=pl.col("counts") & counted)
            rows = rows.select(pl.exclude("bound", "bound_clock", "bound_low", "bound_high"))
    return rows.filter(pl.col("counts").fill_null(True)).with_columns(
        pl.col("counts").fill_null(False)
    )


def _after(linked: pl.Expr) -> pl.Expr:
    """Whether a judgement comes after the start; null where partial dates leave it open."""
    before = linked & (pl.col("when__high") <= pl.col("bound_low"))
    open_ = linked & (pl.col("when__low") <= pl.col("bound_high"))
    return pl.when(before.fill_null(False)).then(False).when(~open_.fill_null(False)).then(True)


def _until(linked: pl.Expr) -> pl.Expr:
    """Whether a judgement comes no later than the end; null where nothing shows it."""
    return (
        pl.when(linked & (pl.col("when__high") <= pl.col("bound_low")))
        .then(True)
        .when(linked & (pl.col("when__low") > pl.col("bound_high")))
        .then(False)
    )


def _not_placed(chart: Chart, judged: pl.DataFrame) -> list[Finding]:
    """Judgements that do not count because nothing shows on which side of a moment they fall."""
    return [
        not_placed(
            chart,
            row,
            patient,
            remedy="Date it, or choose the visit by its words (`timepoint`) and leave out `until`.",
        )
        for row, patient in judged.filter(~pl.col("counts")).select("row", "patient_id").iter_rows()
    ]


def _best(judged: pl.DataFrame, definition: Response) -> pl.DataFrame:
    """One judgement a patient, the best; the earlier row of equally good ones."""
    known = _words(definition)
    # A word that is not known is a judgement all the same: before none at all.
    order = {name: i for i, name in enumerate(known)} | {NOT_EVALUABLE: len(known) + 1}
    return (
        judged.with_columns(
            pl.col("value").replace_strict(order, default=len(known)).alias("order"),
            (~pl.col("counts")).alias("open"),
            pl.col("when__high").alias("known_at"),
        )
        .sort("patient_id", "open", "order", "row")
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
    open_ = pl.col("open") | ~pl.col("counts")
    return found.with_columns(pl.max_horizontal("high", "at_high").alias("known_at"), open=open_)


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
    visit = ["patient_id", "timepoint", "day"]
    # The words of a visit name it; without them its day does.
    day = pl.when(pl.col("timepoint").is_null()).then("when__low").alias("day")
    remission = best.filter(pl.col("value").str.starts_with("CR") & pl.col("counts"))
    found = (pl.col("what") == "MRD") & pl.col("value").is_in(list(sign)) & pl.col("counts")
    mrd = (
        rows.filter(found)
        .with_columns(day)
        .join(
            remission.select("patient_id", "timepoint", day), on=visit, how="semi", nulls_equal=True
        )
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
