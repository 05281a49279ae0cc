"""The rows of a fitted Cox model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sequela.stats.concordance import concordance
from sequela.stats.confidence_band import normal_quantile
from sequela.stats.cox_fit import CoxFit
from sequela.stats.design_matrix import Design
from sequela.stats.effect_rows import FEW_EVENTS, UNINFORMED, ratio_row
from sequela.stats.estimand import Estimand
from sequela.stats.proportional_hazards import TimeTransform, proportional_hazards
from sequela.stats.results import Row
from sequela.stats.risk_table import Floats

_WALD = (
    "log_hazard_ratio",
    "std_err",
    "hazard_ratio",
    "hazard_ratio_ci_low",
    "hazard_ratio_ci_high",
    "p_value",
)
# As R's summary of a model with robust standard errors says.
_INDEPENDENT = "the test takes rows as independent; the Wald test does not"

_SINGULAR = "there are too few clusters for a test of so many coefficients together"

_PROFILE = (
    "hazard_ratio_profile_ci_low",
    "hazard_ratio_profile_ci_high",
    "likelihood_ratio_p_value",
)


@dataclass(frozen=True, slots=True)
class FittedCox:
    """A fit with the names of its coefficients; `robust` is their variance where that is used."""

    fit: CoxFit
    design: Design
    robust: Floats | None
    conf_level: float

    @property
    def variance(self) -> Floats:
        """The variance that standard errors and Wald tests are made of, (p, p)."""
        return self.fit.variance if self.robust is None else self.robust


def effect_rows(fitted: FittedCox, about: Estimand, *, profile: bool) -> list[Row]:
    """The rows of each coefficient: Wald's, and with `profile` those of the likelihood."""
    rows = []
    for j, effect in enumerate(fitted.design.effects):
        one = replace(about, level=effect.term, contrast=effect.contrast)
        rows += _wald_rows(fitted, one, j)
        if profile:
            rows += _profile_rows(fitted, one, j)
    return rows


def model_rows(fitted: FittedCox, about: Estimand) -> list[Row]:
    """The rows of the whole model: events, their number a coefficient, likelihoods, tests."""
    fit, p = fitted.fit, len(fitted.design.effects)
    per_variable = fit.n_events / p
    few = (
        f"fewer than {FEW_EVENTS} events a coefficient: estimates may be biased and their "
        "intervals too narrow"
    )
    rows = [
        about.value("events", fit.n_events),
        replace(
            about.value("events_per_variable", per_variable),
            error=few if per_variable < FEW_EVENTS else "",
        ),
    ]
    why = _why_no_model(fit)
    for name, value in (
        ("log_likelihood", fit.log_likelihood),
        ("log_likelihood_null", fit.log_likelihood_at_zero),
    ):
        rows.append(about.no_value(name, "not_estimable", why) if why else about.value(name, value))
    return rows + _test_rows(fitted, about, why)


def diagnostic_rows(fitted: FittedCox, about: Estimand, *, transform: TimeTransform) -> list[Row]:
    """Concordance, and the test of proportional hazards of each term and of the model."""
    fit = fitted.fit
    found = concordance(fit.process, fit.linear_predictor)
    rows = []
    for name, value in (
        ("concordance", found.concordance),
        ("concordance_std_err", found.std_err),
    ):
        if not fit.estimable.any() or not np.isfinite(value):
            reason = _why_no_model(fit) or "no two patients can be compared"
            rows.append(about.no_value(name, "not_estimable", reason))
        else:
            rows.append(about.by("Harrell's concordance").value(name, value))
    return rows + _proportional_hazards_rows(fitted, about, transform)


def _why_no_model(fit: CoxFit) -> str:
    """Why there is no fit at all; empty when there is one."""
    if fit.process.event.size == 0:
        return "nobody has all covariates known"
    if fit.n_events == 0:
        return "no event happened"
    if not fit.estimable.any():
        return "no covariate differs between those who were at risk at an event"
    if not fit.converged:
        return "the search for the greatest likelihood did not converge"
    return ""


def _why_not(fitted: FittedCox, j: int) -> str:
    """Why one coefficient has no estimate; empty when it has one."""
    fit = fitted.fit
    if why := _why_no_model(fit):
        return why
    if not fit.estimable[j]:
        column = fit.process.covariates[:, j]
        if column.size and column.min() == column.max():
            return "the covariate is the same in everyone"
        return "the covariate is determined by those before it, or constant in every risk set"
    if fit.infinite[j]:
        way = "above" if fit.coefficients[j] > 0 else "below"
        return (
            f"the estimate lies {way} all bounds (separation): in every risk set the events "
            "are at one end of the covariates; Firth's penalty gives a finite estimate"
        )
    return UNINFORMED if fit.uninformed[j] else ""


def _wald_rows(fitted: FittedCox, about: Estimand, j: int) -> list[Row]:
    from scipy.special import ndtr

    if why := _why_not(fitted, j):
        return [about.no_value(name, "not_estimable", why) for name in _WALD]
    beta = float(fitted.fit.coefficients[j])
    std_err = float(np.sqrt(fitted.variance[j, j]))
    if not std_err > 0:
        reason = "the variance of the estimate is not positive"
        return [about.value(_WALD[0], beta)] + [
            about.no_value(name, "not_estimable", reason) for name in _WALD[1:]
        ]
    half = normal_quantile(fitted.conf_level) * std_err
    wald = about.by(f"{about.method}, Wald")
    interval = wald.by(f"{wald.method} {100 * fitted.conf_level:g}% CI")
    return [
        about.value("log_hazard_ratio", beta),
        about.value("std_err", std_err),
        ratio_row(about, "hazard_ratio", beta),
        ratio_row(interval, "hazard_ratio_ci_low", beta - half),
        ratio_row(interval, "hazard_ratio_ci_high", beta + half),
        wald.value("p_value", 2 * ndtr(-abs(beta) / std_err)),
    ]


def _profile_rows(fitted: FittedCox, about: Estimand, j: int) -> list[Row]:
    from scipy.special import chdtrc

    fit = fitted.fit
    # At infinity one limit is there, and the test is.
    why = _why_no_model(fit) or ("" if fit.infinite[j] else _why_not(fitted, j))
    if why:
        return [about.no_value(name, "not_estimable", why) for name in _PROFILE]
    kind = "profile penalised likelihood" if fit.firth else "profile likelihood"
    interval = about.by(f"{about.method}, {kind} {100 * fitted.conf_level:g}% CI")
    low, high = fit.profile_interval(j, fitted.conf_level)
    # A fall of a few rounding errors is none.
    fall = max(fit.likelihood_ratio_without([j]), 0.0)
    return [
        ratio_row(interval, _PROFILE[0], low),
        ratio_row(interval, _PROFILE[1], high),
        about.by(f"{about.method}, likelihood-ratio test").value(_PROFILE[2], chdtrc(1, fall)),
    ]


def _test_rows(fitted: FittedCox, about: Estimand, why: str) -> list[Row]:
    """The three tests of all coefficients 0."""
    fit = fitted.fit
    degrees = int(fit.estimable.sum())
    separated = "an estimate lies at infinity (separation); see the likelihood-ratio test"
    rows = []
    for test, label in (
        ("likelihood_ratio", "penalised likelihood-ratio" if fit.firth else "likelihood-ratio"),
        ("wald", "Wald"),
        ("score", "score"),
    ):
        one = about.by(f"{about.method}, {label} test")
        reason = why or (separated if test == "wald" and fit.infinite.any() else "")
        if reason:
            rows += _no_test(one, test, reason)
            continue
        value = {
            "likelihood_ratio": lambda: fit.likelihood_ratio,
            "wald": lambda: fit.wald_test(fitted.robust),
            "score": lambda: fit.score_test,
        }[test]()
        if fitted.robust is not None and not np.isfinite(value):
            rows += _no_test(one, test, _SINGULAR)
            continue
        found = _chi_squared_rows(one, test, value, degrees)
        assumes = fitted.robust is not None and test != "wald"
        rows += (
            [replace(row, error=row.error or _INDEPENDENT) for row in found] if assumes else found
        )
    return rows


def _proportional_hazards_rows(
    fitted: FittedCox, about: Estimand, transform: TimeTransform
) -> list[Row]:
    fit, terms = fitted.fit, fitted.design.terms
    one = about.by(f"score test of proportional hazards, time transform {transform}")
    why = _why_no_model(fit)
    if not why and fit.ties == "exact":
        why = "the test is made for Efron's and Breslow's method with ties"
    if not why and fit.infinite.any():
        why = "an estimate lies at infinity (separation)"
    name = "proportional_hazards"
    if why:
        return [
            row for level in (*terms, "") for row in _no_test(replace(one, level=level), name, why)
        ]
    found = proportional_hazards(fit, transform=transform, terms=list(terms.values()))
    rows = []
    for level, chi_squared, degrees in (
        *zip(terms, found.chi_squared, found.degrees_of_freedom, strict=True),
        ("", found.global_chi_squared, found.global_degrees_of_freedom),
    ):
        rows += _chi_squared_rows(replace(one, level=level), name, chi_squared, int(degrees))
    return rows


def _chi_squared_rows(about: Estimand, test: str, value: float, degrees: int) -> list[Row]:
    from scipy.special import chdtrc

    if not np.isfinite(value):
        return _no_test(about, test, "too few event times, or nothing to test")
    # Rounding can leave a chi-squared of nothing a little below zero.
    value = max(float(value), 0.0)
    return [
        about.value(f"{test}_chi_squared", value),
        about.value(f"{test}_degrees_of_freedom", degrees),
        about.value(f"{test}_p_value", chdtrc(degrees, value)),
    ]


def _no_test(about: Estimand, test: str, why: str) -> list[Row]:
    return [
        about.no_value(f"{test}_{what}", "not_estimable", why)
        for what in ("chi_squared", "degrees_of_freedom", "p_value")
    ]
