"""Definitions of residual disease: a column with its state or share, a moment of its negativity."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from sequela.clinical.columns import ColumnDefinition
from sequela.clinical.definition import Definition
from sequela.clinical.mrd.records import DETECTION_EVENTS, THRESHOLD
from sequela.clinical.timeline import Pick

Method = Literal["", "flow cytometry", "PCR", "sequencing"]
_METHOD = "only runs by this method; blank is any"
_DENOMINATOR = "only runs of this denominator; blank is any, each judged by its own"
_POPULATION = (
    "only runs of these populations or markers, those that are the disease; blank is all of them"
)
_THRESHOLD = "in percent of the denominator; exactly this much is positive"
_EVENTS = "how many events a flow run without a stated limit needs to find something"


class Mrd(ColumnDefinition):
    """Measurable residual disease: its state, or its share of the denominator.

    With `at` it is that of one moment (`pick = "on_or_before"` a transplant, `within_days`);
    without, the best of all from the day after `start` to `until`. Where the chart has a
    clinician's judgement as well (`assessments` of MRD), both are compared.
    """

    derive: Literal["mrd"]
    source: Literal["reported", "computed"] = "computed"
    measure: Literal["state", "share"] = Field("state", description="the state, or the percentage")
    method: Method = Field("", description=_METHOD)
    denominator: str = Field("", description=_DENOMINATOR)
    population: tuple[str, ...] = Field((), description=_POPULATION)
    threshold: float = Field(THRESHOLD, gt=0, description=_THRESHOLD)
    detection_events: float = Field(DETECTION_EVENTS, gt=0, description=_EVENTS)
    start: str = Field("", description="the moment after which it counts")
    until: str = Field("", description="the moment after which nothing counts")
    at: str = Field("", description="the moment that is meant; blank takes the best of all")
    pick: Pick = Field("nearest", description="which run, counted from `at`")
    within_days: float | None = Field(None, ge=0, description="how far from `at` it may be")

    @model_validator(mode="after")
    def _possible(self) -> Mrd:
        if self.measure == "share" and not self.at:
            raise ValueError("a share needs `at`, the moment that is meant")
        if self.measure == "share" and self.source == "reported":
            raise ValueError("a clinician's judgement has no share; take it from the assay")
        return self


class MrdMoment(Definition):
    """When residual disease was first found negative, with a sufficient sensitivity."""

    derive: Literal["mrd"]
    state: Literal["negative"] = Field("negative", description="the state that is looked for")
    method: Method = Field("", description=_METHOD)
    denominator: str = Field("", description=_DENOMINATOR)
    population: tuple[str, ...] = Field((), description=_POPULATION)
    threshold: float = Field(THRESHOLD, gt=0, description=_THRESHOLD)
    detection_events: float = Field(DETECTION_EVENTS, gt=0, description=_EVENTS)
    start: str = Field("", description="the moment after which it counts")
    until: str = Field("", description="the moment after which nothing counts")

    @property
    def tables(self) -> tuple[str, ...]:
        """The chart tables that it reads."""
        return ("populations|measurements",)
