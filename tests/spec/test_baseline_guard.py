"""Groups and sets of a survival curve must be known when its time starts to count.

Whoever lives longer has more time to come into a group that is known only later. Such a
curve is refused with the reason, unless the study says why it accepts the bias.
"""

from __future__ import annotations

import pytest

from small_study import row_of

STUDY = """
[moments.diagnosis]
table = "diagnoses"

[moments.death]
table = "followup"
where = "vital_status = 'dead'"

[moments.last_contact]
table = "followup"

[columns.sex]
derive = "look_up"
table = "patients"
column = "sex"

[columns.lineage]
derive = "look_up"
table = "diagnoses"
column = "lineage"

[columns.transplanted]
derive = "present"
table = "transplants"
label = "Transplanted"

[columns.mutation]
derive = "look_up"
table = "assessments"
where = "what = 'TP53'"
column = "value"

[columns.age]
derive = "age"
at = "diagnosis"

[columns.old]
derive = "condition"
where = "age >= 65"
label = "65 and older"

[columns.old_and_transplanted]
derive = "condition"
where = "old AND transplanted"

[sets.transplanted]
where = "transplanted"

[sets.men]
where = "sex = 'male'"

[endpoints.os]
label = "Survival"
start = "diagnosis"
event = ["death"]
censor = ["last_contact"]

[[exhibit]]
id = "os"
kind = "km"
title = "Survival"
endpoint = "os"
"""


@pytest.fixture
def rows(study):
    def make(more: str = "", *, tested: str = "0 days"):
        told = study(
            STUDY + more,
            patients="patient_id|site|sex|age\n1|A|male|70\n2|A|female|60\n3|A|male|65\n4|A|female|50",
            diagnoses="patient_id|disease|when|lineage\n"
            + "\n".join(f"{i}|ALL|0 days|{'BT'[i % 2]}" for i in range(1, 5)),
            transplants="patient_id|type|indication|when\n1|allogeneic|ALL|20 days",
            assessments=f"patient_id|what|value|when\n1|TP53|yes|{tested}\n2|TP53|no|0 days\n"
            "3|TP53|yes|0 days",
            followup="patient_id|last_contact|vital_status\n"
            "1|90 days|dead\n2|40 days|dead\n3|60 days|alive\n4|10 days|dead",
        )
        return told.rows

    return make


def test_without_groups_there_is_nothing_to_refuse(rows):
    assert row_of(rows(), "median", "os").state == "ok"


@pytest.mark.parametrize("by", ["sex", "lineage", "mutation", "old"])
def test_what_is_known_at_the_start_may_group(rows, by):
    found = rows(f'by = "{by}"')
    assert {r.group for r in found if r.statistic == "median"} >= {
        g for g in {r.group for r in found} if g
    }
    assert not any(r.state == "refused" for r in found)
    assert any(r.statistic == "p_value" for r in found)


def test_a_yes_no_column_groups_into_yes_and_no(rows):
    found = rows('by = "old"')
    assert {r.group: r.n for r in found if r.statistic == "events"} == {
        "old=true": 2,
        "old=false": 2,
    }


@pytest.mark.parametrize(
    ("by", "label"),
    [("transplanted", "Transplanted"), ("old_and_transplanted", "old and transplanted")],
)
def test_what_is_known_only_later_is_refused_with_the_reason(rows, by, label):
    found = rows(f'by = "{by}"')
    assert {(r.statistic, r.state, r.value) for r in found} == {("median", "refused", None)}
    assert found[0].error == (
        f"'{label}' cannot be shown to be known when the time starts to count: who lives longer "
        "has more time to come into the group (immortal time). Use a landmark analysis or a "
        "time-dependent covariate, or state accept_bias with the reason."
    )
    # nobody is lost from the refused rows
    assert sum(r.size for r in found) == 4


def test_one_value_that_came_later_is_enough(rows):
    found = rows('by = "mutation"', tested="1 days")
    assert all(r.state == "refused" for r in found)


def test_a_value_that_nothing_dates_counts_as_not_baseline(rows):
    assert all(r.state == "refused" for r in rows('by = "mutation"', tested=""))


def test_a_value_on_another_clock_counts_as_not_baseline(rows):
    assert all(r.state == "refused" for r in rows('by = "mutation"', tested="2001-01-01"))


def test_sets_are_held_to_it_as_groups_are(rows):
    (row,) = rows('set = "transplanted"')
    assert (row.state, row.set, row.size) == ("refused", "transplanted", 1)
    assert row_of(rows('set = "men"'), "median", "os").state == "ok"


def test_the_study_may_accept_the_bias_with_a_reason(rows):
    found = rows('set = "transplanted"\naccept_bias = "Conditional on living to transplant."')
    assert row_of(found, "events", "os").value == 1
    assert not any(r.state == "refused" for r in found)


def test_a_curve_is_refused_when_an_event_has_no_time(study):
    told = study(
        STUDY.replace('event = ["death"]', 'event = ["relapse", "death"]')
        + '[moments.relapse]\ntable = "events"\n',
        patients="patient_id|site|sex|age\n1|A|male|70\n2|A|female|60",
        diagnoses="patient_id|disease|when\n1|ALL|0 days\n2|ALL|0 days",
        transplants="patient_id|type|indication\n1|allogeneic|ALL",
        assessments="patient_id|what|value\n1|response|CR",
        events="patient_id|what|when\n1|relapse|",
        followup="patient_id|last_contact|vital_status\n1|90 days|dead\n2|40 days|dead",
    )
    (row,) = told.rows
    assert (row.state, row.n, row.size) == ("refused", 2, 2)
    assert row.error == (
        "1 of the events have no known time, and a curve without them would be wrong. "
        "Ask for kind = 'survival_bounds'."
    )


def test_a_column_that_nobody_has_makes_no_groups(rows):
    nobody = '[columns.other]\nderive = "look_up"\ntable = "assessments"\n'
    nobody += 'where = "what = \'NPM1\'"\ncolumn = "value"\n'
    found = rows('by = "other"\n' + nobody)
    assert {(r.statistic, r.state, r.error) for r in found} == {
        ("median", "refused", "Nobody has a known value of 'other', so there are no groups.")
    }
    assert sum(r.size for r in found) == 4
