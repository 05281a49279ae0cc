"""Numbers that may be intervals, and categories."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from sequela.stats.describe import estimate_categories, estimate_numeric, quantile_type7
from sequela.stats.results import Absent


def describe(low, high=None, **given):
    rows = estimate_numeric(low, low if high is None else high, variable="months", **given)
    return {row.statistic: row for row in rows}


def test_exact_values():
    rows = describe([4, 1, 3, 2])
    # Type 7: q1 at position 0.75 of 0..3 is 1.75.
    assert {name: row.value for name, row in rows.items()} == {
        "median": 2.5,
        "q1": 1.75,
        "q3": 3.25,
        "min": 1,
        "max": 4,
        "mean": 2.5,
        "sd": pytest.approx(np.sqrt(5 / 3)),
    }
    assert rows["q1"].method == "first quartile (type 7)"


def test_an_interval_that_does_not_matter_leaves_the_median_known():
    # Between 1 and 9, below the middle whatever it is.
    rows = describe([1, 20, 30, 40, 50], [9, 20, 30, 40, 50], statistics=("median", "q1", "max"))
    assert {name: row.value for name, row in rows.items()} == {"median": 30, "q1": 20, "max": 50}


def test_an_interval_that_matters_is_refused_with_bounds():
    rows = describe([1, 20, 30], [9, 20, 30], statistics=("min", "mean"))
    assert rows["min"].state == "refused"
    assert rows["min"].error == "1 of 3 values are intervals, and they leave it open"
    assert (rows["min_low_bound"].value, rows["min_high_bound"].value) == (1, 9)
    assert rows["mean_low_bound"].value == 17
    assert rows["mean_high_bound"].value == pytest.approx(59 / 3)


def test_an_open_end_is_unbounded():
    rows = describe([5, 120], [5, inf])
    for name in ("median", "q3", "max", "mean"):
        assert rows[name].state == "refused"
        assert rows[f"{name}_high_bound"].state == "not_estimable"
        assert rows[f"{name}_high_bound"].error == "unbounded: an interval has an open end"
    assert rows["max_low_bound"].value == 120
    assert rows["min"].value == 5


def test_an_open_end_next_to_a_quartile_does_not_touch_it():
    # Five values: q3 stands exactly on the fourth, so the fifth may be anything.
    assert describe([1, 2, 3, 4, 9], [1, 2, 3, 4, inf])["q3"].value == 4


def test_the_lower_end_may_be_open_too():
    rows = describe([-inf, 3, 4], [2, 3, 4], statistics=("min", "median"))
    assert rows["min_low_bound"].state == "not_estimable"
    assert rows["min_high_bound"].value == 2
    assert rows["median"].value == 3


def test_a_standard_deviation_needs_two_exact_values():
    assert (
        describe([1, 20], [9, 20])["sd"].error
        == "1 of 2 values are intervals, and it needs every value"
    )
    assert describe([1])["sd"].state == "not_estimable"
    assert "sd_low_bound" not in describe([1, 20], [9, 20])


def test_nobody_with_a_value_still_has_every_row():
    rows = describe([], absent=Absent(missing=4))
    assert {row.state for row in rows.values()} == {"not_estimable"}
    assert len(rows) == 7
    assert {row.size for row in rows.values()} == {4}


@pytest.mark.parametrize(
    ("low", "high", "sentence"),
    [
        ([2], [1], "An interval is reversed"),
        ([np.nan], [1], "A value is missing; count the absent before"),
        ([inf], [inf], "A value is infinite"),
        ([1, 2], [1], "low and high must each be one number a person"),
    ],
)
def test_what_cannot_be_described_is_said_in_a_sentence(low, high, sentence):
    with pytest.raises(ValueError, match=sentence):
        estimate_numeric(low, high, variable="months")


def test_an_unknown_statistic_is_refused_by_name():
    with pytest.raises(ValueError, match="No statistic 'mode'; known are median, q1"):
        describe([1], statistics=("mode",))


def test_a_quantile_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="at least one value"):
        quantile_type7([], 0.5)


def test_categories_count_of_those_with_a_value():
    rows = estimate_categories(
        ["f", "m", "f"], ["m", "f", "other"], variable="sex", absent=Absent(missing=29)
    )
    found = [(row.level, row.statistic, row.value) for row in rows]
    assert found == [
        ("m", "count", 1),
        ("m", "percent", pytest.approx(100 / 3)),
        ("f", "count", 2),
        ("f", "percent", pytest.approx(200 / 3)),
        ("other", "count", 0),
        ("other", "percent", 0),
    ]
    assert {(row.n, row.size) for row in rows} == {(3, 32)}


def test_categories_of_nobody():
    rows = estimate_categories([], ["m"], variable="sex")
    assert (rows[0].value, rows[1].state) == (0, "not_estimable")


def test_categories_without_a_level_still_count_who_has_no_value():
    (row,) = estimate_categories([], [], variable="donor", absent=Absent(missing=3))
    assert (row.statistic, row.state, row.error) == ("count", "not_estimable", "nobody has a value")
    assert (row.n, row.n_missing) == (0, 3)


def test_a_value_outside_the_levels_is_an_error_that_shows_no_value():
    with pytest.raises(ValueError, match=r"^sex has a value that is none of its levels") as caught:
        estimate_categories(["x-secret"], ["m", "f"], variable="sex")
    assert "secret" not in str(caught.value)
