"""Weighted log-rank tests, trend and pairwise comparisons by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sequela.stats.log_rank import log_rank
from sequela.stats.pairwise import adjust_p_values, compare_pairwise
from sequela.stats.results import Absent, results_table
from sequela.stats.risk_grid import risk_grid
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.strata import build_stratified_risk_tables, unstratified
from sequela.stats.trend import compare_trend, trend_chi_squared
from sequela.stats.weighted_log_rank import (
    Weighting,
    compare_weighted_log_rank,
    time_weights,
    weighted_log_rank,
)

# a: events at 1 and 3; b: event at 2, censored at 4. At risk 4, 3, 2; S before 1, 3/4, 1/2.
TIME, EVENT, GROUP = [1, 3, 2, 4], [1, 1, 1, 0], list("aabb")
TABLES = build_risk_tables(TIME, EVENT, group=GROUP)
GEHAN = Weighting("gehan-wilcoxon")


def compare(strata, weighting=GEHAN, **given):
    return compare_weighted_log_rank(
        strata, weighting=weighting, variable="os", contrast="a vs b", **given
    )


@pytest.mark.parametrize(
    ("weighting", "weights"),
    [
        (Weighting(), [1, 1, 1]),
        (GEHAN, [4, 3, 2]),
        (Weighting("tarone-ware"), [2, 3**0.5, 2**0.5]),
        (Weighting("peto-peto"), [1, 3 / 4, 1 / 2]),
        # S~: 1 - 1/5 = 4/5, then times 3/4 = 3/5, then times 2/3 = 2/5; times Y / (Y + 1).
        (Weighting("modified-peto-peto"), [4 / 5 * 4 / 5, 3 / 5 * 3 / 4, 2 / 5 * 2 / 3]),
        (Weighting("fleming-harrington", 1, 1), [0, 3 / 16, 1 / 4]),
        (Weighting("fleming-harrington", 0, 0.5), [0, 0.5, 0.5**0.5]),
    ],
    ids=lambda value: value.name if isinstance(value, Weighting) else "",
)
def test_weights_by_hand(weighting, weights):
    assert time_weights(risk_grid(TABLES), weighting).tolist() == pytest.approx(weights)


def test_gehan_by_hand():
    # a is 2 of 4, 1 of 3, 1 of 2 at risk. Weighted O = 4 + 2 = 6, E = 4/2 + 3/3 + 2/2 = 4,
    # V = 16 * 1/4 + 9 * 2/9 + 4 * 1/4 = 7, so chi-squared = 4/7.
    rows = compare(unstratified(TABLES))
    found = {(row.group, row.statistic.removeprefix("gehan_wilcoxon_")): row.value for row in rows}
    assert found["", "chi_squared"] == pytest.approx(4 / 7)
    assert found["a", "observed"] == 6
    assert found["a", "expected"] == pytest.approx(4)
    assert found["b", "expected"] == pytest.approx(5)


def test_strata_add_up():
    # Twice the same people in two strata: twice O - E and twice V, so twice the chi-squared.
    twice = build_stratified_risk_tables(
        TIME * 2, EVENT * 2, group=GROUP * 2, stratum=["one"] * 4 + ["two"] * 4
    )
    assert list(twice) == ["one", "two"]
    result = weighted_log_rank(twice, GEHAN)
    assert result.chi_squared == pytest.approx(2 * 4 / 7)
    rows = compare(twice, stratified_by="centre")
    assert rows[0].statistic == "stratified_gehan_wilcoxon_chi_squared"
    assert "stratified by centre" in rows[0].method
    assert {row.n for row in rows if not row.group} == {8}


def test_a_stratum_with_one_group_compares_nothing():
    lonely = build_stratified_risk_tables(
        [*TIME, 5, 6], [*EVENT, 1, 1], group=[*GROUP, "a", "a"], stratum=[*("x" * 4), "y", "y"]
    )
    assert list(lonely["y"]) == ["a"]
    assert weighted_log_rank(lonely, GEHAN).chi_squared == pytest.approx(4 / 7)


def test_delayed_entry():
    # b enters at 2, after the event of a at 1: only the event at 3 compares, Gehan's weight 2.
    tables = build_risk_tables([1, 3, 4], [1, 1, 0], group=["a", "a", "b"], entry=[0, 0, 2])
    result = weighted_log_rank(unstratified(tables), GEHAN)
    assert (result.observed - result.expected).tolist() == [1, -1]
    assert result.variance[0, 0] == pytest.approx(1)


def test_rows_have_their_own_keys_and_the_absent():
    absent = {"a": Absent(missing=1), "": Absent(not_evaluable=2)}
    rows = []
    for weighting in (Weighting(), GEHAN, Weighting("fleming-harrington", 0.5, 2)):
        rows += compare(unstratified(TABLES), weighting, absent=absent)
    assert results_table(rows).height == len(rows) == 21
    assert rows[14].statistic == "fleming_harrington_0p5_2_chi_squared"
    sizes = {(row.group, row.n, row.n_missing, row.n_not_evaluable) for row in rows}
    assert sizes == {("", 4, 1, 2), ("a", 2, 1, 0), ("b", 2, 0, 0)}


@pytest.mark.parametrize("weighting", [Weighting(), GEHAN, Weighting("fleming-harrington", 0, 1)])
@pytest.mark.parametrize(
    ("time", "event", "group"),
    [
        ([1, 2], [0, 0], ["a", "b"]),  # no event
        ([1, 2], [1, 1], ["a", "a"]),  # one group
        ([1], [1], ["a"]),  # one patient
        ([1, 5], [0, 1], ["a", "b"]),  # the one event after a has left
        ([2, 2, 2], [1, 1, 1], ["a", "b", "b"]),  # all tied
        ([0, 0], [1, 1], ["a", "b"]),  # all at time zero
    ],
)
def test_what_cannot_be_compared_has_a_reason(time, event, group, weighting):
    strata = unstratified(build_risk_tables(time, event, group=group))
    rows = [row for row in compare(strata, weighting) if not row.group]
    rows += compare_trend(
        strata,
        dict.fromkeys(group, 1.0),
        weighting=weighting,
        variable="os",
        contrast="trend",
    )
    assert {row.state for row in rows} == {"not_estimable"}
    assert "two or more of the groups were at risk" in rows[0].error


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("gehan",), "No weight 'gehan'; known are log-rank"),
        (("fleming-harrington", -1, 0), "are not negative"),
        (("peto-peto", 1, 0), "rho and gamma mean nothing to the weight 'peto-peto'"),
    ],
)
def test_what_is_no_weight_is_said(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        Weighting(*given)


def test_mistakes_are_said():
    with pytest.raises(ValueError, match="A comparison needs risk tables"):
        weighted_log_rank(unstratified({}))
    with pytest.raises(ValueError, match="absent names 'c'"):
        compare(unstratified(TABLES), absent={"c": Absent(missing=1)})
    with pytest.raises(ValueError, match="stratified_by must say"):
        compare({"x": TABLES, "y": TABLES})
    with pytest.raises(ValueError, match="stratum must be one name a person"):
        build_stratified_risk_tables([1, 2], [1, 1], group=["a", "b"], stratum=["x"])
    with pytest.raises(ValueError, match="must have the same causes"):
        risk_grid({"a": TABLES["a"], "b": build_risk_tables([1], [1], causes=("x",))[""]})


def test_trend_of_two_groups_is_the_log_rank_test():
    chi_squared, degrees = trend_chi_squared(unstratified(TABLES), {"a": 3.0, "b": 10.0})
    assert degrees == 1
    assert chi_squared == pytest.approx(log_rank(TABLES).chi_squared)


def test_trend_needs_a_score_for_each_group():
    with pytest.raises(ValueError, match="one score for each group"):
        trend_chi_squared(unstratified(TABLES), {"a": 1.0})
    with pytest.raises(ValueError, match="missing or not finite"):
        trend_chi_squared(unstratified(TABLES), {"a": 1.0, "b": np.nan})


def test_adjusted_p_values_by_hand():
    # Holm: 3 x 0.01, then 2 x 0.02 = 0.04, then max(0.04, 0.03). Hochberg's steps from above:
    # 0.03, min(0.03, 3/2 x 0.02) = 0.03, min(0.03, 3 x 0.01) = 0.03.
    p = [0.02, 0.03, 0.01]
    assert adjust_p_values(p, "holm").tolist() == pytest.approx([0.04, 0.04, 0.03])
    assert adjust_p_values(p, "benjamini-hochberg").tolist() == pytest.approx([0.03] * 3)
    assert adjust_p_values([0.9, 0.8], "holm").tolist() == [1, 1]
    assert adjust_p_values([], "holm").tolist() == []


def test_an_unknown_p_value_does_not_count_as_a_comparison():
    adjusted = adjust_p_values([0.02, np.nan, 0.01], "holm")
    assert adjusted[[0, 2]].tolist() == pytest.approx([0.02, 0.02])
    assert np.isnan(adjusted[1])


def test_adjusting_refuses_what_is_no_p_value():
    with pytest.raises(ValueError, match="between 0 and 1"):
        adjust_p_values([1.5], "holm")
    with pytest.raises(ValueError, match="No adjustment 'sidak'"):
        adjust_p_values([0.5], "sidak")


def test_pairs_have_rows_also_where_they_cannot_be_compared():
    # c is gone before the first event.
    tables = build_risk_tables([*TIME, 0.5], [*EVENT, 0], group=[*GROUP, "c"])
    rows = compare_pairwise(unstratified(tables), variable="os", absent={"a": Absent(missing=3)})
    assert [row.contrast for row in rows[::4]] == ["a vs b", "a vs c", "b vs c"]
    assert [row.state for row in rows[3::4]] == ["ok", "not_estimable", "not_estimable"]
    first = rows[:4]
    assert first[3].statistic == "log_rank_p_value_holm"
    assert first[3].value == first[2].value  # the one pair that can be compared
    assert "Holm over 1 pairs" in first[3].method
    assert {(row.n, row.n_missing) for row in first} == {(4, 3)}
    assert results_table(rows).height == 12


def test_one_group_has_no_pairs():
    assert compare_pairwise(unstratified({"a": TABLES["a"]}), variable="os") == []
