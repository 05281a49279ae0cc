"""What the model says is true, worked by hand where a formula is short."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sequela.simulate.model import SimulationModel
from sequela.simulate.truth import rates_of, true_probabilities, true_second_remission

DAYS = [0.0, 100.0, 365.0, 2000.0]
ONE_KIND = SimulationModel(
    high_risk=0,
    transplant_eligible=0,
    relapse_rate=0.001,
    death_rate=0.0005,
    death_rate_after_relapse=0.004,
    second_remission=0,
)


def test_without_transplant_it_is_the_textbook_formula():
    """Two competing constant rates a and b: incidence a/(a+b) * (1 - exp(-(a+b)t))."""
    truth = true_probabilities(ONE_KIND, DAYS)
    a, b = 0.001, 0.0005
    free = [math.exp(-(a + b) * day) for day in DAYS]
    np.testing.assert_allclose(truth.relapse_free_survival, free, rtol=1e-12)
    np.testing.assert_allclose(truth.relapse, [a / (a + b) * (1 - f) for f in free], atol=1e-12)
    np.testing.assert_allclose(
        truth.death_without_relapse, [b / (a + b) * (1 - f) for f in free], atol=1e-12
    )


def test_survival_after_relapse_is_the_sum_of_two_exponentials():
    """Alive is in remission or relapsed: e^-kt + a (e^-kt - e^-ct) / (c - k), with k = a + b."""
    a, k, c = 0.001, 0.0015, 0.004
    alive = [math.exp(-k * t) + a * (math.exp(-k * t) - math.exp(-c * t)) / (c - k) for t in DAYS]
    np.testing.assert_allclose(
        true_probabilities(ONE_KIND, DAYS).overall_survival, alive, rtol=1e-12
    )


def test_a_second_remission_splits_the_relapsed_into_two_kinds():
    """A share p relapses into a state that dies at r times the rate: the sums weigh p and 1 - p."""
    model = ONE_KIND.model_copy(update={"second_remission": 0.25, "death_by_second_remission": 0.5})
    a, k, c = 0.001, 0.0015, 0.004

    def relapsed(rate, t):
        return a * (math.exp(-k * t) - math.exp(-rate * t)) / (rate - k)

    alive = [math.exp(-k * t) + 0.75 * relapsed(c, t) + 0.25 * relapsed(c / 2, t) for t in DAYS]
    truth = true_probabilities(model, DAYS)
    np.testing.assert_allclose(truth.overall_survival, alive, rtol=1e-12)
    np.testing.assert_allclose(truth.relapse, true_probabilities(ONE_KIND, DAYS).relapse, rtol=1e-9)


def test_second_remissions_among_the_judged():
    """Of 100 relapsed 25 respond; 41 days kill 1 - e^-0.082 of them and 1 - e^-0.164 of others."""
    model = ONE_KIND.model_copy(update={"second_remission": 0.25, "death_by_second_remission": 0.5})
    helped, others = 25 * math.exp(-0.082), 75 * math.exp(-0.164)
    assert true_second_remission(model) == pytest.approx(helped / (helped + others), rel=1e-12)
    assert true_second_remission(ONE_KIND) == 0


def test_the_parts_add_up_to_one():
    truth = true_probabilities(SimulationModel(), DAYS)
    total = truth.relapse_free_survival + truth.relapse + truth.death_without_relapse
    np.testing.assert_allclose(total, 1, atol=1e-12)


def test_a_cohort_is_the_mixture_of_its_groups():
    model = SimulationModel(high_risk=0.3)
    whole, low, high = (
        true_probabilities(model, DAYS, high=h).relapse for h in (None, False, True)
    )
    np.testing.assert_allclose(whole, 0.7 * low + 0.3 * high, atol=1e-12)


def test_transplant_multiplies_the_rates():
    rates = rates_of(SimulationModel(), high=True, eligible=True)
    assert rates[1, 2] == pytest.approx(0.5 * rates[0, 2])
    assert rates[1, 3] == pytest.approx(3 * rates[0, 3])
    np.testing.assert_allclose(rates.sum(axis=1), 0, atol=1e-15)


@pytest.mark.parametrize("bad", [{"high_risk": 1.2}, {"relapse_rate": -1}, {"typo": 1}])
def test_a_model_that_cannot_be_is_refused(bad):
    with pytest.raises(ValueError):
        SimulationModel(**bad)
