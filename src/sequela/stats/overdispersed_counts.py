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
    beta = np.linalg.lstsq(matrix, np.log((counts + 0.5) / totals), rcond=None)[0]
    for _ in range(_MOST_ITERATIONS):
        mean = totals * np.exp(matrix @ beta)
        weight = mean / (1 + cv**2 * mean)
        information = matrix.T @ (weight[:, None] * matrix)
        step = np.linalg.solve(information, matrix.T @ ((counts - mean) * weight / mean))
        beta = beta + step
        if float(np.abs(step).max()) < _CONVERGED * max(1.0, float(np.abs(beta).max())):
            break
    else:
        raise ValueError("the likelihood has no finite maximum")
    mean = totals * np.exp(matrix @ beta)
    weight = mean / (1 + cv**2 * mean)
    chi_square = float(np.sum((counts - mean) ** 2 / (mean + cv**2 * mean**2)))
    information = matrix.T @ (weight[:, None] * matrix)
    return CountFit(beta, np.linalg.inv(information), chi_square)


def _check(count: Floats, total: Floats, design: Floats) -> None:
    if not (count.shape == total.shape == design.shape[:1] and count.size):
        raise ValueError("counts, totals and the rows of the design must be one a sample")
    if not (np.isfinite(count).all() and np.isfinite(total).all()):
        raise ValueError("a count or a total is missing; leave it out before")
    if (count < 0).any() or (total <= 0).any() or not count.any():
        raise ValueError("counts must not be negative, totals above zero, and some event seen")
