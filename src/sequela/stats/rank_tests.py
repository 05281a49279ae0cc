"""Tests of ranks: Wilcoxon-Mann-Whitney for two groups, Kruskal-Wallis for several.

Both need only how many people each group has, the sum of their ranks, and how many values
are tied, so the ranks of a column are made once. Equal values share their middle rank.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sequela.stats.group_test import NotEstimable, Numbers
from sequela.stats.risk_table import Floats, Ints
from sequela.stats.score_test import chi_squared_tail, two_sided_p_value
from sequela.stats.sorting import sort_words, words_of

ALL_EQUAL = "everyone has the same value"


@dataclass(frozen=True, slots=True)
class RankSums:
    """Size and sum of mid-ranks of each group (G,), and the sum of t^3 - t over the ties."""

    sizes: Floats
    sums: Floats
    ties: float

    @property
    def n(self) -> float:
        """Everyone."""
        return float(self.sizes.sum())

    @property
    def tie_factor(self) -> float:
        """What ties leave of the variance of ranks: 1 without ties, 0 when all are equal."""
        return 1 - self.ties / (self.n**3 - self.n)


def rank_sums(numbers: Numbers) -> RankSums:
    """The rank sums of the groups, from one sort of each and a merge of the sorted runs.

    Values are tied when they are equal to the last bit, as in R's `rank`.
    """
    # Words rank as the numbers do, and whole numbers are merged faster.
    runs = [sort_words(words_of(one)) for one in numbers.split()]
    pooled = np.concatenate(runs)
    sizes = np.array([run.size for run in runs], dtype=np.intp)
    # The stable sort of numpy finds the sorted runs and merges them in linear time.
    order = np.argsort(pooled, kind="stable")
    ordered, member = pooled[order], np.repeat(np.arange(sizes.size), sizes)[order]
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    tied = np.diff(first, append=ordered.size)
    ranks = np.repeat(first + (tied + 1) / 2, tied)
    cubes = tied.astype(float)
    return RankSums(
        sizes=sizes.astype(float),
        sums=np.bincount(member, ranks, sizes.size).astype(float),
        ties=float(np.sum(cubes**3 - cubes)),
    )


def rank_sums_of_counts(counts: Ints) -> RankSums:
    """The same from a table of counts (values in rising order, groups), without any person."""
    tied = counts.sum(axis=1).astype(float)
    ranks = np.cumsum(tied) - (tied - 1) / 2
    return RankSums(
        sizes=counts.sum(axis=0).astype(float),
        sums=ranks @ counts,
        ties=float(np.sum(tied**3 - tied)),
    )


def mann_whitney_u(ranks: RankSums) -> float:
    """In how many pairs the first group has the greater value, a tie being half: R's W."""
    return float(ranks.sums[0] - ranks.sizes[0] * (ranks.sizes[0] + 1) / 2)


def wilcoxon(ranks: RankSums, *, continuity: bool = True) -> tuple[float, float, float]:
    """W, z and the two-sided p by the normal approximation, corrected for ties.

    As `wilcox.test(exact = FALSE)` in R. NotEstimable when everyone has the same value.
    Source: Mann and Whitney, Ann Math Stat 1947;18:50; Lehmann, Nonparametrics 1975, 1.4.
    """
    first, second = ranks.sizes
    if ranks.tie_factor <= 0:
        raise NotEstimable(ALL_EQUAL)
    u = mann_whitney_u(ranks)
    distance = u - first * second / 2
    shift = math.copysign(0.5, distance) if continuity and distance else 0.0
    spread = math.sqrt(first * second / 12 * (ranks.n + 1) * ranks.tie_factor)
    z = (distance - shift) / spread
    return u, z, two_sided_p_value(z)


def kruskal_wallis(ranks: RankSums) -> tuple[float, float, float]:
    """H corrected for ties, its degrees of freedom and p, as `kruskal.test` in R.

    NotEstimable when everyone has the same value. Source: Kruskal and Wallis, J Am Stat
    Assoc 1952;47:583.
    """
    if ranks.tie_factor <= 0:
        raise NotEstimable(ALL_EQUAL)
    n = ranks.n
    # The deviations from the mean rank keep the digits that R's form loses in large samples.
    deviation = ranks.sums / ranks.sizes - (n + 1) / 2
    spread = float(np.sum(ranks.sizes * deviation**2))
    h = 12 * spread / (n * (n + 1)) / ranks.tie_factor
    degrees = ranks.sizes.size - 1
    return h, float(degrees), chi_squared_tail(h, degrees)
