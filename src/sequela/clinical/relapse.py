"""Relapse found in the chart: in marrow or blood, as residual disease, or outside the marrow.

The rule `relapse-2`. A relapse comes after a remission, which is a moment of the study (`after`).

- `marrow`: blasts in the marrow above the number of the criteria (5 % unless they say otherwise;
  exactly 5 % is no relapse, unless the criteria count it).
- `blood`: blasts that reappear in the blood, in one sample or in two at least a week apart, as
  the criteria say (see `relapse_blood`).
- `morphologic`: the first of these two.
- `MRD`: residual disease at or above the threshold, after a run of the same method that was
  negative with a sufficient sensitivity.
- `extramedullary` and `CNS`: a site that is diseased and was not at its last known status before.
  The CNS is told apart by the name of the site; its fluid is also judged by its counts (see
  `relapse_sites`).
- `any`: the first of all.

Each keeps the last examination of its own kind that was free of it. What is open (an interval
that straddles the number, a lone sample of blood that needs a second) is neither a relapse nor
free of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import polars as pl
from pydantic import Field, model_validator

from sequela.chart.chart import Chart
from sequela.chart.frames import with_types
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
from sequela.clinical.relapse_blood import (
    UNCONFIRMED,
    blasts_reappeared,
    unconfirmed_findings,
)
from sequela.clinical.relapse_sites import CNS_SITES, Least, sites_with_fluid
from sequela.clinical.response.collect import named_measures
from sequela.clinical.response.comparisons import above, below
from sequela.clinical.response.criteria import CriteriaSet
from sequela.clinical.response.definition import check_names, criteria_of
from sequela.clinical.response.measures import value_rows
from sequela.clinical.response.moment import with_free_days
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.findings import Finding

Kind = Literal["morphologic", "marrow", "blood", "MRD", "extramedullary", "CNS", "any"]
Moments = Mapping[str, pl.DataFrame]
Found = tuple[pl.DataFrame, tuple[Finding, ...]]

RULE = "relapse-2"
_BY_CRITERIA: tuple[Kind, ...] = ("morphologic", "marrow", "blood", "any")

RULES = (
    ClinicalRule(
        "relapse",
        RULE,
        "After a remission: blasts in the marrow above the number of the criteria; blasts that "
        "reappear in the blood, in as many samples as the criteria ask for; residual disease at "
        "or above its threshold after a run of the same method that was negative with a "
        "sufficient sensitivity; or a site outside the marrow that is diseased and was not at "
        "its last known status before, the cerebrospinal fluid also by its counts (rule cns-2). "
        "The day is that on which it was found first, and the last examination of the same kind "
        "that was free of it is kept beside it. A lone sample of blood where two are needed is "
        "neither a relapse nor free of one until a later sample confirms or refutes it.",
        "the criteria named with it; blood and sites outside the marrow after a CR: response "
        "table 4a of Biol Blood Marrow Transplant 2010;16(9):1187-1211, which was read; for the "
        "pair of runs this project",
        ("moments",),
        (
            Parameter("relapse_blasts_above", "5 % unless the criteria say otherwise"),
            Parameter(
                "relapse_blood_samples",
                "1 for ALL, 2 for AML; 0 leaves the blood out",
                "the criteria named with it",
            ),
            Parameter(
                "relapse_blood_days",
                "7 days at least between the first and the last of several samples, and none "
                "between them without blasts",
                "one week: ELN 2022 for AML; no sample without blasts between them: this project",
                read_first_hand=False,
            ),
            Parameter("threshold", f"{THRESHOLD:g} % for residual disease"),
            Parameter(
                "cns_from",
                "CNS3: five or more white cells with blasts, or clinical signs; CNS2 is open",
                "World J Hematol 2014;3(3):49-70, table 2, which was read",
            ),
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
        {},
        description="numbers that this study changes: relapse_blasts_above, "
        "relapse_blood_samples (0 leaves the blood out), relapse_blood_days",
    )
    names: Mapping[str, tuple[str, ...]] = Field(
        {}, description="further names under which this chart keeps a measure"
    )
    threshold: float = Field(THRESHOLD, gt=0, description="of residual disease, in percent")
    population: tuple[str, ...] = Field(
        (), description="for residual disease: the populations or markers that are the disease"
    )
    cns_from: Least = Field(
        "CNS3", description="the least status of the cerebrospinal fluid that is a relapse"
    )

    @property
    def tables(self) -> tuple[str, ...]:
        """The chart tables that it reads; one of them is enough."""
        named = {
            "MRD": "populations|measurements",
            "extramedullary": "extramedullary",
            "CNS": "extramedullary|assessments",
            "any": "measurements|populations|extramedullary|assessments",
        }
        return (named.get(self.kind, "measurements"),)

    @property
    def set(self) -> CriteriaSet:
        """The criteria with the study's own numbers."""
        return criteria_of(self.criteria, self.thresholds)

    @property
    def blood_samples(self) -> int:
        """How many samples of blood with blasts make a relapse; 0 where none does."""
        return int(self.set.relapse_blood_samples or 0)

    @model_validator(mode="after")
    def _possible(self) -> RelapseMoment:
        check_names(self.names)
        if self.kind not in _BY_CRITERIA:
            return self
        if not self.criteria:
            raise ValueError("a relapse in marrow or blood needs `criteria`, whose numbers count")
        if self.set.relapse_blasts_above is None:
            raise ValueError(f"{self.criteria} says nothing of relapse")
        if self.blood_samples != (self.set.relapse_blood_samples or 0) or self.blood_samples < 0:
            raise ValueError("relapse_blood_samples is a whole number of samples")
        if self.kind == "blood" and not self.blood_samples:
            raise ValueError("a relapse in the blood needs a relapse_blood_samples above zero")
        return self


def find_relapses(chart: Chart, definition: RelapseMoment, moments: Moments) -> Found:
    """Every examination that shows a relapse, in the order of time; the marrow first on a day.

    A sample of blood that awaits its confirmation is a finding where nothing else shows a relapse.
    """
    kinds = {
        "morphologic": (_marrow, _blood),
        "marrow": (_marrow,),
        "blood": (_blood,),
        "MRD": (_mrd,),
        "extramedullary": (_sites,),
        "CNS": (_sites,),
        "any": (_marrow, _blood, _mrd, _sites),
    }[definition.kind]
    parts = [find(chart, definition, moments) for find in kinds]
    placed = [part[0].with_columns(place=pl.lit(n)) for n, part in enumerate(parts)]
    ordered = pl.concat(placed).sort("patient_id", "clock", "low", "high", "place", "row")
    rows = ordered.select(list(OCCURRENCE_SCHEMA)).pipe(with_types, OCCURRENCE_SCHEMA)
    relapsed = set(rows["patient_id"].to_list())
    findings = (f for part in parts for f in part[1])
    told = (f for f in findings if f.code != UNCONFIRMED or f.patient_id not in relapsed)
    return rows, tuple(told)


def _began(rows: pl.DataFrame, definition: RelapseMoment, moments: Moments) -> pl.DataFrame:
    """The rows after the remission, with its day: what was found that day is the remission's."""
    rows = between(rows, definition.after, definition.until, moments)
    day = moments[definition.after].select("patient_id", "clock", began="high")
    return rows.join(day, on=["patient_id", "clock"], how="left", maintain_order="left")


def _marrow(chart: Chart, definition: RelapseMoment, moments: Moments) -> Found:
    criteria = definition.set
    values = value_rows(chart, named_measures(definition.names)["marrow_blasts"])
    number = criteria.relapse_blasts_above or 0.0
    relapsed = ~below(pl.col, number) if criteria.relapse_at_least else above(pl.col, number)
    rows = _began(values.rows.with_columns(found=relapsed), definition, moments)
    return with_free_days(rows, "measurements"), values.findings


def _blood(chart: Chart, definition: RelapseMoment, moments: Moments) -> Found:
    """Samples of blood after the remission, judged together: one may confirm another."""
    values = value_rows(chart, named_measures(definition.names)["circulating_blasts"])
    after = _began(values.rows, definition, moments)
    after = after if definition.blood_samples else after.clear()
    samples, days_apart = definition.blood_samples, definition.set.relapse_blood_days
    judged = blasts_reappeared(after, samples=samples, days_apart=days_apart)
    open_ = unconfirmed_findings(chart, judged, samples=samples, days_apart=days_apart)
    return with_free_days(judged, "measurements"), (*values.findings, *open_)


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


def _sites(chart: Chart, definition: RelapseMoment, moments: Moments) -> Found:
    rows, findings = sites_with_fluid(chart, definition.cns_from)
    in_cns = pl.col("site").is_in(list(CNS_SITES))
    if definition.kind == "CNS":
        rows = rows.filter(in_cns)
    if definition.kind == "extramedullary":
        rows = rows.filter(~in_cns)
    by = ["patient_id", "clock", "site"]
    ordered = rows.sort(*by, "low", "high", "table", "row")
    was = pl.col("present").forward_fill().shift(1).over(by).fill_null(False)
    new = ordered.with_columns(found=pl.col("present") & ~was)
    return with_free_days(_began(new, definition, moments)), findings
