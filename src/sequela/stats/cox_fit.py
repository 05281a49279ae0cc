"""Fitting the Cox model: coefficients, variances, tests and profile limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from sequela.stats.confidence_band import normal_quantile
from sequela.stats.counting_process import CountingProcess
from sequela.stats.cox_exact import exact_likelihood
from sequela.stats.cox_firth import penalised_likelihood
from sequela.stats.cox_likelihood import Ties, partial_likelihood
from sequela.stats.cox_risk_sets import RiskSets, build_risk_sets
from sequela.stats.maximisation import (
    Evaluation,
    Fitted,
    Objective,
    estimable_columns,
    invert,
    maximise,
    spread,
)
from sequela.stats.risk_table import Floats


@dataclass(frozen=True)
class CoxFit:
    """A fitted Cox model of p covariates, in their own units.

    `coefficients` (p,) and `variance` (p, p), the inverse information, are NaN for covariates
    that `estimable` (p,) leaves out: constant, or a combination of those before them.
    `infinite` (p,) marks coefficients without a finite estimate. `at_zero` is the likelihood
    with all coefficients 0, in standardised units. With Firth's penalty all log-likelihoods
    are penalised ones.
    """

    process: CountingProcess
    sets: RiskSets
    ties: Ties
    firth: bool
    estimable: NDArray[np.bool_]
    coefficients: Floats
    variance: Floats
    infinite: NDArray[np.bool_]
    log_likelihood: float
    log_likelihood_at_zero: float
    at_zero: Evaluation
    search: Fitted

    @property
    def n_events(self) -> int:
        """The number of rows that end with an event."""
        return int(self.sets.dead.sum())

    @property
    def converged(self) -> bool:
        """Whether the greatest likelihood was found, be it at infinity."""
        return self.search.maximum.converged

    @cached_property
    def uninformed(self) -> NDArray[np.bool_]:
        """The covariates (p,) about which nothing is known once another lies at infinity."""
        return spread(self.search.uninformed(), self.estimable, False).astype(bool)

    @property
    def beta(self) -> Floats:
        """The standardised coefficients (p,), 0 for what is not estimable."""
        return np.where(self.estimable, self.coefficients * self.sets.scale, 0.0)

    @property
    def linear_predictor(self) -> Floats:
        """x beta + offset of every row of the process, (N,), not centred."""
        known = np.where(self.estimable, self.coefficients, 0.0)
        eta: Floats = self.process.covariates @ known
        return eta if self.process.offset is None else eta + self.process.offset

    @cached_property
    def likelihood_ratio(self) -> float:
        """Twice the gain of the log-likelihood over all coefficients 0."""
        return 2 * (self.log_likelihood - self.log_likelihood_at_zero)

    @cached_property
    def score_test(self) -> float:
        """The score test of all coefficients 0, of the unpenalised likelihood's form."""
        used = self.estimable
        inside = self.at_zero.information[np.ix_(used, used)]
        score = self.at_zero.score[used]
        return float(score @ np.linalg.solve(inside, score)) if used.any() else 0.0

    def wald_test(self, variance: Floats | None = None) -> float:
        """Wald's test of all coefficients 0; by another variance (p, p) when given.

        NaN where that other variance is not of full rank, as with fewer clusters than
        coefficients.
        """
        used = self.estimable
        by = (self.variance if variance is None else variance)[np.ix_(used, used)]
        known = self.coefficients[used]
        if variance is not None and not estimable_columns(by).all():
            return np.nan
        return float(known @ np.linalg.solve(by, known)) if used.any() else 0.0

    def profile_interval(self, covariate: int, conf_level: float = 0.95) -> tuple[float, float]:
        """Limits of a coefficient at which the profile log-likelihood has fallen enough.

        With Firth's penalty the penalised likelihood is profiled (Heinze and Schemper 2001).
        A limit is infinite where the likelihood never falls so far; NaN for a covariate that
        is not estimable.
        """
        if not self.estimable[covariate]:
            return np.nan, np.nan
        drop = normal_quantile(conf_level) ** 2 / 2
        low, high = self.search.profile_interval(self._place(covariate), drop)
        scale = float(self.sets.scale[covariate])
        return low / scale, high / scale

    def likelihood_ratio_without(self, covariates: Sequence[int]) -> float:
        """Twice the fall of the log-likelihood when these coefficients are held at 0.

        With Firth's penalty the determinant is still that of all covariates, as the penalised
        likelihood-ratio test has it.
        """
        held = [self._place(j) for j in covariates if self.estimable[j]]
        return 2 * self.search.fall_without(held)

    def _place(self, covariate: int) -> int:
        """Where a covariate stands among the estimable ones."""
        return int(np.count_nonzero(self.estimable[:covariate]))


def fit_cox(process: CountingProcess, *, ties: Ties = "efron", firth: bool = False) -> CoxFit:
    """The Cox model of the rows by maximum partial likelihood, or by Firth's penalised one.

    `ties` says how deaths at one time count. Covariates are standardised inside, so that
    their units do not matter to the search; the answer is in their own units. Never raises
    for what the data lack: see `estimable`, `infinite` and `converged`. ValueError
    for a method that does not exist (exact ties with weights or with Firth's penalty).
    """
    if ties not in ("efron", "breslow", "exact"):
        raise ValueError(f"No method '{ties}' for ties; known are efron, breslow, exact.")
    if firth and ties == "exact":
        raise ValueError("Firth's penalty needs Efron's or Breslow's method with ties.")
    sets = build_risk_sets(process)
    p = sets.centre.size
    every = np.ones(p, dtype=bool)
    at_zero = _objective(sets, ties, False, every)(np.zeros(p))
    estimable = estimable_columns(at_zero.information)
    objective = _objective(sets, ties, firth, estimable)
    nothing = np.zeros(int(estimable.sum()))
    start = objective(nothing) if firth or not estimable.all() else at_zero
    best = maximise(
        objective, nothing, reach=sets.reach[estimable], at_start=start, penalised=firth
    )
    scale = sets.scale[estimable]
    # The determinant of Firth's penalty is that of the covariates in their own units.
    units = float(np.log(scale).sum()) if firth else 0.0
    return CoxFit(
        process=process,
        sets=sets,
        ties=ties,
        firth=firth,
        estimable=estimable,
        coefficients=spread(best.estimate / scale, estimable, np.nan),
        variance=spread(invert(best.at.information) / np.outer(scale, scale), estimable, np.nan),
        infinite=spread(best.infinite, estimable, False).astype(bool),
        log_likelihood=best.at.log_likelihood + units,
        log_likelihood_at_zero=start.log_likelihood + units,
        at_zero=at_zero,
        search=Fitted(objective, best, sets.reach[estimable], np.diag(start.information), firth),
    )


def _objective(sets: RiskSets, ties: Ties, firth: bool, estimable: NDArray[np.bool_]) -> Objective:
    """The log-likelihood as a function of the estimable standardised coefficients."""
    used = sets if estimable.all() else replace(sets, covariates=sets.covariates[estimable])
    if firth and estimable.any():
        return partial(penalised_likelihood, used, ties=ties)
    if ties == "exact":
        return partial(exact_likelihood, used)
    return partial(partial_likelihood, used, ties=ties)
