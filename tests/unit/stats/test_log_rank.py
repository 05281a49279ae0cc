"""Log-rank and permutation tests by hand."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from sequela.stats.log_rank import compare_log_rank, compare_permutation_log_rank, log_rank
from sequela.stats.permutation_log_rank import log_rank_scores
from sequela.stats.results import Absent
from sequela.stats.risk_table import build_risk_tables


def compare(time, event, group, **given):
    tables = build_risk_tables(time, event, group=group)
    return compare_log_rank(tables, variable="os", contrast="a vs b", **given)


def permute(time, event, group, **given):
    (row,) = compare_permutation_log_rank(
        time, event, group, variable="os", contrast="a vs b", **given
    )
    return row


def test_two_groups_by_hand():
    # a: events at 1 and 3; b: event at 2, censored at 4.
    # t=1: 1 of 4, a has 2: e = 1/2, v = 1/4. t=2: 1 of 3, a has 1: e = 1/3, v = 2/9.
    # t=3: 1 of 2, a has 1: e = 1/2, v = 1/4. Together E = 4/3, V = 13/18, O = 2.
    rows = compare([1, 3, 2, 4], [1, 1, 1, 0], list("aabb"))
    about_all = {row.statistic: row.value for row in rows if not row.group}
    assert about_all["chi_squared"] == pytest.approx((2 - 4 / 3) ** 2 / (13 / 18))
    assert about_all["degrees_of_freedom"] == 1
    # The upper tail of chi-squared with one degree is erfc(sqrt(x / 2)); x = 8/13.
    assert about_all["p_value"] == pytest.approx(0.4327675809)
    by_group = {(row.group, row.statistic): row.value for row in rows if row.group}
    assert by_group["a", "observed"] == 2
    assert by_group["a", "expected"] == pytest.approx(4 / 3)
    assert by_group["b", "expected"] == pytest.approx(3 - 4 / 3)


def test_rows_carry_the_absent_of_their_group():
    absent = {"a": Absent(missing=1), "b": Absent(not_evaluable=2), "": Absent(missing=4)}
    rows = compare([1, 3, 2, 4], [1, 1, 1, 0], list("aabb"), absent=absent)
    sizes = {(row.group, row.n, row.n_missing, row.n_not_evaluable) for row in rows}
    assert sizes == {("", 4, 5, 2), ("a", 2, 1, 0), ("b", 2, 0, 2)}
    assert {row.contrast for row in rows} == {"a vs b"}


def test_absent_of_a_group_that_is_not_compared_is_an_error():
    with pytest.raises(ValueError, match="absent names 'c', which is no group of the comparison"):
        compare([1, 2], [1, 1], ["a", "b"], absent={"c": Absent(missing=1)})


@pytest.mark.parametrize(
    ("time", "event", "group"),
    [
        ([1, 2], [0, 0], ["a", "b"]),  # no event
        ([1, 2], [1, 1], ["a", "a"]),  # one group
        ([1, 5], [0, 1], ["a", "b"]),  # the one event after a has left
        ([1, 1], [1, 1], ["a", "b"]),  # all who are at risk have the event
    ],
)
def test_what_cannot_be_compared_has_a_reason(time, event, group):
    rows = compare(time, event, group)
    about_all = [row for row in rows if not row.group]
    assert {row.state for row in about_all} == {"not_estimable"}
    assert "while two or more of the groups were at risk" in about_all[0].error


def test_a_group_without_expected_events_leaves_the_test():
    # c is censored before the first event.
    time, event, group = [1, 3, 2, 4, 0.5], [1, 1, 1, 0, 0], list("aabbc")
    with_c = log_rank(build_risk_tables(time, event, group=group))
    without = log_rank(build_risk_tables(time[:4], event[:4], group=group[:4]))
    assert with_c.degrees_of_freedom == 1
    assert with_c.chi_squared == pytest.approx(without.chi_squared)
    assert with_c.expected[2] == 0


def test_delayed_entry_counts_only_those_at_risk():
    # b enters after the event of a at 1, so only the event at 3 compares: e_a = 1/2 of two.
    tables = build_risk_tables([1, 3, 4], [1, 1, 0], group=["a", "a", "b"], entry=[0, 0, 2])
    result = log_rank(tables)
    assert result.expected.tolist() == [1.5, 0.5]
    assert result.variance[0, 0] == pytest.approx(0.25)


def test_scores_are_observed_less_expected():
    time, event, group = [5, 2, 2, 7, 3, 3], [1, 1, 0, 0, 1, 1], np.array(list("aababb"))
    scores = log_rank_scores(time, event)
    result = log_rank(build_risk_tables(time, event, group=list(group)))
    assert scores.sum() == pytest.approx(0)
    assert scores[group == "a"].sum() == pytest.approx(result.observed[0] - result.expected[0])


def test_permutation_by_hand():
    # Scores of events at 1, 2, 3, 4: 1 - (1/4, 7/12, 13/12, 25/12) = 9, 5, -1, -13 twelfths.
    # Group {1, 2} sums to 14; of the 6 pairs also {3, 4} has |14|, and no other has more
    # ({1, 3}: 8, {1, 4}: -4, {2, 3}: 4, {2, 4}: -8). So p = 2/6.
    row = permute([1, 2, 3, 4], [1, 1, 1, 1], list("aabb"))
    assert row.value == pytest.approx(2 / 6)
    assert row.method == "permutation log-rank test, exact: all 6 assignments"


def exhaustive(time, event, label):
    """The share of all labelings with a statistic as great as the given, counted plainly."""
    scores = log_rank_scores(time, event)

    def statistic(groups):
        return sum(scores[list(g)].sum() ** 2 / len(g) for g in groups)

    def splits(people, sizes):
        if not sizes:
            yield []
            return
        for first in combinations(people, sizes[0]):
            rest = [p for p in people if p not in first]
            yield from ([first, *more] for more in splits(rest, sizes[1:]))

    names = sorted(set(label))
    given = [tuple(i for i, x in enumerate(label) if x == name) for name in names]
    every = [statistic(s) for s in splits(range(len(time)), [len(g) for g in given])]
    return np.mean(np.array(every) >= statistic(given) - 1e-9), len(every)


@pytest.mark.parametrize("label", ["aaaabbbb", "abababaa", "aabbccbc", "abbbbbbb", "aabbccdd"])
def test_exact_permutation_equals_plain_counting(label):
    time, event = [1, 2, 2, 3, 4, 4, 6, 8], [1, 1, 0, 1, 0, 1, 1, 0]
    row = permute(time, event, list(label))
    p, assignments = exhaustive(time, event, label)
    assert row.value == pytest.approx(p)
    assert f"all {assignments} assignments" in row.method


def test_beyond_the_limit_the_draw_is_named_and_can_be_repeated():
    time, event, group = range(1, 13), [1] * 12, list("ab" * 6)
    first = permute(time, event, group, limit=100, seed=3)
    assert first.method == (
        "permutation log-rank test, Monte Carlo: 99999 of 924 assignments, seed 3"
    )
    assert permute(time, event, group, limit=100, seed=3) == first
    assert permute(time, event, group, limit=100, seed=4).value != first.value


def test_a_drawn_p_value_is_never_zero():
    # All of a die before all of b: 2 of 137,846,528,820 assignments are as extreme, none of
    # them is drawn, and (0 + 1) / (99,999 + 1) remains.
    row = permute(range(1, 41), [1] * 40, list("a" * 20 + "b" * 20))
    assert row.value == pytest.approx(1 / 100_000)
    exact = permute(range(1, 41), [1] * 40, list("a" * 20 + "b" * 20), limit=10**12)
    assert exact.value < 1e-9


def test_the_drawn_test_of_three_groups_is_near_the_exact_one():
    time, event, group = range(1, 10), [1, 1, 0, 1, 1, 1, 0, 1, 1], list("aabbccabc")
    exact = permute(time, event, group).value
    drawn = permute(time, event, group, limit=1).value
    assert 0.05 < exact < 0.95
    assert abs(drawn - exact) < 5 * np.sqrt(exact * (1 - exact) / 99_999)


@pytest.mark.parametrize(
    ("event", "group", "reason"),
    [([0, 0], ["a", "b"], "everyone has the same score"), ([1, 1], ["a", "a"], "not two groups")],
)
def test_what_cannot_be_permuted_has_a_reason(event, group, reason):
    row = permute([1, 2], event, group, absent=Absent(missing=3))
    assert row.state == "not_estimable"
    assert reason in row.error
    assert row.size == 5


def test_permutation_checks_its_input():
    with pytest.raises(ValueError, match="group must be one name a person"):
        permute([1, 2], [1, 1], ["a"])
    with pytest.raises(ValueError, match="group has a value that is not text"):
        permute([1, 2], [1, 1], ["a", None])


def test_a_number_of_assignments_too_long_to_write_is_a_power_of_ten():
    time = np.arange(1.0, 91.0)
    event = np.ones(90, dtype=int)
    groups = [str(i % 30) for i in range(90)]
    (row,) = compare_permutation_log_rank(time, event, groups, variable="os", contrast="c")
    assert "Monte Carlo: 99999 of about 10^115 assignments, seed 1" in row.method


def test_too_many_people_to_permute_are_refused_and_not_waited_for():
    n = 20_000
    time = np.arange(n) + 1.0
    groups = ["a"] * (n // 2) + ["b"] * (n // 2)
    (row,) = compare_permutation_log_rank(
        time, np.ones(n, dtype=int), groups, variable="os", contrast="a vs b"
    )
    assert (row.state, row.error) == ("refused", "20000 people are too many to permute")
