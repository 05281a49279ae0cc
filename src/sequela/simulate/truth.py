"""What is true of the model: the probabilities that an endless cohort would show.

From remission on the model is a Markov chain of six states (a relapse that salvage will turn and
one that it will not are two of them) with constant rates, one for each of the four
kinds of patient (high risk or not, eligible for transplant or not); the cohort is their mixture.
Its transition probabilities over a time t are the matrix exponential of the rates times t
(Kolmogorov's forward equation).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sequela.simulate.model import RELAPSE_SALVAGE_VISIT, SimulationModel

Floats = NDArray[np.float64]

REMISSION, TRANSPLANTED, RELAPSED, DEAD_WITHOUT, DEAD_AFTER, RESPONDING = range(6)


@dataclass(frozen=True, slots=True)
class Truth:
    """True probabilities from remission on, an entry a time: all numbers are shares."""

    overall_survival: Floats
    relapse_free_survival: Floats
    relapse: Floats
    death_without_relapse: Floats


def rates_of(model: SimulationModel, *, high: bool, eligible: bool) -> Floats:
    """The rates between the six states, a day; rows sum to zero."""
    relapse = model.relapse_rate * (model.relapse_by_high_risk if high else 1.0)
    share = model.second_remission
    rates = np.zeros((6, 6))
    rates[REMISSION, TRANSPLANTED] = model.transplant_rate if eligible else 0.0
    for state, ratio in ((REMISSION, 1.0), (TRANSPLANTED, model.relapse_by_transplant)):
        rates[state, RELAPSED] = relapse * ratio * (1 - share)
        rates[state, RESPONDING] = relapse * ratio * share
    rates[REMISSION, DEAD_WITHOUT] = model.death_rate
    rates[TRANSPLANTED, DEAD_WITHOUT] = model.death_rate * model.death_by_transplant
    rates[RELAPSED, DEAD_AFTER] = model.death_rate_after_relapse
    rates[RESPONDING, DEAD_AFTER] = model.death_rate_after_relapse * model.death_by_second_remission
    np.fill_diagonal(rates, -rates.sum(axis=1))
    return rates


def true_probabilities(
    model: SimulationModel, days: Sequence[float], *, high: bool | None = None
) -> Truth:
    """The truth at days from remission; `high` limits it to one group of risk.

    Whether a patient reaches remission does not depend on risk, so the shares of the four kinds
    among those in remission are the shares in the cohort.
    """
    from scipy.linalg import expm

    states = np.zeros((len(days), 6))
    for is_high, of_risk in ((True, model.high_risk), (False, 1 - model.high_risk)):
        if high is not None and is_high is not high:
            continue
        weight = of_risk if high is None else 1.0
        for eligible, of_kind in (
            (True, model.transplant_eligible),
            (False, 1 - model.transplant_eligible),
        ):
            rates = rates_of(model, high=is_high, eligible=eligible)
            states += weight * of_kind * np.array([expm(rates * day)[REMISSION] for day in days])
    dead = states[:, DEAD_WITHOUT] + states[:, DEAD_AFTER]
    relapse = states[:, [RELAPSED, RESPONDING, DEAD_AFTER]].sum(axis=1)
    without = states[:, DEAD_WITHOUT]
    return Truth(1 - dead, 1 - relapse - without, relapse, without)


def true_second_remission(model: SimulationModel) -> float:
    """The share in a second remission among the relapsed who are judged after salvage.

    Who lives past the day before the visit is seen at it (a death on its day comes after it);
    those whom salvage helps die more slowly, so that they are more among the judged than among
    the relapsed.
    """
    days, rate = RELAPSE_SALVAGE_VISIT - 1, model.death_rate_after_relapse
    helped = model.second_remission * math.exp(-rate * model.death_by_second_remission * days)
    return helped / (helped + (1 - model.second_remission) * math.exp(-rate * days))
