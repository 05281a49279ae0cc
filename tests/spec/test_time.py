"""Moments and lengths: dates, partial dates, a patient's own time, local clocks.

Days are never rounded; a month is 30.4375 days and a year 365.25.
"""

from __future__ import annotations

from datetime import date
from math import inf

import pytest

from sequela.chart.time import (
    CALENDAR,
    TIME_ZERO,
    completed_years,
    days_between,
    point,
    read_length,
    read_moment,
)


def day(year, month, day):
    return (date(year, month, day) - date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("cell", "first", "last", "step"),
    [
        ("2019-03-14", day(2019, 3, 14), day(2019, 3, 14), 1),
        ("2019-02", day(2019, 2, 1), day(2019, 2, 28), 28),
        ("2020-02", day(2020, 2, 1), day(2020, 2, 29), 29),
        ("2019", day(2019, 1, 1), day(2019, 12, 31), 365),
    ],
)
def test_a_date_may_lack_its_day_or_month(cell, first, last, step):
    moment = read_moment(cell)
    assert moment is not None
    assert (moment.low, moment.high, moment.clock, moment.precision) == (
        first,
        last,
        CALENDAR,
        step,
    )
    assert moment.exact == (first == last)
    assert moment.text == cell


@pytest.mark.parametrize(
    ("cell", "low", "high", "step"),
    [
        ("0 days", 0, 0, 1),
        ("35.8 months", 35.8 * 30.4375, 35.8 * 30.4375, 3.04375),
        ("-5.4 years", -5.4 * 365.25, -5.4 * 365.25, 36.525),
        ("1 week", 7, 7, 7),
        ("> 8 days", 8, inf, 1),
        ("2-3 months", 60.875, 91.3125, 30.4375),
    ],
)
def test_a_time_counts_from_the_patients_own_zero(cell, low, high, step):
    moment = read_moment(cell)
    assert moment is not None
    assert (moment.low, moment.high) == pytest.approx((low, high))
    assert moment.precision == pytest.approx(step)
    assert moment.clock == TIME_ZERO


def test_a_time_may_count_on_a_clock_with_a_name():
    moment = read_moment("59 days", clock=" first marrow ")
    assert moment is not None
    assert (moment.low, moment.clock) == (59, "first marrow")


def test_a_date_stands_on_the_calendar_whatever_the_rows_clock():
    moment = read_moment("2019-03-14", clock="first marrow")
    assert moment is not None
    assert moment.clock == CALENDAR


@pytest.mark.parametrize(
    "cell", ["", "14.3.2019", "03/04/2019", "2019-13", "2019-02-30", "0000", "12", "months", "soon"]
)
def test_what_is_no_moment(cell):
    assert read_moment(cell) is None


def test_a_length_keeps_its_unit_and_its_bounds():
    length = read_length(">120 months")
    assert length is not None
    assert (length.low, length.high, length.unit) == (120 * 30.4375, inf, "months")
    length = read_length("1-9 Months")
    assert length is not None
    assert (length.low, length.high) == (30.4375, 9 * 30.4375)
    assert read_length("53") is None
    assert read_length("2019-03") is None


def test_differences_within_a_clock_are_exact():
    assert days_between(read_moment("2019-02-27"), read_moment("2019-03-01")) == (2, 2)
    assert days_between(
        read_moment("1 weeks", clock="first marrow"), read_moment("9 days", clock="first marrow")
    ) == (2, 2)


def test_differences_between_partial_dates_are_intervals():
    # at the least from the last day of February, at the most from its first
    assert days_between(read_moment("2019-02"), read_moment("2019-03-14")) == (14, 41)


def test_clocks_that_nothing_links_have_no_difference():
    zero = read_moment("3 days")
    for other in (read_moment("2019-03-14"), read_moment("3 days", clock="first marrow")):
        assert days_between(zero, other) == "no common clock"


def test_the_difference_to_an_unknown_moment_is_missing():
    assert days_between(None, read_moment("3 days")) == "missing"
    assert days_between(read_moment("3 days"), None) == "missing"


def test_the_point_of_an_interval_is_its_middle_or_its_finite_end():
    assert point(2, 4) == 3
    assert point(-inf, 4) == 4
    assert point(2, inf) == 2


@pytest.mark.parametrize(
    ("birth", "at", "years"),
    [
        ((1953, 3, 1), (2018, 2, 28), 64),
        ((1953, 3, 1), (2018, 3, 1), 65),  # on the birthday the year is complete
        ((1953, 3, 1), (1954, 3, 1), 1),
        ((1952, 2, 29), (2019, 2, 28), 66),
        ((1952, 2, 29), (2019, 3, 1), 67),
        ((1953, 3, 1), (1953, 3, 1), 0),
    ],
)
def test_completed_years_count_birthdays(birth, at, years):
    assert completed_years(day(*birth), day(*at)) == years
