"""Intervals of shares, their differences and ratios, pairs and rates equal base R."""

from __future__ import annotations

import description_answers as r
import numpy as np
import pytest

from sequela.stats.censored_median import right_censored_median
from sequela.stats.paired import Pairs, compare_pairs, mcnemar
from sequela.stats.proportion_differences import miettinen_nurminen, newcombe, wald
from sequela.stats.proportion_ratios import odds_ratio, risk_ratio
from sequela.stats.proportions import Share, agresti_coull, jeffreys
from sequela.stats.rates import Incidence, compare_rates, estimate_rate


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("interval", [jeffreys, agresti_coull])
def test_intervals_of_one_share(interval, level):
    id = f"{interval.__name__.replace('_', '-')} {level:g}"
    lows, highs = r.answers()[id, "low"], r.answers()[id, "high"]
    assert len(lows) > 20
    for (x, n, low), (_, _, high) in zip(lows, highs, strict=True):
        found = interval(int(x), int(n), level)
        assert found == pytest.approx((low, high), rel=1e-8, abs=1e-14)


def shares(id):
    x1, n1, x2, n2 = map(int, id.split())
    return Share(x1, n1), Share(x2, n2)


@pytest.mark.parametrize("interval", [newcombe, wald, miettinen_nurminen])
@pytest.mark.parametrize("id", r.ids("newcombe:low"))
def test_intervals_of_a_difference(id, interval):
    name = interval.__name__.replace("_", "-")
    low, high = interval(*shares(id))
    if (id, f"{name}:low") not in r.answers():
        # R's prop.test has no answer when nobody is counted: no variance, and no width.
        assert name == "wald"
        assert (low, high) == (0, 0)
        return
    assert low == pytest.approx(r.answer(id, f"{name}:low"), rel=1e-8, abs=1e-10)
    assert high == pytest.approx(r.answer(id, f"{name}:high"), rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("ratio", [risk_ratio, odds_ratio])
@pytest.mark.parametrize("id", r.ids("risk_ratio"))
def test_ratios(id, ratio):
    assert ratio(*shares(id)) == pytest.approx(r.estimate(id, ratio.__name__), rel=1e-8)


def pairs(id):
    both, only_first, only_second, neither = map(int, id.split())
    return Pairs(both=both, only_first=only_first, only_second=only_second, neither=neither)


@pytest.mark.parametrize("id", r.ids("exact:p"))
def test_mcnemar(id):
    for name, continuity in (("asymptotic", False), ("continuity", True)):
        chi_squared, degrees, p_value = mcnemar(pairs(id), continuity=continuity)
        assert degrees == 1
        assert chi_squared == pytest.approx(r.answer(id, f"{name}:chi"), rel=1e-8)
        assert p_value == pytest.approx(r.answer(id, f"{name}:p"), rel=1e-8)
    rows = compare_pairs(pairs(id), test="exact", variable="x", contrast="then vs now")
    found = {row.statistic: row.value for row in rows}
    assert found["p_value"] == pytest.approx(r.answer(id, "exact:p"), rel=1e-8)
    names = ("paired_odds_ratio", "paired_odds_ratio_ci_low", "paired_odds_ratio_ci_high")
    assert [found[name] for name in names] == pytest.approx(r.estimate(id, "odds"), rel=1e-8)


@pytest.mark.parametrize("id", r.ids("rate"))
def test_rates(id):
    x1, t1, x2, t2 = map(float, id.split())
    first = Incidence(events=int(x1), person_time=t1, people=9)
    second = Incidence(events=int(x2), person_time=t2, people=9)
    rate = {row.statistic: row.value for row in estimate_rate(first, variable="x")}
    names = ("rate", "rate_ci_low", "rate_ci_high")
    assert [rate[name] for name in names] == pytest.approx(r.estimate(id, "rate"), rel=1e-8)
    rows = compare_rates(first, second, variable="x", contrast="a vs b")
    found = {row.statistic: row.value for row in rows}
    names = ("rate_ratio", "rate_ratio_ci_low", "rate_ratio_ci_high")
    assert [found[name] for name in names] == pytest.approx(r.estimate(id, "ratio"), rel=1e-8)
    assert found["p_value"] == pytest.approx(r.answer(id, "ratio:p"), rel=1e-8)


BOUNDED = {
    "right": ([3, 8, 8, 12, 15, 20, 22, 30, 31, 40], [1, 1, 0, 1, 0, 1, 1, 1, 0, 0]),
    "below_zero": ([-7, -3, -2, 0, 4, 5, 9], [1, 0, 1, 1, 1, 0, 1]),
}


@pytest.mark.parametrize("name", BOUNDED)
def test_median_of_right_censored_values(name):
    found = right_censored_median(*BOUNDED[name])
    np.testing.assert_allclose(
        [found.value, found.low, found.high], r.estimate(name, "censored_median"), rtol=1e-12
    )
