"""Bounds under interval events: by hand, and against every placement of small cases."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from sequela.stats.results import Absent
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.survival import kaplan_meier, step_at
from sequela.stats.survival_bounds import estimate_survival_bounds


def found(low, high, event, **given):
    rows = estimate_survival_bounds(low, high, event, variable="efs", **given)
    return {(row.statistic, row.time): row for row in rows}


def every_placement(low, high, event):
    """All orders of events among whole and half times, in which `just after` is a half."""
    places = [
        [b] if a == b else list(np.arange(a + 0.5, b + 0.25, 0.5))
        for a, b in zip(low, high, strict=True)
    ]
    for times in product(*places):
        yield kaplan_meier(build_risk_tables(times, event)[""])


def at(curve, time):
    """S as it stands at a time, carried on after the last observation."""
    return float(step_at(curve, [min(time, curve.time[-1])]).survival[0])


def first_at_half(curve):
    reached = curve.time[curve.survival <= 0.5 + 1e-9]
    return reached[0] if reached.size else np.inf


def small_cases():
    generator = np.random.default_rng(20)
    for _ in range(60):
        n = int(generator.integers(2, 6))
        high = generator.integers(1, 5, n)
        event = generator.integers(0, 2, n)
        low = np.where(event == 1, generator.integers(0, 5, n) % (high + 1), high)
        yield low.tolist(), high.tolist(), event.tolist()


@pytest.mark.parametrize("case", list(small_cases()), ids=str)
def test_bounds_are_the_extremes_of_every_placement(case):
    low, high, event = case
    curves = list(every_placement(low, high, event))
    times = [t for t in (0, 1, 2, 3, 4) if t <= max(high)]
    rows = found(low, high, event, at=times)
    for time in times:
        values = [at(curve, time) for curve in curves]
        assert rows["survival_low_bound", time].value == pytest.approx(min(values))
        assert rows["survival_high_bound", time].value == pytest.approx(max(values))
    medians = [first_at_half(curve) for curve in curves]
    # An event just after a time stands at the half there; the bound is the time itself.
    for name, expected in (
        ("median_low_bound", np.floor(min(medians))),
        ("median_high_bound", np.floor(max(medians))),
    ):
        row = rows[name, None]
        assert (row.value if row.state == "ok" else np.inf) == expected, name


def test_neither_early_nor_late_placement_is_a_bound():
    # One event in (0, 3], censored at 1 and at 2, one event at 4. At 3: placed just after 0 it
    # is 1 of 4 (S = 0.75); at 3 it is 1 of 2 (S = 0.5). At 2.5 it may also come later (S = 1).
    rows = found([0, 1, 2, 4], [3, 1, 2, 4], [1, 0, 0, 1], at=[2.5, 3])
    assert rows["survival_low_bound", 3.0].value == 0.5
    assert rows["survival_high_bound", 3.0].value == 0.75
    assert rows["survival_low_bound", 2.5].value == 0.5
    assert rows["survival_high_bound", 2.5].value == 1
    # The median lies between just after 2 (S = 0.5 with nobody censored after) and 4 (S = 0).
    assert rows["median_low_bound", None].value == 2
    assert rows["median_high_bound", None].value == 4
    assert rows["median", None].state == "refused"
    assert "1 of 2 event times are known only as intervals" in rows["median", None].error


def test_an_event_just_after_its_low_end_follows_a_censoring_there():
    # Event in (2, 3] and a censoring at 2: the event has one person at risk wherever it lies.
    rows = found([2, 2], [3, 2], [1, 0], at=[2, 3])
    assert rows["survival_low_bound", 2.0].value == 1
    assert rows["survival_low_bound", 3.0].value == 0
    assert rows["survival_high_bound", 3.0].value == 0


def test_exact_times_give_the_median_itself():
    rows = found([1, 2, 3, 4], [1, 2, 3, 4], [1, 1, 1, 1], at=[2])
    assert rows["median", None].value == 2.5
    assert rows["median_low_bound", None].value == 2
    assert rows["median_high_bound", None].value == 2
    assert rows["survival_low_bound", 2.0].value == rows["survival_high_bound", 2.0].value == 0.5


def test_a_bound_may_not_be_reached():
    rows = found([0, 5, 6], [3, 5, 6], [1, 0, 0], at=[3, 9])
    assert rows["median_low_bound", None].state == "not_reached"
    assert rows["median_high_bound", None].state == "not_reached"
    assert rows["survival_low_bound", 9.0].state == "not_estimable"
    assert found([5, 6], [5, 6], [0, 0])["median", None].state == "not_reached"


def test_nobody_with_a_value_still_has_every_row():
    rows = found([], [], [], at=[3], absent=Absent(missing=2))
    assert {row.state for row in rows.values()} == {"not_estimable"}
    assert {row.size for row in rows.values()} == {2}
    assert len(rows) == 5


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (([3], [2], [1]), "An interval is reversed"),
        (([-1], [2], [1]), "begins before the start"),
        (([1], [2], [0]), "A censored time is an interval; it must be exact"),
        (([np.nan], [2], [1]), "A bound or an event is missing"),
        (([1], [2], [2]), "not 0 or 1"),
        (([1, 2], [2], [1]), "must each be one number a person"),
    ],
)
def test_what_cannot_be_bounded_is_said_in_a_sentence(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        estimate_survival_bounds(*given, variable="efs")
