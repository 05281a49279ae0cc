"""Criteria sets: what a response is, as data with a name, a version and a source for each number.

A set is a TOML file in `sets/`. Its requirements compare one measure with one number; its
categories need requirements. They are asked in the order of the file, and a finding is put into
the first whose needs are all met. `read` says honestly what of the source was read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import Field

from sequela.clinical.definition import Definition
from sequela.clinical.response.measures import measures
from sequela.clinical.rule_register import ClinicalRule, Parameter

Comparison = Literal[
    "below",
    "at most",
    "at least",
    "above",
    "none",
    "yes",
    "new",
    "fallen by",
    "risen by",
    "risen to more by",
    "risen by over",
    "lowest at least",
    "was at least",
    "was below",
    "was yes",
    "was no",
]
Means = Literal["remission", "response", "failure", "progression"]
BEST_FIRST: tuple[Means, ...] = ("remission", "response", "failure", "progression")
DIED = "induction death"
# Relative to the value before therapy, or to the lowest value since.
_PERCENT_OF = {"fallen by": "of the value before therapy", "risen by": "above the lowest value"}
_SAID = {
    "risen to more by": "risen by at least {value} above the lowest value",
    "risen by over": "risen by more than {value} above the lowest value",
    "lowest at least": "at least {value} at its lowest",
    "was at least": "at least {value} before therapy",
    "was below": "below {value} before therapy",
    "was yes": "before therapy",
    "was no": "before therapy",
}
# What is compared with the value before therapy, or with the lowest since.
BEFORE = ("fallen by", "was at least", "was below", "was yes", "was no")
LOWEST = ("risen by", "risen to more by", "risen by over", "lowest at least")


class Requirement(Definition):
    """One measure against one number.

    Where the chart has no row, `assumed` takes it as met and `not met` as not met: a test that
    was not done cannot lift a response. With `route`, another requirement that says whether the
    disease was measurable this way, a missing row leaves it open where it was, is `if_unmeasurable`
    where it was not, and `if_missing` where that is not known.
    """

    measure: str
    compare: Comparison = Field(alias="is")
    value: float | None = None
    days_before: float = 7
    if_missing: Literal["not evaluable", "assumed", "not met"] = "not evaluable"
    route: str = ""
    if_unmeasurable: Literal["assumed", "not met"] = "not met"
    source: str = ""
    first_hand: bool = True

    @property
    def in_words(self) -> str:
        """The requirement as a report says it."""
        measure = measures()[self.measure]
        if self.compare == "yes":
            return measure.label
        if self.compare in ("none", "new"):
            said = f"{'no' if self.compare == 'none' else 'new'} {measure.label}"
            return f"{said} ({self.days_before:g} days)" if measure.before else said
        if self.compare == "was no":
            return f"no {measure.label} before therapy"
        if self.compare in _SAID:
            number = "" if self.value is None else f"{self.value:g} {measure.unit}"
            return f"{measure.label} {_SAID[self.compare].format(value=number)}"
        unit = "%" if self.compare in _PERCENT_OF else measure.unit
        end = f" {_PERCENT_OF[self.compare]}" if self.compare in _PERCENT_OF else ""
        return f"{measure.label} {self.compare} {self.value:g} {unit}{end}"


class Category(Definition):
    """A category: what it means, and its needs; of a list within the needs one is enough."""

    name: str
    means: Means
    needs: tuple[str | tuple[str, ...], ...]


class AgeBand(Definition):
    """The least percentage of cells in a marrow that is normal from an age on, in years."""

    name: str
    from_age: float
    at_least: float
    source: str = ""
    first_hand: bool = True


class CriteriaSet(Definition):
    """A named, versioned set of response criteria."""

    name: str
    version: str
    title: str
    disease: str
    source: str
    read: str
    first_hand: bool
    default: bool
    anchor: str
    or_anchors: tuple[str, ...] = ()
    measurable: Mapping[str, str] = {}
    otherwise: str = ""
    window_days: float
    window_source: str
    induction_death_days: float | None = None
    induction_death_source: str = ""
    relapse_blasts_above: float | None = None
    relapse_at_least: bool = False
    relapse_source: str = ""
    relapse_blood_samples: float | None = None
    relapse_blood_days: float = 7
    relapse_blood_source: str = ""
    relapse_blood_first_hand: bool = True
    refractory_courses: float | None = None
    refractory_without: Literal["remission", "response"] = "remission"
    refractory_landmark_days: float | None = None
    less_intensive: tuple[str, ...] = ()
    refractory_source: str = ""
    refractory_first_hand: bool = True
    confirmed: bool = False
    confirmed_source: str = ""
    normal_cellularity: tuple[AgeBand, ...] = ()
    requirement: Mapping[str, Requirement]
    category: tuple[Category, ...]

    @property
    def best_first(self) -> tuple[str, ...]:
        """The names of the categories, the best first."""
        ordered = sorted(self.category, key=lambda c: BEST_FIRST.index(c.means))
        died = (DIED,) if self.induction_death_days is not None else ()
        # A category may be reached in several ways.
        return (*dict.fromkeys(c.name for c in ordered), *died)

    @property
    def remissions(self) -> tuple[str, ...]:
        """The categories that are remissions."""
        return tuple(dict.fromkeys(c.name for c in self.category if c.means == "remission"))

    @property
    def thresholds(self) -> dict[str, float]:
        """Every number of the set that a study may override, by its name."""
        numbers = {name: r.value for name, r in self.requirement.items() if r.value is not None}
        before = {
            f"{name}_days": r.days_before
            for name, r in self.requirement.items()
            if measures()[r.measure].before
        }
        own = {
            "window_days": self.window_days,
            "induction_death_days": self.induction_death_days,
            "relapse_blasts_above": self.relapse_blasts_above,
            "relapse_blood_samples": self.relapse_blood_samples,
            "refractory_courses": self.refractory_courses,
            "refractory_landmark_days": self.refractory_landmark_days,
        }
        if self.relapse_blood_samples is not None:
            own["relapse_blood_days"] = self.relapse_blood_days
        cells = {band.name: band.at_least for band in self.normal_cellularity}
        return numbers | before | cells | {name: v for name, v in own.items() if v is not None}

    def overridden(self, numbers: Mapping[str, float]) -> CriteriaSet:
        """The set with some numbers replaced; KeyError when it has no number of that name.

        `induction_death_days` may be given to any set: few criteria say when a death is one.
        """
        changed: dict[str, object] = {}
        requirement = dict(self.requirement)
        bands = tuple(
            band.model_copy(update={"at_least": numbers.get(band.name, band.at_least)})
            for band in self.normal_cellularity
        )
        for name, value in numbers.items():
            if name not in (*self.thresholds, "induction_death_days"):
                raise KeyError(name)
            if name in requirement:
                requirement[name] = requirement[name].model_copy(update={"value": value})
            elif (of := name.removesuffix("_days")) in requirement:
                requirement[of] = requirement[of].model_copy(update={"days_before": value})
            elif name not in [band.name for band in bands]:
                changed[name] = value
        changed |= {"requirement": requirement, "normal_cellularity": bands}
        return self.model_copy(update=changed)

    def assuming(self, names: Iterable[str]) -> CriteriaSet:
        """The set with requirements taken as met where the chart has no row; KeyError as above."""
        requirement = dict(self.requirement)
        for name in names:
            requirement[name] = requirement[name].model_copy(update={"if_missing": "assumed"})
        return self.model_copy(update={"requirement": requirement})

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What is taken as met where the chart says nothing, in words."""
        return tuple(r.in_words for r in self.requirement.values() if r.if_missing == "assumed")


@cache
def criteria_sets() -> Mapping[str, CriteriaSet]:
    """All sets by name, in alphabetical order."""
    folder = files("sequela.clinical.response").joinpath("sets")
    texts = sorted((f.name, f.read_text(encoding="utf-8")) for f in folder.iterdir())
    found = (CriteriaSet.model_validate(tomllib.loads(t)) for n, t in texts if n.endswith(".toml"))
    return {one.name: one for one in found}


def _in_words(one: CriteriaSet, category: Category) -> str:
    needs = [_need(one, need) for need in category.needs]
    return f"{category.name}: {'; '.join(needs) if needs else 'none of the others'}."


def _need(one: CriteriaSet, need: str | Iterable[str]) -> str:
    names = (need,) if isinstance(need, str) else tuple(need)
    return " or ".join(one.requirement[name].in_words for name in names)


_UNKNOWN = {"not evaluable": "open", "assumed": "met", "not met": "not met"}


def _parameters(one: CriteriaSet) -> Iterable[Parameter]:
    for name, needed in one.requirement.items():
        words = {"assumed": " (met where the chart has no row)"}
        words["not met"] = " (not met where the chart has no row)"
        missing = words.get(needed.if_missing, "")
        if needed.route:
            unmeasurable = {"assumed": "met", "not met": "not met"}[needed.if_unmeasurable]
            missing = (
                f" (without a row: {unmeasurable} where it was not measurable before therapy, "
            )
            missing += f"open where it was; {_UNKNOWN[needed.if_missing]} where that is not known)"
        read = one.first_hand and needed.first_hand
        yield Parameter(name, needed.in_words + missing, needed.source, read)
    for band in one.normal_cellularity:
        normal = f"at least {band.at_least:g} % of cells from {band.from_age:g} years on"
        yield Parameter(band.name, normal, band.source, band.first_hand)
    yield Parameter("window_days", f"{one.window_days:g} days", one.window_source)
    if one.induction_death_days is not None:
        days = f"{one.induction_death_days:g} days from the start of therapy"
        yield Parameter("induction_death_days", days, one.induction_death_source)
    if one.relapse_blasts_above is not None:
        sign = "at least" if one.relapse_at_least else "more than"
        value = f"{sign} {one.relapse_blasts_above:g} % blasts in the marrow"
        yield Parameter("relapse_blasts_above", value, one.relapse_source, False)
    if one.relapse_blood_samples is not None:
        source, read = one.relapse_blood_source, one.relapse_blood_first_hand
        yield Parameter("relapse_blood_samples", blood_in_words(one), source, read)


def blood_in_words(one: CriteriaSet) -> str:
    """How many samples of blood with blasts make a relapse, as a report says it."""
    samples = one.relapse_blood_samples or 0
    if not samples:
        return "blasts in the blood do not count"
    if samples == 1:
        return "blasts in one sample of blood"
    return f"blasts in {samples:g} samples of blood at least {one.relapse_blood_days:g} days apart"


_CONFIRMED = (
    " Two consecutive assessments must agree: the worse counts; a response beside a progression "
    "is not confirmed."
)


def _rule(one: CriteriaSet) -> ClinicalRule:
    says = " ".join(_in_words(one, category) for category in one.category)
    confirmed = _CONFIRMED if one.confirmed else ""
    default = " It is the default of its disease." if one.default else " It is no default."
    about = f"Response by {one.title}. Asked in this order. {says}{confirmed} {one.read}{default}"
    users = ("response", "moments")
    return ClinicalRule(
        one.name, one.version, about, one.source, users, tuple(_parameters(one)), one.first_hand
    )


RULES = tuple(_rule(one) for one in criteria_sets().values())
