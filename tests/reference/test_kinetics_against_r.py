"""Rates of a disease burden against R: lm, survreg, and glm with over-dispersed counts."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from sequela.clinical.kinetics import Reading, estimate_course_rate, estimate_fold, estimate_rate
from sequela.stats.censored_normal import fit_censored_normal
from sequela.stats.overdispersed_counts import fit_counts

HERE = Path(__file__).parent
with (HERE / "kinetics.csv").open(encoding="utf-8", newline="") as file:
    R = {(row["id"], row["quantity"]): float(row["value"]) for row in csv.DictReader(file)}

# Observed information is differenced from the gradient, which costs a few digits of the errors.
CLOSE = {"rel": 1e-7}
BURDEN = {0: 2.5, 7: 1.4, 14: 0.55, 28: 0.2, 42: None, 60: None}
LIMIT = 0.05


def told(case: str, quantity: str) -> float:
    return R[case, quantity]


def left(scale=None):
    low = [-math.inf if b is None else math.log(b) for b in BURDEN.values()]
    high = [math.log(LIMIT if b is None else b) for b in BURDEN.values()]
    return fit_censored_normal(low, high, [[1, d] for d in BURDEN], scale=scale)


def test_exact_values_are_rs_least_squares_line():
    rate = estimate_rate([0, 7, 20, 41], [40, 26, 8.5, 1.1])
    found = [rate.per_day, rate.low, rate.high]
    assert found == pytest.approx([told("exact", q) for q in ("rate", "low", "high")], rel=1e-10)


def test_values_below_detection_are_rs_survreg():
    fit = left()
    assert fit.coefficient[1] == pytest.approx(told("left", "rate"), **CLOSE)
    assert math.sqrt(fit.covariance[1, 1]) == pytest.approx(told("left", "se"), rel=1e-6)
    assert fit.scale == pytest.approx(told("left", "scale"), **CLOSE)
    assert fit.log_likelihood == pytest.approx(told("left", "loglik"), **CLOSE)


def test_a_declared_scatter_is_rs_fixed_scale():
    fit = left(math.sqrt(math.log1p(0.25**2)))
    assert fit.coefficient[1] == pytest.approx(told("left_cv", "rate"), **CLOSE)
    assert math.sqrt(fit.covariance[1, 1]) == pytest.approx(told("left_cv", "se"), rel=1e-6)
    assert fit.log_likelihood == pytest.approx(told("left_cv", "loglik"), **CLOSE)


def test_intervals_are_rs_interval2():
    low = [math.log(v) for v in (40, 10, 4, 2, 0.5)]
    high = [math.log(v) for v in (40, 15, 4)] + [math.inf, math.log(0.5)]
    fit = fit_censored_normal(low, high, [[1, d] for d in (0, 7, 14, 21, 35)], scale=0.3)
    assert fit.coefficient[1] == pytest.approx(told("interval", "rate"), **CLOSE)
    assert math.sqrt(fit.covariance[1, 1]) == pytest.approx(told("interval", "se"), rel=1e-6)
    assert fit.log_likelihood == pytest.approx(told("interval", "loglik"), **CLOSE)


COUNTS = list(
    zip(
        (0, 21, 59, 90, 130),
        (12500, 4200, 550, 61, 0),
        (500000, 480000, 510000, 495000, 600000),
        strict=True,
    )
)


def test_counts_with_a_declared_cv_are_rs_negative_binomial():
    days, events, totals = zip(*COUNTS, strict=True)
    fit = fit_counts(events, totals, [[1, d] for d in days], cv=0.2)
    assert fit.coefficient[1] == pytest.approx(told("counts_cv", "rate"), rel=1e-9)
    assert math.sqrt(fit.covariance[1, 1]) == pytest.approx(told("counts_cv", "se"), rel=1e-9)


def test_counts_without_one_are_rs_quasipoisson():
    readings = [Reading(d, 0, 1, k, n) for d, k, n in COUNTS]
    rate = estimate_course_rate(readings)
    half = told("counts", "t") * told("counts", "se")
    assert rate.per_day == pytest.approx(told("counts", "rate"), rel=1e-9)
    assert rate.high - rate.per_day == pytest.approx(half, rel=1e-7)


def test_two_samples_that_counting_alone_calls_different():
    before, after = (
        Reading(d, v, v, k, 500_000) for d, v, k in ((0, 2.6, 13000), (59, 2.5, 12500))
    )
    fold = estimate_fold(before, after, assay_cv=0.1)
    assert told("two", "p_counting") < 0.002
    assert fold.p_value == pytest.approx(told("two", "p_cv"), rel=1e-9)
    assert fold.low == pytest.approx(
        12500 / 13000 * math.exp(-1.959963984540054 * told("two", "se_cv"))
    )
