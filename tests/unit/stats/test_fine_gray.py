"""Fine-Gray regression where it can be worked out, and where it has no answer."""

from __future__ import annotations

import numpy as np
import pytest

from sequela.stats.fine_gray import (
    _evaluate,
    _people,
    compare_subdistribution_hazards,
    fine_gray,
)
from sequela.stats.fine_gray_rows import build_fine_gray_rows
from sequela.stats.gray import gray_test
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.strata import unstratified


def rows_of(time, event, x, **given):
    fit = fine_gray(time, event, np.array(x, dtype=float)[:, None], names=["x"], **given)
    return fit, {
        row.statistic: row
        for row in compare_subdistribution_hazards(fit, n=len(time), variable="relapse")
    }


def test_without_competing_events_it_is_cox_by_hand():
    # Events at 1 (x = 1), 2 (x = 0), 3 (x = 1), one of x = 0 censored at 4. With r = exp(b):
    # score 2 - 2r/(2r+2) - r/(r+2) - r/(r+1) = 0, that is r^2 - r - 4 = 0.
    _, rows = rows_of([1, 2, 3, 4], [1, 1, 1, 0], [1, 0, 1, 0])
    ratio = rows["subdistribution_hazard_ratio"].value
    assert ratio == pytest.approx((1 + np.sqrt(17)) / 2)
    assert rows["fine_gray_coefficient"].value == pytest.approx(np.log(ratio))
    assert rows["subdistribution_hazard_ratio_ci_low"].value < ratio


def test_those_with_a_competing_event_stay_at_risk_by_hand():
    # Nobody censored, so weights are 1: the risk sets of relapses at 2 (x = 1) and 3 (x = 0)
    # keep the deaths at 1 (x = 0) and 2.5 (x = 1). t = 2: all four at risk, of r: 2; t = 3: the one
    # at 3, the deaths. Score 1 - 2r/(2r+2) - r/(r+2) = 0, that is r^2 = 2.
    _, rows = rows_of([1, 2, 2.5, 3], [2, 1, 2, 1], [0, 1, 1, 0])
    assert rows["subdistribution_hazard_ratio"].value == pytest.approx(np.sqrt(2))


def test_the_other_cause_is_fitted_by_its_code():
    _, first = rows_of([1, 2, 2.5, 3, 4], [1, 2, 1, 2, 0], [0, 1, 1, 0, 1], cause=2)
    _, second = rows_of([1, 2, 2.5, 3, 4], [2, 1, 2, 1, 0], [0, 1, 1, 0, 1])
    key = "fine_gray_coefficient"
    assert first[key].value == pytest.approx(second[key].value)


def test_its_score_at_zero_is_that_of_gray():
    # Nobody is censored before the last event and both groups are at risk until then: the
    # score of this model at b = 0 is Gray's.
    time = [1, 2, 3, 4, 5, 6, 7, 8]
    event, x = [1, 2, 1, 1, 2, 1, 0, 0], [0, 1, 1, 0, 0, 1, 0, 1]
    group = ["b" if one else "a" for one in x]
    tables = build_risk_tables(time, event, group=group, causes=("one", "two"))
    gray = gray_test(unstratified(tables), "one").score[1]
    people = _people(time, event, np.array(x, float)[:, None], 1, None)
    assert _evaluate(people, np.zeros(1)).score[0] == pytest.approx(gray)


def test_separation_is_a_row_with_a_reason():
    fit, rows = rows_of([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0])
    assert fit.infinite.tolist() == [True]
    assert {row.state for row in rows.values()} == {"not_estimable"}
    assert "do not fix a finite coefficient" in rows["fine_gray_coefficient"].error


@pytest.mark.parametrize(
    ("time", "event", "x"),
    [([2], [1], [1]), ([1, 2], [1, 1], [3, 3]), ([2, 2], [1, 1], [0, 1])],
)
def test_what_has_no_unique_estimate_has_a_reason(time, event, x):
    # One patient; a covariate that does not vary; everyone at risk has the event together.
    _, rows = rows_of(time, event, x)
    assert {row.state for row in rows.values()} == {"not_estimable"}


@pytest.mark.parametrize(
    ("event", "covariates", "names", "sentence"),
    [
        ([0, 2], [[1], [2]], ["x"], "Nobody had the event 1"),
        ([1, 0], [[1], [np.nan]], ["x"], "one finite column a name"),
        ([1, 0], [[1], [2]], ["x", "y"], "one finite column a name"),
        ([1, 0.5], [[1], [2]], ["x"], "one whole code a person"),
        ([1], [[1], [2]], ["x"], "one whole code a person"),
    ],
)
def test_mistakes_are_said(event, covariates, names, sentence):
    with pytest.raises(ValueError, match=sentence):
        fine_gray([1, 2], event, covariates, names=names)


def weighted_score(b, weight, *, time, event, x, kind):
    """The score when each person counts `weight` times, G too, in plain loops.

    G is the Kaplan-Meier estimate, which weights move as they move the Nelson-Aalen estimate:
    that is the martingale of the censoring, of which the variance is made.
    """
    order = np.argsort(time)
    free = np.ones((kind.max() + 1, time.size))
    for k in range(kind.max() + 1):
        left = 1.0
        for place, i in enumerate(order):
            free[k, place] = left
            if event[i] == 0 and kind[i] == k:
                later = order[place:][kind[order[place:]] == k]
                moved = weight[i] / weight[later].sum() - 1 / later.size
                left *= (1 - 1 / later.size) * np.exp(-moved)
    place_of = np.empty(time.size, dtype=int)
    place_of[order] = np.arange(time.size)
    total = np.zeros(x.shape[1])
    for place, i in enumerate(order):
        if event[i] == 1:
            stays = np.where(event == 2, free[kind, place] / free[kind, place_of], 0.0)
            risk = np.where(time >= time[i], 1.0, stays) * weight * np.exp(x @ b)
            total += weight[i] * (x[i] - risk @ x / risk.sum())
    return total


@pytest.mark.parametrize("groups", [1, 3])
def test_its_variance_is_that_of_the_infinitesimal_jackknife(groups):
    random = np.random.default_rng(groups)
    n, step = 60, 1e-4
    given = {
        "time": random.permutation(n) + 1.0,
        "event": random.integers(0, 3, n),
        "x": random.normal(size=(n, 2)),
        "kind": np.arange(n) % groups,
    }
    fit = fine_gray(
        given["time"],
        given["event"],
        given["x"],
        names=["a", "b"],
        censoring=given["kind"].astype(str),
    )
    b, one = fit.coefficients, np.ones(n)
    assert weighted_score(b, one, **given) == pytest.approx(0, abs=1e-7)
    moved = np.stack(
        [
            (
                weighted_score(b, one + step * who, **given)
                - weighted_score(b, one - step * who, **given)
            )
            / (2 * step)
            for who in np.eye(n)
        ]
    )
    slope = np.stack(
        [
            (
                weighted_score(b - step * one_of, one, **given)
                - weighted_score(b + step * one_of, one, **given)
            )
            / (2 * step)
            for one_of in np.eye(2)
        ]
    )
    expected = np.linalg.inv(slope) @ (moved.T @ moved) @ np.linalg.inv(slope)
    assert fit.variance == pytest.approx(expected, rel=1e-5)


def test_rows_of_a_cox_model_by_hand():
    # The cause at 2 and 5; a competing event at 1; one censored at 3, one at 6. W is 1 until 3
    # and 2/3 from then on, as one of three at risk was censored.
    rows = build_fine_gray_rows([2, 5, 1, 3, 6], [1, 1, 2, 0, 0])
    made = list(zip(rows.person, rows.entry, rows.exit_time, rows.event, rows.weight, strict=True))
    assert made[:5] == [
        (0, 0, 2, 1, 1),
        (1, 0, 5, 1, 1),
        (2, 0, 1, 0, 1),
        (3, 0, 3, 0, 1),
        (4, 0, 6, 0, 1),
    ]
    assert made[5] == (2, 1, 2, 0, 1)
    assert made[6] == (2, 2, 5, 0, pytest.approx(2 / 3))
    assert len(made) == 7


def test_rows_of_a_cox_model_refuse_what_has_no_meaning():
    with pytest.raises(ValueError, match="Nobody had the event 3"):
        build_fine_gray_rows([2, 5], [1, 2], cause=3)
    with pytest.raises(ValueError, match="one name a person"):
        build_fine_gray_rows([2, 5], [1, 2], strata=["a"])
    with pytest.raises(ValueError, match="before others entered"):
        build_fine_gray_rows([1, 2, 6, 7], [2, 2, 1, 0], entry=[0, 0, 4, 4])


def test_a_name_of_the_censoring_for_each_person():
    with pytest.raises(ValueError, match="one name a person"):
        fine_gray([2, 5], [1, 2], [[0.0], [1.0]], names=["x"], censoring=["a"])
