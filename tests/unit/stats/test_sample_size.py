"""Max-combo, sample size and precision by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sequela.stats.log_rank import log_rank
from sequela.stats.max_combo import compare_max_combo, max_combo
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.sample_size import (
    detectable_hazard_ratio,
    estimate_comparison_reach,
    estimate_precision,
    events_needed,
    expected_proportion_width,
    expected_survival_limits,
    log_rank_power,
)
from sequela.stats.strata import unstratified

TIME, EVENT = [1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 0, 1, 1, 0, 1]


def combo(time, event, group):
    return max_combo(unstratified(build_risk_tables(time, event, group=list(group))))


def test_the_even_score_of_max_combo_is_the_log_rank_test():
    result = combo(TIME, EVENT, "aabababb")
    chi_squared = log_rank(build_risk_tables(TIME, EVENT, group=list("aabababb"))).chi_squared
    assert result.z[2] ** 2 == pytest.approx(chi_squared)
    # The scores of early and late add up to the even one.
    assert result.statistic == np.max(np.abs(result.z))


def test_the_p_value_of_max_combo_lies_between_one_test_and_four():
    result = combo(TIME, EVENT, "aabababb")
    alone = math.erfc(result.statistic / math.sqrt(2))
    assert alone < result.p_value < 4 * alone


def test_the_p_value_of_max_combo_against_drawn_scores():
    result = combo(TIME, EVENT, "aabababb")
    drawn = np.random.default_rng(5).multivariate_normal(
        np.zeros(4), result.correlation, size=200_000, check_valid="ignore"
    )
    share = float(np.mean(np.max(np.abs(drawn), axis=1) > result.statistic))
    # Five standard errors of a share of 200,000 draws.
    assert abs(share - result.p_value) < 5 * math.sqrt(share * (1 - share) / 200_000)


def test_one_event_time_is_one_test():
    # S is 1 before the only event, so late and middle weigh nothing, early is even.
    result = combo([1, 2, 3, 4], [1, 0, 0, 0], "abab")
    assert np.isnan(result.z[[1, 3]]).all()
    assert result.p_value == pytest.approx(math.erfc(result.statistic / math.sqrt(2)))


def test_two_event_times_leave_two_scores():
    # Late and middle then weigh the second time alone and are one score.
    result = combo([1, 2, 3, 3], [1, 1, 0, 0], "abab")
    assert result.correlation[1, 3] == pytest.approx(1)
    alone = math.erfc(result.statistic / math.sqrt(2))
    assert alone < result.p_value < 3 * alone


@pytest.mark.parametrize(
    ("time", "event", "group"),
    [([1, 2], [0, 0], "ab"), ([2, 2], [1, 1], "ab"), ([1, 5], [0, 1], "ab")],
)
def test_max_combo_where_nothing_can_be_compared(time, event, group):
    tables = build_risk_tables(time, event, group=list(group))
    rows = compare_max_combo(unstratified(tables), variable="os", contrast="a vs b")
    assert [row.state for row in rows] == ["not_estimable"] * 2


def test_max_combo_is_for_two_groups():
    with pytest.raises(ValueError, match="compares two groups, not 3"):
        combo(TIME, EVENT, "abcabcab")


def test_rows_of_max_combo_name_the_greatest():
    tables = build_risk_tables(TIME, EVENT, group=list("aabababb"))
    rows = compare_max_combo({"": tables}, variable="os", contrast="a vs b")
    assert [row.statistic for row in rows] == ["max_combo_statistic", "max_combo_p_value"]
    assert "greatest at (" in rows[0].method
    rows = compare_max_combo(
        {"x": tables, "y": tables}, variable="os", contrast="a vs b", stratified_by="site"
    )
    assert rows[0].statistic == "stratified_max_combo_statistic"


def test_schoenfeld_by_hand():
    # A hazard ratio of 2, equal groups, 80 % power: (1.959964 + 0.841621)^2 / (log 2)^2 x 4.
    assert events_needed(2) == pytest.approx(4 * (1.959964 + 0.841621) ** 2 / math.log(2) ** 2)
    assert events_needed(0.5) == pytest.approx(events_needed(2))
    assert detectable_hazard_ratio(events_needed(1.7, share=0.3), share=0.3) == pytest.approx(1.7)


def test_power_by_hand():
    assert log_rank_power(events_needed(2), 2) == pytest.approx(0.8, abs=1e-4)
    # Without an effect, or without events, the test rejects at its level.
    assert log_rank_power(100, 1) == pytest.approx(0.05)
    assert log_rank_power(0, 3) == pytest.approx(0.05)


def test_expected_width_by_hand():
    # One person: Clopper-Pearson is (0, 0.975) or (0.025, 1).
    assert expected_proportion_width(1, 0.3) == pytest.approx(0.975)
    assert expected_proportion_width(1, 1) == pytest.approx(0.975)


def test_limits_without_censoring_are_those_of_a_share():
    # Greenwood's sum is (1 - S) / (n S); censoring widens.
    low, high = expected_survival_limits(20, 0.6)
    factor = math.exp(1.959963985 * math.sqrt(0.4 / (20 * 0.6)) / -math.log(0.6))
    assert (low, high) == pytest.approx((0.6**factor, 0.6 ** (1 / factor)))
    assert expected_survival_limits(20, 0.6, censored=0.5)[0] < low


def test_rows_of_reach_and_precision():
    rows = estimate_comparison_reach(16, (20, 12), variable="os", contrast="site")
    assert [row.level for row in rows] == ["", "1.5", "2", "3"]
    expected = detectable_hazard_ratio(16, share=20 / 32)
    assert rows[0].value == pytest.approx(expected)
    assert rows[1].value == math.ceil(events_needed(1.5, share=20 / 32))
    rows = estimate_precision(32, variable="cr", assumed=0.5)
    assert rows[0].value == pytest.approx(expected_proportion_width(32, 0.5))
    low, high = expected_survival_limits(32, 0.5)
    assert rows[1].value == pytest.approx(high - low)


@pytest.mark.parametrize(("events", "sizes"), [(0, (5, 5)), (3, (0, 9))])
def test_what_no_comparison_can_show_is_a_row(events, sizes):
    (row,) = estimate_comparison_reach(events, sizes, variable="os", contrast="x")
    assert row.state == "not_estimable"


def test_precision_of_nobody_and_of_certainty():
    nobody = estimate_precision(0, variable="x", assumed=0.5)
    assert {row.state for row in nobody} == {"not_estimable"}
    certain = estimate_precision(9, variable="x", assumed=1)
    assert [row.state for row in certain] == ["ok", "not_estimable"]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: events_needed(1), "positive and not 1"),
        (lambda: events_needed(2, power=1), "power lies between 0 and 1"),
        (lambda: detectable_hazard_ratio(0), "needs events"),
        (lambda: detectable_hazard_ratio(9, share=0), "share lies between 0 and 1"),
        (lambda: log_rank_power(-1, 2), "not negative"),
        (lambda: expected_proportion_width(0, 0.5), "at least one person"),
        (lambda: expected_proportion_width(5, 1.5), "between 0 and 1"),
        (lambda: expected_survival_limits(5, 1), "0 < survival < 1"),
    ],
)
def test_mistakes_are_said(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
