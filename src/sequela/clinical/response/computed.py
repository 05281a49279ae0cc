"""Response as criteria compute it: the best restaging, the one at a moment, or all of them."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.response.criteria import DIED, CriteriaSet
from sequela.clinical.response.definition import Response
from sequela.clinical.response.restaging import Judged, judge_once
from sequela.clinical.subjects import EMPTY_ROWS, Derived
from sequela.clinical.timeline import look_up
from sequela.findings import Finding

Moments = Mapping[str, pl.DataFrame]


def judge_response(chart: Chart, definition: Response, moments: Moments) -> Judged:
    """All restagings of a response column, judged."""
    return judge_once(
        chart,
        definition.set,
        start=moments[definition.start],
        until=moments[definition.until] if definition.until else None,
        names=definition.names,
    )


def derive_computed(
    chart: Chart, definition: Response, moments: Moments, judged: Judged
) -> Derived:
    """One category a patient. `NE` is a reason: what is not evaluable counts only alone."""
    criteria = definition.set
    if definition.each:
        return _each(chart, definition, judged)
    picked = _at(judged, definition, moments) if definition.at else _best(judged, criteria)
    died = _induction_deaths(chart, criteria, moments[definition.start])
    if not definition.at:
        picked = _with_deaths(picked, died, criteria)
    values = picked.select(
        "patient_id",
        pl.col("category").alias("value"),
        pl.when(pl.col("category").is_null()).then(pl.lit("not_evaluable")).alias("why"),
        "known_at",
        pl.col("clock").alias("known_clock"),
    )
    values = pl.concat([values, _unlinked(chart, definition, moments, picked)], how="diagonal")
    rows = _rows_of(picked, judged, died)
    return Derived("category", values, rows, method_of(definition), criteria.best_first)


def _best(judged: Judged, criteria: CriteriaSet) -> pl.DataFrame:
    rank = {name: number for number, name in enumerate(criteria.best_first)}
    order = pl.col("category").replace_strict(rank, default=len(rank))
    ordered = judged.frame.with_columns(order.alias("rank")).sort("patient_id", "rank", "low", "id")
    return ordered.unique("patient_id", keep="first", maintain_order=True).drop("rank")


def _at(judged: Judged, definition: Response, moments: Moments) -> pl.DataFrame:
    at = moments[definition.at].filter(pl.col("low").is_not_null())
    at = at.select("patient_id", "clock", "low", "high")
    found = look_up(
        at, judged.frame, definition.pick, within_days=definition.within_days, by="patient_id"
    )
    known = pl.max_horizontal("known_at", "at_high").alias("known_at")
    category = pl.when(~pl.col("open")).then("category").alias("category")
    return found.with_columns(category, known).select(judged.frame.columns)


def _induction_deaths(chart: Chart, criteria: CriteriaSet, start: pl.DataFrame) -> pl.DataFrame:
    """Who died within the criteria's days of the start of therapy, that day included.

    `sure` is false where partial dates leave open whether it was within these days.
    """
    dead = chart["followup"].filter(pl.col("vital_status") == "dead")
    both = dead.join(
        start.select("patient_id", "low", "high", clock_of_start="clock"),
        on="patient_id",
        how="inner",
    ).filter(pl.col("last_contact__clock") == pl.col("clock_of_start"))
    days = criteria.induction_death_days
    if days is None:
        both = both.clear()
    sure = pl.col("last_contact__high") - pl.col("low") <= (days or 0.0)
    maybe = pl.col("last_contact__low") - pl.col("high") <= (days or 0.0)
    return both.filter(maybe).select(
        "patient_id",
        pl.col("last_contact__high").alias("died"),
        pl.col("clock_of_start").alias("died_clock"),
        sure.alias("sure"),
        pl.lit("followup").alias("table"),
        pl.col("row").cast(pl.Int64),
    )


def _with_deaths(picked: pl.DataFrame, died: pl.DataFrame, criteria: CriteriaSet) -> pl.DataFrame:
    """A death in induction without a remission before it is a category of its own.

    Where it may have been one the response is open.
    """
    both = picked.join(
        died.select("patient_id", "died", "died_clock", "sure"),
        on="patient_id",
        how="full",
        coalesce=True,
    )
    remitted = pl.col("category").is_in(criteria.remissions).fill_null(False)
    lost = pl.col("died").is_not_null() & ~remitted
    return both.with_columns(
        pl.when(lost & pl.col("sure"))
        .then(pl.lit(DIED))
        .when(~lost)
        .then("category")
        .alias("category"),
        pl.when(lost).then("died").otherwise("known_at").alias("known_at"),
        pl.when(lost).then("died_clock").otherwise("clock").alias("clock"),
        pl.when(~lost).then("id").alias("id"),
        lost.alias("lost"),
    ).sort("patient_id")


def _unlinked(
    chart: Chart, definition: Response, moments: Moments, picked: pl.DataFrame
) -> pl.DataFrame:
    """Patients whose therapy stands on another clock than everything that was measured."""
    start = moments[definition.start].filter(pl.col("low").is_not_null())
    measured = chart["measurements"].filter(pl.col("when__clock").is_not_null())
    having = start.join(measured, on="patient_id", how="semi")
    linked = start.join(
        measured.select("patient_id", clock="when__clock"), on=["patient_id", "clock"], how="semi"
    )
    apart = having.join(linked, on="patient_id", how="anti").join(
        picked, on="patient_id", how="anti"
    )
    return apart.select("patient_id", pl.lit("no common clock").alias("why"))


def _rows_of(picked: pl.DataFrame, judged: Judged, died: pl.DataFrame) -> pl.DataFrame:
    used = picked.select("patient_id", "id").join(judged.rows, on="id", how="inner")
    parts = [used]
    if "lost" in picked.columns:
        parts.append(picked.filter("lost").select("patient_id").join(died, on="patient_id"))
    listed = [part.select(list(EMPTY_ROWS.columns)) for part in parts]
    return pl.concat(listed).unique(maintain_order=True)


def _each(chart: Chart, definition: Response, judged: Judged) -> Derived:
    """Every restaging with its time as the chart gives it, in order."""
    times = chart["measurements"].select(pl.col("row").cast(pl.Int64), "when")
    open_ = pl.concat_str(pl.lit("not evaluable ("), pl.col("why"), pl.lit(")"))
    said = pl.concat_str("when", pl.lit(": "), pl.coalesce("category", open_))
    ordered = judged.frame.join(times, on="row", how="left", maintain_order="left")
    values = ordered.group_by("patient_id", maintain_order=True).agg(
        said.str.join("; ").alias("value"),
        pl.lit(None, pl.String).first().alias("why"),
        pl.col("known_at").max(),
        pl.when(pl.col("clock").n_unique() == 1)
        .then(pl.col("clock").first())
        .first()
        .alias("known_clock"),
    )
    used = judged.frame.select("patient_id", "id").join(judged.rows, on="id")
    rows = used.select(list(EMPTY_ROWS.columns)).unique(maintain_order=True)
    return Derived("text", values, rows, method_of(definition))


def method_of(definition: Response) -> str:
    """How a computed response came about, for the report."""
    criteria = definition.set
    which = "best"
    if definition.at:
        which = f"{definition.pick.replace('_', ' ')} {definition.at.replace('_', ' ')}"
    if definition.each:
        which = "each restaging"
    until = f" until {definition.until.replace('_', ' ')}" if definition.until else ""
    span = f"after {definition.start.replace('_', ' ')}{until}"
    changed = ", ".join(f"{name} = {value:g}" for name, value in definition.thresholds.items())
    own = f", with this study's {changed}" if changed else ""
    met = ", ".join(criteria.requirement[name].in_words for name in definition.assume)
    taken = f", taken as met where not charted: {met}" if met else ""
    return f"computed response, {which}, {span}, criteria {criteria.version}{own}{taken}"


def criteria_findings(definition: Response, *, file: str, place: str) -> list[Finding]:
    """A note where the source of the criteria was not read for this software."""
    criteria = definition.set
    if criteria.first_hand:
        return []
    return [
        Finding(
            code="criteria-not-read",
            severity="note",
            file=file,
            column=place,
            message=f"the source of the criteria {criteria.name} was not read first hand: "
            f"{criteria.read}",
            remedy="Compare their numbers (reference page: clinical rules) with the source, and "
            "override what differs.",
        )
    ]
