"""Small data that break conventions: ties, rounding, time zero, delayed entry, groups of one."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache

import numpy as np
import pytest
from long_answers import HERE, numbers, read_answers

from sequela.stats.competing_risks import cumulative_incidence, incidence_at
from sequela.stats.concordance import concordance
from sequela.stats.counting_process import build_counting_process
from sequela.stats.cox_fit import fit_cox
from sequela.stats.cox_residuals import robust_variance
from sequela.stats.fine_gray import fine_gray
from sequela.stats.gray import gray_test
from sequela.stats.multi_state import jackknife_state_occupation, state_occupation
from sequela.stats.proportional_hazards import proportional_hazards
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.state_histories import state_histories, transition_tables
from sequela.stats.strata import build_stratified_risk_tables, unstratified
from sequela.stats.survival import kaplan_meier, quantile
from sequela.stats.weighted_log_rank import Weighting, weighted_log_rank

R = read_answers("corners")
# The answers are kept to fifteen digits.
EXACT, FIT = 1e-8, 1e-6
MODELS = [(id, what.removesuffix(" coef")) for id, what, _ in R.found if what.endswith(" coef")]
MODELS = [(id, what) for id, what in dict.fromkeys(MODELS) if what != "crr"]


@cache
def cases(name):
    found = defaultdict(list)
    with (HERE / "data" / f"{name}.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found[row["case"]].append(row)
    return {case: {c: [row[c] for row in rows] for c in rows[0]} for case, rows in found.items()}


def data(case, late=False):
    columns = {
        name: np.array(texts) if name in ("group", "stratum", "case") else numbers(texts)
        for name, texts in cases("corners")[case].items()
    }
    kept = columns["entry"] < columns["time"] if late else slice(None)
    return {name: column[kept] for name, column in columns.items()}


def table_of(case, what):
    d = data(case, late=what == "late")
    entry = d["entry"] if what == "late" else None
    return build_risk_tables(d["time"], d["event"] > 0, entry=entry)[""]


@pytest.mark.parametrize("what", ["km", "late"])
@pytest.mark.parametrize("case", R.ids("km surv"))
def test_curves(case, what):
    table = table_of(case, what)
    curve, times = kaplan_meier(table), R.times(case, f"{what} surv")
    # R has rows at exits; where people enter our table has rows too.
    row = np.searchsorted(table.time, times + 1e-7, side="right") - 1
    np.testing.assert_allclose(table.at_risk[row], R.values(case, f"{what} n.risk"))
    np.testing.assert_allclose(curve.survival[row], R.values(case, f"{what} surv"), rtol=EXACT)
    inside = (curve.survival[row] < 1) & (curve.survival[row] > 0)
    for ours, theirs in ((curve.low, "lower"), (curve.high, "upper")):
        expected = R.values(case, f"{what} {theirs}")
        np.testing.assert_allclose(ours[row][inside], expected[inside], rtol=EXACT)


@pytest.mark.parametrize("what", ["km", "late"])
@pytest.mark.parametrize("case", R.ids("km quantile"))
def test_quantiles(case, what):
    if (case, f"{what} quantile", "") not in R.found:
        # R's quantile stops with an error where the curve has one level only.
        assert np.unique(kaplan_meier(table_of(case, what)).survival).size == 1
        return
    curve = kaplan_meier(table_of(case, what))
    found = [quantile(curve, p).time for p in R.times(case, f"{what} quantile")]
    np.testing.assert_allclose(found, R.values(case, f"{what} quantile"), rtol=EXACT)


@pytest.mark.parametrize("case", R.ids("survdiff"))
def test_log_rank(case):
    d = data(case)
    event = d["event"] > 0
    plain = unstratified(build_risk_tables(d["time"], event, group=d["group"]))
    layers = build_stratified_risk_tables(d["time"], event, group=d["group"], stratum=d["stratum"])
    for quantity, strata in (("survdiff", plain), ("stratified", layers)):
        for rho in (0.0, 1.0):
            if (case, quantity, "") not in R.found:
                continue
            expected = R.value(case, quantity, time=rho)
            found = weighted_log_rank(strata, Weighting("fleming-harrington", rho, 0))
            if np.isnan(found.chi_squared):
                # R says 0, or nothing, where no two groups were at risk together.
                assert np.isnan(expected) or expected == pytest.approx(0, abs=1e-12)
                continue
            assert found.chi_squared == pytest.approx(expected, rel=EXACT, abs=1e-12)


def fit_of(case, what):
    kind, ties = what.split()
    d = data(case, late=kind == "late")
    process = build_counting_process(
        d["time"],
        d["event"] > 0,
        covariates=np.stack([d["x1"], d["x2"]], axis=1),
        entry=d["entry"] if kind == "late" else None,
        strata=d["stratum"] if kind == "strata" else None,
        cluster=d["cluster"] if kind == "cluster" else None,
    )
    return fit_cox(process, ties=ties)


@pytest.mark.parametrize(("case", "what"), MODELS)
def test_cox(case, what):
    fit = fit_of(case, what)
    variance = robust_variance(fit) if what.startswith("cluster") else fit.variance
    for j, name in enumerate(("x1", "x2")):
        assert fit.coefficients[j] == pytest.approx(R.value(case, f"{what} coef", name), rel=FIT)
        std_err = float(np.sqrt(variance[j, j]))
        assert std_err == pytest.approx(R.value(case, f"{what} se", name), rel=FIT)
    assert fit.log_likelihood == pytest.approx(R.value(case, f"{what} loglik"), rel=EXACT)
    assert fit.score_test == pytest.approx(R.value(case, f"{what} score"), rel=FIT)
    if (case, f"{what} concordance", "") in R.found:
        found = concordance(fit.process, fit.linear_predictor).concordance
        assert found == pytest.approx(R.value(case, f"{what} concordance"), rel=EXACT)
    if (case, f"{what} zph", "GLOBAL") in R.found:
        test = proportional_hazards(fit)
        found = dict(zip(("x1", "x2"), test.chi_squared, strict=True))
        for name, value in (found | {"GLOBAL": test.global_chi_squared}).items():
            assert value == pytest.approx(R.value(case, f"{what} zph", name), rel=FIT)


@pytest.mark.parametrize("case", R.ids("gray"))
def test_gray(case):
    d = data(case)
    args = (d["time"], d["event"])
    plain = unstratified(build_risk_tables(*args, group=d["group"], causes=("1", "2")))
    layers = build_stratified_risk_tables(
        *args, group=d["group"], stratum=d["stratum"], causes=("1", "2")
    )
    for quantity, strata in (("gray", plain), ("gray stratified", layers)):
        for cause in R.groups(case, quantity):
            found = gray_test(strata, cause).chi_squared
            assert found == pytest.approx(R.value(case, quantity, cause), rel=EXACT)


@pytest.mark.parametrize("case", R.ids("crr coef"))
def test_fine_gray(case):
    d = data(case)
    later = d["time"] > 0
    covariates = np.stack([d["x1"], d["x2"]], axis=1)[later]
    fit = fine_gray(d["time"][later], d["event"][later], covariates, names=["x1", "x2"])
    for j, name in enumerate(("x1", "x2")):
        assert fit.coefficients[j] == pytest.approx(R.value(case, "crr coef", name), rel=FIT)
        std_err = float(np.sqrt(fit.variance[j, j]))
        assert std_err == pytest.approx(R.value(case, "crr se", name), rel=FIT)


@pytest.mark.parametrize("case", R.ids("aj"))
def test_cumulative_incidence(case):
    d = data(case)
    table = build_risk_tables(d["time"], d["event"], causes=("1", "2"))[""]
    for cause in ("1", "2"):
        # A little later, as R's times are kept to fifteen digits.
        points = incidence_at(cumulative_incidence(table, cause), R.times(case, "aj", cause) + 1e-7)
        seen = ~np.isnan(points.incidence)
        np.testing.assert_allclose(
            points.incidence[seen], R.values(case, "aj", cause)[seen], rtol=EXACT, atol=1e-14
        )
        np.testing.assert_allclose(
            points.std_err[seen], R.values(case, "aj se", cause)[seen], rtol=EXACT, atol=1e-9
        )
        assert seen[0]


@cache
def stays(case):
    rows = cases("states_corners")[case]
    return state_histories(
        rows["id"],
        numbers(rows["tstart"]),
        numbers(rows["tstop"]),
        rows["istate"],
        rows["event"],
        states=("a", "b", "c"),
    )


@pytest.mark.parametrize("case", R.ids("pstate"))
def test_states_also_when_nobody_is_seen_from_the_start(case):
    times = R.times(case, "pstate", "a")
    found = jackknife_state_occupation(stays(case), times)
    from_tables = state_occupation(transition_tables(stays(case)), times)
    seen = ~np.isnan(found.probability[:, 0])
    assert seen.any()
    for k, state in enumerate(("a", "b", "c")):
        if state not in R.groups(case, "pstate"):
            assert not found.probability[seen, k].any()
            continue
        expected = R.values(case, "pstate", state)[seen]
        for ours in (found, from_tables):
            np.testing.assert_allclose(ours.probability[seen, k], expected, rtol=EXACT, atol=1e-14)
        if (case, "pstate se", state) in R.found:
            spread = R.values(case, "pstate se", state)[seen]
            np.testing.assert_allclose(found.std_err[seen, k], spread, rtol=EXACT, atol=1e-9)
    np.testing.assert_allclose(found.probability[seen].sum(axis=1), 1)
