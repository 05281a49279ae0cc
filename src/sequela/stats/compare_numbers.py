"""A number compared between groups by the test that the study names.

Where a group is too small for the named test's approximation, the exact or permutation test
of the same question is a further row, `exact_p_value`; it never takes the other's place. A
permutation test asks whether the groups differ at all, so beside Welch's tests it answers
for groups that would have the same variance too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sequela.stats.estimand import Estimand
from sequela.stats.exact_rank_sum import doubled_ranks, exact_wilcoxon
from sequela.stats.group_test import (
    GroupTest,
    NotEstimable,
    Numbers,
    rows_of_test,
    without_value,
)
from sequela.stats.labels import Labels, read_labels
from sequela.stats.mean_tests import anova, moments, student_t, welch_anova, welch_t
from sequela.stats.permutation_log_rank import permute_scores
from sequela.stats.rank_tests import kruskal_wallis, rank_sums, wilcoxon
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats

NumberTest = Literal[
    "wilcoxon",
    "wilcoxon-no-continuity",
    "wilcoxon-exact",
    "kruskal-wallis",
    "student-t",
    "welch-t",
    "anova",
    "welch-anova",
]
FEW_IN_TWO_GROUPS = 10
"""A rank or mean test of two groups, one smaller than this, has an exact test beside it."""
FEW_IN_SEVERAL_GROUPS = 5
"""The same for a test of any number of groups (Conover, Practical Nonparametric Statistics)."""
MOST_PERMUTED = 1_000
"""People up to whom the permutation test is made; drawing takes time in proportion."""


@dataclass(frozen=True, slots=True)
class _NumberTest:
    """A test, whether it reads ranks or values, and below which group size it is unsafe."""

    test: GroupTest[Numbers]
    reads: Literal["ranks", "values"]
    few: int


def compare_numbers(
    values: ArrayLike,
    group: Sequence[str] | NDArray[Any] | Labels,
    *,
    test: NumberTest,
    variable: str,
    contrast: str,
    absent: Absent = NOBODY_ABSENT,
    high: ArrayLike | None = None,
) -> list[Row]:
    """The test of a number between groups, as rows about everyone; the last is a p value.

    Statistics: `rank_sum_w` and `z` (Wilcoxon; W counts the pairs in which the first group,
    by order of the labels, has the greater value), `chi_squared` (Kruskal-Wallis), `t`, or
    `f`, with `degrees_of_freedom` (and `degrees_of_freedom_within`); `p_value`; and
    `exact_p_value` where a group is small. Each equals R's function of the name.

    Arrays are (N,). Where a value is known as an interval, `values` holds its low end and
    `high` its high end, which may be infinite: tests of ranks then need only that no interval
    touches another value, and are refused otherwise, like tests of means. Null is not allowed:
    `absent` counts it. ValueError for null, a reversed interval, an unknown test. Sources:
    Mann and Whitney, Ann Math Stat 1947;18:50; Kruskal and Wallis, J Am Stat Assoc
    1952;47:583; Welch, Biometrika 1947;34:28 and 1951;38:330.
    """
    if test not in NUMBER_TESTS:
        raise ValueError(f"No test '{test}' of a number; known are {', '.join(NUMBER_TESTS)}.")
    wanted = NUMBER_TESTS[test]
    groups = read_labels(group)
    lows = np.asarray(values, dtype=float)
    highs = lows if high is None else np.asarray(high, dtype=float)
    _check(lows, highs, groups)
    about = Estimand(variable=variable, contrast=contrast, n=lows.size, absent=absent)
    reason = _why_undecided(lows, highs, wanted.reads)
    if reason:
        named = about.by(wanted.test.phrase)
        return without_value(named, wanted.test.statistics, "refused", reason)
    known = lows if highs is lows or wanted.reads == "values" else _places(lows)
    sample = Numbers(known, groups.used())
    rows = rows_of_test(about, wanted.test, sample, len(sample.groups.levels))
    if rows[-1].state == "ok" and int(sample.groups.sizes.min()) < wanted.few:
        rows.append(_exact_row(sample, about, wanted))
    return rows


def _check(lows: Floats, highs: Floats, groups: Labels) -> None:
    if not (lows.ndim == 1 and lows.shape == highs.shape == groups.code.shape):
        raise ValueError("values and group must each be one a person.")
    if bool(np.any(np.isnan(lows) | np.isnan(highs))):
        raise ValueError("A value is missing; count the absent before.")
    if highs is not lows and bool(np.any(lows > highs)):
        raise ValueError("An interval is reversed: its low end lies above its high end.")
    if bool(np.any(np.isinf(lows) & (lows == highs))):
        raise ValueError("A value is infinite; only the open end of an interval may be.")


def _why_undecided(lows: Floats, highs: Floats, reads: Literal["ranks", "values"]) -> str:
    """Why the intervals leave the test open; empty when they do not."""
    if highs is lows or not bool(np.any(lows < highs)):
        return ""
    intervals = f"{int(np.sum(lows < highs))} of {lows.size} values are intervals"
    if reads == "values":
        return f"{intervals}, and a mean needs every value"
    order = np.lexsort((highs, lows))
    low, high = lows[order], highs[order]
    reach, wide = np.maximum.accumulate(high)[:-1], low < high
    touching = (reach == low[1:]) & (wide[1:] | wide[:-1])
    if bool(np.any((reach > low[1:]) | touching)):
        return f"{intervals}, and some overlap other values, so the ranks are open"
    return ""


def _places(lows: Floats) -> Floats:
    """Finite numbers in the same order as intervals that do not overlap."""
    return np.unique(lows, return_inverse=True)[1].astype(float)


def _exact_row(sample: Numbers, about: Estimand, wanted: _NumberTest) -> Row:
    """The exact test of the same question, saying in its method why it stands here."""
    why = f"added because a group has fewer than {wanted.few} people"
    if sample.values.size > MOST_PERMUTED:
        reason = f"{sample.values.size} people are too many to permute"
        return about.by(f"permutation test; {why}").no_value("exact_p_value", "refused", reason)
    if wanted.test.statistics[0] == "rank_sum_w":
        named = about.by(f"{EXACT_WILCOXON}; {why}")
        try:
            return named.value("exact_p_value", exact_wilcoxon(sample)[1])
        except NotEstimable as too_many:
            return named.no_value("exact_p_value", "refused", str(too_many))
    named = about.by(f"permutation test of group {_PERMUTED[wanted.reads]}; {why}")
    scores = sample.values
    if wanted.reads == "ranks":
        scores = doubled_ranks(sample.values).astype(float)
    scores = scores - scores.mean()
    # On one scale whatever the unit, so that rounding is told from a difference.
    scores = scores / np.sqrt(np.mean(scores**2))
    limit = 10**9 if len(sample.groups.levels) == 2 else 200_000
    return permute_scores(
        scores, sample.groups.code, named, limit=limit, seed=1, statistic="exact_p_value"
    )


_PERMUTED = {"ranks": "rank sums", "values": "means"}
EXACT_WILCOXON = "Wilcoxon-Mann-Whitney test, exact given the ties"
_T = ("t", "degrees_of_freedom", "p_value")
_F = ("f", "degrees_of_freedom", "degrees_of_freedom_within", "p_value")

NUMBER_TESTS: Mapping[str, _NumberTest] = MappingProxyType(
    {
        "wilcoxon": _NumberTest(
            GroupTest(
                phrase="Wilcoxon-Mann-Whitney test, normal approximation, corrected for ties and "
                "continuity",
                statistics=("rank_sum_w", "z", "p_value"),
                compute=lambda sample: wilcoxon(rank_sums(sample)),
                two_groups=True,
            ),
            "ranks",
            FEW_IN_TWO_GROUPS,
        ),
        "wilcoxon-no-continuity": _NumberTest(
            GroupTest(
                phrase="Wilcoxon-Mann-Whitney test, normal approximation, corrected for ties",
                statistics=("rank_sum_w", "z", "p_value"),
                compute=lambda sample: wilcoxon(rank_sums(sample), continuity=False),
                two_groups=True,
            ),
            "ranks",
            FEW_IN_TWO_GROUPS,
        ),
        "wilcoxon-exact": _NumberTest(
            GroupTest(
                phrase=EXACT_WILCOXON,
                statistics=("rank_sum_w", "p_value"),
                compute=exact_wilcoxon,
                two_groups=True,
            ),
            "ranks",
            0,
        ),
        "kruskal-wallis": _NumberTest(
            GroupTest(
                phrase="Kruskal-Wallis test, corrected for ties",
                statistics=("chi_squared", "degrees_of_freedom", "p_value"),
                compute=lambda sample: kruskal_wallis(rank_sums(sample)),
            ),
            "ranks",
            FEW_IN_SEVERAL_GROUPS,
        ),
        "student-t": _NumberTest(
            GroupTest(
                phrase="Student's t test, one common variance",
                statistics=_T,
                compute=lambda sample: student_t(moments(sample)),
                two_groups=True,
            ),
            "values",
            FEW_IN_TWO_GROUPS,
        ),
        "welch-t": _NumberTest(
            GroupTest(
                phrase="Welch's t test, a variance for each group",
                statistics=_T,
                compute=lambda sample: welch_t(moments(sample)),
                two_groups=True,
            ),
            "values",
            FEW_IN_TWO_GROUPS,
        ),
        "anova": _NumberTest(
            GroupTest(
                phrase="one-way analysis of variance",
                statistics=_F,
                compute=lambda sample: anova(moments(sample)),
            ),
            "values",
            FEW_IN_SEVERAL_GROUPS,
        ),
        "welch-anova": _NumberTest(
            GroupTest(
                phrase="Welch's analysis of variance, a variance for each group",
                statistics=_F,
                compute=lambda sample: welch_anova(moments(sample)),
            ),
            "values",
            FEW_IN_SEVERAL_GROUPS,
        ),
    }
)
