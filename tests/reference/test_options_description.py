"""Shares, shifts and tests equal R's on other data, with intervals at other levels."""

from __future__ import annotations

import numpy as np
import pytest
from long_answers import numbers, read_answers, read_rows

from sequela.stats.compare_categories import compare_categories
from sequela.stats.compare_numbers import compare_numbers
from sequela.stats.hodges_lehmann import compare_medians
from sequela.stats.proportion_differences import compare_proportions
from sequela.stats.proportion_ratios import compare_ratio
from sequela.stats.proportions import Share, estimate_proportion
from sequela.stats.rates import Incidence, compare_rates, estimate_rate

R = read_answers("options")
REL = 1e-8
LEVELS = (0.8, 0.9, 0.99)
ABOUT = {"variable": "x", "contrast": "a vs b"}
ONE = R.ids("clopper-pearson")
TWO = R.ids("newcombe")


def limits(rows, stem):
    found = {row.statistic: row for row in rows}
    return [found[f"{stem}_ci_{end}"].value for end in ("low", "high")]


def by_r(id, quantity, level):
    ends = [R.value(id, quantity, end, level) for end in ("low", "high")]
    return [None if np.isinf(end) else pytest.approx(end, rel=REL, abs=1e-12) for end in ends]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("method", ["clopper-pearson", "wilson", "jeffreys", "agresti-coull"])
@pytest.mark.parametrize("id", ONE)
def test_one_share_at_other_levels(id, method, level):
    x, n = (int(text) for text in id.split()[1:])
    rows = estimate_proportion(x, n, variable="x", method=method, conf_level=level)
    assert limits(rows, "proportion") == by_r(id, method, level)
    assert f"{100 * level:g} % CI" in rows[-1].method


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("id", ONE)
def test_a_rate_at_other_levels(id, level):
    x, n = (int(text) for text in id.split()[1:])
    seen = Incidence(events=x, person_time=n / 3, people=n)
    rows = estimate_rate(seen, variable="x", conf_level=level)
    assert limits(rows, "rate") == by_r(id, "rate", level)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("id", TWO)
def test_two_shares_at_other_levels(id, level):
    a, m, b, n = (int(text) for text in id.split()[1:])
    first, second = Share(a, m), Share(b, n)
    for method in ("newcombe", "wald"):
        rows = compare_proportions(first, second, method=method, conf_level=level, **ABOUT)
        assert limits(rows, "proportion_difference") == by_r(id, method, level)
    if id in R.ids("risk_ratio"):
        rows = compare_ratio(first, second, "risk_ratio", conf_level=level, **ABOUT)
        assert limits(rows, "risk_ratio") == by_r(id, "risk_ratio", level)
    of = [Incidence(events=x, person_time=float(t), people=t) for x, t in ((a, m), (b, n))]
    rows = compare_rates(*of, conf_level=level, **ABOUT)
    assert limits(rows, "rate_ratio") == by_r(id, "rate_ratio", level)


@pytest.mark.parametrize("level", LEVELS)
def test_shifts_at_other_levels(level):
    columns = {k: numbers(v) for k, v in read_rows("options_stanford2", "t5").items()}
    _, first = np.unique(columns["t5"], return_index=True)
    kept = np.sort(first)
    t5, old = columns["t5"][kept], columns["age"][kept] > 45
    rows = compare_medians(t5[old], t5[~old], interval="exact", conf_level=level, **ABOUT)
    assert limits(rows, "median_difference") == by_r("t5", "shift-exact", level)
    value = R.value("t5", "shift-exact", "value", level)
    assert rows[0].value == pytest.approx(value, rel=REL)
    columns = {k: numbers(v) for k, v in read_rows("options_melanoma").items()}
    thick, ulcer = columns["thick"], columns["ulcer"] == 1
    rows = compare_medians(thick[~ulcer], thick[ulcer], conf_level=level, **ABOUT)
    found = limits(rows, "median_difference")
    assert found == pytest.approx(
        [R.value("thick", "shift-normal", end, level) for end in ("low", "high")], abs=1e-6
    )


def columns_of(id):
    name, first, second = id.split(":")
    columns = read_rows(f"options_{name}")
    return columns[first], columns[second]


TESTS = ("kruskal", "anova", "welch-anova", "student-t", "welch-t", "wilcoxon")
STATISTIC = {"kruskal": "chi_squared", "wilcoxon": "rank_sum_w"}


@pytest.mark.parametrize(("test", "id"), [(test, id) for test in TESTS for id in R.ids(test)])
def test_numbers_between_groups(test, id):
    values, groups = columns_of(id)
    named = "kruskal-wallis" if test == "kruskal" else test
    rows = compare_numbers(numbers(values), groups, test=named, **ABOUT)
    found = {row.statistic: row.value for row in rows}
    name = STATISTIC.get(test, "t" if test.endswith("-t") else "f")
    assert found[name] == pytest.approx(R.value(id, test, "statistic"), rel=REL)
    assert found["p_value"] == pytest.approx(R.value(id, test, "p"), rel=REL)


@pytest.mark.parametrize("id", R.ids("fisher"))
def test_categories_between_groups(id):
    values, groups = columns_of(id)
    found = {}
    for test in ("chi-squared", "fisher"):
        rows = compare_categories(values, groups, test=test, **ABOUT)
        found[test] = {row.statistic: row.value for row in rows}
    chi_squared = found["chi-squared"]
    assert chi_squared["chi_squared"] == pytest.approx(
        R.value(id, "chi-squared", "statistic"), rel=REL
    )
    assert chi_squared["p_value"] == pytest.approx(R.value(id, "chi-squared", "p"), rel=REL)
    assert found["fisher"]["p_value"] == pytest.approx(R.value(id, "fisher"), rel=REL)
