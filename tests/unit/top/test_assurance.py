"""Invented patients with expected values: agreed, failed in words, rejected as impossible."""

from __future__ import annotations

import pytest

from sequela.pipeline import check_study
from small_study import write_study

STUDY = """
[moments.diagnosis]
table = "diagnoses"

[moments.death]
table = "followup"
where = "vital_status = 'dead'"

[moments.last_contact]
table = "followup"

[columns.age]
derive = "age"
at = "diagnosis"

[columns.response]
derive = "response"
criteria = "mine"

[columns.lenalidomide]
derive = "exposure"
drug = "lenalidomide"
measure = "cumulative"
until = "diagnosis"
unit = "months"

[[eligibility]]
label = "Adult"
where = "age >= 18"

[sets.adults]
where = "age >= 18"

[endpoints.os]
start = "diagnosis"
event = ["death"]
censor = ["last_contact"]
"""
CASE = """
[[case]]
name = "eighteen on the day"
chart.patients = [{ birth = 1990-06-01 }]
chart.diagnoses = [{ disease = "B-ALL", when = 2008-06-01 }]
chart.followup = [{ last_contact = 2008-06-11, vital_status = "dead" }]
"""


@pytest.fixture
def judged(tmp_path):
    def judge(cases: str, study: str = STUDY) -> list[tuple[str, str]]:
        folder = write_study(
            tmp_path / "study",
            study,
            patients="patient_id|site|birth\n1|A|1960-01-01",
            diagnoses="patient_id|disease|when\n1|B-ALL|2010-01-01",
            followup="patient_id|last_contact|vital_status\n1|2011-01-01|alive",
            assessments="patient_id|what|value\n1|response|CR",
            exposures="patient_id|drug|duration\n1|lenalidomide|20 months",
        )
        (folder / "assurance.toml").write_text(cases, encoding="utf-8")
        _, findings = check_study(folder)
        return [(f.code, f.message) for f in findings if f.file == "assurance.toml"]

    return judge


def test_what_is_derived_as_expected_says_nothing(judged):
    expect = """expect = { age = 18, os = 10, os_event = true, os_cause = "death" }
member_of = ["adults"]
eligible = true
"""
    assert judged(CASE + expect) == []


def test_a_failure_says_what_was_expected_and_what_came(judged):
    assert judged(CASE + "expect = { age = 17, os_event = false }\neligible = false\n") == [
        ("assurance-failed", "case 'eighteen on the day' expects age to be 17, and it is 18"),
        (
            "assurance-failed",
            "case 'eighteen on the day' expects os_event to be false, and it is true",
        ),
        (
            "assurance-failed",
            "case 'eighteen on the day' expects to be not eligible, and the patient is",
        ),
    ]


def test_a_set_is_expected_or_not(judged):
    assert judged(CASE + 'not_member_of = ["adults"]\n') == [
        (
            "assurance-failed",
            "case 'eighteen on the day' expects not to be in the set adults, and the patient is",
        )
    ]


def test_an_unknown_value_is_expected_with_its_reason(judged):
    assert judged(CASE + 'expect.response = { why = "missing" }\n') == []
    assert judged(CASE + 'expect.response = "CR"\n') == [
        (
            "assurance-failed",
            "case 'eighteen on the day' expects response to be 'CR', and it is unknown (missing)",
        )
    ]


def test_bounds_are_expected_as_such(judged):
    drug = 'chart.exposures = [{ drug = "lenalidomide", duration = "3-7 months" }]\n'
    assert judged(CASE + drug + "expect.lenalidomide = { low = 3, high = 7 }\n") == []
    assert judged(CASE + drug + "expect.lenalidomide = 5\n") == [
        (
            "assurance-failed",
            "case 'eighteen on the day' expects lenalidomide to be 5, and it is between 3 and 7",
        )
    ]


@pytest.mark.parametrize(("expected", "agrees"), [("0.33", True), ("0.3", True), ("0.32", False)])
def test_numbers_agree_to_the_decimals_that_were_written(judged, expected, agrees):
    """Ten days are 0.3285 months."""
    found = judged(CASE + f"expect.os = {expected}\n", STUDY + '[study]\ntitle = "x"\n')
    assert (found == []) is agrees


def test_a_case_that_no_patient_can_be_is_rejected(judged):
    dead_before = CASE.replace("2008-06-11", "2008-05-11")
    assert judged(dead_before + "expect = { age = 18 }\n") == [
        (
            "assurance-impossible",
            "case 'eighteen on the day' cannot be: the patient died before the diagnosis "
            "(last_contact)",
        )
    ]


def test_a_possible_case_is_judged_beside_an_impossible_one(judged):
    impossible = CASE.replace("2008-06-11", "2008-05-11").replace("eighteen on", "dead before")
    found = judged(impossible + CASE + "expect = { age = 3 }\n")
    assert [code for code, _ in found] == ["assurance-impossible", "assurance-failed"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("expect.aeg = 3\n", "the study has no column 'aeg'"),
        ('member_of = ["adult"]\n', "the study has no set 'adult'"),
        ('chart.diagnosis = [{ disease = "x" }]\n', "'diagnosis' is no table of the chart"),
        ("expectt = {}\n", "'expectt' is not known here"),
    ],
)
def test_a_name_that_is_not_known_is_a_finding(judged, more, message):
    assert message in [m for _, m in judged(CASE + more)]


def test_a_cell_that_cannot_be_read_rejects_the_case(judged):
    ((code, message),) = judged(CASE.replace("1990-06-01", '"long ago"'))
    assert code == "assurance-impossible"
    assert message.startswith("case 'eighteen on the day' cannot be: 'birth' holds no date")


def test_two_cases_of_one_name_are_a_finding(judged):
    assert judged(CASE + CASE) == [
        ("assurance-twice", "there are two cases named 'eighteen on the day'")
    ]


def test_a_failing_case_stops_the_run(tmp_path, judged):
    judged(CASE + "expect = { age = 17 }\n")
    loaded, _ = check_study(tmp_path / "study")
    assert loaded is None
