"""Log-linear kinetics, worked by hand."""

from __future__ import annotations

import math
from math import e, exp, log, sqrt

import pytest

from sequela.clinical.kinetics import Rate, Reading, estimate_course_rate, estimate_rate


def test_two_points_give_a_slope_and_no_interval():
    # 80 to 10 in 30 days is three halvings
    rate = estimate_rate([0, 30], [80, 10])
    assert rate is not None
    assert rate.per_day == pytest.approx(-log(8) / 30)
    assert rate.halving_days == pytest.approx(10)
    assert (rate.low, rate.high, rate.halving_interval) == (None, None, None)
    assert rate.basis == "two points leave no degrees of freedom"


def test_two_points_and_a_declared_assay_variation_give_an_interval():
    # the log of each value has variance log(1 + 0.2^2); the days 0 and 2 have spread 2, so the
    # slope's variance is log(1.04) / 2, and the normal 97.5 % quantile is 1.959964
    rate = estimate_rate([0, 2], [e**2, 1], assay_cv=0.2)
    assert rate is not None
    assert rate.per_day == pytest.approx(-1)
    half = 1.959963984540054 * sqrt(log(1.04) / 2)
    assert (rate.low, rate.high) == pytest.approx((-1 - half, -1 + half))
    assert rate.basis == "assay CV 0.2"


def test_three_points_by_hand():
    # logs 2, 0, 1 on days 0, 1, 2: slope -1/2, fitted 1.5, 1, 0.5, residuals 0.5, -1, 0.5,
    # sum of squares 1.5 with one degree of freedom, spread 2: standard error sqrt(0.75);
    # Student's t with one degree of freedom has the 97.5 % quantile 12.7062
    rate = estimate_rate([0, 1, 2], [exp(2), 1, e])
    assert rate is not None
    assert rate.per_day == pytest.approx(-0.5)
    half = 12.706204736174694 * sqrt(0.75)
    assert (rate.low, rate.high) == pytest.approx((-0.5 - half, -0.5 + half))
    assert rate.basis == "Student t, 1 df"


def test_points_on_a_line_leave_no_scatter_to_estimate():
    # an interval without width would say that the rate is known for certain
    rate = estimate_rate([0, 1, 2, 3], [8, 4, 2, 1])
    assert rate is not None
    assert rate.halving_days == pytest.approx(1)
    assert rate.halving_interval is None
    assert rate.basis == "the values lie on one line, which leaves no scatter to estimate"
    declared = estimate_rate([0, 1, 2, 3], [8, 4, 2, 1], assay_cv=0.2)
    assert declared is not None
    assert declared.basis == "assay CV 0.2"


@pytest.mark.parametrize("limit", [0.01, 1.0])
def test_equal_values_and_a_bound_that_they_keep_leave_no_scatter_either(limit):
    readings = [Reading(d, 0.01, 0.01) for d in (0, 30, 60)] + [Reading(80, 0.0, limit)]
    rate = estimate_course_rate(readings)
    assert rate is not None
    assert (rate.per_day, rate.low) == (pytest.approx(0), None)
    assert "leaves no scatter" in rate.basis


@pytest.mark.parametrize("assay_cv", [None, 0.2])
def test_none_of_a_count_without_a_limit_says_nothing_beside_reported_shares(assay_cv):
    reported = [Reading(0, 2.0, 2.0), Reading(14, 0.8, 0.8), Reading(30, 0.4, 0.4)]
    none = Reading(40, 0.0, math.inf, 0, 500_000)
    assert estimate_course_rate([*reported, none], assay_cv=assay_cv) == estimate_course_rate(
        reported, assay_cv=assay_cv
    )


def test_the_interval_of_the_halving_time_turns_the_rates_around():
    assert Rate(-0.2, -0.3, -0.1, "x").halving_interval == pytest.approx(
        (log(2) / 0.3, log(2) / 0.1)
    )
    # a rate that may be zero has no longest halving time
    assert Rate(-0.2, -0.5, 0.1, "x").halving_interval == (pytest.approx(log(2) / 0.5), None)
    assert Rate(0.2, 0.1, 0.3, "x").halving_interval is None
    assert Rate(0.0, None, None, "x").halving_days is None


@pytest.mark.parametrize(("days", "burden"), [([], []), ([0], [5]), ([3, 3], [5, 4])])
def test_fewer_than_two_days_have_no_rate(days, burden):
    assert estimate_rate(days, burden) is None


@pytest.mark.parametrize("bad", [0, -1])
def test_a_burden_is_positive(bad):
    with pytest.raises(ValueError, match="needs positive burdens"):
        estimate_rate([0, 1], [5, bad])


def test_the_order_of_points_does_not_matter():
    assert estimate_rate([2, 0, 1], [3, 9, 4]) == estimate_rate([0, 1, 2], [9, 4, 3])


@pytest.mark.parametrize("counted", [True, False])
def test_days_of_the_calendar_change_no_digit(counted):
    """Days since 1970 lie in the ten thousands, and nothing but differences of days counts."""

    def rate(first):
        found = [(0, 0.5, 1000), (21, 0.05, 100), (42, 0.0, 0)]
        readings = [
            Reading(first + day, low, low or 0.0068, events if counted else None, 200_000)
            for day, low, events in found
        ]
        return estimate_course_rate(readings, assay_cv=0.15)

    near, far = rate(0), rate(14_051)
    assert near is not None
    assert far is not None
    assert far.low is not None
    assert (far.per_day, far.low, far.high) == pytest.approx((near.per_day, near.low, near.high))
