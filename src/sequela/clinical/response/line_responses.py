"""What each line of therapy achieved.

The lines are the rows of `treatments` for induction and salvage, in the order of their first
days; a consolidation or maintenance is none. The response to a line is its best restaging from
the day after its start to the day on which the next line starts. When a disease is refractory is
said in `refractory`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import polars as pl
from pydantic import Field, model_validator

from sequela.chart.chart import Chart
from sequela.clinical.regimens import Regimens
from sequela.clinical.response.courses import counted_lines, judge_lines, known_by
from sequela.clinical.response.criteria import CriteriaSet
from sequela.clinical.response.definition import ByCriteria, check_names, criteria_of
from sequela.clinical.response.refractory import Asked, derive_refractory
from sequela.clinical.subjects import ROWS_SCHEMA, Derived
from sequela.findings import Finding


class LineResponses(ByCriteria):
    """The responses to lines of therapy by named criteria, or whether the disease was refractory.

    `responses` lists all lines, `salvage` is the best response to any salvage line, and
    `refractory` whether the disease was refractory to its first therapy by the rule of the
    criteria; see the clinical rule `refractory`.
    """

    derive: Literal["line_responses"]
    criteria: str = Field(description="the criteria, by name")
    measure: Literal["responses", "salvage", "refractory"] = Field(
        "responses", description="what is asked"
    )
    lines: int | None = Field(
        None,
        ge=1,
        description="after how many lines (courses of induction) it is refractory, whatever they "
        "were; blank is what the criteria say",
    )
    less_intensive: tuple[str, ...] = Field(
        (),
        description="further drugs or regimens that are less intensive therapy, for criteria with "
        "a landmark for it",
    )

    @model_validator(mode="after")
    def _possible(self) -> LineResponses:
        criteria_of(self.criteria, self.thresholds, self.assume)
        check_names(self.names)
        if self.measure == "refractory" and not (self.lines or self.set.refractory_courses):
            raise ValueError(f"{self.criteria} does not say when a disease is refractory")
        return self

    @property
    def set(self) -> CriteriaSet:
        """The criteria with the study's own numbers."""
        return criteria_of(self.criteria, self.thresholds, self.assume)


def derive_line_responses(
    chart: Chart, definition: LineResponses, regimens: Regimens
) -> tuple[Derived, list[Finding]]:
    """Lines with their responses as text, the best to salvage, or yes or no."""
    undated = counted_lines(chart).filter(pl.col("low").is_null())["patient_id"].unique()
    if definition.measure == "refractory":
        derived, findings = derive_refractory(chart, asked_of(definition), regimens)
    else:
        derived, findings = _of_lines(chart, definition)
    open_ = pl.col("patient_id").is_in(undated.implode())
    values = derived.values.with_columns(
        pl.when(~open_).then("value").alias("value"),
        pl.when(open_).then(pl.lit("not_evaluable")).otherwise("why").alias("why"),
    )
    return replace(derived, values=values), findings


def asked_of(definition: LineResponses) -> Asked:
    """What a column of refractory disease asks: the study's own numbers, else the criteria's."""
    criteria = definition.set
    return Asked(
        criteria,
        courses=definition.lines or int(criteria.refractory_courses or 1),
        landmark_days=None if definition.lines else criteria.refractory_landmark_days,
        less_intensive=(*criteria.less_intensive, *definition.less_intensive),
        names=definition.names,
    )


def _of_lines(chart: Chart, definition: LineResponses) -> tuple[Derived, list[Finding]]:
    lines, rows, findings = judge_lines(chart, definition.set, names=definition.names)
    of = {"responses": _responses, "salvage": _salvage}[definition.measure]
    values = of(lines, definition)
    if definition.measure == "salvage":
        # The rows of the salvage that counts.
        rows = rows.join(values.select("patient_id", "number"), on=["patient_id", "number"])
    kind: Literal["text", "category", "yes_no"] = holds(definition)
    derived = Derived(
        kind,
        values.select(pl.exclude("number")),
        rows.select(list(ROWS_SCHEMA)).unique(maintain_order=True),
        f"{definition.measure} of lines of therapy, criteria {definition.set.version}",
        definition.set.best_first if kind == "category" else (),
    )
    return derived, findings


def holds(definition: LineResponses) -> Literal["text", "category", "yes_no"]:
    """What the column holds."""
    kinds: Mapping[str, Literal["text", "category", "yes_no"]] = {
        "responses": "text",
        "salvage": "category",
        "refractory": "yes_no",
    }
    return kinds[definition.measure]


def _responses(lines: pl.DataFrame, definition: LineResponses) -> pl.DataFrame:
    said = pl.concat_str(
        "intent", pl.lit(": "), pl.col("category").fill_null(pl.lit("not evaluable"))
    )
    return lines.group_by("patient_id", maintain_order=True).agg(
        said.str.join("; ").alias("value"),
        pl.lit(None, pl.String).first().alias("why"),
        *known_by(lines),
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
