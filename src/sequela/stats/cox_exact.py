"""The exact (discrete) partial likelihood of the Cox model, for times that are truly tied.

At a time with d deaths among n at risk, the denominator is the sum over all sets of d of the
n of the product of their exp(eta). The sums for 0 .. d are built up patient by patient, with
their first and second derivatives (Gail, Lubin and Rubinstein, Biometrika 1981;68:703).
"""

from __future__ import annotations

import numpy as np

from sequela.stats.cox_likelihood import (
    denominators,
    expected_events,
    information,
    weighted_risk,
)
from sequela.stats.cox_risk_sets import RiskSets
from sequela.stats.maximisation import Evaluation
from sequela.stats.risk_table import Floats, Ints

# Sums beyond this are scaled down before they overflow.
_LARGE = 1e150


def exact_likelihood(sets: RiskSets, beta: Floats) -> Evaluation:
    """Log exact partial likelihood, gradient (p,) and information (p, p) at `beta` (p,).

    Needs of the order of n d p^2 steps at each tied time: meant for few ties. Case weights
    have no meaning here, as in R: ValueError with weights.
    """
    if sets.weight is not None:
        raise ValueError("The exact method has no case weights; use Efron's method.")
    eta, risk = weighted_risk(sets, beta)
    with np.errstate(all="ignore"):
        sums = denominators(sets, risk, ties="exact")
        untied = np.ones(sets.n_times)
        untied[sets.tied] = 0.0
        logs = np.log(sets.over_risk_sets(risk)) * sets.death_weight * untied
        sums = sums.times(untied, sets.tied)
        expected = expected_events(sets, risk, sums)
        inside = information(sets, risk, sums, expected)
    value = float(eta[sets.dead].sum() - logs.sum())
    score = sets.covariates @ (sets.dead - expected)
    for time in sets.tied:
        at_risk = _at_risk(sets, int(time))
        log_sum, mean, variance = _subset_sums(
            risk[at_risk], sets.covariates[:, at_risk], int(sets.deaths[time])
        )
        value, score, inside = value - log_sum, score - mean, inside + variance
    return Evaluation(value, score, inside)


def _at_risk(sets: RiskSets, time: int) -> Ints:
    if sets.first is not None:
        return np.flatnonzero((sets.first <= time) & (sets.last >= time))
    stop = next(stop for start, stop in sets.spans if start <= time < stop)
    return np.flatnonzero((sets.last >= time) & (sets.last < stop))


def _subset_sums(risk: Floats, covariates: Floats, deaths: int) -> tuple[float, Floats, Floats]:
    """Log of the sum over all sets of `deaths`; mean (p,) and variance (p, p) of their sums.

    `risk` is (n,) and `covariates` (p, n). Risks are scaled so that the
    sums of up to some hundred deaths stay near 1.
    """
    p = covariates.shape[0]
    scale = deaths / float(risk.sum())
    zero, one, two = np.zeros(deaths + 1), np.zeros((deaths + 1, p)), np.zeros((deaths + 1, p, p))
    zero[0], taken_out = 1.0, 0.0
    for r, x in zip(risk * scale, covariates.T, strict=True):
        shifted = one[:-1, :, np.newaxis] * x
        two[1:] += r * (
            two[:-1]
            + shifted
            + shifted.transpose(0, 2, 1)
            + zero[:-1, np.newaxis, np.newaxis] * np.outer(x, x)
        )
        one[1:] += r * (one[:-1] + zero[:-1, np.newaxis] * x)
        zero[1:] += r * zero[:-1]
        if (most := zero.max()) > _LARGE:
            zero, one, two = zero / most, one / most, two / most
            taken_out += float(np.log(most))
    mean = one[deaths] / zero[deaths]
    variance = two[deaths] / zero[deaths] - np.outer(mean, mean)
    log_sum = float(np.log(zero[deaths])) + taken_out - deaths * np.log(scale)
    return log_sum, mean, variance
