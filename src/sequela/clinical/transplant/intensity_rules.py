"""Rule sets for the intensity of conditioning, as data (intensity.toml)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from sequela.clinical.definition import Definition

FILE = "intensity.toml"
UNDECIDED = "undecided"

DoseUnit = Literal["mg/kg", "mg/m2", "cGy"]


class Reach(Definition):
    """A dose from which a regimen is of a level; `undecided` says that the set does not judge."""

    level: str
    agent: str
    over: float | None = Field(None, description="more than this")
    at_least: float | None = Field(None, description="this or more")
    unit: DoseUnit
    route: Literal["intravenous", "oral"] | None = None
    fractionated: bool | None = None
    source: str = Field("", description="where this number was read, if not in the set's source")

    @model_validator(mode="after")
    def _one_bound(self) -> Reach:
        if (self.over is None) == (self.at_least is None):
            raise ValueError("give one of `over` and `at_least`")
        return self

    def reached_by(self, dose: float) -> bool:
        """Whether a dose in the rule's unit reaches it."""
        return dose > self.over if self.over is not None else dose >= (self.at_least or 0.0)


class Limit(Definition):
    """The highest dose of an agent with which a regimen still fits."""

    agent: str
    up_to: float
    unit: DoseUnit


class Fits(Definition):
    """A regimen of stated agents, with nothing beside them but what may be added."""

    level: str
    agents: tuple[str, ...]
    may_add: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    source: str = Field("", description="where this regimen was read, if not in the set's source")


class Weight(Definition):
    """The points of an agent within a range of doses; `over` and `below` leave theirs out.

    Ranges of an agent may overlap: a dose in two of them has the points of one or the other.
    """

    agent: str
    points: float
    over: float | None = None
    at_least: float = 0.0
    up_to: float | None = None
    below: float | None = None
    unit: DoseUnit
    route: Literal["intravenous", "oral"] | None = None
    fractionated: bool | None = None

    @property
    def span(self) -> str:
        """The range of doses in words, such as >= 140 and < 200 mg/m2."""
        start = f"> {self.over:g}" if self.over is not None else ""
        start = start or (f">= {self.at_least:g}" if self.at_least else "")
        end = f"< {self.below:g}" if self.below is not None else ""
        end = end or (f"<= {self.up_to:g}" if self.up_to is not None else "")
        return f"{' and '.join(part for part in (start, end) if part) or 'any'} {self.unit}"

    def may_hold(self, low: float, high: float) -> bool:
        """Whether a dose between two ends may lie in the range."""
        above = high > self.over if self.over is not None else high >= self.at_least
        under = low < self.below if self.below is not None else True
        return above and under and (self.up_to is None or low <= self.up_to)


class Category(Definition):
    """A level and the sums of points that belong to it, both ends included."""

    level: str
    start: float = Field(alias="from")
    end: float = Field(alias="to")


class RuleSet(Definition):
    """A named way to judge the intensity of a conditioning regimen."""

    title: str
    source: str
    verified: bool = Field(description="whether the numbers were read in the source itself")
    read: str = Field(description="what was read, and what was not")
    levels: tuple[str, ...]
    silent: tuple[str, ...] = ()
    otherwise: str = ""
    reach: tuple[Reach, ...] = ()
    fits: tuple[Fits, ...] = ()
    weights: tuple[Weight, ...] = ()
    categories: tuple[Category, ...] = ()
    compare: Mapping[str, tuple[str, ...]] = {}

    @property
    def agents(self) -> frozenset[str]:
        """The agents of which the set says something, apart from the regimens that fit."""
        named = {r.agent for r in self.reach} | {w.agent for w in self.weights}
        return frozenset(named | set(self.silent))

    def agrees(self, computed: str, reported: str) -> bool | None:
        """Whether a reported level is the computed one; None when the two cannot be compared."""
        same = self.compare or {level: (level,) for level in self.levels}
        if reported not in {word for words in same.values() for word in words}:
            return None
        return reported in same.get(computed, ())


class IntensityFile(Definition):
    """intensity.toml: rule sets by their name."""

    set: Mapping[str, RuleSet]
