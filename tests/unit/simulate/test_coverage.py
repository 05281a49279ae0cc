"""Estimates from simulated cohorts hold the truth in their 95 % intervals as often as they should.

Two hundred cohorts of 2,000 patients. Were the coverage 95 %, it would lie between 0.895 and
0.99 in all but one of a thousand such experiments (binomial distribution). The seeds are fixed.
"""

from __future__ import annotations

import numpy as np
import pytest

from sequela.simulate.histories import simulate_histories
from sequela.simulate.model import SimulationModel
from sequela.simulate.truth import true_probabilities, true_second_remission
from sequela.stats.competing_risks import cumulative_incidence, incidence_at
from sequela.stats.cox import CoxData, CoxModel, fit_data
from sequela.stats.proportions import wilson
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.simon_makuch import exposure_history
from sequela.stats.survival import kaplan_meier, step_at

MODEL = SimulationModel()
DAYS = [365.0, 1095.0]
COHORTS, PATIENTS = 200, 2000
LOW, HIGH = 0.895, 0.99


def from_remission(seed):
    """Of those who reached remission: days of exposure, exit, cause (1 relapse, 2 death), risk."""
    found = simulate_histories(PATIENTS, MODEL, np.random.default_rng(seed))
    who = np.isfinite(found.remission)
    start = found.remission[who]
    relapse, death, end = (getattr(found, n)[who] - start for n in ("relapse", "death", "end"))
    exit_time = np.minimum(relapse, end)
    cause = np.where(np.isfinite(relapse), 1, np.where(np.isfinite(death), 2, 0))
    transplant = found.transplant[who] - start
    return {
        "exit": exit_time,
        "cause": cause,
        "transplant": transplant,
        "high": found.high[who],
        "end": end,
        "dead": found.dead[who],
        "judged": int(found.salvage_judged.sum()),
        "second": int(np.isfinite(found.second_remission).sum()),
    }


def ends_of_hazard_ratios(cohort, *, time_dependent):
    """Cause-specific Cox of relapse: the 95 % Wald limits of log hazard ratios, by covariate."""
    event = (cohort["cause"] == 1).astype(float)
    if time_dependent:
        h = exposure_history(cohort["exit"], event, cohort["transplant"])
        person, entry, leaves, event, exposed = (
            h.person, h.entry, h.exit_time, h.event, h.exposed
        )  # fmt: skip
    else:
        person, entry, leaves = np.arange(event.size), np.zeros(event.size), cohort["exit"]
        exposed = np.isfinite(cohort["transplant"])
    data = CoxData(
        exit_time=leaves,
        event=event,
        entry=entry,
        columns={"transplant": exposed.astype(float), "high": cohort["high"][person].astype(float)},
        patient=person.tolist(),
    )
    fit = fit_data(data, CoxModel(covariates=("transplant", "high"))).fit
    error = np.sqrt(np.diag(fit.variance))
    return {
        name: (fit.coefficients[i] - 1.959964 * error[i], fit.coefficients[i] + 1.959964 * error[i])
        for i, name in enumerate(("transplant", "high"))
    }


@pytest.fixture(scope="module")
def coverage():
    """How often each interval held the truth."""
    truth = true_probabilities(MODEL, DAYS)
    effects = {
        "transplant": np.log(MODEL.relapse_by_transplant),
        "high": np.log(MODEL.relapse_by_high_risk),
    }
    held: dict[str, list[bool]] = {}

    def hold(name, low, high, true):
        held.setdefault(name, []).append(bool(low <= true <= high))

    for seed in range(COHORTS):
        cohort = from_remission(seed)
        (alive,) = build_risk_tables(cohort["end"], cohort["dead"].astype(int)).values()
        curve = step_at(kaplan_meier(alive), DAYS)
        (causes,) = build_risk_tables(
            cohort["exit"], cohort["cause"], causes=("relapse", "death")
        ).values()
        relapse = incidence_at(cumulative_incidence(causes, "relapse"), DAYS)
        for i, day in enumerate(DAYS):
            hold(f"survival {day:g}", curve.low[i], curve.high[i], truth.overall_survival[i])
            hold(f"relapse {day:g}", relapse.low[i], relapse.high[i], truth.relapse[i])
        second = wilson(cohort["second"], cohort["judged"])
        hold("second remission", *second, true_second_remission(MODEL))
        for name, (low, high) in ends_of_hazard_ratios(cohort, time_dependent=True).items():
            hold(f"hazard ratio of {name}", low, high, effects[name])
        low, high = ends_of_hazard_ratios(cohort, time_dependent=False)["transplant"]
        hold("ever transplanted", low, high, effects["transplant"])
    return {name: float(np.mean(found)) for name, found in held.items()}


@pytest.mark.parametrize(
    "what",
    [
        "survival 365",
        "survival 1095",
        "relapse 365",
        "relapse 1095",
        "second remission",
        "hazard ratio of transplant",
        "hazard ratio of high",
    ],
)
def test_intervals_hold_the_truth(coverage, what):
    assert LOW <= coverage[what] <= HIGH


def test_ever_transplanted_does_not(coverage):
    """Who lives long without relapse has the time to be transplanted (immortal time)."""
    assert coverage["ever transplanted"] < 0.1
