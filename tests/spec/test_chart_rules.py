"""The rules over a whole chart: a small chart in, the sentence and its place out.

A rule that meets a missing value neither passes nor fails there.
"""

from __future__ import annotations

import pytest

from sequela.chart.chart import read_chart
from sequela.chart.rules import RULES, check_chart, describe_rules
from small_study import write_study

TWO = "patient_id|site\n1|A\n2|A"
FOLLOWED = "patient_id|last_contact|vital_status\n1|100 days|dead\n2|100 days|alive"


@pytest.fixture
def broken(tmp_path):
    """The rules that a chart breaks, each with its place and hint."""

    def make(sites=("A", "B"), **tables):
        tables = {"patients": TWO, "followup": FOLLOWED} | tables
        chart, findings = read_chart(write_study(tmp_path / "study", **tables))
        assert findings == []
        return [
            (f.code, f.severity, f.place, f.patient_id)
            for f in check_chart(chart, sites=sites)
            if not f.code.endswith("-not-judged")
        ]

    return make


def test_a_sound_chart_breaks_no_rule(broken):
    assert broken() == []


def test_a_patient_stands_once_in_a_table_with_a_row_a_person(broken):
    assert broken(patients=TWO + "\n1|B") == [
        ("patient-twice", "error", "patients.csv, row 4, column patient_id", "1")
    ]
    assert broken(followup=FOLLOWED + "\n2|5 days|alive") == [
        ("patient-twice", "error", "followup.csv, row 4, column patient_id", "2")
    ]


def test_leading_zeros_make_another_patient_and_a_warning(broken):
    found = broken(
        patients="patient_id|site\n01|A\n1|A",
        followup="patient_id|last_contact|vital_status\n01|1 days|alive\n1|1 days|alive",
    )
    place = "patients.csv, row 3, column patient_id"
    assert found == [("numbers-alike", "warning", place, "1")]


def test_every_row_belongs_to_a_patient(broken):
    assert broken(diagnoses="patient_id|disease\n3|AML") == [
        ("patient-unknown", "error", "diagnoses.csv, row 2, column patient_id", "3")
    ]


def test_every_patient_has_a_follow_up(broken):
    assert broken(followup="patient_id|last_contact|vital_status\n1|9 days|dead") == [
        ("followup-missing", "error", "patients.csv, row 3, column patient_id", "2")
    ]


def test_a_site_is_one_of_the_studys(broken):
    wrong = TWO.replace("2|A", "2|C")
    assert broken(patients=wrong) == [
        ("site-unknown", "error", "patients.csv, row 3, column site", "2")
    ]
    assert broken(patients=wrong, sites=()) == []


@pytest.mark.parametrize(
    ("when", "breaks"),
    [
        ("101 days", True),
        ("100 days", False),  # on the day of death
        ("", False),  # unknown: neither true nor false
        ("2019-03-14", False),  # on another clock: not comparable
    ],
)
def test_nobody_dies_before_the_diagnosis(broken, when, breaks):
    found = broken(diagnoses=f"patient_id|disease|when\n1|AML|{when}")
    place = "followup.csv, row 2, column last_contact"
    assert found == ([("death-before-diagnosis", "error", place, "1")] if breaks else [])


def test_a_partial_date_breaks_a_rule_only_when_all_of_it_does(broken):
    followup = "patient_id|last_contact|vital_status\n1|2019-03-14|dead\n2|2019-03-14|alive"
    for when, breaks in (("2019-03", False), ("2019", False), ("2019-04", True)):
        found = broken(followup=followup, diagnoses=f"patient_id|disease|when\n1|AML|{when}")
        assert [code for code, *_ in found] == ["death-before-diagnosis"] * breaks, when


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("events", "when"),
        ("treatments", "start"),
        ("treatments", "stop"),
        ("transplants", "when"),
        ("measurements", "when"),
        ("assessments", "when"),
        ("exposures", "stop"),
    ],
)
def test_nothing_happens_after_the_last_contact(broken, table, column):
    needed = {
        "events": "what|relapse",
        "treatments": "regimen|POMP",
        "transplants": "type|allogeneic|indication|AML",
        "measurements": "name|WBC|value|1",
        "assessments": "what|response|value|CR",
        "exposures": "drug|L",
    }[table].split("|")
    heading = "|".join(["patient_id", *needed[::2], column])
    row = "|".join(["2", *needed[1::2], "101 days"])
    found = broken(**{table: f"{heading}\n{row}"})
    assert ("followup-before-event", "error", f"{table}.csv, row 2, column {column}", "2") in found


def test_a_diagnosis_after_the_last_contact_of_the_living(broken):
    assert broken(diagnoses="patient_id|disease|when\n2|AML|101 days") == [
        ("followup-before-event", "error", "diagnoses.csv, row 2, column when", "2")
    ]


def test_what_stops_has_started(broken):
    for table, needed in (("exposures", "drug"), ("treatments", "regimen")):
        found = broken(
            **{
                table: f"""
                patient_id | {needed} | start   | stop    | clock
                1          | L        | 10 days | 9 days  |
                1          | L        | 10 days | 10 days |
                1          | L        | 10 days |         |
                """
            }
        )
        assert found == [("stop-before-start", "error", f"{table}.csv, row 2, column stop", "1")]


def test_a_status_after_transplant_needs_a_transplant(broken):
    followup = (
        "patient_id|last_contact|vital_status|disease_status\n"
        "1|9 days|dead|relapsed after HCT\n2|9 days|alive|CR"
    )
    expected = [
        ("transplant-not-charted", "warning", "followup.csv, row 2, column disease_status", "1")
    ]
    assert broken(followup=followup) == expected
    charted = "patient_id|type|indication\n1|allogeneic|AML"
    assert broken(followup=followup, transplants=charted) == []


def test_a_relapse_needs_a_remission(broken):
    relapse = "patient_id|what\n2|relapse"
    assert broken(events=relapse) == [
        ("relapse-without-remission", "warning", "events.csv, row 2, column what", "2")
    ]
    for value in ("CR", "CRi"):
        judged = f"patient_id|what|value|timepoint\n2|response|{value}|best"
        assert broken(events=relapse, assessments=judged) == []


def test_the_same_agents_judged_of_different_intensity(broken):
    found = broken(
        transplants="""
        patient_id | type       | indication | conditioning
        1          | allogeneic | AML        | Flu/Bu
        2          | allogeneic | AML        | Flu/Bu
        """,
        assessments="""
        patient_id | what                   | value
        1          | conditioning intensity | RIC
        2          | conditioning intensity | MAC
        """,
    )
    assert found == [
        ("intensity-differs", "note", "assessments.csv, row 2, column value", "1"),
        ("intensity-differs", "note", "assessments.csv, row 3, column value", "2"),
    ]


def test_what_a_rule_could_not_judge_is_counted_in_one_line(tmp_path):
    folder = write_study(
        tmp_path / "study",
        patients=TWO,
        followup=FOLLOWED,
        diagnoses="patient_id|disease|when\n1|AML|\n2|AML|2019-03-14\n2|AML|0 days",
        events="patient_id|what|when|clock\n1|loss||\n1|fall|3 days|first marrow\n1|fall|3 days|",
        exposures="patient_id|drug|start|stop\n2|L|3 days|2019-03-14\n2|L|3 days|9 days\n2|L||",
    )
    chart, _ = read_chart(folder)
    found = check_chart(chart, sites=())
    assert {f.severity for f in found} == {"note"}
    assert sorted((f.code, f.message) for f in found) == [
        (
            "death-before-diagnosis-not-judged",
            "1 row has no time that can be compared, so a rule passed over it: "
            "the patient died before the diagnosis",
        ),
        (
            "exposures-overlap-not-judged",
            "2 rows have no time that can be compared, so a rule passed over them: "
            "two intervals on the same drug overlap",
        ),
        (
            "followup-before-event-not-judged",
            # a diagnosis of the living, a loss, a fall, and a drug with no time at all
            "4 rows have no time that can be compared, so a rule passed over them: "
            "something happened after the last contact, so the follow-up is too short",
        ),
        (
            "stop-before-start-not-judged",
            "1 row has no time that can be compared, so a rule passed over it: "
            "it stopped before it started",
        ),
    ]


def test_every_rule_is_described_and_named_once():
    codes = [rule["code"] for rule in describe_rules()]
    assert len(codes) == len(set(codes)) == len(RULES)
    assert all(rule["sentence"] and rule["remedy"] for rule in describe_rules())
