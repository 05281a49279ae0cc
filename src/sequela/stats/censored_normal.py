"""A straight line with normal errors through values of which some are only bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.risk_table import Floats

_MOST_STEPS = 500
_CONVERGED = 1e-11
_ON_A_LINE = 1e-9
_HALF_LOG_2_PI = 0.5 * float(np.log(2 * np.pi))


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
    reversed interval, or, without a `scale`, fewer than p + 1 exact values or ones that lie on
    a line that no bound contradicts: the likelihood then has no maximum. It is climbed in the
    form in which it has one top only. Source: Tobin, Econometrica 1958;26:24; Olsen,
    Econometrica 1978;46:1211; Kalbfleisch and Prentice 2002.
    """
    lows, highs = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    matrix = np.asarray(design, dtype=float)
    _check(lows, highs, matrix, scale)
    widths = np.abs(matrix).max(axis=0)
    values = _Values(lows, highs, matrix / np.where(widths > 0, widths, 1.0), scale)
    found = _climb(values, _start(values))
    likelihood, _, curvature = values.at(found)
    p, steepness = matrix.shape[1], values.steepness(found)
    turned = np.eye(p, found.size) / steepness
    if scale is None:
        turned[:, p] = -found[:p] / steepness**2
    unit = np.where(widths > 0, widths, 1.0)
    covariance = turned @ np.linalg.inv(-curvature) @ turned.T / np.outer(unit, unit)
    return CensoredFit(found[:p] / steepness / unit, covariance, 1 / steepness, likelihood)


@dataclass(frozen=True, slots=True)
class _Values:
    """What is fitted, in Olsen's form: coefficients over the scale, then 1 / scale if free.

    In this form the log-likelihood is concave, so that steps uphill find its one top.
    """

    low: Floats
    high: Floats
    design: Floats
    scale: float | None

    def steepness(self, theta: Floats) -> float:
        """1 / scale."""
        return float(theta[-1]) if self.scale is None else 1 / self.scale

    def at(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """The log-likelihood, its gradient and its second derivatives."""
        p, steepness = self.design.shape[1], self.steepness(theta)
        if steepness <= 0:
            return -np.inf, theta, np.eye(theta.size)
        mean = self.design @ theta[:p]
        value, score, curvature = 0.0, np.zeros(theta.size), np.zeros((theta.size, theta.size))
        for low, high, at, row in zip(self.low, self.high, mean, self.design, strict=True):
            lower, upper = steepness * low - at, steepness * high - at
            below, above = self._moves(row, low), self._moves(row, high)
            if low == high:
                value += float(np.log(steepness) - 0.5 * lower**2 - _HALF_LOG_2_PI)
                score -= lower * below
                curvature -= np.outer(below, below)
                if self.scale is None:
                    score[p] += 1 / steepness
                    curvature[p, p] -= 1 / steepness**2
                continue
            mass = _log_mass(lower, upper)
            start, end = _density(lower, mass), _density(upper, mass)
            value += mass
            score += end * above - start * below
            curvature += (_times(lower, start) - start**2) * np.outer(below, below)
            curvature -= (_times(upper, end) + end**2) * np.outer(above, above)
            curvature += start * end * (np.outer(below, above) + np.outer(above, below))
        return value, score, curvature

    def _moves(self, row: Floats, end: float) -> Floats:
        """How an end, in units of the scale, moves with the parameters."""
        if self.scale is not None:
            return -row
        return np.append(-row, end if np.isfinite(end) else 0.0)


def _start(values: _Values) -> Floats:
    """The least-squares line of the exact values, or of what stands for all where it is none."""
    exact = values.low == values.high
    middle = np.where(np.isfinite(values.low), values.low, values.high)
    used = (
        exact
        if np.linalg.matrix_rank(values.design[exact]) == values.design.shape[1]
        else (np.isfinite(middle))
    )
    line = np.linalg.lstsq(values.design[used], middle[used], rcond=None)[0]
    if values.scale is not None:
        return np.asarray(line / values.scale, dtype=float)
    spread = float(np.std(middle[exact] - values.design[exact] @ line))
    steepness = 1 / spread if spread > _ON_A_LINE else 1.0
    return np.append(line * steepness, steepness)


def _climb(values: _Values, theta: Floats) -> Floats:
    """The top of the likelihood, by Newton's steps, halved where they overshoot."""
    value, score, curvature = values.at(theta)
    for _ in range(_MOST_STEPS):
        step = np.linalg.solve(-curvature, score)
        while values.at(theta + step)[0] < value - 1e-12 * (1 + abs(value)):
            step = step / 2
        theta = theta + step
        value, score, curvature = values.at(theta)
        if float(np.abs(step).max()) < _CONVERGED * max(1.0, float(np.abs(theta).max())):
            return theta
    raise ValueError("the likelihood has no finite maximum")


def lies_on_a_line(low: ArrayLike, high: ArrayLike, design: ArrayLike) -> bool:
    """Whether the exact values lie on a line that no bound contradicts.

    Arrays as of `fit_censored_normal`. The scatter about such a line cannot be estimated.
    """
    lows, highs = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    matrix = np.asarray(design, dtype=float)
    exact = lows == highs
    mean = matrix @ np.linalg.lstsq(matrix[exact], lows[exact], rcond=None)[0]
    return bool(((lows - _ON_A_LINE <= mean) & (mean <= highs + _ON_A_LINE)).all())


def _check(low: Floats, high: Floats, design: Floats, scale: float | None) -> None:
    if not (low.shape == high.shape == design.shape[:1] and low.size):
        raise ValueError("low, high and the rows of the design must be one a value")
    if np.isnan(low).any() or np.isnan(high).any() or not np.isfinite(design).all():
        raise ValueError("a value is missing; leave it out before")
    if (low > high).any():
        raise ValueError("an interval is reversed")
    if scale is None and int(np.sum(low == high)) < design.shape[1] + 1:
        raise ValueError("too few exact values to estimate their scatter")
    if scale is None and lies_on_a_line(low, high, design):
        raise ValueError("the exact values lie on a line, so their scatter cannot be estimated")


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
    return float(np.exp(-0.5 * z**2 - _HALF_LOG_2_PI - log_mass))


def _times(z: float, density: float) -> float:
    return z * density if np.isfinite(z) else 0.0
