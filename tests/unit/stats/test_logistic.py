"""Logistic regression by hand, with Firth's penalty, and as rows."""

from __future__ import annotations

import numpy as np
import plain_cox
import pytest
from scipy.optimize import brentq, minimize

from sequela.stats.logistic import LogisticModel, estimate_logistic
from sequela.stats.logistic_fit import fit_logistic
from sequela.stats.results import results_table


def table(a, b, c, d):
    """Outcome and exposure: a of a + b exposed, and c of c + d others, have the outcome."""
    outcome = [1] * a + [0] * b + [1] * c + [0] * d
    return np.array(outcome), np.array([1] * (a + b) + [0] * (c + d))


def test_a_two_by_two_table_by_hand():
    # The odds ratio is ad / bc and its variance the sum of the reciprocals (Woolf).
    fit = fit_logistic(*table(8, 4, 5, 10))
    assert fit.coefficients.tolist() == pytest.approx([np.log(5 / 10), np.log(8 * 10 / (4 * 5))])
    assert fit.variance[1, 1] == pytest.approx(1 / 8 + 1 / 4 + 1 / 5 + 1 / 10, rel=1e-7)


def test_firth_adds_a_half_to_every_cell():
    # For a saturated model Jeffreys' prior is half a patient in every cell (Firth 1993).
    fit = fit_logistic(*table(0, 22, 7, 356), firth=True)
    expected = np.log(0.5 * 356.5 / (22.5 * 7.5))
    assert fit.coefficients[1] == pytest.approx(expected, rel=1e-9)
    assert fit.coefficients[0] == pytest.approx(np.log(7.5 / 356.5), rel=1e-9)
    assert fit.converged


def plain(beta, x, y):
    full = np.column_stack((np.ones(len(y)), x))
    p = 1 / (1 + np.exp(-full @ beta))
    value = np.sum(np.log(np.where(y == 1, p, 1 - p)))
    return value + 0.5 * np.log(np.linalg.det((full.T * p * (1 - p)) @ full))


@pytest.mark.parametrize("seed", range(3))
def test_firth_equals_plain_maximisation(seed):
    random = np.random.default_rng(seed)
    x = np.column_stack((random.normal(5, 2, 25), random.integers(0, 2, 25)))
    y = (random.uniform(size=25) < 1 / (1 + np.exp(5 - x[:, 0]))).astype(int)
    fit = fit_logistic(y, x, firth=True)
    assert fit.log_likelihood == pytest.approx(plain(fit.coefficients, x, y), rel=1e-11)
    slope = plain_cox.gradient(lambda b: plain(b, x, y), fit.coefficients, 1e-6)
    np.testing.assert_allclose(slope, 0, atol=1e-6)


def test_firth_profile_equals_plain_maximisation():
    y, x = table(5, 1, 0, 6)
    fit = fit_logistic(y, x, firth=True)

    def fall(slope):
        best = minimize(
            lambda b: -plain(np.array([b[0], slope]), x, y),
            [0.0],
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-13},
        )
        return 2 * (fit.log_likelihood + best.fun) - 3.841458820694124

    low, high = fit.profile_interval(0)
    beta = fit.coefficients[1]
    assert low == pytest.approx(brentq(fall, beta - 10, beta), rel=1e-6)
    assert high == pytest.approx(brentq(fall, beta, beta + 30), rel=1e-6)
    expected = fall(0.0) + 3.841458820694124
    assert fit.likelihood_ratio_without([0]) == pytest.approx(expected, abs=1e-8)
    assert fit.likelihood_ratio == pytest.approx(expected, abs=1e-8)


def test_complete_separation_and_a_finite_limit():
    fit = fit_logistic(*table(5, 0, 3, 6))
    assert fit.infinite[1]
    low, high = fit.profile_interval(0)
    assert high == np.inf
    # Profile of the slope b with a free intercept, at the lower limit 1.92 below the top.
    y, x = table(5, 0, 3, 6)
    top = 3 * np.log(1 / 3) + 6 * np.log(2 / 3)
    assert fit.log_likelihood == pytest.approx(top, abs=1e-8)

    def fall(slope):
        def minus(a):
            eta = a + slope * x
            return -np.sum(y * eta - np.logaddexp(0, eta))

        best = minimize(lambda a: minus(a[0]), [0.0], method="Nelder-Mead", options={"xatol": 1e-9})
        return top + best.fun - 3.841458820694124 / 2

    assert low == pytest.approx(brentq(fall, -5, 8), rel=1e-5)


def test_weights_count_a_row_several_times():
    y, x = table(8, 4, 5, 10)
    weight = np.arange(len(y)) % 3
    for firth in (False, True):
        weighted = fit_logistic(y, x, weights=weight, firth=firth)
        repeated = fit_logistic(np.repeat(y, weight), np.repeat(x, weight), firth=firth)
        np.testing.assert_allclose(weighted.coefficients, repeated.coefficients, rtol=1e-9)
        np.testing.assert_allclose(weighted.variance, repeated.variance, rtol=1e-8)


def rows_of(outcome, columns, **given):
    model = LogisticModel(covariates=tuple(columns), **given)
    rows = estimate_logistic(outcome, columns, model, variable="response")
    results_table(rows)
    return {(row.level, row.statistic): row for row in rows}


def test_rows():
    y, x = table(8, 4, 5, 10)
    drug = ["new" if one else "old" for one in x]
    rows = rows_of(y, {"drug": drug}, references={"drug": "old"}, profile=True)
    assert rows["drug", "odds_ratio"].value == pytest.approx(4)
    assert rows["drug", "odds_ratio"].contrast == "drug: new vs old"
    half = 1.959963984540054 * np.sqrt(1 / 8 + 1 / 4 + 1 / 5 + 1 / 10)
    assert rows["drug", "odds_ratio_ci_low"].value == pytest.approx(4 * np.exp(-half))
    assert rows["drug", "odds_ratio_ci_high"].value == pytest.approx(4 * np.exp(half))
    assert (rows["", "events"].value, rows["", "non_events"].value) == (13, 14)
    assert rows["", "events_per_variable"].value == 13
    fall = rows["", "likelihood_ratio_p_value"].value
    assert rows["drug", "likelihood_ratio_p_value"].value == pytest.approx(fall)


def test_who_lacks_a_covariate_is_counted_as_missing():
    y, x = table(8, 4, 5, 10)
    rows = rows_of(y, {"x": [None, *x[1:].tolist()]})
    assert {(row.n, row.n_missing) for row in rows.values()} == {(26, 1)}


def test_separation_is_a_row_with_its_reason():
    y, x = table(5, 0, 3, 6)
    rows = rows_of(y, {"x": x}, profile=True)
    assert "lies above all bounds (separation)" in rows["x", "odds_ratio"].error
    assert rows["x", "odds_ratio_profile_ci_high"].state == "not_reached"
    assert rows["x", "odds_ratio_profile_ci_low"].value > 1
    few = rows["", "events_per_variable"]
    assert (few.value, few.error[:15]) == (6, "fewer than 10 o")


@pytest.mark.parametrize(
    ("outcome", "columns", "reason"),
    [
        ([1, 1, 1], {"x": [1, 2, 3]}, "the outcome is the same in everyone"),
        ([1, 0, 1], {"x": [2, 2, 2]}, "no covariate differs between patients"),
        ([1, 0], {"x": [None, None]}, "nobody has a value for every covariate"),
    ],
)
def test_no_model_is_rows_with_a_reason(outcome, columns, reason):
    rows = rows_of(outcome, columns, profile=True)
    for (_, statistic), row in rows.items():
        if statistic in ("events", "non_events", "events_per_variable"):
            assert row.state == "ok"
        else:
            assert (row.state, row.error) == ("not_estimable", reason)


@pytest.mark.parametrize(
    ("outcome", "given", "message"),
    [
        ([0, 2], {}, "outcome must be 0 or 1"),
        ([0, np.nan], {}, "outcome must be 0 or 1"),
        ([0, 1], {"weights": [1, -1]}, "weights must be one number a row"),
        ([0, 1], {"offset": [1]}, "offset must be one finite number"),
    ],
)
def test_what_does_not_fit_is_named(outcome, given, message):
    with pytest.raises(ValueError, match=message):
        fit_logistic(outcome, [1, 2], **given)


def test_what_another_at_infinity_leaves_nothing_of_is_a_row_with_its_reason():
    # Everyone with x has the outcome; among the others z is the same, so nothing tells of it.
    x, outcome = [1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 0, 1, 0, 1]
    for z, state in (([0, 1, 0, 1, 1, 1, 1, 1], "not_estimable"), ([0, 1, 0, 1, 1, 1, 0, 0], "ok")):
        rows = estimate_logistic(
            outcome, {"x": x, "z": z}, LogisticModel(covariates=("x", "z")), variable="cr"
        )
        found = {row.statistic: row for row in rows if row.level == "z"}
        assert {row.state for row in found.values()} == {state}
        assert found["odds_ratio"].error.startswith("nothing is left") == (state != "ok")
