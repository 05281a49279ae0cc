"""Whether a disease was refractory to its first therapy.

The rule `refractory-2`. Each criteria set says when: after how many courses (lines for induction
or salvage, see `courses`), without what (a remission; in myeloma at least a minimal response),
and by which day of less intensive therapy, where it has such a landmark. A course that was not
judged leaves it open; who had fewer courses, or was not followed to the landmark, and reached no
remission is not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.regimens import Regimens
from sequela.clinical.response.agreement import differing
from sequela.clinical.response.courses import (
    COUNTED,
    best_restagings,
    counted_lines,
    judge_lines,
    known_by,
)
from sequela.clinical.response.criteria import CriteriaSet, criteria_sets
from sequela.clinical.response.restaging import judge_restagings
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.clinical.subjects import ROWS_SCHEMA, Derived
from sequela.findings import Finding


def _parameters() -> Iterable[Parameter]:
    for name, one in criteria_sets().items():
        if one.refractory_courses is None:
            continue
        read, source = one.refractory_first_hand, one.refractory_source
        courses = f"{one.refractory_courses:g} course{'s' * (one.refractory_courses > 1)} without "
        courses += "a remission" if one.refractory_without == "remission" else "any response"
        yield Parameter(f"refractory_courses of {name}", courses, source, read)
        if one.refractory_landmark_days is not None:
            day = f"no remission by day {one.refractory_landmark_days:g}"
            yield Parameter(f"refractory_landmark_days of {name}", day, source, read)
            yield Parameter(
                f"less intensive therapy of {name}",
                ", ".join(one.less_intensive),
                "drugs of the kind that the guideline means; the list is this project's",
                read_first_hand=False,
            )


RULES = (
    ClinicalRule(
        "refractory",
        "refractory-2",
        "A course is a treatment for induction or salvage with a first day of its own, and its "
        "response the best restaging from the day after its start to the start of the next. The "
        "disease is refractory when so many courses as the criteria say were each judged and none "
        "brought a remission. Where the first course was less intensive therapy and the criteria "
        "have a landmark, it is refractory when no restaging from its start to that day, that day "
        "included, brought a remission: further courses of less intensive therapy belong to it, "
        "any other ends it. A course that was not judged leaves it open. Fewer courses, or a "
        "landmark that was not reached, without a remission: it is not asked. A refractory "
        "disease that a clinician reported (`what = refractory`) after the last of these courses "
        "began, or after the landmark, and before the next is compared.",
        "the criteria named with it, as the parameters say; what a course is, this project",
        ("line_responses",),
        tuple(_parameters()),
    ),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """By which criteria, after how many courses, and by which day of less intensive therapy."""

    criteria: CriteriaSet
    courses: int
    landmark_days: float | None = None
    less_intensive: tuple[str, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def enough(self) -> list[str]:
        """The categories with which a disease is not refractory."""
        means = ("remission",) if self.criteria.refractory_without == "remission" else _RESPONSE
        return [c.name for c in self.criteria.category if c.means in means]

    @property
    def method(self) -> str:
        """How it was judged, for the report."""
        after = "the first line" if self.courses == 1 else f"{self.courses} lines"
        day = ""
        if self.landmark_days is not None:
            day = f", or by day {self.landmark_days:g} of less intensive therapy"
        return f"refractory after {after}{day}, rule refractory-2, criteria {self.criteria.version}"


_RESPONSE = ("remission", "response")
_VALUES = ["patient_id", "value", "why", "known_at", "known_clock"]


def derive_refractory(
    chart: Chart, asked: Asked, regimens: Regimens
) -> tuple[Derived, list[Finding]]:
    """Yes, no, open, or not applicable to who had fewer courses and no remission."""
    lines, rows, findings = judge_lines(
        chart, asked.criteria, names=asked.names, most=asked.courses
    )
    values = _by_courses(lines, asked)
    spans = _spans(chart, asked)
    gentle = _less_intensive(chart, asked, regimens)
    if gentle.height:
        by_day, used, more, reached = _by_landmark(chart, asked, gentle)
        one = gentle.filter(first=True).select("patient_id")
        values = pl.concat([values.join(one, on="patient_id", how="anti"), by_day])
        rows = pl.concat([rows.drop("number").join(one, on="patient_id", how="anti"), used])
        spans = pl.concat([spans.join(one, on="patient_id", how="anti"), reached])
        findings = list(dict.fromkeys([*findings, *more]))
    told = rows.select(list(ROWS_SCHEMA)).unique(maintain_order=True)
    values = values.select(_VALUES).sort("patient_id")
    findings += _reported_otherwise(chart, values, spans, asked)
    return Derived("yes_no", values, told, asked.method), findings


def _by_courses(lines: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    told = lines.group_by("patient_id", maintain_order=True).agg(
        pl.col("category").is_in(asked.enough).any().alias("remission"),
        pl.col("category").is_null().any().alias("open"),
        (pl.len() < asked.courses).alias("fewer"),
        *known_by(lines),
    )
    value = (
        pl.when("remission").then(False).when(pl.col("open") | pl.col("fewer")).then(None)
    ).otherwise(True)
    why = (
        pl.when("remission")
        .then(None)
        .when("open")
        .then(pl.lit("not_evaluable"))
        .when("fewer")
        .then(pl.lit("not_applicable"))
    )
    return told.with_columns(value.alias("value"), why.alias("why")).select(_VALUES)


def _less_intensive(chart: Chart, asked: Asked, regimens: Regimens) -> pl.DataFrame:
    """The counted lines of less intensive therapy: patient_id, clock, low, and whether `first`."""
    rows = chart["treatments"].filter(pl.col("intent").is_in(list(COUNTED)))
    words = {word.lower() for word in asked.less_intensive}
    if asked.landmark_days is None:
        words = set()
    texts = [text for text in rows["regimen"].unique() if _is_less(text, words, regimens)]
    by = ["patient_id", "start__clock", "start__low"]
    days = rows.group_by(by).agg(pl.col("regimen").is_in(texts).all().alias("less"))
    named = days.filter("less").select("patient_id", clock="start__clock", low="start__low")
    lines = counted_lines(chart).join(named, on=["patient_id", "clock", "low"], how="semi")
    first = lines.with_columns((pl.col("number") == 1).alias("first"))
    # What follows intensive therapy is counted as its courses are.
    return first.filter(pl.col("first").any().over("patient_id"))


def _is_less(text: str, words: set[str], regimens: Regimens) -> bool:
    """Whether every part of a regimen is a drug or a regimen of less intensive therapy."""
    if text.strip().lower() in words:
        return True
    whole = regimens.read(text)
    if whole.drugs and not whole.unknown:
        return not whole.choices and {drug.lower() for drug in whole.drugs} <= words
    parts = [part.strip() for part in re.split(r"[+/,&]| and ", text)]
    return len(parts) > 1 and all(_is_less(part, words, regimens) for part in parts if part)


def _by_landmark(
    chart: Chart, asked: Asked, gentle: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, list[Finding], pl.DataFrame]:
    """Values, rows, findings, and the days between which a judgement is of the same therapy."""
    by = ["patient_id", "clock"]
    first = gentle.filter("first")
    lines = counted_lines(chart).join(gentle, on=[*by, "low"], how="anti")
    other = lines.group_by(by).agg(pl.col("low").min().alias("other"))
    days = asked.landmark_days or 0.0
    at = first.join(other, on=by, how="left", maintain_order="left").with_columns(
        pl.col("low") + days, pl.col("high") + days
    )
    ends = at.with_columns(pl.min_horizontal(end, "other").alias(end) for end in ("low", "high"))
    judged = judge_restagings(chart, asked.criteria, start=first, until=ends, names=asked.names)
    best = best_restagings(judged, asked.criteria)
    told = at.join(best, on="patient_id", how="left", maintain_order="left").join(
        _seen(chart), on="patient_id", how="left", maintain_order="left"
    )
    values = told.with_columns(_reached().alias("reached")).with_columns(
        pl.col("category").is_in(asked.enough).fill_null(False).alias("remission")
    )
    open_ = pl.col("category").is_null() | pl.col("reached").is_null()
    values = values.with_columns(
        pl.when("remission").then(False).when(open_ | ~pl.col("reached")).then(None)
        .otherwise(True).alias("value"),
        pl.when("remission").then(None).when(~pl.col("reached")).then(pl.lit("not_applicable"))
        .when(open_).then(pl.lit("not_evaluable")).alias("why"),
        pl.when("remission").then("known_at").otherwise("high").alias("known_at"),
        known_clock="clock",
    )  # fmt: skip
    used = best.join(judged.rows, on="id").select(list(ROWS_SCHEMA))
    given = first.select("patient_id", pl.lit("treatments").alias("table"), "row")
    span = at.select(*by, since="high", before=pl.col("other").fill_null(float("inf")))
    return values.select(_VALUES), pl.concat([used, given]), list(judged.findings), span


def _seen(chart: Chart) -> pl.DataFrame:
    """The last contact with each patient."""
    return chart["followup"].select(
        "patient_id",
        seen_clock="last_contact__clock",
        seen="last_contact__low",
        seen_high="last_contact__high",
    )


def _reached() -> pl.Expr:
    """Whether the landmark was reached on this therapy; null where the dates leave it open."""
    other = pl.col("other") < pl.col("low")
    linked = pl.col("seen_clock") == pl.col("clock")
    return (
        pl.when(other)
        .then(False)
        .when(linked & (pl.col("seen") >= pl.col("high")))
        .then(True)
        .when(linked & (pl.col("seen_high") < pl.col("low")))
        .then(False)
    )


def _spans(chart: Chart, asked: Asked) -> pl.DataFrame:
    """From the start of the last counted course to that of the next: patient_id, clock, days."""
    lines = counted_lines(chart).filter(pl.col("low").is_not_null())
    after = lines.filter(pl.col("number") == asked.courses + 1)
    last = lines.filter(pl.col("number") == asked.courses)
    by = ["patient_id", "clock"]
    both = last.join(after.select(*by, before="low"), on=by, how="left", maintain_order="left")
    return both.select(*by, since="high", before=pl.col("before").fill_null(float("inf")))


def _reported_otherwise(
    chart: Chart, values: pl.DataFrame, spans: pl.DataFrame, asked: Asked
) -> list[Finding]:
    """A finding where a clinician judged otherwise within the same courses."""
    words = {"yes": True, "no": False}
    said = chart["assessments"].filter(
        (pl.col("what").str.to_lowercase() == "refractory")
        & pl.col("value").str.to_lowercase().is_in(list(words))
    )
    said = said.with_columns(
        pl.col("value")
        .str.to_lowercase()
        .replace_strict(words, return_dtype=pl.Boolean)
        .alias("said"),
        pl.col("when__clock").alias("clock"),
    )
    within = said.join(spans, on=["patient_id", "clock"], how="inner").filter(
        (pl.col("when__low") > pl.col("since")) & (pl.col("when__high") <= pl.col("before"))
    )
    both = within.select("patient_id", "row", "said").join(
        values.select("patient_id", computed="value").drop_nulls(), on="patient_id", how="inner"
    )
    differ = both.filter(pl.col("said") != pl.col("computed")).sort("row")
    in_words = {True: "yes", False: "no"}
    return [
        differing(
            chart,
            row,
            patient,
            value=f"reported {in_words[reported]}, computed {in_words[computed]}",
            message="whether the disease was refractory was reported otherwise than "
            f"{asked.criteria.name} computes it",
            remedy="Look at the rows that decided it (the patient's page names them), and correct "
            "the chart or keep both as they are.",
        )
        for row, patient, reported, computed in differ.select(
            "row", "patient_id", "said", "computed"
        ).iter_rows()
    ]
