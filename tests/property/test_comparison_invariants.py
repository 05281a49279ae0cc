"""What never changes in comparing groups, competing risks and states."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequela.stats.competing_risks import cumulative_incidence
from sequela.stats.fine_gray import fine_gray
from sequela.stats.gray import gray_test
from sequela.stats.labels import read_labels
from sequela.stats.max_combo import max_combo
from sequela.stats.multi_state import jackknife_state_occupation, state_occupation
from sequela.stats.pooling import pool_risk_tables
from sequela.stats.restricted_mean import restricted_mean
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.simon_makuch import exposure_history, exposure_tables
from sequela.stats.state_histories import histories_from_times, transition_tables
from sequela.stats.strata import build_stratified_risk_tables, unstratified
from sequela.stats.weighted_log_rank import Weighting, weighted_log_rank

# No deadline: the machine may be busy, and a test never measures time.
QUICK = settings(deadline=None, max_examples=50, derandomize=True)
CAUSES = ("relapse", "death")
WEIGHTINGS = [
    Weighting("gehan-wilcoxon"),
    Weighting("peto-peto"),
    Weighting("fleming-harrington", 0.5, 1),
]
CLOSE = {"rtol": 1e-9, "atol": 1e-12}

person = st.tuples(
    st.integers(0, 10),
    st.integers(0, 2),
    st.sampled_from("abc"),
    st.sampled_from("xy"),
    st.integers(1, 3),
    st.integers(0, 12),
)
people = st.lists(person, min_size=3, max_size=25)


def columns(cohort):
    time, event, group, stratum, weight, late = zip(*cohort, strict=True)
    return (
        np.array(time, float),
        np.array(event),
        list(group),
        list(stratum),
        np.array(weight),
        np.array(late, float),
    )


def strata_of(cohort, weights=None, factor=1.0):
    time, event, group, stratum, _, _ = columns(cohort)
    return build_stratified_risk_tables(
        time * factor, event, group=group, stratum=stratum, causes=CAUSES, weights=weights
    )


def results(strata):
    """Every test of a cohort, as numbers that must not change."""
    found = [weighted_log_rank(strata, weighting) for weighting in WEIGHTINGS]
    grays = [gray_test(strata, cause, rho=rho) for cause in CAUSES for rho in (0, 1)]
    return (
        np.array([r.chi_squared for r in (*found, *grays)]),
        np.concatenate([*(r.observed - r.expected for r in found), *(r.score for r in grays)]),
    )


@QUICK
@given(people, st.randoms(use_true_random=False))
def test_row_order_changes_nothing(cohort, random):
    shuffled = random.sample(cohort, len(cohort))
    for one, other in zip(results(strata_of(cohort)), results(strata_of(shuffled)), strict=True):
        np.testing.assert_array_equal(one, other)


@QUICK
@given(people, st.sampled_from([1 / 30.4375, 0.1, 365.25]))
def test_the_unit_of_time_changes_no_test(cohort, factor):
    for one, other in zip(
        results(strata_of(cohort)), results(strata_of(cohort, factor=factor)), strict=True
    ):
        np.testing.assert_allclose(one, other, **CLOSE)
    time, event, *_ = columns(cohort)
    plain, scaled = (build_risk_tables(t, event > 0)[""] for t in (time, time * factor))
    a, b = restricted_mean(plain, 5), restricted_mean(scaled, 5 * factor)
    for one, other in ((a.mean, b.mean), (a.std_err, b.std_err)):
        assert other == pytest.approx(one * factor, nan_ok=True)


@QUICK
@given(people)
def test_names_of_groups_only_permute_the_scores(cohort):
    renamed = [
        (t, e, {"a": "z", "b": "y", "c": "x"}[g], s, w, late) for t, e, g, s, w, late in cohort
    ]
    for weighting in WEIGHTINGS:
        one = weighted_log_rank(strata_of(cohort), weighting)
        other = weighted_log_rank(strata_of(renamed), weighting)
        np.testing.assert_allclose(one.chi_squared, other.chi_squared, **CLOSE)
        scores = dict(zip(other.groups, other.observed - other.expected, strict=True))
        for name, score in zip(one.groups, one.observed - one.expected, strict=True):
            new = {"a": "z", "b": "y", "c": "x"}[name]
            assert scores[new] == pytest.approx(score, abs=1e-12)
    for cause in CAUSES:
        one, other = (gray_test(strata_of(c), cause) for c in (cohort, renamed))
        np.testing.assert_allclose(one.chi_squared, other.chi_squared, rtol=1e-7, atol=1e-10)


@QUICK
@given(people)
def test_a_weight_is_that_many_people(cohort):
    _, _, _, _, weight, _ = columns(cohort)
    repeated = [one for one, times in zip(cohort, weight, strict=True) for _ in range(times)]
    for one, other in zip(
        results(strata_of(cohort, weights=weight)), results(strata_of(repeated)), strict=True
    ):
        np.testing.assert_allclose(one, other, **CLOSE)


@QUICK
@given(people)
def test_scores_add_up_to_nothing(cohort):
    for weighting in WEIGHTINGS:
        result = weighted_log_rank(strata_of(cohort), weighting)
        assert (result.observed - result.expected).sum() == pytest.approx(0, abs=1e-9)
        assert np.abs(result.variance.sum(axis=0)).max() < 1e-9
    for cause in CAUSES:
        result = gray_test(strata_of(cohort), cause)
        assert result.score.sum() == pytest.approx(0, abs=1e-9)
        assert np.abs(result.variance.sum(axis=0)).max() < 1e-9


@QUICK
@given(people)
def test_one_stratum_is_no_stratum(cohort):
    time, event, group, _, _, _ = columns(cohort)
    tables = build_risk_tables(time, event, group=group, causes=CAUSES)
    layered = build_stratified_risk_tables(
        time, event, group=group, stratum=["only"] * time.size, causes=CAUSES
    )
    for one, other in zip(results(unstratified(tables)), results(layered), strict=True):
        np.testing.assert_array_equal(one, other)


@QUICK
@given(people)
def test_sites_added_up_are_everyone(cohort):
    time, event, _, site, _, late = columns(cohort)
    entry = np.where(late < time, late, 0)
    whole = build_risk_tables(time, event, entry=entry, causes=CAUSES)[""]
    parts = build_risk_tables(time, event, entry=entry, group=site, causes=CAUSES)
    pooled = pool_risk_tables(list(parts.values()))
    for name in ("time", "entered", "at_risk", "events", "censored"):
        np.testing.assert_array_equal(getattr(pooled, name), getattr(whole, name), err_msg=name)
    assert (pooled.n, pooled.group) == (whole.n, "")


@QUICK
@given(people)
def test_incidences_and_freedom_add_up_to_one(cohort):
    time, event, *_ = columns(cohort)
    table = build_risk_tables(time, event, causes=CAUSES)[""]
    curves = [cumulative_incidence(table, cause) for cause in CAUSES]
    total = curves[0].event_free + sum(curve.incidence for curve in curves)
    np.testing.assert_allclose(total, 1)
    for curve in curves:
        assert np.all(np.diff(curve.incidence) >= 0)
        assert np.all(curve.std_err >= 0)
        known = ~np.isnan(curve.low)
        assert np.all(curve.low[known] <= curve.incidence[known] + 1e-12)
        assert np.all(curve.high[known] >= curve.incidence[known] - 1e-12)


@QUICK
@given(people)
def test_merging_causes_is_the_event_of_any_cause(cohort):
    time, event, *_ = columns(cohort)
    both = build_risk_tables(time, event, causes=CAUSES)[""]
    any_cause = build_risk_tables(time, event > 0, causes=("any",))[""]
    total = sum(cumulative_incidence(both, cause).incidence for cause in CAUSES)
    np.testing.assert_allclose(total, cumulative_incidence(any_cause, "any").incidence, atol=1e-12)


@QUICK
@given(people)
def test_nobody_is_lost_when_exposure_changes(cohort):
    time, event, _, _, _, exposure = columns(cohort)
    history = exposure_history(time, event > 0, exposure)
    tables = exposure_tables(history).values()
    assert sum(float(table.events.sum()) for table in tables) == np.sum(event > 0)
    length = (history.exit_time - history.entry).sum()
    assert length == pytest.approx(time.sum())
    pooled, whole = pool_risk_tables(list(tables)), build_risk_tables(time, event > 0)[""]
    row = np.searchsorted(pooled.time, whole.time)
    # At a change of exposure one leaves and enters, so those at risk are the same people.
    np.testing.assert_array_equal(pooled.at_risk[row], whole.at_risk)


@QUICK
@given(people)
def test_max_combo_is_one_number_whichever_group_comes_first(cohort):
    time, event, group, _, _, _ = columns(cohort)
    two = ["a" if name == "a" else "b" for name in group]
    if len(set(two)) < 2:
        return
    other = ["b" if name == "a" else "a" for name in two]
    one, two = (
        max_combo(unstratified(build_risk_tables(time, event > 0, group=g))) for g in (two, other)
    )
    np.testing.assert_allclose(one.statistic, two.statistic, **CLOSE)
    np.testing.assert_allclose(one.p_value, two.p_value, rtol=1e-7, atol=1e-10)


@settings(QUICK, max_examples=20)
@given(st.lists(person, min_size=8, max_size=25))
def test_fine_gray_does_not_depend_on_the_unit_of_a_covariate(cohort):
    time, event, _, _, weight, late = columns(cohort)
    if not np.any(event == 1):
        return
    x = np.stack((weight, late), axis=1).astype(float)
    one = fine_gray(time, event, x, names=["a", "b"])
    other = fine_gray(time, event, x * [10, 1] + [3, 0], names=["a", "b"])
    assert one.infinite.tolist() == other.infinite.tolist()
    if one.converged and not one.infinite.any() and np.all(np.isfinite(one.variance)):
        np.testing.assert_allclose(
            one.coefficients, other.coefficients * [10, 1], rtol=1e-5, atol=1e-7
        )


@QUICK
@given(people)
def test_states_add_up_to_everyone(cohort):
    time, event, _, _, _, late = columns(cohort)
    never = np.inf
    histories = histories_from_times(
        "well",
        {"ill": np.where(late < time, late, never), "dead": np.where(event > 0, time, never)},
        time,
    )
    at = [0, 1, 3, 5, 7]
    tables = transition_tables(histories)
    if tables.n == 0:
        return
    for found in (state_occupation(tables, at), jackknife_state_occupation(histories, at)):
        known = ~np.isnan(found.probability[:, 0])
        np.testing.assert_allclose(found.probability[known].sum(axis=1), 1)
        np.testing.assert_allclose(found.time_in_state[known].sum(axis=1), np.array(at)[known])
        assert np.all(found.std_err[known] >= 0)


@QUICK
@given(people)
def test_coded_labels_are_the_same_groups(cohort):
    time, event, group, _, _, _ = columns(cohort)
    one = build_risk_tables(time, event, group=group, causes=CAUSES)
    other = build_risk_tables(time, event, group=read_labels(group), causes=CAUSES)
    assert list(one) == list(other)
    for name, table in one.items():
        np.testing.assert_array_equal(table.events, other[name].events)
