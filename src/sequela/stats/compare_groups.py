"""One characteristic compared between groups, by a test that the study names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast, get_args

from numpy.typing import ArrayLike, NDArray

from sequela.stats.compare_categories import CategoryTest, compare_categories
from sequela.stats.compare_numbers import NumberTest, compare_numbers
from sequela.stats.labels import Labels
from sequela.stats.results import NOBODY_ABSENT, Absent, Row

GroupComparison = NumberTest | CategoryTest


def compare_groups(
    values: ArrayLike | Sequence[str] | Labels,
    group: Sequence[str] | NDArray[Any] | Labels,
    *,
    test: GroupComparison,
    variable: str,
    contrast: str,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """The named test of a number or a category between the groups, as rows about everyone.

    Tests of a number are those of `compare_numbers`, of a category those of
    `compare_categories`, which say what rows come back; `p_value` is among them always, with a
    state and a reason where it has no value. Nothing chooses or changes the test: where it is
    unsafe, `exact_p_value` comes as a further row. Both are (N,) without null, which `absent`
    counts. ValueError for null or an unknown test. Sources of the tests stand in the modules
    that make them; when a test is unsafe, Cochran, Biometrics 1954;10:417.
    """
    if test in get_args(CategoryTest):
        return compare_categories(
            cast("Sequence[str] | Labels", values),
            group,
            test=cast("CategoryTest", test),
            variable=variable,
            contrast=contrast,
            absent=absent,
        )
    if test not in get_args(NumberTest):
        known = ", ".join((*get_args(NumberTest), *get_args(CategoryTest)))
        raise ValueError(f"No test '{test}'; known are {known}.")
    return compare_numbers(
        cast("ArrayLike", values),
        group,
        test=cast("NumberTest", test),
        variable=variable,
        contrast=contrast,
        absent=absent,
    )
