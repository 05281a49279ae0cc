"""Standardized differences, median differences, adjusted p values, bounded medians."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pytest

from sequela.stats.adjusted_p import adjust_rows
from sequela.stats.censored_median import estimate_censored_median
from sequela.stats.hodges_lehmann import compare_medians, difference_at, shift_exact
from sequela.stats.results import Absent, Row, results_table
from sequela.stats.standardized_difference import (
    compare_standardized_categories,
    compare_standardized_numbers,
)


def numbers(values, group, **given):
    return compare_standardized_numbers(values, group, variable="x", contrast="site", **given)


def categories(values, group, **given):
    return compare_standardized_categories(values, group, variable="x", contrast="site", **given)


def test_difference_of_means_by_hand():
    # Means 2 and 5, variances 1 and 9: -3 / sqrt(5).
    (row,) = numbers([1, 2, 3, 2, 5, 8], list("aaabbb"))
    assert row.value == pytest.approx(-3 / sqrt(5))
    assert (row.statistic, row.contrast) == ("standardized_mean_difference", "a vs b")


def test_difference_of_shares_by_hand():
    # 1/4 and 3/4: 0.5 / sqrt(3/16), whichever level is counted.
    (row,) = categories(list("ynnnyyyn"), list("aaaabbbb"))
    assert row.value == pytest.approx(0.5 / sqrt(3 / 16))


def test_every_pair_and_the_greatest():
    values, group = [1, 3, 2, 4, 9, 11], list("aabbcc")
    absent = {"a": Absent(missing=1), "c": Absent(missing=4)}
    rows = numbers(values, group, absent=absent)
    assert [row.contrast for row in rows] == ["a vs b", "a vs c", "b vs c", "site"]
    # All variances are 2: differences 1, 8, 7 over sqrt(2).
    expected = [-1 / sqrt(2), -8 / sqrt(2), -7 / sqrt(2), 8 / sqrt(2)]
    assert [row.value for row in rows] == pytest.approx(expected)
    assert [row.size for row in rows] == [5, 9, 8, 11]
    assert results_table(rows).height == 4


def test_differences_that_have_no_unit():
    assert (
        numbers([1, 1, 2, 2], list("aabb"))[0].error == "the values do not vary within the groups"
    )
    assert numbers([1, 2, 3], list("aab"))[0].error == (
        "a group has one person, whose variance is unknown"
    )
    assert categories(list("xxyy"), list("aabb"))[0].error == (
        "the levels do not vary within the groups"
    )
    assert categories(list("xx"), list("ab"))[0].error == "everyone has the same level"
    greatest = numbers([1, 2, 3, 4, 5], list("aabbc"))[-1]
    assert greatest.error == "a pair of groups has no difference"
    assert numbers([1, 2], list("aa"))[0].error == "there are not two groups"
    with pytest.raises(ValueError, match="A value is missing"):
        numbers([1, np.nan], list("ab"))


def medians(first, second, **given):
    rows = compare_medians(first, second, variable="x", contrast="a vs b", **given)
    return {row.statistic: row for row in rows}


def test_median_difference_by_hand():
    # Differences of 4, 7, 9 and 1, 2: 2, 3, 5, 6, 7, 8: the median is 5.5.
    rows = medians([4, 7, 9], [1, 2])
    assert rows["median_difference"].value == 5.5
    assert (rows["median_difference"].n, rows["median_difference"].size) == (5, 5)


def test_exact_interval_says_when_its_level_cannot_be_had():
    # Three against three: leaving nothing out has 1 - 2/20.
    rows = medians([4, 7, 9], [1, 2, 3], interval="exact")
    assert (rows["median_difference_ci_low"].value, rows["median_difference_ci_high"].value) == (
        1,
        8,
    )
    assert rows["median_difference"].method == (
        "Hodges-Lehmann median difference, first less second; exact 95 % CI, which has 90.0 % only"
    )
    assert shift_exact([4, 7, 9], [1, 2, 3]).conf_level == pytest.approx(0.9)


def test_any_difference_by_its_rank():
    random = np.random.default_rng(3)
    x = np.sort(np.round(random.normal(size=17), 1))
    y = np.sort(np.round(random.normal(size=13), 1))
    listed = np.sort(np.subtract.outer(x, y).ravel())
    found = [difference_at(x, y, rank) for rank in range(1, listed.size + 1)]
    assert found == listed.tolist()


def test_median_differences_that_cannot_be_had():
    assert medians([1, 2], [2, 3], interval="exact")["median_difference"].error == "values are tied"
    assert medians([2, 2], [2])["median_difference"].error == "everyone has the same value"
    assert medians([], [2])["median_difference"].error == "nobody of a group has a value"
    with pytest.raises(ValueError, match="a value that is missing"):
        medians([1, np.nan], [2])
    with pytest.raises(ValueError, match="No interval 'wald'; known are exact, normal"):
        medians([1], [2], interval="wald")


def p_row(value, variable, statistic="p_value"):
    state = {"state": "not_estimable", "error": "nobody"} if value is None else {}
    return Row(statistic=statistic, n=9, variable=variable, value=value, method="test", **state)


def test_adjusted_rows_by_hand():
    rows = [
        p_row(0.01, "a"),
        p_row(0.04, "b"),
        p_row(3.0, "b", "z"),
        p_row(None, "c"),
        p_row(0.03, "d"),
    ]
    holm = adjust_rows(rows, "holm")
    # Of three: 3 * 0.01, 2 * 0.03, then not below that.
    assert [row.value for row in holm] == [pytest.approx(0.03), 0.06, None, 0.06]
    assert {row.statistic for row in holm} == {"p_value_adjusted"}
    assert holm[0].method == "test; Holm over 3 tests"
    assert (holm[2].state, holm[2].error) == ("not_estimable", "nobody")
    assert [row.value for row in adjust_rows(rows, "bonferroni")] == pytest.approx(
        [0.03, 0.12, None, 0.09]
    )
    assert [row.value for row in adjust_rows(rows, "benjamini-hochberg")] == pytest.approx(
        [0.03, 0.04, None, 0.04]
    )
    assert adjust_rows([], "holm") == []
    with pytest.raises(ValueError, match="No adjustment 'sidak'; known are holm"):
        adjust_rows(rows, "sidak")


def bounded(low, high, **given):
    rows = estimate_censored_median(low, high, variable="months", **given)
    return {row.statistic: row for row in rows}


def test_a_bound_that_does_not_matter():
    rows = bounded([1, 2, 3, 4, 120], [1, 2, 3, 4, inf])
    assert rows["censored_median"].value == 3
    assert rows["censored_median"].method == "median, whatever values the bounds stand for"
    assert rows["censored_median_ci_low"].method.startswith("Kaplan-Meier, 1 values right")


def test_a_bound_below_the_median_is_a_censored_value():
    # 1, >2, 3, 4, 6: S is 4/5, then * 2/3 = 8/15, then * 1/2 at 4.
    rows = bounded([1, 2, 3, 4, 6], [1, inf, 3, 4, 6])
    assert rows["censored_median"].value == 4
    assert rows["censored_median"].method == (
        "Kaplan-Meier, 1 values right-censored; Greenwood; log-log 95 % CI"
    )


def test_below_a_limit_of_detection_is_the_mirror_image():
    right = bounded([1, 2, 3, 4, 6], [1, inf, 3, 4, 6])
    left = bounded([-1, -inf, -3, -4, -6], [-1, -2, -3, -4, -6])
    assert left["censored_median"].value == -right["censored_median"].value
    assert left["censored_median_ci_high"].value == -right["censored_median_ci_low"].value
    assert left["censored_median"].method.startswith("Kaplan-Meier, 1 values left-censored")


def test_a_median_beyond_every_known_value_is_not_reached():
    rows = bounded([1, 5, 5], [1, inf, inf])
    assert rows["censored_median"].state == "not_reached"


def test_bounds_both_ways_are_refused_unless_they_do_not_matter():
    rows = bounded([1, 2, 10], [9, 2, 10])
    assert rows["censored_median"].state == "refused"
    assert rows["censored_median"].error == (
        "1 of 3 values are intervals, and they leave it open; the bounds do not all point one "
        "way, so they are not censored values"
    )
    decided = bounded([-inf, 5, 9], [2, 5, inf])
    assert decided["censored_median"].value == 5
    assert decided["censored_median_ci_low"].state == "not_estimable"


def test_the_bounded_median_of_nobody():
    rows = bounded([], [], absent=Absent(missing=3))
    assert {row.error for row in rows.values()} == {"nobody has a value"}
    assert {row.size for row in rows.values()} == {3}
