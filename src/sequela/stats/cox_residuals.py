"""Residuals of a Cox model, and the robust variance that is made of them.

Sources: Therneau, Grambsch and Fleming, Biometrika 1990;77:147; Lin and Wei, JASA
1989;84:1074; Grambsch and Therneau, Biometrika 1994;81:515. With Efron's method all are
those of its likelihood, the dying of a tied time averaged, as in R's `residuals.coxph`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sequela.stats.cox_fit import CoxFit
from sequela.stats.cox_likelihood import (
    Denominators,
    denominators,
    expected_events,
    first_moments,
    weighted_risk,
)
from sequela.stats.risk_table import Floats, Ints


@dataclass(frozen=True, slots=True)
class SchoenfeldResiduals:
    """Covariates of each death less their mean over the risk set: D deaths, p covariates.

    `time` is (D,), in rising order within strata; `row` (D,) says which row died. `plain` and
    `scaled` are (D, p); the mean of `scaled` over the deaths is near the coefficients, and
    its course over time is that of a coefficient that changes. Both are NaN for covariates
    that are not estimable.
    """

    time: Floats
    row: Ints
    plain: Floats
    scaled: Floats


def martingale_residuals(fit: CoxFit) -> Floats:
    """Observed less expected events of each row, (N,); 0 for rows of weight 0.

    Rows that are at risk at no event time have no expected event. Not made for the exact
    method: ValueError.
    """
    risk, sums = _at_estimate(fit)
    weight = 1.0 if fit.sets.weight is None else fit.sets.weight
    residual = fit.process.event.astype(float)
    if fit.process.weight is not None:
        residual[fit.process.weight == 0] = 0.0
    residual[fit.sets.row] -= expected_events(fit.sets, risk, sums) / weight
    return residual


def deviance_residuals(fit: CoxFit) -> Floats:
    """Martingale residuals made more symmetric about 0, (N,); their squares add to a deviance."""
    martingale = martingale_residuals(fit)
    event = fit.process.event
    expected = np.where(event, 1 - martingale, 1.0)
    with np.errstate(divide="ignore"):
        inside = -2 * (martingale + np.where(event, np.log(expected), 0.0))
    return np.asarray(np.sign(martingale) * np.sqrt(np.maximum(inside, 0.0)))


def score_residuals(fit: CoxFit) -> Floats:
    """What each row adds to the gradient, before its weight, (N, p); 0 where not estimable."""
    sets = fit.sets
    risk, sums = _at_estimate(fit)
    residual = np.zeros((sets.centre.size, fit.process.event.size))
    residual[:, sets.row] = _row_scores(fit, risk, sums) * sets.scale[:, np.newaxis]
    residual[~fit.estimable] = 0.0
    return residual.T


def dfbeta(fit: CoxFit) -> Floats:
    """About how much each coefficient would change without the row, (N, p).

    The score residual, by the weight of the row, times the inverse information; NaN where
    not estimable.
    """
    scores = score_residuals(fit) * fit.process.case_weight[:, np.newaxis]
    change = scores @ np.where(np.isnan(fit.variance), 0.0, fit.variance)
    change[:, ~fit.estimable] = np.nan
    return change


def robust_variance(fit: CoxFit) -> Floats:
    """The sandwich variance (p, p): dfbeta summed within clusters, then squared.

    Each row is its own cluster when the process has none. Source: Lin and Wei 1989.
    """
    change = dfbeta(fit)
    if fit.process.cluster is not None:
        change = np.stack([np.bincount(fit.process.cluster, column) for column in change.T], 1)
    variance: Floats = change.T @ change
    return variance


def schoenfeld_residuals(fit: CoxFit) -> SchoenfeldResiduals:
    """The Schoenfeld residuals of every death, plain and scaled.

    Scaled are the plain ones times the variance and the number of deaths, plus the
    coefficients (Grambsch and Therneau 1994).
    """
    sets = fit.sets
    risk, sums = _at_estimate(fit)
    mean = _mean_at_deaths(fit, risk, sums)
    deaths = np.flatnonzero(sets.dead)
    deaths = deaths[np.lexsort((sets.row[deaths], sets.last[deaths]))]
    residual = sets.covariates[:, deaths] - mean[:, sets.last[deaths]]
    plain = (residual * sets.scale[:, np.newaxis]).T
    plain[:, ~fit.estimable] = np.nan
    known = np.where(fit.estimable, plain, 0.0)
    scaled = deaths.size * known @ np.where(np.isnan(fit.variance), 0.0, fit.variance)
    return SchoenfeldResiduals(
        time=fit.process.time[sets.time_row[sets.last[deaths]]],
        row=sets.row[deaths],
        plain=plain,
        scaled=scaled + fit.coefficients,
    )


def _at_estimate(fit: CoxFit) -> tuple[Floats, Denominators]:
    """The weighted risks at the estimate, shifted, and the denominators made of them."""
    if fit.ties == "exact":
        raise ValueError("Residuals are made for Efron's and Breslow's method, not for exact.")
    _, risk = weighted_risk(fit.sets, fit.beta)
    return risk, denominators(fit.sets, risk, ties=fit.ties)


def _mean_at_deaths(fit: CoxFit, risk: Floats, sums: Denominators) -> Floats:
    """What the deaths of a time are held against: mean standardised covariates, (p, K)."""
    moments, dying = first_moments(fit.sets, risk, sums)
    mean: Floats = moments * sums.a
    if sums.b.size:
        mean[:, fit.sets.tied] -= dying * sums.b
    return mean / fit.sets.death_weight


def _row_scores(fit: CoxFit, risk: Floats, sums: Denominators) -> Floats:
    """Score residuals of the standardised covariates, (p, M), without weights.

    x (dN - expected) less the mean at the death, plus the means that the expected events met.
    """
    sets = fit.sets
    moments, dying = first_moments(sets, risk, sums)
    met = moments * sums.c
    if sums.b.size:
        met[:, sets.tied] -= dying * sums.e
    along = sets.while_at_risk(met)
    if sums.b.size:
        partly = moments[:, sets.tied] * sums.e - dying * sums.g
        along[:, : sets.n_tied] -= partly[:, sets.tied_of_row]
    weight = 1.0 if sets.weight is None else sets.weight
    unweighted = risk / weight
    martingale = sets.dead - expected_events(sets, risk, sums) / weight
    scores = sets.covariates * martingale + along * unweighted
    scores[:, sets.dead] -= _mean_at_deaths(fit, risk, sums)[:, sets.death_times]
    return scores
