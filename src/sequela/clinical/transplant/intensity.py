"""The intensity of a conditioning regimen under a rule set, from its agents and doses.

Three answers are possible: a level, no level because the chart does not say enough (`cannot
tell`, with the reason), and none because no conditioning is charted. A dose that is an interval
decides only where all of it decides alike; an agent that the set does not know leaves it open.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from sequela.clinical.transplant.intensity_rules import UNDECIDED, Fits, Reach, RuleSet, Weight


@dataclass(frozen=True, slots=True)
class Dose:
    """An agent's total dose over the conditioning: an interval in mg/kg, mg/m2 or cGy.

    `low` and `high` are None where no dose is known or its unit cannot be compared.
    """

    agent: str
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    route: str | None = None
    fractionated: bool | None = None

    def ends(self, unit: str) -> tuple[float, float]:
        """The dose's ends in a unit; anything at all where it is not known in that unit."""
        if self.low is None or self.high is None or self.unit != unit:
            return 0.0, math.inf
        return self.low, self.high


@dataclass(frozen=True, slots=True)
class Judgement:
    """A level, or why there is none; the sum of points where the set counts points."""

    level: str | None
    reason: str = ""
    low: float | None = None
    high: float | None = None


def judge(doses: tuple[Dose, ...], rules: RuleSet) -> Judgement:
    """The level of a regimen under a rule set, or the reason why it cannot be told."""
    if rules.categories:
        return _by_points(doses, rules)
    states = {level: _reaches(doses, rules, level) for level in (*rules.levels, UNDECIDED)}
    for level in rules.levels:
        if states[level] is True:
            return Judgement(level)
    named = any(_of_these(doses, fits) for fits in rules.fits)
    if not named and (unknown := _unknown(doses, rules)):
        return Judgement(None, unknown)
    if open_levels := [level for level in (*rules.levels, UNDECIDED) if states[level] is None]:
        return Judgement(None, _open(doses, rules, open_levels))
    if states[UNDECIDED]:
        return Judgement(None, "the rule set does not judge such a dose")
    for fits in rules.fits:
        answer = _fits(doses, fits)
        if answer is not False:
            return Judgement(fits.level if answer else None, "" if answer else _undosed(fits))
    if not {d.agent for d in doses} & {r.agent for r in rules.reach}:
        return Judgement(None, "the rule set has no rule for these agents together")
    return Judgement(rules.otherwise or None)


def _unknown(doses: Iterable[Dose], rules: RuleSet) -> str:
    strange = sorted({d.agent for d in doses} - rules.agents)
    return f"the rule set says nothing of {' and '.join(strange)}" if strange else ""


def _open(doses: Iterable[Dose], rules: RuleSet, levels: Iterable[str]) -> str:
    """Why a level may or may not be reached: the agents of which the dose does not decide."""
    agents = sorted({d.agent for d in doses for lv in levels if _reached(d, rules, lv) is None})
    return f"the dose of {' and '.join(agents)} is not known well enough"


def _undosed(fits: Fits) -> str:
    agents = sorted({limit.agent for limit in fits.limits})
    return f"the dose of {' and '.join(agents)} is not known well enough"


def _reaches(doses: Iterable[Dose], rules: RuleSet, level: str) -> bool | None:
    answers = [_reached(dose, rules, level) for dose in doses]
    return True if True in answers else None if None in answers else False


def _reached(dose: Dose, rules: RuleSet, level: str) -> bool | None:
    """Whether an agent's dose reaches a level; None when it may or may not.

    Where route or fractionation is not known, every rule that may apply is asked, and only
    an answer that all of them give counts.
    """
    asked = [r for r in rules.reach if r.level == level and _may_apply(r, dose)]
    if not asked:
        return False
    least = [rule.reached_by(dose.ends(rule.unit)[0]) for rule in asked]
    most = [rule.reached_by(dose.ends(rule.unit)[1]) for rule in asked]
    return True if all(least) else None if any(most) else False


def _may_apply(rule: Reach, dose: Dose) -> bool:
    route = rule.route is None or dose.route in (None, rule.route)
    parts = rule.fractionated is None or dose.fractionated in (None, rule.fractionated)
    return rule.agent == dose.agent and route and parts


def _of_these(doses: Iterable[Dose], fits: Fits) -> bool:
    """Whether a regimen has the agents of one that fits, and nothing beside what may be added."""
    agents = {d.agent for d in doses}
    return set(fits.agents) <= agents and not agents - set(fits.agents) - set(fits.may_add)


def _fits(doses: tuple[Dose, ...], fits: Fits) -> bool | None:
    if not _of_these(doses, fits):
        return False
    within = True
    for limit in fits.limits:
        for dose in (d for d in doses if d.agent == limit.agent):
            low, high = dose.ends(limit.unit)
            if low > limit.up_to:
                return False
            within = within and high <= limit.up_to
    return within or None


def _by_points(doses: tuple[Dose, ...], rules: RuleSet) -> Judgement:
    """The category that the sum of points falls into, over all that the doses may have been."""
    if not rules.weights:
        return Judgement(None, "the rule set comes without its points; add them to intensity.toml")
    if unknown := _unknown(doses, rules):
        return Judgement(None, unknown)
    counted = [d for d in doses if d.agent not in rules.silent]
    ends = [_points(dose, rules.weights) for dose in counted]
    if not ends or any(e is None for e in ends):
        return Judgement(None, "a dose lies outside what the rule set gives points for")
    low, high = sum(e[0] for e in ends if e), sum(e[1] for e in ends if e)
    levels = {c.level for c in rules.categories if c.start <= high and c.end >= low}
    inside = any(c.start <= low and high <= c.end for c in rules.categories)
    if len(levels) == 1 and inside:
        return Judgement(levels.pop(), "", low, high)
    unsure = [d for d, e in zip(counted, ends, strict=True) if e and e[0] < e[1]]
    reason = _unsure(unsure, rules) if unsure else "the sum of points is in no category"
    return Judgement(None, reason, low, high)


def _unsure(doses: Iterable[Dose], rules: RuleSet) -> str:
    """Why doses have no single number of points: not known, or between two that have."""
    between = {d.agent: _settled(d, rules.weights) for d in doses}
    if vague := sorted(agent for agent, settled in between.items() if not settled):
        return f"the dose of {' and '.join(vague)} is not known well enough"
    return f"the dose of {' and '.join(sorted(between))} lies between doses that have points"


def _settled(dose: Dose, weights: Iterable[Weight]) -> bool:
    """Whether a dose is known in all that the points of its agent ask for."""
    own = [w for w in weights if w.agent == dose.agent]
    route = dose.route is not None or all(w.route is None for w in own)
    parts = dose.fractionated is not None or all(w.fractionated is None for w in own)
    amount = dose.low is not None and dose.low == dose.high
    return route and parts and amount and any(w.unit == dose.unit for w in own)


def _points(dose: Dose, weights: Iterable[Weight]) -> tuple[float, float] | None:
    """The fewest and most points that a dose may have."""
    may = [w.points for w in weights if w.agent == dose.agent and _within(w, dose)]
    return (min(may), max(may)) if may else None


def _within(weight: Weight, dose: Dose) -> bool:
    route = weight.route is None or dose.route in (None, weight.route)
    parts = weight.fractionated is None or dose.fractionated in (None, weight.fractionated)
    return route and parts and weight.may_hold(*dose.ends(weight.unit))


def totals(doses: Iterable[Dose]) -> tuple[Dose, ...]:
    """One dose an agent and route: those given in several rows are added up."""
    ordered = sorted(doses, key=lambda d: (d.agent, d.route or "", str(d.fractionated)))
    together = groupby(ordered, key=lambda d: (d.agent, d.route, d.fractionated))
    return tuple(_sum(list(group)) for _, group in together)


def _sum(doses: list[Dose]) -> Dose:
    first = doses[0]
    if len(doses) == 1:
        return first
    known = all(d.low is not None and d.high is not None for d in doses)
    if not known or len({d.unit for d in doses}) > 1:
        return Dose(first.agent, None, None, None, first.route, first.fractionated)
    low = sum(d.low for d in doses if d.low is not None)
    high = sum(d.high for d in doses if d.high is not None)
    return Dose(first.agent, low, high, first.unit, first.route, first.fractionated)
