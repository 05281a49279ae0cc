"""The rows of a regression are checked once."""

from __future__ import annotations

import numpy as np
import pytest

from sequela.stats.counting_process import build_counting_process, merge_times


def build(time=(1, 2), event=(1, 0), covariates=(0, 1), **given):
    return build_counting_process(time, event, covariates=covariates, **given)


def test_times_that_differ_by_rounding_are_one():
    # 0.1 + 0.2 is 0.30000000000000004; a year in months times 30.4375 rounds too.
    time, row = merge_times(np.array([0.3, 0.1 + 0.2, 5.0, 0.3 + 1e-6]))
    assert time.tolist() == [0.3, 0.3 + 1e-6, 5.0]
    assert row.tolist() == [0, 0, 2, 1]


def test_whole_days_are_counted_and_the_same():
    days = np.array([5.0, 0, 5, 2, 11])
    time, row = merge_times(days)
    assert time.tolist() == [0, 2, 5, 11]
    assert time[row].tolist() == days.tolist()
    shifted, again = merge_times(days + 0.5)
    assert shifted.tolist() == [0.5, 2.5, 5.5, 11.5]
    assert again.tolist() == row.tolist()


def test_no_times():
    time, row = merge_times(np.zeros(0))
    assert (time.size, row.size) == (0, 0)


def test_an_entry_of_zero_or_before_is_from_the_start():
    assert build(entry=[0, -5]).entry_row is None
    process = build(entry=[0, 1])
    assert process.entry_row.tolist() == [-1, 0]
    assert process.exit_time.tolist() == [1, 2]


def test_one_covariate_may_be_a_plain_list():
    assert build().covariates.tolist() == [[0], [1]]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"time": (1, np.nan)}, "exit_time has a missing or infinite value"),
        ({"time": (1, -2)}, "exit_time has a negative time"),
        ({"event": (1, 2)}, r"event has a code other than 0 \(censored\) and 1 \(event\)"),
        ({"event": (1,)}, "event must be one number a row, like exit_time"),
        ({"covariates": (0, np.nan)}, "covariates has a missing or infinite value"),
        ({"covariates": (0, 1, 2)}, "covariates must have one row for each exit_time"),
        ({"weights": (1, -1)}, "weights has a negative weight"),
        ({"entry": (0, 2)}, "entry is not before its exit"),
        ({"strata": ("a",)}, "strata must be one label a row"),
        ({"strata": ("a", None)}, "strata has a missing label"),
        ({"cluster": (1.0, np.nan)}, "cluster has a missing label"),
        ({"offset": (0, np.inf)}, "offset has a missing or infinite value"),
    ],
)
def test_what_does_not_fit_is_named(given, message):
    with pytest.raises(ValueError, match=message):
        build(**given)
