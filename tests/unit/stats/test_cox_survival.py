"""Predicted survival as rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sequela.stats.cox import CoxData, CoxModel, fit_data
from sequela.stats.cox_curves import predict_survival
from sequela.stats.cox_survival import Prediction, estimate_cox_survival
from sequela.stats.results import results_table

DATA = CoxData(
    exit_time=[3, 5, 8, 8, 11, 14, 20, 21, 30, 33],
    event=[1, 1, 1, 0, 1, 1, 0, 1, 1, 0],
    columns={
        "age": [70, 61, None, 55, 64, 72, 50, 49, 66, 58],
        "sex": ["F", "M", "M", "F", "F", "M", "M", "F", "F", "M"],
        "site": ["A", "A", "A", "B", "B", "B", "A", "A", "B", "B"],
    },
)
MODEL = CoxModel(covariates=("age", "sex"))
WHO = {"older woman": {"age": 70, "sex": "F"}, "younger man": {"age": 50, "sex": "M"}}


def rows_of(data=DATA, model=MODEL, at=(10, 25), **given):
    asked = Prediction(patients=WHO, at=at, **given)
    rows = estimate_cox_survival(data, model, asked, variable="os")
    results_table(rows)
    return {(row.contrast, row.level, row.time, row.statistic): row for row in rows}


def test_rows_are_the_curve_at_the_times():
    rows = rows_of()
    (curve,) = predict_survival(fit_data(DATA, MODEL).fit, [70, 0])
    # Events of the nine complete patients at 3, 5, 11, 14, 21, 30: at 10 the second holds.
    assert curve.time.tolist() == [3, 5, 11, 14, 21, 30]
    found = {s: rows["older woman", "", 10.0, s] for s in ("predicted_survival", "std_err")}
    assert found["predicted_survival"].value == curve.survival[1]
    assert found["std_err"].value == curve.survival[1] * curve.log_std_err[1]
    assert rows["older woman", "", 25.0, "ci_low"].value == curve.low[4]
    assert rows["older woman", "", 25.0, "ci_high"].value == curve.high[4]
    assert {(row.n, row.n_missing) for row in rows.values()} == {(9, 1)}
    assert found["std_err"].method == "Cox regression, Efron ties, log-log 95% CI"
    younger = rows["younger man", "", 10.0, "predicted_survival"].value
    assert younger > found["predicted_survival"].value


def test_without_covariates_that_matter_it_is_near_the_life_table():
    # By hand: with age the same in all, survival is exp of minus the Nelson-Aalen hazard.
    data = CoxData(exit_time=[1, 2, 3], event=[1, 1, 0], columns={"x": [5, 5, 5]})
    model = CoxModel(covariates=("x",))
    asked = Prediction(patients={"any": {"x": 5}}, at=[2])
    row, std_err, *_ = estimate_cox_survival(data, model, asked, variable="os")
    assert row.value == pytest.approx(np.exp(-1 / 3 - 1 / 2))
    assert std_err.value == pytest.approx(row.value * np.sqrt(1 / 9 + 1 / 4))


def test_before_the_first_event_and_after_the_last_follow_up():
    rows = rows_of(at=(1, 33, 34))
    assert rows["older woman", "", 1.0, "predicted_survival"].value == 1
    assert rows["older woman", "", 1.0, "std_err"].state == "not_estimable"
    assert rows["older woman", "", 33.0, "predicted_survival"].state == "ok"
    late = rows["older woman", "", 34.0, "predicted_survival"]
    assert (late.state, late.error) == (
        "not_estimable",
        "nobody of the stratum was followed so long",
    )


def test_strata_are_levels():
    rows = rows_of(model=replace(MODEL, strata=("site",)), at=(21,))
    assert {level for _, level, _, _ in rows} == {"site=A", "site=B"}
    first, second = (
        rows["older woman", level, 21.0, "predicted_survival"] for level in ("site=A", "site=B")
    )
    assert first.value != second.value


@pytest.mark.parametrize(
    ("event", "reason"),
    [([0] * 10, "no event happened"), ([1] + [0] * 9, "an estimate lies at infinity")],
)
def test_nothing_to_predict_from_has_a_reason(event, reason):
    rows = rows_of(replace(DATA, event=event))
    assert len(rows) == 16
    assert {row.state for row in rows.values()} == {"not_estimable"}
    assert all(reason in row.error for row in rows.values())


def test_who_is_unknown_is_named():
    with pytest.raises(ValueError, match="Covariate 'sex' has no level 'X'"):
        asked = Prediction(patients={"x": {"age": 1, "sex": "X"}}, at=[1])
        estimate_cox_survival(DATA, MODEL, asked, variable="os")
