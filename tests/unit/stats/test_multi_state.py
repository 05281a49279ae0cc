"""State histories and the multi-state Aalen-Johansen estimate by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sequela.stats.competing_risks import cumulative_incidence
from sequela.stats.multi_state import (
    estimate_state_occupation,
    jackknife_state_occupation,
    state_occupation,
)
from sequela.stats.pooling import pool_transition_tables
from sequela.stats.restricted_mean import restricted_mean
from sequela.stats.results import Absent, results_table
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.state_histories import histories_from_times, state_histories, transition_tables
from sequela.stats.survival import kaplan_meier, step_at

STATES = ("well", "ill", "dead")
# a falls ill at 1 and dies at 3; b dies at 2; c is well until censored at 4.
ROWS = {
    "person": ["a", "a", "b", "c"],
    "start": [0, 1, 0, 0],
    "stop": [1, 3, 2, 4],
    "origin": ["well", "ill", "well", "well"],
    "target": ["ill", "dead", "dead", ""],
}


def histories(**changes):
    return state_histories(**(ROWS | changes), states=STATES)


def test_occupation_by_hand():
    found = state_occupation(transition_tables(histories()), [0, 1, 2, 3, 4, 5])
    # 1: a third falls ill. 2: one of two well dies. 3: the one ill dies.
    third = 1 / 3
    assert found.probability[:5].ravel().tolist() == pytest.approx(
        [1, 0, 0, 2 / 3, third, 0, third, third, third, third, 0, 2 / 3, third, 0, 2 / 3]
    )
    assert np.isnan(found.probability[5]).all()
    # Well: 1 + 2/3 + 1/3 by 3; ill: 1/3 + 1/3; dead: 1/3.
    assert found.time_in_state[3].tolist() == pytest.approx([2, 2 / 3, 1 / 3])


def test_without_censoring_the_jackknife_is_binomial():
    complete = histories(target=["ill", "dead", "dead", "dead"])
    found = jackknife_state_occupation(complete, [1, 2, 3])
    # Shares of three people: p (1 - p) / 3.
    expected = found.probability * (1 - found.probability) / 3
    np.testing.assert_allclose(found.std_err**2, expected, atol=1e-15)


def test_two_states_are_kaplan_meier():
    time, event = [2, 3, 3, 5, 8, 8], [1, 1, 0, 1, 0, 1]
    target = ["dead" if one else "" for one in event]
    one = state_histories(range(6), [0] * 6, time, ["alive"] * 6, target, states=("alive", "dead"))
    table = build_risk_tables(time, event)[""]
    at = [1, 2, 3, 5, 7]
    points = step_at(kaplan_meier(table), at)
    for found in (
        state_occupation(transition_tables(one), at),
        jackknife_state_occupation(one, at),
    ):
        np.testing.assert_allclose(found.probability[:, 0], points.survival)
        np.testing.assert_allclose(found.std_err[:, 0], points.std_err, atol=1e-15)
        mean = restricted_mean(table, 7)
        assert found.time_in_state[-1, 0] == pytest.approx(mean.mean)
        assert found.time_std_err[-1, 0] == pytest.approx(mean.std_err)


def test_competing_risks_are_three_states():
    time, event = [1, 2, 2, 3, 4, 6], [1, 1, 2, 0, 2, 0]
    names = ["", "relapse", "death"]
    one = state_histories(
        range(6),
        [0] * 6,
        time,
        ["remission"] * 6,
        [names[code] for code in event],
        states=("remission", "relapse", "death"),
    )
    table = build_risk_tables(time, event, causes=("relapse", "death"))[""]
    found = state_occupation(transition_tables(one), table.time)
    for k, cause in enumerate(table.causes, start=1):
        curve = cumulative_incidence(table, cause)
        np.testing.assert_allclose(found.probability[:, k], curve.incidence)
        np.testing.assert_allclose(found.std_err[:, k], curve.std_err, atol=1e-12)


def test_people_may_begin_in_different_states():
    found = state_occupation(
        transition_tables(
            state_histories([1, 2], [0, 0], [5, 5], ["well", "ill"], ["", "dead"], states=STATES)
        ),
        [0, 5],
    )
    assert found.probability.tolist() == [[0.5, 0.5, 0], [0.5, 0, 0.5]]
    # A share of two people: 1/2 x 1/2 / 2.
    assert found.std_err[0, 0] ** 2 == pytest.approx(1 / 8)


def test_when_everyone_is_dead_it_stays_so():
    gone = histories(target=["ill", "dead", "dead", "dead"])
    found = state_occupation(transition_tables(gone), [10])
    assert found.probability[0].tolist() == pytest.approx([0, 0, 1])
    assert found.std_err[0].tolist() == pytest.approx([0, 0, 0])


def test_rows():
    occupation = state_occupation(transition_tables(histories()), [2, 9])
    rows = estimate_state_occupation(occupation, n=3, variable="state", absent=Absent(missing=1))
    assert results_table(rows).height == len(rows) == 2 * 3 * 5
    found = {(row.level, row.time, row.statistic): row for row in rows}
    assert found["ill", 2, "state_occupation"].value == pytest.approx(1 / 3)
    assert found["ill", 2, "state_occupation_ci_low"].value < 1 / 3
    assert found["ill", 9, "state_occupation"].state == "not_estimable"
    assert found["ill", 9, "time_in_state"].state == "not_estimable"
    early = estimate_state_occupation(
        state_occupation(transition_tables(histories()), [0.5]), n=3, variable="state"
    )
    assert early[0].value == 1
    assert early[1].state == "not_estimable"


def test_nobody():
    nobody = state_histories([], [], [], [], [], states=STATES)
    found = state_occupation(transition_tables(nobody), [1])
    assert np.isnan(found.probability).all()


def test_histories_from_times():
    never = np.inf
    found = histories_from_times(
        "diagnosis",
        {"CR": [1, 2, never, 0], "relapse": [5, 2, never, never], "death": [7, 9, 3, 4]},
        [7, 6, 3, 4],
    )
    rows = list(
        zip(
            found.person.tolist(),
            found.entry.tolist(),
            found.exit_time.tolist(),
            [found.states[code] for code in found.origin],
            [found.states[code] if code >= 0 else "" for code in found.target],
            strict=True,
        )
    )
    assert rows == [
        (0, 0, 1, "diagnosis", "CR"),
        (0, 1, 5, "CR", "relapse"),
        (0, 5, 7, "relapse", "death"),
        # CR and relapse on one day: the later in the mapping holds. Death at 9 is not seen.
        (1, 0, 2, "diagnosis", "relapse"),
        (1, 2, 6, "relapse", ""),
        (2, 0, 3, "diagnosis", "death"),
        (3, 0, 4, "CR", "death"),
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stop": [1, 3, 2, 0]}, "does not end after its start"),
        ({"stop": [1, np.nan, 2, 4]}, "has a missing time"),
        ({"target": ["ill", "gone", "dead", ""]}, "'gone' is none of the states"),
        ({"target": ["ill", "ill", "dead", ""]}, "that is no transition"),
        ({"start": [0, 0.5, 0, 0]}, "stays overlap"),
        ({"origin": ["well", "well", "well", "well"]}, "where the last one ended"),
    ],
)
def test_what_is_no_history(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        histories(**changes)


def test_a_transition_outside_the_graph():
    graph = {("well", "ill"), ("ill", "dead")}
    with pytest.raises(ValueError, match="no transition from 'well' to 'dead'"):
        state_histories(**ROWS, states=STATES, allowed=graph)
    with pytest.raises(ValueError, match="entering a state is missing"):
        histories_from_times("well", {"dead": [np.nan]}, [3])


def test_pooled_sites_are_everyone():
    whole = transition_tables(histories())
    first = state_histories(
        ["a", "a"], [0, 1], [1, 3], ["well", "ill"], ["ill", "dead"], states=STATES
    )
    second = state_histories(
        ["b", "c"], [0, 0], [2, 4], ["well", "well"], ["dead", ""], states=STATES
    )
    pooled = pool_transition_tables([transition_tables(first), transition_tables(second)])
    assert pooled.n == whole.n
    at = [1, 2, 3]
    for name in ("probability", "std_err", "time_in_state", "time_std_err"):
        expected = getattr(state_occupation(whole, at), name)
        np.testing.assert_array_equal(getattr(state_occupation(pooled, at), name), expected)
    with pytest.raises(ValueError, match="same states"):
        pool_transition_tables([])
