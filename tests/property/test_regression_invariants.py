"""What never changes in a regression: row order, units, splitting of intervals, replication."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequela.stats.concordance import concordance
from sequela.stats.counting_process import build_counting_process
from sequela.stats.cox_curves import predict_survival
from sequela.stats.cox_fit import fit_cox
from sequela.stats.cox_residuals import (
    dfbeta,
    martingale_residuals,
    robust_variance,
    schoenfeld_residuals,
    score_residuals,
)
from sequela.stats.proportional_hazards import proportional_hazards

# No deadline: the machine may be busy, and a test never measures time.
QUICK = settings(deadline=None, max_examples=40, derandomize=True)

person = st.tuples(
    st.integers(2, 14), st.integers(0, 1), st.integers(0, 6), st.integers(0, 1), st.integers(1, 3)
)
people = st.lists(person, min_size=8, max_size=30)
METHODS = [("efron", False), ("breslow", False), ("exact", False), ("efron", True)]
methods = st.sampled_from(METHODS)


def columns(cohort):
    time, event, dose, drug, stratum = (np.array(c, float) for c in zip(*cohort, strict=True))
    return time, event, np.column_stack((dose, drug)), stratum


def fitted(time, event, x, method, **more):
    ties, firth = method
    return fit_cox(
        build_counting_process(time, event, covariates=x, **more), ties=ties, firth=firth
    )


def same_fit(one, other, scale=1.0):
    """The same estimates, as far as there are any, when covariates are in another unit."""
    assert one.estimable.tolist() == other.estimable.tolist()
    assert one.infinite.tolist() == other.infinite.tolist()
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-9, abs=1e-8)
    if one.infinite.any():
        return
    np.testing.assert_allclose(one.coefficients, other.coefficients * scale, rtol=1e-6, atol=1e-8)
    expected = other.variance * np.outer(scale * np.ones(2), scale * np.ones(2))
    np.testing.assert_allclose(one.variance, expected, rtol=1e-5, atol=1e-10)


@QUICK
@given(people, methods, st.randoms(use_true_random=False))
def test_row_order_changes_nothing(cohort, method, random):
    time, event, x, stratum = columns(cohort)
    order = np.array(random.sample(range(len(cohort)), len(cohort)))
    one = fitted(time, event, x, method, strata=stratum)
    other = fitted(time[order], event[order], x[order], method, strata=stratum[order])
    same_fit(one, other)
    if method[0] != "exact" and not one.infinite.any() and one.estimable.all():
        for residuals in (martingale_residuals, score_residuals, dfbeta):
            np.testing.assert_allclose(residuals(one)[order], residuals(other), atol=1e-6)
        for transform in ("km", "rank"):
            tests = [proportional_hazards(f, transform=transform) for f in (one, other)]
            np.testing.assert_allclose(
                tests[0].global_chi_squared, tests[1].global_chi_squared, rtol=1e-4, atol=1e-6
            )


@QUICK
@given(people, methods, st.sampled_from([1 / 30.4375, 7.0, 365.25]))
def test_the_unit_of_time_changes_nothing(cohort, method, factor):
    time, event, x, _ = columns(cohort)
    same_fit(fitted(time, event, x, method), fitted(time * factor, event, x, method))


@QUICK
@given(people, st.sampled_from(METHODS[:3]))
def test_the_unit_of_covariates_only_rescales(cohort, method):
    time, event, x, _ = columns(cohort)
    scale = np.array([0.01, 40.0])
    one, other = fitted(time, event, x, method), fitted(time, event, x * scale, method)
    same_fit(one, other, scale)


@QUICK
@given(people, methods, st.floats(0.1, 13.9))
def test_cutting_intervals_in_two_changes_nothing(cohort, method, cut):
    time, event, x, stratum = columns(cohort)
    long = time > cut
    first = np.concatenate((np.where(long, cut, time), time[long]))
    entry = np.concatenate((np.zeros(len(time)), np.full(int(long.sum()), cut)))
    status = np.concatenate((np.where(long, 0, event), event[long]))
    whole = fitted(time, event, x, method, strata=stratum)
    split = fitted(
        first,
        status,
        np.concatenate((x, x[long])),
        method,
        entry=entry,
        strata=np.concatenate((stratum, stratum[long])),
    )
    # The standardisation counts rows, so that only rounding differs.
    same_fit(whole, split)


@QUICK
@given(people)
def test_a_weight_is_that_many_rows_with_breslow_ties(cohort):
    time, event, x, weight = columns(cohort)
    many = weight.astype(int)
    one = fitted(time, event, x, METHODS[1], weights=weight)
    other = fitted(*(np.repeat(c, many, axis=0) for c in (time, event, x)), METHODS[1])
    same_fit(one, other)


@QUICK
@given(people)
def test_a_row_of_weight_zero_is_not_there(cohort):
    time, event, x, stratum = columns(cohort)
    weight = (stratum > 1).astype(float)
    there = weight > 0
    one = fitted(time, event, x, METHODS[0], weights=weight)
    same_fit(one, fitted(time[there], event[there], x[there], METHODS[0]))


@QUICK
@given(people, st.sampled_from(METHODS[:2]))
def test_residuals_add_to_nothing(cohort, method):
    time, event, x, stratum = columns(cohort)
    fit = fitted(time, event, x, method, strata=stratum)
    if fit.infinite.any():
        return
    assert martingale_residuals(fit).sum() == pytest.approx(0, abs=1e-8)
    np.testing.assert_allclose(score_residuals(fit).sum(axis=0), 0, atol=1e-5)
    known = schoenfeld_residuals(fit).plain[:, fit.estimable]
    np.testing.assert_allclose(known.sum(axis=0), 0, atol=1e-5)


@QUICK
@given(people, st.sampled_from(METHODS[:2]))
def test_survival_falls_and_stays_in_its_limits(cohort, method):
    time, event, x, stratum = columns(cohort)
    fit = fitted(time, event, x, method, strata=stratum)
    if fit.infinite.any():
        return
    for curve in predict_survival(fit, x.mean(axis=0)):
        assert np.all(np.diff(curve.survival) <= 0)
        inside = ~np.isnan(curve.low)
        assert np.all(curve.low[inside] <= curve.survival[inside])
        assert np.all(curve.high[inside] >= curve.survival[inside])


@QUICK
@given(people)
def test_clusters_of_one_are_no_clusters(cohort):
    time, event, x, _ = columns(cohort)
    names = [f"p{i}" for i in range(len(time))]
    alone, apart = (fitted(time, event, x, METHODS[0], cluster=c) for c in (None, names))
    if not alone.infinite.any():
        np.testing.assert_allclose(robust_variance(alone), robust_variance(apart), rtol=1e-9)


@QUICK
@given(people)
def test_a_reversed_predictor_reverses_concordance(cohort):
    time, event, x, stratum = columns(cohort)
    process = build_counting_process(time, event, covariates=x, strata=stratum)
    one, other = concordance(process, x[:, 0]), concordance(process, -x[:, 0])
    assert (one.concordant, one.tied) == (other.discordant, other.tied)
    assert one.std_err == pytest.approx(other.std_err, nan_ok=True)
    assert one.concordance == pytest.approx(1 - other.concordance, nan_ok=True)
