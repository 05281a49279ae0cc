"""A category compared between groups by the test that the study names.

Missing is never a category. Where an expected count is below five, Fisher's exact test is a
further row, `exact_p_value`, beside the chi-squared test; it never takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sequela.stats.compare_numbers import MOST_PERMUTED
from sequela.stats.contingency import (
    chi_squared,
    cochran_armitage,
    count_table,
    expected_counts,
)
from sequela.stats.estimand import Estimand
from sequela.stats.fisher import fisher_exact
from sequela.stats.freeman_halton import DRAWS, freeman_halton
from sequela.stats.group_test import GroupTest, rows_of_test, without_value
from sequela.stats.labels import Labels, read_labels
from sequela.stats.permutation_log_rank import permute_scores
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats, Ints

CategoryTest = Literal["chi-squared", "chi-squared-yates", "fisher", "trend"]
LEAST_EXPECTED = 5
"""Below this expected count the chi-squared test is unsafe (Cochran, Biometrics 1954;10:417)."""


def compare_categories(
    values: Sequence[str] | NDArray[Any] | Labels,
    group: Sequence[str] | NDArray[Any] | Labels,
    *,
    test: CategoryTest,
    variable: str,
    contrast: str,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """The test of a category between groups, as rows about everyone.

    Statistics: `chi_squared`, `degrees_of_freedom`, `p_value` and `minimum_expected_count`;
    for the trend `z` and `p_value`; for Fisher `p_value` alone; and `exact_p_value` beside
    chi-squared and trend where the least expected count is below 5. Each equals R's function.
    The trend needs two levels and ordered groups, or two groups and ordered levels; its
    scores are 1, 2, ... in the order of the `Labels`, alphabetical if they are plain text.

    Both are (N,) without null: `absent` counts it, and it never makes a level. A level or
    group that nobody has leaves the table. ValueError for null or an unknown test. Sources:
    Pearson, Philos Mag 1900;50:157; Freeman and Halton, Biometrika 1951;38:141; Armitage,
    Biometrics 1955;11:375.
    """
    if test not in _TESTS and test not in ("fisher", "trend"):
        raise ValueError(f"No test '{test}' of a category; known are {', '.join(_NAMES)}.")
    levels, groups = read_labels(values), read_labels(group)
    if levels.code.shape != groups.code.shape:
        raise ValueError("values and group must each be one a person.")
    table = count_table(levels, groups)
    about = Estimand(
        variable=variable, contrast=contrast, n=int(table.sum()), absent=absent, method=test
    )
    return compare_counts(table, about, test)


def compare_counts(table: Ints, about: Estimand, test: CategoryTest) -> list[Row]:
    """The same from a table of counts (levels, groups), both in their order.

    Who is missing stands in `about`, not in the table. Sources as `compare_categories`.
    """
    used = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if test == "trend":
        return _trend_rows(table, used, about)
    if test == "fisher":
        return [_fisher_row(used, about, "p_value", "")]
    rows = rows_of_test(about, _TESTS[test], used, used.shape[1])
    if rows[-1].state != "ok":
        return rows
    least = float(expected_counts(used).min())
    rows.append(about.by("margins, if level and group are independent").value(_LEAST, least))
    if least < LEAST_EXPECTED:
        rows.append(_fisher_row(used, about, "exact_p_value", _why_added(least)))
    return rows


def _why_added(least: float) -> str:
    return f"; added because the least expected count is {least:.1f}, below {LEAST_EXPECTED}"


def _fisher_row(used: Ints, about: Estimand, statistic: str, why: str) -> Row:
    """Fisher's exact test of a table without empty rows or columns."""
    if min(used.shape, default=0) < 2:
        named, one_group = about.by(f"Fisher's exact test{why}"), used.shape[1] < 2
        reason = "there are not two groups" if one_group else "everyone has the same level"
        return named.no_value(statistic, "not_estimable", reason)
    if used.shape == (2, 2):
        return about.by(f"Fisher's exact test{why}").value(statistic, fisher_exact(used))
    found = freeman_halton(used)
    variant = "exact: all tables" if found.exact else f"Monte Carlo: {DRAWS} tables, seed 1"
    named = about.by(f"Fisher-Freeman-Halton test, {variant}{why}")
    return named.value(statistic, found.p_value)


def _trend_rows(table: Ints, used: Ints, about: Estimand) -> list[Row]:
    """Cochran-Armitage, with its permutation test beside it where counts are small."""
    named, ordered = about.by(_TREND.phrase), _ordered_classes(table)
    if min(used.shape, default=0) < 2:
        reason = "there are not two groups with two levels"
        return without_value(named, _TREND.statistics, "not_estimable", reason)
    if ordered is None:
        reason = "a trend needs two levels or two groups"
        return without_value(named, _TREND.statistics, "refused", reason)
    scores = np.flatnonzero(ordered.sum(axis=1) > 0) + 1.0
    classes = ordered[ordered.sum(axis=1) > 0]
    rows = rows_of_test(about, _TREND, (classes, scores), used.shape[1])
    least = float(expected_counts(used).min()) if rows[-1].state == "ok" else np.inf
    if least < LEAST_EXPECTED:
        rows.append(_permuted_trend(classes, scores, about, _why_added(least)))
    return rows


def _ordered_classes(table: Ints) -> Ints | None:
    """The counts as (ordered classes, 2): groups as classes if there are two levels."""
    if table.shape[0] == 2:
        return table.T
    in_groups = table[:, table.sum(axis=0) > 0]
    if in_groups.shape[1] == 2:
        return in_groups
    in_levels = table[table.sum(axis=1) > 0]
    return in_levels.T if in_levels.shape[0] == 2 else None


def _permuted_trend(classes: Ints, scores: Floats, about: Estimand, why: str) -> Row:
    named = about.by(f"permutation test for trend{why}")
    n = int(classes.sum())
    if n > MOST_PERMUTED:
        reason = f"{n} people are too many to permute"
        return named.no_value("exact_p_value", "refused", reason)
    person = np.repeat(scores, classes.sum(axis=1))
    # Within a class it does not matter who comes first.
    label = np.concatenate([np.repeat([0, 1], pair) for pair in classes])
    centred = person - person.mean()
    return permute_scores(centred, label, named, limit=10**9, seed=1, statistic="exact_p_value")


_LEAST = "minimum_expected_count"
_TREND: GroupTest[tuple[Ints, Floats]] = GroupTest(
    phrase="Cochran-Armitage test for trend, scores 1, 2, ... in the stated order",
    statistics=("z", "p_value"),
    compute=lambda sample: cochran_armitage(*sample),
)
_CHI = ("chi_squared", "degrees_of_freedom", "p_value")
_TESTS: Mapping[str, GroupTest[Ints]] = MappingProxyType(
    {
        "chi-squared": GroupTest(
            phrase="Pearson's chi-squared test, not corrected for continuity",
            statistics=_CHI,
            compute=chi_squared,
        ),
        "chi-squared-yates": GroupTest(
            phrase="Pearson's chi-squared test with Yates' correction",
            statistics=_CHI,
            compute=lambda table: chi_squared(table, yates=True),
        ),
    }
)
_NAMES = (*_TESTS, "fisher", "trend")
