"""The timeline: all dated rows of a patient in one order, and the look-ups at a moment."""

from __future__ import annotations

import pytest

from sequela.clinical.timeline import timeline
from sequela.pipeline import check_study
from small_study import write_study
from spec_table import SpecTable

LOOK_UPS = SpecTable(
    "timeline",
    "The white cell count (x10^9/L, on the days given) around a diagnosis on day 100. A row as far "
    "away as the window allows counts.",
    """
    WBC                       | pick         | within_days | value
    5 on 70, 9 on 95, 2 on 103 | nearest      |             | 2
    5 on 70, 9 on 95, 2 on 103 | on_or_before |             | 9
    5 on 70, 9 on 95, 2 on 103 | on_or_after  |             | 2
    5 on 70, 9 on 95, 2 on 103 | first        |             | 5
    5 on 70, 9 on 95, 2 on 103 | last         |             | 2
    9 on 97, 2 on 103         | nearest      |             | 9
    9 on 97, 2 on 100         | on_or_before |             | 2
    5 on 70                   | nearest      | 30          | 5
    5 on 70                   | nearest      | 29          | missing
    5 on 130                  | nearest      | 30          | 5
    5 on 131                  | nearest      | 30          | missing
    9 on 101                  | on_or_before |             | missing
    9 on 97, 8 on 97          | nearest      |             | 8
    >120 on 99                | nearest      |             | 120 or more
    """,
)
PARTIAL = SpecTable(
    "timeline",
    "Partial dates around a diagnosis on 14 March 2020: where a row that only may be in time could "
    "take the place of the one that is, the value stays open.",
    """
    WBC                                  | pick         | within_days | value
    5 on 2020-02, 9 on 2020-01-10        | on_or_before |             | 5
    5 on 2020-03, 9 on 2020-01-10        | on_or_before |             | not_evaluable
    5 on 2020-03                         | on_or_before |             | not_evaluable
    5 on 2020-03, 9 on 2020-03-20        | nearest      |             | not_evaluable
    5 on 2020-03, 9 on 2020-03-14        | nearest      |             | 9
    5 on 2020-05, 9 on 2020-03-10        | nearest      |             | 9
    5 on 2020-02                         | nearest      | 42          | 5
    5 on 2020-02                         | nearest      | 41          | not_evaluable
    5 on 2020-02                         | nearest      | 13          | missing
    5 on 40 days                         | nearest      |             | no common clock
    """,
)
SPEC_TABLES = (LOOK_UPS, PARTIAL)

TOML = """
[moments.diagnosis]
table = "diagnoses"

[columns.wbc]
derive = "look_up"
table = "measurements"
column = "value"
where = "name = 'WBC'"
at = "diagnosis"
"""


def answer(study, case, diagnosis, days=""):
    toml = TOML + f"pick = '{case['pick']}'\n"
    if case["within_days"]:
        toml += f"within_days = {case['within_days']}\n"
    rows = [part.split(" on ") for part in case["WBC"].split(", ")]
    told = study(
        toml,
        diagnoses=f"patient_id|disease|when\n1|ALL|{diagnosis}",
        measurements="patient_id|name|value|unit|when\n"
        + "\n".join(f"1|WBC|{value}|x10^9/L|{when}{days}" for value, when in rows),
    )
    low, high = told.ends("wbc")["1"]
    if low is None:
        return told.why("wbc")["1"]
    return f"{low:g}" if low == high else f"{low:g} or more"


@pytest.mark.parametrize("case", LOOK_UPS.cases, ids=str)
def test_a_value_at_a_moment(study, case):
    assert answer(study, case, "100 days", " days") == case["value"]


@pytest.mark.parametrize("case", PARTIAL.cases, ids=str)
def test_a_partial_date_may_leave_open_which_value_it_is(study, case):
    assert answer(study, case, "2020-03-14") == case["value"]


def test_a_moment_alone_means_the_nearest_and_the_method_says_so(study):
    told = study(
        TOML + "within_days = 7",
        diagnoses="patient_id|disease|when\n1|ALL|100 days",
        measurements="patient_id|name|value|when\n1|WBC|3|80 days\n1|WBC|4|104 days",
    )
    assert told.column("wbc") == {"1": 4}
    assert told.decided_by("wbc") == [("1", "measurements", 3)]
    assert told.info("wbc").method == (
        "value nearest to diagnosis, within 7 days, in measurements where name = 'WBC'"
    )


def test_a_value_is_known_when_both_it_and_the_moment_are(study):
    told = study(
        TOML,
        diagnoses="patient_id|disease|when\n1|ALL|100 days\n2|ALL|100 days",
        measurements="patient_id|name|value|when\n1|WBC|4|104 days\n2|WBC|4|90 days",
    )
    known = told.loaded.clinical.subjects.known_at
    assert known["known_at"].to_list() == [104, 100]


def test_words_are_looked_up_as_numbers_are(study):
    told = study(
        """
[moments.transplant]
table = "transplants"
[columns.status]
derive = "look_up"
table = "assessments"
column = "value"
where = "what = 'MRD'"
at = "transplant"
pick = "on_or_before"
""",
        transplants="patient_id|type|indication|when\n1|allogeneic|ALL|50 days",
        assessments="patient_id|what|value|when\n1|MRD|positive|10 days\n1|MRD|negative|40 days\n"
        "1|MRD|positive|60 days",
    )
    assert told.column("status") == {"1": "negative"}


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('pick = "nearest"', "pick = 'nearest' needs `at`, the moment it is looked up at"),
        ("within_days = 7", "within_days needs `at`, the moment it counts from"),
    ],
)
def test_a_look_up_around_nothing_is_a_finding(tmp_path, toml, message):
    text = TOML.replace('at = "diagnosis"', toml)
    _, findings = check_study(
        write_study(tmp_path / "s", text, diagnoses="patient_id|disease\n1|A")
    )
    assert [f.message for f in findings if f.severity == "error"] == [message]


def test_a_table_without_times_has_no_value_at_a_moment(tmp_path):
    text = TOML.replace('"measurements"', '"patients"').replace('"value"', '"sex"')
    text = text.replace("where = \"name = 'WBC'\"\n", "")
    _, findings = check_study(
        write_study(tmp_path / "s", text, diagnoses="patient_id|disease\n1|A")
    )
    assert [f.message for f in findings if f.severity == "error"] == [
        "the rows of patients have no time, so `at` finds none of them"
    ]


def test_all_dated_rows_stand_in_one_order(study):
    told = study(
        diagnoses="patient_id|disease|when\n1|ALL|2020-03-01",
        exposures="patient_id|drug|start\n1|vincristine|2020-03-01",
        measurements="patient_id|name|value|when\n1|WBC|4|2020-03-01\n1|ANC|2|2020-03-01\n"
        "1|WBC|1|2020-03\n1|WBC|9|",
        events="patient_id|what|when\n1|relapse|2020-03-01\n1|relapse|5 days",
        followup="patient_id|last_contact|vital_status\n1|2020-03-01|dead",
    )
    order = timeline(told.loaded.chart)
    assert list(order.select("clock", "place", "table", "row").iter_rows()) == [
        ("calendar", 1, "diagnoses", 2),
        ("calendar", 2, "measurements", 2),
        ("calendar", 3, "measurements", 3),
        ("calendar", 4, "exposures", 2),
        ("calendar", 5, "events", 2),
        ("calendar", 6, "followup", 2),
        ("calendar", 7, "measurements", 4),  # somewhere in the month, and so less precise
        ("time zero", 1, "events", 3),
    ]


def test_the_order_does_not_hang_on_the_order_of_the_patients(study):
    rows = ["2|WBC|4|10 days", "1|WBC|5|20 days", "1|WBC|6|10 days"]
    told = study(measurements="patient_id|name|value|when\n" + "\n".join(rows))
    order = timeline(told.loaded.chart).filter(table="measurements")
    assert list(order.select("patient_id", "place", "row").iter_rows()) == [
        ("1", 1, 4),
        ("1", 2, 3),
        ("2", 1, 2),
    ]
