"""Restricted means, fixed times, conditional survival and quantiles by hand."""

from __future__ import annotations

import math

import pytest

from sequela.stats.conditional_survival import estimate_conditional_survival, start_at
from sequela.stats.fixed_time import compare_survival_at
from sequela.stats.restricted_mean import (
    compare_restricted_means,
    estimate_restricted_mean,
    restricted_mean,
)
from sequela.stats.results import Absent
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.survival_quantiles import estimate_quantiles

# Events at 1 and 3 of four; censored at 2 and 6. S = 3/4 from 1, 3/8 from 3.
TABLE = build_risk_tables([1, 2, 3, 6], [1, 0, 1, 0])[""]
NOBODY = build_risk_tables([], [])[""]
NO_EVENT = build_risk_tables([5, 6], [0, 0])[""]
ONE = build_risk_tables([2], [1])[""]


def values(rows):
    return {row.statistic: row.value for row in rows}


def states(rows):
    return {row.state for row in rows}


def test_restricted_mean_by_hand():
    # To 5: 1 + 2 x 3/4 + 2 x 3/8 = 13/4. After 1 the area is 9/4, after 3 it is 3/4.
    # Greenwood's terms: 1/(4 x 3) and 1/(2 x 1). Variance 81/16/12 + 9/16/2 = 45/64.
    found = restricted_mean(TABLE, 5)
    assert found.mean == pytest.approx(13 / 4)
    assert found.std_err == pytest.approx(math.sqrt(45 / 64))
    rows = values(estimate_restricted_mean(TABLE, 5, variable="os"))
    assert rows["restricted_mean_lost"] == pytest.approx(7 / 4)
    # 13/4 + 1.96 x 0.839 is 4.894, within the horizon.
    assert rows["restricted_mean_ci_high"] == pytest.approx(3.25 + 1.959963985 * math.sqrt(45 / 64))


def test_the_interval_of_a_restricted_mean_stays_within_the_horizon():
    rows = values(estimate_restricted_mean(TABLE, 1.5, variable="os"))
    assert rows["restricted_mean_ci_high"] == 1.5


def test_restricted_mean_before_the_first_event_is_the_horizon():
    found = restricted_mean(TABLE, 0.5)
    assert (found.mean, found.std_err) == (0.5, 0)


@pytest.mark.parametrize(
    ("table", "horizon", "mean"),
    [
        (ONE, 5, 2),  # one patient: S is 0 from 2, so the mean is known beyond it
        (NO_EVENT, 6, 6),
        (build_risk_tables([2, 2], [1, 1])[""], 3, 2),  # all tied
        (build_risk_tables([0, 4], [1, 0])[""], 4, 2),  # an event at zero
    ],
)
def test_restricted_means_of_odd_cohorts(table, horizon, mean):
    assert restricted_mean(table, horizon).mean == mean


@pytest.mark.parametrize("table", [NOBODY, NO_EVENT, TABLE])
def test_restricted_mean_beyond_observation_is_not_estimable(table):
    rows = estimate_restricted_mean(table, 7, variable="os")
    assert states(rows) == {"not_estimable"}
    assert len(rows) == 5
    assert ("nobody" in rows[0].error) == (table is NOBODY)


def test_restricted_mean_of_a_curve_that_empties_before_others_enter():
    emptied = build_risk_tables([1, 5, 6], [1, 1, 0], entry=[0, 2, 2])[""]
    assert restricted_mean(emptied, 0.5).mean == 0.5
    rows = estimate_restricted_mean(emptied, 4, variable="os")
    assert rows[0].error == "everyone at risk had the event before others entered"
    rows = compare_restricted_means(emptied, TABLE, 4, variable="os", contrast="x")
    assert rows[0].error == "in one group everyone at risk had the event before others entered"
    rows = compare_survival_at(emptied, TABLE, 4, variable="os", contrast="x")
    assert states(rows) == {"not_estimable"}


@pytest.mark.parametrize("horizon", [0, -1, math.inf, math.nan])
def test_a_horizon_is_a_positive_number(horizon):
    with pytest.raises(ValueError, match="horizon"):
        restricted_mean(TABLE, horizon)


def test_difference_of_restricted_means_by_hand():
    # The same group twice: difference 0, variance doubled, p value 1.
    rows = values(
        compare_restricted_means(
            TABLE, TABLE, 5, variable="os", contrast="same", absent=Absent(missing=2)
        )
    )
    assert rows["restricted_mean_difference"] == 0
    assert rows["restricted_mean_difference_std_err"] == pytest.approx(math.sqrt(45 / 32))
    assert rows["restricted_mean_difference_p_value"] == 1


def test_a_difference_without_events_has_no_spread():
    rows = compare_restricted_means(NO_EVENT, NO_EVENT, 5, variable="os", contrast="same")
    assert rows[0].value == 0
    assert states(rows[1:]) == {"not_estimable"}
    rows = compare_restricted_means(NO_EVENT, NOBODY, 5, variable="os", contrast="none")
    assert states(rows) == {"not_estimable"}


def test_survival_at_a_fixed_time_by_hand():
    # At 3: S = 3/8, variance (3/8)^2 (1/12 + 1/2) = 21/256; the other group has S = 1/2 of
    # two, variance 1/8. Difference -1/8, variance 53/256.
    other = build_risk_tables([2, 9], [1, 0])[""]
    rows = values(compare_survival_at(TABLE, other, 3, variable="os", contrast="x"))
    assert rows["survival_difference"] == pytest.approx(-1 / 8)
    assert rows["survival_difference_std_err"] == pytest.approx(math.sqrt(53) / 16)
    a, b = math.log(3 / 8), math.log(1 / 2)
    expected = math.log(a / b) ** 2 / (7 / 12 / a**2 + 1 / 2 / b**2)
    assert rows["survival_difference_cloglog_chi_squared"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("first", "second", "time", "plain", "cloglog"),
    [
        (TABLE, NO_EVENT, 3, "ok", "not_estimable"),  # S = 1 in one group
        (TABLE, ONE, 3, "ok", "not_estimable"),  # S = 0 in one group, beyond its last time
        (TABLE, NO_EVENT, 7, "not_estimable", "not_estimable"),
        (TABLE, NOBODY, 1, "not_estimable", "not_estimable"),
    ],
)
def test_survival_at_a_fixed_time_where_a_scale_fails(first, second, time, plain, cloglog):
    rows = compare_survival_at(first, second, time, variable="os", contrast="x")
    assert len(rows) == 7
    assert states(rows[:5]) == {plain}
    assert states(rows[5:]) == {cloglog}


def test_conditional_survival_by_hand():
    # Of those event-free after 1.5 (three): S(3) / S(1.5) = 1/2.
    rows = estimate_conditional_survival(TABLE, 1.5, variable="os", at=[2, 3])
    assert rows[0].value == 3
    found = {(row.time, row.statistic): row for row in rows}
    assert found[3, "conditional_survival"].value == pytest.approx(1 / 2)
    assert found[2, "conditional_survival"].value == 1
    assert found[2, "conditional_survival_ci_low"].state == "not_estimable"
    assert {row.n for row in rows} == {4}
    assert {row.level for row in rows} == {"event-free at 1.5"}


def test_conditional_survival_with_entries_after_the_condition():
    table = build_risk_tables([4, 6, 5], [1, 1, 0], entry=[0, 2, 4])[""]
    later = start_at(table, 2)
    assert later.at_risk.tolist() == [2, 2, 1]
    assert later.entered.tolist() == [1, 0, 0]


def test_conditional_survival_of_nobody():
    rows = estimate_conditional_survival(TABLE, 6, variable="os", at=[7])
    assert rows[0].value == 0
    assert states(rows[1:]) == {"not_estimable"}
    assert "nobody is still under observation" in rows[1].error
    with pytest.raises(ValueError, match="after the time of the condition"):
        estimate_conditional_survival(TABLE, 2, variable="os", at=[2])


def test_quantiles_as_rows():
    rows = estimate_quantiles(TABLE, [0.25, 0.5, 0.9, 0.25], variable="os")
    found = {(row.level, row.statistic): row for row in rows}
    assert len(rows) == 9
    # S runs level at 3/4 from 1 to 3, so the first quarter is the middle of that stretch.
    assert found["0.25", "quantile"].value == 2
    assert found["0.5", "quantile"].value == 3
    assert found["0.9", "quantile"].state == "not_reached"
    assert "above 0.1" in found["0.9", "quantile"].error
    assert states(estimate_quantiles(NOBODY, [0.5], variable="os")) == {"not_estimable"}
    with pytest.raises(ValueError, match="0 < p < 1"):
        estimate_quantiles(TABLE, [1], variable="os")
