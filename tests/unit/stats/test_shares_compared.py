"""Differences and ratios of shares, pairs, rates: by hand and where they end."""

from __future__ import annotations

from math import exp, log, sqrt

import pytest

from sequela.stats.confidence_band import normal_quantile
from sequela.stats.paired import Pairs, compare_pairs, count_pairs, newcombe_paired
from sequela.stats.proportion_differences import compare_proportions, miettinen_nurminen, newcombe
from sequela.stats.proportion_ratios import compare_ratio
from sequela.stats.proportions import Share, estimate_proportion, jeffreys
from sequela.stats.rates import Incidence, compare_rates, estimate_rate, poisson_limits
from sequela.stats.results import Absent

Z = normal_quantile(0.95)


def named(rows):
    return {row.statistic: row for row in rows}


def difference(first, second, **given):
    return named(compare_proportions(first, second, variable="x", contrast="a vs b", **given))


def ratio(first, second, kind):
    return named(compare_ratio(first, second, kind, variable="x", contrast="a vs b"))


@pytest.mark.parametrize("method", ["jeffreys", "agresti-coull"])
def test_the_interval_that_was_asked_for_is_named(method):
    row = estimate_proportion(3, 9, variable="x", method=method)[-1]
    assert row.method.lower() == f"proportion; {method} 95 % ci"
    with pytest.raises(ValueError, match="No interval 'exact'; known are clopper-pearson"):
        estimate_proportion(3, 9, variable="x", method="exact")


def test_jeffreys_of_all_ends_at_one():
    assert jeffreys(4, 4)[1] == 1
    assert jeffreys(0, 4)[0] == 0


def test_newcombes_published_example():
    # Newcombe 1998, Table II (a): 56/70 - 48/80, method 10: 0.0524 to 0.3339.
    low, high = newcombe(Share(56, 70), Share(48, 80))
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)
    # The same table, method 6 (Miettinen and Nurminen): 0.0528 to 0.3382.
    low, high = miettinen_nurminen(Share(56, 70), Share(48, 80))
    assert (round(low, 4), round(high, 4)) == (0.0528, 0.3382)


def test_a_published_paired_example():
    # Altman and others, Statistics with Confidence, Table 6.2: 0.122, 0.011 to 0.226.
    low, high = newcombe_paired(Pairs(both=14, only_first=5, only_second=0, neither=22))
    assert (round(low, 3), round(high, 3)) == (0.011, 0.226)


def test_wald_by_hand():
    rows = difference(Share(3, 4), Share(2, 4), method="wald", absent=Absent(missing=1))
    half = Z * sqrt(3 / 16 / 4 + 1 / 4 / 4)
    assert rows["proportion_difference"].value == 0.25
    assert rows["proportion_difference_ci_low"].value == pytest.approx(0.25 - half)
    assert rows["proportion_difference_ci_high"].value == pytest.approx(0.25 + half)
    assert {row.size for row in rows.values()} == {9}


@pytest.mark.parametrize("method", ["newcombe", "miettinen-nurminen", "wald"])
def test_all_against_none_stays_within_one(method):
    rows = difference(Share(5, 5), Share(0, 5), method=method)
    assert rows["proportion_difference"].value == 1
    assert rows["proportion_difference_ci_high"].value == pytest.approx(1)
    mirrored = difference(Share(0, 5), Share(5, 5), method=method)
    low = rows["proportion_difference_ci_low"].value
    assert mirrored["proportion_difference_ci_high"].value == pytest.approx(-low)


def test_a_difference_from_nobody_is_not_estimable():
    rows = difference(Share(0, 0), Share(1, 2))
    assert {row.error for row in rows.values()} == {"nobody of a group has a value"}
    with pytest.raises(ValueError, match="No interval 'exact'; known are newcombe"):
        difference(Share(1, 2), Share(1, 2), method="exact")
    with pytest.raises(ValueError, match="3 of 2 is not a proportion"):
        Share(3, 2)


def test_ratios_by_hand():
    # 6 of 10 against 3 of 10: risk ratio 2, odds ratio (6/4) / (3/7) = 3.5.
    risk = ratio(Share(6, 10), Share(3, 10), "risk_ratio")
    half = Z * sqrt(1 / 6 - 1 / 10 + 1 / 3 - 1 / 10)
    assert risk["risk_ratio"].value == pytest.approx(2)
    assert risk["risk_ratio_ci_low"].value == pytest.approx(exp(log(2) - half))
    odds = ratio(Share(6, 10), Share(3, 10), "odds_ratio")
    half = Z * sqrt(1 / 6 + 1 / 4 + 1 / 3 + 1 / 7)
    assert odds["odds_ratio"].value == pytest.approx(3.5)
    assert odds["odds_ratio_ci_high"].value == pytest.approx(exp(log(3.5) + half))


def test_a_ratio_with_an_empty_cell():
    for kind in ("risk_ratio", "odds_ratio"):
        rows = ratio(Share(0, 10), Share(3, 10), kind)
        assert {row.state for row in rows.values()} == {"not_estimable"}
        assert "so the log ratio has no value" in rows[kind].error
    rows = ratio(Share(3, 10), Share(0, 10), "conditional_odds_ratio")
    assert rows["conditional_odds_ratio"].error == "unbounded: a cell of the table is empty"
    assert rows["conditional_odds_ratio_ci_low"].value > 0
    assert rows["conditional_odds_ratio_ci_high"].state == "not_estimable"
    nobody = ratio(Share(0, 10), Share(0, 10), "conditional_odds_ratio")
    assert nobody["conditional_odds_ratio"].error == "a row or a column of the table is empty"


def test_pairs_are_counted():
    found = count_pairs([True, True, False, False], [True, False, True, True])
    assert found == Pairs(both=1, only_first=1, only_second=2, neither=0)
    with pytest.raises(ValueError, match="A judgement is missing"):
        count_pairs([True, None], [True, False])


def test_mcnemar_by_hand():
    # 8 changed one way and 2 the other: 36 / 10; corrected 25 / 10; exact 2 * 56 / 1024.
    pairs = Pairs(both=3, only_first=8, only_second=2, neither=7)
    rows = named(compare_pairs(pairs, test="asymptotic", variable="x", contrast="then vs now"))
    assert rows["chi_squared"].value == pytest.approx(3.6)
    assert rows["exact_p_value"].value == pytest.approx(112 / 1024)
    assert rows["exact_p_value"].method == (
        "McNemar's exact test; added because 10 pairs changed, fewer than 25"
    )
    assert rows["proportion_difference"].value == pytest.approx(0.3)
    assert rows["paired_odds_ratio"].value == pytest.approx(4)
    corrected = named(compare_pairs(pairs, test="continuity", variable="x", contrast="then vs now"))
    assert corrected["chi_squared"].value == pytest.approx(2.5)


def test_nobody_changed():
    pairs = Pairs(both=3, only_first=0, only_second=0, neither=7)
    for test in ("asymptotic", "continuity", "exact"):
        rows = named(compare_pairs(pairs, test=test, variable="x", contrast="then vs now"))
        assert rows["p_value"].error == "nobody changed"
        assert rows["paired_odds_ratio"].error == "nobody changed"
        assert rows["proportion_difference"].value == 0


def test_pairs_of_nobody():
    pairs = Pairs(both=0, only_first=0, only_second=0, neither=0)
    rows = compare_pairs(pairs, test="exact", variable="x", contrast="c", absent=Absent(missing=2))
    assert {row.state for row in rows} == {"not_estimable"}
    assert {row.size for row in rows} == {2}


def test_everyone_changed_one_way_has_no_upper_odds():
    pairs = Pairs(both=0, only_first=6, only_second=0, neither=0)
    rows = named(compare_pairs(pairs, test="exact", variable="x", contrast="c"))
    assert rows["paired_odds_ratio"].error == "unbounded: nobody changed from no to yes"
    assert rows["p_value"].value == pytest.approx(2 / 64)


def test_a_paired_interval_is_narrower_when_judgements_go_together():
    together = newcombe_paired(Pairs(both=40, only_first=6, only_second=2, neither=40))
    apart = newcombe_paired(Pairs(both=24, only_first=22, only_second=18, neither=24))
    assert together[1] - together[0] < apart[1] - apart[0]


def test_poisson_limits_by_hand():
    # No event: the upper limit solves exp(-m) = 0.025.
    low, high = poisson_limits(0)
    assert (low, high) == (0, pytest.approx(-log(0.025)))


def test_a_rate_per_hundred():
    seen = Incidence(events=5, person_time=250, people=40)
    rows = named(estimate_rate(seen, variable="relapse", per=100, absent=Absent(missing=2)))
    assert rows["rate"].value == pytest.approx(2)
    assert rows["rate"].method == "events per 100 of person-time; exact Poisson 95 % CI"
    assert (rows["events"].value, rows["person_time"].value) == (5, 250)
    assert {row.size for row in rows.values()} == {42}


def test_rates_at_their_ends():
    nobody = Incidence(events=0, person_time=0, people=0)
    some = Incidence(events=0, person_time=10, people=4)
    one = Incidence(events=1, person_time=10, people=4)
    assert named(estimate_rate(nobody, variable="x"))["rate"].state == "not_estimable"
    rows = named(compare_rates(some, some, variable="x", contrast="c"))
    assert rows["rate_ratio"].error == "there is no event"
    rows = named(compare_rates(one, nobody, variable="x", contrast="c"))
    assert rows["rate_ratio"].error == "nobody was followed for any time"
    rows = named(compare_rates(one, some, variable="x", contrast="c"))
    assert rows["rate_ratio"].error == "unbounded: the second has no event"
    assert rows["p_value"].value == pytest.approx(1)
    with pytest.raises(ValueError, match="negative"):
        Incidence(events=-1, person_time=1, people=1)
    with pytest.raises(ValueError, match="A time of inf is not one to be followed for"):
        Incidence(events=1, person_time=float("inf"), people=1)
