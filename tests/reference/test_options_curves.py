"""Curves and log-rank tests equal R's where weights, delayed entry, strata and ties meet."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from long_answers import numbers, read_answers, read_rows

from sequela.stats.conditional_survival import start_at
from sequela.stats.max_combo import max_combo
from sequela.stats.permutation_log_rank import compare_permutation_log_rank
from sequela.stats.restricted_mean import restricted_mean
from sequela.stats.risk_table import build_risk_tables, reverse
from sequela.stats.strata import build_stratified_risk_tables
from sequela.stats.survival import kaplan_meier, quantile, step_at
from sequela.stats.trend import trend_chi_squared
from sequela.stats.weighted_log_rank import Weighting, weighted_log_rank

R = read_answers("options")
REL = 1e-8
TYPES = ("plain", "log", "log-log", "logit", "arcsin")
LEVELS = {"rotterdam": 0.9, "gehan": 0.99, "stanford2": 0.8}
FIELDS = {
    "rotterdam": ("start", "dtime", "death", "meno"),
    "channing": ("entry", "exit", "cens", "male"),
    "gehan": ("", "time", "cens", "treat"),
    "kidney": ("", "time", "status", ""),
    "stanford2": ("", "time", "status", ""),
}


@cache
def data(name):
    columns = read_rows(f"options_{name}")
    return {key: numbers(texts) for key, texts in columns.items() if key != "disease"}


def table_of(id):
    name, *rest = id.split(":")
    entry, exit_time, event, group = FIELDS[name]
    d, kept = data(name), np.ones(data(name)[event].size, dtype=bool)
    if group:
        kept = d[group] == float(rest[-1])
    if name == "rotterdam":
        kept &= d["start"] < d["dtime"]
    table = build_risk_tables(
        d[exit_time][kept],
        d[event][kept].astype(int),
        entry=d[entry][kept] if entry else None,
        weights=d["w"][kept] if "weights" in id else None,
    )[""]
    if "reverse" in id:
        return reverse(table)
    return start_at(table, 900) if "from900" in id else table


def level_of(id):
    return 0.95 if "reverse" in id else LEVELS.get(id.split(":", maxsplit=1)[0], 0.95)


@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("id", R.ids("surv:plain"))
def test_curve_and_limits(id, type):
    ours = {"arcsin": "arcsine"}.get(type, type)
    curve = kaplan_meier(table_of(id), conf_type=ours, conf_level=level_of(id))
    when = R.times(id, f"surv:{type}")
    points = step_at(curve, when)
    survival = R.values(id, f"surv:{type}")
    np.testing.assert_allclose(points.survival, survival, rtol=REL, atol=1e-14)
    inside = (survival > 0) & (survival < 1)
    relative = points.std_err[inside] / points.survival[inside]
    np.testing.assert_allclose(relative, R.values(id, f"std.err:{type}")[inside], rtol=REL)
    for limit, theirs in ((points.low, "lower"), (points.high, "upper")):
        expected = R.values(id, f"{theirs}:{type}")[inside]
        np.testing.assert_allclose(limit[inside], expected, rtol=REL, atol=1e-14)


@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("id", R.ids("surv:plain"))
def test_quantiles(id, type):
    ours = {"arcsin": "arcsine"}.get(type, type)
    curve = kaplan_meier(table_of(id), conf_type=ours, conf_level=level_of(id))
    for part, name in (("time", "quantile"), ("low", "lower"), ("high", "upper")):
        shares = R.times(id, f"quantile_{name}:{type}")
        found = [getattr(quantile(curve, p), part) for p in shares]
        expected = R.values(id, f"quantile_{name}:{type}")
        np.testing.assert_allclose(found, expected, rtol=REL, err_msg=f"{part} {shares}")


@pytest.mark.parametrize("id", R.ids("rmean_se"))
def test_restricted_mean(id):
    for horizon in R.times(id, "rmean"):
        found = restricted_mean(table_of(id), horizon)
        assert found.mean == pytest.approx(R.value(id, "rmean", time=horizon), rel=REL)
        assert found.std_err == pytest.approx(R.value(id, "rmean_se", time=horizon), rel=REL)


TESTS = {
    "rotterdam:late+weights+strata": ("start", "dtime", "death", "size", "grade", "w"),
    "rotterdam:weights+strata": ("", "dtime", "death", "size", "grade", "w"),
    "channing:late": ("entry", "exit", "cens", "male", "", ""),
    "gehan:pairs": ("", "time", "cens", "treat", "pair", ""),
    "gehan": ("", "time", "cens", "treat", "", ""),
    "kidney:disease": ("", "time", "status", "disease", "sex", ""),
}


def strata_of(id, fields=None):
    entry, exit_time, event, group, stratum, weight = fields or TESTS[id]
    columns = read_rows(f"options_{id.split(':')[0]}")
    d = {key: np.array(texts) for key, texts in columns.items()}
    kept = np.ones(d[exit_time].size, dtype=bool)
    if entry:
        kept = d[entry].astype(float) < d[exit_time].astype(float)
    return build_stratified_risk_tables(
        d[exit_time][kept].astype(float),
        d[event][kept].astype(int),
        group=d[group][kept],
        stratum=d[stratum][kept] if stratum else np.full(kept.sum(), "all"),
        entry=d[entry][kept].astype(float) if entry else None,
        weights=d[weight][kept].astype(float) if weight else None,
    )


def weighting(name):
    if not name.startswith("fh"):
        return Weighting(name)
    return Weighting("fleming-harrington", *(float(x) for x in name.split()[1:]))


CASES = [(id, q) for id, q in {(i, w) for i, w, _ in R.found} if q.startswith("chi:")]


@pytest.mark.parametrize(("id", "quantity"), sorted(CASES))
def test_weighted_log_rank(id, quantity):
    kind, strata = quantity.removeprefix("chi:"), strata_of(id)
    found = weighted_log_rank(strata, weighting(kind))
    chi_squared = R.value(id, quantity)
    assert found.chi_squared == pytest.approx(chi_squared, rel=REL, nan_ok=True)
    for group, observed, expected in zip(found.groups, found.observed, found.expected, strict=True):
        assert observed == pytest.approx(R.value(id, f"observed:{kind}", group), rel=REL)
        assert expected == pytest.approx(R.value(id, f"expected:{kind}", group), rel=REL)
    scores = {group: float(i) for i, group in enumerate(sorted(found.groups))}
    trend, _ = trend_chi_squared(strata, scores, weighting(kind))
    assert trend == pytest.approx(R.value(id, f"trend:{kind}"), rel=REL, nan_ok=True)


@pytest.mark.parametrize("id", R.ids("survdiff"))
def test_survdiff(id):
    for rho in R.times(id, "survdiff"):
        kind = Weighting("fleming-harrington", rho) if rho else Weighting()
        found = weighted_log_rank(strata_of(id), kind)
        assert found.chi_squared == pytest.approx(R.value(id, "survdiff", time=rho), rel=REL)


COMBOS = {
    "gehan": TESTS["gehan"],
    "kidney:sex:disease": ("", "time", "status", "sex", "disease", ""),
    "channing:late": TESTS["channing:late"],
}


@pytest.mark.parametrize("id", COMBOS)
def test_max_combo_with_strata_and_delayed_entry(id):
    found = max_combo(strata_of(id, COMBOS[id]))
    assert found.statistic == pytest.approx(R.value(id, "combo_statistic"), rel=REL)
    assert found.p_value == pytest.approx(R.value(id, "combo_p"), rel=1e-8)


@pytest.mark.parametrize("id", R.ids("permutation"))
def test_every_assignment_listed(id):
    if id.startswith("kidney"):
        d, rows = data("kidney"), slice(0, 18)
        group = d["sex"][rows].astype(int).astype(str)
    else:
        d, rows = data("stanford2"), slice(100, 118)
        group = (d["age"][rows] > 45).astype(int).astype(str)
    (row,) = compare_permutation_log_rank(
        d["time"][rows], d["status"][rows], group.tolist(), variable="os", contrast="a vs b"
    )
    assert "exact: all" in row.method
    assert row.value == pytest.approx(R.value(id, "permutation"), rel=REL)
