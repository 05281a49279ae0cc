"""Risk tables counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sequela.stats.risk_table import build_risk_tables, counts_at, reverse

# Six people: event 2, censored 2, event 3, event 3, censored 5, event 7, given unsorted.
TIME = [3, 7, 2, 5, 3, 2]
EVENT = [1, 1, 1, 0, 1, 0]


def test_events_come_before_censorings_at_one_time():
    table = build_risk_tables(TIME, EVENT)[""]
    assert table.n == 6
    assert table.time.tolist() == [2, 3, 5, 7]
    assert table.at_risk.tolist() == [6, 4, 2, 1]
    assert table.events[:, 0].tolist() == [1, 2, 0, 1]
    assert table.censored.tolist() == [1, 0, 1, 0]
    assert table.entered.tolist() == [0, 0, 0, 0]


def test_each_group_has_its_own_times_in_the_order_of_the_names():
    tables = build_risk_tables(TIME, EVENT, group=["b", "b", "a", "a", "a", "b"])
    assert list(tables) == ["a", "b"]
    assert tables["a"].time.tolist() == [2, 3, 5]
    assert tables["b"].at_risk.tolist() == [3, 2, 1]
    assert tables["b"].group == "b"


def test_causes_have_a_column_each():
    table = build_risk_tables([1, 1, 2, 3], [2, 1, 0, 2], causes=("relapse", "death"))[""]
    assert table.causes == ("relapse", "death")
    assert table.events.tolist() == [[1, 1], [0, 0], [0, 1]]
    assert table.censored.tolist() == [0, 1, 0]


def test_an_event_at_time_zero_has_everyone_at_risk():
    table = build_risk_tables([0, 0, 4], [1, 0, 1])[""]
    assert table.time.tolist() == [0, 4]
    assert table.at_risk.tolist() == [3, 1]


def test_times_that_differ_by_rounding_are_one_time():
    table = build_risk_tables([0.1 + 0.2, 0.3, 0.7], [1, 0, 1])[""]
    assert table.time.tolist() == [0.3, 0.7]
    assert table.at_risk.tolist() == [3, 1]


def test_large_times_are_merged_in_proportion():
    # 1e-7 apart at a mean of 100.5: relative 1e-9, less than the tolerance of 1.5e-8.
    table = build_risk_tables([100.5, 100.5 + 1e-7, 101.5], [1, 1, 1])[""]
    assert table.events[:, 0].tolist() == [2, 1]


def test_whole_days_beyond_the_counting_range_are_sorted_instead():
    sparse = build_risk_tables([5_000_000, 3, 3], [1, 1, 0])[""]
    assert sparse.time.tolist() == [3, 5_000_000]
    assert sparse.at_risk.tolist() == [3, 1]


def test_delayed_entry_is_at_risk_after_the_entry_only():
    # A from the start to 4 (event), B from 2 to 6 (event), C from 4 to 5 (censored).
    table = build_risk_tables([4, 6, 5], [1, 1, 0], entry=[0, 2, 4])[""]
    assert table.time.tolist() == [2, 4, 5, 6]
    assert table.entered.tolist() == [1, 1, 0, 0]
    # At 2 only A, for B enters after it; at 4 A and B, not C; at 5 B and C; at 6 B.
    assert table.at_risk.tolist() == [1, 2, 2, 1]
    counts = counts_at(table, [0, 2, 2.5, 4, 4.5, 7])
    assert counts.at_risk.tolist() == [1, 1, 2, 2, 2, 0]
    assert counts.not_entered.tolist() == [2, 2, 1, 1, 0, 0]
    total = counts.at_risk + counts.censored_before + counts.events_before + counts.not_entered
    assert total.tolist() == [3] * 6


def test_weights_count_a_person_several_times():
    weighted = build_risk_tables([2, 4], [1, 0], weights=[3, 2])[""]
    assert weighted.n == 5
    assert weighted.at_risk.tolist() == [5, 2]


def test_fractional_weights_leave_no_phantom_at_risk():
    # Each enters as the one before has the event, so that each is alone at risk; the sums
    # behind the counts do not cancel exactly in floating point.
    table = build_risk_tables([1, 2, 3], [1, 1, 1], entry=[0, 1, 2], weights=[0.1, 0.7, 0.2])[""]
    assert table.at_risk.tolist() == table.events[:, 0].tolist() == [0.1, 0.7, 0.2]


def test_counts_under_a_figure_add_up_to_everyone_at_every_tick():
    table = build_risk_tables(TIME, EVENT)[""]
    counts = counts_at(table, [0, 2, 3, 4, 5, 7, 9])
    assert counts.at_risk.tolist() == [6, 6, 4, 2, 2, 1, 0]
    assert counts.events_before.tolist() == [0, 0, 1, 3, 3, 3, 4]
    assert counts.censored_before.tolist() == [0, 0, 1, 1, 1, 2, 2]
    total = counts.at_risk + counts.events_before + counts.censored_before
    assert total.tolist() == [6] * 7
    assert counts.not_entered.tolist() == [0] * 7


def test_counts_take_times_in_any_order():
    table = build_risk_tables(TIME, EVENT)[""]
    assert counts_at(table, [5, 0]).at_risk.tolist() == [2, 6]


def test_reverse_swaps_events_and_censorings():
    table = reverse(build_risk_tables([1, 1, 2], [2, 0, 1], causes=("relapse", "death"))[""])
    assert table.events.tolist() == [[1], [0]]
    assert table.censored.tolist() == [1, 1]
    assert table.at_risk.tolist() == [3, 1]


def test_nobody_gives_an_empty_table():
    table = build_risk_tables([], [])[""]
    assert (table.n, table.time.size, table.events.shape) == (0, 0, (0, 1))
    assert counts_at(table, [1]).at_risk.tolist() == [0]
    assert build_risk_tables([], [], group=[]) == {}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"exit_time": [1, np.nan], "event": [1, 0]}, "exit_time has a missing or infinite value"),
        ({"exit_time": [1, np.inf], "event": [1, 0]}, "exit_time has a missing or infinite value"),
        ({"exit_time": [1, -2], "event": [1, 0]}, "exit_time has a negative time"),
        ({"exit_time": [1, 2], "event": [1, np.nan]}, "event has a missing or infinite value"),
        ({"exit_time": [1, 2], "event": [1, 2]}, "event has a code outside 0 (censored) to 1"),
        ({"exit_time": [1, 2], "event": [1, 0.5]}, "event has a code outside 0 (censored) to 1"),
        ({"exit_time": [1, 2], "event": [1]}, "event must be one number a person"),
        ({"exit_time": [1], "event": [1], "group": ["a", "b"]}, "group must be one name a person"),
        ({"exit_time": [1], "event": [1], "group": [None]}, "group has a value that is not text"),
        ({"exit_time": [3], "event": [1], "entry": [3]}, "entry must be earlier"),
        ({"exit_time": [3], "event": [1], "weights": [-1]}, "weights has a negative weight"),
    ],
)
def test_what_cannot_be_counted_is_said_in_a_sentence(given, sentence):
    with pytest.raises(ValueError, match=sentence.replace("(", r"\(").replace(")", r"\)")):
        build_risk_tables(**given)


def test_a_time_at_which_to_count_must_be_known():
    with pytest.raises(ValueError, match="A time at which to count is missing"):
        counts_at(build_risk_tables(TIME, EVENT)[""], [np.nan])
