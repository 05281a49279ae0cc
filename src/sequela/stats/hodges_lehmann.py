"""By how much one group lies above another: the Hodges-Lehmann median difference.

The estimate is the median of all differences between a value of the first group and one of
the second. Its interval holds the shifts that the Wilcoxon-Mann-Whitney test does not reject:
its ends are differences too, by their order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.confidence_band import normal_quantile
from sequela.stats.estimand import Estimand
from sequela.stats.exact_rank_sum import sum_distribution
from sequela.stats.group_test import NotEstimable
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats, Ints

ShiftInterval = Literal["exact", "normal"]
_NAMES = ("median_difference", "median_difference_ci_low", "median_difference_ci_high")


@dataclass(frozen=True, slots=True)
class Shift:
    """The median difference, its limits, and the confidence that these really have."""

    value: float
    low: float
    high: float
    conf_level: float


def shift_exact(first: ArrayLike, second: ArrayLike, conf_level: float = 0.95) -> Shift:
    """The shift with the interval of the exact test, as `wilcox.test(conf.int = TRUE)`.

    Arrays are (N,) and (M,), without null. NotEstimable when values are tied, which the exact
    distribution does not allow, or when there are too many people. In very small groups the
    whole range of differences has less than the confidence asked, and `conf_level` says so.
    Source: Hodges and Lehmann, Ann Math Stat 1963;34:598; Bauer, J Am Stat Assoc 1972;67:687.
    """
    normal_quantile(conf_level)  # refuses what is no confidence level
    x, y = _checked(first), _checked(second)
    pooled = np.concatenate([x, y])
    if np.unique(pooled).size < pooled.size:
        raise NotEstimable("values are tied")
    # W of the first group is the sum of its places, counted from 0, less its least value.
    least = x.size * (x.size - 1) // 2
    chance = sum_distribution(np.arange(pooled.size), x.size).probability[least:]
    tail, below = (1 - conf_level) / 2, np.cumsum(chance)
    # The quantile of W: a count of differences to leave out at each end, at least one.
    rank = max(int(np.searchsorted(below, tail * (1 - 64 * np.finfo(float).eps))), 1)
    missed = 2 * float(below[rank - 1])
    low, high = difference_at(x, y, rank), difference_at(x, y, x.size * y.size - rank + 1)
    achieved = 1 - missed if missed - 2 * tail > tail else conf_level
    return Shift(_median_difference(x, y), low, high, achieved)


def shift_normal(first: ArrayLike, second: ArrayLike, conf_level: float = 0.95) -> Shift:
    """The shift with the interval of the normal approximation with continuity correction.

    The limits are the differences at which the corrected z of `wilcox.test(exact = FALSE)`
    crosses its critical values, which R finds to a tolerance (`tol.root`); the value is the
    median difference itself, where R solves for the shift with z = 0. Ties within a group
    enter the variance. NotEstimable when everyone has the same value.
    """
    x, y = _checked(first), _checked(second)
    pairs, n = x.size * y.size, x.size + y.size
    ties = sum(_tie_sum(values) for values in (x, y))
    # Shifted by a difference that never occurs, the groups have only their own ties.
    variance = pairs / 12 * ((n + 1) - ties / (n * (n - 1)))
    if float(x.min()) == float(x.max()) == float(y.min()) == float(y.max()):
        raise NotEstimable("everyone has the same value")
    reach = normal_quantile(conf_level) * math.sqrt(max(variance, 0.0)) + 0.5
    # A shift beyond k differences leaves W at pairs - k: the first k whose z is not too great.
    rank = max(math.ceil(pairs / 2 - reach), 1)
    low, high = difference_at(x, y, rank), difference_at(x, y, pairs - rank + 1)
    return Shift(_median_difference(x, y), low, high, conf_level)


def difference_at(x: Floats, y: Floats, rank: int) -> float:
    """The `rank`-th smallest (from 1) of all differences x - y; x and y are sorted.

    No list of all differences is made: the range that holds the answer is halved, and each
    end is moved to a difference that occurs, until both are the same.
    """
    pairs = _Differences.of(x, y)
    low, high = float(x[0] - y[-1]), float(x[-1] - y[0])
    while low < high:
        # Between neighbouring numbers the middle may round to the upper one.
        middle = min(low + (high - low) / 2, np.nextafter(high, low))
        count, at_most, above = pairs.about(middle)
        low, high = (low, at_most) if count >= rank else (above, high)
    return low


@dataclass(frozen=True, slots=True)
class _Differences:
    """All differences of distinct values x and y, in rising order, with their numbers.

    `from_place[j]` counts the people with the value `y[j]` or a greater one.
    """

    x: Floats
    x_count: Ints
    y: Floats
    from_place: Ints

    @classmethod
    def of(cls, x: Floats, y: Floats) -> _Differences:
        x_values, x_count = np.unique(x, return_counts=True)
        y_values, y_count = np.unique(y, return_counts=True)
        from_place = np.append(np.cumsum(y_count[::-1])[::-1], 0)
        return cls(x_values, x_count, y_values, from_place)

    def about(self, limit: float) -> tuple[int, float, float]:
        """How many differences are at most `limit`, the greatest of them, the least above."""
        place = self._first_at_most(limit)
        count = int(self.x_count @ self.from_place[place])
        under, over = place < self.y.size, place > 0
        at_most = self.x[under] - self.y[place[under]]
        above = self.x[over] - self.y[place[over] - 1]
        return count, float(at_most.max(initial=-np.inf)), float(above.min(initial=np.inf))

    def _first_at_most(self, limit: float) -> Ints:
        """For each x the first place in y whose difference is at most `limit`.

        x - y <= limit and y >= x - limit can differ by rounding, so the place is corrected.
        """
        place: Ints = np.searchsorted(self.y, self.x - limit, side="left")
        ends = np.concatenate([[-np.inf], self.y, [np.inf]])
        while bool(np.any(back := self.x - ends[place] <= limit)):
            place = place - back
        while bool(np.any(on := self.x - ends[place + 1] > limit)):
            place = place + on
        return place


def compare_medians(
    first: ArrayLike,
    second: ArrayLike,
    *,
    variable: str,
    contrast: str,
    interval: ShiftInterval = "normal",
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """By how much the first group lies above the second, with its interval, as rows.

    Statistics: `median_difference` and its `_ci_low`, `_ci_high`: the median of all
    differences, which is not the difference of the medians. Arrays hold the values of each
    group, without null, which `absent` counts. Tied values have no exact interval, and then no
    row has a value. ValueError for null or an unknown interval. Source: Hodges and Lehmann,
    Ann Math Stat 1963;34:598.
    """
    if interval not in ("exact", "normal"):
        raise ValueError(f"No interval '{interval}'; known are exact, normal.")
    sizes = np.size(first), np.size(second)
    about = Estimand(variable=variable, contrast=contrast, n=sum(sizes), absent=absent)
    level = f"{100 * conf_level:g} % CI"
    words = f"exact {level}" if interval == "exact" else f"normal approximation {level}"
    named = about.by(f"Hodges-Lehmann median difference, first less second; {words}")
    if not all(sizes):
        reason = "nobody of a group has a value"
        return [named.no_value(name, "not_estimable", reason) for name in _NAMES]
    try:
        shift = (shift_exact if interval == "exact" else shift_normal)(first, second, conf_level)
    except NotEstimable as why:
        return [named.no_value(name, "not_estimable", str(why)) for name in _NAMES]
    if shift.conf_level < conf_level:
        named = named.by(f"{named.method}, which has {100 * shift.conf_level:.1f} % only")
    values = (shift.value, shift.low, shift.high)
    return [named.value(name, value) for name, value in zip(_NAMES, values, strict=True)]


def _checked(values: ArrayLike) -> Floats:
    known = np.sort(np.asarray(values, dtype=float))
    if known.ndim != 1 or not known.size or not bool(np.all(np.isfinite(known))):
        raise ValueError("A group has nobody, or a value that is missing or infinite.")
    return known


def _median_difference(x: Floats, y: Floats) -> float:
    pairs = x.size * y.size
    middle = difference_at(x, y, (pairs + 1) // 2)
    return middle if pairs % 2 else (middle + difference_at(x, y, pairs // 2 + 1)) / 2


def _tie_sum(values: Floats) -> float:
    tied = np.unique(values, return_counts=True)[1].astype(float)
    return float(np.sum(tied**3 - tied))
