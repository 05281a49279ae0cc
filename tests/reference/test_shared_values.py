"""Every one of the 35 shared answers of R is what we give, each under its own name."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sequela.stats.competing_risks import cumulative_incidence, incidence_at
from sequela.stats.concordance import concordance
from sequela.stats.counting_process import build_counting_process
from sequela.stats.cox_curves import baseline_hazard
from sequela.stats.cox_fit import fit_cox
from sequela.stats.cox_residuals import robust_variance
from sequela.stats.fine_gray import fine_gray
from sequela.stats.gray import gray_test
from sequela.stats.log_rank import log_rank
from sequela.stats.permutation_log_rank import compare_permutation_log_rank
from sequela.stats.proportional_hazards import proportional_hazards
from sequela.stats.restricted_mean import restricted_mean
from sequela.stats.risk_table import build_risk_tables, counts_at, reverse
from sequela.stats.score_test import chi_squared_tail, two_sided_p_value
from sequela.stats.simon_makuch import exposure_history, exposure_tables
from sequela.stats.strata import build_stratified_risk_tables, unstratified
from sequela.stats.survival import kaplan_meier, quantile, step_at
from sequela.stats.weighted_log_rank import Weighting, weighted_log_rank

SHARED = Path(__file__).parents[3] / "shared" / "reference"
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="../shared/reference is not here")
EXACT, FIT = 1e-8, 1e-6


@cache
def shared():
    found = json.loads((SHARED / "values.json").read_text())
    return {key: answer["values"] for key, answer in found.items() if key != "_meta"}


def columns(name, *needed):
    """The columns of a data set as arrays, rows without a needed value left out."""
    with (SHARED / "data" / f"{name}.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if all(row[c] for c in needed)]
    return {key: _array([row[key] for row in rows]) for key in rows[0]}


def _array(texts):
    try:
        return np.array([float(text) if text else np.nan for text in texts])
    except ValueError:
        return np.array(texts)


def close(ours, theirs, rel=EXACT, tiny=0.0):
    expected = np.array([np.nan if v is None else v for v in np.ravel(theirs)], dtype=float)
    np.testing.assert_allclose(np.ravel(ours), expected, rtol=rel, atol=tiny)


def lung(*needed):
    data = columns("lung", "time", *needed)
    return data | {"status": data["status"] - 1}


def names(values):
    return [f"{value:g}" for value in values]


# Kaplan-Meier


def check_points(curve, table, at, chosen=slice(None)):
    times = at["times"][chosen]
    points = step_at(curve, times)
    close(points.survival, at["surv"][chosen])
    close(points.std_err, at["se"][chosen])
    close(points.low, at["lower"][chosen])
    close(points.high, at["upper"][chosen])
    close(counts_at(table, times).at_risk, at["n_risk"][chosen])


def check_km(key):
    data, answer = lung(), shared()[key]
    (table,) = build_risk_tables(data["time"], data["status"]).values()
    curve = kaplan_meier(table, conf_type=key.removeprefix("lung_km_"))
    assert (curve.n, curve.events) == (answer["n"], answer["events"])
    check_quantiles(curve, answer["quantiles"])
    check_points(curve, table, answer["at"])


def check_quantiles(curve, answer):
    found = [quantile(curve, p) for p in answer["prob"]]
    close([q.time for q in found], answer["quantile"])
    close([q.low for q in found], answer["lower"])
    close([q.high for q in found], answer["upper"])


def check_km_by_sex(key):
    data, answer = lung(), shared()[key]
    tables = build_risk_tables(data["time"], data["status"], group=names(data["sex"]))
    for sex, table in tables.items():
        curve, group = kaplan_meier(table, conf_type=key.split("_")[-1]), f"sex={sex}"
        median = quantile(curve, 0.5)
        expected = [answer[which][group] for which in ("median", "lower", "upper")]
        close([median.time, median.low, median.high], expected)
        places = [i for i, name in enumerate(answer["at"]["strata"]) if name == group]
        check_points(curve, table, answer["at"], slice(places[0], places[-1] + 1))


def check_reverse_km(key):
    data = lung()
    (table,) = build_risk_tables(data["time"], data["status"]).values()
    check_quantiles(kaplan_meier(reverse(table)), shared()[key]["quantiles"])


def check_restricted_means(key):
    data, answer = lung(), shared()[key]
    tables = build_risk_tables(data["time"], data["status"], group=names(data["sex"]))
    for sex, table in tables.items():
        found = restricted_mean(table, 365)
        close(found.mean, answer["rmst"][f"sex={sex}"])
        close(found.std_err, answer["se"][f"sex={sex}"])


# Log-rank


def check_test(found, answer):
    close(found.chi_squared, answer["chisq"])
    assert found.degrees_of_freedom == answer["df"]
    close(chi_squared_tail(found.chi_squared, found.degrees_of_freedom), answer["p"])
    close(found.variance, answer["var"])
    # By stratum where there are strata.
    close(found.observed, [np.sum(one) for one in answer["obs"]])
    close(found.expected, [np.sum(one) for one in answer["exp"]])


def log_rank_of(data, time, status, group):
    labels = data[group] if data[group].dtype.kind == "U" else names(data[group])
    return build_risk_tables(data[time], data[status], group=labels)


def check_peto(key):
    tables = log_rank_of(lung(), "time", "status", "sex")
    weighting = Weighting("fleming-harrington", 1, 0)
    check_test(weighted_log_rank(unstratified(tables), weighting), shared()[key])


def check_stratified(key):
    data = lung("inst")
    strata = build_stratified_risk_tables(
        data["time"], data["status"], group=names(data["sex"]), stratum=names(data["inst"])
    )
    check_test(weighted_log_rank(strata), shared()[key])


def check_cell_types(key):
    data, answer = columns("veteran"), shared()[key]
    tables = log_rank_of(data, "time", "status", "celltype")
    # R has the levels in the order of its factor.
    order = ("squamous", "smallcell", "adeno", "large")
    check_test(log_rank({name: tables[name] for name in order}), answer)


def check_plain(name, time, status, group):
    def check(key):
        tables = log_rank_of(columns(name), time, status, group)
        check_test(log_rank(dict(sorted(tables.items()))), shared()[key])

    return check


def check_coin(name, time, status, group, assignments):
    def check(key):
        data, answer = columns(name), shared()[key]
        labels = data[group] if data[group].dtype.kind == "U" else names(data[group])
        (row,) = compare_permutation_log_rank(
            data[time], data[status], list(labels), variable="os", contrast="x", limit=assignments
        )
        close(row.value, answer["p_exact"])
        if "p_asymptotic" in answer:
            close(two_sided_p_value(answer["z"]), answer["p_asymptotic"])

    return check


# Cox


def check_fit(fit, answer, order, robust=None):
    variance = fit.variance if robust is None else robust
    close(fit.coefficients, [answer["coef"][name] for name in order], FIT)
    close(np.sqrt(np.diag(variance)), [answer["se"][name] for name in order], FIT)
    if "lr" not in answer:
        return
    close([fit.log_likelihood_at_zero, fit.log_likelihood], answer["loglik"])
    close(fit.likelihood_ratio, answer["lr"], FIT)
    close(fit.wald_test(), answer["wald"], FIT)
    close(fit.score_test, answer["score"], FIT)
    close(concordance(fit.process, fit.linear_predictor).concordance, answer["concordance"])
    assert (fit.process.event.size, fit.n_events) == (answer["n"], answer["nevent"])


def matrix(data, *names):
    return np.stack([data[name] for name in names], axis=1)


def lung_fit(ties="efron"):
    data = lung("age", "sex", "ph.ecog")
    process = build_counting_process(
        data["time"], data["status"], covariates=matrix(data, "age", "sex", "ph.ecog")
    )
    return fit_cox(process, ties=ties)


def check_lung_cox(key):
    check_fit(lung_fit(key.split("_")[-1]), shared()[key], ("age", "sex", "ph.ecog"))


def check_lung_strata(key):
    data = lung("age", "ph.ecog")
    process = build_counting_process(
        data["time"],
        data["status"],
        covariates=matrix(data, "age", "ph.ecog"),
        strata=data["sex"],
    )
    check_fit(fit_cox(process), shared()[key], ("age", "ph.ecog"))


VETERAN = ("trt", "celltypesmallcell", "celltypeadeno", "celltypelarge", "karno", "age")


@cache
def veteran_fit():
    data = columns("veteran")
    data |= {f"celltype{c}": (data["celltype"] == c) * 1.0 for c in ("smallcell", "adeno", "large")}
    covariates = matrix(data, *VETERAN)
    return fit_cox(build_counting_process(data["time"], data["status"], covariates=covariates))


def check_veteran(key):
    check_fit(veteran_fit(), shared()[key], VETERAN)


def check_proportional_hazards(key):
    answer, terms = shared()[key], {"trt": [0], "celltype": [1, 2, 3], "karno": [4], "age": [5]}
    transform = key.split("_")[-1]
    found = proportional_hazards(veteran_fit(), transform=transform, terms=list(terms.values()))
    chi_squared = [*found.chi_squared, found.global_chi_squared]
    degrees = [*found.degrees_of_freedom, found.global_degrees_of_freedom]
    order = (*terms, "GLOBAL")
    close(chi_squared, [answer["chisq"][name] for name in order], FIT)
    close(degrees, [answer["df"][name] for name in order])
    tails = [chi_squared_tail(x, int(df)) for x, df in zip(chi_squared, degrees, strict=True)]
    close(tails, [answer["p"][name] for name in order], FIT)


def check_baseline(key):
    (curve,) = baseline_hazard(lung_fit())
    place = np.searchsorted(curve.time, [100, 365, 1000], side="right") - 1
    close(curve.cumulative_hazard[place], shared()[key]["H0"], FIT)


def check_age_scale(key):
    data = columns("mgus2", "mspike")
    covariates = np.stack([data["sex"] == "M", data["mspike"]], axis=1)
    process = build_counting_process(
        data["age"] + data["futime"] / 12,
        data["death"],
        covariates=covariates,
        entry=data["age"],
    )
    check_fit(fit_cox(process), shared()[key], ("sexM", "mspike"))


def check_heart_cox(key):
    data = columns("heart")
    process = build_counting_process(
        data["stop"],
        data["event"],
        covariates=matrix(data, "age", "year", "surgery", "transplant"),
        entry=data["start"],
    )
    check_fit(fit_cox(process), shared()[key], ("age", "year", "surgery", "transplant1"))


# Exposure during follow-up


@cache
def heart_history():
    data = columns("heart")
    people = np.unique(data["id"])
    last = [np.flatnonzero(data["id"] == one)[-1] for one in people]
    given = [data["start"][i] if data["transplant"][i] else np.inf for i in last]
    return exposure_history(data["stop"][last], data["event"][last], given)


def heart_tables():
    tables = exposure_tables(heart_history())
    return {"transplant=0": tables["not yet exposed"], "transplant=1": tables["exposed"]}


def check_simon_makuch(key):
    at = shared()[key]["at"]
    for group, table in heart_tables().items():
        places = [i for i, name in enumerate(at["strata"]) if name == group]
        chosen = slice(places[0], places[-1] + 1)
        check_points(kaplan_meier(table, conf_type="log"), table, at, chosen)


def check_mantel_byar(key):
    answer, found = shared()[key], log_rank(heart_tables())
    test = answer["test"]
    close(found.observed[1], test["O"])
    close(found.expected[1], test["E"])
    close(found.variance[1, 1], test["V"])
    close(found.chi_squared, test["chisq"])
    close(chi_squared_tail(found.chi_squared, 1), test["p"])
    data = columns("heart")
    process = build_counting_process(
        data["stop"], data["event"], covariates=data["transplant"], entry=data["start"]
    )
    for ties in ("exact", "breslow"):
        close(fit_cox(process, ties=ties).score_test, answer[f"coxph_score_{ties}"])


# Competing risks


def competing():
    data = columns("mgus2_cr")
    return data, build_risk_tables(
        data["etime"], data["event"], group=list(data["sex"]), causes=("1", "2")
    )


def check_incidence(key):
    at, (_, tables) = shared()[key]["at"], competing()
    for place, (time, group) in enumerate(zip(at["times"], at["strata"], strict=True)):
        for cause in ("1", "2"):
            curve = cumulative_incidence(tables[group[-1]], cause, conf_type="log")
            found = incidence_at(curve, time)
            close(found.incidence, at["pstate"][place][int(cause)])
            close(found.std_err, at["se"][place][int(cause)])
            close(found.low, at["lower"][place][int(cause)])
            close(found.high, at["upper"][place][int(cause)])


def check_gray(key):
    answer, (_, tables) = shared()[key], competing()
    for cause in answer["rows"]:
        found = gray_test(unstratified(tables), cause)
        close(found.chi_squared, answer["stat"][cause])
        assert found.degrees_of_freedom == answer["df"][cause]
        close(chi_squared_tail(found.chi_squared, 1), answer["p"][cause])
    for name, estimates, variances in zip(
        answer["curves"], answer["est"], answer["var_aalen"], strict=True
    ):
        sex, cause = name.split()
        curve = cumulative_incidence(tables[sex], cause, variance="aalen")
        points = incidence_at(curve, [float(time) for time in estimates])
        close(points.incidence, list(estimates.values()))
        close(points.std_err**2, list(variances.values()))


MGUS = ("age", "sexM", "mspike")


def mgus():
    data = columns("mgus2_cr", "mspike")
    return data, np.stack([data["age"], data["sex"] == "M", data["mspike"]], axis=1)


def check_crr(key):
    answer, (data, covariates) = shared()[key], mgus()
    fit = fine_gray(data["etime"], data["event"], covariates, names=MGUS)
    # R's crr stops at a gradient of 1e-6.
    close(fit.coefficients, answer["coef"], FIT)
    close(np.sqrt(np.diag(fit.variance)), answer["se"], FIT)
    close(fit.log_likelihood, answer["loglik"])


def check_cause_specific(key):
    data, covariates = mgus()
    process = build_counting_process(data["etime"], data["event"] == 1, covariates=covariates)
    check_fit(fit_cox(process), shared()[key], MGUS)


def check_finegray_rows(key):
    """R's other way to Fine-Gray: weighted rows, Efron's ties, each row its own cluster."""
    data, covariates = mgus()
    rows = weighted_rows(data["etime"], data["event"])
    who, start, stop, weight, event = (np.array(column) for column in zip(*rows, strict=True))
    process = build_counting_process(
        stop, event, covariates=covariates[who], entry=start, weights=weight
    )
    fit = fit_cox(process)
    check_fit(fit, shared()[key], MGUS, robust_variance(fit))


def weighted_rows(time, event):
    """Who competes stays at risk, with a weight that falls with the censoring curve."""
    (table,) = build_risk_tables(time, event == 0).values()
    # Events come before censorings at one time, so they are not at risk of being censored.
    others = build_risk_tables(time, event > 0)[""]
    left = np.interp(table.time, others.time, others.events[:, 0]) * np.isin(
        table.time, others.time
    )
    censored = table.events[:, 0]
    free = np.concatenate(([1.0], np.cumprod(1 - censored / np.maximum(table.at_risk - left, 1))))

    def before(t):
        return free[np.searchsorted(table.time, t, side="left")]

    later = np.unique(time[event == 1])
    rows = []
    for who, (t, what) in enumerate(zip(time, event, strict=True)):
        if what < 2:
            rows.append((who, -1.0, t, 1.0, what == 1))
            continue
        rows.append((who, -1.0, t, 1.0, False))
        since, weight = t, 1.0
        for then in later[later > t]:
            now = before(then) / before(t)
            if now != weight:
                rows.append((who, since, then, now, False))
                weight = now
            else:
                rows[-1] = (*rows[-1][:2], then, *rows[-1][3:])
            since = then
    return rows


CHECKS = {
    **{f"lung_km_{band}": check_km for band in ("log", "log-log", "plain")},
    **{f"lung_km_sex_{band}": check_km_by_sex for band in ("log", "log-log", "plain")},
    "lung_reverse_km": check_reverse_km,
    "lung_rmst365_sex": check_restricted_means,
    "lung_logrank_sex": lambda key: check_test(
        log_rank(log_rank_of(lung(), "time", "status", "sex")), shared()[key]
    ),
    "lung_peto_sex": check_peto,
    "lung_logrank_sex_strata_inst": check_stratified,
    "veteran_logrank_celltype": check_cell_types,
    "ovarian_logrank_rx": check_plain("ovarian", "futime", "fustat", "rx"),
    "aml_logrank": check_plain("aml", "time", "status", "x"),
    "aml_logrank_exact_coin": check_coin("aml", "time", "status", "x", 1_352_078),
    "ovarian_logrank_exact_coin": check_coin("ovarian", "futime", "fustat", "rx", 10_400_600),
    **{f"lung_cox_{ties}": check_lung_cox for ties in ("efron", "breslow", "exact")},
    "veteran_cox": check_veteran,
    "lung_cox_strata": check_lung_strata,
    **{
        f"veteran_coxzph_{transform}": check_proportional_hazards
        for transform in ("km", "identity", "log", "rank")
    },
    "lung_cox_basehaz": check_baseline,
    "mgus2_age_scale_cox": check_age_scale,
    "heart_simon_makuch": check_simon_makuch,
    "heart_mantel_byar": check_mantel_byar,
    "heart_cox_td": check_heart_cox,
    "mgus2_aj_sex": check_incidence,
    "mgus2_gray_sex": check_gray,
    "mgus2_finegray_crr_pcm": check_crr,
    "mgus2_finegray_survival_pcm": check_finegray_rows,
    "mgus2_causespecific_pcm": check_cause_specific,
}


def test_every_shared_answer_has_its_check():
    assert sorted(CHECKS) == sorted(shared())
    assert len(CHECKS) == 35


@pytest.mark.parametrize("key", CHECKS)
def test_shared_answer(key):
    CHECKS[key](key)
