"""Residual disease of a patient: at a moment, or the best of all; computed beside reported."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.mrd.definition import Mrd, MrdMoment
from sequela.clinical.mrd.records import (
    LOWER,
    NEGATIVE,
    STATES,
    mrd_records,
    of_populations,
    several_populations,
    state,
    worst_a_day,
)
from sequela.clinical.mrd.visits import compare_runs
from sequela.clinical.response.agreement import Differences, differing, not_placed
from sequela.clinical.response.anchors import place_rows
from sequela.clinical.response.moment import with_free_days
from sequela.clinical.subjects import Derived
from sequela.clinical.timeline import look_up
from sequela.findings import Finding

Moments = Mapping[str, pl.DataFrame]


def runs(
    chart: Chart, definition: Mrd | MrdMoment, moments: Moments
) -> tuple[pl.DataFrame, pl.DataFrame, list[Finding]]:
    """The runs that a definition counts, with their state, between its start and its end.

    Beside them those of which the dates leave open whether they count, without a state, and
    findings.
    """
    records, findings = mrd_records(chart, detection_events=definition.detection_events)
    if definition.method:
        records = records.filter(pl.col("method") == definition.method)
    if definition.denominator:
        records = records.filter(
            pl.col("denominator").str.to_lowercase() == definition.denominator.lower()
        )
    records = of_populations(records, definition.population)
    if not definition.population:
        findings += several_populations(records, chart.files.get("populations", "populations.csv"))
    judged = records.with_columns(state(definition.threshold))
    rows = place_rows(judged, _began(judged, definition, moments), _ended(definition, moments))
    counted = rows.filter("counts").select(judged.columns)
    unplaced = rows.filter(pl.col("counts").is_null()).select(judged.columns)
    findings += _not_placed(chart, unplaced)
    return counted, unplaced.with_columns(state=pl.lit(None, pl.String)), findings


def _began(rows: pl.DataFrame, definition: Mrd | MrdMoment, moments: Moments) -> pl.DataFrame:
    """The day after which runs count; without a start all do."""
    if definition.start:
        start = moments[definition.start].filter(pl.col("low").is_not_null())
        return start.select("patient_id", "clock", began="low", began_high="high")
    always = pl.lit(float("-inf"))
    return rows.select("patient_id", "clock").unique().with_columns(began=always, began_high=always)


def _ended(definition: Mrd | MrdMoment, moments: Moments) -> pl.DataFrame | None:
    return moments[definition.until] if definition.until else None


def _not_placed(chart: Chart, rows: pl.DataFrame) -> list[Finding]:
    return [
        Finding(
            code="run-not-placed",
            severity="warning",
            file=chart.files.get(table, f"{table}.csv"),
            row=row,
            column="when",
            patient_id=patient,
            message="the dates leave open whether this run for residual disease was made within "
            "the time that counts, so it is not evaluable",
            remedy="Give the days of the sample and of the therapy as exactly as they are known.",
        )
        for patient, table, row in rows.select("patient_id", "table", "row").iter_rows()
    ]


def between(rows: pl.DataFrame, start: str, until: str, moments: Moments) -> pl.DataFrame:
    """The rows after the day of one moment and no later than the day of another."""
    on = ["patient_id", "clock"]
    if start:
        began = moments[start].filter(pl.col("low").is_not_null()).select(*on, began="high")
        rows = rows.join(began, on=on, how="inner", maintain_order="left")
        rows = rows.filter(pl.col("low") > pl.col("began")).drop("began")
    if until:
        ended = moments[until].filter(pl.col("low").is_not_null()).select(*on, ended="low")
        rows = rows.join(ended, on=on, how="left", maintain_order="left")
        not_over = pl.col("ended").is_null() | (pl.col("high") <= pl.col("ended"))
        rows = rows.filter(not_over).drop("ended")
    return rows


def derive_mrd(chart: Chart, definition: Mrd, moments: Moments) -> tuple[Derived, list[Finding]]:
    """One state or share a patient by the source that the study names; both are compared."""
    assessed, nowhere = _assessed(chart, definition, moments)
    reported = _state(assessed, definition, moments)
    if definition.source == "reported" and not chart.has("populations"):
        return reported, nowhere
    counted, unplaced, findings = runs(chart, definition, moments)
    findings += nowhere
    mixed = _mixed(counted) if definition.measure == "share" else []
    if definition.measure == "share":
        return _share(counted, definition, moments, mixed=bool(mixed)), findings + mixed
    days = worst_a_day(counted)
    both = pl.concat([days, unplaced.select(days.columns)])
    computed = _state(both, definition, moments)
    dated = assessed.filter(pl.col("low").is_not_null())
    visits = compare_runs(chart, dated, days)
    findings += visits.findings
    findings += _differ(chart, reported, computed, definition.source, told=visits)
    return (computed if definition.source == "computed" else reported), findings


def _assessed(
    chart: Chart, definition: Mrd, moments: Moments
) -> tuple[pl.DataFrame, list[Finding]]:
    """What clinicians judged of residual disease; `NE` is a run that could not be judged.

    Those of which no date shows whether they count have no state, and a finding. As with reported
    responses, one without a date is taken to come after `start`, and cannot be shown to come
    before `until` or near `at`.
    """
    said = chart["assessments"].filter((pl.col("what") == "MRD") & pl.col("value").is_not_null())
    known = said.select(
        "patient_id",
        pl.col("when__clock").alias("clock"),
        pl.col("when__low").alias("low"),
        pl.col("when__high").alias("high"),
        pl.when(pl.col("value").is_in(STATES)).then("value").alias("state"),
        pl.lit("assessments").alias("table"),
        pl.col("row").cast(pl.Int64),
    )
    undated = known.filter(pl.col("low").is_null())
    if definition.start:
        undated = undated.join(moments[definition.start], on="patient_id", how="semi")
    dated = known.filter(pl.col("low").is_not_null())
    placed = place_rows(dated, _began(dated, definition, moments), _ended(definition, moments))
    counted = placed.filter("counts").select(known.columns)
    open_ = placed.filter(pl.col("counts").is_null()).select(known.columns)
    bounded = undated.clear()
    if definition.at:
        bounded = undated
    elif definition.until:
        bounded = undated.join(moments[definition.until], on="patient_id", how="semi")
    free = undated.join(bounded, on="row", how="anti")
    open_ = pl.concat([open_, bounded])
    nowhere = open_.with_columns(state=pl.lit(None, pl.String))
    return pl.concat([counted, free, nowhere]), _judged_nowhere(chart, open_)


def _judged_nowhere(chart: Chart, rows: pl.DataFrame) -> list[Finding]:
    return [
        not_placed(
            chart,
            row,
            patient,
            of=" of residual disease",
            remedy="Give its day as exactly as it is known.",
        )
        for row, patient in rows.select("row", "patient_id").sort("row").iter_rows()
    ]


def _picked(rows: pl.DataFrame, definition: Mrd, moments: Moments) -> pl.DataFrame:
    """One line a patient: the run at the moment, else the best, what is evaluable first."""
    if definition.at:
        at = moments[definition.at].filter(pl.col("low").is_not_null())
        at = at.select("patient_id", "clock", "low", "high")
        dated = rows.filter(pl.col("low").is_not_null())
        found = look_up(
            at, dated, definition.pick, within_days=definition.within_days, by="patient_id"
        )
        return found.with_columns(pl.max_horizontal("high", "at_high").alias("known_at"))
    rank = {name: number for number, name in enumerate(STATES)}
    order = pl.col("state").replace_strict(rank, default=len(rank))
    ordered = rows.with_columns(order.alias("order")).sort("patient_id", "order", "low", "row")
    best = ordered.unique("patient_id", keep="first", maintain_order=True)
    return best.with_columns(open=pl.lit(False), known_at="high")


def _state(rows: pl.DataFrame, definition: Mrd, moments: Moments) -> Derived:
    picked = _picked(rows, definition, moments).with_columns(
        pl.when(~pl.col("open")).then("state").alias("value")
    )
    values = picked.select(
        "patient_id",
        "value",
        pl.when(pl.col("value").is_null()).then(pl.lit("not_evaluable")).alias("why"),
        "known_at",
        pl.col("clock").alias("known_clock"),
    )
    decided = picked.select("patient_id", "table", "row")
    return Derived("category", values, decided, _method(definition), STATES)


def _share(rows: pl.DataFrame, definition: Mrd, moments: Moments, *, mixed: bool) -> Derived:
    """The share in percent; what was not found lies between zero and the run's limit."""
    most = pl.when("found").then("most").otherwise(pl.coalesce("limit", "most"))
    least = pl.when("found").then("least").otherwise(0.0)
    picked = _picked(worst_a_day(rows), definition, moments)
    usable = ~pl.col("open") & pl.lit(not mixed)
    values = picked.select(
        "patient_id",
        pl.when(usable).then(least).alias("low"),
        pl.when(usable).then(most).alias("high"),
        pl.when(~usable).then(pl.lit("not_evaluable")).alias("why"),
        "known_at",
        pl.col("clock").alias("known_clock"),
    )
    decided = picked.filter(usable).select("patient_id", "table", "row")
    return Derived("number", values, decided, _method(definition))


def _mixed(rows: pl.DataFrame) -> list[Finding]:
    """Shares of several denominators are no one number."""
    denominators = rows["denominator"].unique().sort().to_list()
    if len(denominators) < 2:
        return []
    named = ", ".join(d or "none stated" for d in denominators)
    return [
        Finding(
            code="mrd-denominators-mixed",
            severity="warning",
            file="populations.csv",
            column="denominator",
            message=f"shares of residual disease have several denominators ({named}) and cannot "
            "stand in one column",
            remedy="Name one as `denominator`, or take the state, which each run has by its own.",
        )
    ]


def _differ(
    chart: Chart, reported: Derived, computed: Derived, used: str, *, told: Differences
) -> list[Finding]:
    """A clinician's word against the runs; a negative said of a weaker run differs too.

    What a finding of the visit tells already (`told`) is not told again.
    """
    both = (
        reported.values.select("patient_id", pl.col("value").alias("said"))
        .join(computed.values.select("patient_id", "value"), on="patient_id")
        .drop_nulls()
        .filter(pl.col("said") != pl.col("value"))
    )
    among = both.select("patient_id")
    judged, found = (
        of.rows.join(among, on="patient_id", how="semi") for of in (reported, computed)
    )
    said_in = dict(judged.select("patient_id", "row").iter_rows())
    run_in = {p: (t, r) for p, t, r in found.iter_rows()}
    return [
        differing(
            chart,
            said_in.get(patient),
            patient,
            value=f"reported {said}, computed {value} from {run_in[patient][0]} row "
            f"{run_in[patient][1]}",
            message="the reported residual disease is not the one that the runs of the assay give",
            remedy=f"The study uses the {used} one. Look at the run's limit of detection, and "
            "correct the chart or keep both as they are.",
        )
        for patient, said, value in both.iter_rows()
        if not told.covers([("assessments", said_in[patient])], [run_in[patient]])
    ]


def _method(definition: Mrd) -> str:
    which = "best"
    if definition.at:
        which = f"{definition.pick.replace('_', ' ')} {definition.at.replace('_', ' ')}"
    by = f" by {definition.method}" if definition.method else ""
    of = f" of {definition.denominator}" if definition.denominator else ""
    cells = f", {' or '.join(definition.population)}" if definition.population else ""
    what = "share in percent" if definition.measure == "share" else "state"
    return (
        f"{definition.source} residual disease{by}{of}{cells}, {what}, {which}, rule mrd-3, "
        f"threshold {definition.threshold:g} %"
    )


def find_negativity(
    chart: Chart, definition: MrdMoment, moments: Moments
) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Every day on which residual disease was negative, the last day it was not kept beside."""
    counted, _, findings = runs(chart, definition, moments)
    # Not found at a lower sensitivity is neither: it may have been negative.
    told = pl.when(pl.col("state") != LOWER).then(pl.col("state") == NEGATIVE)
    rows = worst_a_day(counted).with_columns(found=told)
    return occurrences(rows, moments, definition.start), tuple(findings)


def occurrences(rows: pl.DataFrame, moments: Moments, start: str) -> pl.DataFrame:
    """Days on which something was found in a run, as occurrences of a moment."""
    if start:
        began = moments[start].select("patient_id", "clock", began="high")
        rows = rows.join(began, on=["patient_id", "clock"], how="left", maintain_order="left")
    else:
        rows = rows.with_columns(began=pl.lit(None, pl.Float64))
    return with_free_days(rows)
