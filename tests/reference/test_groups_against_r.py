"""Tests between groups equal base R: wilcox.test, kruskal.test, t.test, oneway.test,
chisq.test, fisher.test, prop.trend.test; and the standardized differences by its algebra."""

from __future__ import annotations

import description_answers as r
import numpy as np
import pytest

from sequela.stats.compare_categories import compare_counts
from sequela.stats.compare_groups import compare_groups
from sequela.stats.estimand import Estimand
from sequela.stats.exact_binomial import binomial_p_value
from sequela.stats.fisher import conditional_odds_ratio
from sequela.stats.freeman_halton import freeman_halton
from sequela.stats.hodges_lehmann import shift_exact, shift_normal
from sequela.stats.pairwise import adjust_p_values
from sequela.stats.standardized_difference import (
    compare_standardized_numbers,
    difference_of_shares,
)

EXACT = {"rel": 1e-8, "abs": 1e-300}


def compare(case, test):
    values, groups = r.numbers()[case]
    rows = compare_groups(values, groups, test=test, variable=case, contrast="groups")
    return {row.statistic: row for row in rows}


@pytest.mark.parametrize("test", ["wilcoxon", "wilcoxon-no-continuity"])
@pytest.mark.parametrize("case", r.ids("wilcoxon:p"))
def test_wilcoxon_by_the_normal_approximation(case, test):
    rows = compare(case, test)
    assert rows["rank_sum_w"].value == r.answer(case, f"{test}:w")
    assert rows["p_value"].value == pytest.approx(r.answer(case, f"{test}:p"), **EXACT)


@pytest.mark.parametrize("case", r.ids("wilcoxon-exact:p"))
def test_exact_wilcoxon_without_ties(case):
    p_value = compare(case, "wilcoxon-exact")["p_value"].value
    assert p_value == pytest.approx(r.answer(case, "wilcoxon-exact:p"), **EXACT)


@pytest.mark.parametrize("case", r.ids("wilcoxon-exact-given-ties:p"))
def test_exact_wilcoxon_given_the_ties(case):
    p_value = compare(case, "wilcoxon-exact")["p_value"].value
    assert p_value == pytest.approx(r.answer(case, "wilcoxon-exact-given-ties:p"), **EXACT)


@pytest.mark.parametrize("case", r.ids("student-t:p"))
@pytest.mark.parametrize("test", ["student-t", "welch-t"])
def test_t_tests(case, test):
    rows = compare(case, test)
    if (case, f"{test}:p") not in r.answers():
        assert rows["p_value"].error == "a group has one person, whose variance is unknown"
        return
    for name, ours in (("t", "t"), ("df", "degrees_of_freedom"), ("p", "p_value")):
        assert rows[ours].value == pytest.approx(r.answer(case, f"{test}:{name}"), **EXACT)


@pytest.mark.parametrize("case", r.ids("kruskal-wallis:p"))
def test_kruskal_wallis(case):
    rows = compare(case, "kruskal-wallis")
    for name, ours in (("chi", "chi_squared"), ("df", "degrees_of_freedom"), ("p", "p_value")):
        assert rows[ours].value == pytest.approx(r.answer(case, f"kruskal-wallis:{name}"), **EXACT)


@pytest.mark.parametrize("case", r.ids("anova:p"))
@pytest.mark.parametrize("test", ["anova", "welch-anova"])
def test_analysis_of_variance(case, test):
    rows = compare(case, test)
    if (case, f"{test}:p") not in r.answers():
        assert rows["p_value"].error == "a group has one person, whose variance is unknown"
        return
    names = {"f": "f", "df1": "degrees_of_freedom", "df2": "degrees_of_freedom_within"}
    for name, ours in (names | {"p": "p_value"}).items():
        assert rows[ours].value == pytest.approx(r.answer(case, f"{test}:{name}"), **EXACT)


@pytest.mark.parametrize("case", r.ids("shift"))
def test_shift_by_the_normal_approximation(case):
    found = shift_normal(*r.two_samples(case))
    assert found.value == pytest.approx(r.answer(case, "shift"), rel=1e-8, abs=1e-12)
    assert found.low == pytest.approx(r.answer(case, "shift-normal:low"), rel=1e-8, abs=1e-11)
    assert found.high == pytest.approx(r.answer(case, "shift-normal:high"), rel=1e-8, abs=1e-11)


@pytest.mark.parametrize("case", r.ids("shift-exact"))
def test_exact_shift(case):
    found = shift_exact(*r.two_samples(case))
    assert found.value == pytest.approx(r.answer(case, "shift-exact"), **EXACT)
    assert found.low == pytest.approx(r.answer(case, "shift-exact:low"), **EXACT)
    assert found.high == pytest.approx(r.answer(case, "shift-exact:high"), **EXACT)
    assert found.conf_level == pytest.approx(r.answer(case, "shift-exact:level"), **EXACT)


@pytest.mark.parametrize("case", [id for id in r.ids("smd") if id in r.numbers()])
def test_standardized_difference_of_means(case):
    values, groups = r.numbers()[case]
    (row,) = compare_standardized_numbers(values, groups, variable=case, contrast="groups")
    assert row.value == pytest.approx(r.answer(case, "smd"), **EXACT)


@pytest.mark.parametrize("case", [id for id in r.ids("smd") if id in r.tables()])
def test_standardized_difference_of_shares(case):
    ours = difference_of_shares(r.tables()[case])
    assert ours == pytest.approx(r.answer(case, "smd"), **EXACT)


def count_rows(case, test):
    table = r.tables()[case]
    about = Estimand(variable=case, n=int(table.sum()))
    return {row.statistic: row for row in compare_counts(table, about, test)}


@pytest.mark.parametrize("case", r.ids("chi-squared:p"))
def test_chi_squared(case):
    rows = count_rows(case, "chi-squared")
    names = {"chi": "chi_squared", "df": "degrees_of_freedom", "p": "p_value"}
    for name, ours in names.items():
        assert rows[ours].value == pytest.approx(r.answer(case, f"chi-squared:{name}"), **EXACT)
    least = rows["minimum_expected_count"].value
    assert least == pytest.approx(r.answer(case, "least_expected"), **EXACT)
    assert ("exact_p_value" in rows) == (least < 5)


@pytest.mark.parametrize("case", r.ids("yates:p"))
def test_yates(case):
    rows = count_rows(case, "chi-squared-yates")
    assert rows["chi_squared"].value == pytest.approx(r.answer(case, "yates:chi"), **EXACT)
    assert rows["p_value"].value == pytest.approx(r.answer(case, "yates:p"), **EXACT)


@pytest.mark.parametrize("case", r.ids("fisher:p"))
def test_fisher_and_freeman_halton(case):
    row = count_rows(case, "fisher")["p_value"]
    assert "Monte Carlo" not in row.method
    assert row.value == pytest.approx(r.answer(case, "fisher:p"), **EXACT)


@pytest.mark.parametrize("case", [id for id in r.ids("fisher:p") if id in r.ids("yates:p")])
def test_freeman_halton_of_two_by_two_is_fisher(case):
    found = freeman_halton(r.tables()[case])
    assert found.exact
    assert found.p_value == pytest.approx(r.answer(case, "fisher:p"), **EXACT)


@pytest.mark.parametrize("case", ["mtcars_cyl_gear", "sparse", "job_satisfaction"])
def test_monte_carlo_comes_near_the_exact_p(case):
    p_value, exact = r.answer(case, "fisher:p"), freeman_halton(r.tables()[case], most_parts=1)
    assert not exact.exact
    # Five standard errors of 99,999 draws.
    assert exact.p_value == pytest.approx(p_value, abs=5 * np.sqrt(p_value / 99_999))


@pytest.mark.parametrize("case", r.ids("odds_ratio:loose"))
def test_conditional_odds_ratio(case):
    found = conditional_odds_ratio(r.tables()[case])
    ours = [found.value, found.low, found.high]
    assert ours == pytest.approx(r.estimate(case, "odds_ratio"), rel=1e-8)
    assert ours == pytest.approx(r.estimate(case, "odds_ratio:loose"), rel=1e-2)


@pytest.mark.parametrize("case", r.ids("trend:p"))
def test_cochran_armitage(case):
    rows = count_rows(case, "trend")
    assert rows["z"].value ** 2 == pytest.approx(r.answer(case, "trend:chi"), **EXACT)
    assert rows["p_value"].value == pytest.approx(r.answer(case, "trend:p"), **EXACT)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("holm", "holm"), ("benjamini-hochberg", "BH"), ("bonferroni", "bonferroni")],
)
def test_adjusted_p_values(ours, theirs):
    asked = r.answers()[theirs, "adjusted"]
    found = adjust_p_values([float(p) for _, p, _ in asked], ours)
    np.testing.assert_allclose(found, [value for _, _, value in asked], rtol=1e-12)


@pytest.mark.parametrize("id", r.ids("binomial:p"))
def test_exact_binomial(id):
    x, n, p = id.split()
    found = binomial_p_value(int(x), int(n), float(p))
    assert found == pytest.approx(r.answer(id, "binomial:p"), **EXACT)
