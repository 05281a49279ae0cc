"""The exact distribution of a sum of ranks, with or without ties.

Given the ranks of everyone, each choice of n1 people for the first group is equally likely.
How many choices have each sum follows from taking the people one by one (the shift
algorithm of Streitberg and Röhmel, Statist Softw Newsl 1986;12:10). Mid-ranks are doubled,
so that sums stay whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sequela.stats.group_test import NotEstimable, Numbers
from sequela.stats.risk_table import Floats, Ints

MOST_STEPS = 500_000_000
"""People x group size x range of sums, up to which the distribution is computed (about 1 s)."""


@dataclass(frozen=True, slots=True)
class SumDistribution:
    """The probability (S,) of each sum `0, 1, ... S - 1` of the scores of a group."""

    probability: Floats

    def below(self, total: float) -> float:
        """The probability of a sum of at most `total`."""
        return float(self.probability[: max(int(np.floor(total)) + 1, 0)].sum())


def sum_distribution(scores: Ints, size: int) -> SumDistribution:
    """The distribution of the sum of `size` scores drawn from `scores` (N,), whole, 0 or more.

    NotEstimable when it would take more than `MOST_STEPS` additions.
    """
    rising = np.sort(scores)
    most = int(rising[rising.size - size :].sum())
    if rising.size * size * (most + 1) > MOST_STEPS:
        raise NotEstimable(f"{rising.size} people are too many for the exact distribution")
    ways = np.zeros((size + 1, most + 1))
    ways[0, 0] = 1
    for score in rising.tolist():
        ways[1:, score:] += ways[:-1, : most + 1 - score].copy()
    return SumDistribution(ways[size] / ways[size].sum())


def exact_wilcoxon(numbers: Numbers) -> tuple[float, float]:
    """W of the first group and its exact two-sided p, over all choices of the first group.

    Without ties as `wilcox.test(exact = TRUE)` in R. With ties the p is the share of choices
    whose W lies as far from its mean or further, as `coin`'s exact `wilcox_test`.
    NotEstimable when there are too many people; p is 1 when everyone has the same value.
    """
    doubled = doubled_ranks(numbers.values)
    sizes = numbers.groups.sizes
    # The smaller group is the cheaper one, and the two sums are each other's mirror image.
    smaller = int(np.argmin(sizes))
    size, n = int(sizes[smaller]), doubled.size
    observed = int(doubled[numbers.groups.code == smaller].sum())
    lowest = int(doubled.min())
    step = int(np.gcd.reduce(doubled - lowest)) or 1
    scores = (doubled - lowest) // step
    sums = sum_distribution(scores, size).probability
    # Whole numbers throughout: N times the distance of each sum from its mean.
    distance = np.abs(n * np.arange(sums.size) - size * int(scores.sum()))
    seen = abs(n * ((observed - size * lowest) // step) - size * int(scores.sum()))
    first = int(doubled[numbers.groups.code == 0].sum()) / 2
    w = first - int(sizes[0]) * (int(sizes[0]) + 1) / 2
    return w, min(float(sums[distance >= seen].sum()), 1.0)


def doubled_ranks(values: Floats) -> Ints:
    """Twice the mid-rank of each value (N,), a whole number."""
    _, place, tied = np.unique(values, return_inverse=True, return_counts=True)
    after = np.cumsum(tied)
    return (2 * after - tied + 1)[place]
