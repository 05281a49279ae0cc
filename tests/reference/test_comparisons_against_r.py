"""Weighted log-rank tests, restricted means and the rest of comparing groups equal R."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from long_answers import numbers, read_answers, read_rows

from sequela.stats.conditional_survival import estimate_conditional_survival
from sequela.stats.fixed_time import compare_survival_at
from sequela.stats.max_combo import compare_max_combo
from sequela.stats.pairwise import compare_pairwise
from sequela.stats.restricted_mean import compare_restricted_means, restricted_mean
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.sample_size import (
    events_needed,
    expected_proportion_width,
    expected_survival_limits,
)
from sequela.stats.strata import build_stratified_risk_tables, unstratified
from sequela.stats.trend import compare_trend
from sequela.stats.weighted_log_rank import Weighting, compare_weighted_log_rank, weighted_log_rank

R = read_answers("comparisons")
REL = 1e-8
WEIGHTINGS = {
    "log-rank": Weighting(),
    "gehan-wilcoxon": Weighting("gehan-wilcoxon"),
    "tarone-ware": Weighting("tarone-ware"),
    "peto-peto": Weighting("peto-peto"),
    "modified-peto-peto": Weighting("modified-peto-peto"),
    "fh 0 1": Weighting("fleming-harrington", 0, 1),
    "fh 1 1": Weighting("fleming-harrington", 1, 1),
    "fh 0.5 2": Weighting("fleming-harrington", 0.5, 2),
}
COMPARISONS = R.ids("trend")
CURVES = R.ids("cloglog")


@cache
def strata_of(id: str, late: bool = False):
    """The strata of a comparison "data:group[:stratum]", with delayed entry where asked."""
    name, group, *by = id.split(":")
    columns = read_rows(f"compare_{name}", "time", group, *by)
    time, status = numbers(columns["time"]), numbers(columns["status"])
    start = numbers(columns["start"])
    keep = start < time if late else np.ones(time.size, dtype=bool)
    return build_stratified_risk_tables(
        time[keep],
        status[keep],
        entry=start[keep] if late else None,
        group=np.array(columns[group])[keep].tolist(),
        stratum=np.array(columns[by[0]])[keep].tolist() if by else [""] * int(keep.sum()),
    )


def tables_of(id: str):
    (tables,) = strata_of(id).values()
    return tables


@pytest.mark.parametrize("late", [False, True], ids=["from the start", "delayed entry"])
@pytest.mark.parametrize("weight", WEIGHTINGS)
@pytest.mark.parametrize("id", COMPARISONS)
def test_weighted_log_rank(id, weight, late):
    result = weighted_log_rank(strata_of(id, late), WEIGHTINGS[weight])
    which = f"{weight}:late" if late else weight
    for group, observed, expected in zip(
        result.groups, result.observed, result.expected, strict=True
    ):
        assert observed == pytest.approx(R.value(id, f"observed:{which}", group), rel=REL)
        assert expected == pytest.approx(R.value(id, f"expected:{which}", group), rel=REL)
    assert result.chi_squared == pytest.approx(R.value(id, f"chi_squared:{which}"), rel=REL)


@pytest.mark.parametrize("rho", [0, 0.5, 1])
@pytest.mark.parametrize("id", COMPARISONS)
def test_survdiff(id, rho):
    weighting = Weighting("fleming-harrington", rho, 0)
    by = id.split(":")[2] if id.count(":") == 2 else ""
    rows = compare_weighted_log_rank(
        strata_of(id), weighting=weighting, variable="os", contrast="groups", stratified_by=by
    )
    found = {row.statistic.split("_")[-2] + row.statistic.split("_")[-1]: row for row in rows[:3]}
    assert found["chisquared"].value == pytest.approx(R.value(id, "survdiff", time=rho), rel=REL)
    assert found["pvalue"].value == pytest.approx(R.value(id, "survdiff_p", time=rho), rel=REL)


@pytest.mark.parametrize("id", COMPARISONS)
def test_trend(id):
    groups = sorted({name for tables in strata_of(id).values() for name in tables})
    scores = {name: float(place) for place, name in enumerate(groups)}
    rows = compare_trend(
        strata_of(id), scores, variable="os", contrast="ordered", stratified_by="a stratum"
    )
    assert rows[0].value == pytest.approx(R.value(id, "trend"), rel=REL)


@pytest.mark.parametrize("id", COMPARISONS)
def test_pairwise(id):
    for adjustment, answer in (("holm", "pair_holm"), ("benjamini-hochberg", "pair_bh")):
        rows = compare_pairwise(
            strata_of(id), adjustment=adjustment, variable="os", stratified_by="a stratum"
        )
        raw = {row.contrast: row.value for row in rows if row.statistic.endswith("_p_value")}
        stem = f"p_value_{adjustment.replace('-', '_')}"
        adjusted = {row.contrast: row.value for row in rows if row.statistic.endswith(stem)}
        pairs = R.groups(id, answer)
        assert sorted(raw) == sorted(adjusted) == sorted(pairs)
        for pair in pairs:
            assert raw[pair] == pytest.approx(R.value(id, "pair_p", pair), rel=REL)
            assert adjusted[pair] == pytest.approx(R.value(id, answer, pair), rel=REL)


@pytest.mark.parametrize("id", R.ids("combo_p"))
def test_max_combo(id):
    rows = compare_max_combo(
        strata_of(id), variable="os", contrast="two groups", stratified_by="a stratum"
    )
    statistic, p_value = (row.value for row in rows)
    assert statistic == pytest.approx(R.value(id, "combo_statistic"), rel=REL)
    # R's nested integrals are asked for 1e-14 in absolute terms.
    assert p_value == pytest.approx(R.value(id, "combo_p"), rel=REL, abs=1e-12)


@pytest.mark.parametrize("id", CURVES)
def test_restricted_means(id):
    tables = tables_of(id)
    first, second = tables.values()
    for horizon in np.unique(R.times(id, "rmean_difference")).tolist():
        for name, table in tables.items():
            found = restricted_mean(table, horizon)
            assert found.mean == pytest.approx(R.value(id, "rmean", name, horizon), rel=REL)
            assert found.std_err == pytest.approx(R.value(id, "rmean_se", name, horizon), rel=REL)
        rows = compare_restricted_means(first, second, horizon, variable="os", contrast="two")
        check_difference(id, rows, "restricted_mean_difference", "rmean_difference", horizon)


@pytest.mark.parametrize("id", CURVES)
def test_survival_at_a_fixed_time(id):
    first, second = tables_of(id).values()
    for time in np.unique(R.times(id, "difference")).tolist():
        rows = compare_survival_at(first, second, time, variable="os", contrast="two")
        check_difference(id, rows[:5], "survival_difference", "difference", time)
        for row in rows[5:]:
            what = row.statistic.removeprefix("survival_difference_cloglog_")
            assert row.value == pytest.approx(R.value(id, "cloglog", what, time), rel=REL)


def check_difference(id, rows, stem, answer, time):
    assert len(rows) == 5
    for row in rows:
        what = row.statistic.removeprefix(stem).removeprefix("_")
        expected = R.value(id, answer, what, time)
        assert row.value == pytest.approx(expected, rel=REL, abs=1e-12), row.statistic


@pytest.mark.parametrize("conf_type", ["log-log", "log", "plain"])
@pytest.mark.parametrize("id", CURVES)
def test_conditional_survival(id, conf_type):
    given = float(np.min(R.times(id, "difference"))) + 0.5
    for name, table in tables_of(id).items():
        at = R.times(id, f"conditional:{conf_type}", name).tolist()
        rows = estimate_conditional_survival(
            table, given, variable="os", at=at, conf_type=conf_type
        )
        for time in at:
            value, low, high = (row for row in rows if row.time == time)
            for row, answer in (
                (value, "conditional"),
                (low, "conditional_low"),
                (high, "conditional_high"),
            ):
                expected = R.value(id, f"{answer}:{conf_type}", name, time)
                assert row.value == pytest.approx(expected, rel=REL), row.key


@pytest.mark.parametrize("id", R.ids("events"))
def test_events_needed(id):
    ratio, share, power = map(float, id.split()[1:])
    found = events_needed(ratio, power=power, share=share)
    assert found == pytest.approx(R.value(id, "events"), rel=REL)


@pytest.mark.parametrize("id", R.ids("wilson"))
def test_expected_width_of_a_proportion(id):
    n, p = int(id.split()[1]), float(id.split()[2])
    for method in ("clopper-pearson", "wilson"):
        found = expected_proportion_width(n, p, method=method)
        assert found == pytest.approx(R.value(id, method), rel=REL)


@pytest.mark.parametrize("id", R.ids("high"))
def test_expected_limits_of_survival(id):
    n, survival, censored = map(float, id.split()[1:])
    low, high = expected_survival_limits(int(n), survival, censored=censored)
    assert low == pytest.approx(R.value(id, "low"), rel=REL)
    assert high == pytest.approx(R.value(id, "high"), rel=REL)


def test_there_are_as_many_results_as_promised():
    values = sum(len(pairs) for pairs in R.found.values())
    assert values > 2000
    assert all(a != b for a, b in pairwise(sorted(set(COMPARISONS))))
    assert unstratified(tables_of("aml:x"))[""] is tables_of("aml:x")


def test_curves_of_one_group_do_not_depend_on_the_other():
    columns = read_rows("compare_aml", "time", "x")
    kept = [i for i, x in enumerate(columns["x"]) if x == "Maintained"]
    alone = build_risk_tables(numbers(columns["time"])[kept], numbers(columns["status"])[kept])[""]
    both = tables_of("aml:x")["Maintained"]
    assert restricted_mean(alone, 23) == restricted_mean(both, 23)
