"""What happened to the disease after a drug was withdrawn (rule dechallenge-2).

Each decoy below looks like a regression to a hasty reader, and is refused with its reason.
The patients are invented.
"""

from __future__ import annotations

import math

import pytest

from spec_table import SpecTable

STUDY = """
[columns.regression]
derive = "dechallenge"
drug = "lenalidomide"
measures = ["blasts", "circulating blasts"]
[[columns.regression.products]]
name = "absolute blasts"
unit = "10^3/uL"
count = "WBC"
share = "circulating blasts"

[columns.fold]
derive = "dechallenge_number"
of = "regression"
part = "fold"

[columns.halving]
derive = "dechallenge_number"
of = "regression"
part = "halving_days"
"""
CLOCK = "first marrow"
STOPPED = "1 | lenalidomide | -300 days | 0 days | first marrow"
FLOW = "% of WBC | marrow | flow"


@pytest.fixture
def told(study):
    """The study of one patient: measured values, the drug's rows, other treatment."""

    def make(*values: str, drug=(STOPPED,), treatments=(), toml=STUDY):
        tables = {
            "exposures": "patient_id | drug | start | stop | clock\n" + "\n".join(drug),
            "measurements": "patient_id|name|value|unit|tissue|method|when|clock\n"
            + "\n".join(f"1 | {value} | {CLOCK}" for value in values),
            "patients": "patient_id|site\n1|A",
        }
        if treatments is not None:
            heading = "patient_id|regimen|start|stop|clock|line\n"
            rows = (row if row.count("|") == 5 else f"{row} |" for row in treatments)
            tables["treatments"] = heading + "\n".join(rows)
        return study(toml, **tables)

    return make


@pytest.fixture
def verdict(told):
    def make(*values: str, **more):
        course = told(*values, **more).course()
        return course.verdict, course.reason

    return make


def blasts(*points: tuple[str, float], kind: str = FLOW) -> list[str]:
    return [f"blasts | {value} | {kind} | {day} days" for value, day in points]


SERIES = "blasts (% of WBC, marrow, flow)"


# Regressions -------------------------------------------------------------------------------


def test_a_fall_to_half_is_a_regression(verdict):
    assert verdict(*blasts(("40", 0), ("20", 30))) == ("regressed", f"{SERIES} fell")


def test_just_short_of_half_is_none(verdict):
    assert verdict(*blasts(("40", 0), ("20.1", 30))) == (
        "not regressed",
        f"{SERIES} did not fall: 2-fold is needed",
    )


def test_the_study_may_ask_for_more(verdict):
    toml = STUDY.replace("measures", "minimum_fold = 10\nmeasures", 1)
    found = verdict(*blasts(("40", 0), ("20", 30)), toml=toml)
    assert found == ("not regressed", f"{SERIES} did not fall: 10-fold is needed")


def test_what_is_no_longer_detected_has_regressed(told):
    answer = told(*blasts(("0.11", 0), ("not detected", 45)))
    course = answer.course()
    assert (course.verdict, course.reason) == ("regressed", f"{SERIES} no longer detected")
    # without a limit of detection there is no fold and no rate
    assert (course.deciding.fold, course.deciding.rate) == (None, None)
    assert answer.why("fold") == {"1": "not_evaluable"}
    assert answer.why("halving") == {"1": "not_evaluable"}


def test_what_fell_to_zero_has_regressed_and_has_no_fold(told):
    answer = told(*blasts(("40", 0), ("0", 30)))
    course = answer.course()
    assert (course.verdict, course.reason) == ("regressed", f"{SERIES} fell")
    assert (course.deciding.fold, course.deciding.rate) == (None, None)
    assert answer.why("fold") == {"1": "not_evaluable"}


def test_the_fold_and_the_halving_time_come_from_the_series_that_decided(told):
    # 80 to 10 in 30 days: eightfold, three halvings
    answer = told(*blasts(("80", 0), ("10", 30)))
    assert answer.column("fold") == {"1": 8}
    assert answer.column("halving") == {"1": pytest.approx(10)}
    assert answer.decided_by("regression") == [("1", "measurements", 2), ("1", "measurements", 3)]


def test_the_baseline_is_the_last_value_on_the_drug(told):
    # 80 at day 0 and 20 on the last day of the drug: the baseline is 20
    drug = ["1 | lenalidomide | -300 days | 59 days | first marrow"]
    course = told(*blasts(("80", 0), ("20", 59), ("12", 90)), drug=drug).course()
    assert course.withdrawal == 59
    assert course.deciding is None
    assert course.series[0].baseline.day == 59
    assert (course.verdict, course.reason) == (
        "not regressed",
        f"{SERIES} did not fall: 2-fold is needed",
    )


def test_a_later_rise_is_regrowth_and_undoes_nothing(told):
    course = told(*blasts(("40", 0), ("4", 30), ("60", 90))).course()
    assert course.verdict == "regressed"
    assert course.deciding.regrown
    assert course.deciding.lowest.day == 30
    assert not told(*blasts(("40", 0), ("20", 30), ("4", 90))).course().deciding.regrown


def test_therapy_after_the_fall_does_not_matter(told):
    course = told(
        *blasts(("40", 0), ("4", 30), ("0.1", 60)),
        treatments=["1 | hyper-CVAD | 30 days | | first marrow"],
    ).course()
    assert (course.verdict, course.therapy.name) == ("regressed", "hyper-CVAD")
    # the sample of that day was taken before the therapy; the later one does not count
    assert (course.deciding.lowest.day, course.deciding.fold) == (30, 10)


def test_a_product_is_made_of_two_measures_of_one_day(told):
    # 100 x 50 % = 50 and 10 x 10 % = 1: fiftyfold, where the share alone fell fivefold
    kind = "blood | count"
    course = told(
        f"WBC | 100 | 10^3/uL | {kind} | 0 days",
        f"circulating blasts | 50 | % of WBC | {kind} | 0 days",
        f"WBC | 10 | 10^3/uL | {kind} | 8 days",
        f"circulating blasts | 10 | % of WBC | {kind} | 8 days",
        f"WBC | 3 | 10^3/uL | {kind} | 9 days",
    ).course()
    assert course.deciding.series.measure == "absolute blasts"
    assert course.deciding.fold == pytest.approx(50)
    assert [s.fold for s in course.series] == [pytest.approx(5), pytest.approx(50)]


def test_a_background_drug_of_unknown_end_is_named_and_rules_nothing_out(told):
    course = told(
        *blasts(("40", 0), ("4", 30)),
        drug=[
            STOPPED,
            "1 | carfilzomib | -200 days | | first marrow",
            "1 | melphalan | -200 days | -100 days | first marrow",
        ],
    ).course()
    assert (course.verdict, course.background) == ("regressed", ("carfilzomib",))
    assert course.therapy is None


def test_a_drug_stopped_after_the_baseline_is_named_too(told):
    # dexamethasone was given until the same day: its days after the baseline, or its own end, may
    # have brought the fall about
    course = told(
        *blasts(("40", -4), ("4", 30)),
        drug=[STOPPED, "1 | dexamethasone | -200 days | 0 days | first marrow"],
        toml=STUDY
        + '[columns.spontaneous]\nderive = "spontaneous_regression"\nof = "regression"\n',
    ).course()
    assert (course.verdict, course.background) == ("regressed", ("dexamethasone",))
    assert course.spontaneous == "other therapy not excluded"
    assert "may have been given after the baseline: dexamethasone" in course.spontaneous_reason


# Bounds, ranges and days known in part -----------------------------------------------------


BOUNDS = SpecTable(
    "dechallenge",
    "Blasts of 40 % on the drug and what was found after it; half of 40 is needed. A bound or "
    "range counts as the most that it can be.",
    """
    after        | verdict       | reason
    20           | regressed     | fell
    20.1         | not regressed | did not fall: 2-fold is needed
    80           | not regressed | grew: 2-fold is needed
    10-20        | regressed     | fell
    15-25        | not evaluable | a value that may lie on either side of the level
    25-30        | not regressed | did not fall: 2-fold is needed
    <0.01        | regressed     | no longer detected
    <20          | regressed     | no longer detected
    <20.1        | not evaluable | a value that may lie on either side of the level
    <90          | not evaluable | a value that may lie on either side of the level
    >20          | not evaluable | a value that may lie on either side of the level
    >21          | not regressed | did not fall: 2-fold is needed
    not detected | regressed     | no longer detected
    """,
)
SPEC_TABLES = [BOUNDS]


@pytest.mark.parametrize("case", BOUNDS.cases, ids=lambda c: c["after"])
def test_a_bound_counts_as_the_most_that_it_can_be(verdict, case):
    found, reason = verdict(*blasts(("40", 0), (case["after"], 30)))
    assert (found, reason.removeprefix(f"{SERIES} ")) == (case["verdict"], case["reason"])


@pytest.mark.parametrize(
    ("limit", "found"),
    [("", "regressed"), ("0.01", "regressed"), ("2.5", "regressed"), ("10", "not evaluable")],
)
def test_not_detected_by_an_assay_that_would_not_have_seen_it_is_no_fall(study, limit, found):
    kind = "% of WBC | marrow | flow"
    course = study(
        STUDY,
        exposures="patient_id | drug | start | stop | clock\n" + STOPPED,
        treatments="patient_id|regimen|start\n",
        measurements="patient_id|name|value|unit|tissue|method|limit_of_detection|when|clock\n"
        f"1 | blasts | 5 | {kind} | | 0 days | {CLOCK}\n"
        f"1 | blasts | not detected | {kind} | {limit} | 30 days | {CLOCK}",
        patients="patient_id|site\n1|A",
    ).course()
    assert course.verdict == found


@pytest.mark.parametrize(
    ("stop", "values", "found"),
    [
        # the stop lies anywhere in June; on its last day the sample of June was taken on the drug
        ("2020-06", [("40", "2020-05-28"), ("10", "2020-07-20")], "regressed"),
        ("2020-06", [("40", "2020-05-28"), ("80", "2020-06-15"), ("30", "2020-07-20")], ""),
        ("2020-06", [("40", "2020-05-28"), ("10", "2020-06-15")], ""),
        # the sample lies anywhere in June, before or after the stop
        ("2020-06-10", [("40", "2020-05-20"), ("5", "2020-06"), ("4", "2020-07-20")], ""),
        ("2020-06-10", [("40", "2020-05-20"), ("4", "2020-07")], "regressed"),
    ],
)
def test_a_verdict_that_depends_on_a_day_known_in_part_is_none(study, stop, values, found):
    rows = "\n".join(f"1 | blasts | {value} | % of WBC | {day}" for value, day in values)
    course = study(
        STUDY,
        exposures=f"patient_id | drug | start | stop\n1 | lenalidomide | 2019-01-01 | {stop}",
        treatments="patient_id|regimen|start\n",
        measurements=f"patient_id|name|value|unit|when\n{rows}",
        patients="patient_id|site\n1|A",
    ).course()
    assert course.verdict == (found or "not evaluable")
    assert found or course.deciding is None


# Decoys ------------------------------------------------------------------------------------


def test_flat(verdict):
    assert verdict(*blasts(("2.6", 0), ("2.5", 59))) == (
        "not regressed",
        f"{SERIES} did not fall: 2-fold is needed",
    )


def test_growing(verdict):
    assert verdict(*blasts(("5", 0), ("60", 30))) == (
        "not regressed",
        f"{SERIES} grew: 2-fold is needed",
    )


def test_growing_before_it_fell(verdict):
    # tenfold growth comes first, and the fall after it is counted from the baseline
    assert verdict(*blasts(("5", 0), ("50", 10), ("2", 40))) == (
        "not regressed",
        f"{SERIES} grew meanwhile",
    )


def test_one_series_fell_while_another_grew(verdict):
    found = verdict(
        *blasts(("40", 0), ("4", 30)),
        *blasts(("5", 0), ("50", 20), kind="% of cells | marrow | smear"),
    )
    assert found == ("not regressed", "blasts (% of cells, marrow, smear) grew meanwhile")


@pytest.mark.parametrize("day", [0, 1, 15])
def test_corticosteroids_before_the_fall(verdict, day):
    found = verdict(
        *blasts(("40", 0), ("4", 30)),
        treatments=[f"1 | prednisone | {day} days | | first marrow"],
    )
    assert found == ("not evaluable", "another therapy began before the next value")


def test_corticosteroids_charted_as_a_drug(verdict):
    found = verdict(
        *blasts(("40", 0), ("4", 30)),
        drug=[STOPPED, "1 | dexamethasone | 10 days | 14 days | first marrow"],
    )
    assert found == ("not evaluable", "another therapy began before the next value")


@pytest.mark.parametrize("stop", ["", "20 days"])
def test_corticosteroids_under_way_at_the_baseline(verdict, stop):
    found = verdict(
        *blasts(("40", 0), ("4", 30)),
        treatments=[f"1 | prednisone | -10 days | {stop} | first marrow"],
    )
    assert found == ("not evaluable", "another therapy was under way at the baseline")


def test_a_treatment_that_ended_before_the_baseline_does_not_matter(verdict):
    found = verdict(
        *blasts(("40", 0), ("4", 30)),
        treatments=["1 | prednisone | -40 days | -20 days | first marrow"],
    )
    assert found == ("regressed", f"{SERIES} fell")


def test_a_fall_already_there_when_therapy_began_counts_alone(verdict):
    # 40 to 30 without therapy; the rest of the fall is the therapy's
    found = verdict(
        *blasts(("40", 0), ("30", 10), ("1", 40)),
        treatments=["1 | prednisone | 12 days | | first marrow"],
    )
    assert found == ("not regressed", f"{SERIES} did not fall: 2-fold is needed")


def test_drug_not_stopped(verdict):
    found = verdict(
        *blasts(("40", 0), ("4", 30)), drug=["1 | lenalidomide | -300 days | | first marrow"]
    )
    assert found == ("not evaluable", "the chart has no last day of the drug")


def test_drug_stopped_and_begun_again(verdict):
    found = verdict(
        *blasts(("40", 0), ("4", 30)),
        drug=[STOPPED, "1 | lenalidomide | 10 days | | first marrow"],
    )
    assert found == ("not evaluable", "the chart has no last day of the drug")


def test_values_before_the_last_of_several_stops_were_taken_on_the_drug(verdict):
    found = verdict(
        *blasts(("40", 0), ("4", 30)),
        drug=[STOPPED, "1 | lenalidomide | 10 days | 60 days | first marrow"],
    )
    assert found == ("not evaluable", "no value after the withdrawal")


def test_never_on_the_drug(verdict):
    found = verdict(
        *blasts(("40", 0), ("4", 30)), drug=["1 | thalidomide | -300 days | 0 days | first marrow"]
    )
    assert found == ("not evaluable", "never on lenalidomide")


def test_never_on_the_drug_is_not_applicable(told):
    answer = told(
        *blasts(("40", 0), ("4", 30)), drug=["1 | thalidomide | -300 days | 0 days | first marrow"]
    )
    assert answer.why("regression") == {"1": "not_applicable"}


@pytest.mark.parametrize("stop", ["2019-03-14 | ", "0 days | another marrow", "0 days | "])
def test_stop_on_another_clock(verdict, stop):
    found = verdict(*blasts(("40", 0), ("4", 30)), drug=[f"1 | lenalidomide | | {stop}"])
    assert found == ("not evaluable", "its stop stands on another clock")


def test_marrow_against_blood(verdict):
    found = verdict(
        "blasts | 40 | % of cells | marrow | smear | 0 days",
        "blasts | 1 | % of cells | blood | smear | 30 days",
    )
    assert found == ("not evaluable", "a single value")


def test_different_denominators(verdict):
    found = verdict(
        "blasts | 40 | % of mononuclear cells | marrow | flow | 0 days",
        "blasts | 1 | % of WBC | marrow | flow | 30 days",
    )
    assert found == ("not evaluable", "a single value")


def test_aspirate_against_immunostain(verdict):
    found = verdict(
        "blasts | 40 | % of cells | marrow | immunostain | 0 days",
        "blasts | 1 | % of cells | marrow | smear | 30 days",
    )
    assert found == ("not evaluable", "a single value")


def test_a_single_value(verdict):
    assert verdict(*blasts(("40", 0))) == ("not evaluable", "a single value")


def test_all_values_on_the_drug(verdict):
    assert verdict(*blasts(("40", -60), ("4", 0))) == (
        "not evaluable",
        "no value after the withdrawal",
    )


@pytest.mark.parametrize("value", [">20", "10-40", "not detected", "0"])
def test_a_baseline_that_is_no_number(verdict, value):
    assert verdict(*blasts((value, 0), ("1", 30))) == (
        "not evaluable",
        "no exact value above zero on the drug",
    )


def test_an_interval_must_fall_with_its_upper_end(verdict):
    assert verdict(*blasts(("40", 0), ("10-25", 30)))[0] == "not evaluable"
    assert verdict(*blasts(("40", 0), ("10-20", 30)))[0] == "regressed"
    # a lower bound says nothing of a fall
    assert verdict(*blasts(("40", 0), (">1", 30)))[0] == "not evaluable"
    assert verdict(*blasts(("40", 0), (">20", 30)))[0] == "not evaluable"
    assert verdict(*blasts(("40", 0), (">21", 30)))[0] == "not regressed"


def test_another_measure_is_no_measure_of_the_disease(verdict):
    found = verdict("hemoglobin | 12 | g/dL | blood | count | 0 days")
    assert found == ("not evaluable", "no measurement of the disease's burden on a clock")


def test_nobody_who_is_not_evaluable_is_counted_as_not_regressed(told):
    answer = told(*blasts(("40", 0)))
    assert answer.column("regression") == {"1": None}
    assert answer.why("regression") == {"1": "not_evaluable"}
    assert answer.decided_by("regression") == []


def test_the_halving_time_needs_a_fall(told):
    course = told(*blasts(("5", 0), ("60", 30))).course()
    assert course.series[0].rate.per_day == pytest.approx(math.log(12) / 30)
    assert course.series[0].rate.halving_days is None


FALL = (f"blasts | 40 | {FLOW} | 0 days", f"blasts | 4 | {FLOW} | 20 days")


def test_without_a_table_of_treatments_therapy_cannot_be_ruled_out(told):
    course = told(*FALL, treatments=None).course()
    assert course.verdict == "not evaluable"
    assert course.reason == "treatments are not charted, so therapy cannot be ruled out"


def test_a_therapy_without_a_date_may_have_intervened(told):
    course = told(*FALL, treatments=["1 | hyper-CVAD | | | | 1"]).course()
    assert course.verdict == "not evaluable"
    assert course.reason == "a therapy has no date on the clock of the measurements"


def test_an_undated_line_after_a_dated_one_came_later(told):
    lines = ["1 | hyper-CVAD | 30 days | | first marrow | 1", "1 | blinatumomab | | | | 2"]
    assert told(*FALL, treatments=lines).course().verdict == "regressed"


# Populations with their counts -------------------------------------------------------------


@pytest.fixture
def counted(study):
    """One patient whose blasts are a flow population: events of a total by day."""

    def make(*samples, cv=""):
        toml = STUDY.replace("drug =", f"assay_cv = {cv}\ndrug =", 1) if cv else STUDY
        toml += '[columns.nadir]\nderive = "dechallenge_number"\nof = "regression"\n'
        toml += 'part = "days_to_nadir"\n[columns.doubling]\nderive = "dechallenge_number"\n'
        toml += 'of = "regression"\npart = "doubling_days"\n'
        rows = "\n".join(
            f"1 | blasts | flow | {events} | {total} | WBC | marrow | {day} days | {CLOCK}"
            for events, total, day in samples
        )
        return study(
            toml,
            exposures="patient_id | drug | start | stop | clock\n" + STOPPED,
            treatments="patient_id|regimen|start|stop|clock\n",
            measurements="patient_id|name|value|when\n",
            populations="patient_id|population|method|events|total_events|denominator|tissue|when|"
            "clock\n" + rows,
            patients="patient_id|site\n1|A",
        )

    return make


def test_a_population_is_a_series_with_its_counts(counted):
    answer = counted((12500, 500_000, 0), (4200, 480_000, 30))
    course = answer.course()
    assert course.deciding.series.name == "blasts (% of WBC, marrow, flow)"
    assert (course.verdict, course.deciding.fold) == ("regressed", pytest.approx(2.5 / 0.875))
    assert answer.decided_by("regression") == [("1", "populations", 2), ("1", "populations", 3)]
    # counting alone gives no interval
    assert course.deciding.rate.low is None


def test_with_a_declared_cv_counts_give_an_interval(counted):
    rate = counted((12500, 500_000, 0), (4200, 480_000, 30), cv="0.2").course().deciding.rate
    assert rate.basis == "counts, assay CV 0.2"
    assert rate.low < rate.per_day < rate.high < 0


def test_no_event_among_those_counted_is_not_detected_and_still_counts(counted):
    course = counted((12500, 500_000, 0), (0, 480_000, 30), cv="0.2").course()
    assert (course.verdict, course.deciding.fold) == ("regressed", None)
    # it was seen on one day only, so no finite rate fits best
    assert course.deciding.rate is None
    course = counted((12500, 500_000, 0), (400, 480_000, 30), (0, 480_000, 60), cv="0.2").course()
    assert course.deciding.rate.high < 0


def test_nadir_and_doubling_after_it(counted):
    answer = counted((12500, 500_000, 0), (500, 500_000, 30), (2000, 500_000, 50))
    assert answer.column("nadir") == {"1": 30}
    assert answer.column("doubling") == {"1": pytest.approx(10)}
    none = counted((12500, 500_000, 0), (500, 500_000, 30))
    assert none.why("doubling") == {"1": "not_evaluable"}


def test_the_drug_is_known_by_any_of_its_names(verdict):
    # the brand name is the same drug: stopped on day 0, and on day 60 for good
    drug = ["1 | Revlimid | -300 days | 0 days | first marrow"]
    assert verdict(*blasts(("40", 0), ("4", 30)), drug=drug)[0] == "regressed"
    again = [STOPPED, "1 | Revlimid | 10 days | 60 days | first marrow"]
    found = verdict(*blasts(("40", 0), ("4", 30)), drug=again)
    assert found == ("not evaluable", "no value after the withdrawal")
