"""Logistic regression as result rows: odds ratios of an outcome such as response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.confidence_band import normal_quantile
from sequela.stats.design_matrix import Columns, Design, build_design
from sequela.stats.effect_rows import FEW_EVENTS, UNINFORMED, ratio_row
from sequela.stats.estimand import Estimand
from sequela.stats.logistic_fit import LogisticFit, fit_logistic
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats

_WALD = (
    "log_odds_ratio",
    "std_err",
    "odds_ratio",
    "odds_ratio_ci_low",
    "odds_ratio_ci_high",
    "p_value",
)
_PROFILE = (
    "odds_ratio_profile_ci_low",
    "odds_ratio_profile_ci_high",
    "likelihood_ratio_p_value",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticModel:
    """What a logistic regression is made of; lists of column names, no formula.

    `references` names the reference level of a category, which is otherwise the first in
    alphabetical order. `profile` adds profile-likelihood intervals and a likelihood-ratio test
    of each coefficient.
    """

    covariates: tuple[str, ...]
    interactions: tuple[tuple[str, str], ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    firth: bool = False
    profile: bool = False
    conf_level: float = 0.95


def estimate_logistic(
    outcome: ArrayLike,
    columns: Columns,
    model: LogisticModel,
    *,
    variable: str,
    absent: Absent = NOBODY_ABSENT,
    weights: ArrayLike | None = None,
) -> list[Row]:
    """The logistic model of an outcome, 0 or 1, (N,), as rows; `variable` is its name.

    For each coefficient (`level` is the covariate, `contrast` what is compared):
    `log_odds_ratio`, `std_err`, `odds_ratio`, `odds_ratio_ci_low`, `_ci_high`, `p_value`
    (Wald), and with `profile` also `odds_ratio_profile_ci_low`, `_high` and
    `likelihood_ratio_p_value`. For the model: `intercept`, `events`, `non_events`,
    `events_per_variable` (of the rarer outcome), `log_likelihood`, `log_likelihood_null` and
    the likelihood-ratio test.

    Complete cases are used; who lacks a covariate is counted as missing, beside `absent`.
    Separation, constants and an outcome that nobody or everybody has are rows with a reason;
    fewer than ten events a coefficient is a warning in `error` (Peduzzi et al., J Clin
    Epidemiol 1996;49:1373). ValueError for arrays that do not fit together.
    """
    design = build_design(
        columns,
        model.covariates,
        interactions=model.interactions,
        references=model.references,
    )
    used, y = design.complete, np.asarray(outcome, dtype=float)
    if y.shape != used.shape:
        raise ValueError("outcome and the covariates must have the same number of rows.")
    fit = fit_logistic(
        y[used],
        design.matrix,
        weights=None if weights is None else np.asarray(weights, dtype=float)[used],
        firth=model.firth,
    )
    about = Estimand(
        variable=variable,
        n=int(used.sum()),
        absent=replace(absent, missing=absent.missing + int((~used).sum())),
        method="logistic regression" + (", Firth's penalty" if model.firth else ""),
    )
    return _rows(fit, about, y[used], design=design, model=model)


def _rows(
    fit: LogisticFit, about: Estimand, outcome: Floats, *, design: Design, model: LogisticModel
) -> list[Row]:
    why = _why_no_model(fit, outcome)
    rows = []
    for j, effect in enumerate(design.effects):
        one = replace(about, level=effect.term, contrast=effect.contrast)
        rows += _effect_rows(fit, one, j, why=why, model=model)
    return rows + _model_rows(fit, about, outcome, design=design, why=why)


def _why_no_model(fit: LogisticFit, outcome: Floats) -> str:
    """Why there is no fit at all; empty when there is one."""
    if outcome.size == 0:
        return "nobody has a value for every covariate"
    if not fit.firth and outcome.min() == outcome.max():
        return "the outcome is the same in everyone"
    if not fit.estimable[1:].any():
        return "no covariate differs between patients"
    if not fit.converged:
        return "the search for the greatest likelihood did not converge"
    return ""


def _why_not(fit: LogisticFit, j: int) -> str:
    """Why a covariate has no finite estimate; empty when it has one."""
    if not fit.estimable[j + 1]:
        return "the covariate is constant, or determined by those before it"
    if fit.infinite[j + 1]:
        way = "above" if fit.coefficients[j + 1] > 0 else "below"
        return (
            f"the estimate lies {way} all bounds (separation): the covariates tell some "
            "outcomes apart without error; Firth's penalty gives a finite estimate"
        )
    return UNINFORMED if fit.uninformed[j + 1] else ""


def _effect_rows(
    fit: LogisticFit, about: Estimand, j: int, *, why: str, model: LogisticModel
) -> list[Row]:
    rows = _wald_rows(fit, about, j, why=why or _why_not(fit, j), conf_level=model.conf_level)
    if not model.profile:
        return rows
    absent = why or ("" if fit.infinite[j + 1] else _why_not(fit, j))
    return rows + _profile_rows(fit, about, j, why=absent, conf_level=model.conf_level)


def _wald_rows(
    fit: LogisticFit, about: Estimand, j: int, *, why: str, conf_level: float
) -> list[Row]:
    from scipy.special import ndtr

    if why:
        return [about.no_value(name, "not_estimable", why) for name in _WALD]
    beta = float(fit.coefficients[j + 1])
    std_err = float(np.sqrt(fit.variance[j + 1, j + 1]))
    half = normal_quantile(conf_level) * std_err
    wald = about.by(f"{about.method}, Wald")
    interval = wald.by(f"{wald.method} {100 * conf_level:g}% CI")
    return [
        about.value("log_odds_ratio", beta),
        about.value("std_err", std_err),
        ratio_row(about, "odds_ratio", beta),
        ratio_row(interval, "odds_ratio_ci_low", beta - half),
        ratio_row(interval, "odds_ratio_ci_high", beta + half),
        wald.value("p_value", 2 * ndtr(-abs(beta) / std_err)),
    ]


def _profile_rows(
    fit: LogisticFit, about: Estimand, j: int, *, why: str, conf_level: float
) -> list[Row]:
    from scipy.special import chdtrc

    if why:
        return [about.no_value(name, "not_estimable", why) for name in _PROFILE]
    kind = "profile penalised likelihood" if fit.firth else "profile likelihood"
    interval = about.by(f"{about.method}, {kind} {100 * conf_level:g}% CI")
    low, high = fit.profile_interval(j, conf_level)
    fall = max(fit.likelihood_ratio_without([j]), 0.0)
    return [
        ratio_row(interval, _PROFILE[0], low),
        ratio_row(interval, _PROFILE[1], high),
        about.by(f"{about.method}, likelihood-ratio test").value(_PROFILE[2], chdtrc(1, fall)),
    ]


def _model_rows(
    fit: LogisticFit, about: Estimand, outcome: Floats, *, design: Design, why: str
) -> list[Row]:
    from scipy.special import chdtrc

    events = int(outcome.sum())
    others = outcome.size - events
    per_variable = min(events, others) / len(design.effects)
    few = (
        f"fewer than {FEW_EVENTS} of the rarer outcome a coefficient: estimates may be biased "
        "and their intervals too narrow"
    )
    rows = [
        about.value("events", events),
        about.value("non_events", others),
        replace(
            about.value("events_per_variable", per_variable),
            error=few if per_variable < FEW_EVENTS else "",
        ),
    ]
    degrees = int(fit.estimable[1:].sum())
    fall = max(fit.likelihood_ratio, 0.0)
    test = about.by(f"{about.method}, likelihood-ratio test")
    at_infinity = "the estimate lies at infinity (separation)" if fit.infinite[0] else ""
    for one, name, value, reason in (
        (about, "intercept", fit.coefficients[0], why or at_infinity),
        (about, "log_likelihood", fit.log_likelihood, why),
        (about, "log_likelihood_null", fit.log_likelihood_null, why),
        (test, "likelihood_ratio_chi_squared", fall, why),
        (test, "likelihood_ratio_degrees_of_freedom", degrees, why),
        (test, "likelihood_ratio_p_value", chdtrc(degrees, fall), why),
    ):
        rows.append(
            one.no_value(name, "not_estimable", reason) if reason else one.value(name, value)
        )
    return rows
