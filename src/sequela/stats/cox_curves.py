"""Baseline hazard and predicted survival of a Cox model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.confidence_band import ConfType, confidence_band
from sequela.stats.cox_fit import CoxFit
from sequela.stats.cox_likelihood import denominators, first_moments
from sequela.stats.risk_table import Floats


@dataclass(frozen=True, slots=True)
class CoxCurve:
    """A cumulative hazard and its survival curve at the event times of one stratum, (T,).

    `log_std_err` is the standard error of the cumulative hazard, and so of log S; it holds
    the uncertainty of the coefficients too. `low` and `high` are limits of survival.
    """

    stratum: int
    time: Floats
    cumulative_hazard: Floats
    survival: Floats
    log_std_err: Floats
    low: Floats
    high: Floats


def predict_survival(
    fit: CoxFit,
    covariates: ArrayLike | None = None,
    *,
    offset: float = 0.0,
    variance: Floats | None = None,
    conf_type: ConfType = "log-log",
    conf_level: float = 0.95,
) -> list[CoxCurve]:
    """The curve of a patient with these covariates (p,), one for each stratum with an event.

    Without covariates it is the baseline, all covariates 0, as R's
    `basehaz(fit, centered=FALSE)`; a mean patient is had by giving the means. `variance`
    (p, p) is that of the coefficients, such as the robust one, in place of the model's.
    The hazard is Efron's or Breslow's as the fit has it (the exact method takes Breslow's),
    survival is exp(-hazard). Sources: Tsiatis, Ann Stat 1981;9:93; Therneau and Grambsch
    2000, chapter 10; R's `survfit.coxph`.
    """
    p = fit.estimable.size
    patient = np.zeros(p) if covariates is None else np.asarray(covariates, dtype=float)
    if patient.shape != (p,) or not bool(np.all(np.isfinite(patient))):
        raise ValueError(f"covariates must be {p} finite numbers, one a covariate of the model.")
    by = np.where(np.isnan(fit.variance), 0.0, fit.variance) if variance is None else variance
    increments = _increments(fit, patient, offset)
    return [
        _curve(fit, slice(*span), increments, by, conf_type=conf_type, conf_level=conf_level)
        for span in fit.sets.spans
    ]


def baseline_hazard(fit: CoxFit) -> list[CoxCurve]:
    """The cumulative hazard with all covariates 0, one curve a stratum with an event."""
    return predict_survival(fit)


def _curve(
    fit: CoxFit,
    part: slice,
    increments: tuple[Floats, Floats, Floats],
    by: Floats,
    *,
    conf_type: ConfType,
    conf_level: float,
) -> CoxCurve:
    """The curve of one stratum, whose event times are `part`."""
    hazard, own_variance, from_mean = increments
    cumulative = np.cumsum(hazard[part])
    lever = np.cumsum(from_mean[:, part], axis=1)
    spread = np.cumsum(own_variance[part]) + np.einsum("it,ij,jt->t", lever, by, lever)
    survival, log_std_err = np.exp(-cumulative), np.sqrt(spread)
    low, high = confidence_band(survival, log_std_err, conf_type=conf_type, conf_level=conf_level)
    return CoxCurve(
        stratum=int(fit.sets.time_stratum[part.start]),
        time=fit.process.time[fit.sets.time_row[part]],
        cumulative_hazard=cumulative,
        survival=survival,
        log_std_err=log_std_err,
        low=low,
        high=high,
    )


def _increments(fit: CoxFit, patient: Floats, offset: float) -> tuple[Floats, Floats, Floats]:
    """Per event time: the hazard (K,), its own variance (K,), the lever of beta on it (p, K).

    The lever is the hazard times the patient's covariates less the mean of the risk set.
    """
    sets = fit.sets
    eta = sets.linear_predictor(fit.beta)
    known = np.where(fit.estimable, fit.coefficients, 0.0)
    # Everything is measured from the patient, so that no exp overflows on the way.
    own = float(known @ (patient - sets.centre)) + offset
    risk = np.exp(eta - own)
    risk = risk if sets.weight is None else risk * sets.weight
    sums = denominators(sets, risk, ties=fit.ties)
    moments, dying = first_moments(sets, risk, sums)
    met = moments * sums.c
    if sums.b.size:
        met[:, sets.tied] -= dying * sums.e
    at = (patient - sets.centre) / sets.scale
    lever = (at[:, np.newaxis] * sums.a - met) * sets.scale[:, np.newaxis]
    lever[~fit.estimable] = 0.0
    return sums.a, sums.c, lever
