"""Newton's method for log-likelihoods, and the limits of a profile likelihood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sequela.stats.risk_table import Floats

# The Newton decrement squared is twice what the log-likelihood can still gain. At 1e-16 the
# estimate is within 1e-8 standard errors of the maximum, before the last step is added.
_CONVERGED = 1e-16
# Gains below this with a linear predictor that still moves: the maximum is at infinity.
_FLAT = 1e-10
_STILL_MOVING = 0.1
_LONGEST_STEP = 10.0


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
    most_iterations: int = 200,
) -> Maximum:
    """The maximum of a log-likelihood by Newton's method with step halving.

    Only coefficients marked `free` (p,) move; without it all do. `reach` (p,) is the largest
    absolute covariate of each coefficient: it turns a step into a change of the linear
    predictor. Ends when half the squared Newton decrement, the gain that is left, is below
    5e-17; a step that does not raise the log-likelihood is halved.
    """
    moving = np.ones(start.size, dtype=bool) if free is None else free
    point, here = start, objective(start)
    nowhere = np.zeros(start.size, dtype=bool)
    for iteration in range(most_iterations):
        step = _newton_step(here, moving)
        if step is None:
            return Maximum(point, here, nowhere, iteration, converged=False)
        gain = float(step @ here.score)
        if gain <= _FLAT and (far := np.abs(step) * reach > _STILL_MOVING).any():
            return Maximum(point, here, far, iteration, converged=True)
        if gain <= _CONVERGED:
            return Maximum(point + step, here, nowhere, iteration, converged=True)
        found = _climb(objective, point, here, step)
        if found is None:
            # Rounding alone is left of a step that no halving makes a gain.
            return Maximum(point, here, nowhere, iteration, converged=gain <= _FLAT)
        point, here = found
    return Maximum(point, here, nowhere, most_iterations, converged=False)


def invert(information: Floats) -> Floats:
    """The inverse of an information matrix (p, p); NaN where it is singular."""
    try:
        inverse: Floats = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        return np.full(information.shape, np.nan)
    return inverse


def _newton_step(here: Evaluation, moving: NDArray[np.bool_]) -> Floats | None:
    step = np.zeros(moving.size)
    if not moving.any():
        return step
    try:
        step[moving] = np.linalg.solve(
            here.information[np.ix_(moving, moving)], here.score[moving]
        )
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


def profile_limit(
    objective: Objective,
    best: Maximum,
    coefficient: int,
    *,
    reach: Floats,
    towards: int,
    drop: float,
) -> float:
    """Where the profile log-likelihood of a coefficient has fallen by `drop` from its maximum.

    `towards` is -1 for the lower limit and 1 for the upper. `drop` is half a chi-squared
    quantile. The answer is that infinity when the log-likelihood never falls so far, and NaN
    when the limit cannot be found. The root is sought in the signed root of the fall, which is
    nearly straight, with the slope that the envelope theorem gives (Venzon and Moolgavkar,
    Appl Stat 1988;37:87).
    """
    if best.infinite[coefficient] and np.sign(best.estimate[coefficient]) == towards:
        return towards * np.inf
    search = _Profile(objective, best, coefficient, reach)
    return search.limit(towards, np.sqrt(2 * drop))


class _Profile:
    """The profile of one coefficient, walked from the maximum outwards."""

    def __init__(
        self, objective: Objective, best: Maximum, coefficient: int, reach: Floats
    ) -> None:
        self.objective, self.best, self.reach = objective, best, reach
        self.coefficient = coefficient
        self.free = np.arange(best.estimate.size) != coefficient
        self.at = best.estimate

    def limit(self, towards: int, wanted: float) -> float:
        """The value at which the root of twice the fall is `wanted`."""
        inner, outer = self.best.estimate[self.coefficient], towards * np.inf
        value = inner + towards * wanted * self._first_scale()
        for _ in range(100):
            fall, slope = self._fall(value)
            if not np.isfinite(fall):
                return np.nan
            if abs(fall - wanted) <= 1e-10 * wanted:
                return value
            inner, outer = (value, outer) if fall < wanted else (inner, value)
            if abs(value) * self.reach[self.coefficient] > 500:
                return outer if np.isinf(outer) else np.nan
            value = self._next(value, inner, outer, (wanted - fall) / slope if slope else np.inf)
        return np.nan

    def _first_scale(self) -> float:
        variance = invert(self.best.at.information)[self.coefficient, self.coefficient]
        sane = np.isfinite(variance) and 0 < variance and not self.best.infinite.any()
        return float(np.sqrt(variance)) if sane else 1.0 / float(self.reach[self.coefficient])

    def _fall(self, value: float) -> tuple[float, float]:
        """The root of twice the fall at a value, and its slope."""
        start = self.at.copy()
        start[self.coefficient] = value
        top = maximise(self.objective, start, reach=self.reach, free=self.free)
        self.at = top.estimate
        lost = self.best.at.log_likelihood - top.at.log_likelihood
        fall = float(np.sqrt(2 * max(lost, 0.0)))
        return fall, -float(top.at.score[self.coefficient]) / fall if fall > 0 else 0.0

    @staticmethod
    def _next(value: float, inner: float, outer: float, step: float) -> float:
        """Newton's next value, held between what is too near and what is too far."""
        wide = abs(outer - inner)
        asked = value + step
        if np.isinf(wide):
            away = np.sign(outer)
            reached = abs(value - inner) + 1.0
            return float(np.clip(asked, value - reached, value + 3 * reached)) if (
                np.isfinite(asked) and (asked - value) * away > 0
            ) else float(value + away * reached)
        low, high = min(inner, outer), max(inner, outer)
        return float(asked) if low < asked < high else float((low + high) / 2)
