"""Kaplan-Meier, its intervals, quantiles and follow-up equal R's survival to 1e-9."""

from __future__ import annotations

import numpy as np
import pytest

from sequela.stats.results import Absent
from sequela.stats.risk_table import build_risk_tables, counts_at, reverse
from sequela.stats.survival import (
    estimate_follow_up,
    estimate_survival,
    kaplan_meier,
    quantile,
    step_at,
)

CASES = (
    "unsorted",
    "ties",
    "event_with_censoring",
    "missing_time",
    "single_event",
    "single_censored",
    "no_event",
    "all_events",
    "event_at_zero",
    "level_at_the_end",
    "near_equal",
    "rising_limit",
)
DATA = ("lung", "ovarian", "aml", "series")
CONF_TYPES = ("plain", "log", "log-log", "logit", "arcsine")
CLOSE = {"rtol": 1e-9, "atol": 1e-9, "equal_nan": True}


def table_of(cohort):
    return build_risk_tables(cohort.time, cohort.status)[""]


@pytest.mark.parametrize("name", DATA + CASES)
def test_counts_of_the_risk_table(name, cohort, answers):
    table = table_of(cohort(name))
    np.testing.assert_allclose(table.time, answers.times(name, "at_risk"), **CLOSE)
    np.testing.assert_array_equal(table.at_risk, answers.values(name, "at_risk"))
    np.testing.assert_array_equal(table.events[:, 0], answers.values(name, "events"))
    np.testing.assert_array_equal(table.censored, answers.values(name, "censored"))


@pytest.mark.parametrize("name", DATA + CASES)
def test_survival_and_greenwood(name, cohort, answers):
    curve = kaplan_meier(table_of(cohort(name)))
    np.testing.assert_allclose(curve.survival, answers.values(name, "survival"), **CLOSE)
    np.testing.assert_allclose(curve.std_err, answers.values(name, "std_err"), **CLOSE)


@pytest.mark.parametrize("conf_type", CONF_TYPES)
@pytest.mark.parametrize("name", DATA + CASES)
def test_band(name, conf_type, cohort, answers):
    curve = kaplan_meier(table_of(cohort(name)), conf_type=conf_type)
    np.testing.assert_allclose(curve.low, answers.values(name, f"low:{conf_type}"), **CLOSE)
    np.testing.assert_allclose(curve.high, answers.values(name, f"high:{conf_type}"), **CLOSE)


@pytest.mark.parametrize("conf_type", CONF_TYPES)
@pytest.mark.parametrize("name", DATA + CASES)
def test_quantiles(name, conf_type, cohort, answers):
    curve = kaplan_meier(table_of(cohort(name)), conf_type=conf_type)
    shares = answers.times(name, f"quantile:{conf_type}")
    found = [quantile(curve, p) for p in shares]
    for column, quantity in (("time", ""), ("low", "_low"), ("high", "_high")):
        expected = answers.values(name, f"quantile{quantity}:{conf_type}")
        ours = [getattr(q, column) for q in found]
        np.testing.assert_allclose(ours, expected, **CLOSE, err_msg=column)


@pytest.mark.parametrize("sex", ["1", "2"])
def test_groups_of_one_call(sex, cohort, answers):
    lung = cohort("lung")
    table = build_risk_tables(lung.time, lung.status, group=lung.columns["sex"])[sex]
    curve = kaplan_meier(table)
    np.testing.assert_allclose(curve.survival, answers.values("lung", "survival", sex), **CLOSE)
    expected = answers.values("lung", "quantile:log-log", sex)
    shares = answers.times("lung", "quantile:log-log", sex)
    np.testing.assert_allclose([quantile(curve, p).time for p in shares], expected, **CLOSE)
    points = step_at(curve, answers.times("lung", "at:surv", sex))
    np.testing.assert_allclose(points.high, answers.values("lung", "at:upper", sex), **CLOSE)


@pytest.mark.parametrize("name", DATA)
def test_values_at_given_times(name, cohort, answers):
    table = table_of(cohort(name))
    times = answers.times(name, "at:surv")
    points = step_at(kaplan_meier(table), times)
    for column, quantity in (
        ("survival", "surv"),
        ("std_err", "std.err"),
        ("low", "lower"),
        ("high", "upper"),
    ):
        expected = answers.values(name, f"at:{quantity}")
        np.testing.assert_allclose(getattr(points, column), expected, **CLOSE, err_msg=column)
    at_risk = counts_at(table, times).at_risk
    np.testing.assert_array_equal(at_risk, answers.values(name, "at:n.risk"))


@pytest.mark.parametrize("name", [*DATA, "event_with_censoring"])
def test_reverse_kaplan_meier(name, cohort, answers):
    median = quantile(kaplan_meier(reverse(table_of(cohort(name)))), 0.5)
    for column, quantity in (("time", ""), ("low", "_low"), ("high", "_high")):
        expected = answers.value(name, f"reverse_median{quantity}")
        np.testing.assert_allclose(getattr(median, column), expected, **CLOSE, err_msg=column)


def test_delayed_entry(cohort, answers):
    lung = cohort("lung")
    table = build_risk_tables(lung.time, lung.status, entry=np.floor(lung.time / 4))[""]
    exits = np.isin(table.time, answers.times("lung_delayed", "surv"))
    curve = kaplan_meier(table)
    np.testing.assert_array_equal(table.at_risk[exits], answers.values("lung_delayed", "n.risk"))
    expected = answers.values("lung_delayed", "surv")
    np.testing.assert_allclose(curve.survival[exits], expected, **CLOSE)
    expected = answers.values("lung_delayed", "std_err")
    np.testing.assert_allclose(curve.std_err[exits], expected, **CLOSE)


def test_a_missing_time_is_counted_as_absent(cohort):
    case = cohort("missing_time")
    assert case.n_missing == 2
    rows = estimate_survival(
        table_of(case), variable="os", at=[4], absent=Absent(missing=case.n_missing)
    )
    assert {(row.n, row.n_missing, row.size) for row in rows} == {(4, 2, 6)}


def test_the_published_series(cohort):
    series = cohort("series")
    rows = estimate_survival(table_of(series), variable="os", at=[12, 24, 36, 60])
    found = {(row.statistic, row.time): row for row in rows}
    assert found["events", None].value == 16
    assert found["median", None].value == 35.8
    assert found["median_ci_low", None].value == 14.8
    assert found["median_ci_high", None].state == "not_reached"
    # By hand at 60: 0.4798 after the death at 35.8; then one death, at 48.2, of the nine still
    # at risk (48.2, 49.2, 56.1, 65.3, 66.1, 66.4, 73.2, 98.0, 104.3): 0.4798 * 8/9 = 0.4265.
    survival = [round(found["survival", t].value, 3) for t in (12, 24, 36, 60)]
    assert survival == [0.778, 0.672, 0.480, 0.426]
    (follow_up, *_) = estimate_follow_up(table_of(series), variable="follow_up")
    assert (follow_up.statistic, follow_up.value) == ("reverse_km_median", 56.1)
