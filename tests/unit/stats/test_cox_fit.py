"""The Cox model by hand, against plain loops, and where there is nothing to fit."""

from __future__ import annotations

from math import lgamma

import numpy as np
import plain_cox
import pytest
from scipy.optimize import brentq, minimize

from sequela.stats.counting_process import build_counting_process
from sequela.stats.cox_fit import fit_cox
from sequela.stats.cox_residuals import robust_variance
from sequela.stats.log_rank import log_rank
from sequela.stats.risk_table import build_risk_tables


def fit(time, event, x, *, ties="efron", firth=False, **given):
    process = build_counting_process(time, event, covariates=np.asarray(x, dtype=float), **given)
    return fit_cox(process, ties=ties, firth=firth)


def test_three_patients_by_hand():
    # A (x = 1) dies at 1, B (x = 0) at 2, C (x = 1) at 3; r = exp(beta).
    # L = r / (2r + 1) * 1 / (1 + r) * 1. dlogL = 1 - 2r / (2r + 1) - r / (r + 1) = 0 gives
    # r + 1 = r (2r + 1), so r^2 = 1/2. The information is 2r / (2r + 1)^2 + r / (r + 1)^2.
    result = fit([1, 2, 3], [1, 1, 1], [1, 0, 1])
    r = np.sqrt(0.5)
    assert result.coefficients[0] == pytest.approx(np.log(r), rel=1e-12)
    information = 2 * r / (2 * r + 1) ** 2 + r / (r + 1) ** 2
    assert result.variance[0, 0] == pytest.approx(1 / information, rel=1e-8)
    assert result.log_likelihood == pytest.approx(
        np.log(r) - np.log(2 * r + 1) - np.log(1 + r), rel=1e-12
    )
    assert result.log_likelihood_at_zero == pytest.approx(-np.log(6))
    # At beta 0 the score is 1 - 2/3 - 1/2 = -1/6, the information 2/9 + 1/4 = 17/36.
    assert result.score_test == pytest.approx((1 / 6) ** 2 / (17 / 36))


@pytest.mark.parametrize(("ties", "r"), [("efron", 1 / np.sqrt(6)), ("breslow", 0.5)])
def test_two_deaths_at_one_time_by_hand(ties, r):
    # A (x = 1) and B (x = 0) die at 1, C (x = 1) leaves at 2.
    # Breslow: L = r / (2r + 1)^2, dlogL = 1 - 4r / (2r + 1) = 0, r = 1/2.
    # Efron: the second death is from 2r + 1 - (r + 1)/2 = (3r + 1)/2, so
    # 1 = 2r / (2r + 1) + 3r / (3r + 1), 6 r^2 = 1.
    result = fit([1, 1, 2], [1, 1, 0], [1, 0, 1], ties=ties)
    assert result.coefficients[0] == pytest.approx(np.log(r), rel=1e-12)


def test_exact_ties_by_hand():
    # A (1) and B (0) die at 1; C (1) and D (0) stay. The six pairs sum to r^2 + 4r + 1 and
    # L = r / (r^2 + 4r + 1) is greatest at r = 1, where the information is 8/6 - 1 = 1/3.
    result = fit([1, 1, 2, 2], [1, 1, 0, 0], [1, 0, 1, 0], ties="exact")
    assert result.coefficients[0] == pytest.approx(0, abs=1e-12)
    assert result.variance[0, 0] == pytest.approx(3)
    assert result.log_likelihood == pytest.approx(-np.log(6))


def test_firth_by_hand():
    # A (x = 1) dies, B (x = 0) does not: L = r / (r + 1) rises for ever. The information is
    # r / (r + 1)^2, so the penalised likelihood is r^1.5 / (r + 1)^2, greatest at r = 3.
    plain = fit([1, 2], [1, 0], [1, 0])
    assert plain.infinite.tolist() == [True]
    result = fit([1, 2], [1, 0], [1, 0], firth=True)
    assert result.coefficients[0] == pytest.approx(np.log(3), rel=1e-9)
    assert result.variance[0, 0] == pytest.approx(16 / 3, rel=1e-8)
    assert result.log_likelihood == pytest.approx(1.5 * np.log(3) - 2 * np.log(4), rel=1e-12)
    # The lower limit solves 1.5 b - 2 log(1 + e^b) = max - 3.8415 / 2.
    low, _ = result.profile_interval(0)
    fall = result.log_likelihood - (1.5 * low - 2 * np.log1p(np.exp(low)))
    assert fall == pytest.approx(3.841458820694124 / 2, rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("firth", [False, True])
def test_equals_plain_loops(seed, ties, firth):
    x, time, event, entry, stratum = plain_cox.example(seed, delayed=seed % 2, strata=1 + seed // 2)
    given = {"entry": entry, "stratum": stratum, "ties": ties}
    value = plain_cox.penalised if firth else plain_cox.log_likelihood
    result = fit(time, event, x, entry=entry, strata=stratum, ties=ties, firth=firth)
    beta = result.coefficients

    def plain(b):
        return value(b, x, time, event, **given)

    assert result.log_likelihood == pytest.approx(plain(beta), rel=1e-10)
    assert result.log_likelihood_at_zero == pytest.approx(plain(np.zeros(2)), rel=1e-10)
    np.testing.assert_allclose(plain_cox.gradient(plain, beta), 0, atol=1e-6)
    best = minimize(lambda b: -plain(b), np.zeros(2), method="BFGS", options={"gtol": 1e-9})
    assert -best.fun <= result.log_likelihood + 1e-9
    np.testing.assert_allclose(best.x, beta, rtol=1e-5, atol=1e-6)
    inside = plain_cox.information(beta, x, time, event, **given)
    np.testing.assert_allclose(np.linalg.inv(result.variance), inside, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_firth_profile_equals_plain_loops(ties):
    x, time, event, _, _ = plain_cox.example(7, n=14)
    result = fit(time, event, x, ties=ties, firth=True)
    chi_squared = 3.841458820694124

    def fall(first):
        def other(second):
            return -plain_cox.penalised(np.array([first, second[0]]), x, time, event, ties=ties)

        best = minimize(other, [0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13})
        return 2 * (result.log_likelihood + best.fun) - chi_squared

    beta, se = result.coefficients[0], np.sqrt(result.variance[0, 0])
    expected = (brentq(fall, beta - 6 * se, beta), brentq(fall, beta, beta + 6 * se))
    np.testing.assert_allclose(result.profile_interval(0), expected, rtol=1e-6)
    assert result.likelihood_ratio_without([0]) == pytest.approx(fall(0.0) + chi_squared, abs=1e-9)


def test_exact_equals_all_sets():
    x, time, event, _, _ = plain_cox.example(3, n=16, grid=3.0)
    result = fit(time, event, x, ties="exact")
    beta = result.coefficients
    assert result.log_likelihood == pytest.approx(plain_cox.exact(beta, x, time, event), rel=1e-11)
    slope = plain_cox.gradient(lambda b: plain_cox.exact(b, x, time, event), beta)
    np.testing.assert_allclose(slope, 0, atol=1e-6)


def test_exact_sums_of_very_many_deaths_do_not_overflow():
    # 1,600 of 3,200 die at once, half of them with x = 1: nothing speaks for either, and there
    # are 3200 choose 1600 sets, a number of 962 digits.
    x = np.arange(3200) % 2
    dies = np.arange(3200) < 1600
    result = fit(np.where(dies, 1, 2), dies, x, ties="exact")
    assert result.coefficients[0] == pytest.approx(0, abs=1e-9)
    sets = lgamma(3201) - 2 * lgamma(1601)
    assert result.log_likelihood == pytest.approx(-sets, rel=1e-12)


@pytest.mark.parametrize("delayed", [False, True])
def test_the_score_test_of_two_groups_is_the_log_rank_test(delayed):
    # With exact ties the variance is the hypergeometric one of the log-rank test.
    x, time, event, entry, _ = plain_cox.example(11, n=40, delayed=delayed)
    group = ["b" if one else "a" for one in x[:, 1]]
    result = fit(time, event, x[:, 1], entry=entry, ties="exact")
    test = log_rank(build_risk_tables(time, event, entry=entry, group=group))
    assert result.score_test == pytest.approx(test.chi_squared, rel=1e-10)


def test_strata_add_their_log_likelihoods():
    x, time, event, _, stratum = plain_cox.example(5, n=40, strata=3)
    result = fit(time, event, x, strata=stratum)
    parts = sum(
        plain_cox.log_likelihood(
            result.coefficients, x[stratum == s], time[stratum == s], event[stratum == s]
        )
        for s in range(3)
    )
    assert result.log_likelihood == pytest.approx(parts, rel=1e-12)


def test_matched_pairs_by_hand():
    # In each of 24 pairs one dies at 1, the other lives: only pairs that differ count, and the
    # hazard ratio is their quotient, as in McNemar's test: 12 exposed died, 5 unexposed.
    dead = np.repeat([1, 0, 1, 0], [12, 5, 4, 3])
    alive = np.repeat([0, 1, 1, 0], [12, 5, 4, 3])
    pairs = np.arange(24)
    result = fit(
        [1] * 24 + [2] * 24,
        [1] * 24 + [0] * 24,
        np.concatenate((dead, alive)),
        strata=np.concatenate((pairs, pairs)),
    )
    assert result.coefficients[0] == pytest.approx(np.log(12 / 5), rel=1e-10)
    assert result.variance[0, 0] == pytest.approx(1 / 12 + 1 / 5, rel=1e-8)
    assert result.log_likelihood_at_zero == pytest.approx(-24 * np.log(2))


@pytest.mark.parametrize("delayed", [False, True])
def test_many_small_strata_equal_plain_loops(delayed):
    x, time, event, entry, stratum = plain_cox.example(12, n=90, delayed=delayed, strata=30)
    result = fit(time, event, x, entry=entry, strata=stratum)
    value = plain_cox.log_likelihood(
        result.coefficients, x, time, event, entry=entry, stratum=stratum
    )
    assert result.log_likelihood == pytest.approx(value, rel=1e-11)
    inside = plain_cox.information(
        result.coefficients, x, time, event, entry=entry, stratum=stratum
    )
    np.testing.assert_allclose(np.linalg.inv(result.variance), inside, rtol=1e-8)


def test_an_offset_is_a_coefficient_that_is_known():
    x, time, event, _, _ = plain_cox.example(6)
    both = fit(time, event, x)
    one = fit(time, event, x[:, 0], offset=x[:, 1] * both.coefficients[1])
    assert one.coefficients[0] == pytest.approx(both.coefficients[0], rel=1e-8)
    assert one.log_likelihood == pytest.approx(both.log_likelihood, rel=1e-12)


def test_separation_has_one_infinite_estimate_and_a_finite_limit():
    # x = 1 always dies before x = 0; y is an ordinary covariate.
    x = np.array([[1, 3], [1, 1], [1, 2], [0, 2], [0, 5], [0, 1]], dtype=float)
    result = fit([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 1, 0], x)
    assert result.infinite.tolist() == [True, False]
    assert result.converged
    low, high = result.profile_interval(0)
    assert high == np.inf
    # The lower limit is where the profile over y has fallen by 1.92.
    top = result.log_likelihood

    def fall(first):
        def other(second):
            return -plain_cox.log_likelihood(
                np.array([first, second[0]]), x, [1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 1, 0]
            )

        best = minimize(other, [0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13})
        return top + best.fun - 3.841458820694124 / 2

    assert low == pytest.approx(brentq(fall, -20, 10), rel=1e-6)


def test_what_others_determine_is_left_out_in_order():
    x, time, event, _, _ = plain_cox.example(8, n=40)
    twice = np.column_stack((x, 2 * x[:, 0] + x[:, 1], np.ones(len(x))))
    result = fit(time, event, twice)
    assert result.estimable.tolist() == [True, True, False, False]
    alone = fit(time, event, x)
    np.testing.assert_allclose(result.coefficients[:2], alone.coefficients, rtol=1e-9)
    assert np.isnan(result.coefficients[2:]).all()
    assert result.likelihood_ratio == pytest.approx(alone.likelihood_ratio, rel=1e-9)
    assert result.score_test == pytest.approx(alone.score_test, rel=1e-9)


def test_a_covariate_constant_within_strata_is_not_estimable():
    result = fit([1, 2, 3, 4], [1, 1, 1, 1], [0, 0, 1, 1], strata=[0, 0, 1, 1])
    assert result.estimable.tolist() == [False]


@pytest.mark.parametrize(
    ("time", "event", "x"),
    [([1, 2, 3], [0, 0, 0], [1, 0, 1]), ([1], [1], [1]), ([2, 2, 2], [1, 1, 1], [1, 0, 1])],
    ids=["no event", "one patient", "all die at once"],
)
@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
def test_degenerate_cohorts_do_not_fail(time, event, x, ties):
    result = fit(time, event, x, ties=ties)
    if sum(event) < 2:
        assert result.estimable.tolist() == [False]
        assert result.likelihood_ratio == 0
    else:
        assert result.log_likelihood >= result.log_likelihood_at_zero


def test_large_values_of_a_covariate_do_not_matter():
    x, time, event, _, _ = plain_cox.example(9)
    far = fit(time, event, x * [1, 1e6] + [1e7, 0])
    near = fit(time, event, x)
    np.testing.assert_allclose(far.coefficients * [1, 1e6], near.coefficients, rtol=1e-7)


def test_methods_that_do_not_exist():
    with pytest.raises(ValueError, match="No method 'discrete' for ties; known are efron"):
        fit([1, 2], [1, 1], [1, 0], ties="discrete")
    with pytest.raises(ValueError, match="Firth's penalty needs Efron's or Breslow's"):
        fit([1, 2], [1, 1], [1, 0], ties="exact", firth=True)
    with pytest.raises(ValueError, match="exact method has no case weights"):
        fit([1, 1, 2], [1, 1, 1], [1, 0, 1], ties="exact", weights=[1, 2, 1])


def test_groups_that_barely_part_are_separated_before_numbers_overflow():
    """Whoever dies first has the greater x by a hair: the estimate is at infinity, however far."""
    rng = np.random.default_rng(4)
    x = np.round(60 + rng.normal(0, 10, 6), 2)
    time = np.argsort(np.argsort(-x)) + 1.0
    near = np.stack([x, (x > np.median(x)) + 0.0], axis=1)
    result = fit_cox(build_counting_process(time, np.ones(6), covariates=near))
    assert result.infinite.any()
    assert result.converged


def test_a_robust_wald_test_needs_as_many_clusters_as_coefficients():
    rng = np.random.default_rng(5)
    process = build_counting_process(
        rng.permutation(40) + 1.0,
        np.ones(40),
        covariates=rng.normal(size=(40, 3)),
        cluster=np.arange(40) % 2,
    )
    result = fit_cox(process)
    assert np.isnan(result.wald_test(robust_variance(result)))
    assert np.isfinite(result.wald_test())
