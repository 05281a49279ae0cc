"""Rules across tables: a breach and its place, and the boundary that is none."""

from __future__ import annotations

import pytest

from charted import breaches_of, judge, not_judged

DEAD = "patient_id|last_contact|vital_status\n1|100 days|dead\n2|100 days|alive"


@pytest.fixture
def broken(tmp_path):
    def make(code, **tables):
        return breaches_of(code, judge(tmp_path / "study", **({"followup": DEAD} | tables)))

    return make


def test_nobody_dies_twice(broken):
    events = "patient_id|what|when\n1|death|100 days\n1|Death|100 days\n1|relapse|20 days"
    assert broken("death-twice", events=events) == [("events.csv, row 3, column what", "1")]
    assert broken("death-twice", events="patient_id|what|when\n1|death|100 days") == []


def test_the_dead_are_not_alive_row_15(broken):
    events = "patient_id|what|when\n1|death|100 days\n2|death|100 days"
    assert broken("death-but-alive", events=events) == [("events.csv, row 3, column what", "2")]


@pytest.mark.parametrize(
    ("when", "breaks"),
    [("99 days", True), ("100 days", False), ("", False), ("2020-01-01", False)],
)
def test_one_death_has_one_date(tmp_path, when, breaks):
    events = f"patient_id|what|when\n1|death|{when}"
    found = judge(tmp_path / "study", followup=DEAD, events=events)
    place = [("events.csv, row 2, column when", "1")]
    assert breaches_of("death-dates-differ", found) == place * breaks
    assert not_judged("death-dates-differ", found) == (when in ("", "2020-01-01"))


def test_two_partial_dates_of_a_death_may_be_one_day(broken):
    followup = "patient_id|last_contact|vital_status\n1|2020-03-14|dead"
    for when, breaks in (("2020-03", False), ("2020", False), ("2020-04", True)):
        events = f"patient_id|what|when\n1|death|{when}"
        found = broken("death-dates-differ", followup=followup, events=events)
        assert found == [("events.csv, row 2, column when", "1")] * breaks


def test_an_event_without_a_date_among_dated_ones_row_15(broken):
    events = "patient_id|what|when\n1|relapse|3 days\n2|relapse|\n2|fall|\n1|fall|"
    # of the falls none is dated: a chart without dates is no mistake
    assert broken("event-without-date", events=events) == [("events.csv, row 3, column when", "2")]


@pytest.mark.parametrize(
    ("sex", "site", "breaks"),
    [
        ("female", "testis", True),
        ("male", "right ovary", True),
        ("male", "testis", False),
        ("female", "ovary", False),
        ("", "testis", False),
        ("female", "testing site", False),
    ],
)
def test_a_site_goes_with_the_sex(broken, sex, site, breaks):
    found = broken(
        "site-against-sex",
        patients=f"patient_id|site|sex\n1|A|{sex}\n2|A|",
        extramedullary=f"patient_id|site|status\n1|{site}|active",
    )
    assert found == [("extramedullary.csv, row 2, column site", "1")] * breaks


@pytest.mark.parametrize("word", ["HCT", "BMT", "after transplantation"])
def test_a_status_that_speaks_of_a_transplant(broken, word):
    followup = f"patient_id|last_contact|vital_status|disease_status\n1|9 days|dead|{word}"
    assert broken("transplant-not-charted", followup=followup) == [
        ("followup.csv, row 2, column disease_status", "1")
    ]
    for other in ("CR", ""):
        table = f"patient_id|last_contact|vital_status|disease_status\n1|9 days|dead|{other}"
        assert broken("transplant-not-charted", followup=table) == []


def test_agents_of_one_intensity_here_and_another_there(broken):
    """The judgement of the allogeneic transplant says nothing of the autologous one before it."""
    transplants = "patient_id|type|indication|when|conditioning\n" + "\n".join(
        [
            "1|autologous|myeloma|10 days|melphalan",
            "1|allogeneic|AML|50 days|Flu/Bu",
            "2|autologous|myeloma|10 days|melphalan",
            "2|allogeneic|AML|60 days|{}",
        ]
    )
    judged = (
        "patient_id|what|value|when\n1|conditioning intensity|RIC|50 days"
        "\n2|conditioning intensity|MAC|60 days"
    )
    other = {"transplants": transplants.format("Cy/TBI"), "assessments": judged}
    assert broken("intensity-differs", **other) == []
    same = {"transplants": transplants.format("Flu/Bu"), "assessments": judged}
    assert broken("intensity-differs", **same) == [
        ("assessments.csv, row 2, column value", "1"),
        ("assessments.csv, row 3, column value", "2"),
    ]
