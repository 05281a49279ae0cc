"""Regressions equal R's where weights, delayed entry, strata, ties and penalties meet."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from long_answers import numbers, read_answers, read_rows

from sequela.stats.concordance import concordance
from sequela.stats.counting_process import build_counting_process
from sequela.stats.cox_curves import predict_survival
from sequela.stats.cox_fit import fit_cox
from sequela.stats.cox_residuals import (
    deviance_residuals,
    dfbeta,
    martingale_residuals,
    robust_variance,
    schoenfeld_residuals,
    score_residuals,
)
from sequela.stats.logistic_fit import fit_logistic
from sequela.stats.proportional_hazards import proportional_hazards

R = read_answers("options")
FIT = 1e-7
TRANSFORMS = ("km", "identity", "log", "rank")


def _model(data, exit_time, event, covariates, **more):
    return {"data": data, "exit": exit_time, "event": event, "x": covariates, **more}


_LATE = _model("rotterdam", "dtime", "death", ("age", "nodes", "hormon"), entry="start", weight="w")
_NWTCO = _model("nwtco", "edrel", "rel", ("age", "histol"), strata="stage", weight="w")
_EYES = _model("diabetic", "time", "status", ("trt", "age", "risk", "trt:age"), cluster="id")
MODELS = {
    **{
        f"rotterdam:late+weights+strata:{t}": _LATE | {"strata": "size"}
        for t in ("efron", "breslow")
    },
    **{f"nwtco:fractional+strata:{t}": _NWTCO for t in ("efron", "breslow")},
    **{f"diabetic:cluster:{t}": _EYES for t in ("efron", "breslow")},
    "cgd": _model(
        "cgd",
        "tstop",
        "status",
        ("treat", "age", "steroids"),
        entry="tstart",
        strata="hos",
        cluster="id",
    ),
    "rats:cluster": _model("rats", "time", "status", ("rx",), strata="male", cluster="litter"),
    "kidney:offset+strata": _model(
        "kidney", "time", "status", ("age", "sex"), strata="disease", offset="age"
    ),
    "stanford2": _model("stanford2", "time", "status", ("age", "t5")),
    "rats:exact+strata": _model("rats", "time", "status", ("rx",), strata="male"),
    "gehan:exact+pairs": _model("gehan", "time", "cens", ("treat",), strata="pair"),
    "kidney:exact+strata": _model("kidney", "time", "status", ("age", "sex"), strata="disease"),
    "channing:exact+late": _model("channing", "exit", "cens", ("male",), entry="entry"),
}
FIRTH = {
    "rats:firth+strata": _model("rats", "time", "status", ("rx",), strata="male"),
    "kidney:firth+strata": _model("kidney", "time", "status", ("age", "sex"), strata="disease"),
    "gehan:firth": _model("gehan", "time", "cens", ("treat",)),
    "gehan:firth:breslow": _model("gehan", "time", "cens", ("treat",)),
    "channing:firth+late": _model("channing", "exit", "cens", ("male",), entry="entry"),
    "apart:firth": _model("apart", "time", "status", ("x", "z")),
}


def process_of(model):
    columns = read_rows(f"options_{model['data']}")
    d = {k: np.array(v) if k in ("disease", "laser") else numbers(v) for k, v in columns.items()}
    for name in model["x"]:
        if ":" in name:
            a, b = name.split(":")
            d[name] = d[a] * d[b]
    kept = np.all([np.isfinite(d[c]) for c in model["x"]], axis=0)
    if "entry" in model:
        kept &= d[model["entry"]] < d[model["exit"]]

    def of(what):
        return d[model[what]][kept] if what in model else None

    return build_counting_process(
        of("exit"),
        of("event").astype(int),
        covariates=np.stack([d[c][kept] for c in model["x"]], axis=1),
        entry=of("entry"),
        strata=of("strata"),
        weights=of("weight"),
        cluster=of("cluster"),
        offset=of("offset") / 40 if "offset" in model else None,
    )


def ties_of(id):
    return "exact" if "exact" in id else "breslow" if "breslow" in id else "efron"


@cache
def fitted(id):
    return fit_cox(process_of(MODELS[id]), ties=ties_of(id))


def close(ours, theirs, rel=FIT, tiny=1e-9):
    np.testing.assert_allclose(ours, theirs, rtol=rel, atol=tiny)


def in_order(id, quantity):
    return [R.value(id, quantity, name) for name in MODELS[id]["x"]]


@pytest.mark.parametrize("id", MODELS)
def test_estimates(id):
    fit = fitted(id)
    close(fit.coefficients, in_order(id, "coef"))
    robust = id in R.ids("naive_se")
    variance = robust_variance(fit) if robust else fit.variance
    close(np.sqrt(np.diag(variance)), in_order(id, "se"))
    close(fit.log_likelihood, R.value(id, "loglik"), 1e-10)
    close(fit.score_test, R.value(id, "score_test"))
    if "exact" not in id:
        close(fit.log_likelihood_at_zero, R.value(id, "loglik_null"), 1e-10)
        close(fit.likelihood_ratio, R.value(id, "lr"))
        close(fit.wald_test(variance), R.value(id, "wald"))


@pytest.mark.parametrize("id", R.ids("concordance"))
def test_concordance(id):
    fit = fitted(id)
    found = concordance(fit.process, fit.linear_predictor)
    close(found.concordance, R.value(id, "concordance"), 1e-10)
    close(found.std_err, R.value(id, "concordance_se"))
    for what in ("concordant", "discordant", "tied"):
        close(getattr(found, what), R.value(id, "pairs", what), 1e-10)


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("id", R.ids("zph:km"))
def test_proportional_hazards(id, transform):
    found = proportional_hazards(fitted(id), transform=transform)
    close(found.chi_squared, in_order(id, f"zph:{transform}"))
    close(found.global_chi_squared, R.value(id, f"zph:{transform}", "GLOBAL"))


@pytest.mark.parametrize("id", R.ids("martingale"))
def test_residuals(id):
    fit = fitted(id)
    rows = R.times(id, "martingale").astype(int) - 1
    close(martingale_residuals(fit)[rows], R.values(id, "martingale"))
    close(deviance_residuals(fit)[rows], R.values(id, "deviance"), tiny=1e-7)
    schoenfeld = schoenfeld_residuals(fit)
    for j, name in enumerate(MODELS[id]["x"]):
        close(score_residuals(fit)[rows, j], R.values(id, "score", name), tiny=1e-7)
        close(dfbeta(fit)[rows, j], R.values(id, "dfbeta", name), tiny=1e-10)
        deaths = R.times(id, "schoenfeld", name).astype(int) - 1
        close(schoenfeld.plain[deaths, j], R.values(id, "schoenfeld", name), tiny=1e-6)
        close(schoenfeld.scaled[deaths, j], R.values(id, "scaledsch", name), tiny=1e-6)


@pytest.mark.parametrize("id", R.ids("dfbeta_by_cluster"))
def test_dfbeta_by_cluster(id):
    fit = fitted(id)
    by_cluster = np.stack([np.bincount(fit.process.cluster, c) for c in dfbeta(fit).T], axis=1)
    for j, name in enumerate(MODELS[id]["x"]):
        places = R.times(id, "dfbeta_by_cluster", name).astype(int) - 1
        close(by_cluster[places, j], R.values(id, "dfbeta_by_cluster", name), tiny=1e-10)


PATIENTS = {
    "rotterdam": [55, 3, 1],
    "nwtco": [40, 1],
    "diabetic": [1, 20, 9, 20],
    "cgd": [1, 12, 0],
    "stanford2": [40, 1],
}


@pytest.mark.parametrize("type", ["log-log", "log", "plain", "logit"])
@pytest.mark.parametrize("id", R.ids("curve_surv:log"))
def test_predicted_curves_of_strata(id, type):
    fit = fitted(id)
    robust = robust_variance(fit) if id in R.ids("naive_se") else None
    curves = predict_survival(fit, PATIENTS[id.split(":")[0]], variance=robust, conf_type=type)
    names = sorted(R.groups(id, f"curve_surv:{type}"))
    assert len(curves) == len(names)
    for curve, name in zip(curves, names, strict=True):
        when = R.times(id, f"curve_surv:{type}", name)
        place = np.searchsorted(curve.time, when, side="right") - 1
        seen = place >= 0
        for ours, theirs in (
            (curve.survival, "surv"),
            (curve.log_std_err, "std.err"),
            (curve.low, "lower"),
            (curve.high, "upper"),
        ):
            close(ours[place[seen]], R.values(id, f"curve_{theirs}:{type}", name)[seen])


@pytest.mark.parametrize("id", FIRTH)
def test_firth(id):
    fit = fit_cox(process_of(FIRTH[id]), ties=ties_of(id), firth=True)
    close(fit.log_likelihood, R.value(id, "firth_loglik"), 1e-9)
    level = 0.9 if "breslow" in id else 0.95
    for j in range(fit.coefficients.size):
        name = str(j + 1)
        close(fit.coefficients[j], R.value(id, "firth_coef", name), 1e-6, 1e-7)
        close(np.sqrt(fit.variance[j, j]), R.value(id, "firth_se", name), 1e-6)
        low, high = fit.profile_interval(j, level)
        close(low, R.value(id, "firth_low", name), 1e-6)
        close(high, R.value(id, "firth_high", name), 1e-6)
        close(fit.likelihood_ratio_without([j]), R.value(id, "firth_lr", name), 1e-6)


@pytest.mark.parametrize("firth", [False, True], ids=["plain", "firth"])
@pytest.mark.parametrize("id", ["birthwt", "birthwt:weights+offset"])
def test_logistic(id, firth):
    columns = {k: numbers(v) for k, v in read_rows("options_birthwt").items() if k != "race"}
    together = "offset" in id
    names = ("age", "smoke") if together else ("age", "lwt", "smoke", "ht")
    fit = fit_logistic(
        columns["low"],
        np.stack([columns[c] for c in names], axis=1),
        weights=1 + columns["age"] % 3 if together else None,
        offset=columns["lwt"] / 100 - 1 if together else None,
        firth=firth,
    )
    prefix = "firth_" if firth else ""
    every = ["(Intercept)", *names]
    close(fit.coefficients, [R.value(id, f"{prefix}coef", n) for n in every])
    close(np.sqrt(np.diag(fit.variance)), [R.value(id, f"{prefix}se", n) for n in every])
    close(fit.log_likelihood, R.value(id, f"{prefix}loglik"), 1e-10)
    if not firth:
        close(fit.likelihood_ratio, R.value(id, "lr"))
        return
    for j, name in enumerate(names):
        low, high = fit.profile_interval(j)
        close([low, high], [R.value(id, f"firth_{end}", name) for end in ("low", "high")])
