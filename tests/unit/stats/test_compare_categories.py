"""Tests of a category between groups: by hand, where they are unsafe, where they end."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from sequela.stats.compare_categories import compare_categories
from sequela.stats.compare_groups import compare_groups
from sequela.stats.labels import Labels
from sequela.stats.results import Absent


def compare(values, group, test, **given):
    rows = compare_categories(
        values, group, test=test, variable="response", contrast="site: a vs b", **given
    )
    return {row.statistic: row for row in rows}


def people(table):
    """Levels and groups of a table of counts, person by person."""
    levels, groups = [], []
    for i, row in enumerate(table):
        for j, count in enumerate(row):
            levels += [f"level {i}"] * count
            groups += [f"group {j}"] * count
    return levels, groups


def test_chi_squared_by_hand():
    # Expected 15 and 15, 15 and 15: chi-squared = 4 * 25 / 15; with Yates 4 * 4.5^2 / 15.
    rows = compare(*people([[10, 20], [20, 10]]), "chi-squared")
    assert rows["chi_squared"].value == pytest.approx(100 / 15)
    assert rows["minimum_expected_count"].value == 15
    assert list(rows)[:3] == ["chi_squared", "degrees_of_freedom", "p_value"]
    assert "exact_p_value" not in rows
    yates = compare(*people([[10, 20], [20, 10]]), "chi-squared-yates")
    assert yates["chi_squared"].value == pytest.approx(4 * 4.5**2 / 15)


def test_yates_does_not_correct_past_zero():
    # Every distance from the expected count is 0.25, and R reduces by no more than that.
    rows = compare(*people([[1, 2], [2, 3]]), "chi-squared-yates")
    assert rows["chi_squared"].value == pytest.approx(0, abs=1e-15)
    assert rows["p_value"].value == pytest.approx(1)


def test_tea_tasting():
    # Margins 4 and 4: chances 1, 16, 36, 16, 1 of 70; those no likelier than 3 right: 34.
    rows = compare(*people([[3, 1], [1, 3]]), "fisher")
    assert list(rows) == ["p_value"]
    assert rows["p_value"].value == pytest.approx(34 / 70)
    assert rows["p_value"].method == "Fisher's exact test"


def test_few_expected_add_the_exact_test_and_say_so():
    rows = compare(*people([[3, 1], [1, 3]]), "chi-squared")
    assert rows["p_value"].value == pytest.approx(0.1572992)
    assert rows["exact_p_value"].value == pytest.approx(34 / 70)
    assert rows["exact_p_value"].method == (
        "Fisher's exact test; added because the least expected count is 2.0, below 5"
    )


def test_freeman_halton_by_hand():
    # Margins 1, 1, 2 by 2, 2. Tables and chances: the two of the last level split 1-1 (2 of 3)
    # or go together (1 of 6 each way): (1,0|0,1|1,1) and mirror 1/3 each, others 1/6 each.
    rows = compare(*people([[1, 0], [1, 0], [0, 2]]), "fisher")
    assert rows["p_value"].value == pytest.approx(1 / 3)
    assert rows["p_value"].method == "Fisher-Freeman-Halton test, exact: all tables"


def test_a_table_too_large_to_count_is_drawn_and_says_so():
    random = np.random.default_rng(5)
    levels = [f"level {i}" for i in random.integers(0, 9, 900)]
    groups = [f"group {i}" for i in random.integers(0, 9, 900)]
    row = compare(levels, groups, "fisher")["p_value"]
    assert row.method == "Fisher-Freeman-Halton test, Monte Carlo: 99999 tables, seed 1"
    assert 0 < row.value <= 1
    assert row == compare(levels, groups, "fisher")["p_value"]
    # With ten expected in a cell the chi-squared test answers the same question.
    chi_squared = compare(levels, groups, "chi-squared")["p_value"].value
    assert row.value == pytest.approx(chi_squared, abs=0.03)


def test_missing_is_never_a_category():
    levels, groups = people([[8, 4], [6, 9]])
    without = compare(levels, groups, "chi-squared")
    counted = compare(levels, groups, "chi-squared", absent=Absent(missing=40))
    assert counted["p_value"].value == without["p_value"].value
    assert counted["degrees_of_freedom"].value == 1
    assert (counted["p_value"].n, counted["p_value"].size) == (27, 67)
    with pytest.raises(ValueError, match="A label is not text; count the absent before"):
        compare([*levels, None], [*groups, "group 1"], "chi-squared")


def test_a_level_and_a_group_that_nobody_has_leave_the_table():
    levels = Labels(("no", "maybe", "yes"), np.array([0, 0, 2, 2, 0, 2]))
    groups = Labels(("a", "b", "c"), np.array([0, 0, 0, 2, 2, 2]))
    rows = compare(levels, groups, "chi-squared")
    assert rows["degrees_of_freedom"].value == 1


def test_trend_by_hand():
    # 1 of 4, 2 of 4, 3 of 4: share 1/2; sum of x (s - 2) = -1 + 0 + 3 = 2;
    # variance 1/4 * (4 + 0 + 4) = 2; z = 2 / sqrt(2).
    by_groups = compare(*people([[3, 2, 1], [1, 2, 3]]), "trend")
    assert by_groups["z"].value == pytest.approx(sqrt(2))
    by_levels = compare(*people([[3, 1], [2, 2], [1, 3]]), "trend")
    assert by_levels["z"].value == pytest.approx(sqrt(2))
    assert by_levels["p_value"].value == pytest.approx(0.1572992)
    assert by_levels["exact_p_value"].value > by_levels["p_value"].value


def test_the_trend_keeps_the_place_of_a_level_that_nobody_has():
    # Scores 1, 2, 4: with 1 of 2, 1 of 2, 2 of 2 the mean is 7/3 and the share 2/3.
    levels = Labels(("0", "1", "2", "3"), np.array([0, 0, 1, 1, 3, 3]))
    rows = compare(levels, list("nynyyy"), "trend")
    spread = 2 * ((1 - 7 / 3) ** 2 + (2 - 7 / 3) ** 2 + (4 - 7 / 3) ** 2)
    score = (1 - 7 / 3) + (2 - 7 / 3) + 2 * (4 - 7 / 3)
    assert rows["z"].value == pytest.approx(score / sqrt(2 / 9 * spread))


@pytest.mark.parametrize("test", ["chi-squared", "chi-squared-yates", "fisher", "trend"])
def test_one_group_one_level_or_nobody(test):
    for levels, groups in ((["x", "y"], ["a", "a"]), (["x", "x"], ["a", "b"]), ([], [])):
        rows = compare(levels, groups, test, absent=Absent(missing=1))
        assert {row.state for row in rows.values()} == {"not_estimable"}
        assert {row.size for row in rows.values()} == {len(levels) + 1}


def test_what_a_test_is_not_for():
    square = people([[2, 1, 1], [1, 2, 1], [1, 1, 2]])
    trend = compare(*square, "trend")["p_value"]
    assert (trend.state, trend.error) == ("refused", "a trend needs two levels or two groups")
    yates = compare(*square, "chi-squared-yates")["p_value"]
    assert yates.error == "Yates' correction is for two levels and two groups"
    with pytest.raises(ValueError, match="No test 'anova' of a category; known are chi-squared"):
        compare(*square, "anova")


def test_compare_groups_finds_the_test_by_name():
    levels, groups = people([[3, 1], [1, 3]])
    rows = compare_groups(levels, groups, test="fisher", variable="response", contrast="site")
    assert [(row.statistic, row.contrast) for row in rows] == [("p_value", "site")]
