"""Competing risks, time-dependent exposure and states equal R's survival and cmprsk."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from long_answers import numbers, read_answers, read_rows

from sequela.stats.competing_risks import (
    cause_specific,
    cumulative_incidence,
    estimate_cumulative_incidence,
    incidence_at,
)
from sequela.stats.fine_gray import compare_subdistribution_hazards, fine_gray
from sequela.stats.gray import compare_cumulative_incidence
from sequela.stats.landmark import estimate_landmark, landmark_cohort, landmark_tables
from sequela.stats.log_rank import log_rank
from sequela.stats.multi_state import jackknife_state_occupation, state_occupation
from sequela.stats.restricted_mean import restricted_mean
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.simon_makuch import (
    compare_mantel_byar,
    estimate_simon_makuch,
    exposure_history,
)
from sequela.stats.state_histories import state_histories, transition_tables
from sequela.stats.strata import build_stratified_risk_tables
from sequela.stats.survival import estimate_survival, kaplan_meier, step_at

R = read_answers("competing")
SHARED = Path(__file__).parents[3] / "shared" / "reference" / "values.json"
REL = 1e-8
# cmprsk's crr is iterated to a gradient of 1e-14; its variance is in double precision.
FIT = 1e-6
CAUSES = {"mgus2": ("1", "2"), "pbc": ("1", "2"), "transplant": ("1", "2", "3")}
CURVES = [(id, group) for id in R.ids("pstate:1") for group in R.groups(id, "pstate:1")]
STATES = {
    "mgus2": ("mgus", "pcm", "death"),
    "myeloid": ("entry", "CR", "SCT", "relapse", "death"),
}


@cache
def strata_of(name: str, group: str, stratum: str = ""):
    needed = ("time", group, stratum) if stratum else ("time", group)
    columns = read_rows(f"compete_{name}", *needed)
    return build_stratified_risk_tables(
        numbers(columns["time"]),
        numbers(columns["event"]),
        group=columns[group],
        stratum=columns[stratum] if stratum else [""] * len(columns["time"]),
        causes=CAUSES[name],
    )


def table_of(id: str, group: str):
    (tables,) = strata_of(*id.split(":")).values()
    return tables[group]


def causes_of(id: str) -> tuple[str, ...]:
    return CAUSES[id.split(":", maxsplit=1)[0]]


@pytest.mark.parametrize(("id", "group"), CURVES)
def test_incidence_and_the_variance_of_survfit(id, group):
    for cause in causes_of(id):
        times = R.times(id, f"pstate:{cause}", group)
        points = incidence_at(cumulative_incidence(table_of(id, group), cause), times)
        expected = R.values(id, f"pstate:{cause}", group)
        np.testing.assert_allclose(points.incidence, expected, rtol=REL, atol=1e-15)
        spread = R.values(id, f"se:{cause}", group)
        np.testing.assert_allclose(points.std_err, spread, rtol=REL, atol=1e-9)


@pytest.mark.parametrize(("id", "group"), CURVES)
def test_incidence_and_the_variance_of_cuminc(id, group):
    for cause in causes_of(id):
        if group not in R.groups(id, f"cuminc:{cause}"):
            continue
        times = R.times(id, f"cuminc:{cause}", group)
        curve = cumulative_incidence(table_of(id, group), cause, variance="aalen")
        points = incidence_at(curve, times)
        expected = R.values(id, f"cuminc:{cause}", group)
        np.testing.assert_allclose(points.incidence, expected, rtol=REL, atol=1e-15)
        variance = R.values(id, f"aalen_var:{cause}", group)
        np.testing.assert_allclose(points.std_err**2, variance, rtol=REL, atol=1e-15)


@pytest.mark.parametrize("conf_type", ["log", "log-log", "plain"])
@pytest.mark.parametrize(("id", "group"), CURVES)
def test_limits_of_incidence(id, group, conf_type):
    for cause in causes_of(id):
        times = R.times(id, f"low:{conf_type}:{cause}", group)
        rows = estimate_cumulative_incidence(
            table_of(id, group), variable="x", at=times.tolist(), conf_type=conf_type
        )
        found = {(r.level, r.time, r.statistic): r.value for r in rows if r.state == "ok"}
        for time in times.tolist():
            for side in ("low", "high"):
                key = (cause, time, f"cumulative_incidence_ci_{side}")
                expected = R.value(id, f"{side}:{conf_type}:{cause}", group, time)
                if key in found:
                    assert found[key] == pytest.approx(expected, rel=REL, abs=1e-12), key
                else:
                    # R gives no limit, or the point itself, where nothing has happened yet.
                    assert found[cause, time, "cumulative_incidence"] == 0
                    assert np.isnan(expected) or expected == 0


@pytest.mark.parametrize(("id", "group"), CURVES)
def test_cause_specific_table(id, group):
    times = R.times(id, "cause_specific", group)
    curve = kaplan_meier(cause_specific(table_of(id, group), "1"))
    expected = R.values(id, "cause_specific", group)
    np.testing.assert_allclose(step_at(curve, times).survival, expected, rtol=REL)


@pytest.mark.parametrize("name", ["mgus2", "transplant"])
def test_incidence_with_delayed_entry(name):
    columns = read_rows(f"compete_{name}", "time")
    time, event = numbers(columns["time"]), numbers(columns["event"]).astype(int)
    time, event = time[time > 0], event[time > 0]
    start, states = np.floor(time / 4), ("start", *CAUSES[name])
    table = build_risk_tables(time, event, entry=start, causes=CAUSES[name])[""]
    times = R.times(name, "late_pstate:1")
    stays = state_histories(
        range(time.size),
        start,
        time,
        ["start"] * time.size,
        [states[code] if code else "" for code in event],
        states=states,
    )
    found = jackknife_state_occupation(stays, times)
    for k, cause in enumerate(CAUSES[name], start=1):
        points = incidence_at(cumulative_incidence(table, cause), times)
        expected = R.values(name, f"late_pstate:{cause}")
        np.testing.assert_allclose(points.incidence, expected, rtol=REL)
        np.testing.assert_allclose(found.probability[:, k], expected, rtol=REL)
        spread = R.values(name, f"late_se:{cause}")
        np.testing.assert_allclose(found.std_err[:, k], spread, rtol=REL)


@pytest.mark.parametrize("id", R.ids("gray"))
def test_gray(id):
    name, group, *by, rho = id.split(":")
    strata = strata_of(name, group, *by)
    rows = compare_cumulative_incidence(
        strata, variable="x", contrast=group, rho=float(rho), stratified_by=by[0] if by else ""
    )
    found = {(row.level, row.statistic.removeprefix("stratified_")): row.value for row in rows}
    causes = R.groups(id, "gray")
    assert causes == list(CAUSES[name])
    for cause in causes:
        for statistic, answer in (
            ("chi_squared", "gray"),
            ("p_value", "gray_p"),
            ("degrees_of_freedom", "gray_df"),
        ):
            expected = R.value(id, answer, cause)
            assert found[cause, f"gray_{statistic}"] == pytest.approx(expected, rel=REL)


@pytest.mark.parametrize("id", R.ids("crr_coef"))
def test_fine_gray(id):
    name, listed, cause = id.split(":")
    names = listed.split("+")
    columns = read_rows(f"compete_{name}", "time", *names)
    time = numbers(columns["time"])
    later = time > 0
    fit = fine_gray(
        time[later],
        numbers(columns["event"])[later],
        np.stack([covariate(columns[one]) for one in names], axis=1)[later],
        names=names,
        cause=int(cause),
    )
    rows = compare_subdistribution_hazards(fit, n=len(columns["time"]), variable="x")
    found = {(row.level, row.statistic): row.value for row in rows}
    for one in names:
        coefficient, std_err = R.value(id, "crr_coef", one), R.value(id, "crr_se", one)
        assert found[one, "fine_gray_coefficient"] == pytest.approx(coefficient, rel=FIT)
        assert found[one, "fine_gray_std_err"] == pytest.approx(std_err, rel=FIT)
    assert fit.log_likelihood == pytest.approx(R.value(id, "crr_loglik"), rel=REL)


def covariate(texts):
    try:
        return numbers(texts)
    except ValueError:
        return np.array([text == max(texts) for text in texts], dtype=float)


def heart():
    columns = read_rows("exposure_heart")
    exposure = numbers(columns["exposure"])
    return (
        numbers(columns["time"]),
        numbers(columns["event"]),
        np.where(np.isnan(exposure), np.inf, exposure),
    )


@pytest.mark.parametrize("conf_type", ["log", "log-log"])
def test_simon_makuch(conf_type):
    names = {"exposed": "1", "not yet exposed": "0"}
    rows = estimate_simon_makuch(
        exposure_history(*heart()),
        variable="os",
        at=R.times("heart", "surv:log", "1").tolist(),
        conf_type=conf_type,
    )
    answers = {
        "simon_makuch_survival": "surv",
        "simon_makuch_survival_ci_low": "lower",
        "simon_makuch_survival_ci_high": "upper",
        "at_risk": "n.risk",
    }
    for row in (row for row in rows if row.time is not None):
        answer = f"{answers[row.statistic]}:{conf_type}"
        expected = R.value("heart", answer, names[row.level], row.time)
        assert row.value == pytest.approx(expected, rel=REL), row.key
    assert {row.n for row in rows} == {103}


def test_mantel_byar():
    rows = compare_mantel_byar(exposure_history(*heart()), variable="os", contrast="transplant")
    found = {(row.level, row.statistic): row.value for row in rows}
    for level, statistic in (("", "chi_squared"), ("exposed", "observed"), ("exposed", "expected")):
        expected = R.value("heart", "mantel_byar", statistic)
        assert found[level, f"mantel_byar_{statistic}"] == pytest.approx(expected, rel=REL)


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/reference is not here")
def test_the_shared_reference_values():
    shared = json.loads(SHARED.read_text())
    test = shared["heart_mantel_byar"]["values"]["test"]
    rows = compare_mantel_byar(exposure_history(*heart()), variable="os", contrast="transplant")
    assert rows[0].value == pytest.approx(test["chisq"], rel=REL)
    assert rows[2].value == pytest.approx(test["p"], rel=REL)
    gray = shared["mgus2_gray_sex"]["values"]
    rows = compare_cumulative_incidence(strata_of("mgus2", "sex"), variable="x", contrast="sex")
    for row in (row for row in rows if row.statistic == "gray_chi_squared"):
        assert row.value == pytest.approx(gray["stat"][row.level], rel=REL)
    lung = read_rows("compare_lung", "time", "sex")
    tables = build_risk_tables(numbers(lung["time"]), numbers(lung["status"]), group=lung["sex"])
    means = shared["lung_rmst365_sex"]["values"]
    for sex, table in tables.items():
        found = restricted_mean(table, 365)
        assert found.mean == pytest.approx(means["rmst"][f"sex={sex}"], rel=REL)
        assert found.std_err == pytest.approx(means["se"][f"sex={sex}"], rel=REL)


@pytest.mark.parametrize("landmark", [30.0, 60.0])
def test_landmark(landmark):
    cohort = landmark_cohort(*heart(), landmark)
    rows = estimate_landmark(cohort, variable="os")
    found = {(row.statistic, row.level): row.value for row in rows}
    for quantity in ("landmark_kept", "landmark_left_out"):
        for level in R.groups("heart", quantity):
            assert found[quantity, level] == R.value("heart", quantity, level, landmark)
    tables = landmark_tables(cohort)
    expected = R.value("heart", "landmark_log_rank", time=landmark)
    assert log_rank(tables).chi_squared == pytest.approx(expected, rel=REL)
    for group, table in tables.items():
        rows = estimate_survival(table, variable="os", at=[365])
        value = {row.statistic: row.value for row in rows}
        for statistic, answer in (
            ("survival", "landmark_surv"),
            ("survival_ci_low", "landmark_lower"),
            ("survival_ci_high", "landmark_upper"),
        ):
            expected = R.value("heart", answer, group, landmark)
            assert value[statistic] == pytest.approx(expected, rel=REL)


@cache
def histories(name):
    columns = read_rows(f"states_{name}", "tstop")
    return state_histories(
        columns["id"],
        numbers(columns["tstart"]),
        numbers(columns["tstop"]),
        columns["istate"],
        columns["event"],
        states=STATES[name],
    )


@pytest.mark.parametrize("name", STATES)
def test_state_occupation_and_the_jackknife(name):
    times = R.times(name, "pstate", STATES[name][0])
    found = jackknife_state_occupation(histories(name), times)
    from_tables = state_occupation(transition_tables(histories(name)), times)
    for k, state in enumerate(STATES[name]):
        expected = R.values(name, "pstate", state)
        np.testing.assert_allclose(found.probability[:, k], expected, rtol=REL, atol=1e-14)
        np.testing.assert_allclose(from_tables.probability[:, k], expected, rtol=REL, atol=1e-14)
        spread = R.values(name, "se", state)
        np.testing.assert_allclose(found.std_err[:, k], spread, rtol=REL, atol=1e-12)


@pytest.mark.parametrize("name", STATES)
def test_time_in_state(name):
    horizon = float(R.times(name, "rmean", STATES[name][0])[0])
    found = jackknife_state_occupation(histories(name), [horizon])
    for k, state in enumerate(STATES[name]):
        expected = R.value(name, "rmean", state)
        assert found.time_in_state[0, k] == pytest.approx(expected, rel=REL)
        spread = R.value(name, "rmean_se", state)
        assert found.time_std_err[0, k] == pytest.approx(spread, rel=REL)


def test_incidence_is_the_same_whatever_the_order_of_rows():
    columns = read_rows("compete_mgus2", "time", "sex")
    time, event = numbers(columns["time"]), numbers(columns["event"])
    order = np.random.default_rng(3).permutation(time.size)
    one, other = (
        cumulative_incidence(build_risk_tables(t, e, causes=("1", "2"))[""], "1")
        for t, e in ((time, event), (time[order], event[order]))
    )
    np.testing.assert_array_equal(one.incidence, other.incidence)
    np.testing.assert_array_equal(one.std_err, other.std_err)
