"""Moments that criteria find in the chart, beside those that are a row of it.

A new derived moment is a definition class with its function in a file of its own, a part of
`AnyMoment` and an entry in `MOMENTS`. Like a moment of the chart it gives every occurrence in the
order of time, with the last day on which it is known not to have happened yet (`free`), so that
endpoints keep both ends of what was found between two visits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.clinical.line_moment import LineMoment, find_line_starts
from sequela.clinical.moments import MomentDefinition, derive_occurrences
from sequela.clinical.mrd.columns import find_negativity
from sequela.clinical.mrd.definition import MrdMoment
from sequela.clinical.relapse import RelapseMoment, find_relapses
from sequela.clinical.response.moment import ResponseMoment, find_responses
from sequela.clinical.second_cancer import SecondCancerMoment, find_second_cancers
from sequela.clinical.transplant.engraftment import EngraftmentMoment, find_engraftment
from sequela.clinical.vocabulary import vocabulary_of
from sequela.findings import Finding

AnyMoment = Annotated[
    MomentDefinition
    | ResponseMoment
    | MrdMoment
    | RelapseMoment
    | SecondCancerMoment
    | LineMoment
    | EngraftmentMoment,
    Field(discriminator="derive"),
]


@dataclass(frozen=True, slots=True)
class MomentAsked:
    """What a derived moment may read: the chart and the moments above it."""

    name: str
    file: str
    chart: Chart
    moments: Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Occurred:
    """Every occurrence of a moment (see `OCCURRENCE_SCHEMA`), and what was found on the way."""

    rows: pl.DataFrame
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class MomentDerivation:
    """What finds a derived moment, and which of its fields name moments above it."""

    find: Callable[[Any, MomentAsked], Occurred]
    refers: tuple[str, ...]


def _responses(definition: ResponseMoment, asked: MomentAsked) -> Occurred:
    return Occurred(*find_responses(asked.chart, definition, asked.moments))


def _negativity(definition: MrdMoment, asked: MomentAsked) -> Occurred:
    return Occurred(*find_negativity(asked.chart, definition, asked.moments))


def _relapses(definition: RelapseMoment, asked: MomentAsked) -> Occurred:
    return Occurred(*find_relapses(asked.chart, definition, asked.moments))


def _second_cancers(definition: SecondCancerMoment, asked: MomentAsked) -> Occurred:
    return Occurred(*find_second_cancers(asked.chart, definition, asked.moments))


def _line_starts(definition: LineMoment, asked: MomentAsked) -> Occurred:
    regimens = vocabulary_of(asked.chart)[0].regimens
    place = Finding(
        code="",
        severity="warning",
        message="",
        remedy="",
        file=asked.file,
        column=f"moments.{asked.name}",
    )
    return Occurred(*find_line_starts(asked.chart, definition, regimens, place=place))


def _engraftment(definition: EngraftmentMoment, asked: MomentAsked) -> Occurred:
    return Occurred(*find_engraftment(asked.chart, definition))


MOMENTS: dict[type, MomentDerivation] = {
    ResponseMoment: MomentDerivation(_responses, ("start", "until")),
    MrdMoment: MomentDerivation(_negativity, ("start", "until")),
    RelapseMoment: MomentDerivation(_relapses, ("after", "until")),
    SecondCancerMoment: MomentDerivation(_second_cancers, ("after",)),
    LineMoment: MomentDerivation(_line_starts, ()),
    EngraftmentMoment: MomentDerivation(_engraftment, ()),
}


def find_occurrences(definition: AnyMoment, asked: MomentAsked) -> Occurred:
    """Every occurrence of a moment, of the chart or derived.

    Raises ConditionError when the condition of a moment of the chart cannot be read.
    """
    if isinstance(definition, MomentDefinition):
        return Occurred(derive_occurrences(asked.chart, definition))
    return MOMENTS[type(definition)].find(definition, asked)


def refers(definition: AnyMoment) -> dict[str, str]:
    """The moments that a derived moment names, by the key that names them."""
    if isinstance(definition, MomentDefinition):
        return {}
    keys = MOMENTS[type(definition)].refers
    return {key: word for key in keys if (word := getattr(definition, key))}
