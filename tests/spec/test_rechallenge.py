"""What happened when the drug was given again (rule rechallenge-2); the patients are invented."""

from __future__ import annotations

import pytest

STUDY = """
[columns.regression]
derive = "dechallenge"
drug = "lenalidomide"
measures = ["blasts"]

[columns.again]
derive = "rechallenge"
of = "regression"

[columns.spontaneous]
derive = "spontaneous_regression"
of = "regression"
"""
FLOW = "% of WBC | marrow | flow"
ON_OFF_ON = (
    "1 | lenalidomide | -300 days | 0 days | marrow",
    "1 | lenalidomide | 60 days | 120 days | marrow",
)


@pytest.fixture
def told(study):
    """One patient: blasts by day, the intervals on the drug, other treatment and drugs."""

    def make(*points, drug=ON_OFF_ON, treatments=(), toml=STUDY):
        values = "\n".join(
            f"1 | blasts | {value} | {FLOW} | {day} days | marrow" for value, day in points
        )
        return study(
            toml,
            exposures="patient_id | drug | start | stop | clock\n" + "\n".join(drug),
            measurements="patient_id|name|value|unit|tissue|method|when|clock\n" + values,
            treatments="patient_id|regimen|start|stop|clock\n" + "\n".join(treatments),
            patients="patient_id|site\n1|A",
        )

    return make


@pytest.fixture
def verdict(told):
    def make(*points, **more):
        again = told(*points, **more).course().rechallenge
        return again.verdict, again.reason

    return make


SERIES = "blasts (% of WBC, marrow, flow)"


def test_a_rise_to_twice_the_last_value_off_the_drug_is_a_recurrence(told):
    answer = told(("40", 0), ("4", 30), ("8", 90))
    again = answer.course().rechallenge
    assert (again.verdict, again.reason) == ("recurred", f"{SERIES} rose")
    assert (again.stopped, again.restarted, again.fell_before) == (0, 60, True)
    assert answer.column("again") == {"1": "recurred"}
    assert answer.decided_by("again") == [
        ("1", "exposures", 2),
        ("1", "exposures", 3),
        ("1", "measurements", 3),
        ("1", "measurements", 4),
    ]


def test_just_short_of_twice_is_none(verdict):
    found = verdict(("40", 0), ("4", 30), ("7.9", 90))
    assert found == ("did not recur", f"{SERIES} did not rise 2-fold")


def test_what_was_not_detected_and_is_again_has_recurred(verdict):
    assert verdict(("40", 0), ("not detected", 30), ("0.1", 90))[0] == "recurred"
    assert verdict(("40", 0), ("not detected", 30), ("not detected", 90))[0] == "did not recur"


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        # seen below the limit of the sample that found nothing: it may have been there before
        ("<0.5", "0.1", "not evaluable"),
        ("<0.5", "0.6", "recurred"),
        ("4", "<90", "not evaluable"),
        ("4", "<7", "did not recur"),
        ("4", "7-9", "not evaluable"),
        ("4", "8-12", "recurred"),
    ],
)
def test_a_bound_or_range_that_may_have_risen_says_neither(verdict, before, after, found):
    assert verdict(("40", 0), (before, 30), (after, 90))[0] == found


def test_a_sample_of_the_new_first_day_was_taken_before_the_drug(verdict):
    assert verdict(("40", 0), ("4", 60), ("8", 61))[0] == "recurred"
    found = verdict(("40", 0), ("8", 60))
    assert found == ("not evaluable", "no value after the new start")


def test_a_sample_of_the_day_of_the_stop_was_taken_on_the_drug(verdict):
    found = verdict(("4", 0), ("40", 90))
    assert found == ("not evaluable", "no value between the stop and the new start")


@pytest.mark.parametrize(("day", "found"), [(120, "recurred"), (121, "not evaluable")])
def test_what_counts_ends_with_the_drug(verdict, day, found):
    assert verdict(("40", 0), ("4", 30), ("8", day))[0] == found


def test_therapy_in_between_rules_it_out(verdict):
    therapy = ["1 | prednisone | 70 days | | marrow"]
    found = verdict(("40", 0), ("4", 30), ("8", 90), treatments=therapy)
    assert found == ("not evaluable", "another therapy began before the next value")
    # a value of the day on which it began was taken before it
    assert verdict(("40", 0), ("4", 30), ("8", 70), treatments=therapy)[0] == "recurred"


def test_a_row_that_begins_on_the_last_day_of_another_goes_on(verdict):
    drug = (
        "1 | lenalidomide | -300 days | 0 days | marrow",
        "1 | lenalidomide | 0 days | 30 days | marrow",
    )
    assert verdict(("40", 0), ("4", 40), drug=drug)[0] == "not given again"


def test_a_drug_given_again_and_not_stopped_is_judged_while_it_lasts(told):
    drug = (ON_OFF_ON[0], "1 | lenalidomide | 60 days | | marrow")
    answer = told(("40", 0), ("4", 30), ("80", 200), drug=drug)
    assert answer.course().rechallenge.verdict == "recurred"
    # the dechallenge itself speaks of the last stop, and there is none
    assert answer.course().reason == "the chart has no last day of the drug"


def test_not_given_again_is_not_applicable(told):
    answer = told(("40", 0), ("4", 30), drug=ON_OFF_ON[:1])
    assert answer.column("again") == {"1": None}
    assert answer.why("again") == {"1": "not_applicable"}


def test_a_second_interval_without_a_day_leaves_it_unknown(told):
    drug = (ON_OFF_ON[0], "1 | lenalidomide | | | marrow")
    assert told(("40", 0), ("4", 30), drug=drug).why("again") == {"1": "not_evaluable"}


def test_without_a_measurement_a_second_interval_cannot_be_judged(study):
    told = study(
        STUDY,
        exposures="patient_id | drug | start | stop | clock\n"
        + "\n".join(ON_OFF_ON)
        + "\n2 | lenalidomide | -300 days | 0 days | marrow",
        measurements="patient_id|name|value|when\n1|hemoglobin|12|0 days",
        patients="patient_id|site\n1|A\n2|A",
    )
    assert told.why("again") == {"1": "not_evaluable", "2": "not_applicable"}


# Spontaneous? ------------------------------------------------------------------------------


def spontaneous(answer):
    course = answer.course()
    return course.spontaneous, course.spontaneous_reason


def test_without_other_therapy(told):
    answer = told(("40", 0), ("4", 30), drug=ON_OFF_ON[:1])
    assert spontaneous(answer) == (
        "without other therapy",
        "no other therapy between the baseline and the lowest value",
    )


def test_a_drug_of_unknown_end_cannot_be_excluded(told):
    drug = (ON_OFF_ON[0], "1 | dexamethasone | -200 days | | marrow")
    answer = told(("40", 0), ("4", 30), drug=drug)
    assert answer.column("regression") == {"1": "regressed"}
    assert spontaneous(answer) == (
        "other therapy not excluded",
        "may have been given after the baseline: dexamethasone (corticosteroid)",
    )


@pytest.mark.parametrize(
    ("therapy", "said"),
    [
        ("prednisone", "prednisone (corticosteroid)"),
        ("hydroxycarbamide", "hydroxycarbamide (antimetabolite)"),
        ("rituximab", "rituximab (anti-CD20 antibody)"),
        ("a new drug", "a new drug"),
    ],
)
def test_a_fall_under_another_therapy_says_which(told, therapy, said):
    given = [f"1 | {therapy} | 10 days | | marrow"]
    answer = told(("40", 0), ("4", 30), drug=ON_OFF_ON[:1], treatments=given)
    assert answer.column("regression") == {"1": None}
    assert spontaneous(answer) == ("under other therapy", f"it fell, but with {said}")


def test_what_the_study_holds_to_have_no_effect_rules_nothing_out(told):
    drug = (ON_OFF_ON[0], "1 | Neupogen | 10 days | | marrow")
    kept = told(("40", 0), ("4", 30), drug=drug)
    assert kept.column("regression") == {"1": None}
    toml = STUDY.replace('measures = ["blasts"]', 'measures = ["blasts"]\nno_effect = ["{}"]')
    for word in ("growth factor", "filgrastim", "neupogen"):
        told_again = told(("40", 0), ("4", 30), drug=drug, toml=toml.replace("{}", word))
        assert told_again.column("regression") == {"1": "regressed"}
        assert told_again.course().spontaneous == "without other therapy"


def test_no_fall_is_no_regression(told):
    answer = told(("40", 0), ("39", 30), drug=ON_OFF_ON[:1])
    assert spontaneous(answer)[0] == "did not regress"
