"""Graft-versus-host disease after a transplant, graded as clinicians gave it.

Acute GVHD has grades I to IV (Glucksberg, MAGIC), chronic mild, moderate or severe (NIH); the
chart's `criteria` say by which. Nothing is graded here: the worst grade is taken, and groups such
as II-IV follow from it.
"""

from __future__ import annotations

from typing import Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.clinical.data_files import unknown_word
from sequela.clinical.subjects import ColumnKind, Derived
from sequela.clinical.transplant.numbering import OfTransplant, chosen
from sequela.clinical.vocabulary import Vocabulary
from sequela.findings import Finding


class Gvhd(OfTransplant):
    """The worst grade of GVHD after a transplant, or whether it reached a grade.

    `at_least = "II"` asks for grades II to IV. A patient of whom no grade is charted is missing;
    where only disease is charted and never its absence, count it as a moment instead.
    """

    derive: Literal["gvhd"]
    kind: Literal["acute", "chronic"] = Field(description="acute or chronic")
    at_least: str = Field("", description="the grade asked for; blank gives the worst grade")
    within_days: float | None = Field(
        None, description="only what was judged within so many days of the transplant"
    )


def holds(definition: Gvhd) -> ColumnKind:
    """What the column's values are."""
    return "yes_no" if definition.at_least else "category"


def derive_gvhd(
    chart: Chart, definition: Gvhd, vocabulary: Vocabulary, *, place: Finding
) -> tuple[Derived, list[Finding]]:
    """The worst grade after each chosen transplant and before the next one.

    A judgement without a day belongs to the patient's only transplant, and to none where
    there are several or days are counted. Where a day known in part leaves open whether the worst
    one lies within the days that are counted, it is not evaluable.
    """
    words = vocabulary.transplant
    grades = tuple(words.grades[definition.kind])
    findings = []
    if definition.at_least and definition.at_least not in grades:
        findings.append(_no_such_grade(definition, grades, place))
    rows = chosen(chart, definition).filter(~pl.col("unordered"))
    judged = _judged(chart, rows, definition)
    texts = judged["value"].unique().to_list()
    read = {text: words.grade(definition.kind, text) for text in texts}
    order = {text: grades.index(grade) for text, grade in read.items() if grade}
    judged = judged.with_columns(
        pl.col("value").replace_strict(order, default=None, return_dtype=pl.Int64).alias("order")
    )
    findings += _unknown(chart, judged)
    worst = _worst(judged)
    value, told = _value(definition, grades)
    values = worst.select(
        "patient_id",
        pl.when(told).then(value).alias("value"),
        pl.when(~told).then(pl.lit("not_evaluable")).alias("why"),
        pl.col("day_high").alias("known_at"),
        pl.col("day_clock").alias("known_clock"),
    )
    decided = worst.select(
        "patient_id", pl.lit("assessments").alias("table"), pl.col("assessed").alias("row")
    )
    what = f"grade {definition.at_least} or worse" if definition.at_least else "worst grade"
    method = f"{what} of {definition.kind} GVHD, as clinicians graded it"
    levels = () if definition.at_least else grades
    return Derived(holds(definition), values, decided, method, levels), findings


def _worst(judged: pl.DataFrame) -> pl.DataFrame:
    """The worst judgement of each transplant; `surely` is the worst of those surely in time."""
    graded = judged.filter(pl.col("order").is_not_null()).with_columns(
        pl.col("order").filter("sure").max().over("row_of").alias("surely")
    )
    return graded.sort("row_of", "order", "assessed", descending=[False, True, False]).unique(
        "row_of", keep="first", maintain_order=True
    )


def _value(definition: Gvhd, grades: tuple[str, ...]) -> tuple[pl.Expr, pl.Expr]:
    """The column's value, and whether it is the same without what may be out of time."""
    order, surely = pl.col("order"), pl.col("surely").fill_null(-1)
    if definition.at_least in grades:
        asked = grades.index(definition.at_least)
        reached = order >= asked
        return reached, reached == (surely >= asked)
    names = order.replace_strict(list(range(len(grades))), list(grades), return_dtype=pl.String)
    return names, order == surely


def _judged(chart: Chart, rows: pl.DataFrame, definition: Gvhd) -> pl.DataFrame:
    """The judgements that belong to each chosen transplant."""
    said = chart["assessments"].filter(
        pl.col("what").str.to_lowercase() == f"{definition.kind} gvhd"
    )
    own = said.filter(pl.col("value").is_not_null()).select(
        "patient_id",
        "value",
        pl.col("row").alias("assessed"),
        pl.col("when__low").alias("day"),
        pl.col("when__high").alias("day_high"),
        pl.col("when__clock").alias("day_clock"),
    )
    number = chart["transplants"].group_by("patient_id").len("transplants")
    others = chart["transplants"].select("patient_id", pl.col("when__low").alias("other"))
    chosen_rows = rows.select(
        "patient_id", pl.col("row").alias("row_of"), "when__low", "when__clock"
    ).join(number, on="patient_id", how="left")
    after = (
        chosen_rows.join(others, on="patient_id")
        .filter(pl.col("other") > pl.col("when__low"))
        .group_by("row_of")
        .agg(pl.col("other").min().alias("next"))
    )
    both = own.join(chosen_rows.join(after, on="row_of", how="left"), on="patient_id")
    since = pl.col("day") - pl.col("when__low")
    # A day known in part may lie after the transplant as long as its last does.
    dated = (pl.col("day_clock") == pl.col("when__clock")) & (
        pl.col("day_high") >= pl.col("when__low")
    )
    dated &= pl.col("next").is_null() | (pl.col("day") < pl.col("next"))
    if definition.within_days is not None:
        latest = pl.col("day_high") - pl.col("when__low")
        sure = (latest <= definition.within_days).alias("sure")
        return both.filter(dated & (since <= definition.within_days)).with_columns(sure)
    only = pl.col("day").is_null() & (pl.col("transplants") == 1)
    return both.filter(dated.fill_null(False) | only).with_columns(pl.lit(True).alias("sure"))


def _unknown(chart: Chart, judged: pl.DataFrame) -> list[Finding]:
    strange = judged.filter(pl.col("order").is_null()).unique("assessed", maintain_order=True)
    return [
        unknown_word(
            "gvhd-grade-unknown",
            value,
            {},
            what="a grade",
            where=Finding(
                code="",
                severity="warning",
                message="",
                remedy="",
                file=chart.files.get("assessments", "assessments.csv"),
                row=row,
                column="value",
                patient_id=patient,
            ),
        )
        for value, row, patient in strange.select("value", "assessed", "patient_id").iter_rows()
    ]


def _no_such_grade(definition: Gvhd, grades: tuple[str, ...], place: Finding) -> Finding:
    return Finding(
        code="study-unknown-name",
        severity="error",
        file=place.file,
        column=f"{place.column}.at_least",
        message=f"there is no grade '{definition.at_least}' of {definition.kind} GVHD",
        remedy=f"Known here: {', '.join(grades)}.",
    )
