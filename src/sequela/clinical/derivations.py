"""The derivations a column may name, and for each what evaluates it, holds and refers to.

A new derivation is a definition class with its function in a file of its own, a line in
`AnyColumn` and an entry in `DERIVATIONS`; the study file, its JSON Schema, the check of its
references and the reference page follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import polars as pl
from pydantic import Field

from sequela.chart import schema
from sequela.chart.chart import Chart
from sequela.clinical import columns as col
from sequela.clinical import line_columns as lines
from sequela.clinical.burden_doubles import twice_findings
from sequela.clinical.causality import Causality, derive_causality
from sequela.clinical.cns import CnsStatus, derive_cns
from sequela.clinical.counts import Count, derive_count
from sequela.clinical.dechallenge import derive_courses
from sequela.clinical.dechallenge_columns import (
    DechallengeNumber,
    DechallengeVerdict,
    RechallengeVerdict,
    SpontaneousRegression,
    derive_numbers,
    derive_rechallenge,
    derive_spontaneous,
    derive_verdicts,
)
from sequela.clinical.drug_exposure import DrugExposure, derive_drug_exposure
from sequela.clinical.exposure import Exposure, derive_exposure
from sequela.clinical.mrd.columns import derive_mrd
from sequela.clinical.mrd.definition import Mrd
from sequela.clinical.response.agreement import compare_sources
from sequela.clinical.response.computed import criteria_findings, derive_computed, judge_response
from sequela.clinical.response.definition import Response
from sequela.clinical.response.line_responses import LineResponses, derive_line_responses
from sequela.clinical.response.line_responses import holds as line_responses_hold
from sequela.clinical.response.reported import derive_reported
from sequela.clinical.response.visits import compare_visits
from sequela.clinical.subjects import ColumnKind, Derived, Subjects
from sequela.clinical.transplant import engraftment, facts, gvhd
from sequela.clinical.transplant import intensity_columns as intensity
from sequela.clinical.transplant.hla import columns as hla
from sequela.clinical.transplant.hla import permissiveness as dpb1
from sequela.clinical.value_at import derive_value_at
from sequela.clinical.vocabulary import Vocabulary, packaged_vocabulary
from sequela.findings import Finding

AnyColumn = Annotated[
    col.LookUp
    | col.Listing
    | col.Present
    | col.Recode
    | col.Age
    | col.Interval
    | col.Condition
    | Exposure
    | Response
    | Mrd
    | LineResponses
    | CnsStatus
    | Count
    | DechallengeVerdict
    | DechallengeNumber
    | RechallengeVerdict
    | SpontaneousRegression
    | Causality
    | intensity.ConditioningAgents
    | intensity.ConditioningIntensity
    | intensity.ConditioningComparison
    | hla.HlaMatch
    | dpb1.Dpb1Permissiveness
    | facts.TransplantFact
    | engraftment.Engraftment
    | gvhd.Gvhd
    | lines.TherapyLine
    | DrugExposure,
    Field(discriminator="derive"),
]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a derivation may read: the chart, the moments, and the columns above it.

    `details` is what the columns above keep beside their values; `file` and `name` say where the
    definition stands, for findings. `vocabulary` holds drugs, regimens and rule sets.
    """

    name: str
    file: str
    chart: Chart
    moments: Mapping[str, pl.DataFrame]
    subjects: Subjects
    details: Mapping[str, Any]
    vocabulary: Vocabulary = field(default_factory=packaged_vocabulary)

    @property
    def place(self) -> Finding:
        """Where the definition stands, as a finding without words."""
        return Finding(
            code="",
            severity="error",
            message="",
            remedy="",
            file=self.file,
            column=f"columns.{self.name}",
        )


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A derived column, what was found on the way, and what it keeps beside its values."""

    derived: Derived
    findings: tuple[Finding, ...] = ()
    details: Any = None


@dataclass(frozen=True, slots=True)
class Derivation:
    """What a kind of column can do: evaluate itself, say what it holds and what it refers to.

    `refers` names, for each field that refers to another definition, what it may be: a moment,
    an earlier column, or an earlier column of one derivation (`dechallenge`). A field with a
    list refers with each of its words; blank refers to nothing. `tables` names the chart tables
    that the derivation reads whatever else its definition says; of names with bars between them
    one is enough.
    """

    evaluate: Callable[[Any, Evaluation], Evaluated]
    holds: ColumnKind | Callable[[Any], ColumnKind]
    refers: Mapping[str, str] = field(default_factory=dict)
    tables: tuple[str, ...] | Callable[[Any], tuple[str, ...]] = ()

    def tables_of(self, definition: AnyColumn) -> tuple[str, ...]:
        """The chart tables that the column reads whatever else it says."""
        return self.tables(definition) if callable(self.tables) else self.tables

    def kind_of(self, definition: AnyColumn) -> ColumnKind:
        """What the column's values will be, from its definition alone."""
        return self.holds(definition) if callable(self.holds) else self.holds


def _recode(definition: col.Recode, asked: Evaluation) -> Evaluated:
    derived, unmapped = col.derive_recode(asked.subjects, definition)
    return Evaluated(derived, tuple(_unmapped(asked, value) for value in unmapped))


def _unmapped(asked: Evaluation, value: str) -> Finding:
    return Finding(
        code="value-without-code",
        severity="warning",
        file=asked.file,
        column=f"columns.{asked.name}.codes",
        value=value,
        message=f"a value of the chart has no code in columns.{asked.name}, and stays unknown",
        remedy="Add it to `codes`, with the group it belongs to.",
    )


def _dechallenge(definition: DechallengeVerdict, asked: Evaluation) -> Evaluated:
    courses = derive_courses(asked.chart, definition, asked.vocabulary.drugs)
    findings = tuple(twice_findings(asked.chart, definition.burden_names))
    return Evaluated(derive_verdicts(courses, definition), findings, details=courses)


def _causality(definition: Causality, asked: Evaluation) -> Evaluated:
    courses = asked.details[definition.of]
    derived, judged = derive_causality(
        asked.chart, definition, asked.moments, courses, asked.vocabulary.drugs
    )
    return Evaluated(derived, details=judged)


def _look_up(definition: col.LookUp, asked: Evaluation) -> Evaluated:
    if definition.at:
        return Evaluated(derive_value_at(asked.chart, definition, asked.moments))
    return Evaluated(col.derive_look_up(asked.chart, definition))


def _with_findings(found: tuple[Derived, Iterable[Finding]]) -> Evaluated:
    derived, findings = found
    return Evaluated(derived, tuple(findings))


def _response(definition: Response, asked: Evaluation) -> Evaluated:
    """By the source that the study names; where the other can be had too, both are compared."""
    computes = definition.source == "computed"
    if not definition.can_compute:
        return _with_findings(derive_reported(asked.chart, definition, asked.moments))
    judged = judge_response(asked.chart, definition, asked.moments)
    computed = derive_computed(asked.chart, definition, asked.moments, judged)
    reported, unranked = derive_reported(asked.chart, definition, asked.moments)
    findings = [*judged.findings, *unranked]
    if computes:
        findings += criteria_findings(definition, file=asked.file, place=f"columns.{asked.name}")
    visits = compare_visits(asked.chart, definition, asked.moments, judged)
    findings += visits.findings
    if not (definition.each or definition.at):
        findings += compare_sources(
            asked.chart,
            reported,
            computed,
            definition.set,
            used=definition.source,
            told=visits,
        )
    return Evaluated(computed if computes else reported, tuple(findings), judged)


def _looked_up(definition: col.LookUp) -> ColumnKind:
    if definition.table not in schema.TABLE_NAMES:
        return "category"
    kinds = {c.name: c.kind for c in schema.table(definition.table).columns}
    return "number" if kinds.get(definition.column) in ("number", "count") else "category"


DERIVATIONS: dict[type, Derivation] = {
    LineResponses: Derivation(
        lambda d, a: _with_findings(derive_line_responses(a.chart, d, a.vocabulary.regimens)),
        line_responses_hold,
        tables=("treatments", "measurements"),
    ),
    CnsStatus: Derivation(
        lambda d, a: _with_findings(derive_cns(a.chart, d, a.moments)),
        "category",
        {"at": "moment"},
        ("assessments",),
    ),
    Count: Derivation(
        lambda d, a: Evaluated(derive_count(a.chart, d, a.moments)),
        "number",
        {"start": "moment", "until": "moment"},
    ),
    Mrd: Derivation(
        lambda d, a: _with_findings(derive_mrd(a.chart, d, a.moments)),
        lambda d: "number" if d.measure == "share" else "category",
        {"start": "moment", "until": "moment", "at": "moment"},
        lambda d: ("assessments" if d.source == "reported" else "populations|measurements",),
    ),
    col.LookUp: Derivation(_look_up, _looked_up, {"at": "moment"}),
    col.Listing: Derivation(lambda d, a: Evaluated(col.derive_list(a.chart, d)), "text"),
    col.Present: Derivation(lambda d, a: Evaluated(col.derive_present(a.chart, d)), "yes_no"),
    col.Recode: Derivation(_recode, "category", {"source": "earlier column"}),
    col.Age: Derivation(
        lambda d, a: Evaluated(col.derive_age(a.chart, d, a.moments)), "number", {"at": "moment"}
    ),
    col.Interval: Derivation(
        lambda d, a: Evaluated(col.derive_interval(a.chart, d, a.moments)),
        "number",
        {"start": "moment", "end": "moment"},
    ),
    col.Condition: Derivation(
        lambda d, a: Evaluated(col.derive_condition(a.subjects, d)), "yes_no"
    ),
    Exposure: Derivation(
        lambda d, a: _with_findings(derive_exposure(a.chart, d, a.moments, a.vocabulary.drugs)),
        "number",
        {"until": "moment"},
        ("exposures",),
    ),
    Response: Derivation(
        _response,
        lambda d: "text" if d.each and d.source == "computed" else "category",
        {"start": "moment", "until": "moment", "at": "moment"},
        lambda d: ("assessments" if d.source == "reported" else "measurements",),
    ),
    DechallengeVerdict: Derivation(_dechallenge, "category", tables=("measurements", "exposures")),
    DechallengeNumber: Derivation(
        lambda d, a: Evaluated(derive_numbers(a.details[d.of], d)), "number", {"of": "dechallenge"}
    ),
    RechallengeVerdict: Derivation(
        lambda d, a: Evaluated(derive_rechallenge(a.details[d.of])),
        "category",
        {"of": "dechallenge"},
    ),
    SpontaneousRegression: Derivation(
        lambda d, a: Evaluated(derive_spontaneous(a.details[d.of])),
        "category",
        {"of": "dechallenge"},
    ),
    Causality: Derivation(
        _causality, "category", {"of": "dechallenge", "event": "moment"}, ("exposures",)
    ),
    intensity.ConditioningAgents: Derivation(
        lambda d, a: _with_findings(intensity.derive_agents(a.chart, d, a.vocabulary)),
        "category",
        tables=("transplants",),
    ),
    intensity.ConditioningIntensity: Derivation(
        lambda d, a: _with_findings(
            intensity.derive_intensity(a.chart, d, a.vocabulary, place=a.place)
        ),
        "category",
        tables=("transplants",),
    ),
    intensity.ConditioningComparison: Derivation(
        lambda d, a: _with_findings(intensity.derive_comparison(a.chart, d, a.vocabulary)),
        "text",
        tables=("transplants",),
    ),
    hla.HlaMatch: Derivation(
        lambda d, a: _with_findings(hla.derive_hla_match(a.chart, d, place=a.place)),
        hla.holds,
        tables=("transplants", "hla"),
    ),
    dpb1.Dpb1Permissiveness: Derivation(
        lambda d, a: _with_findings(
            dpb1.derive_permissiveness(a.chart, d, a.vocabulary, place=a.place)
        ),
        "category",
        tables=("transplants", "hla"),
    ),
    lines.TherapyLine: Derivation(
        lambda d, a: _with_findings(lines.derive_line(a.chart, d, a.vocabulary.regimens)),
        lines.holds,
    ),
    DrugExposure: Derivation(
        lambda d, a: _with_findings(
            derive_drug_exposure(a.chart, d, a.moments, a.vocabulary.regimens, place=a.place)
        ),
        "yes_no",
        {"until": "moment"},
    ),
    facts.TransplantFact: Derivation(
        lambda d, a: _with_findings(facts.derive_fact(a.chart, d, a.vocabulary)),
        facts.holds,
        tables=("transplants",),
    ),
    engraftment.Engraftment: Derivation(
        lambda d, a: _with_findings(engraftment.derive_engraftment(a.chart, d)),
        engraftment.holds,
        tables=("transplants", "measurements"),
    ),
    gvhd.Gvhd: Derivation(
        lambda d, a: _with_findings(gvhd.derive_gvhd(a.chart, d, a.vocabulary, place=a.place)),
        gvhd.holds,
        tables=("transplants", "assessments"),
    ),
}
