"""What happens to simulated patients comes in an order that life allows."""

from __future__ import annotations

import numpy as np
import pytest

from sequela.simulate.histories import simulate_histories
from sequela.simulate.model import SimulationModel
from sequela.simulate.truth import true_second_remission


@pytest.fixture(scope="module")
def histories():
    return simulate_histories(20_000, SimulationModel(), np.random.default_rng(3))


def test_nothing_happens_after_the_last_contact(histories):
    named = ("remission", "transplant", "relapse", "second_remission", "second_cancer", "death")
    for name in named:
        days = getattr(histories, name)
        seen = np.isfinite(days)
        assert seen.any(), name
        assert (days[seen] <= histories.end[seen]).all(), name


def test_transplant_and_relapse_come_after_remission(histories):
    for name in ("transplant", "relapse"):
        days = getattr(histories, name)
        seen = np.isfinite(days)
        assert (days[seen] > histories.remission[seen]).all(), name


def test_nobody_is_transplanted_after_a_relapse(histories):
    both = np.isfinite(histories.transplant) & np.isfinite(histories.relapse)
    assert both.any()
    assert (histories.transplant[both] <= histories.relapse[both]).all()


def test_a_second_remission_comes_at_the_visit_after_salvage_of_a_relapse(histories):
    second = np.isfinite(histories.second_remission)
    assert second.any()
    days = histories.second_remission[second] - histories.relapse[second]
    assert set(days) == {42.0}
    assert not (second & ~histories.salvage_judged).any()


def test_second_remissions_are_as_many_as_the_model_says(histories):
    """Within four standard errors of a share, among the judged."""
    judged = histories.salvage_judged
    share = np.isfinite(histories.second_remission)[judged].mean()
    true = true_second_remission(SimulationModel())
    assert abs(share - true) < 4 * np.sqrt(true * (1 - true) / judged.sum())


def test_those_in_a_second_remission_live_longer(histories):
    """Deaths a day after the visit are lower by the ratio of the model (four standard errors)."""
    judged, second = histories.salvage_judged, np.isfinite(histories.second_remission)
    rates, errors = [], []
    for who in (judged & second, judged & ~second):
        days = (histories.end[who] - histories.relapse[who] - 42).sum()
        deaths = histories.dead[who].sum()
        rates.append(deaths / days)
        errors.append(1 / deaths)
    ratio = np.log(rates[0] / rates[1])
    true = np.log(SimulationModel().death_by_second_remission)
    assert abs(ratio - true) < 4 * np.sqrt(sum(errors))


def test_the_dead_are_followed_to_their_death(histories):
    dead = histories.dead
    np.testing.assert_array_equal(histories.end[dead], histories.death[dead])


def test_only_the_eligible_are_transplanted_and_only_the_treated_remit(histories):
    assert not (np.isfinite(histories.transplant) & ~histories.eligible).any()
    assert not (np.isfinite(histories.remission) & ~histories.treated).any()


def test_shares_are_those_of_the_model(histories):
    """Within four standard errors of a share of 20,000."""
    assert abs(histories.high.mean() - 0.4) < 4 * np.sqrt(0.24 / 20_000)
    assert abs(histories.treated.mean() - 0.9) < 4 * np.sqrt(0.09 / 20_000)


def test_a_seed_gives_the_same_histories_again():
    first, again = (
        simulate_histories(50, SimulationModel(), np.random.default_rng(9)) for _ in range(2)
    )
    np.testing.assert_array_equal(first.end, again.end)
    np.testing.assert_array_equal(first.transplant, again.transplant)
