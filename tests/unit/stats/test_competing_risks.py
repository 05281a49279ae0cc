"""Cumulative incidence and Gray's test by hand, and where they have no value."""

from __future__ import annotations

import numpy as np
import pytest

from sequela.stats.competing_risks import (
    cause_specific,
    cumulative_incidence,
    estimate_cumulative_incidence,
    incidence_at,
)
from sequela.stats.gray import compare_cumulative_incidence, gray_test
from sequela.stats.log_rank import log_rank
from sequela.stats.results import Absent, results_table
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.strata import build_stratified_risk_tables, unstratified
from sequela.stats.survival import kaplan_meier

CAUSES = ("relapse", "death")


def table_of(time, event, **given):
    return build_risk_tables(time, event, causes=CAUSES, **given)[""]


# Five people: at 1 a relapse, at 2 a relapse and a death together, at 3 one censored, at 4 a
# death. S is 4/5, 2/5, 2/5, 0.
TABLE = table_of([1, 2, 2, 3, 4], [1, 1, 2, 0, 2])


def test_incidence_by_hand():
    relapse, death = (cumulative_incidence(TABLE, cause) for cause in CAUSES)
    # Relapse: 1/5, then + 4/5 x 1/4. Death: 4/5 x 1/4, then + 2/5 x 1/1.
    assert relapse.incidence.tolist() == pytest.approx([1 / 5, 2 / 5, 2 / 5, 2 / 5])
    assert death.incidence.tolist() == pytest.approx([0, 1 / 5, 1 / 5, 3 / 5])
    assert (relapse.event_free + relapse.incidence + death.incidence).tolist() == pytest.approx(
        [1, 1, 1, 1]
    )
    assert (relapse.events, death.events) == (2, 2)


def test_delta_variance_by_hand():
    # Without censoring before 3, F(2) = 2/5 is a binomial share of 5: variance 2/5 x 3/5 / 5.
    relapse = cumulative_incidence(TABLE, "relapse")
    assert relapse.std_err[1] ** 2 == pytest.approx(6 / 125)
    assert relapse.std_err[0] ** 2 == pytest.approx(1 / 5 * 4 / 5 / 5)


def test_aalen_variance_by_hand():
    # At 2, F = 2/5. u = 1: G = (2/5 - 1/5) / (4/5) = 1/4, own (3/4)^2 / 25. u = 2: G = 0, own
    # (4/5)^2 / 16 = 1/25. Together (9/16 + 1) / 25 = 1/16.
    relapse = cumulative_incidence(TABLE, "relapse", variance="aalen")
    assert relapse.std_err[1] ** 2 == pytest.approx(1 / 16)


def test_one_cause_is_one_minus_kaplan_meier():
    table = build_risk_tables([1, 2, 2, 5, 6, 8], [1, 1, 0, 1, 0, 1], causes=("only",))[""]
    curve, kaplan = cumulative_incidence(table, "only"), kaplan_meier(table)
    np.testing.assert_allclose(curve.incidence, 1 - kaplan.survival)
    np.testing.assert_allclose(curve.std_err[:-1], kaplan.std_err[:-1])


def test_ties_are_not_broken():
    # The order of rows does not matter, bit by bit, however many are tied.
    time, event = [3, 3, 3, 3, 6, 6, 9], [1, 2, 1, 0, 2, 1, 0]
    first = cumulative_incidence(table_of(time, event), "relapse")
    again = cumulative_incidence(table_of(time[::-1], event[::-1]), "relapse")
    assert first.incidence.tolist() == again.incidence.tolist()
    assert first.incidence[0] == pytest.approx(2 / 7)


def test_cause_specific_takes_the_others_as_censored():
    alone = cause_specific(TABLE, "death")
    assert alone.causes == ("death",)
    assert alone.events[:, 0].tolist() == [0, 1, 0, 1]
    assert alone.censored.tolist() == [1, 1, 1, 0]
    assert alone.at_risk.tolist() == TABLE.at_risk.tolist()


def test_values_at_times():
    points = incidence_at(cumulative_incidence(TABLE, "relapse"), [3.5, 0.5, 99])
    # Everyone has had an event by 4 but for one censored, so the curve stays after it.
    assert points.incidence.tolist() == pytest.approx([2 / 5, 0, 2 / 5])
    open_end = cumulative_incidence(table_of([1, 2], [1, 0]), "relapse")
    assert np.isnan(incidence_at(open_end, [3]).incidence[0])


def test_rows_of_incidence():
    rows = estimate_cumulative_incidence(
        TABLE, variable="relapse", at=[0.5, 2, 2], absent=Absent(missing=1)
    )
    found = {(row.level, row.time, row.statistic): row for row in rows}
    assert len(found) == len(rows) == results_table(rows).height
    assert found["relapse", 2, "cumulative_incidence"].value == pytest.approx(2 / 5)
    assert found["", 2, "event_free"].value == pytest.approx(2 / 5)
    assert found["", 2, "at_risk"].value == 4
    assert found["death", None, "events"].value == 2
    assert found["", None, "censored"].value == 1
    assert found["death", 0.5, "cumulative_incidence"].value == 0
    assert found["death", 0.5, "cumulative_incidence_ci_low"].state == "not_estimable"
    assert {(row.n, row.n_missing) for row in rows} == {(5, 1)}


@pytest.mark.parametrize(
    ("table", "value"),
    [
        (table_of([], []), None),  # nobody
        (table_of([3], [0]), 0),  # no event, one patient
        (table_of([1], [1]), 1),  # one patient with the event, known ever after
        (table_of([1], [2]), 0),  # one patient with the other event
        (table_of([2, 2], [1, 2]), 0.5),  # all tied
        (table_of([0, 4], [1, 0]), 0.5),  # an event at zero
        (table_of([1, 1.5], [1, 0]), None),  # nobody observed so long
    ],
)
def test_odd_cohorts_have_a_defined_row(table, value):
    rows = estimate_cumulative_incidence(table, variable="x", at=[2])
    (row,) = (r for r in rows if r.level == "relapse" and r.statistic == "cumulative_incidence")
    assert row.value == value
    assert row.state == ("ok" if value is not None else "not_estimable")


def test_an_incidence_that_empties_before_others_enter_is_refused():
    # The only one at risk relapses at 1; the others enter at 2.
    table = table_of([1, 5, 6], [1, 2, 0], entry=[0, 2, 2])
    rows = estimate_cumulative_incidence(table, variable="x", at=[0.5, 5])
    late = [row for row in rows if row.time == 5 and row.statistic != "at_risk"]
    assert {row.state for row in late} == {"refused"}
    assert len(late) == 7
    assert {row.state for row in rows if row.time == 0.5} == {"ok", "not_estimable"}


def test_unknown_words_are_said():
    with pytest.raises(ValueError, match="No cause 'grief'; the table has relapse, death"):
        cumulative_incidence(TABLE, "grief")
    with pytest.raises(ValueError, match="No variance 'exact'"):
        cumulative_incidence(TABLE, "relapse", variance="exact")


def test_gray_without_competing_events_scores_as_log_rank():
    # With F = 1 - S the group counts as Y (1 - F) / S = Y at risk: the log-rank scores.
    time, event, group = [1, 3, 2, 4, 5, 6], [1, 1, 1, 0, 1, 0], list("aabbab")
    gray = gray_test(
        unstratified(build_risk_tables(time, event, group=group, causes=CAUSES)), "relapse"
    )
    plain = log_rank(build_risk_tables(time, event, group=group))
    np.testing.assert_allclose(gray.score, plain.observed - plain.expected)


def test_gray_keeps_those_with_a_competing_event_at_risk():
    # a: competing event at 1, relapse at 3; b: relapse at 2, censored at 4.
    # t = 2: a has Y = 1, S = 1/2, F = 0, so it counts as 2 at risk; b as 2: expected 1/2.
    # t = 3: a counts 1 / (1/2) = 2; b has Y = 1, S = 1/2, F = 1/2: 1. Expected 2/3.
    tables = build_risk_tables([1, 3, 2, 4], [2, 1, 1, 0], group=list("aabb"), causes=CAUSES)
    result = gray_test(unstratified(tables), "relapse")
    assert result.score.tolist() == pytest.approx([1 - 1 / 2 - 2 / 3, 1 - 1 / 2 - 1 / 3])
    assert result.degrees_of_freedom == 1


def test_gray_adds_strata_up():
    time, event, group = [1, 3, 2, 4, 2, 5], [2, 1, 1, 0, 2, 1], list("aabbab")
    once = gray_test(
        unstratified(build_risk_tables(time, event, group=group, causes=CAUSES)), "relapse"
    )
    strata = build_stratified_risk_tables(
        time * 2, event * 2, group=group * 2, stratum=["x"] * 6 + ["y"] * 6, causes=CAUSES
    )
    twice = gray_test(strata, "relapse")
    assert twice.chi_squared == pytest.approx(2 * once.chi_squared)
    with pytest.raises(ValueError, match="stratified_by must say"):
        compare_cumulative_incidence(strata, variable="x", contrast="")


@pytest.mark.parametrize(
    ("time", "event", "group"),
    [
        ([1, 2], [0, 0], ["a", "b"]),  # no event
        ([1, 2], [1, 1], ["a", "a"]),  # one group
        ([1], [1], ["a"]),  # one patient
        ([0, 0], [0, 0], ["a", "b"]),  # everyone gone at zero
        ([1, 2], [2, 2], ["a", "b"]),  # the other cause only
    ],
)
def test_gray_where_nothing_can_be_compared(time, event, group):
    strata = unstratified(build_risk_tables(time, event, group=group, causes=CAUSES))
    rows = compare_cumulative_incidence(strata, variable="x", contrast="a vs b")
    relapse = [row for row in rows if row.level == "relapse"]
    assert {row.state for row in relapse} == {"not_estimable"}
    assert len(rows) == 6


def test_gray_is_refused_with_delayed_entry():
    tables = build_risk_tables([2, 3], [1, 1], entry=[1, 0], group=["a", "b"], causes=CAUSES)
    rows = compare_cumulative_incidence(unstratified(tables), variable="x", contrast="")
    assert {row.state for row in rows} == {"refused"}
    assert "not defined with delayed entry" in rows[0].error
    with pytest.raises(ValueError, match="delayed entry"):
        gray_test(unstratified(tables), "relapse")
    with pytest.raises(ValueError, match="No cause 'grief'"):
        gray_test(unstratified(build_risk_tables([1], [1])), "grief")
