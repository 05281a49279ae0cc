"""Cohorts at the edge, put to every estimator: each answer is a defined row or a clear refusal.

A row with a value has a finite one, a p value lies between 0 and 1, and a row without says
why. Where a call itself cannot be meant, it is a ValueError whose sentence is listed here.
"""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from sequela.stats.censored_median import estimate_censored_median
from sequela.stats.compare_categories import compare_categories
from sequela.stats.compare_numbers import NUMBER_TESTS, compare_numbers
from sequela.stats.competing_risks import estimate_cumulative_incidence
from sequela.stats.conditional_survival import estimate_conditional_survival
from sequela.stats.cox import CoxData, CoxModel, estimate_cox
from sequela.stats.cox_survival import Prediction, estimate_cox_survival
from sequela.stats.describe import estimate_categories, estimate_numeric
from sequela.stats.fine_gray_rows import build_fine_gray_rows
from sequela.stats.fixed_time import compare_survival_at
from sequela.stats.gray import compare_cumulative_incidence
from sequela.stats.hodges_lehmann import compare_medians
from sequela.stats.landmark import estimate_landmark, landmark_cohort
from sequela.stats.log_rank import compare_log_rank
from sequela.stats.logistic import LogisticModel, estimate_logistic
from sequela.stats.max_combo import compare_max_combo
from sequela.stats.median_range import estimate_median_range
from sequela.stats.multi_state import (
    estimate_state_occupation,
    jackknife_state_occupation,
    state_occupation,
)
from sequela.stats.pairwise import compare_pairwise
from sequela.stats.permutation_log_rank import compare_permutation_log_rank
from sequela.stats.restricted_mean import compare_restricted_means, estimate_restricted_mean
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.simon_makuch import compare_mantel_byar, estimate_simon_makuch, exposure_history
from sequela.stats.standardized_difference import (
    compare_standardized_categories,
    compare_standardized_numbers,
)
from sequela.stats.state_histories import state_histories, transition_tables
from sequela.stats.strata import build_stratified_risk_tables, group_names
from sequela.stats.subdistribution import SubdistributionModel, estimate_subdistribution
from sequela.stats.survival import estimate_follow_up, estimate_survival
from sequela.stats.survival_bounds import estimate_survival_bounds
from sequela.stats.survival_quantiles import estimate_quantiles
from sequela.stats.trend import compare_trend
from sequela.stats.weighted_log_rank import Weighting, compare_weighted_log_rank

OS = {"variable": "os"}
BETWEEN = {"variable": "os", "contrast": "a vs b"}
AT = [0.0, 2.0, 5.0, 100.0]
# Times, events, groups, entries, weights.
COHORTS = {
    "nobody": ([], [], "", None, None),
    "one with the event": ([3], [1], "a", None, None),
    "one censored": ([3], [0], "a", None, None),
    "one in each group": ([1, 2], [1, 1], "ab", None, None),
    "no event": ([1, 2, 3, 4], [0, 0, 0, 0], "aabb", None, None),
    "all events at one time": ([5] * 6, [1] * 6, "aaabbb", None, None),
    "all at one time": ([5] * 6, [1, 0, 1, 0, 1, 0], "aaabbb", None, None),
    "one group": ([1, 2, 3, 4], [1, 0, 1, 1], "aaaa", None, None),
    "some at time zero": ([0, 0, 3, 4], [1, 0, 1, 1], "abab", None, None),
    "all at time zero": ([0, 0, 0, 0], [1, 0, 1, 1], "abab", None, None),
    "groups after each other": ([1, 2, 8, 9], [1, 1, 1, 1], "aabb", None, None),
    "all gone before others enter": ([1, 2, 8, 9], [1, 1, 1, 0], "abab", [0, 0, 5, 5], None),
    "huge weights": ([1, 2, 8, 9], [1, 1, 1, 0], "abab", None, [1e12] * 4),
    "weights of zero": ([1, 2, 8, 9], [1, 1, 1, 0], "abab", None, [0, 0, 1, 1]),
    "huge times": ([1e300, 2e300, 3e300, 4e300], [1, 1, 1, 0], "abab", None, None),
    "tiny times": ([1e-300, 2e-300, 3e-300, 4e-300], [1, 1, 1, 0], "abab", None, None),
}
# What cannot be meant: the beginnings of the sentences that say so.
BROKEN = {
    "infinite time": ([1, math.inf, 3, 4], [1, 0, 1, 1], "abab", None, None),
    "missing time": ([1, math.nan, 3, 4], [1, 0, 1, 1], "abab", None, None),
    "negative time": ([1, -2, 3, 4], [1, 0, 1, 1], "abab", None, None),
    "missing event": ([1, 2, 3, 4], [1, math.nan, 1, 1], "abab", None, None),
    "event out of range": ([1, 2, 3, 4], [1, 7, 1, 1], "abab", None, None),
    "an event too few": ([1, 2, 3, 4], [1, 0, 1], "abab", None, None),
    "entry at the exit": ([1, 2, 3, 4], [1, 0, 1, 1], "abab", [0, 2, 0, 0], None),
}


class Cohort:
    """One cohort in the forms that estimators read."""

    def __init__(self, times, events, groups, entry, weights):
        self.times, self.events, self.groups = times, events, list(groups)
        self.entry, self.weights = entry, weights

    @property
    def more(self):
        return {"entry": self.entry, "weights": self.weights}

    @property
    def codes(self):
        return [e * (1 + i % 2) if e == 1 else e for i, e in enumerate(self.events)]

    @property
    def columns(self):
        return {"g": self.groups, "z": [float(i % 3) for i in range(len(self.groups))]}

    def everyone(self):
        return build_risk_tables(self.times, self.events, **self.more)[""]

    def tables(self):
        return build_risk_tables(self.times, self.events, group=self.groups, **self.more)

    def pair(self):
        both = [*self.tables().values()]
        return (both * 2)[:2] or [self.everyone()] * 2

    def strata(self):
        return build_stratified_risk_tables(
            self.times,
            self.events,
            stratum=["s"] * len(self.groups),
            group=self.groups,
            **self.more,
        )

    def of_causes(self):
        return build_risk_tables(self.times, self.codes, causes=("x", "y"), **self.more)[""]

    def strata_of_causes(self):
        return build_stratified_risk_tables(
            self.times,
            self.codes,
            stratum=["s"] * len(self.groups),
            group=self.groups,
            causes=("x", "y"),
            **self.more,
        )

    def exposed(self):
        one = [1.0] * len(self.groups)
        return exposure_history(self.times, self.events, one, entry=self.entry)

    def stays(self):
        return state_histories(
            range(len(self.groups)),
            [0.0] * len(self.groups) if self.entry is None else self.entry,
            self.times,
            ["well"] * len(self.groups),
            ["ill" if e else "" for e in self.events],
            states=("well", "ill"),
        )

    def cox(self, **model):
        weights = None if model.get("ties") == "exact" else self.weights
        data = CoxData(
            exit_time=self.times,
            event=self.events,
            entry=self.entry,
            weights=weights,
            columns=self.columns,
        )
        return data, CoxModel(covariates=("g", "z"), **model)


def _curves(c):
    for conf_type in ("plain", "log", "log-log", "logit", "arcsine"):
        yield from estimate_survival(c.everyone(), at=AT, conf_type=conf_type, **OS)


def _weighted(c):
    about = {"stratified_by": "s", **BETWEEN}
    for name in ("gehan-wilcoxon", "tarone-ware", "peto-peto", "modified-peto-peto"):
        yield from compare_weighted_log_rank(c.strata(), weighting=Weighting(name), **about)
    late = Weighting("fleming-harrington", 1, 2)
    yield from compare_weighted_log_rank(c.strata(), weighting=late, **about)


def _trend(c):
    strata = c.strata()
    scores = {name: float(i) for i, name in enumerate(group_names(strata))}
    return compare_trend(strata, scores, **BETWEEN)


def _incidence(c):
    for variance in ("delta", "aalen"):
        yield from estimate_cumulative_incidence(c.of_causes(), at=AT, variance=variance, **OS)


def _cox(c):
    for ties in ("efron", "breslow", "exact"):
        data, model = c.cox(ties=ties, profile=True)
        yield from estimate_cox(data, model, **OS)


def _firth(c):
    for ties in ("efron", "breslow"):
        data, model = c.cox(ties=ties, firth=True, profile=True)
        yield from estimate_cox(data, model, **OS)


def _predicted(c):
    data, model = c.cox()
    who = Prediction(patients={"one": {"g": "a", "z": 1.0}}, at=AT)
    return estimate_cox_survival(data, model, who, **OS)


def _states(c):
    stays, n = c.stays(), len(c.groups)
    yield from estimate_state_occupation(state_occupation(transition_tables(stays), AT), n=n, **OS)
    yield from estimate_state_occupation(jackknife_state_occupation(stays, AT), n=n, **OS)


def _permuted(c):
    return compare_permutation_log_rank(c.times, c.events, c.groups, **BETWEEN)


def _subdistribution(c):
    model = SubdistributionModel(covariates=("g",))
    return estimate_subdistribution(c.times, c.codes, c.columns, model, **OS)


def _rows_of_fine_gray(c):
    made = build_fine_gray_rows(c.times, c.codes, entry=c.entry)
    assert np.isfinite(made.weight).all()
    return []


def _landmark(c):
    exposure = [1.0] * len(c.groups)
    cohort = landmark_cohort(c.times, c.events, exposure, 2, entry=c.entry)
    return estimate_landmark(cohort, **OS)


ESTIMATORS = {
    "curves": _curves,
    "quantiles": lambda c: estimate_quantiles(c.everyone(), [0.1, 0.5, 0.9], **OS),
    "follow-up": lambda c: estimate_follow_up(c.everyone(), **OS),
    "conditional": lambda c: estimate_conditional_survival(c.everyone(), 1, at=[2, 5], **OS),
    "restricted mean": lambda c: estimate_restricted_mean(c.everyone(), 4, **OS),
    "difference of means": lambda c: compare_restricted_means(*c.pair(), 4, **BETWEEN),
    "fixed time": lambda c: compare_survival_at(*c.pair(), 4, **BETWEEN),
    "log-rank": lambda c: compare_log_rank(c.tables(), **BETWEEN),
    "weighted": _weighted,
    "trend": _trend,
    "pairs": lambda c: compare_pairwise(c.strata(), **OS),
    "max-combo": lambda c: compare_max_combo(c.strata(), **BETWEEN),
    "permutation": _permuted,
    "incidence": _incidence,
    "gray": lambda c: compare_cumulative_incidence(c.strata_of_causes(), rho=1, **BETWEEN),
    "subdistribution": _subdistribution,
    "rows of fine-gray": _rows_of_fine_gray,
    "landmark": _landmark,
    "simon-makuch": lambda c: estimate_simon_makuch(c.exposed(), at=AT, **OS),
    "mantel-byar": lambda c: compare_mantel_byar(c.exposed(), **BETWEEN),
    "cox": _cox,
    "firth": _firth,
    "predicted": _predicted,
    "states": _states,
    "bounds": lambda c: estimate_survival_bounds(c.times, c.times, c.events, at=[2], **OS),
    "range of the median": lambda c: estimate_median_range(c.times, c.times, c.events, **OS),
}
# Calls of these cohorts that cannot be meant, and what is said.
REFUSED = {
    ("nobody", "log-rank"): "A comparison needs risk tables",
    ("nobody", "weighted"): "A comparison needs risk tables",
    ("nobody", "trend"): "A comparison needs risk tables",
    ("nobody", "pairs"): "A comparison needs risk tables",
    ("nobody", "max-combo"): "A comparison needs risk tables",
    ("nobody", "gray"): "A comparison needs risk tables",
    ("nobody", "predicted"): "Covariate 'g' is a number in this model",
    ("one with the event", "max-combo"): "compares two groups, not 1",
    ("one censored", "max-combo"): "compares two groups, not 1",
    ("one group", "max-combo"): "compares two groups, not 1",
    ("nobody", "rows of fine-gray"): "Nobody had the event 1",
    ("one censored", "rows of fine-gray"): "Nobody had the event 1",
    ("no event", "rows of fine-gray"): "Nobody had the event 1",
    ("all gone before others enter", "rows of fine-gray"): "Everyone at risk had left",
    ("some at time zero", "states"): "does not end after its start",
    ("all at time zero", "states"): "does not end after its start",
}
# Estimators that know no entry.
WITHOUT_ENTRY = {"permutation", "subdistribution", "bounds", "range of the median"}
# Estimators for which every code above 0 is a cause.
OF_ANY_CAUSE = {"subdistribution", "rows of fine-gray", "landmark"}
SAID = re.compile(
    r"missing|negative|outside|one (finite )?number|one whole code|same number of rows|"
    r"entry must be earlier|does not end after|begins before|shorter|infinite|a code other"
)


def check(rows):
    for row in rows:
        if row.value is None:
            assert row.error, row
            continue
        assert math.isfinite(row.value), row
        if "p_value" in row.statistic:
            assert 0 <= row.value <= 1, row


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("cohort", COHORTS)
def test_a_cohort_at_the_edge_has_defined_rows(cohort, estimator):
    given = Cohort(*COHORTS[cohort])
    if (cohort, estimator) in REFUSED:
        with pytest.raises(ValueError, match=REFUSED[cohort, estimator]):
            list(ESTIMATORS[estimator](given))
        return
    check(ESTIMATORS[estimator](given))


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("cohort", BROKEN)
def test_what_cannot_be_meant_is_said(cohort, estimator):
    given = Cohort(*BROKEN[cohort])
    if given.entry is not None and estimator in WITHOUT_ENTRY:
        check(ESTIMATORS[estimator](given))
        return
    if cohort in ("missing event", "event out of range") and estimator == "states":
        return  # the state reached is a name there, not a code
    if cohort == "event out of range" and estimator in OF_ANY_CAUSE:
        check(ESTIMATORS[estimator](given))
        return
    with pytest.raises(ValueError, match=SAID):
        list(ESTIMATORS[estimator](given))


NUMBERS = {
    "nobody": ([], ""),
    "one": ([1.5], "a"),
    "one in each group": ([1.5, 2.5], "ab"),
    "one group": ([1.0, 2, 3], "aaa"),
    "everyone equal": ([2.0] * 6, "aaabbb"),
    "equal within groups": ([1.0, 1, 1, 2, 2, 2], "aaabbb"),
    "one against many": ([9.0, 1, 2, 3, 4, 5], "abbbbb"),
    "huge": ([1e300, 2e300, 3e300, -1e300], "abab"),
    "tiny": ([1e-300, 2e-300, 3e-300, 5e-300], "abab"),
}


@pytest.mark.parametrize("cohort", NUMBERS)
@pytest.mark.parametrize("test", NUMBER_TESTS)
def test_numbers_at_the_edge(cohort, test):
    values, groups = NUMBERS[cohort]
    check(compare_numbers(values, list(groups), test=test, **BETWEEN))


@pytest.mark.parametrize("cohort", NUMBERS)
def test_descriptions_at_the_edge(cohort):
    values, groups = NUMBERS[cohort]
    labels = [str(value) for value in values]
    check(estimate_numeric(values, values, **OS))
    check(estimate_censored_median(values, values, **OS))
    check(estimate_categories(labels, sorted(set(labels)), **OS))
    check(compare_standardized_numbers(values, list(groups), **BETWEEN))
    check(compare_standardized_categories(labels, list(groups), **BETWEEN))
    for test in ("chi-squared", "chi-squared-yates", "fisher", "trend"):
        check(compare_categories(labels, list(groups), test=test, **BETWEEN))
    split = [[v for v, g in zip(values, groups, strict=True) if g == name] for name in "ab"]
    for interval in ("normal", "exact"):
        check(compare_medians(*split, interval=interval, **BETWEEN))
    outcome = [float(g == "a") for g in groups]
    for firth in (False, True):
        model = LogisticModel(covariates=("x",), firth=firth, profile=True)
        if cohort in ("huge", "tiny"):
            with pytest.raises(ValueError, match="unit is too small or too large"):
                estimate_logistic(outcome, {"x": list(values)}, model, **OS)
            continue
        check(estimate_logistic(outcome, {"x": list(values)}, model, **OS))
