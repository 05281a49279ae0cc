"""The partial likelihood of the Cox model, with Efron's or Breslow's way with ties.

At an event time with m deaths of total weight W, let S be the sum of w exp(eta) over the risk
set and D that over the deaths. Efron's method takes the deaths one by one, j = 0 .. m - 1,
each of weight W / m, from the denominators S - (j / m) D; Breslow's takes all from S. What
the gradient and the information need of the denominators are five sums a time:

    a = sum W/m / phi       b = sum f W/m / phi          (f = j / m, phi = S - f D)
    c = sum W/m / phi^2     e = sum f W/m / phi^2        g = sum f^2 W/m / phi^2

Sources: Efron, JASA 1977;72:557; Breslow, Biometrics 1974;30:89; Therneau and Grambsch,
Modeling Survival Data, 2000, section 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sequela.stats.cox_risk_sets import RiskSets
from sequela.stats.maximisation import Evaluation
from sequela.stats.risk_table import Floats, Ints

Ties = Literal["efron", "breslow", "exact"]

_CHUNK = 1 << 15


@dataclass(frozen=True, slots=True)
class Denominators:
    """The sums over the denominators: a, c (K,) a time; b, e, g (Q,) a tied time.

    `log_sum` is the sum over all deaths of the weighted logarithm of the denominator.
    """

    a: Floats
    b: Floats
    c: Floats
    e: Floats
    g: Floats
    log_sum: float

    def times(self, factor: Floats, tied: Ints) -> Denominators:
        """The sums of each time multiplied by a number (K,) of that time."""
        at_ties = factor[tied] if self.b.size else self.b
        return Denominators(
            a=self.a * factor,
            b=self.b * at_ties,
            c=self.c * factor,
            e=self.e * at_ties,
            g=self.g * at_ties,
            log_sum=np.nan,
        )


def denominators(sets: RiskSets, risk: Floats, *, ties: Ties) -> Denominators:
    """The sums over the denominators at the weighted risks w exp(eta), (M,)."""
    total = sets.over_risk_sets(risk)
    none = np.zeros(0 if ties != "efron" else sets.tied.size)
    if ties != "efron" or sets.tied.size == 0:
        a = sets.death_weight / total
        log_sum = float(sets.death_weight @ np.log(total))
        return Denominators(a, none, a / total, none, none, log_sum)
    dying = sets.over_tied_deaths(risk)
    # The dying are at risk themselves; rounding must not leave them more than all.
    total[sets.tied] = np.maximum(total[sets.tied], dying)
    return _efron(sets, total, dying)


def _efron(sets: RiskSets, total: Floats, dying: Floats) -> Denominators:
    count, start, f, share = sets.tied_steps
    phi = np.repeat(total[sets.tied], count) - f * np.repeat(dying, count)
    a, c = sets.death_weight / total, sets.death_weight / total**2
    logs = sets.death_weight * np.log(total)
    once = share / phi
    twice = once / phi
    a[sets.tied] = np.add.reduceat(once, start)
    c[sets.tied] = np.add.reduceat(twice, start)
    logs[sets.tied] = np.add.reduceat(share * np.log(phi), start)
    return Denominators(
        a=a,
        b=np.add.reduceat(f * once, start),
        c=c,
        e=np.add.reduceat(f * twice, start),
        g=np.add.reduceat(f * f * twice, start),
        log_sum=float(logs.sum()),
    )


def weighted_risk(sets: RiskSets, beta: Floats) -> tuple[Floats, Floats]:
    """Linear predictor less its maximum, and w exp of it, both (M,).

    The shift changes no likelihood and keeps exp from overflowing.
    """
    eta = sets.linear_predictor(beta)
    if eta.size:
        eta -= eta.max()
    risk = np.exp(eta)
    return eta, risk if sets.weight is None else risk * sets.weight


def expected_events(sets: RiskSets, risk: Floats, sums: Denominators) -> Floats:
    """The expected number of events of each row, by its weight, (M,)."""
    hazard = sets.while_at_risk(sums.a)
    if sums.b.size:
        # The dying of a tied time are only partly at risk in Efron's later denominators.
        hazard[: sets.n_tied] -= sums.b[sets.tied_of_row]
    hazard *= risk
    return hazard


def information(sets: RiskSets, risk: Floats, sums: Denominators, expected: Floats) -> Floats:
    """The information matrix (p, p) of the standardised coefficients.

    With `sums` multiplied by a number a time, and `expected` made from those, it is that
    weighted sum of the information at each time.
    """
    moments, dying = first_moments(sets, risk, sums)
    second = _outer(sets.covariates, expected) - _outer(moments, sums.c)
    if sums.b.size:
        cross = (moments[:, sets.tied] * sums.e) @ dying.T
        second += cross + cross.T - _outer(dying, sums.g)
    return second


def first_moments(sets: RiskSets, risk: Floats, sums: Denominators) -> tuple[Floats, Floats]:
    """Sums of risk times covariate over each risk set (p, K) and each tie's deaths (p, Q)."""
    p = sets.covariates.shape[0]
    moments, dying = np.empty((p, sets.n_times)), np.empty((p, sums.b.size))
    for j in range(p):
        values = risk * sets.covariates[j]
        moments[j] = sets.over_risk_sets(values)
        if sums.b.size:
            dying[j] = sets.over_tied_deaths(values)
    return moments, dying


def _outer(columns: Floats, weight: Floats) -> Floats:
    """The sum over the rows of weight x x', (p, p), of columns (p, M); little memory."""
    total = np.zeros((columns.shape[0], columns.shape[0]))
    for start in range(0, columns.shape[1], _CHUNK):
        part = columns[:, start : start + _CHUNK]
        total += (part * weight[start : start + _CHUNK]) @ part.T
    return total


def partial_likelihood(sets: RiskSets, beta: Floats, *, ties: Ties) -> Evaluation:
    """Log partial likelihood, its gradient (p,) and information (p, p) at `beta` (p,)."""
    eta, risk = weighted_risk(sets, beta)
    with np.errstate(all="ignore"):
        sums = denominators(sets, risk, ties=ties)
        expected = expected_events(sets, risk, sums)
        inside = information(sets, risk, sums, expected)
    died = sets.dead.astype(float) if sets.weight is None else sets.dead * sets.weight
    return Evaluation(
        log_likelihood=float(died @ eta) - sums.log_sum,
        score=sets.covariates @ (died - expected),
        information=inside,
    )
