"""A yes or no judged twice in the same people: McNemar's test and what changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sequela.stats.estimand import Estimand
from sequela.stats.exact_binomial import binomial_p_value
from sequela.stats.group_test import NotEstimable
from sequela.stats.proportion_differences import DIFFERENCE
from sequela.stats.proportions import clopper_pearson, wilson
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.score_test import chi_squared_tail

PairedTest = Literal["asymptotic", "continuity", "exact"]
FEW_CHANGED = 25
"""Below this many changed pairs the exact test stands beside McNemar's: a textbook rule."""
_PHRASES: dict[PairedTest, str] = {
    "asymptotic": "McNemar's test",
    "continuity": "McNemar's test with continuity correction",
    "exact": "McNemar's exact test",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """How many people were yes both times, only first, only second, and neither time."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def n(self) -> int:
        """Everyone judged both times."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def changed(self) -> int:
        """Everyone whose two judgements differ."""
        return self.only_first + self.only_second


def count_pairs(first: Sequence[bool], second: Sequence[bool]) -> Pairs:
    """The pairs of two judgements, both (N,); null counts nowhere, so ValueError for it."""
    pairs = list(zip(first, second, strict=True))
    if any(one is None or two is None for one, two in pairs):
        raise ValueError("A judgement is missing; count the absent before.")
    kinds = [(bool(one), bool(two)) for one, two in pairs]
    return Pairs(
        both=kinds.count((True, True)),
        only_first=kinds.count((True, False)),
        only_second=kinds.count((False, True)),
        neither=kinds.count((False, False)),
    )


def mcnemar(pairs: Pairs, *, continuity: bool) -> tuple[float, float, float]:
    """Chi-squared, one degree of freedom and p, as `mcnemar.test` in R.

    NotEstimable when nobody changed. Sources: McNemar, Psychometrika 1947;12:153; Edwards,
    Psychometrika 1948;13:185 (correction).
    """
    if not pairs.changed:
        raise NotEstimable("nobody changed")
    distance = abs(pairs.only_first - pairs.only_second)
    # Like R, which leaves out the correction where nothing differs.
    statistic = max(distance - int(continuity), 0) ** 2 / pairs.changed
    return statistic, 1.0, chi_squared_tail(statistic, 1)


def newcombe_paired(pairs: Pairs, conf_level: float = 0.95) -> tuple[float, float]:
    """The interval of the first share less the second in the same people; n above 0.

    Two score intervals joined by the correlation of the pairs, which is corrected for
    continuity when positive. Source: Newcombe, Stat Med 1998;17:2635, method 10.
    """
    n, yes_first, yes_second = (
        pairs.n,
        pairs.both + pairs.only_first,
        pairs.both + pairs.only_second,
    )
    first, second = yes_first / n, yes_second / n
    low_1, high_1 = wilson(yes_first, n, conf_level)
    low_2, high_2 = wilson(yes_second, n, conf_level)
    phi = _correlation(pairs)

    def reach(one: float, two: float) -> float:
        return math.sqrt(max(one * one - 2 * phi * one * two + two * two, 0.0))

    difference = first - second
    down, up = reach(first - low_1, high_2 - second), reach(high_1 - first, second - low_2)
    return difference - down, difference + up


def compare_pairs(
    pairs: Pairs,
    *,
    test: PairedTest,
    variable: str,
    contrast: str,
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """What changed between two judgements of the same people, as rows.

    Statistics: `proportion_difference` (first less second) with its interval;
    `paired_odds_ratio` (only first to only second) with its exact interval; the test named, as
    `chi_squared`, `degrees_of_freedom`, `p_value`, or `p_value` alone for the exact one; and
    `exact_p_value` where fewer than 25 changed. `absent` counts who was not judged both times.
    ValueError for an unknown test. Sources: McNemar, Psychometrika 1947;12:153; Newcombe, Stat
    Med 1998;17:2635.
    """
    if test not in _PHRASES:
        raise ValueError(f"No test '{test}' of pairs; known are {', '.join(_PHRASES)}.")
    about = Estimand(variable=variable, contrast=contrast, n=pairs.n, absent=absent)
    rows = [*_difference_rows(pairs, about, conf_level), *_odds_rows(pairs, about, conf_level)]
    if test == "exact":
        return [*rows, _exact_row(pairs, about.by(_PHRASES["exact"]), "p_value")]
    rows += _test_rows(pairs, about.by(_PHRASES[test]), continuity=test == "continuity")
    if 0 < pairs.changed < FEW_CHANGED:
        why = f"added because {pairs.changed} pairs changed, fewer than {FEW_CHANGED}"
        rows.append(_exact_row(pairs, about.by(f"{_PHRASES['exact']}; {why}"), "exact_p_value"))
    return rows


def _difference_rows(pairs: Pairs, about: Estimand, conf_level: float) -> list[Row]:
    named = about.by(
        f"difference of paired proportions, first less second; Newcombe {100 * conf_level:g} % CI"
    )
    if not pairs.n:
        return [named.no_value(name, "not_estimable", "nobody has a value") for name in DIFFERENCE]
    values = ((pairs.only_first - pairs.only_second) / pairs.n, *newcombe_paired(pairs, conf_level))
    return [named.value(name, value) for name, value in zip(DIFFERENCE, values, strict=True)]


def _odds_rows(pairs: Pairs, about: Estimand, conf_level: float) -> list[Row]:
    """The odds of the share of the changed who were yes only first: limits of a binomial."""
    named = about.by(f"odds ratio of matched pairs, conditional; exact {100 * conf_level:g} % CI")
    names = [f"paired_odds_ratio{end}" for end in ("", "_ci_low", "_ci_high")]
    if not pairs.changed:
        return [named.no_value(name, "not_estimable", "nobody changed") for name in names]
    limits = clopper_pearson(pairs.only_first, pairs.changed, conf_level)
    shares = (pairs.only_first / pairs.changed, *limits)
    reason = "unbounded: nobody changed from no to yes"
    return [
        named.value(name, share / (1 - share))
        if share < 1
        else named.no_value(name, "not_estimable", reason)
        for name, share in zip(names, shares, strict=True)
    ]


def _test_rows(pairs: Pairs, named: Estimand, *, continuity: bool) -> list[Row]:
    names = ("chi_squared", "degrees_of_freedom", "p_value")
    try:
        values = mcnemar(pairs, continuity=continuity)
    except NotEstimable as why:
        return [named.no_value(name, "not_estimable", str(why)) for name in names]
    return [named.value(name, value) for name, value in zip(names, values, strict=True)]


def _exact_row(pairs: Pairs, named: Estimand, statistic: str) -> Row:
    if not pairs.changed:
        return named.no_value(statistic, "not_estimable", "nobody changed")
    return named.value(statistic, binomial_p_value(pairs.only_first, pairs.changed))


def _correlation(pairs: Pairs) -> float:
    """Newcombe's phi of the pairs; 0 where everyone was judged alike one of the times."""
    margins = math.prod(
        (
            pairs.both + pairs.only_first,
            pairs.only_second + pairs.neither,
            pairs.both + pairs.only_second,
            pairs.only_first + pairs.neither,
        )
    )
    if not margins:
        return 0.0
    cross = pairs.both * pairs.neither - pairs.only_first * pairs.only_second
    corrected = max(cross - pairs.n / 2, 0.0) if cross > 0 else float(cross)
    return corrected / math.sqrt(margins)
