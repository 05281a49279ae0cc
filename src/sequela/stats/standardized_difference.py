"""How far groups lie apart in units of their spread, whatever their size.

A p value shrinks as a cohort grows; a standardized mean difference does not, which makes it
the measure of balance in Table 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import combinations
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sequela.stats.contingency import count_table
from sequela.stats.estimand import Estimand
from sequela.stats.group_test import NotEstimable, Numbers
from sequela.stats.labels import Labels, read_labels
from sequela.stats.mean_tests import Moments, moments
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats, Ints
from sequela.stats.strata import total_absent

_NOBODY: Mapping[str, Absent] = MappingProxyType({})
SMD = "standardized_mean_difference"


def difference_of_means(groups: Moments, first: int, second: int) -> float:
    """The first mean less the second over the root of the mean of the two variances.

    NotEstimable when a group has one person or neither varies. Source: Austin, Stat Med
    2009;28:3083.
    """
    pair = [first, second]
    if bool(np.any(groups.n[pair] < 2)):
        raise NotEstimable("a group has one person, whose variance is unknown")
    spread = math.sqrt(float(groups.variance[pair].mean()))
    if spread <= 10 * np.finfo(float).eps * float(np.abs(groups.mean[pair]).max()):
        raise NotEstimable("the values do not vary within the groups")
    return float(groups.mean[first] - groups.mean[second]) / spread


def difference_of_shares(counts: Ints) -> float:
    """The distance of two groups in their shares of all levels, never negative.

    `counts` is (levels, 2). For two levels it is |p1 - p2| over the root of the mean of
    p (1 - p); for more, the Mahalanobis distance under the mean of the two multinomial
    covariances, whichever level is left out. NotEstimable when that covariance is singular,
    as for two groups with no level in common that each have one. Source: Yang and Dalton,
    SAS Global Forum 2012, paper 335.
    """
    used = counts[counts.sum(axis=1) > 0]
    if used.shape[0] < 2:
        raise NotEstimable("everyone has the same level")
    shares: Floats = used / used.sum(axis=0)
    gap = (shares[:, 0] - shares[:, 1])[1:]
    mean_share = shares.mean(axis=1)[1:]
    products = sum(np.outer(p, p) for p in shares[1:].T) / 2
    covariance = np.diag(mean_share) - products
    if np.linalg.matrix_rank(covariance) < gap.size:
        raise NotEstimable("the levels do not vary within the groups")
    return math.sqrt(float(gap @ np.linalg.solve(covariance, gap)))


def compare_standardized_numbers(
    values: ArrayLike,
    group: Sequence[str] | NDArray[Any] | Labels,
    *,
    variable: str,
    contrast: str,
    absent: Mapping[str, Absent] = _NOBODY,
) -> list[Row]:
    """The standardized mean difference of every two groups, as rows.

    Statistics: `standardized_mean_difference` with `contrast` "a vs b", positive when the mean
    of a is greater; and, of three groups or more, under the given `contrast`,
    `standardized_mean_difference_max`, the greatest without its sign. Arrays are (N,) without
    null, which `absent` counts by group. ValueError for null. Source: Austin, Stat Med
    2009;28:3083.
    """
    known, groups = np.asarray(values, dtype=float), read_labels(group)
    if known.shape != groups.code.shape or not bool(np.all(np.isfinite(known))):
        raise ValueError("A value is missing, infinite or without a group; count the absent.")
    about = Estimand(
        variable=variable,
        contrast=contrast,
        n=known.size,
        method="difference of means over the root of the mean variance",
    )

    @cache
    def of_groups() -> Moments:
        return moments(Numbers(known, groups))

    return _pair_rows(about, groups, absent, lambda a, b: difference_of_means(of_groups(), a, b))


def compare_standardized_categories(
    values: Sequence[str] | NDArray[Any] | Labels,
    group: Sequence[str] | NDArray[Any] | Labels,
    *,
    variable: str,
    contrast: str,
    absent: Mapping[str, Absent] = _NOBODY,
) -> list[Row]:
    """The same of a category, whose difference has no sign; null is counted by `absent`.

    Source: Yang and Dalton 2012.
    """
    levels, groups = read_labels(values), read_labels(group)
    if levels.code.shape != groups.code.shape:
        raise ValueError("values and group must each be one a person.")
    table = count_table(levels, groups)
    about = Estimand(
        variable=variable,
        contrast=contrast,
        n=levels.code.size,
        method="Mahalanobis distance of the shares (Yang and Dalton)",
    )
    return _pair_rows(about, groups, absent, lambda a, b: difference_of_shares(table[:, [a, b]]))


def _pair_rows(
    about: Estimand,
    groups: Labels,
    absent: Mapping[str, Absent],
    difference: Callable[[int, int], float],
) -> list[Row]:
    """A row for each pair of groups, and the greatest difference when there are several."""
    rows = []
    for first, second in combinations(range(len(groups.levels)), 2):
        names = groups.levels[first], groups.levels[second]
        pair = Estimand(
            variable=about.variable,
            contrast=" vs ".join(names),
            n=int(groups.sizes[[first, second]].sum()),
            absent=total_absent({name: absent.get(name, NOBODY_ABSENT) for name in names}),
            method=about.method,
        )
        rows.append(_pair_row(pair, groups.sizes[[first, second]], difference, (first, second)))
    if len(groups.levels) == 2:
        return rows
    everyone = Estimand(
        variable=about.variable,
        contrast=about.contrast,
        n=about.n,
        absent=total_absent(absent),
        method=f"{about.method}; greatest of all pairs, without sign",
    )
    return [*rows, _greatest_row(everyone, rows)]


def _pair_row(
    pair: Estimand, sizes: Ints, difference: Callable[[int, int], float], which: tuple[int, int]
) -> Row:
    if not bool(np.all(sizes > 0)):
        return pair.no_value(SMD, "not_estimable", "nobody of a group has a value")
    try:
        return pair.value(SMD, difference(*which))
    except NotEstimable as why:
        return pair.no_value(SMD, "not_estimable", str(why))


def _greatest_row(everyone: Estimand, rows: list[Row]) -> Row:
    """Not estimable unless every pair has a difference: the greatest might be the unknown."""
    name = f"{SMD}_max"
    if not rows:
        return everyone.no_value(name, "not_estimable", "there are not two groups")
    values = [abs(row.value) for row in rows if row.value is not None]
    if len(values) < len(rows):
        return everyone.no_value(name, "not_estimable", "a pair of groups has no difference")
    return everyone.value(name, max(values))
