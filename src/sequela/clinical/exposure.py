"""Exposure to a drug: how long, how much, how long before an event, how long since the last day.

Rules:

0. A row counts when it names the drug by any of the names of drugs.toml, alone or among others.
1. Where the chart gives a length it is used as given, a bound as a bound. Where it gives first
   and last days, the intervals are cut at the moment and their union is measured, so that
   overlapping rows count once. A time is the days between two days, as everywhere in a study: 1
   to 31 January is 30 days on the drug, though 31 doses of a day (rule 5).
2. A gap of at most `gap_days` days between a last day and the next first day counts as on the
   drug (a hold); a longer one does not.
3. Dates given to the month or year leave an interval: the least and the greatest time that fit
   them. A row with a first day and no last day is unknown, or bounded by the moment, or taken to
   go on until it, as `no_last_day` says.
4. With `window_days` only the days of that window before the moment count; its first day and the
   moment itself are within.
5. A dose counts as amount times doses a day times days, the first and the last day on the drug
   among them and the day of the moment not: one day on the drug is one day's dose. Days that
   several rows cover with the same daily dose count once; rows that overlap at different doses,
   or have different units, leave the dose not evaluable, and a finding names them (`dose_taken`).
6. Latency runs from the first day on the drug to the moment. Time since the last day runs from
   the latest last day not after the moment; it is zero while the drug is being given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.chart.frames import with_types
from sequela.chart.time import DAYS_IN
from sequela.clinical.columns import ColumnDefinition
from sequela.clinical.definition import TimeUnit
from sequela.clinical.dose import daily_doses
from sequela.clinical.dose_taken import doses_taken
from sequela.clinical.drugs import Drugs
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.clinical.subjects import Derived
from sequela.clinical.vocabulary import packaged_vocabulary
from sequela.findings import Finding

RULES = (
    ClinicalRule(
        "exposure",
        "2",
        "The union of the intervals on a drug, by any of its names, until a moment, from day to "
        "day (1 to 31 January is 30 days, and 31 doses of a day); the dose is amount times doses "
        "a day times days, days that rows cover with the same daily dose counting once and rows "
        "that overlap at different doses leaving it not evaluable; latency "
        "from the first day, time since the last day.",
        "this project",
        ("exposure",),
        (
            Parameter("gap_days", "0 days", "no gap counts as on the drug unless the study says"),
            Parameter("no_last_day", "missing"),
        ),
    ),
)


class Exposure(ColumnDefinition):
    """The time on a drug or the dose of it until a moment, or the time from it to the moment."""

    derive: Literal["exposure"]
    drug: str
    measure: Literal["cumulative", "dose", "latency", "since_stop"] = Field(
        "cumulative",
        description="the time on the drug; the dose taken; the time from its first day to the "
        "moment; the time from its last day to the moment",
    )
    until: str = Field(description="the moment at which counting stops")
    unit: TimeUnit = Field("months", description="the unit of time; a dose has its own")
    intent: str = Field("", description="count only rows with this intent")
    gap_days: float = Field(
        0.0, ge=0, description="gaps of at most so many days count as on the drug"
    )
    window_days: float | None = Field(
        None, gt=0, description="count only so many days before the moment"
    )
    no_last_day: Literal["missing", "bounds", "ongoing"] = Field(
        "missing",
        description="what a first day without a last day means: unknown; anything up to the "
        "moment; on the drug until the moment",
    )


_VALUES: dict[str, type[pl.DataType]] = {
    "patient_id": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "why": pl.String,
    "known_at": pl.Float64,
    "known_clock": pl.String,
}


def derive_exposure(
    chart: Chart,
    definition: Exposure,
    moments: Mapping[str, pl.DataFrame],
    drugs: Drugs | None = None,
) -> tuple[Derived, list[Finding]]:
    """The exposure as an interval [low, high], known at the moment it is counted to.

    A row with neither a length nor both ends leaves the patient's value unknown (missing), and a
    row whose days stand on another clock than the moment has no common clock with it. Doses that
    cannot be read are findings. `drugs` knows the names; by default the package's own.
    """
    known = drugs or packaged_vocabulary().drugs
    rows = known.rows_of(chart["exposures"], definition.drug)
    rows = rows.filter(pl.col("intent") == definition.intent) if definition.intent else rows
    until = moments[definition.until].select(
        "patient_id",
        pl.col("low").alias("until_low"),
        pl.col("high").alias("until_high"),
        pl.col("clock").alias("until_clock"),
    )
    spans = _spans(rows.join(until, on="patient_id", how="left", maintain_order="left"), definition)
    file = chart.files.get("exposures", "exposures.csv")
    findings = _misspelt(chart["exposures"], known, definition.drug, file)
    if definition.measure == "dose":
        doses, unread = daily_doses(rows, file)
        dosed = spans.join(doses, on="row", how="left", maintain_order="left")
        found, problems = doses_taken(dosed, file)
        findings += unread + problems
    elif definition.measure == "cumulative":
        found = _cumulative(spans, definition)
    else:
        found = _between(spans, latency=definition.measure == "latency")
    values = _with_reasons(spans, found)
    if definition.measure != "dose":
        unit = DAYS_IN[definition.unit]
        values = values.with_columns(pl.col("low") / unit, pl.col("high") / unit)
    decided = rows.select("patient_id", pl.lit("exposures").alias("table"), "row")
    values = values.pipe(with_types, _VALUES)
    return Derived("number", values, decided, _method(definition)), findings


def _misspelt(rows: pl.DataFrame, drugs: Drugs, drug: str, file: str) -> list[Finding]:
    """Rows that name no known drug and almost the one that is asked for; they are not counted."""
    texts = rows["drug"].drop_nulls().unique().to_list()
    near = [t for t in texts if not drugs.gives(t, drug) and drugs.nearly(t, drug)]
    found = rows.filter(pl.col("drug").is_in(near)).select("row", "patient_id", "drug").sort("row")
    return [
        Finding(
            code="drug-almost-known",
            severity="warning",
            file=file,
            row=row,
            column="drug",
            patient_id=patient,
            value=text,
            message=f"it is spelt almost like {drug}, and is not counted as it",
            remedy=f"Correct the spelling, or add the word to drugs.toml as a name of {drug}.",
        )
        for row, patient, text in found.iter_rows()
    ]


def _method(definition: Exposure) -> str:
    until = definition.until
    said = {
        "cumulative": f"cumulative time on {definition.drug} until {until}, {definition.unit}",
        "dose": f"dose of {definition.drug} until {until}",
        "latency": f"from the first day on {definition.drug} to {until}, {definition.unit}",
        "since_stop": f"from the last day on {definition.drug} to {until}, {definition.unit}",
    }[definition.measure]
    if definition.intent:
        said += f", intent {definition.intent}"
    if definition.window_days is not None:
        said += f", within {definition.window_days:g} days before it"
    if definition.gap_days:
        said += f", gaps of at most {definition.gap_days:g} days counted"
    words = {"bounds": "; without a last day, bounds", "ongoing": "; without a last day, ongoing"}
    return said + words.get(definition.no_last_day, "")


def _spans(rows: pl.DataFrame, definition: Exposure) -> pl.DataFrame:
    """Each row with its shortest and longest interval, cut at the moment, and why it has none.

    A row that gives a length keeps it in `given_low` and `given_high` and has no interval.
    """
    measured = definition.measure == "cumulative" and definition.window_days is None
    given = pl.col("duration__low").is_not_null() & measured
    open_end = pl.col("stop__low").is_null() & (definition.no_last_day != "missing")
    lacking = pl.col("start__low").is_null() | (pl.col("stop__low").is_null() & ~open_end)
    if definition.measure == "latency":
        lacking = pl.col("start__low").is_null()
    if definition.measure == "since_stop":
        lacking = pl.col("stop__low").is_null() & ~open_end
    off = (pl.col("start__clock") != pl.col("until_clock")) | (
        pl.col("stop__clock") != pl.col("until_clock")
    )
    why = (
        pl.when(given)
        .then(pl.lit(None, pl.String))
        .when(lacking | pl.col("until_low").is_null())
        .then(pl.lit("missing"))
        .when(off)
        .then(pl.lit("no common clock"))
    )
    ongoing = definition.no_last_day == "ongoing"
    last = pl.col("until_low") if ongoing else pl.col("start__high")
    stop_low = pl.when(open_end).then(last).otherwise("stop__low")
    stop_high = pl.when(open_end).then("until_high").otherwise("stop__high")
    window = definition.window_days
    begins = [pl.col("start__high"), pl.col("start__low")]
    if window is not None:
        begins = [
            pl.max_horizontal(begins[0], pl.col("until_high") - window),
            pl.max_horizontal(begins[1], pl.col("until_low") - window),
        ]
    return rows.with_columns(
        why.alias("why"),
        pl.when(given).then("duration__low").alias("given_low"),
        pl.when(given).then("duration__high").alias("given_high"),
        begins[0].alias("short_start"),
        pl.min_horizontal(stop_low, "until_low").alias("short_stop"),
        begins[1].alias("long_start"),
        pl.min_horizontal(stop_high, "until_high").alias("long_stop"),
        stop_low.alias("stop_low"),
        stop_high.alias("stop_high"),
    )


def _cumulative(spans: pl.DataFrame, definition: Exposure) -> pl.DataFrame:
    """Lengths as given plus the union of the dated intervals, in days."""
    given = spans.group_by("patient_id", maintain_order=True).agg(
        pl.col("given_low").sum(), pl.col("given_high").sum()
    )
    dated = spans.filter(pl.col("given_low").is_null())
    for end, width in (("short", "low"), ("long", "high")):
        given = given.join(
            _united(dated, end, definition.gap_days).rename({"days": f"{width}_days"}),
            on="patient_id",
            how="left",
            maintain_order="left",
        )
    return given.select(
        "patient_id",
        (pl.col("given_low") + pl.col("low_days").fill_null(0.0)).alias("low"),
        (pl.col("given_high") + pl.col("high_days").fill_null(0.0)).alias("high"),
    )


def _united(spans: pl.DataFrame, which: str, gap_days: float) -> pl.DataFrame:
    """The days of each patient's union of intervals; one that ends before it starts is empty."""
    start, stop = f"{which}_start", f"{which}_stop"
    kept = spans.filter(pl.col(stop) >= pl.col(start)).sort("patient_id", start, stop)
    reached = pl.col(stop).cum_max().shift(1).over("patient_id")
    kept = kept.with_columns(reached.alias("reached"))
    gap = pl.col(start) - pl.col("reached")
    begins = pl.when(gap <= gap_days).then("reached").otherwise(start)
    days = (pl.col(stop) - begins).clip(lower_bound=0.0)
    return kept.group_by("patient_id").agg(days.sum().alias("days"))


def _between(spans: pl.DataFrame, *, latency: bool) -> pl.DataFrame:
    """Days from the first day on the drug, or from the last one, to the moment.

    Who began the drug only after the moment has neither: not applicable.
    """
    until = (pl.col("until_low").first(), pl.col("until_high").first())
    if latency:
        first = (pl.col("start__low").min(), pl.col("start__high").min())
        low, high = until[0] - first[1], until[1] - first[0]
        later = first[0] > until[1]
        ended = spans
    else:
        before = pl.col("start__low").is_null() | (pl.col("start__low") <= pl.col("until_high"))
        ended = spans.with_columns(before.alias("before"))
        last = tuple(
            pl.min_horizontal(end, bound).filter(pl.col("before")).max()
            for end, bound in (("stop_low", "until_low"), ("stop_high", "until_high"))
        )
        low, high = until[0] - last[1], until[1] - last[0]
        later = ~pl.col("before").any()
    grouped = ended.group_by("patient_id", maintain_order=True).agg(
        low.alias("low"), high.alias("high"), later.alias("later")
    )
    return grouped.select(
        "patient_id",
        pl.col("low").clip(lower_bound=0.0),
        pl.col("high").clip(lower_bound=0.0),
        pl.when("later").then(pl.lit("not_applicable")).alias("unknown"),
    )


def _with_reasons(spans: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The values, null with the reason of the first row that has one, and when they are known."""
    reasons = spans.group_by("patient_id", maintain_order=True).agg(
        pl.col("why").drop_nulls().first(),
        pl.col("until_high").first().alias("known_at"),
        pl.col("until_clock").first().alias("known_clock"),
    )
    both = reasons.join(found, on="patient_id", how="left", maintain_order="left")
    if "unknown" in both.columns:
        both = both.with_columns(pl.coalesce("why", "unknown").alias("why"))
    known = pl.col("why").is_null()
    return both.select(
        "patient_id",
        pl.when(known).then("low").alias("low"),
        pl.when(known).then("high").alias("high"),
        "why",
        "known_at",
        "known_clock",
    )
