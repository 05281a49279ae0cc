"""What each line of therapy achieved, and whether the disease was refractory.

The rule `refractory-1`. The lines are the rows of `treatments` for induction and salvage, in the
order of their first days; a consolidation or maintenance is none. The response to a line is its
best restaging from the day after its start to the day on which the next line starts. The disease
is refractory after so many lines when each of them was judged and none brought a remission.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import polars as pl
from pydantic import Field, model_validator

from sequela.chart.chart import Chart
from sequela.clinical.response.criteria import CriteriaSet
from sequela.clinical.response.definition import ByCriteria, check_names, criteria_of
from sequela.clinical.response.restaging import judge_restagings
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.clinical.subjects import ROWS_SCHEMA, Derived
from sequela.findings import Finding

RULES = (
    ClinicalRule(
        "refractory",
        "refractory-1",
        "Lines are the treatments for induction and salvage. The response to a line is its best "
        "restaging from the day after its start to the start of the next line. The disease is "
        "refractory after so many lines when each was judged and none brought a remission; one "
        "that was not judged leaves it open.",
        "this project; ELN 2022 for AML counts two courses of intensive induction",
        ("line_responses",),
        (Parameter("lines", "1 unless the study says otherwise", "this project"),),
    ),
)

COUNTED = ("induction", "salvage")


class LineResponses(ByCriteria):
    """The responses to lines of therapy by named criteria, or whether the disease was refractory.

    `responses` lists all lines, `salvage` is the best response to any salvage line, and
    `refractory` whether none of the first `lines` brought a remission.
    """

    derive: Literal["line_responses"]
    criteria: str = Field(description="the criteria, by name")
    measure: Literal["responses", "salvage", "refractory"] = Field(
        "responses", description="what is asked"
    )
    lines: int = Field(1, ge=1, description="after how many lines it is refractory")

    @model_validator(mode="after")
    def _possible(self) -> LineResponses:
        criteria_of(self.criteria, self.thresholds)
        check_names(self.names)
        return self

    @property
    def set(self) -> CriteriaSet:
        """The criteria with the study's own numbers."""
        return criteria_of(self.criteria, self.thresholds)


def derive_line_responses(chart: Chart, definition: LineResponses) -> tuple[Derived, list[Finding]]:
    """Lines with their responses as text, the best to salvage, or yes or no."""
    lines, rows, findings = judge_lines(chart, definition)
    undated = counted_lines(chart).filter(pl.col("low").is_null())["patient_id"].unique()
    values = {
        "responses": _responses,
        "salvage": _salvage,
        "refractory": _refractory,
    }[definition.measure](lines, definition)
    rows = _deciding(rows, values, definition)
    open_ = pl.col("patient_id").is_in(undated.implode())
    values = values.with_columns(
        pl.when(~open_).then("value").alias("value"),
        pl.when(open_).then(pl.lit("not_evaluable")).otherwise("why").alias("why"),
    )
    values = values.select(pl.exclude("number"))
    method = f"{definition.measure} of lines of therapy, criteria {definition.set.version}"
    if definition.measure == "refractory":
        after = "the first line" if definition.lines == 1 else f"{definition.lines} lines"
        method = f"refractory after {after}, rule refractory-1, criteria "
        method += definition.set.version
    kind: Literal["text", "category", "yes_no"] = holds(definition)
    levels = definition.set.best_first if kind == "category" else ()
    return Derived(kind, values, rows, method, levels), findings


def _deciding(rows: pl.DataFrame, values: pl.DataFrame, definition: LineResponses) -> pl.DataFrame:
    """The rows of the lines that decided: all, the first so many, or the salvage that counts."""
    if definition.measure == "refractory":
        rows = rows.filter(pl.col("number") <= definition.lines)
    if definition.measure == "salvage":
        rows = rows.join(values.select("patient_id", "number"), on=["patient_id", "number"])
    return rows.select(list(ROWS_SCHEMA)).unique(maintain_order=True)


def holds(definition: LineResponses) -> Literal["text", "category", "yes_no"]:
    """What the column holds."""
    kinds: Mapping[str, Literal["text", "category", "yes_no"]] = {
        "responses": "text",
        "salvage": "category",
        "refractory": "yes_no",
    }
    return kinds[definition.measure]


def counted_lines(chart: Chart) -> pl.DataFrame:
    """The counted lines with their number, the first days in order."""
    rows = chart["treatments"].filter(pl.col("intent").is_in(list(COUNTED)))
    lines = rows.select(
        "patient_id",
        pl.col("start__clock").alias("clock"),
        pl.col("start__low").alias("low"),
        pl.col("start__high").alias("high"),
        "intent",
        pl.col("row").cast(pl.Int64),
    ).sort("patient_id", "clock", "low", "row")
    # Drugs of one line that began on one day are one line.
    first = lines.unique(["patient_id", "clock", "low"], keep="first", maintain_order=True)
    return first.with_columns(pl.int_range(1, pl.len() + 1).over("patient_id").alias("number"))


def judge_lines(
    chart: Chart, definition: LineResponses
) -> tuple[pl.DataFrame, pl.DataFrame, list[Finding]]:
    """Every dated line with its best category, null where none can be told; rows; findings."""
    lines = counted_lines(chart).filter(pl.col("low").is_not_null())
    criteria = definition.set
    rank = {name: number for number, name in enumerate(criteria.best_first)}
    parts: list[pl.DataFrame] = []
    rows: list[pl.DataFrame] = []
    findings: list[Finding] = []
    for number in range(1, int(str(lines["number"].max() or 0)) + 1):
        start = lines.filter(number=number)
        after = lines.filter(number=number + 1)
        judged = judge_restagings(chart, criteria, start=start, until=after, names=definition.names)
        findings += judged.findings
        order = pl.col("category").replace_strict(rank, default=len(rank))
        best = (
            judged.frame.with_columns(order.alias("order"))
            .sort("patient_id", "order", "low", "id")
            .unique("patient_id", keep="first", maintain_order=True)
        )
        told = best.select("patient_id", "id", "category", "known_at")
        parts.append(start.join(told, on="patient_id", how="left", maintain_order="left"))
        used = told.join(judged.rows, on="id").select(list(ROWS_SCHEMA))
        given = start.select("patient_id", pl.lit("treatments").alias("table"), "row")
        rows += [part.with_columns(number=pl.lit(number, pl.Int32)) for part in (used, given)]
    if not parts:
        none = lines.with_columns(
            category=pl.lit(None, pl.String), known_at=pl.lit(None, pl.Float64)
        )
        schema = {**ROWS_SCHEMA, "number": pl.Int32}
        return none, pl.DataFrame(schema=schema), findings
    # Every line reads the same values and complains of the same rows.
    once = list(dict.fromkeys(findings))
    return pl.concat(parts).sort("patient_id", "number"), pl.concat(rows), once


def _known(lines: pl.DataFrame) -> list[pl.Expr]:
    return [
        pl.col("known_at").max().alias("known_at"),
        pl.col("clock").first().alias("known_clock"),
    ]


def _responses(lines: pl.DataFrame, definition: LineResponses) -> pl.DataFrame:
    said = pl.concat_str(
        "intent", pl.lit(": "), pl.col("category").fill_null(pl.lit("not evaluable"))
    )
    return lines.group_by("patient_id", maintain_order=True).agg(
        said.str.join("; ").alias("value"),
        pl.lit(None, pl.String).first().alias("why"),
        *_known(lines),
    )


def _salvage(lines: pl.DataFrame, definition: LineResponses) -> pl.DataFrame:
    rank = {name: number for number, name in enumerate(definition.set.best_first)}
    order = pl.col("category").replace_strict(rank, default=len(rank))
    salvage = lines.filter(intent="salvage")
    without = lines.join(salvage, on="patient_id", how="anti").select("patient_id").unique()
    best = (
        salvage.with_columns(order.alias("order"))
        .sort("patient_id", "order", "number")
        .unique("patient_id", keep="first", maintain_order=True)
    )
    told = best.select(
        "patient_id",
        pl.col("category").alias("value"),
        pl.when(pl.col("category").is_null()).then(pl.lit("not_evaluable")).alias("why"),
        "known_at",
        pl.col("clock").alias("known_clock"),
        pl.col("number").cast(pl.Int32),
    )
    # Who had therapy and no salvage has no response to it.
    none = without.sort("patient_id").with_columns(why=pl.lit("not_applicable"))
    return pl.concat([told, none], how="diagonal")


def _refractory(lines: pl.DataFrame, definition: LineResponses) -> pl.DataFrame:
    """Yes, no, open, or not applicable to who had fewer lines and no remission."""
    asked = lines.filter(pl.col("number") <= definition.lines)
    remission = pl.col("category").is_in(definition.set.remissions)
    told = asked.group_by("patient_id", maintain_order=True).agg(
        remission.any().alias("remission"),
        pl.col("category").is_null().any().alias("open"),
        (pl.len() < definition.lines).alias("fewer"),
        *_known(asked),
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
    return told.select(
        "patient_id", value.alias("value"), why.alias("why"), "known_at", "known_clock"
    )
