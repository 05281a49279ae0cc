"""Relapse found in the chart: in the marrow, as residual disease, or outside the marrow.

The rule `relapse-1`. A relapse comes after a remission, which is a moment of the study (`after`).

- `morphologic`: blasts in the marrow above the number of the criteria (5 % unless they say
  otherwise; exactly 5 % is no relapse, unless the criteria count it).
- `MRD`: residual disease at or above the threshold, after a run of the same method that was
  negative with a sufficient sensitivity.
- `extramedullary` and `CNS`: a site that is diseased and was not at its last status before. The
  CNS is told apart by the name of the site.
- `any`: the first of these.

Each keeps the last examination of its own kind that was free of it. What is open (an interval
that straddles the number) is neither a relapse nor free of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import polars as pl
from pydantic import Field, model_validator

from sequela.chart.chart import Chart
from sequela.clinical.definition import Definition
from sequela.clinical.moments import OCCURRENCE_SCHEMA
from sequela.clinical.mrd.columns import between, occurrences
from sequela.clinical.mrd.records import (
    DETECTION_EVENTS,
    LOWER,
    NEGATIVE,
    POSITIVE,
    THRESHOLD,
    UNQUANTIFIED,
    mrd_records,
    of_populations,
    several_populations,
    state,
)
from sequela.clinical.response.collect import named_measures
from sequela.clinical.response.comparisons import above, below
from sequela.clinical.response.criteria import CriteriaSet
from sequela.clinical.response.definition import check_names, criteria_of
from sequela.clinical.response.extramedullary import site_rows
from sequela.clinical.response.measures import value_rows
from sequela.clinical.response.moment import with_free_days
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.findings import Finding

Kind = Literal["morphologic", "MRD", "extramedullary", "CNS", "any"]
Moments = Mapping[str, pl.DataFrame]
Found = tuple[pl.DataFrame, tuple[Finding, ...]]

CNS_SITES = ("cns", "csf", "cerebrospinal fluid", "meninges", "brain", "central nervous system")

RULES = (
    ClinicalRule(
        "relapse",
        "relapse-1",
        "After a remission: blasts in the marrow above the number of the criteria; residual "
        "disease at or above its threshold after a run of the same method that was negative with "
        "a sufficient sensitivity; or a site outside the marrow that is diseased and was not at "
        "its last status before. The day is that on which it was found, and the last examination "
        "of the same kind that was free of it is kept beside it.",
        "the criteria named with it; for the site and the pair of runs this project",
        ("moments",),
        (
            Parameter("relapse_blasts_above", "5 % unless the criteria say otherwise"),
            Parameter("threshold", f"{THRESHOLD:g} % for residual disease"),
            Parameter("sites of the CNS", ", ".join(CNS_SITES), "this project"),
        ),
    ),
)


class RelapseMoment(Definition):
    """When a relapse was found after a remission, with the last examination free of it."""

    derive: Literal["relapse"]
    kind: Kind = Field(description="which relapse")
    after: str = Field(description="the moment of the remission")
    criteria: str = Field("", description="the criteria whose number of blasts counts")
    until: str = Field("", description="the moment after which nothing counts")
    thresholds: Mapping[str, float] = Field(
        {}, description="numbers that this study changes: relapse_blasts_above"
    )
    names: Mapping[str, tuple[str, ...]] = Field(
        {}, description="further names under which this chart keeps a measure"
    )
    threshold: float = Field(THRESHOLD, gt=0, description="of residual disease, in percent")
    population: tuple[str, ...] = Field(
        (), description="for residual disease: the populations or markers that are the disease"
    )

    @property
    def tables(self) -> tuple[str, ...]:
        """The chart tables that it reads; one of them is enough."""
        named = {
            "morphologic": "measurements",
            "MRD": "populations|measurements",
            "any": "measurements|populations|extramedullary",
        }
        return (named.get(self.kind, "extramedullary"),)

    @property
    def set(self) -> CriteriaSet:
        """The criteria with the study's own numbers."""
        return criteria_of(self.criteria, self.thresholds)

    @model_validator(mode="after")
    def _possible(self) -> RelapseMoment:
        check_names(self.names)
        if self.kind not in ("morphologic", "any"):
            return self
        if not self.criteria:
            raise ValueError("a relapse in the marrow needs `criteria`, whose number counts")
        if self.set.relapse_blasts_above is None:
            raise ValueError(f"{self.criteria} says nothing of relapse")
        return self


def find_relapses(chart: Chart, definition: RelapseMoment, moments: Moments) -> Found:
    """Every examination that shows a relapse, in the order of time."""
    kinds = {
        "morphologic": (_morphologic,),
        "MRD": (_mrd,),
        "extramedullary": (_extramedullary,),
        "CNS": (_extramedullary,),
        "any": (_morphologic, _mrd, _extramedullary),
    }[definition.kind]
    parts = [find(chart, definition, moments) for find in kinds]
    rows = pl.concat([part[0] for part in parts]).cast(dict(OCCURRENCE_SCHEMA))  # type: ignore[arg-type]
    ordered = rows.sort("patient_id", "clock", "low", "high", "table", "row")
    return ordered, tuple(f for part in parts for f in part[1])


def _began(rows: pl.DataFrame, definition: RelapseMoment, moments: Moments) -> pl.DataFrame:
    """The rows after the remission, with its day: what was found that day is the remission's."""
    rows = between(rows, definition.after, definition.until, moments)
    day = moments[definition.after].select("patient_id", "clock", began="high")
    return rows.join(day, on=["patient_id", "clock"], how="left", maintain_order="left")


def _morphologic(chart: Chart, definition: RelapseMoment, moments: Moments) -> Found:
    criteria = definition.set
    measure = named_measures(definition.names)["marrow_blasts"]
    values = value_rows(chart, measure)
    number = criteria.relapse_blasts_above or 0.0
    relapsed = ~below(pl.col, number) if criteria.relapse_at_least else above(pl.col, number)
    rows = _began(values.rows.with_columns(found=relapsed), definition, moments)
    return with_free_days(rows, "measurements"), values.findings


def _mrd(chart: Chart, definition: RelapseMoment, moments: Moments) -> Found:
    """A positive run after a negative one by the same method, both counted from the remission."""
    records, findings = mrd_records(chart, detection_events=DETECTION_EVENTS)
    records = of_populations(records, definition.population)
    if not definition.population:
        findings += several_populations(records, chart.files.get("populations", "populations.csv"))
    judged = records.with_columns(state(definition.threshold))
    by = ["patient_id", "clock", "method", "denominator", "population"]
    ordered = judged.sort(*by, "low", "high", "row")
    negative = (pl.col("state") == NEGATIVE).fill_null(False).cast(pl.Int64)
    before = negative.shift(1).cum_sum().over(by).fill_null(0)
    # A run that could not have found so much is no proof of its absence.
    told = pl.col("state").is_in([LOWER, UNQUANTIFIED])
    found = pl.when(~told).then(pl.col("state") == POSITIVE)
    after_negative = ordered.with_columns(found=found).filter((before > 0) | (negative > 0))
    rows = between(after_negative, definition.after, definition.until, moments)
    return occurrences(rows, moments, definition.after), tuple(findings)


def _extramedullary(chart: Chart, definition: RelapseMoment, moments: Moments) -> Found:
    sites = site_rows(chart, named_measures({})["extramedullary"])
    rows = sites.rows
    in_cns = pl.col("site").is_in(list(CNS_SITES))
    if definition.kind == "CNS":
        rows = rows.filter(in_cns)
    if definition.kind == "extramedullary":
        rows = rows.filter(~in_cns)
    by = ["patient_id", "clock", "site"]
    ordered = rows.sort(*by, "low", "high", "row")
    was = pl.col("present").shift(1).over(by).fill_null(False)
    new = ordered.with_columns(found=pl.col("present") & ~was)
    return with_free_days(_began(new, definition, moments), "extramedullary"), sites.findings
