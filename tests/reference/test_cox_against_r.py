"""The Cox model equals R's coxph: estimates, tests, residuals, curves, concordance."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from cox_answers import MODELS, asked, groups, times, value, values

from sequela.stats.concordance import concordance
from sequela.stats.counting_process import build_counting_process
from sequela.stats.cox_curves import baseline_hazard, predict_survival
from sequela.stats.cox_fit import fit_cox
from sequela.stats.cox_residuals import (
    deviance_residuals,
    dfbeta,
    martingale_residuals,
    robust_variance,
    schoenfeld_residuals,
    score_residuals,
)
from sequela.stats.proportional_hazards import proportional_hazards

ITERATIVE = 1e-8
TRANSFORMS = ("km", "identity", "log", "rank")


@cache
def fitted(id):
    return fit_cox(MODELS[id].process(), ties=MODELS[id].ties)


def close(ours, theirs, rel=ITERATIVE, tiny=1e-9):
    np.testing.assert_allclose(ours, theirs, rtol=rel, atol=tiny)


def in_order(id, quantity):
    """R's values of a quantity that has one for each covariate, in our order."""
    return np.array([value(id, quantity, name) for name in MODELS[id].covariates])


def test_every_model_was_put_to_r():
    assert sorted(MODELS) == sorted(id for id in asked("coef") if "logistic" not in id)


@pytest.mark.parametrize("id", MODELS)
def test_estimates(id):
    fit = fitted(id)
    model = MODELS[id]
    close(fit.coefficients, in_order(id, "coef"))
    robust = id in asked("naive_se")
    variance = robust_variance(fit) if robust else fit.variance
    close(np.sqrt(np.diag(variance)), in_order(id, "se"))
    if robust:
        close(np.sqrt(np.diag(fit.variance)), in_order(id, "naive_se"))
    close(fit.log_likelihood, value(id, "loglik"), 1e-11)
    close(fit.log_likelihood_at_zero, value(id, "loglik_null"), 1e-11)
    close(fit.likelihood_ratio, value(id, "lr"))
    close(fit.score_test, value(id, "score_test"))
    close(fit.wald_test(variance), value(id, "wald"))
    assert (fit.process.event.size, fit.n_events) == (value(id, "n"), value(id, "nevent"))
    assert fit.converged
    assert not fit.infinite.any()
    assert model.ties == fit.ties


@pytest.mark.parametrize("id", asked("concordance"))
def test_concordance(id):
    fit = fitted(id)
    found = concordance(fit.process, fit.linear_predictor)
    close(found.concordance, value(id, "concordance"), 1e-12)
    close(found.std_err, value(id, "concordance_se"))
    close([found.concordant, found.discordant, found.tied], values(id, "pairs"), 1e-12)


@pytest.mark.parametrize("id", asked("martingale"))
def test_residuals_of_rows(id):
    fit = fitted(id)
    rows = times(id, "martingale").astype(int) - 1
    close(martingale_residuals(fit)[rows], values(id, "martingale"))
    close(deviance_residuals(fit)[rows], values(id, "deviance"), tiny=1e-7)
    for j, name in enumerate(MODELS[id].covariates):
        close(score_residuals(fit)[rows, j], values(id, "score", name), tiny=1e-7)
        close(dfbeta(fit)[rows, j], values(id, "dfbeta", name), tiny=1e-10)


@pytest.mark.parametrize("id", asked("schoenfeld"))
def test_schoenfeld_residuals(id):
    fit = fitted(id)
    residuals = schoenfeld_residuals(fit)
    for j, name in enumerate(MODELS[id].covariates):
        rows = times(id, "schoenfeld", name).astype(int) - 1
        close(residuals.plain[rows, j], values(id, "schoenfeld", name), tiny=1e-7)
        close(residuals.scaled[rows, j], values(id, "scaledsch", name), tiny=1e-7)


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("id", asked("zph:km"))
def test_proportional_hazards(id, transform):
    model = MODELS[id]
    terms = model.terms or {name: [j] for j, name in enumerate(model.covariates)}
    found = proportional_hazards(fitted(id), transform=transform, terms=list(terms.values()))
    for j, name in enumerate(terms):
        close(found.chi_squared[j], value(id, f"zph:{transform}", name))
        assert found.degrees_of_freedom[j] == value(id, f"zph_df:{transform}", name)
    close(found.global_chi_squared, value(id, f"zph:{transform}", "GLOBAL"))
    assert found.global_degrees_of_freedom == value(id, f"zph_df:{transform}", "GLOBAL")


def test_proportional_hazards_of_each_indicator():
    found = proportional_hazards(fitted("veteran"))
    expected = [value("veteran", "zph_each:km", name) for name in MODELS["veteran"].covariates]
    close(found.chi_squared, expected)


def at(curve_times, numbers, asked_times, before):
    place = np.searchsorted(curve_times, asked_times, side="right")
    return np.concatenate(([before], numbers))[place]


@pytest.mark.parametrize("id", asked("basehaz"))
def test_baseline_hazard(id):
    fit = fitted(id)
    # R's baseline has the mean offset, ours none.
    offset = 0.0 if fit.process.offset is None else float(fit.process.offset.mean())
    curves = predict_survival(fit, offset=offset) if offset else baseline_hazard(fit)
    names = groups(id, "basehaz")
    assert len(curves) == len(names)
    for curve, name in zip(curves, names, strict=True):
        when = times(id, "basehaz", name)
        close(at(curve.time, curve.cumulative_hazard, when, 0.0), values(id, "basehaz", name))


PATIENTS = {
    "lung:efron": [60, 2, 1],
    "lung:breslow": [60, 2, 1],
    "lung:weights": [60, 1],
    "lung:fractional": [60, 1],
    "lung:offset": [1],
    "lung:delayed": [60, 1],
    "ovarian": [55, 1, 2, 1],
    "pbc": [1, 50, 0, 0.6, 3.5],
}


@pytest.mark.parametrize("id", asked("curve:surv"))
def test_predicted_survival(id):
    fit = fitted(id)
    robust = robust_variance(fit) if id in asked("naive_se") else None
    offset = 60 / 50 if id == "lung:offset" else 0.0
    (curve,) = predict_survival(fit, PATIENTS[id], offset=offset, variance=robust)
    when = times(id, "curve:surv")
    started = when >= curve.time[0]
    for ours, theirs, before in (
        (curve.survival, "surv", 1.0),
        (curve.log_std_err, "std.err", 0.0),
        (curve.low, "lower", np.nan),
        (curve.high, "upper", np.nan),
    ):
        found = at(curve.time, ours, when, before)
        close(found[started], values(id, f"curve:{theirs}")[started])


def test_the_score_of_exact_ties_with_delayed_entry_is_the_mantel_byar_test():
    raw = MODELS["heart"].frame()
    process = build_counting_process(
        raw["stop"], raw["event"], covariates=raw["transplant"], entry=raw["start"]
    )
    fit = fit_cox(process, ties="exact")
    close(fit.score_test, value("heart:exact", "mantel_byar"), 1e-10)
    close(fit.coefficients[0], value("heart:exact", "exact_coef"))
    close(np.sqrt(fit.variance[0, 0]), value("heart:exact", "exact_se"))


@pytest.mark.parametrize("name", ["age", "sex"])
def test_profile_interval(name):
    low, high = fitted("lung:efron").profile_interval(
        list(MODELS["lung:efron"].covariates).index(name)
    )
    close(low, value("lung:efron", "profile_low", name))
    close(high, value("lung:efron", "profile_high", name))
