"""The published series: its key numbers, against R (make_golden.R) and worked by hand."""

from __future__ import annotations

import csv
from math import prod
from pathlib import Path

import pytest
from scipy.stats import beta

from sequela.audit.evidence import Selector
from sequela.evidence import StudyEvidence
from small_study import row_of

HERE = Path(__file__).parent


def golden() -> list[dict[str, str]]:
    with (HERE / "lenalidomide_golden.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def named(row: dict[str, str]) -> str:
    return "-".join(row[k] for k in ("exhibit", "set", "variable", "time", "statistic") if row[k])


@pytest.mark.parametrize("expected", golden(), ids=named)
def test_a_number_is_rs(example_rows, expected):
    time = float(expected["time"]) if expected["time"] else None
    about = {k: expected[k] for k in ("exhibit", "set", "level")}
    row = row_of(
        example_rows, expected["statistic"], expected["variable"], time=time, group="", **about
    )
    assert (row.state, row.n) == (expected["state"], int(expected["n"]))
    if row.state == "ok":
        assert row.value == pytest.approx(float(expected["value"]), rel=1e-9)


def at(rows, statistic, time=None, exhibit="os"):
    return row_of(rows, statistic, "os", exhibit=exhibit, time=time)


def test_overall_survival(example_rows):
    assert at(example_rows, "events").value == 16
    assert at(example_rows, "median").value == pytest.approx(35.8)
    assert at(example_rows, "median_ci_low").value == pytest.approx(14.8)
    assert at(example_rows, "median_ci_high").state == "not_reached"
    for time, survival in ((12, 0.778), (24, 0.672), (36, 0.480)):
        assert round(at(example_rows, "survival", time).value, 3) == survival


def test_survival_at_five_years_by_hand(example, example_rows):
    # The product of (1 - d / r) over the deaths until then, d of r at risk.
    # It is 0.42649: 0.426 to three places; 0.427, which is quoted too, was rounded from 0.4265.
    people = list(
        zip(example.frame["os"].to_list(), example.frame["os_event"].to_list(), strict=True)
    )
    deaths = sorted({time for time, dead in people if dead and time <= 60})
    factors = [
        1
        - sum(dead and time == death for time, dead in people)
        / sum(time >= death for time, _ in people)
        for death in deaths
    ]
    assert prod(factors) == pytest.approx(0.42649, abs=5e-6)
    assert at(example_rows, "survival", 60).value == pytest.approx(prod(factors), rel=1e-12)


def test_the_transplanted(example_rows):
    events = at(example_rows, "events", exhibit="os-transplanted")
    assert (events.value, events.n) == (4, 13)
    assert at(example_rows, "median", exhibit="os-transplanted").state == "not_reached"


def test_follow_up(example_rows):
    assert at(example_rows, "reverse_km_median", exhibit="followup").value == pytest.approx(56.1)
    survivors = [
        row_of(example_rows, s, "observed_months", exhibit="followup").value
        for s in ("median", "min", "max")
    ]
    assert survivors == pytest.approx([48.15, 4.1, 104.3])


def test_age(example_rows):
    ages = [
        row_of(example_rows, s, "age_at_diagnosis", exhibit="table-1", group="").value
        for s in ("median", "min", "max")
    ]
    assert ages == [65, 50, 86]


def test_exposure_is_decided_whatever_the_lost_digits_are(example):
    rows = StudyEvidence(example.loaded.context).rows(
        Selector(variable="lenalidomide_months"), leaving_out=frozenset({"16"})
    )
    found = {r.statistic: r for r in rows}
    # Four patients are known to a single digit of months only, and still the quartiles are exact.
    assert [found[s].value for s in ("median", "q1", "q3", "max")] == [42, 32, 59, 114]
    assert found["median"].n == 31
    assert found["min"].state == "refused"
    assert (found["min_low_bound"].value, found["min_high_bound"].value) == (1, 9)


def test_exposure_with_everyone(example_rows):
    found = {
        r.statistic: r
        for r in example_rows
        if r.variable == "lenalidomide_months" and r.group == "" and r.exhibit == "table-1"
    }
    # the 16th and 17th of 32 are 42 and 45 months; the longest is a lower bound
    assert (found["median"].value, found["max"].state) == (43.5, "refused")
    assert found["max_low_bound"].value == 120


@pytest.mark.parametrize(
    ("variable", "count"), [("remission_by_best_response", 23), ("remission_by_any_report", 25)]
)
def test_exact_intervals_from_the_beta_distribution(example_rows, variable, count):
    # Clopper and Pearson 1934: quantiles of Beta(x, n - x + 1) and Beta(x + 1, n - x)
    low, high = beta.ppf(0.025, count, 29 - count), beta.ppf(0.975, count + 1, 28 - count)
    found = [
        row_of(example_rows, s, variable).value
        for s in ("count", "proportion_ci_low", "proportion_ci_high")
    ]
    assert found == pytest.approx([count, low, high], rel=1e-12)


def test_regression_after_withdrawal(example, example_rows):
    row = row_of(example_rows, "count", "regression", level="regressed")
    assert (row.value, row.n, row.n_not_evaluable, row.n_missing) == (5, 5, 27, 0)
    courses = {c.patient_id: c for c in example.loaded.clinical.details["regression"]}
    regressed = sorted(p for p, c in courses.items() if c.verdict == "regressed")
    assert regressed == ["09", "10", "11", "15", "21"]
    assert not [c for c in courses.values() if c.verdict == "not regressed"]
    # 59 days on the drug come first: the baseline is the second marrow's 2.5 %, not 2.6 %
    assert (courses["09"].withdrawal, courses["09"].deciding.baseline.low) == (59, 2.5)
    assert courses["09"].deciding.fold == pytest.approx(2.5 / 0.11)
    # two points leave no degrees of freedom
    assert courses["11"].deciding.rate.low is None
    assert courses["11"].therapy.start == 7
    # what ends below a limit that is not stated has no fold
    assert [courses[p].deciding.fold for p in ("10", "15")] == [None, None]
    assert courses["10"].background == ("carfilzomib", "dexamethasone")


def test_the_absolute_blast_count_of_the_patient_with_three_counts(example):
    (course,) = (c for c in example.loaded.clinical.details["regression"] if c.patient_id == "21")
    days = [(p.day, p.low) for p in course.deciding.series.points]
    assert days == [
        (0, pytest.approx(84.9 * 0.86)),
        (3, pytest.approx(14.3 * 0.86)),
        (8, pytest.approx(2.3 * 0.64)),
    ]
    assert course.deciding.fold == pytest.approx(49.6, abs=0.05)
    assert course.deciding.fold == pytest.approx((84.9 * 0.86) / (2.3 * 0.64))
    assert course.therapy.name == "corticosteroids"


def test_event_free_survival_has_bounds_only(example_rows):
    efs = {(r.statistic, r.time): r for r in example_rows if r.exhibit == "efs"}
    assert efs["median", None].state == "refused"
    assert (efs["events", None].value, efs["events_without_a_time", None].value) == (14, 8)
    assert efs["median_low_bound", None].value == pytest.approx(27.1)
    assert efs["median_high_bound", None].value == pytest.approx(48.2)
    for time in (12, 24, 36, 60):
        low, high = (efs[f"survival_{e}_bound", time].value for e in ("low", "high"))
        assert 0 < low < high < 1
