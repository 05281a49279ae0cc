"""The range of a median over every placement of imputed times, against all placements."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from sequela.stats.median_range import estimate_median_range
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.survival import kaplan_meier, quantile


def median_of(times, events):
    table = build_risk_tables(np.array(times, float), np.array(events, int))[""]
    return quantile(kaplan_meier(table), 0.5).time


def ends(low, high, event):
    rows = estimate_median_range(low, high, event, variable="os")
    assert [r.statistic for r in rows] == ["median_earliest", "median_latest"]
    return [(r.value, r.state) for r in rows]


def all_medians(low, high, event):
    choices = [range(a, b + 1) for a, b in zip(low, high, strict=True)]
    return [median_of(times, event) for times in itertools.product(*choices)]


@pytest.mark.parametrize("seed", range(60))
def test_no_placement_passes_the_range_and_the_ends_are_attained(seed):
    dice = random.Random(seed)
    n = dice.choice([3, 4, 5])
    low = [dice.randint(0, 6) for _ in range(n)]
    high = [a + dice.choice([0, 0, 1, 3]) for a in low]
    event = [dice.random() < 0.65 for _ in range(n)]
    medians = np.array(all_medians(low, high, event))
    (earliest, _), (latest, state) = ends(low, high, event)
    reached = medians[~np.isnan(medians)]
    if earliest is None:
        assert not reached.size
        return
    assert earliest <= reached.min() + 1e-9
    if latest is None:
        assert state == "not_reached"
        assert np.isnan(medians).any()
    else:
        assert latest >= reached.max() - 1e-9
        assert not np.isnan(medians).any()
    # Curves of five cannot run along one half, so the ends are attained.
    if n == 5 and all(event):
        assert earliest == pytest.approx(reached.min())
        assert latest == pytest.approx(reached.max())


def test_all_early_and_all_late_are_not_the_range():
    """An event that comes early takes less of the mass of those censored after it."""
    low, high = [1, 2, 3, 3], [1, 2, 3, 5]
    event = [False, True, True, True]
    medians = all_medians(low, high, event)
    (earliest, _), (latest, _) = ends(low, high, event)
    assert (earliest, latest) == (min(medians), max(medians))
    # a censoring in an interval moves the median although no event does
    low, high, event = [1, 2, 4, 6], [5, 2, 4, 6], [False, True, True, True]
    (earliest, _), (latest, _) = ends(low, high, event)
    assert (earliest, latest) == (4, 5)
    assert {median_of([c, 2, 4, 6], event) for c in range(1, 6)} == {4, 5}


def test_exact_times_have_one_median():
    times, event = [1, 2, 3, 4, 5], [1, 0, 1, 1, 0]
    (earliest, _), (latest, _) = ends(times, times, event)
    assert earliest == latest == median_of(times, event)


def test_nobody_and_never_reached():
    assert ends([], [], []) == [(None, "not_estimable")] * 2
    assert ends([1, 2], [1, 3], [0, 0]) == [(None, "not_reached")] * 2


@pytest.mark.parametrize(
    ("low", "high", "event"),
    [([2], [1], [1]), ([-1], [1], [1]), ([0], [np.inf], [0]), ([0], [1], [np.nan]), ([0], [], [1])],
)
def test_what_is_no_interval_is_refused(low, high, event):
    with pytest.raises(ValueError, match=r"\."):
        estimate_median_range(low, high, event, variable="os")
