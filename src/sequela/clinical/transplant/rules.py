"""The rules of this room about transplants, for the register: rule sets of intensity as data."""

from __future__ import annotations

from collections.abc import Iterable

from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.clinical.transplant.intensity_rules import Fits, Reach, RuleSet, Weight
from sequela.clinical.vocabulary import packaged_vocabulary

_USED_BY = ("conditioning_intensity", "conditioning_comparison")


def _intensity(name: str, rules: RuleSet) -> ClinicalRule:
    says = f"{rules.title}. {_levels(rules)} Read for this: {rules.read}."
    return ClinicalRule(
        "conditioning intensity",
        name,
        says,
        rules.source,
        _USED_BY,
        tuple(_parameters(rules)),
        rules.verified,
    )


def _levels(rules: RuleSet) -> str:
    if rules.categories:
        spans = [f"{c.level} from {c.start:g} to {c.end:g}" for c in rules.categories]
        return (
            f"The sum of points is {', '.join(spans)}. A dose between two that have points may "
            "have those of either, and the level is told where both lead to one. Never counted: "
            f"{', '.join(rules.silent)}."
        )
    silent = ", ".join(rules.silent)
    return (
        "A dose that reaches a level decides; else a regimen that fits one; else it is "
        f"{rules.otherwise}, where an agent with a threshold is among the agents. Never decided "
        f"by the dose of: {silent}."
    )


def _parameters(rules: RuleSet) -> Iterable[Parameter]:
    for reach in rules.reach:
        yield Parameter(_about(reach), _dose(reach), reach.source, rules.verified)
    for fits in rules.fits:
        yield Parameter(f"{fits.level}, regimen", _regimen(fits), fits.source, rules.verified)
    for weight in rules.weights:
        name = f"points of {weight.agent}{_given(weight)}, {weight.span}"
        yield Parameter(name, f"{weight.points:g}", "", rules.verified)


def _about(reach: Reach) -> str:
    return f"{reach.level}: {reach.agent}{_given(reach)}"


def _given(dose: Reach | Weight) -> str:
    """How a dose is given, where that matters."""
    parts = {None: "", True: ", fractionated", False: ", one fraction"}[dose.fractionated]
    return (f", {dose.route}" if dose.route else "") + parts


def _dose(reach: Reach) -> str:
    bound = f"> {reach.over:g}" if reach.over is not None else f">= {reach.at_least:g}"
    return f"{bound} {reach.unit}"


def _regimen(fits: Fits) -> str:
    limits = "".join(f", {x.agent} up to {x.up_to:g} {x.unit}" for x in fits.limits)
    added = f" (may add {', '.join(fits.may_add)})" if fits.may_add else ""
    return " + ".join(fits.agents) + limits + added


RULES = tuple(_intensity(name, rules) for name, rules in packaged_vocabulary().intensity.items())
