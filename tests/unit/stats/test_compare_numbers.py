"""Tests of a number between groups: by hand, where they are unsafe, where they end."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pytest

from sequela.stats.compare_groups import compare_groups
from sequela.stats.compare_numbers import NUMBER_TESTS, compare_numbers
from sequela.stats.labels import Labels
from sequela.stats.rank_tests import kruskal_wallis, rank_sums_of_counts
from sequela.stats.results import Absent

TWO = sorted(NUMBER_TESTS)


def compare(values, group, test, **given):
    rows = compare_numbers(
        values, group, test=test, variable="age", contrast="site: a vs b", **given
    )
    return {row.statistic: row for row in rows}


def test_rank_sum_by_hand():
    # Ranks 1, 2, 4.5 (a) and 3, 4.5, 6 (b): R_a = 7.5, W = 7.5 - 3*4/2 = 1.5.
    # Ties: one of two, 2^3 - 2 = 6; variance 9/12 * (7 - 6/30) = 5.1.
    # z = (1.5 - 4.5 + 0.5) / sqrt(5.1).
    rows = compare([1, 2, 8, 3, 8, 9], list("aaabbb"), "wilcoxon")
    assert rows["rank_sum_w"].value == 1.5
    assert rows["z"].value == pytest.approx(-2.5 / sqrt(5.1))


def test_exact_rank_sum_by_hand():
    # Of the 20 choices of three ranks of six only {1,2,3} and {4,5,6} are as far out.
    rows = compare([1, 2, 3, 4, 5, 6], list("aaabbb"), "wilcoxon-exact")
    assert rows["p_value"].value == pytest.approx(2 / 20)
    # With ties 1, 1 | 1, 2: doubled ranks 4, 4, 4, 8; sums of two are 8 (3 ways), 12 (3 ways).
    tied = compare([1, 1, 1, 2], list("aabb"), "wilcoxon-exact")
    assert tied["p_value"].value == pytest.approx(1)


def test_student_and_analysis_of_variance_agree_for_two_groups():
    values, group = [1, 2, 3, 4, 7, 9, 10], list("aaaabbb")
    # Means 2.5 and 26/3, squares 5 and 14/3, common variance (5 + 14/3) / 5.
    common = (5 + 14 / 3) / 5
    rows = compare(values, group, "student-t")
    assert rows["t"].value == pytest.approx((2.5 - 26 / 3) / sqrt(common * (1 / 4 + 1 / 3)))
    assert rows["degrees_of_freedom"].value == 5
    f = compare(values, group, "anova")
    assert f["f"].value == pytest.approx(rows["t"].value ** 2)
    assert f["p_value"].value == pytest.approx(rows["p_value"].value)
    welch = compare(values, group, "welch-t")
    welch_f = compare(values, group, "welch-anova")
    assert welch_f["f"].value == pytest.approx(welch["t"].value ** 2)
    assert welch_f["p_value"].value == pytest.approx(welch["p_value"].value)


def test_kruskal_wallis_by_hand():
    # Ranks 1-2, 3-4, 5-6: sums 3, 7, 11. H = 12/(6*7) * (9 + 49 + 121)/2 - 3*7 = 32/7.
    rows = compare([1, 2, 3, 4, 5, 6], list("aabbcc"), "kruskal-wallis")
    assert rows["chi_squared"].value == pytest.approx(32 / 7)
    # 90 assignments, of which the 6 orders of these three pairs are the most extreme.
    assert rows["exact_p_value"].value == pytest.approx(6 / 90)


def test_rank_sums_of_counts_are_those_of_people():
    # 1 twice in a, 3 in both, 5 in b twice.
    counts = np.array([[2, 0], [1, 1], [0, 2]])
    rows = compare([1, 1, 3, 3, 5, 5], list("aaabbb"), "kruskal-wallis")
    assert kruskal_wallis(rank_sums_of_counts(counts))[0] == rows["chi_squared"].value


def test_the_exact_test_stands_beside_the_one_that_was_named():
    rows = compare([1, 2, 3, 4, 5, 6], list("aaabbb"), "wilcoxon")
    assert list(rows) == ["rank_sum_w", "z", "p_value", "exact_p_value"]
    assert rows["exact_p_value"].value == pytest.approx(0.1)
    assert rows["p_value"].value == pytest.approx(0.0808556)
    assert rows["exact_p_value"].method == (
        "Wilcoxon-Mann-Whitney test, exact given the ties; "
        "added because a group has fewer than 10 people"
    )


def test_a_permutation_test_stands_beside_means_of_few():
    # The t test of 1, 2, 3 and 4, 5, 6: two of 20 assignments are as far apart.
    rows = compare([1, 2, 3, 4, 5, 6], list("aaabbb"), "welch-t")
    assert rows["exact_p_value"].value == pytest.approx(0.1)
    assert rows["exact_p_value"].method == (
        "permutation test of group means; added because a group has fewer than 10 people, "
        "exact: all 20 assignments"
    )


@pytest.mark.parametrize("test", TWO)
def test_large_groups_need_no_second_test(test):
    values = np.concatenate([np.arange(12), np.arange(12) + 4.5])
    assert "exact_p_value" not in compare(values, ["a"] * 12 + ["b"] * 12, test)


def test_too_many_people_to_permute_is_said():
    values = np.arange(1200.0)
    rows = compare(values, ["a"] * 4 + ["b"] * 1196, "student-t")
    assert rows["exact_p_value"].state == "refused"
    assert rows["exact_p_value"].error == "1200 people are too many to permute"
    many = compare(np.arange(4000.0), ["a"] * 2000 + ["b"] * 2000, "wilcoxon-exact")
    assert many["p_value"].error == "4000 people are too many for the exact distribution"


@pytest.mark.parametrize("test", TWO)
def test_one_group_or_nobody_has_rows_without_values(test):
    for values, group in (([1, 2], ["a", "a"]), ([], [])):
        rows = compare(values, group, test, absent=Absent(missing=3))
        assert {row.state for row in rows.values()} == {"not_estimable"}
        assert rows["p_value"].error == "there are not two groups"
        assert rows["p_value"].size == len(values) + 3


@pytest.mark.parametrize("test", TWO)
def test_constant_values_have_no_test(test):
    rows = compare([0.1] * 6, list("aaabbb"), test)
    if test == "wilcoxon-exact":
        assert rows["p_value"].value == 1
        return
    assert {row.state for row in rows.values()} == {"not_estimable"}
    ranks = test.startswith(("wilcoxon", "kruskal"))
    same, constant = "everyone has the same value", "the values do not vary within the groups"
    assert rows["p_value"].error == (same if ranks else constant)


def test_two_people_have_no_variance():
    rows = compare([1, 2], ["a", "b"], "student-t")
    assert rows["t"].error == "a common variance needs three people"
    assert compare([1, 2], ["a", "b"], "anova")["f"].error == "no group has two people"


def test_a_test_of_two_groups_refuses_three():
    rows = compare([1, 2, 3], list("abc"), "wilcoxon")
    assert rows["p_value"].state == "refused"
    assert rows["p_value"].error == "this test compares two groups; there are 3"


def test_a_group_in_which_nobody_has_a_value_leaves():
    group = Labels(("a", "b", "c"), np.array([0, 0, 2, 2]))
    rows = compare([1, 2, 3, 4], group, "wilcoxon", absent=Absent(not_evaluable=2))
    assert rows["p_value"].state == "ok"
    assert {(row.n, row.size) for row in rows.values()} == {(4, 6)}


def test_intervals_that_touch_nothing_keep_their_rank():
    exact = compare([1, 5, 8, 130, 20, 9], list("aaabbb"), "wilcoxon")
    low, high = [1, 5, 8, 120, 20, 9], [2, 5, 8, inf, 20, 9]
    rows = compare(low, list("aaabbb"), "wilcoxon", high=high)
    assert rows["p_value"].value == exact["p_value"].value
    assert rows["exact_p_value"].value == exact["exact_p_value"].value


@pytest.mark.parametrize(
    ("low", "high"), [([1, 3, 20], [9, 3, 20]), ([1, 5, 9], [1, inf, inf]), ([1, 9, 9], [9, 9, 9])]
)
def test_intervals_that_overlap_leave_the_ranks_open(low, high):
    row = compare(low, list("aab"), "wilcoxon", high=high)["p_value"]
    assert row.state == "refused"
    assert "values are intervals, and some overlap other values, so the ranks are open" in row.error


def test_a_mean_needs_every_value():
    row = compare([1, 3, 20], list("aab"), "welch-t", high=[2, 3, 20])["p_value"]
    assert row.error == "1 of 3 values are intervals, and a mean needs every value"


@pytest.mark.parametrize(
    ("values", "group", "sentence"),
    [
        ([1, np.nan], ["a", "b"], "A value is missing; count the absent before"),
        ([1, inf], ["a", "b"], "A value is infinite"),
        ([1], ["a", "b"], "values and group must each be one a person"),
        ([1, 2], ["a", None], "A label is not text; count the absent before"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(values, group, sentence):
    with pytest.raises(ValueError, match=sentence):
        compare(values, group, "wilcoxon")


def test_an_unknown_test_is_refused_by_name():
    with pytest.raises(ValueError, match=r"No test 'mood'; known are wilcoxon, .*, fisher, trend"):
        compare_groups([1], ["a"], test="mood", variable="x", contrast="y")
    with pytest.raises(ValueError, match="No test 'fisher' of a number; known are wilcoxon"):
        compare([1], ["a"], "fisher")
