"""Logistic regression by maximum likelihood or with Firth's penalty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sequela.stats.confidence_band import normal_quantile
from sequela.stats.counting_process import check_covariates
from sequela.stats.maximisation import (
    Evaluation,
    Fitted,
    estimable_columns,
    invert,
    maximise,
    spread,
)
from sequela.stats.risk_table import Floats


@dataclass(frozen=True, slots=True)
class _Trials:
    """Outcomes (N,), and columns (p + 1, N): ones, then the standardised covariates."""

    outcome: Floats
    columns: Floats
    weight: Floats
    offset: Floats | float


@dataclass(frozen=True, slots=True)
class LogisticFit:
    """A fitted logistic model: the intercept, then p covariates, in their own units.

    `coefficients` (p + 1,) and `variance` (p + 1, p + 1), the inverse information, are NaN for
    what `estimable` leaves out; `infinite` marks separation. With Firth's penalty the
    log-likelihoods are penalised ones. `log_likelihood_null` is that of the intercept alone.
    """

    estimable: NDArray[np.bool_]
    coefficients: Floats
    variance: Floats
    infinite: NDArray[np.bool_]
    log_likelihood: float
    log_likelihood_null: float
    firth: bool
    scale: Floats
    search: Fitted

    @property
    def converged(self) -> bool:
        """Whether the greatest likelihood was found, be it at infinity."""
        return self.search.maximum.converged

    @property
    def uninformed(self) -> NDArray[np.bool_]:
        """The coefficients (p + 1,) about which nothing is known once another is infinite."""
        return spread(self.search.uninformed(), self.estimable, False).astype(bool)

    @property
    def likelihood_ratio(self) -> float:
        """Twice the gain of the log-likelihood over the intercept alone."""
        return 2 * (self.log_likelihood - self.log_likelihood_null)

    def profile_interval(self, covariate: int, conf_level: float = 0.95) -> tuple[float, float]:
        """Limits of a covariate's coefficient, counted from 0, by the profile likelihood.

        With Firth's penalty the penalised one (Heinze and Schemper, Stat Med 2002;21:2409).
        Infinite where the likelihood never falls so far; NaN for what is not estimable.
        """
        if not self.estimable[covariate + 1]:
            return np.nan, np.nan
        drop = normal_quantile(conf_level) ** 2 / 2
        low, high = self.search.profile_interval(self._place(covariate), drop)
        scale = float(self.scale[covariate])
        return low / scale, high / scale

    def likelihood_ratio_without(self, covariates: Sequence[int]) -> float:
        """Twice the fall of the log-likelihood when these coefficients are held at 0."""
        held = [self._place(j) for j in covariates if self.estimable[j + 1]]
        return 2 * self.search.fall_without(held)

    def _place(self, covariate: int) -> int:
        """Where a covariate stands among what is estimable, the intercept first."""
        return int(np.count_nonzero(self.estimable[: covariate + 1]))


def fit_logistic(
    outcome: ArrayLike,
    covariates: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    firth: bool = False,
) -> LogisticFit:
    """The logistic model of an outcome, 0 or 1, (N,), by covariates (N, p), with an intercept.

    `weights` count a row several times; `offset` is added to the log odds. With `firth` half
    the log determinant of the information is added to the log-likelihood: estimates are then
    finite under separation, and less biased (Firth, Biometrika 1993;80:27). The variance stays
    the inverse of the unpenalised information at the estimate; programs that count a row as one
    plus its leverage there print a smaller one. Nothing may be null: ValueError.
    """
    trials, centre, scale = _trials(outcome, covariates, weights, offset)
    p = centre.size
    at_zero = _likelihood(trials, np.zeros(p + 1), firth=False)
    estimable = estimable_columns(at_zero.information)
    used = _Trials(trials.outcome, trials.columns[estimable], trials.weight, trials.offset)
    objective = partial(_likelihood, used, firth=firth)
    reach = np.max(np.abs(used.columns), axis=1, initial=1e-300)
    best = maximise(objective, np.zeros(reach.size), reach=reach, penalised=firth)
    before = np.diag(at_zero.information)[estimable]
    search = Fitted(objective, best, reach, before, firth)
    # b = T b', T undoing the division by the scale and the shift to the centre.
    back = np.diag(np.concatenate(([1.0], 1 / scale)))
    back[0, 1:] = -centre / scale
    units = float(np.log(scale[estimable[1:]]).sum()) if firth else 0.0
    inverse = spread(invert(best.at.information), estimable, 0.0)
    null_fall = search.fall_without(range(1, reach.size))
    gone = np.where(estimable, 0.0, np.nan)
    return LogisticFit(
        estimable=estimable,
        coefficients=back @ spread(best.estimate, estimable, 0.0) + gone,
        variance=back @ inverse @ back.T + gone + gone[:, np.newaxis],
        infinite=spread(best.infinite, estimable, False).astype(bool),
        log_likelihood=best.at.log_likelihood + units,
        log_likelihood_null=best.at.log_likelihood - null_fall + units,
        firth=firth,
        scale=scale,
        search=search,
    )


def _trials(
    outcome: ArrayLike,
    covariates: ArrayLike,
    weights: ArrayLike | None,
    offset: ArrayLike | None,
) -> tuple[_Trials, Floats, Floats]:
    """The checked rows, with the centre and scale (p,) by which covariates were standardised."""
    y = np.asarray(outcome, dtype=float)
    if y.ndim != 1 or not bool(np.all((y == 0) | (y == 1))):
        raise ValueError("outcome must be 0 or 1 in every row; count the absent before.")
    x = check_covariates(covariates, y.size)
    w = np.ones(y.size) if weights is None else np.asarray(weights, dtype=float)
    if w.shape != y.shape or not bool(np.all(np.isfinite(w) & (w >= 0))):
        raise ValueError("weights must be one number a row, none negative or missing.")
    shift: Floats | float = 0.0
    if offset is not None:
        shift = np.asarray(offset, dtype=float)
        if shift.shape != y.shape or not bool(np.all(np.isfinite(shift))):
            raise ValueError("offset must be one finite number a row.")
    centre = x.mean(axis=0) if y.size else np.zeros(x.shape[1])
    standard = x - centre
    spread_of = np.sqrt(np.mean(standard**2, axis=0)) if y.size else np.zeros(x.shape[1])
    largest = np.abs(x).max(axis=0, initial=0.0)
    constant = spread_of <= 1e-12 * largest
    scale = np.where(constant, 1.0, spread_of)
    standard = np.where(constant, 0.0, standard / scale)
    return _Trials(y, np.vstack((np.ones(y.size), standard.T)), w, shift), centre, scale


def _likelihood(trials: _Trials, beta: Floats, *, firth: bool) -> Evaluation:
    """Log-likelihood, penalised or not, gradient and unpenalised information at `beta`."""
    x, y, w = trials.columns, trials.outcome, trials.weight
    eta = beta @ x + trials.offset
    # Both tails by the exponential of a negative number, which cannot overflow.
    small = np.exp(-np.abs(eta))
    p = np.where(eta >= 0, 1.0, small) / (1 + small)
    value = float(w @ (y * eta - np.maximum(eta, 0) - np.log1p(small)))
    variance = w * small / (1 + small) ** 2
    inside = (x * variance) @ x.T
    score = x @ (w * (y - p))
    if firth:
        sign, log_determinant = np.linalg.slogdet(inside)
        if sign <= 0:
            return Evaluation(-np.inf, score, inside)
        leverage = variance * np.einsum("im,im->m", x, invert(inside) @ x)
        value += 0.5 * float(log_determinant)
        score = score + x @ (leverage * (0.5 - p))
    return Evaluation(value, score, inside)
