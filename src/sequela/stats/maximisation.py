"""Newton's method for log-likelihoods, and the limits of a profile likelihood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sequela.stats.risk_table import Floats

# The Newton decrement squared is twice what the log-likelihood can still gain. At 1e-16 the
# estimate is within 1e-8 standard errors of the maximum, before the last step is added.
_CONVERGED = 1e-16
_NEXT_GAIN = 1e-22
# Gains below this with a linear predictor that still moves: the maximum is at infinity.
_FLAT = 1e-10
_STILL_MOVING = 0.1
_LONGEST_STEP = 10.0
# A linear predictor this far out is at its limit as far as numbers go.
_AS_GOOD_AS_INFINITE = 500.0
# A search that ends here by overflow or rounding was on its way to infinity: the risks of the
# patients it tells apart differ more than a hundred million times.
_BEYOND_REASON = 20.0
_MOST_ITERATIONS = 200
# A coefficient with less than this share of the information that it began with has none left:
# what it still has is what the search towards infinity, which ends somewhere, left over.
_NOTHING_LEFT = 1e-7
# A share of information that is only rounding.
_ROUNDING = 1e-12
# The step over which a gradient is differenced, in standard deviations of a covariate.
_DIFFERENCE = 1e-6

# A covariate of which less than this share of information is its own is a combination of
# those before it; R's coxph drops columns on the same grounds.
_OWN_INFORMATION = 1e-11


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A log-likelihood at one point: its value, gradient (p,) and information (p, p)."""

    log_likelihood: float
    score: Floats
    information: Floats


Objective = Callable[[Floats], Evaluation]


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where a log-likelihood is greatest.

    `infinite` (p,) marks coefficients that grow without end while the log-likelihood no
    longer rises: separation. `converged` is False when neither was reached.
    """

    estimate: Floats
    at: Evaluation
    infinite: NDArray[np.bool_]
    iterations: int
    converged: bool


def maximise(
    objective: Objective,
    start: Floats,
    *,
    reach: Floats,
    free: NDArray[np.bool_] | None = None,
    at_start: Evaluation | None = None,
    penalised: bool = False,
) -> Maximum:
    """The maximum of a log-likelihood by Newton's method with step halving.

    Only coefficients marked `free` (p,) move; without it all do. `reach` (p,) is the largest
    absolute covariate of each coefficient: it turns a step into a change of the linear
    predictor. `at_start` is what is known there already. With
    `penalised` the information is not the curvature, which is then differenced from the
    gradient. Ends when half the squared Newton
    decrement, the gain that is left, is below 5e-17 and the next one below 1e-22; a step that
    does not raise the log-likelihood is halved.
    """
    moving = np.ones(start.size, dtype=bool) if free is None else free
    point, here = start, objective(start) if at_start is None else at_start
    nowhere, before = np.zeros(start.size, dtype=bool), np.inf
    for iteration in range(_MOST_ITERATIONS):
        curvature = _differenced(objective, point, here) if penalised else here.information
        step = _newton_step(here, curvature, moving)
        if step is None:
            return _given_up(point, here, reach, iteration)
        gain = float(step @ here.score)
        if gain <= _FLAT and (far := np.abs(step) * reach > _STILL_MOVING).any():
            return Maximum(point, here, far, iteration, converged=True)
        if gain <= _CONVERGED and _is_last(gain, before):
            return Maximum(point + step, here, nowhere, iteration, converged=True)
        found = _climb(objective, point, here, step)
        if found is None and gain <= _FLAT:
            # Rounding alone is left of a step that no halving makes a gain.
            return Maximum(point, here, nowhere, iteration, converged=True)
        if found is None:
            return _given_up(point, here, reach, iteration)
        point, here = found
        before = gain
    return _given_up(point, here, reach, _MOST_ITERATIONS)


def _given_up(point: Floats, here: Evaluation, reach: Floats, iteration: int) -> Maximum:
    """Where numbers end the search: at infinity if it was on its way there, else nowhere.

    Groups that barely part are separated so slowly that the exponentials overflow first.
    """
    far = np.abs(point) * reach > _BEYOND_REASON
    return Maximum(point, here, far, iteration, converged=bool(far.any()))


def _is_last(gain: float, before: float) -> bool:
    """Whether the step after this one would gain nothing, or only rounding.

    Newton's gains fall by their square; with a differenced curvature they fall by a factor,
    so that the gain alone says too little.
    """
    return gain * gain <= _NEXT_GAIN * before or gain > before / 2


def invert(information: Floats) -> Floats:
    """The inverse of an information matrix (p, p); NaN where it is singular."""
    try:
        inverse: Floats = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        return np.full(information.shape, np.nan)
    return inverse


def estimable_columns(information: Floats) -> NDArray[np.bool_]:
    """Which covariates add information of their own to those before them, (p,).

    Gaussian elimination in order: what is left of a covariate's own information once those
    before it are taken out.
    """
    left = information.copy()
    own = np.diag(information).copy()
    used = np.zeros(own.size, dtype=bool)
    for j in range(own.size):
        if own[j] > 0 and left[j, j] > _OWN_INFORMATION * max(own[j], float(own.max()) * 1e-6):
            used[j] = True
            left = left - np.outer(left[:, j], left[j]) / left[j, j]
    return used


def spread(values: NDArray[Any], where: NDArray[np.bool_], missing: float) -> Floats:
    """The values of the estimable covariates among all, the others `missing`."""
    full = np.full((where.size,) * values.ndim, missing)
    full[np.ix_(*(where,) * values.ndim)] = values
    return full


def _differenced(objective: Objective, point: Floats, here: Evaluation) -> Floats:
    """Minus the slope of the gradient, (p, p); the information where that is no curvature."""
    ahead = [objective(point + _DIFFERENCE * one).score for one in np.eye(point.size)]
    slope = (here.score - np.reshape(ahead, (point.size, point.size))) / _DIFFERENCE
    curvature: Floats = (slope + slope.T) / 2
    try:
        np.linalg.cholesky(curvature)
    except np.linalg.LinAlgError:
        return here.information
    return curvature


def _newton_step(here: Evaluation, curvature: Floats, moving: NDArray[np.bool_]) -> Floats | None:
    """The step to where the gradient would be 0; None when there is none."""
    step = np.zeros(moving.size)
    if not moving.any():
        return step
    try:
        step[moving] = np.linalg.solve(curvature[np.ix_(moving, moving)], here.score[moving])
    except np.linalg.LinAlgError:
        return None
    longest = float(np.max(np.abs(step)))
    if not np.isfinite(longest):
        return None
    return step * min(1.0, _LONGEST_STEP / longest) if longest > 0 else step


def _climb(
    objective: Objective, point: Floats, here: Evaluation, step: Floats
) -> tuple[Floats, Evaluation] | None:
    """The first of the step, its half, its quarter and so on that does not go down."""
    slack = 1e-13 * (1 + abs(here.log_likelihood))
    for _ in range(30):
        there = objective(point + step)
        if there.log_likelihood >= here.log_likelihood - slack and np.all(
            np.isfinite(there.information)
        ):
            return point + step, there
        step = step / 2
    return None


@dataclass(frozen=True, slots=True)
class Fitted:
    """A log-likelihood with its maximum, from which profiles are taken.

    `information_before` (p,) is what each coefficient had by itself where the search began.
    """

    objective: Objective
    maximum: Maximum
    reach: Floats
    information_before: Floats
    penalised: bool = False

    def uninformed(self) -> NDArray[np.bool_]:
        """The coefficients (p,) about which nothing is left to know beside those at infinity.

        With another at infinity, risk sets in which it differs no longer count. A coefficient
        that differed in no other one may then have any value: the likelihood is level.
        """
        infinite = self.maximum.infinite
        if not infinite.any():
            return infinite
        unit = np.sqrt(self.information_before)
        share, direction = np.linalg.eigh(self.maximum.at.information / np.outer(unit, unit))
        variance = direction**2 @ (1 / np.maximum(share, _ROUNDING))
        found: NDArray[np.bool_] = ~infinite & (variance > 1 / _NOTHING_LEFT)
        return found

    def maximise_from(self, start: Floats, free: NDArray[np.bool_]) -> Maximum:
        """The maximum over the free coefficients, the others held where they start."""
        return maximise(
            self.objective, start, reach=self.reach, free=free, penalised=self.penalised
        )

    def fall_without(self, held: Sequence[int]) -> float:
        """How far the log-likelihood falls when these coefficients are held at 0."""
        free = np.ones(self.reach.size, dtype=bool)
        free[list(held)] = False
        start = np.where(free & ~self.maximum.infinite, self.maximum.estimate, 0.0)
        without = self.maximise_from(start, free)
        return self.maximum.at.log_likelihood - without.at.log_likelihood

    def profile_interval(self, coefficient: int, drop: float) -> tuple[float, float]:
        """Where the profile log-likelihood of a coefficient has fallen by `drop`, both ways.

        `drop` is half a chi-squared quantile. A limit is infinite when the log-likelihood
        never falls so far, and NaN when it cannot be found. The root is sought in the signed
        root of the fall, which is nearly straight, with the slope that the envelope theorem
        gives. Source: Venzon and Moolgavkar, Appl Stat 1988;37:87.
        """
        low, high = (_profile_limit(self, coefficient, towards, drop) for towards in (-1, 1))
        return low, high


def _profile_limit(fitted: Fitted, coefficient: int, towards: int, drop: float) -> float:
    best = fitted.maximum
    if best.infinite[coefficient] and np.sign(best.estimate[coefficient]) == towards:
        return towards * np.inf
    return _Profile(fitted, coefficient).limit(towards, float(np.sqrt(2 * drop)))


class _Profile:
    """The profile of one coefficient, walked from the maximum outwards."""

    def __init__(self, fitted: Fitted, coefficient: int) -> None:
        self.fitted, self.best, self.reach = fitted, fitted.maximum, fitted.reach
        self.coefficient = coefficient
        self.free = np.arange(self.reach.size) != coefficient
        self.at = self.best.estimate

    def limit(self, towards: int, wanted: float) -> float:
        """The value at which the root of twice the fall is `wanted`."""
        inner, outer = float(self.best.estimate[self.coefficient]), towards * np.inf
        value = inner + towards * wanted * self._first_scale()
        for _ in range(100):
            fall, slope = self._fall(value)
            if not np.isfinite(fall):
                return np.nan
            if abs(fall - wanted) <= 1e-10 * wanted:
                return value
            inner, outer = (value, outer) if fall < wanted else (inner, value)
            if abs(value) * self.reach[self.coefficient] > _AS_GOOD_AS_INFINITE:
                return outer if np.isinf(outer) else np.nan
            value = _between(inner, outer, value + (wanted - fall) / slope if slope else outer)
        return np.nan

    def _first_scale(self) -> float:
        """A standard error; where separation leaves none, one step of the linear predictor."""
        variance = float(invert(self.best.at.information)[self.coefficient, self.coefficient])
        if np.isfinite(variance) and variance > 0 and not self.best.infinite.any():
            return float(np.sqrt(variance))
        return 1.0 / float(self.reach[self.coefficient])

    def _fall(self, value: float) -> tuple[float, float]:
        """The root of twice the fall at a value, and its slope."""
        start = self.at.copy()
        start[self.coefficient] = value
        top = self.fitted.maximise_from(start, self.free)
        self.at = top.estimate
        lost = self.best.at.log_likelihood - top.at.log_likelihood
        fall = float(np.sqrt(2 * max(lost, 0.0)))
        return fall, -float(top.at.score[self.coefficient]) / fall if fall > 0 else 0.0


def _between(inner: float, outer: float, asked: float) -> float:
    """The value asked for, if it lies beyond what is too near and before what is too far."""
    if np.isinf(outer):
        away = 1.0 if outer > 0 else -1.0
        ahead = (asked - inner) * away
        # Not yet bracketed: go on, by a few times the way at most.
        most = 3 * abs(inner) + 3
        return inner + away * (min(ahead, most) if ahead > 0 else 1.0)
    low, high = min(inner, outer), max(inner, outer)
    return asked if low < asked < high else (low + high) / 2
