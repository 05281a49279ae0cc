"""Logistic regression equals R's glm, with its profile-likelihood limits."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from cox_answers import columns, groups, value

from sequela.stats.logistic_fit import fit_logistic

MODELS = {
    "logistic:ovarian": ("ovarian", "fustat", ("age", "resid.ds")),
    "logistic:lung": ("lung", "status", ("age", "sex", "ph.ecog")),
    "logistic:pbc": ("pbc", "dead", ("trt", "age", "logbili", "albumin")),
    "logistic:gbsg": ("gbsg", "status", ("age", "size", "nodes", "hormon")),
}


@cache
def fitted(id):
    data, outcome, covariates = MODELS[id]
    raw = columns(data)
    complete = [i for i in range(len(raw[outcome])) if all(raw[c][i] for c in covariates)]
    table = {c: np.array([float(raw[c][i]) for i in complete]) for c in (outcome, *covariates)}
    weights = 1 + (table["age"] > 50) if data == "gbsg" else None
    x = np.stack([table[c] for c in covariates], 1)
    return fit_logistic(table[outcome], x, weights=weights)


@pytest.mark.parametrize("id", MODELS)
def test_estimates(id):
    fit = fitted(id)
    names = groups(id, "coef")
    assert names == ["(Intercept)", *MODELS[id][2]]
    expected = [value(id, "coef", name) for name in names]
    np.testing.assert_allclose(fit.coefficients, expected, rtol=1e-8)
    expected = [value(id, "se", name) for name in names]
    np.testing.assert_allclose(np.sqrt(np.diag(fit.variance)), expected, rtol=1e-8)
    assert fit.log_likelihood == pytest.approx(value(id, "loglik"), rel=1e-11)
    assert fit.likelihood_ratio == pytest.approx(value(id, "lr"), rel=1e-8)


@pytest.mark.parametrize("id", MODELS)
def test_profile_limits(id):
    for j, name in enumerate(MODELS[id][2]):
        low, high = fitted(id).profile_interval(j)
        # R's root is found to about 1e-9 of its own.
        assert low == pytest.approx(value(id, "profile_low", name), rel=1e-7, abs=1e-10)
        assert high == pytest.approx(value(id, "profile_high", name), rel=1e-7, abs=1e-10)
