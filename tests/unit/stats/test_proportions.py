"""Proportions: intervals by hand and the rows."""

from __future__ import annotations

import pytest

from sequela.stats.proportions import clopper_pearson, estimate_proportion, wilson
from sequela.stats.results import Absent


def test_exact_interval_of_none_and_of_all():
    # With no success of n the upper limit solves (1 - p)^n = 0.025.
    assert clopper_pearson(0, 10) == (0, pytest.approx(1 - 0.025**0.1))
    assert clopper_pearson(10, 10) == (pytest.approx(0.025**0.1), 1)


def test_score_interval_by_hand():
    # z^2 = 3.8415; 0 of 10: upper = z^2 / (n + z^2).
    low, high = wilson(0, 10)
    assert low == 0
    assert high == pytest.approx(3.841458820694124 / 13.841458820694124)
    assert wilson(10, 10) == (pytest.approx(1 - high), 1)


def test_rows():
    rows = estimate_proportion(
        3, 4, variable="response", level="CR", absent=Absent(not_evaluable=2)
    )
    found = {row.statistic: row for row in rows}
    assert found["count"].value == 3
    assert found["proportion"].value == 0.75
    assert found["proportion_ci_low"].value == pytest.approx(clopper_pearson(3, 4)[0])
    assert found["proportion_ci_high"].method == "proportion; Clopper-Pearson (exact) 95 % CI"
    assert {(row.level, row.n, row.size) for row in rows} == {("CR", 4, 6)}


def test_rows_by_the_score_method():
    rows = estimate_proportion(3, 4, variable="response", method="wilson")
    assert rows[2].value == pytest.approx(wilson(3, 4)[0])
    assert rows[2].method == "proportion; Wilson (score) 95 % CI"


def test_of_nobody_there_is_a_count_but_no_proportion():
    rows = estimate_proportion(0, 0, variable="response", absent=Absent(missing=5))
    assert [row.state for row in rows] == ["ok"] + 3 * ["not_estimable"]
    assert {row.size for row in rows} == {5}


@pytest.mark.parametrize(("x", "n"), [(5, 4), (-1, 4)])
def test_more_than_all_is_no_proportion(x, n):
    for call in (clopper_pearson, wilson):
        with pytest.raises(ValueError, match=f"{x} of {n} is not a proportion"):
            call(x, n)
    with pytest.raises(ValueError, match=f"{x} of {n} is not a proportion"):
        estimate_proportion(x, n, variable="response")


def test_a_confidence_level_is_a_share():
    for call in (clopper_pearson, wilson):
        with pytest.raises(ValueError, match="A confidence level lies between 0 and 1"):
            call(1, 2, 95)
