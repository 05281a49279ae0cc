"""The test of proportional hazards: does a coefficient change with time?

For each covariate x the model is extended by x g(t), and the score test of the extension is
made at coefficient 0: exact, not the approximation by a correlation that was in use before.
As R's `cox.zph` since survival 3.0; Grambsch and Therneau, Biometrika 1994;81:515; Therneau
and Grambsch, Modeling Survival Data, 2000, section 6.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sequela.stats.counting_process import CountingProcess
from sequela.stats.cox_fit import CoxFit
from sequela.stats.cox_likelihood import (
    denominators,
    expected_events,
    information,
    weighted_risk,
)
from sequela.stats.cox_residuals import schoenfeld_residuals
from sequela.stats.maximisation import estimable_columns
from sequela.stats.risk_table import Floats, build_risk_tables
from sequela.stats.survival import kaplan_meier

TimeTransform = Literal["km", "identity", "log", "rank"]


@dataclass(frozen=True, slots=True)
class ProportionalHazards:
    """The chi-squared statistic of each term and of all together, with degrees of freedom.

    NaN where the events are at too few times for a test; a term without an estimable covariate
    has 0 degrees too.
    """

    chi_squared: Floats
    degrees_of_freedom: NDArray[np.int_]
    global_chi_squared: float
    global_degrees_of_freedom: int
    transform: TimeTransform


def proportional_hazards(
    fit: CoxFit,
    *,
    transform: TimeTransform = "km",
    terms: Sequence[Sequence[int]] | None = None,
) -> ProportionalHazards:
    """The score test of proportional hazards for each term and for the model.

    `terms` lists the covariates of each term, such as the indicators of one factor; without
    it each covariate is a term. `transform` is g: one minus the Kaplan-Meier curve just
    before t, t itself, its logarithm or its rank. Not made for the exact method.
    """
    each = [[j] for j in range(fit.estimable.size)] if terms is None else terms
    score, inside = _extended(fit, _transformed(fit.process, transform))
    p = int(fit.estimable.sum())
    place = np.cumsum(fit.estimable) - 1
    used = [[int(place[j]) for j in term if fit.estimable[j]] for term in each]
    return ProportionalHazards(
        chi_squared=np.array([_score_test(score, inside, term, p) for term in used]),
        degrees_of_freedom=np.array([len(term) for term in used], dtype=int),
        global_chi_squared=_score_test(score, inside, list(range(p)), p),
        global_degrees_of_freedom=p,
        transform=transform,
    )


def _score_test(score: Floats, inside: Floats, term: list[int], p: int) -> float:
    """The score test of the extension of some covariates, all p main effects in the model."""
    if not term:
        return np.nan
    places = [*range(p), *(p + j for j in term)]
    full = np.concatenate((np.zeros(p), score[term]))
    both = inside[np.ix_(places, places)]
    # With few event times x g(t) may be determined by x: then there is no test.
    if not estimable_columns(both).all():
        return np.nan
    return float(full @ np.linalg.solve(both, full))


def _extended(fit: CoxFit, g: Floats) -> tuple[Floats, Floats]:
    """Score (p,) of the terms x g(t) and information (2p, 2p) of x and x g(t), standardised.

    `g` is (T,), a value for each time of the process.
    """
    sets, used = fit.sets, fit.estimable
    residuals = schoenfeld_residuals(fit)
    weight = fit.process.case_weight[residuals.row]
    at_death = g[fit.process.exit_row[residuals.row]]
    # The score test changes when g is moved only by what the main effects take up again;
    # around its mean over the deaths the numbers are of one size.
    middle = at_death.mean()
    score = ((at_death - middle) * weight) @ residuals.plain[:, used] / sets.scale[used]
    at_time = g[sets.time_row] - middle
    _, risk = weighted_risk(sets, fit.beta)
    sums = denominators(sets, risk, ties=fit.ties)

    def block(factor: Floats) -> Floats:
        part = sums.times(factor, sets.tied)
        whole = information(sets, risk, part, expected_events(sets, risk, part))
        return whole[np.ix_(used, used)]

    plain, once, twice = (block(at_time**power) for power in (0, 1, 2))
    return score, np.block([[plain, once], [once, twice]])


def _transformed(process: CountingProcess, transform: TimeTransform) -> Floats:
    """g at each time of the process, (T,)."""
    if transform not in _TRANSFORMS:
        raise ValueError(f"No transform '{transform}'; known are {', '.join(_TRANSFORMS)}.")
    return _TRANSFORMS[transform](process)


def _one_less_survival(process: CountingProcess) -> Floats:
    """One minus the Kaplan-Meier curve of all rows, unweighted, just before each time."""
    entry = None
    if process.entry_row is not None:
        entry = np.where(process.entry_row >= 0, process.time[process.entry_row], 0.0)
    table = build_risk_tables(process.exit_time, process.event, entry=entry)[""]
    curve = kaplan_meier(table)
    before = np.searchsorted(curve.time, process.time, side="left")
    lost: Floats = 1 - np.concatenate(([1.0], curve.survival))[before]
    return lost


def _rank(process: CountingProcess) -> Floats:
    """The mean rank of each time among the exits of all rows."""
    count = np.bincount(process.exit_row, minlength=process.time.size)
    ranks: Floats = np.cumsum(count) - (count - 1) / 2
    return ranks


def _log(process: CountingProcess) -> Floats:
    with np.errstate(divide="ignore"):
        return np.log(process.time)


_TRANSFORMS: dict[str, Callable[[CountingProcess], Floats]] = {
    "km": _one_less_survival,
    "identity": lambda process: process.time,
    "log": _log,
    "rank": _rank,
}
