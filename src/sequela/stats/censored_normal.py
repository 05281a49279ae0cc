"""A straight line with normal errors through values of which some are only bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.risk_table import Floats

_DIFFERENCE = 1e-5
_POLISH = 5


@dataclass(frozen=True, slots=True)
class CensoredFit:
    """Coefficients (p,), their covariance (p, p), the scale, and the log-likelihood.

    The covariance is the inverse of the observed information, with the scale's logarithm among
    the parameters where the scale was estimated.
    """

    coefficient: Floats
    covariance: Floats
    scale: float
    log_likelihood: float


def fit_censored_normal(
    low: ArrayLike, high: ArrayLike, design: ArrayLike, *, scale: float | None = None
) -> CensoredFit:
    """The maximum likelihood fit to values known as intervals.

    `low` and `high` are (n,): equal where exact, -inf or inf where nothing limits that side.
    `design` is (n, p). A `scale` that is given stays as it is. Raises ValueError for a null, a
    reversed interval, or, without a `scale`, fewer than p + 1 exact values: the likelihood
    then has no maximum. Source: Tobin, Econometrica 1958;26:24; Kalbfleisch and Prentice 2002.
    """
    from scipy.optimize import minimize

    lows, highs = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    matrix = np.asarray(design, dtype=float)
    _check(lows, highs, matrix, scale)
    middle = np.where(np.isfinite(lows), lows, highs)
    middle = np.where(np.isfinite(lows) & np.isfinite(highs), (lows + highs) / 2, middle)
    start = np.linalg.lstsq(matrix, middle, rcond=None)[0]
    if scale is None:
        spread = float(np.std(middle - matrix @ start)) or 1.0
        start = np.append(start, np.log(spread))

    def minus(theta: Floats) -> tuple[float, Floats]:
        value, score = _likelihood(theta, lows, highs, matrix, scale)
        return -value, -score

    found = np.asarray(minimize(minus, start, jac=True, method="BFGS").x, dtype=float)
    for _ in range(_POLISH):
        score = _likelihood(found, lows, highs, matrix, scale)[1]
        found = found + np.linalg.solve(_information(found, lows, highs, matrix, scale), score)
    p = matrix.shape[1]
    covariance = np.linalg.inv(_information(found, lows, highs, matrix, scale))
    return CensoredFit(
        found[:p],
        covariance[:p, :p],
        float(np.exp(found[p])) if scale is None else scale,
        _likelihood(found, lows, highs, matrix, scale)[0],
    )


def _check(low: Floats, high: Floats, design: Floats, scale: float | None) -> None:
    if not (low.shape == high.shape == design.shape[:1] and low.size):
        raise ValueError("low, high and the rows of the design must be one a value")
    if np.isnan(low).any() or np.isnan(high).any() or not np.isfinite(design).all():
        raise ValueError("a value is missing; leave it out before")
    if (low > high).any():
        raise ValueError("an interval is reversed")
    if scale is None and int(np.sum(low == high)) < design.shape[1] + 1:
        raise ValueError("too few exact values to estimate their scatter")


def _likelihood(
    theta: Floats, low: Floats, high: Floats, design: Floats, scale: float | None
) -> tuple[float, Floats]:
    """The log-likelihood and its gradient."""
    p = design.shape[1]
    sigma = float(np.exp(theta[p])) if scale is None else scale
    mean = design @ theta[:p]
    lower, upper = (low - mean) / sigma, (high - mean) / sigma
    exact = low == high
    value, by_mean, by_scale = _parts(lower, upper, exact, sigma)
    score = design.T @ by_mean
    if scale is None:
        score = np.append(score, by_scale.sum())
    return float(value.sum()), score


def _parts(
    lower: Floats, upper: Floats, exact: np.ndarray, sigma: float
) -> tuple[Floats, Floats, Floats]:
    """What each value adds: log-likelihood, derivative by its mean, by the log of the scale."""
    z = np.where(exact, lower, 0.0)
    value = np.where(exact, -0.5 * z**2 - 0.5 * np.log(2 * np.pi) - np.log(sigma), 0.0)
    by_mean = np.where(exact, z / sigma, 0.0)
    by_scale = np.where(exact, z**2 - 1.0, 0.0)
    for i in np.flatnonzero(~exact):
        mass = _log_mass(float(lower[i]), float(upper[i]))
        at = [_density(float(end), mass) for end in (lower[i], upper[i])]
        weighted = [
            d * e if np.isfinite(e) else 0.0 for d, e in zip(at, (lower[i], upper[i]), strict=True)
        ]
        value[i] = mass
        by_mean[i] = (at[0] - at[1]) / sigma
        by_scale[i] = weighted[0] - weighted[1]
    return value, by_mean, by_scale


def _log_mass(lower: float, upper: float) -> float:
    """log(Phi(upper) - Phi(lower)), from the tail that is nearer."""
    from scipy.special import log_ndtr

    if lower > 0:
        lower, upper = -upper, -lower
    outer, inner = float(log_ndtr(upper)), float(log_ndtr(lower))
    return outer + float(np.log1p(-np.exp(inner - outer))) if np.isfinite(inner) else outer


def _density(z: float, log_mass: float) -> float:
    if not np.isfinite(z):
        return 0.0
    return float(np.exp(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - log_mass))


def _information(
    theta: Floats, low: Floats, high: Floats, design: Floats, scale: float | None
) -> Floats:
    """The observed information, differenced from the gradient."""
    columns = []
    for i in range(theta.size):
        step = _DIFFERENCE * max(1.0, abs(float(theta[i])))
        move = np.zeros(theta.size)
        move[i] = step
        after = _likelihood(theta + move, low, high, design, scale)[1]
        before = _likelihood(theta - move, low, high, design, scale)[1]
        columns.append((before - after) / (2 * step))
    information = np.column_stack(columns)
    return (information + information.T) / 2
