"""A test between groups as data: its words, its statistics and the function behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from sequela.stats.estimand import Estimand, NoValue
from sequela.stats.labels import Labels
from sequela.stats.results import Row
from sequela.stats.risk_table import Floats

Sample = TypeVar("Sample")


class NotEstimable(Exception):  # noqa: N818 - a state of a result, not a mistake
    """A statistic has no value here; the message is the clause that its row gives."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """One number a person (N,), finite, and the groups; every group has someone."""

    values: Floats
    groups: Labels

    def split(self) -> list[Floats]:
        """The values of each group, in the order of the groups."""
        groups = range(len(self.groups.levels))
        # Places are read faster than a mask of as many people.
        return [self.values[np.flatnonzero(self.groups.code == group)] for group in groups]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTest(Generic[Sample]):
    """One test: what it is called, what it gives, how many groups it takes.

    `compute` gives the values of `statistics` in their order, the last of which is the p
    value, or raises NotEstimable. `two_groups` says that it compares two groups only.
    """

    phrase: str
    statistics: tuple[str, ...]
    compute: Callable[[Sample], tuple[float, ...]]
    two_groups: bool = False


def rows_of_test(
    about: Estimand, test: GroupTest[Sample], sample: Sample, groups: int
) -> list[Row]:
    """The rows of a test of so many groups: its statistics, or why there are none."""
    named = about.by(test.phrase)
    if groups < 2:
        return without_value(named, test.statistics, "not_estimable", "there are not two groups")
    if test.two_groups and groups > 2:
        reason = f"this test compares two groups; there are {groups}"
        return without_value(named, test.statistics, "refused", reason)
    try:
        values = test.compute(sample)
    except NotEstimable as why:
        return without_value(named, test.statistics, "not_estimable", str(why))
    if not all(np.isfinite(values)):
        return without_value(named, test.statistics, "not_estimable", "the values do not vary")
    return [named.value(name, value) for name, value in zip(test.statistics, values, strict=True)]


def without_value(
    about: Estimand, statistics: tuple[str, ...], state: NoValue, reason: str
) -> list[Row]:
    """A row without a number for each of the statistics."""
    return [about.no_value(name, state, reason) for name in statistics]
