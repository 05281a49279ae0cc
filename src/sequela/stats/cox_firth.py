"""Firth's penalised partial likelihood, for the small cohort and for separation.

To the log partial likelihood comes half the logarithm of the determinant of the information
(Jeffreys' prior): estimates are finite even when the likelihood has no maximum, and less
biased. Source: Firth, Biometrika 1993;80:27; Heinze and Schemper, Biometrics 2001;57:114.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sequela.stats.cox_likelihood import (
    Ties,
    denominators,
    expected_events,
    information,
    weighted_risk,
)
from sequela.stats.cox_risk_sets import RiskSets
from sequela.stats.maximisation import Evaluation, invert
from sequela.stats.risk_table import Floats, Ints


def penalised_likelihood(sets: RiskSets, beta: Floats, *, ties: Ties) -> Evaluation:
    """Penalised log-likelihood and gradient at `beta` (p,); the information is unpenalised.

    `ties` is efron or breslow. The gradient of the penalty is, for each coefficient r, half
    the trace of V dI/dbeta_r, V the inverse information: half the sum over the denominators
    of the third central moments of the covariates, two of their three places closed by V.
    """
    if ties == "exact":
        raise ValueError("Firth's penalty needs Efron's or Breslow's method with ties.")
    eta, risk = weighted_risk(sets, beta)
    with np.errstate(all="ignore"):
        sums = denominators(sets, risk, ties=ties)
        expected = expected_events(sets, risk, sums)
        inside = information(sets, risk, sums, expected)
        sign, log_determinant = np.linalg.slogdet(inside)
        died = sets.dead.astype(float) if sets.weight is None else sets.dead * sets.weight
        pull = _third_moments(
            sets, risk, expected=expected, inverse=invert(inside), apart=ties == "efron"
        )
    value = float(died @ eta) - sums.log_sum + 0.5 * float(log_determinant)
    return Evaluation(
        # Outside of where the information is positive the penalised likelihood is nothing.
        log_likelihood=value if sign > 0 and np.all(np.isfinite(pull)) else -np.inf,
        score=sets.covariates @ (died - expected) + 0.5 * pull,
        information=inside,
    )


@dataclass(frozen=True, slots=True)
class _Steps:
    """Every denominator, (S,): its time, the fraction f it leaves of the dying, its value."""

    time: Ints
    f: Floats
    phi: Floats
    share: Floats

    def mean(self, whole: Floats, dying: Floats) -> Floats:
        """The mean over each denominator, (..., S), from sums (..., K) of risk times values."""
        means: Floats = (whole[..., self.time] - self.f * dying[..., self.time]) / self.phi
        return means


def _steps(sets: RiskSets, risk: Floats, *, apart: bool) -> _Steps:
    """One denominator an event time, or one a death where the dying are taken apart."""
    count = np.ones(sets.n_times, dtype=np.intp)
    if apart:
        count[sets.tied] = sets.deaths[sets.tied]
    time = np.repeat(np.arange(sets.n_times), count)
    start = np.cumsum(count) - count
    f = (np.arange(time.size) - start[time]) / count[time]
    phi = sets.over_risk_sets(risk)[time] - f * _dying(sets, risk)[time]
    return _Steps(time, f, phi, (sets.death_weight / count)[time])


def _dying(sets: RiskSets, values: Floats) -> Floats:
    """The sums of values (M,) over the deaths of each tied time, (K,), 0 at the others."""
    sums = np.zeros(sets.n_times)
    sums[sets.tied] = sets.over_tied_deaths(values)
    return sums


def _third_moments(
    sets: RiskSets, risk: Floats, *, expected: Floats, inverse: Floats, apart: bool
) -> Floats:
    """The trace of V dI/dbeta_r for each r, (p,).

    Over one denominator, with mean m of x and g = x'Vx, it is
    E[x g] - m E[g] - 2 E[x x'] V m + 2 m m'V m; each part is summed over all denominators.
    """
    x = sets.covariates
    steps = _steps(sets, risk, apart=apart)

    def mean(values: Floats) -> Floats:
        return steps.mean(sets.over_risk_sets(values), _dying(sets, values))

    g = np.einsum("im,im->m", x, inverse @ x)
    means = np.stack([mean(risk * column) for column in x])
    pulled = inverse @ means
    length = np.einsum("is,is->s", means, pulled)
    third = x @ (expected * g) + means @ (steps.share * (2 * length - mean(risk * g)))
    rate = pulled * steps.share / steps.phi
    along = sets.while_at_risk(_by_time(sets, steps, rate))
    if apart:
        along[:, : sets.n_tied] -= _by_time(sets, steps, rate * steps.f)[
            :, sets.last[: sets.n_tied]
        ]
    crossing = np.einsum("im,im->m", x, along) * risk
    return np.asarray(third - 2 * (x @ crossing))


def _by_time(sets: RiskSets, steps: _Steps, values: Floats) -> Floats:
    """Sums (p, K) of values (p, S) over the denominators of each time."""
    return np.stack([np.bincount(steps.time, one, sets.n_times) for one in values])
