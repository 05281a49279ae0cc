"""The time on a drug until a moment: lengths as given, dated intervals united and cut."""

from __future__ import annotations

from math import inf

import pytest

STUDY = """
[moments.diagnosis]
table = "diagnoses"

[columns.months]
derive = "exposure"
drug = "lenalidomide"
until = "diagnosis"

[columns.days]
derive = "exposure"
drug = "Lenalidomide"
until = "diagnosis"
unit = "days"
"""
MONTH = 30.4375


def at_day(day: str) -> str:
    return f"patient_id|disease|when\n1|ALL|{day}"


def test_a_length_is_used_as_given(study):
    told = study(
        STUDY,
        exposures="""
        patient_id | drug         | duration
        1          | lenalidomide | 53 months
        2          | lenalidomide | >120 months
        3          | lenalidomide | 1-9 months
        4          | melphalan    | 7 months
        """,
        diagnoses="patient_id|disease|when\n1|ALL|0 days",
    )
    assert told.column("months") == {"1": 53, "2": None, "3": None, "4": None}
    assert told.why("months") == {"1": None, "2": "interval", "3": "interval", "4": "missing"}
    ends = told.ends("months")
    assert (ends["2"], ends["3"]) == ((120, inf), (1, 9))
    assert told.decided_by("months") == [
        ("1", "exposures", 2),
        ("2", "exposures", 3),
        ("3", "exposures", 4),
    ]


def test_lengths_add_up_and_so_do_their_bounds(study):
    told = study(
        STUDY,
        exposures="""
        patient_id | drug         | duration
        1          | lenalidomide | 10 months
        1          | lenalidomide | 1-9 months
        """,
        diagnoses=at_day("0 days"),
    )
    assert told.ends("months")["1"] == (11, 19)


@pytest.mark.parametrize(
    ("rows", "days"),
    [
        (["-100 days | -40 days"], 60),
        (["-100 days | -40 days", "-30 days | -10 days"], 80),  # apart
        (["-100 days | -40 days", "-60 days | -10 days"], 90),  # overlapping: counted once
        (["-100 days | -40 days", "-90 days | -50 days"], 60),  # one within the other
        (["-100 days | -40 days", "-100 days | -40 days"], 60),  # written twice
        (["-100 days | 50 days"], 100),  # cut at the diagnosis
        (["10 days | 50 days"], 0),  # after it
    ],
)
def test_dated_intervals_are_united_and_cut_at_the_moment(study, rows, days):
    lines = "\n".join(f"1 | lenalidomide | {row}" for row in rows)
    told = study(
        STUDY,
        exposures=f"patient_id | drug | start | stop\n{lines}",
        diagnoses=at_day("0 days"),
    )
    assert told.column("days") == {"1": days}


def test_partial_dates_leave_an_interval(study):
    # from some day of January to some day of March 2019
    told = study(
        STUDY,
        exposures="patient_id|drug|start|stop\n1|lenalidomide|2019-01|2019-03",
        diagnoses=at_day("2020-01-01"),
        followup="patient_id|last_contact|vital_status\n1|2021|alive",
    )
    assert told.ends("days")["1"] == (29, 89)
    assert told.why("days") == {"1": "interval"}


@pytest.mark.parametrize(
    ("row", "diagnosis", "why"),
    [
        ("-100 days |", "0 days", "missing"),  # no stop, no length
        ("2019-01-01 | 2019-02-01", "0 days", "no common clock"),
        ("-100 days | -40 days", "", "missing"),  # the moment has no time
    ],
)
def test_what_cannot_be_counted_has_a_reason(study, row, diagnosis, why):
    told = study(
        STUDY,
        exposures=f"patient_id|drug|start|stop\n1|lenalidomide|{row}",
        diagnoses=at_day(diagnosis),
    )
    assert told.column("days") == {"1": None}
    assert told.why("days") == {"1": why}
