"""Moments: one point in time a patient, by a stated rule."""

from __future__ import annotations


def moment(study, toml, **tables):
    told = study(f"[moments.m]\n{toml}", **tables)
    frame = told.loaded.clinical.moments["m"]
    return {row["patient_id"]: row for row in frame.iter_rows(named=True)}


EVENTS = """
patient_id | what    | when    | clock
1          | relapse | 90 days |
1          | relapse | 30 days |
1          | fall    | 10 days |
2          | relapse |         |
3          | relapse | 50 days |
3          | relapse |         |
4          | fall    | 5 days  |
"""


def test_the_first_row_that_satisfies_the_condition(study):
    found = moment(study, 'table = "events"\nwhere = "what = \'relapse\'"', events=EVENTS)
    assert {p: (m["low"], m["row"]) for p, m in found.items()} == {
        "1": (30, 3),
        "2": (None, 5),
        "3": (50, 6),
    }


def test_that_it_happened_is_known_even_where_its_time_is_not(study):
    found = moment(study, 'table = "events"\nwhere = "what = \'relapse\'"', events=EVENTS)
    assert {p: m["undated"] for p, m in found.items()} == {"1": False, "2": True, "3": True}


def test_the_last_row(study):
    found = moment(
        study, 'table = "events"\nwhere = "what = \'relapse\'"\npick = "last"', events=EVENTS
    )
    assert {p: m["low"] for p, m in found.items()} == {"1": 90, "2": None, "3": 50}


def test_another_column_of_the_table(study):
    found = moment(
        study,
        'table = "exposures"\ncolumn = "stop"',
        exposures="patient_id|drug|start|stop\n1|L|0 days|59 days",
    )
    assert found["1"]["low"] == 59


def test_of_rows_on_several_clocks_the_first_clock_in_the_alphabet(study):
    found = moment(
        study,
        'table = "measurements"',
        measurements="""
        patient_id | name | value | when    | clock
        1          | WBC  | 1     | 3 days  | second marrow
        1          | WBC  | 1     | 90 days | first marrow
        """,
    )
    assert (found["1"]["low"], found["1"]["clock"]) == (90, "first marrow")
