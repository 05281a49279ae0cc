"""What never changes: row order, names of groups, the unit of time, weights as replication."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequela.stats.describe import estimate_numeric
from sequela.stats.log_rank import compare_log_rank, log_rank
from sequela.stats.permutation_log_rank import compare_permutation_log_rank
from sequela.stats.risk_table import build_risk_tables, counts_at, reverse
from sequela.stats.survival import kaplan_meier, quantile
from sequela.stats.survival_bounds import estimate_survival_bounds

# No deadline: the machine may be busy, and a test never measures time.
QUICK = settings(deadline=None, max_examples=60, derandomize=True)

person = st.tuples(st.integers(0, 12), st.integers(0, 1), st.sampled_from("abc"), st.integers(1, 3))
people = st.lists(person, min_size=2, max_size=25)


def columns(cohort):
    time, event, group, weight = zip(*cohort, strict=True)
    return np.array(time, float), np.array(event), list(group), np.array(weight)


def same(table, other):
    for name in ("time", "entered", "at_risk", "events", "censored"):
        np.testing.assert_array_equal(getattr(table, name), getattr(other, name), err_msg=name)
    assert (table.n, table.causes) == (other.n, other.causes)


@QUICK
@given(people, st.randoms(use_true_random=False))
def test_row_order_changes_nothing(cohort, random):
    shuffled = random.sample(cohort, len(cohort))
    tables, others = (
        build_risk_tables(time, event, group=group, weights=weight)
        for time, event, group, weight in (columns(cohort), columns(shuffled))
    )
    assert list(tables) == list(others)
    for name, table in tables.items():
        same(table, others[name])


@QUICK
@given(people)
def test_names_of_groups_do_not_matter(cohort):
    time, event, group, _ = columns(cohort)
    renamed = [{"a": "z", "b": "y", "c": "x"}[name] for name in group]
    result = log_rank(build_risk_tables(time, event, group=group))
    other = log_rank(build_risk_tables(time, event, group=renamed))
    assert other.degrees_of_freedom == result.degrees_of_freedom
    np.testing.assert_allclose(other.expected[::-1], result.expected)
    np.testing.assert_allclose(other.chi_squared, result.chi_squared, rtol=1e-9, atol=1e-12)


@settings(QUICK, max_examples=15)
@given(st.lists(person, min_size=2, max_size=9))
def test_names_of_groups_do_not_matter_to_the_permutation_test(cohort):
    time, event, group, _ = columns(cohort)
    renamed = [{"a": "z", "b": "y", "c": "x"}[name] for name in group]
    values = [
        compare_permutation_log_rank(time, event, g, variable="os", contrast="")[0].value
        for g in (group, renamed)
    ]
    assert values[0] == values[1]


@QUICK
@given(people, st.sampled_from([1 / 30.4375, 0.1, 7.0, 365.25]))
def test_the_unit_of_time_only_rescales_times(cohort, factor):
    time, event, group, _ = columns(cohort)
    curve = kaplan_meier(build_risk_tables(time, event)[""])
    scaled = kaplan_meier(build_risk_tables(time * factor, event)[""])
    np.testing.assert_allclose(scaled.time, curve.time * factor)
    np.testing.assert_allclose(scaled.low, curve.low)
    for field in ("time", "low", "high"):
        expected = getattr(quantile(curve, 0.5), field) * factor
        assert getattr(quantile(scaled, 0.5), field) == pytest.approx(expected, nan_ok=True)
    same_p = [
        [row.value for row in compare_log_rank(tables, variable="os", contrast="")]
        for tables in (
            build_risk_tables(time, event, group=group),
            build_risk_tables(time * factor, event, group=group),
        )
    ]
    assert same_p[0] == pytest.approx(same_p[1])


@QUICK
@given(people)
def test_a_weight_is_that_many_people(cohort):
    time, event, group, weight = columns(cohort)
    weighted = build_risk_tables(time, event, group=group, weights=weight)
    repeated = build_risk_tables(
        np.repeat(time, weight), np.repeat(event, weight), group=np.repeat(group, weight).tolist()
    )
    for name, table in weighted.items():
        same(table, repeated[name])


@QUICK
@given(people, st.lists(st.floats(0, 15), min_size=1, max_size=8))
def test_counts_add_up_to_everyone_at_every_time(cohort, times):
    time, event, _, _ = columns(cohort)
    late = np.maximum(time - 3, 0)
    late[late >= time] = 0
    for entry in (None, late):
        counts = counts_at(build_risk_tables(time, event, entry=entry)[""], times)
        total = counts.at_risk + counts.censored_before + counts.events_before + counts.not_entered
        assert total.tolist() == [len(cohort)] * len(times)
        outside = np.zeros(len(cohort)) - 1 if entry is None else np.where(late > 0, late, -1)
        at_risk = [int(np.sum((time >= t) & (outside < t))) for t in times]
        assert counts.at_risk.tolist() == at_risk


@QUICK
@given(people)
def test_reversing_twice_is_the_table_again(cohort):
    time, event, _, _ = columns(cohort)
    table = build_risk_tables(time, event)[""]
    again = reverse(reverse(table))
    np.testing.assert_array_equal(again.events, table.events)
    np.testing.assert_array_equal(again.censored, table.censored)


@QUICK
@given(people)
def test_bounds_of_survival_enclose_any_placement(cohort):
    time, event, _, weight = columns(cohort)
    low = np.where(event == 1, np.maximum(time - weight, 0), time)
    middle = np.where(low < time, (low + time) / 2, time)
    at = [2.0, 5.0, 9.0]
    rows = estimate_survival_bounds(low, time, event, variable="efs", at=at)
    curve = kaplan_meier(build_risk_tables(middle, event)[""])
    inside = {(row.statistic, row.time): row.value for row in rows if row.state == "ok"}
    for t in (t for t in at if ("survival_low_bound", t) in inside and t <= curve.time[-1]):
        survival = curve.survival[curve.time <= t]
        value = survival[-1] if survival.size else 1.0
        assert inside["survival_low_bound", t] <= value + 1e-12
        assert inside.get(("survival_high_bound", t), 1.0) >= value - 1e-12


@QUICK
@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(0, 20), st.floats(0, 1)), min_size=1))
def test_bounds_of_a_number_enclose_it(intervals):
    low = np.array([a for a, _, _ in intervals])
    high = low + [width for _, width, _ in intervals]
    inside = low + (high - low) * [share for _, _, share in intervals]
    bounded = {row.statistic: row.value for row in estimate_numeric(low, high, variable="x")}
    for row in estimate_numeric(inside, inside, variable="x"):
        if bounded.get(row.statistic) is not None:
            assert row.value == pytest.approx(bounded[row.statistic], abs=1e-6)
        elif f"{row.statistic}_low_bound" in bounded:
            assert bounded[f"{row.statistic}_low_bound"] <= row.value + 1e-9
            assert bounded[f"{row.statistic}_high_bound"] >= row.value - 1e-9
