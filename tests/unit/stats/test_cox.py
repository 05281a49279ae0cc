"""Cox regression as rows: what each says, and what it says when there is no number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plain_cox
import pytest

from sequela.stats.cox import CoxData, CoxModel, estimate_cox, fit_data
from sequela.stats.results import Absent, results_table


def cohort(seed=0, n=60):
    x, time, event, _, _ = plain_cox.example(seed, n=n)
    columns = {
        "age": (60 + 8 * x[:, 0]).tolist(),
        "sex": ["F" if one else "M" for one in x[:, 1]],
        "site": [("MSK", "OSU", "NYU")[i % 3] for i in range(n)],
    }
    return CoxData(exit_time=time, event=event, columns=columns)


def rows_of(data, covariates=("age", "sex"), absent=None, **given):
    model = CoxModel(covariates=covariates, **given)
    more = {} if absent is None else {"absent": absent}
    rows = estimate_cox(data, model, variable="os", **more)
    results_table(rows)  # raises when two rows have one key
    return {(row.level, row.contrast, row.statistic): row for row in rows}


def test_rows_of_a_coefficient():
    data = cohort()
    rows = rows_of(data, references={"sex": "M"})
    fit = fit_data(data, CoxModel(covariates=("age", "sex"), references={"sex": "M"})).fit
    beta, se = fit.coefficients[1], np.sqrt(fit.variance[1, 1])
    found = {s: rows["sex", "sex: F vs M", s] for s in ("log_hazard_ratio", "std_err", "p_value")}
    assert found["log_hazard_ratio"].value == beta
    assert found["std_err"].value == se
    assert found["p_value"].method == "Cox regression, Efron ties, Wald"
    low = rows["sex", "sex: F vs M", "hazard_ratio_ci_low"]
    assert low.value == pytest.approx(np.exp(beta - 1.959963984540054 * se))
    assert low.method == "Cox regression, Efron ties, Wald 95% CI"
    assert rows["sex", "sex: F vs M", "hazard_ratio"].value == pytest.approx(np.exp(beta))
    assert rows["age", "age: per 1", "hazard_ratio"].variable == "os"


def test_the_reference_turns_the_ratio_around():
    one = rows_of(cohort(), references={"sex": "M"})["sex", "sex: F vs M", "log_hazard_ratio"]
    other = rows_of(cohort(), references={"sex": "F"})["sex", "sex: M vs F", "log_hazard_ratio"]
    assert one.value == pytest.approx(-other.value, rel=1e-9)


def test_rows_of_the_model():
    data = cohort()
    rows = {s: r for (level, _, s), r in rows_of(data).items() if not level}
    fit = fit_data(data, CoxModel(covariates=("age", "sex"))).fit
    assert rows["events"].value == np.sum(data.event)
    assert rows["events_per_variable"].value == np.sum(data.event) / 2
    assert rows["log_likelihood"].value == fit.log_likelihood
    assert rows["likelihood_ratio_chi_squared"].value == fit.likelihood_ratio
    assert rows["score_chi_squared"].value == fit.score_test
    assert rows["wald_degrees_of_freedom"].value == 2
    assert 0 < rows["concordance"].value < 1
    # Two degrees: the tail of chi-squared is exp(-x / 2).
    expected = np.exp(-fit.likelihood_ratio / 2)
    assert rows["likelihood_ratio_p_value"].value == pytest.approx(expected)


def test_the_test_of_proportional_hazards_is_by_term():
    rows = rows_of(cohort(), covariates=("age", "site"))
    name = "proportional_hazards_degrees_of_freedom"
    assert rows["age", "", name].value == 1
    assert rows["site", "", name].value == 2
    assert rows["", "", name].value == 3
    assert "time transform km" in rows["", "", name].method


def test_who_lacks_a_covariate_is_counted_as_missing():
    data = cohort()
    columns = dict(data.columns) | {"age": [None, None, *data.columns["age"][2:]]}
    columns["site"] = [*columns["site"][:-1], None]
    rows = rows_of(
        replace(data, columns=columns), strata=("site",), absent=Absent(missing=1, not_evaluable=2)
    )
    assert {(r.n, r.n_missing, r.n_not_evaluable) for r in rows.values()} == {(57, 4, 2)}


def test_a_patient_with_several_rows_is_one():
    x, time, event, _, _ = plain_cox.example(1, n=40)
    # Everyone's time is cut in two; the second half carries the event.
    half = np.ceil(time / 2) - 0.5
    data = CoxData(
        exit_time=np.concatenate((half, time)),
        event=np.concatenate((0 * event, event)),
        entry=np.concatenate((0 * half, half)),
        columns={"x": np.tile(x[:, 0], 2)},
        patient=list(range(40)) * 2,
    )
    plain = CoxData(exit_time=time, event=event, columns={"x": x[:, 0]})
    split, whole = (rows_of(d, covariates=("x",)) for d in (data, plain))
    for key, row in split.items():
        assert row.n == 40
        if key[2] not in ("concordance_std_err",) and "proportional" not in key[2]:
            assert row.value == pytest.approx(whole[key].value, rel=1e-9), key
    assert "delayed entry" in split["", "", "events"].method


def test_a_patient_cannot_be_at_risk_twice():
    data = CoxData(
        exit_time=[5, 9, 4],
        event=[0, 1, 1],
        entry=[0, 4, 0],
        columns={"x": [0, 1, 0], "kind": ["a", "b", "a"]},
        patient=["p", "p", "q"],
    )
    with pytest.raises(ValueError, match="A patient has intervals that overlap"):
        rows_of(data, covariates=("x",))
    # In two strata the same patient is at risk of two events.
    assert rows_of(data, covariates=("x",), strata=("kind",))["", "", "events"].n == 2
    rows_of(replace(data, entry=[0, 5, 0]), covariates=("x",))


def test_clusters_make_standard_errors_robust():
    data = cohort()
    robust = rows_of(data, cluster="site")
    plain = rows_of(data)
    key = ("age", "age: per 1", "std_err")
    assert robust[key].value != plain[key].value
    assert "takes rows as independent" in robust["", "", "score_p_value"].error
    assert robust["", "", "wald_p_value"].error == "" == plain["", "", "score_p_value"].error
    assert robust[key].method == "Cox regression, Efron ties, robust variance by site"
    assert (
        robust[key[0], key[1], "hazard_ratio"].value == plain[key[0], key[1], "hazard_ratio"].value
    )


def test_few_events_a_coefficient_are_a_warning_beside_the_number():
    few = rows_of(cohort(n=14), covariates=("age", "sex"))["", "", "events_per_variable"]
    assert (few.state, few.value < 10) == ("ok", True)
    assert few.error.startswith("fewer than 10 events a coefficient")
    many = rows_of(cohort(n=200), covariates=("age", "sex"))["", "", "events_per_variable"]
    assert many.error == ""


SEPARATED = CoxData(
    exit_time=[1, 2, 3, 4, 5, 6],
    event=[1, 1, 1, 0, 1, 0],
    columns={
        "drug": ["b", "b", "b", "a", "a", "a"],
        "age": [50, 70, 60, 55, 72, 61],
        "dose": [100, 140, 120, 110, 144, 122],
        "one": ["x"] * 6,
    },
)


def test_separation_is_a_row_with_its_reason():
    rows = rows_of(SEPARATED, covariates=("drug", "age"), profile=True)
    about = {s: r for (level, _, s), r in rows.items() if level == "drug"}
    for statistic in ("log_hazard_ratio", "hazard_ratio", "hazard_ratio_ci_low", "p_value"):
        assert about[statistic].state == "not_estimable"
        assert "lies above all bounds (separation)" in about[statistic].error
        assert "Firth's penalty" in about[statistic].error
    assert about["hazard_ratio_profile_ci_high"].state == "not_reached"
    assert about["hazard_ratio_profile_ci_low"].value > 0
    assert 0 < about["likelihood_ratio_p_value"].value < 1
    assert rows["age", "age: per 1", "hazard_ratio"].state == "ok"
    assert "separation" in rows["", "", "wald_chi_squared"].error
    assert rows["", "", "likelihood_ratio_chi_squared"].state == "ok"


def test_firth_answers_where_there_is_separation():
    rows = rows_of(SEPARATED, covariates=("drug", "age"), profile=True, firth=True)
    about = {s: r for (level, _, s), r in rows.items() if level == "drug"}
    assert {row.state for row in about.values()} == {"ok"}
    assert about["hazard_ratio"].method == "Cox regression, Efron ties, Firth's penalty"
    assert about["hazard_ratio_profile_ci_low"].value < about["hazard_ratio"].value
    assert "profile penalised likelihood 95% CI" in about["hazard_ratio_profile_ci_low"].method


def test_what_others_determine_says_so():
    rows = rows_of(SEPARATED, covariates=("age", "dose", "one"), profile=True)
    assert rows["age", "age: per 1", "hazard_ratio"].state == "ok"
    dose = rows["dose", "dose: per 1", "hazard_ratio"]
    assert (dose.state, dose.error) == (
        "not_estimable",
        "the covariate is determined by those before it, or constant in every risk set",
    )
    alone = rows["one", "one: x alone", "hazard_ratio_profile_ci_low"]
    assert (alone.state, alone.error) == ("not_estimable", "the covariate is the same in everyone")


@pytest.mark.parametrize(
    ("event", "reason"),
    [([0] * 6, "no event happened"), ([0, 0, 0, 0, 0, 1], "no covariate differs between those")],
)
@pytest.mark.parametrize("firth", [False, True])
def test_no_model_is_rows_with_a_reason(event, reason, firth):
    rows = rows_of(replace(SEPARATED, event=event), ("drug", "age"), profile=True, firth=firth)
    for (_, _, statistic), row in rows.items():
        if statistic in ("events", "events_per_variable"):
            assert row.state == "ok"
        else:
            assert row.state == "not_estimable", statistic
            assert reason in row.error


def test_nobody_complete():
    columns = dict(SEPARATED.columns) | {"age": [None] * 6}
    rows = rows_of(replace(SEPARATED, columns=columns), ("drug", "age"))
    assert {(row.n, row.n_missing) for row in rows.values()} == {(0, 6)}
    assert rows["drug", "drug: b vs a", "hazard_ratio"].error == "nobody has all covariates known"


def test_exact_ties_have_no_residual_test():
    rows = rows_of(cohort(n=20), ties="exact")
    assert rows["age", "age: per 1", "hazard_ratio"].state == "ok"
    assert "Efron's and Breslow's" in rows["", "", "proportional_hazards_p_value"].error


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"strata": ("ward",)}, "There is no column 'ward'"),
        ({"conf_level": 1.0}, "A confidence level lies between 0 and 1"),
        ({"firth": True, "cluster": "site"}, "Robust standard errors .* neither Firth's"),
        ({"transform": "square"}, "No transform 'square'; known are km"),
    ],
)
def test_what_cannot_be_asked(given, message):
    with pytest.raises(ValueError, match=message):
        rows_of(cohort(), **given)


def test_columns_and_times_must_be_of_one_length():
    with pytest.raises(ValueError, match="exit_time and the covariates must have the same number"):
        rows_of(replace(cohort(), exit_time=[1, 2], event=[1, 1]))
    with pytest.raises(ValueError, match="patient must be one identity a row"):
        rows_of(replace(cohort(), patient=[1, 2]))


def test_too_few_clusters_leave_the_joint_test_open_and_say_so():
    columns = {"a": [1, 2, 1, 4, 3, 2, 5, 1], "b": [1, 0, 0, 1, 1, 0, 1, 1]}
    few = CoxModel(covariates=("a", "b"), cluster="one", diagnostics=False)
    one = CoxData(exit_time=range(1, 9), event=[1] * 8, columns=columns | {"one": ["x"] * 8})
    found = {r.statistic: r for r in estimate_cox(one, few, variable="os")}
    assert found["wald_p_value"].error == (
        "there are too few clusters for a test of so many coefficients together"
    )


def test_what_another_at_infinity_leaves_nothing_of_is_a_row_with_its_reason():
    # All with x have the event first, so x is at infinity; among them z is the same, and
    # later nobody has an event. R prints 1.00 (0 to infinity) and that it did not converge.
    time, event = np.arange(1.0, 9), [1, 1, 1, 0, 0, 0, 0, 0]
    x = [1, 1, 1, 0, 0, 0, 0, 0]
    level = CoxData(exit_time=time, event=event, columns={"x": x, "z": [1, 1, 1, 1, 0, 1, 0, 1]})
    rows = rows_of(level, covariates=("x", "z"), profile=True)
    about = {name: row for (level_, _, name), row in rows.items() if level_ == "z"}
    assert {row.state for row in about.values()} == {"not_estimable"}
    assert about["hazard_ratio"].error == (
        "nothing is left to estimate it from: another covariate lies at infinity (separation), "
        "and where that one does not decide, this one does not differ"
    )
    # Where z differs among those with x, it has the estimate and error that R gives.
    told = CoxData(exit_time=time, event=event, columns={"x": x, "z": [0, 1, 0, 1, 0, 1, 0, 1]})
    rows = rows_of(told, covariates=("x", "z"))
    found = {name: row for (level_, _, name), row in rows.items() if level_ == "z"}
    assert found["log_hazard_ratio"].value == pytest.approx(np.log(2) / 2, abs=1e-8)
    assert found["std_err"].value == pytest.approx(1.4355, abs=1e-4)
