from decimal import Decimal

import pytest

from sequela.audit import audit_claims
from sequela.audit.claim_form import KINDS


def verdicts(*tables):
    base = {"where": "Results", "derivable": "no", "reason": "it is invented"}
    claims = []
    for table in tables:
        full = base | {"about": table["id"]} | table
        numbers = {k: Decimal(v) if isinstance(v, float) else v for k, v in full.items()}
        claims.append(KINDS[table["kind"]].model_validate(numbers))
    return audit_claims(claims, None)


def checked(name="", **table):
    (verdict,) = verdicts({"id": "x", **table})
    return [c for c in verdict.checks if c.outcome not in ("not_derivable", "consistent")]


def d(text):
    return Decimal(text)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"median": d("5"), "q1": d("6")}, "The lower quartile (6) is above the median (5)."),
        ({"min": d("9"), "max": d("3")}, "The minimum (9) is above the maximum (3)."),
        ({"mean": d("9"), "max": d("3")}, "The mean (9) is above the maximum (3)."),
        ({"mean": d("1"), "min": d("3")}, "The mean (1) is below the minimum (3)."),
        ({"median": d("5.3"), "whole": True}, "is a whole number or a half, never 5.3"),
        ({"median": d("5.5"), "whole": True, "n": 7}, "7 whole numbers is a whole number"),
        ({"min": d("5.5"), "whole": True}, "printed as 5.5, yet every value is whole"),
        ({"mean": d("3.45"), "whole": True, "n": 19}, "is not the mean of 19 whole numbers"),
        ({"sd": d("9"), "min": d("0"), "max": d("10"), "n": 30}, "at most 5.6"),
    ],
)
def test_numbers_that_cannot_belong_to_the_same_patients(numbers, words):
    (check,) = checked(kind="summary", **numbers)
    assert check.outcome == "inconsistent"
    assert words in check.sentence


@pytest.mark.parametrize(
    "numbers",
    [
        {"median": d("5"), "min": d("5.4"), "max": d("5.4")},
        {"median": d("5.5"), "whole": True, "n": 8},
        {"mean": d("3.47"), "whole": True, "n": 19},
        {"sd": d("7.1"), "min": d("0"), "max": d("10"), "n": 2},
    ],
)
def test_numbers_that_can(numbers):
    assert checked(kind="summary", **numbers) == []


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"n": 5, "events": 6}, "There cannot be 6 events among 5 patients."),
        ({"n": 5, "events": 0, "median": d("9")}, "needs an event; there is none"),
        ({"n": 8, "events": 4, "median": "not reached"}, "ends at 50% or lower"),
        ({"median": d("9"), "ci_low": d("10"), "ci_high": "not reached"}, "is outside its"),
        ({"median": "not reached", "ci_low": d("10"), "ci_high": d("20")}, "is outside its"),
        (
            {"at": [{"time": d("12"), "pct": d("60")}, {"time": d("24"), "pct": d("70")}]},
            "Survival rises from 60% at 12 to 70% at 24",
        ),
        ({"median": d("9"), "at": [{"time": d("12"), "pct": d("60")}]}, "cannot be 60%"),
        ({"median": d("20"), "at": [{"time": d("12"), "pct": d("40")}]}, "cannot be 40%"),
    ],
)
def test_survival_numbers_that_cannot_belong_together(numbers, words):
    (check,) = checked(kind="survival", **numbers)
    assert check.outcome == "inconsistent"
    assert words in check.sentence


def test_a_median_may_be_reached_with_few_events_late_in_follow_up():
    assert checked(kind="survival", n=30, events=1, median=d("90")) == []


def test_categories_that_take_back_a_double_count_add_up():
    items = [{"label": "a", "n": 15}, {"label": "b", "n": 7}, {"label": "both", "n": -2}]
    assert checked(kind="partition", total=20, items=items) == []
    (check,) = checked(kind="partition", total=21, items=items)
    assert check.sentence == (
        "The categories do not add up: 15 + 7 - 2 = 20, not 21; one patient is in no category."
    )


def test_categories_that_a_patient_may_share_need_not_add_up():
    items = [{"label": "a", "n": 15}, {"label": "b", "n": 7}]
    assert checked(kind="percent", of=20, exclusive=False, items=items) == []
    assert "too many" in checked(kind="percent", of=20, items=items)[0].sentence


def relation(mine, theirs, *, grade, words):
    verdict = verdicts({"id": "this", **mine}, {"id": "that", **theirs})[0]
    assert verdict.grade == grade, verdict.sentence
    assert words in verdict.sentence


def test_the_same_thing_in_two_places_in_another_unit():
    months = {"kind": "summary", "unit": "months", "median": d("65.6"), "max": d("141.0")}
    years = {"kind": "summary", "unit": "years", "same_as": "that"}
    relation(years | {"median": d("5.5")}, months, grade="not_derivable", words="It agrees with")
    relation(
        years | {"median": d("5.3")},
        months,
        grade="inconsistent",
        words="The median is 5.3 years here and 65.6 months in “that” (Results).",
    )


def test_counts_that_differ_by_one_are_not_the_same():
    other = {"kind": "count", "n": 13}
    same = {"kind": "count", "n": 2, "of": 14}
    reference = {"claim": "that", "this": "of", "number": "n"}
    relation(same | {"same_as": reference}, other, grade="inconsistent", words="denominator is 14")
    because = reference | {"because": "a second assay counts as well"}
    relation(
        same | {"same_as": because},
        other,
        grade="apparent",
        words="This can be explained: a second assay counts as well.",
    )


def test_a_part_stays_inside_its_whole():
    whole = {"kind": "summary", "n": 16, "min": d("4"), "max": d("104")}
    part = {"kind": "summary", "part_of": "that"}
    relation(
        part | {"n": 9, "min": d("5"), "max": d("104")}, whole, grade="not_derivable", words="part"
    )
    relation(
        part | {"n": 17, "max": d("104")},
        whole,
        grade="inconsistent",
        words="which it cannot exceed",
    )
    relation(part | {"min": d("2")}, whole, grade="inconsistent", words="below which it cannot be")


def test_a_limit_holds_for_every_printed_statistic():
    upper = {"kind": "summary", "median": d("50"), "max": d("119")}
    mine = {"kind": "summary", "at_most": "that"}
    relation(mine | {"max": d("119.4")}, upper, grade="not_derivable", words="does not exceed")
    relation(mine | {"max": d("120")}, upper, grade="inconsistent", words="The maximum is 120")


def test_a_sum_of_other_claims():
    other = {"kind": "count", "items": [{"label": "a", "n": 1}, {"label": "b", "n": 2}]}
    mine = {"kind": "count", "sum_of": ["that#a", "that#b"]}
    relation(mine | {"n": 3}, other, grade="not_derivable", words="1 + 2 = 3")
    relation(mine | {"n": 2}, other, grade="inconsistent", words="make 1 + 2 = 3, not 2.")


@pytest.mark.parametrize(
    ("here", "there", "grade"),
    [
        ("48.2", "48.1", "inconsistent"),
        ("48.15", "48.1", "not_derivable"),
        ("48", "48.5", "not_derivable"),
        ("48", "48.6", "inconsistent"),
    ],
)
def test_two_printings_of_one_number_agree_only_by_rounding(here, there, grade):
    mine = {"kind": "summary", "median": d(here), "same_as": "that"}
    assert (
        verdicts({"id": "this", **mine}, {"id": "that", **mine, "median": d(there)})[0].grade
        == grade
    )


def test_windows():
    outer = {"kind": "period", "start": "2014-05", "end": "2022-02"}
    inner = {"kind": "period", "part_of": "that", "end": "2022-02"}
    relation(inner | {"start": "2014-05"}, outer, grade="not_derivable", words="can be a part")
    relation(
        inner | {"start": "2008-05"},
        outer,
        grade="inconsistent",
        words="it begins 72 months earlier.",
    )


def test_a_length_that_no_window_holds_is_explained_not_blamed():
    window = {"kind": "period", "start": "2014-05", "end": "2022-02"}
    mine = {"kind": "summary", "unit": "months", "fits_in": "that"}
    relation(mine | {"max": d("93.9")}, window, grade="not_derivable", words="It fits into")
    relation(
        mine | {"max": d("104.3")},
        window,
        grade="apparent",
        words="which is 94.0 months long. It is possible only if the time began before",
    )
