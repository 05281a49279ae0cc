"""The definition of a response column: whose judgement, by which criteria, at which restaging."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field, model_validator

from sequela.clinical.columns import ColumnDefinition
from sequela.clinical.response.criteria import CriteriaSet, criteria_sets
from sequela.clinical.response.measures import measures
from sequela.clinical.timeline import Pick

ASSUME = (
    "requirements of the criteria, by their name, that are taken as met where the chart has no row"
)


class ByCriteria(ColumnDefinition):
    """What asks for a criteria set: its name, the numbers that the study changes, more names."""

    thresholds: Mapping[str, float] = Field(
        {}, description="numbers of the criteria that this study changes, by their name"
    )
    names: Mapping[str, tuple[str, ...]] = Field(
        {}, description="further names under which this chart keeps a measure"
    )
    assume: tuple[str, ...] = Field((), description=ASSUME)


def criteria_of(
    name: str, thresholds: Mapping[str, float], assume: Iterable[str] = ()
) -> CriteriaSet:
    """The named set with the study's own numbers; ValueError says which are known."""
    known = criteria_sets()
    if name not in known:
        raise ValueError(f"there are no criteria '{name}'; there are {', '.join(known)}")
    try:
        own = known[name].overridden(thresholds)
    except KeyError as error:
        numbers = ", ".join(known[name].thresholds)
        raise ValueError(f"{name} has no number '{error.args[0]}'; it has {numbers}") from error
    try:
        return own.assuming(assume)
    except KeyError as error:
        asked = ", ".join(own.requirement)
        raise ValueError(f"{name} has no requirement '{error.args[0]}'; it has {asked}") from error


def check_names(names: Mapping[str, tuple[str, ...]]) -> None:
    """ValueError when a name is given to a measure that no criteria know."""
    if strange := [name for name in names if name not in measures()]:
        raise ValueError(f"there is no measure '{strange[0]}'; there are {', '.join(measures())}")


class Response(ByCriteria):
    """Response to therapy at a restaging, or the best of several; or MRD as reported.

    `source = "reported"` takes what clinicians judged (`assessments`), and `"computed"` what the
    criteria make of marrow, blood counts and other findings from the day after `start` on. Where
    `start` is given both are derived, and where they differ it is a finding.
    """

    derive: Literal["response"]
    source: Literal["reported", "computed"] = "reported"
    criteria: str = Field(description="the criteria, named in the Methods")
    what: Literal["response", "MRD"] = "response"
    timepoint: str = Field(
        "", description="the visit in words, of a reported one; blank takes the best of all"
    )
    with_mrd: bool = Field(False, description="whether to add the MRD state, as in `CR MRD-`")
    start: str = Field("", description="the moment at which the therapy began")
    until: str = Field("", description="the moment after which nothing counts")
    at: str = Field("", description="the moment whose restaging is meant; blank takes the best")
    pick: Pick = Field("nearest", description="which restaging, counted from `at`")
    within_days: float | None = Field(None, ge=0, description="how far from `at` it may be")
    each: bool = Field(False, description="whether to list every restaging, as text")

    @model_validator(mode="after")
    def _possible(self) -> Response:
        if self.source == "reported":
            return self
        if self.what == "MRD" or self.with_mrd:
            raise ValueError('residual disease is computed by `derive = "mrd"`')
        if not self.start:
            raise ValueError("a computed response needs `start`, when the therapy began")
        if self.timepoint:
            raise ValueError("a computed response has no visit in words; name a moment as `at`")
        criteria_of(self.criteria, self.thresholds, self.assume)
        check_names(self.names)
        return self

    @property
    def set(self) -> CriteriaSet:
        """The criteria with the study's own numbers."""
        return criteria_of(self.criteria, self.thresholds, self.assume)

    @property
    def can_compute(self) -> bool:
        """Whether the criteria can be computed beside what was reported."""
        known = self.criteria in criteria_sets()
        return bool(self.start) and known and self.what == "response" and not self.with_mrd
