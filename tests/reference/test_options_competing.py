"""Competing risks and states equal R's where strata, weights and rho meet, on other data."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from long_answers import numbers, read_answers, read_rows

from sequela.stats.competing_risks import cumulative_incidence, incidence_at
from sequela.stats.counting_process import build_counting_process
from sequela.stats.cox_fit import fit_cox
from sequela.stats.cox_residuals import robust_variance
from sequela.stats.fine_gray import fine_gray
from sequela.stats.fine_gray_rows import build_fine_gray_rows
from sequela.stats.gray import gray_test
from sequela.stats.multi_state import jackknife_state_occupation, state_occupation
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.score_test import chi_squared_tail
from sequela.stats.state_histories import state_histories, transition_tables
from sequela.stats.strata import build_stratified_risk_tables

R = read_answers("options")
REL, FIT = 1e-8, 1e-6
CAUSES = ("1", "2")
GRAY = {
    "melanoma:ulcer": ("ulcer", "", ""),
    "melanoma:ulcer:band": ("ulcer", "band", ""),
    "melanoma:band:sex": ("band", "sex", ""),
    "relapse:weights:size:grade": ("size", "grade", "w"),
    "melanoma:weights:ulcer:band": ("ulcer", "band", "w"),
}
MODELS = {"melanoma": ("ulcer", "sex", "age"), "relapse": ("hormon", "size", "age")}


@cache
def data(id):
    columns = read_rows(f"options_{id.split(':', maxsplit=1)[0]}")
    return {key: numbers(texts) for key, texts in columns.items()}


@pytest.mark.parametrize("id", R.ids("cif:1"))
def test_incidence_and_both_variances(id):
    d = data(id)
    kept = d["band"] == float(id.split(":")[1]) if ":" in id else d["time"] > -1
    table = build_risk_tables(d["time"][kept], d["event"][kept].astype(int), causes=CAUSES)[""]
    for cause in CAUSES:
        when = R.times(id, f"cif:{cause}")
        points = incidence_at(cumulative_incidence(table, cause), when)
        np.testing.assert_allclose(points.incidence, R.values(id, f"cif:{cause}"), rtol=REL)
        np.testing.assert_allclose(points.std_err, R.values(id, f"cif_se:{cause}"), rtol=REL)
        for limit, side in ((points.low, "low"), (points.high, "high")):
            expected = R.values(id, f"cif_{side}:{cause}")
            known = points.incidence > 0
            np.testing.assert_allclose(limit[known], expected[known], rtol=REL)
        aalen = incidence_at(cumulative_incidence(table, cause, variance="aalen"), when)
        np.testing.assert_allclose(aalen.std_err**2, R.values(id, f"aalen_var:{cause}"), rtol=REL)


@pytest.mark.parametrize("rho", [0, 0.5, 1, 2])
@pytest.mark.parametrize("id", GRAY)
def test_gray(id, rho):
    group, stratum, weight = GRAY[id]
    d = data(id)
    strata = build_stratified_risk_tables(
        d["time"],
        d["event"].astype(int),
        group=d[group].astype(str),
        stratum=d[stratum].astype(str) if stratum else np.full(d["time"].size, ""),
        weights=d[weight] if weight else None,
        causes=CAUSES,
    )
    for cause in CAUSES:
        found = gray_test(strata, cause, rho=rho)
        expected = R.value(id, "gray", cause, rho)
        assert found.chi_squared == pytest.approx(expected, rel=REL)
        p = chi_squared_tail(found.chi_squared, found.degrees_of_freedom)
        assert p == pytest.approx(R.value(id, "gray_p", cause, rho), rel=1e-7)


@pytest.mark.parametrize("cause", [1, 2])
@pytest.mark.parametrize("name", MODELS)
def test_fine_gray(name, cause):
    d, id = data(name), f"{name}:fg:{cause}"
    x = np.stack([d[c] for c in MODELS[name]], axis=1)
    fit = fine_gray(d["time"], d["event"], x, names=MODELS[name], cause=cause)
    for j, covariate in enumerate(MODELS[name]):
        assert fit.coefficients[j] == pytest.approx(R.value(id, "coef", covariate), rel=FIT)
        assert np.sqrt(fit.variance[j, j]) == pytest.approx(R.value(id, "se", covariate), rel=FIT)
    assert fit.log_likelihood == pytest.approx(R.value(id, "loglik"), rel=REL)


@pytest.mark.parametrize("cause", [1, 2])
def test_fine_gray_with_censoring_of_each_group(cause):
    d, id = data("relapse"), f"relapse:fg+cengroup:{cause}"
    x = np.stack([d[c] for c in MODELS["relapse"]], axis=1)
    fit = fine_gray(
        d["time"],
        d["event"],
        x,
        names=MODELS["relapse"],
        cause=cause,
        censoring=d["meno"].astype(str),
    )
    for j, covariate in enumerate(MODELS["relapse"]):
        assert fit.coefficients[j] == pytest.approx(R.value(id, "coef", covariate), rel=FIT)
        # crr's variance is not quite the jackknife's here, which ours is (decision 010, and
        # tests/unit/stats/test_fine_gray.py).
        assert np.sqrt(fit.variance[j, j]) == pytest.approx(R.value(id, "se", covariate), rel=1e-3)
    assert fit.log_likelihood == pytest.approx(R.value(id, "loglik"), rel=REL)


def weighted_cox(d, id, cause, *, entry=None, strata=None, cut=None):
    """The Cox model on the rows of a Fine-Gray model, beside R's on those of `finegray`."""
    rows = build_fine_gray_rows(d["time"], d["event"], cause=cause, entry=entry, strata=strata)
    x = np.stack([d[c][rows.person] for c in MODELS["relapse"]], axis=1)
    names = list(MODELS["relapse"])
    begin, end, event, person, weight = (
        rows.entry,
        rows.exit_time,
        rows.event,
        rows.person,
        rows.weight,
    )
    if cut is not None:
        # Each row is cut at the time from which the coefficient is another.
        split = (begin < cut) & (end > cut)
        begin = np.concatenate((begin, np.full(split.sum(), cut)))
        event = np.concatenate((np.where(split, 0, event), event[split]))
        end = np.concatenate((np.where(split, cut, end), end[split]))
        person, weight = (np.concatenate((a, a[split])) for a in (person, weight))
        x = np.concatenate((x, x[split]))
        x = np.column_stack((x, x[:, 0] * (begin >= cut)))
        names.append("late")
    process = build_counting_process(
        end,
        event,
        covariates=x,
        entry=begin,
        weights=weight,
        strata=None if strata is None else strata[person],
        cluster=person,
    )
    fit = fit_cox(process, ties="breslow")
    spread = np.sqrt(np.diag(robust_variance(fit)))
    for j, covariate in enumerate(names):
        assert fit.coefficients[j] == pytest.approx(R.value(id, "coef", covariate), rel=FIT)
        assert spread[j] == pytest.approx(R.value(id, "se", covariate), rel=FIT)


@pytest.mark.parametrize("cause", [1, 2])
def test_stratified_fine_gray(cause):
    d = data("relapse")
    weighted_cox(d, f"relapse:fg+strata:{cause}", cause, strata=d["grade"].astype(str))


@pytest.mark.parametrize("cause", [1, 2])
def test_fine_gray_with_delayed_entry_and_a_coefficient_that_changes(cause):
    d = {key: column[data("relapse")["time"] > 3] for key, column in data("relapse").items()}
    entry = np.floor(d["time"] / 4) * (d["age"] > 50)
    weighted_cox(d, f"relapse:fg+late:{cause}", cause, entry=entry)
    weighted_cox(d, f"relapse:fg+late+split:{cause}", cause, entry=entry, cut=1000)


@pytest.mark.parametrize("treat", [0, 1])
def test_states_of_repeated_infections(treat):
    columns = read_rows("options_infections")
    kept = [i for i, text in enumerate(columns["treat"]) if float(text) == treat]
    c = {key: [texts[i] for i in kept] for key, texts in columns.items()}
    stays = state_histories(
        c["id"],
        numbers(c["tstart"]),
        numbers(c["tstop"]),
        c["origin"],
        c["target"],
        states=("zero", "one", "two"),
    )
    id, times = f"infections:{treat}", [60.0, 150.0, 300.0]
    found = jackknife_state_occupation(stays, times)
    by_tables = state_occupation(transition_tables(stays), [300.0])
    for j, state in enumerate(found.states):
        expected = R.values(id, "pstate", state)
        np.testing.assert_allclose(found.probability[:, j], expected, rtol=REL, atol=1e-14)
        np.testing.assert_allclose(found.std_err[:, j], R.values(id, "se", state), rtol=REL)
        mean = R.value(id, "rmean", state)
        assert found.time_in_state[2, j] == pytest.approx(mean, rel=REL)
        assert by_tables.time_in_state[0, j] == pytest.approx(mean, rel=REL)
