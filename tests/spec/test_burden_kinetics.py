"""How fast a disease burden changes, and when an interval can be given."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sequela.clinical.kinetics import (
    Reading,
    describe_shape,
    estimate_course_rate,
    estimate_fold,
)
from sequela.stats.overdispersed_counts import fit_counts


def value(day, burden):
    return Reading(day, burden, burden)


def below(day, limit):
    return Reading(day, 0.0, limit)


def counted(day, events, total=500_000):
    share = 100 * events / total
    return Reading(day, share, share, events, total)


def test_counting_alone_never_gives_an_interval():
    before, after = counted(0, 13_000), counted(59, 12_500)
    fold = estimate_fold(before, after)
    assert (fold.low, fold.p_value) == (None, None)
    assert fold.basis == "no declared variation of the assay"
    rate = estimate_course_rate([before, after])
    assert (rate.low, rate.basis) == (None, "two points leave no degrees of freedom")


def test_with_an_assay_cv_2_6_to_2_5_percent_is_no_change():
    fold = estimate_fold(counted(0, 13_000), counted(59, 12_500), assay_cv=0.1)
    assert fold.p_value == pytest.approx(0.78, abs=0.005)
    assert fold.low < 1 < fold.high


def test_a_fall_beyond_the_assays_variation_is_one():
    fold = estimate_fold(counted(0, 12_500), counted(30, 4_200), assay_cv=0.2)
    assert fold.high < 1 and fold.p_value < 0.001


def test_the_fold_of_values_without_counts_rests_on_the_cv_alone():
    fold = estimate_fold(value(0, 40), value(30, 4), assay_cv=0.2)
    half = 1.959963984540054 * math.sqrt(2 * math.log1p(0.04))
    assert (fold.value, fold.low) == (0.1, pytest.approx(0.1 * math.exp(-half)))
    assert estimate_fold(value(0, 40), below(30, 0.01), assay_cv=0.2) is None


def test_a_value_below_detection_is_a_bound_and_no_half_limit():
    # halved every 7 days; the last two samples are below the limit
    seen = [value(d, 2.0 * 0.5 ** (d / 7)) for d in (0, 7, 14, 21)]
    readings = [*seen, below(70, 0.1), below(84, 0.1)]
    rate = estimate_course_rate(readings, assay_cv=0.25)
    assert rate.halving_days == pytest.approx(7, rel=1e-3)
    assert rate.basis == "values below detection, CV 0.25"
    half_limit = estimate_course_rate([*seen, value(70, 0.05), value(84, 0.05)], assay_cv=0.25)
    assert half_limit.halving_days > 12


def test_a_value_below_detection_can_be_told_apart_from_none():
    # a bound that lies far above the line says nothing, one below it says that the fall was faster
    two = [value(0, 2.0), value(14, 1.0)]
    plain = estimate_course_rate(two, assay_cv=0.25)
    loose = estimate_course_rate([*two, below(28, 100)], assay_cv=0.25)
    tight = estimate_course_rate([*two, below(28, 0.01)], assay_cv=0.25)
    assert loose.per_day == pytest.approx(plain.per_day, rel=1e-6)
    assert tight.per_day < plain.per_day


@pytest.mark.parametrize("last", [below(28, math.inf), below(28, 0.01)])
def test_without_limit_or_without_degrees_of_freedom_it_adds_nothing(last):
    two = [value(0, 2.0), value(14, 1.0)]
    assert estimate_course_rate([*two, last]) == estimate_course_rate(two)
    assert estimate_course_rate([value(0, 2.0), last]) is None


def test_seen_on_one_day_only_no_finite_rate_fits_best():
    assert estimate_course_rate([counted(0, 12_500), counted(30, 0)], assay_cv=0.2) is None
    assert estimate_course_rate([value(0, 2.0), below(28, 0.01)], assay_cv=0.2) is None
    with pytest.raises(ValueError, match="no finite maximum"):
        fit_counts([12_500, 0], [500_000, 500_000], [[1, 0], [1, 30]], cv=0.2)


def test_zero_events_of_many_are_an_observation():
    rate = estimate_course_rate([counted(0, 12_500), counted(30, 50), counted(60, 0)], assay_cv=0.2)
    assert rate.high < 0


def test_nadir_and_regrowth():
    shape = describe_shape([value(0, 40), value(30, 1), value(60, 4), value(90, 16)])
    assert (shape.nadir.low, shape.days_to_nadir) == (1, 30)
    assert shape.doubling_days == pytest.approx(15)
    assert describe_shape([value(0, 40), value(30, 1)]).doubling_days is None
    assert describe_shape([]) is None


def test_what_was_not_detected_is_the_nadir():
    shape = describe_shape([value(0, 40), below(30, 0.01), value(60, 0.001)])
    assert shape.nadir.day == 30


def test_what_an_insensitive_assay_did_not_detect_is_no_nadir():
    shape = describe_shape([value(0, 40), value(20, 0.5), below(30, 10), value(60, 0.1)])
    assert (shape.nadir.day, shape.regrowth) == (60, None)


def test_intervals_of_simulated_counts_cover_the_truth():
    # halved every 7 days, 500,000 cells, an assay CV of 25 %, the last samples mostly negative
    random = np.random.default_rng(20_261_126)
    days, truth, cv = (0, 7, 21, 42, 63), -math.log(2) / 7, 0.25
    covered = 0
    for _ in range(400):
        mean = [500_000 * 0.01 * math.exp(truth * d) for d in days]
        events = [random.poisson(m * random.gamma(1 / cv**2, cv**2)) for m in mean]
        rate = estimate_course_rate(
            [counted(d, int(k)) for d, k in zip(days, events, strict=True)], assay_cv=cv
        )
        covered += rate.low <= truth <= rate.high
    # 95 % of 400 is 380; three binomial standard errors are 13
    assert 367 <= covered <= 393
