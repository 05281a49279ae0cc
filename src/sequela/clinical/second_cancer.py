"""Second primary cancers: what is one, and what only sounds like one.

The rule `second-cancer-2`. A diagnosis after the first disease is a second primary unless it is

1. a metastasis: ICD-10 C77 to C79, an ICD-O behaviour of /6, or words that say so. The
   "secondary malignant neoplasm" of ICD-10 and SNOMED CT is a metastasis and no second primary;
2. the first disease again, by its code or its words;
3. a progression of an earlier disease of the patient, such as plasma-cell leukemia after myeloma
   or a transformation of a lymphoma (the pairs are data: second_cancer.toml).

A therapy-related neoplasm is a second primary whatever came before. An event of the chart that
says second cancer counts as well. Whether it is an event or competes is the endpoint's choice.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.chart.frames import with_types
from sequela.clinical.definition import Definition
from sequela.clinical.moments import OCCURRENCE_SCHEMA
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.findings import Finding

Moments = Mapping[str, pl.DataFrame]


class Progression(Definition):
    """One disease becoming another of its own kind."""

    source: tuple[str, ...] = Field(alias="from")
    to: tuple[str, ...]
    why: str


class SecondCancerRule(Definition):
    """The words and codes of second_cancer.toml."""

    name: str
    source: str
    metastasis_codes: tuple[str, ...]
    metastasis_words: tuple[str, ...]
    metastasis_behaviour: tuple[str, ...]
    therapy_related_codes: tuple[str, ...]
    therapy_related_words: tuple[str, ...]
    myeloid_words: tuple[str, ...]
    events: tuple[str, ...]
    progression: tuple[Progression, ...]


@cache
def rule() -> SecondCancerRule:
    """The rule with its words and codes."""
    text = files("sequela.clinical").joinpath("second_cancer.toml").read_text(encoding="utf-8")
    return SecondCancerRule.model_validate(tomllib.loads(text))


def _parameters() -> Iterable[Parameter]:
    one = rule()
    yield Parameter("metastasis", ", ".join((*one.metastasis_codes, *one.metastasis_behaviour)))
    codes = ", ".join(one.therapy_related_codes)
    yield Parameter("therapy-related", codes, "SEER; OncoTree until its release of 2025-10-03")
    for pair in one.progression:
        yield Parameter(f"{pair.source[0]} to {pair.to[0]}", "progression", pair.why, False)


RULES = (
    ClinicalRule(
        "second cancer",
        rule().name,
        "A diagnosis after the first disease is a second primary cancer unless it is a metastasis "
        "(ICD-10 C77 to C79, behaviour /6, the secondary malignant neoplasm of ICD-10 and SNOMED "
        "CT), the same disease again, or a progression of an earlier disease. A therapy-related "
        "neoplasm is one whatever came before.",
        rule().source,
        ("moments",),
        tuple(_parameters()),
    ),
)


class SecondCancerMoment(Definition):
    """When a second primary cancer was diagnosed: neither a metastasis nor a progression."""

    derive: Literal["second_cancer"]
    kind: Literal["any", "therapy-related", "therapy-related myeloid", "other"] = Field(
        "any", description="which of them; other is those that nobody calls therapy-related"
    )
    after: str = Field("", description="the moment after which a diagnosis counts")

    @property
    def tables(self) -> tuple[str, ...]:
        """The chart tables that it reads; one of them is enough."""
        return ("diagnoses|events",)


def judge_diagnoses(chart: Chart) -> pl.DataFrame:
    """Every diagnosis with what it is to the patient's other diagnoses.

    Columns: patient_id, clock, low, high, row, and `verdict`: first, second primary, metastasis,
    same disease or progression; `related` and `myeloid` say whether it is therapy-related.
    Diagnoses without a time are judged in the order of the file, after the dated ones.
    """
    one = rule()
    frame = chart["diagnoses"].select(
        "patient_id",
        pl.col("when__clock").alias("clock"),
        pl.col("when__low").alias("low"),
        pl.col("when__high").alias("high"),
        pl.col("row").cast(pl.Int64),
        pl.col("code").fill_null("").alias("code"),
        pl.col("disease").fill_null("").alias("disease"),
        pl.col("role").fill_null("").alias("role"),
    )
    ordered = frame.join(
        _in_words(frame, one), on=["code", "disease"], how="left", maintain_order="left"
    ).sort("patient_id", "low", "row", nulls_last=True)
    judged = ordered.with_columns(
        pl.int_range(pl.len()).over("patient_id").alias("place"),
        _again().alias("again"),
        _progressed(one).alias("progressed"),
    )
    first = (pl.col("role") == "first") | (pl.col("place") == 0)
    verdict = (
        pl.when("spread")
        .then(pl.lit("metastasis"))
        .when("related")
        .then(pl.lit("second primary"))
        .when(first)
        .then(pl.lit("first"))
        .when("again")
        .then(pl.lit("same disease"))
        .when("progressed")
        .then(pl.lit("progression"))
        .otherwise(pl.lit("second primary"))
    )
    return judged.with_columns(verdict.alias("verdict"))


def _in_words(frame: pl.DataFrame, one: SecondCancerRule) -> pl.DataFrame:
    """What each code and words of the chart mean, read once: a cohort has few of them."""
    words, code = pl.col("disease").str.to_lowercase(), pl.col("code").str.to_uppercase()
    spread = _says(code, words, one.metastasis_codes, one.metastasis_words)
    myeloid = _says(code, words, (), one.myeloid_words)
    pairs = [
        _says_any(code, words, names).alias(f"{end}_{number}")
        for number, pair in enumerate(one.progression)
        for end, names in (("from", pair.source), ("to", pair.to))
    ]
    return (
        frame.select("code", "disease")
        .unique(maintain_order=True)
        .with_columns(
            (spread | _ends(code, one.metastasis_behaviour)).alias("spread"),
            _says(code, words, one.therapy_related_codes, one.therapy_related_words).alias(
                "related"
            ),
            (myeloid | code.str.starts_with("99")).alias("myeloid"),
            *pairs,
        )
    )


def _says(code: pl.Expr, words: pl.Expr, codes: Iterable[str], said: Iterable[str]) -> pl.Expr:
    by_code = [code.str.starts_with(c.upper()) for c in codes]
    by_word = [words.str.contains(w.lower(), literal=True) for w in said]
    return pl.any_horizontal(pl.lit(False), *by_code, *by_word)


def _ends(code: pl.Expr, endings: Iterable[str]) -> pl.Expr:
    return pl.any_horizontal(pl.lit(False), *(code.str.ends_with(e) for e in endings))


def _again() -> pl.Expr:
    """Whether the same code, or without one the same words, stood before."""
    name = (
        pl.when(pl.col("code") != "").then("code").otherwise(pl.col("disease")).str.to_lowercase()
    )
    return name.cum_count().over("patient_id", name) > 1


def _progressed(one: SecondCancerRule) -> pl.Expr:
    """Whether an earlier disease of the patient is known to pass into this one."""
    parts = []
    for number in range(len(one.progression)):
        was = pl.col(f"from_{number}").cast(pl.Int64)
        before = was.cum_sum().shift(1).over("patient_id").fill_null(0) > 0
        parts.append(before & pl.col(f"to_{number}"))
    return pl.any_horizontal(pl.lit(False), *parts)


def _says_any(code: pl.Expr, words: pl.Expr, names: Iterable[str]) -> pl.Expr:
    """Whether a diagnosis is meant: by a code that begins so, or by a whole word of its name."""
    listed = list(names)
    by_code = [code.str.starts_with(n.upper()) for n in listed if any(c.isdigit() for c in n)]
    exact = [code == n.upper() for n in listed]
    # An abbreviation is a word by itself (FL is no floor); a longer name may go on (myelomatous).
    by_word = [
        words.str.contains(rf"(^|[^a-z]){n.lower()}" + (r"($|[^a-z])" if n.isupper() else ""))
        for n in listed
        if not any(c.isdigit() for c in n)
    ]
    return pl.any_horizontal(pl.lit(False), *by_code, *exact, *by_word)


def find_second_cancers(
    chart: Chart, definition: SecondCancerMoment, moments: Moments
) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Every second primary cancer of the chart, dated ones first, in the order of time."""
    judged = judge_diagnoses(chart).filter(pl.col("verdict") == "second primary")
    diagnoses = judged.with_columns(table=pl.lit("diagnoses"))
    words = pl.concat_str(pl.col("cause", "note"), separator=" ", ignore_nulls=True)
    one = rule()
    said = chart["events"].filter(pl.col("what").str.to_lowercase().is_in(list(one.events)))
    lower = words.str.to_lowercase().fill_null("")
    events = said.select(
        "patient_id",
        pl.col("when__clock").alias("clock"),
        pl.col("when__low").alias("low"),
        pl.col("when__high").alias("high"),
        pl.col("row").cast(pl.Int64),
        _says(pl.lit(""), lower, (), one.therapy_related_words).alias("related"),
        _says(pl.lit(""), lower, (), one.myeloid_words).alias("myeloid"),
        pl.lit("events").alias("table"),
    )
    both = pl.concat([diagnoses, events], how="diagonal")
    kept = _of_kind(both, definition.kind)
    if definition.after:
        began = moments[definition.after].select("patient_id", began="low", began_on="clock")
        kept = kept.join(began, on="patient_id", how="left", maintain_order="left")
        later = (pl.col("clock") == pl.col("began_on")) & (pl.col("low") > pl.col("began"))
        kept = kept.filter(pl.col("low").is_null() | later.fill_null(False))
    return (
        kept.sort("patient_id", "clock", "low", "table", "row", nulls_last=True)
        .select(
            "patient_id",
            "low",
            "high",
            pl.lit(None, pl.Float64).alias("free"),
            (pl.col("high") - pl.col("low") + 1.0).alias("step"),
            "clock",
            "table",
            "row",
        )
        .pipe(with_types, OCCURRENCE_SCHEMA),
        (),
    )


def _of_kind(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    match kind:
        case "therapy-related":
            return rows.filter("related")
        case "therapy-related myeloid":
            return rows.filter(pl.col("related") & pl.col("myeloid"))
        case "other":
            return rows.filter(~pl.col("related"))
        case _:
            return rows
