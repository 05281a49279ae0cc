"""A log-linear rate of counts that scatter more than counting alone explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.risk_table import Floats

_MOST_ITERATIONS = 200
_CONVERGED = 1e-13


@dataclass(frozen=True, slots=True)
class CountFit:
    """Coefficients (p,), their covariance (p, p) for a dispersion of 1, and Pearson's chi2."""

    coefficient: Floats
    covariance: Floats
    chi_square: float


def fit_counts(
    count: ArrayLike, total: ArrayLike, design: ArrayLike, *, cv: float = 0.0
) -> CountFit:
    """The maximum likelihood fit of counts among totals, on a log scale.

    `count` and `total` are (n,), `design` (n, p). The mean is total * exp(design @ beta), its
    variance mean + cv^2 * mean^2: Poisson for `cv` 0, else negative binomial with the given
    coefficient of variation between assays. A null raises ValueError, as do a total of zero or
    less, a negative count, no event at all, and a likelihood without a finite maximum. Source:
    McCullagh and Nelder 1989; Venables and Ripley 2002, 7.4.
    """
    counts, totals = np.asarray(count, dtype=float), np.asarray(total, dtype=float)
    matrix = np.asarray(design, dtype=float)
    _check(counts, totals, matrix)
    widths = np.abs(matrix).max(axis=0)
    unit = np.where(widths > 0, widths, 1.0)
    beta = _climb(counts, totals, matrix / unit, cv) / unit
    mean = totals * np.exp(matrix @ beta)
    weight = mean / (1 + cv**2 * mean)
    variance = mean + cv**2 * mean**2
    squares = np.divide((counts - mean) ** 2, variance, out=np.zeros_like(mean), where=variance > 0)
    information = matrix.T @ (weight[:, None] * matrix)
    return CountFit(beta, np.linalg.inv(information), float(np.sum(squares)))


def _climb(counts: Floats, totals: Floats, matrix: Floats, cv: float) -> Floats:
    """The top of the likelihood, which is concave, by Newton's steps, halved where they overshoot.

    ValueError where it has none: the steps then never become small.
    """
    beta = np.linalg.lstsq(matrix, np.log((counts + 0.5) / totals), rcond=None)[0]
    value = _likelihood(beta, counts, totals, matrix, cv)
    for _ in range(_MOST_ITERATIONS):
        mean = totals * np.exp(matrix @ beta)
        spread = 1 + cv**2 * mean
        weight = mean * (1 + cv**2 * counts) / spread**2
        information = matrix.T @ (weight[:, None] * matrix)
        if np.linalg.matrix_rank(information, hermitian=True) < beta.size:
            break
        step = np.linalg.solve(information, matrix.T @ ((counts - mean) / spread))
        while _likelihood(beta + step, counts, totals, matrix, cv) < value - 1e-12 * abs(value):
            step = step / 2
        beta = beta + step
        value = _likelihood(beta, counts, totals, matrix, cv)
        if float(np.abs(step).max()) < _CONVERGED * max(1.0, float(np.abs(beta).max())):
            return beta
    raise ValueError("the likelihood has no finite maximum")


def _likelihood(beta: Floats, counts: Floats, totals: Floats, matrix: Floats, cv: float) -> float:
    """The log-likelihood, but for what does not depend on `beta`; minus infinity on overflow."""
    line = matrix @ beta + np.log(totals)
    with np.errstate(over="ignore"):
        mean = np.exp(line)
    if not np.isfinite(mean).all():
        return -np.inf
    if cv == 0:
        return float(np.sum(counts * line - mean))
    return float(np.sum(counts * line - (counts + 1 / cv**2) * np.log1p(cv**2 * mean)))


def _check(count: Floats, total: Floats, design: Floats) -> None:
    if not (count.shape == total.shape == design.shape[:1] and count.size):
        raise ValueError("counts, totals and the rows of the design must be one a sample")
    if not (np.isfinite(count).all() and np.isfinite(total).all()):
        raise ValueError("a count or a total is missing; leave it out before")
    if (count < 0).any() or (total <= 0).any() or not count.any():
        raise ValueError("counts must not be negative, totals above zero, and some event seen")
