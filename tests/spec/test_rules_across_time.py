"""Rules across time: a breach and its place, the boundary that is none, and what is not judged."""

from __future__ import annotations

from datetime import date

import pytest

from charted import breaches_of, judge, not_judged

DEAD = "patient_id|last_contact|vital_status\n1|100 days|dead\n2|100 days|alive"


@pytest.fixture
def broken(tmp_path):
    def make(code, data_cut=None, **tables):
        found = judge(tmp_path / "study", data_cut, **({"followup": DEAD} | tables))
        return breaches_of(code, found)

    return make


@pytest.mark.parametrize(
    ("table", "needed", "column"),
    [
        ("treatments", "regimen|POMP", "start"),
        ("exposures", "drug|L", "start"),
        ("transplants", "type|allogeneic|indication|AML", "when"),
    ],
)
def test_no_therapy_begins_after_death_row_14(tmp_path, table, needed, column):
    words = needed.split("|")
    heading = "|".join(["patient_id", *words[::2], column])
    for when, breaks in (("101 days", True), ("100 days", False), ("", False), ("2020", False)):
        row = "|".join(["1", *words[1::2], when])
        found = judge(tmp_path / "study", followup=DEAD, **{table: f"{heading}\n{row}"})
        place = [(f"{table}.csv, row 2, column {column}", "1")]
        assert breaches_of("therapy-after-death", found) == place * breaks
        # one mistake is one finding
        assert breaches_of("followup-before-event", found) == []


@pytest.mark.parametrize(
    ("when", "breaks"),
    [("1979-12-31", True), ("1980-01-01", False), ("1979", True), ("1980", False), ("", False)],
)
def test_nothing_happens_before_birth(broken, when, breaks):
    found = broken(
        "before-birth",
        patients="patient_id|site|birth\n1|A|1980-01-01",
        followup="patient_id|last_contact|vital_status\n1|2020-01-01|alive",
        diagnoses=f"patient_id|disease|when\n1|AML|{when}",
    )
    assert found == [("diagnoses.csv, row 2, column when", "1")] * breaks


@pytest.mark.parametrize(
    ("when", "breaks"),
    [
        pytest.param("2021-01-01", True, id="row 14 after the data cut"),
        ("2020-12-31", False),  # on the day of the cut
        ("2020", False),  # may lie before it
        ("2021", True),
        ("400 days", False),  # on another clock
    ],
)
def test_nothing_is_charted_after_the_data_cut(broken, when, breaks):
    followup = f"patient_id|last_contact|vital_status\n1|{when}|alive"
    found = broken("after-data-cut", date(2020, 12, 31), followup=followup)
    assert found == [("followup.csv, row 2, column last_contact", "1")] * breaks
    assert broken("after-data-cut", followup=followup) == []  # the study states no cut


@pytest.mark.parametrize(
    ("first", "second", "breaks"),
    [
        pytest.param("10 days", "9 days", True, id="row 14 second before first"),
        ("10 days", "10 days", False),
        ("2020", "2020-05", False),
        ("2020-06", "2020-05", True),
    ],
)
def test_the_second_diagnosis_follows_the_first(broken, first, second, breaks):
    table = f"patient_id|disease|role|when\n1|ALL|second|{second}\n1|MM|first|{first}"
    followup = "patient_id|last_contact|vital_status\n1|2021-01-01|alive"
    found = broken("second-diagnosis-first", diagnoses=table, followup=followup)
    assert found == [("diagnoses.csv, row 2, column when", "1")] * breaks


def test_diagnoses_on_two_clocks_are_counted(tmp_path):
    table = "patient_id|disease|role|when\n1|ALL|second|2020\n1|MM|first|3 days\n2|ALL|second|2020"
    found = judge(tmp_path / "study", diagnoses=table, followup=DEAD)
    assert breaches_of("second-diagnosis-first", found) == []
    assert not_judged("second-diagnosis-first", found) == 1


REMISSION = "patient_id|what|value|when|timepoint\n1|response|{}|{}|visit"
RELAPSE = "patient_id|what|when\n1|relapse|{}"


@pytest.mark.parametrize(
    ("response", "judged", "relapsed", "breaks"),
    [
        pytest.param("CR", "30 days", "29 days", True, id="relapse before remission"),
        ("CR", "30 days", "30 days", False),
        ("CRi", "30 days", "60 days", False),
        ("CR", "", "29 days", False),  # the remission may have been earlier
        ("CR", "30 days", "", False),
        ("CR", "2020-01-01", "29 days", False),  # on another clock
        ("PR", "30 days", "29 days", False),  # no remission: another rule's business
    ],
)
def test_a_relapse_comes_after_a_remission(broken, response, judged, relapsed, breaks):
    found = broken(
        "relapse-before-remission",
        assessments=REMISSION.format(response, judged),
        events=RELAPSE.format(relapsed),
    )
    assert found == [("events.csv, row 2, column when", "1")] * breaks


def test_a_relapse_that_cannot_be_compared_is_counted(tmp_path):
    found = judge(
        tmp_path / "study",
        followup=DEAD,
        assessments=REMISSION.format("CR", ""),
        events=RELAPSE.format("29 days"),
    )
    assert not_judged("relapse-before-remission", found) == 1


@pytest.mark.parametrize(
    ("start", "breaks"), [("-1 days", True), ("0 days", False), ("", False), ("2020", False)]
)
def test_therapy_follows_a_diagnosis(broken, start, breaks):
    found = broken(
        "therapy-before-diagnosis",
        diagnoses="patient_id|disease|when\n1|AML|0 days\n1|MDS|9 days",
        treatments=f"patient_id|regimen|start\n1|7+3|{start}",
    )
    assert found == [("treatments.csv, row 2, column start", "1")] * breaks


def test_an_undated_diagnosis_may_have_come_first(broken):
    found = broken(
        "therapy-before-diagnosis",
        diagnoses="patient_id|disease|when\n1|AML|0 days\n1|MDS|",
        treatments="patient_id|regimen|start\n1|7+3|-5 days",
    )
    assert found == []


@pytest.mark.parametrize(("judged", "breaks"), [("4 days", True), ("5 days", False), ("", False)])
def test_a_response_follows_therapy(broken, judged, breaks):
    found = broken(
        "response-before-therapy",
        assessments=REMISSION.format("CR", judged),
        treatments="patient_id|regimen|start\n1|7+3|5 days",
    )
    assert found == [("assessments.csv, row 2, column when", "1")] * breaks


def test_lines_of_therapy_follow_each_other(broken):
    table = "patient_id|regimen|start|line\n1|A|30 days|1\n1|B|20 days|2\n1|C|30 days|3\n1|D||4"
    assert broken("lines-out-of-order", treatments=table) == [
        ("treatments.csv, row 3, column start", "1")
    ]
    sound = "patient_id|regimen|start|line\n1|A|30 days|1\n1|B|30 days|2\n2|C|3 days|3"
    assert broken("lines-out-of-order", treatments=sound) == []


EXPOSED = "patient_id|drug|start|stop\n1|L|0 days|30 days\n1|{}|{}|60 days"


@pytest.mark.parametrize(
    ("drug", "start", "breaks"),
    [("L", "29 days", True), ("L", "30 days", False), ("B", "29 days", False), ("L", "", False)],
)
def test_intervals_on_one_drug_do_not_overlap(broken, drug, start, breaks):
    found = broken("exposures-overlap", exposures=EXPOSED.format(drug, start))
    assert found == [("exposures.csv, row 3, column start", "1")] * breaks


def test_a_long_interval_reaches_over_a_short_one(broken):
    table = (
        "patient_id|drug|start|stop\n1|L|0 days|90 days\n1|L|10 days|20 days\n1|L|50 days|95 days"
    )
    found = broken("exposures-overlap", exposures=table)
    assert [place for place, _ in found] == [
        "exposures.csv, row 3, column start",
        "exposures.csv, row 4, column start",
    ]


@pytest.mark.parametrize(
    ("code", "tables", "rows"),
    [
        (
            "before-birth",
            {
                "patients": "patient_id|site|birth\n1|A|1980-01-01\n2|A|",
                "events": "patient_id|what|when\n1|fall|\n1|fall|2020\n2|fall|",
            },
            1,
        ),
        (
            "therapy-before-diagnosis",
            {
                "diagnoses": "patient_id|disease|when\n1|AML|3 days",
                "treatments": "patient_id|regimen|start\n1|A|\n1|B|2020\n1|C|4 days\n2|A|",
            },
            2,
        ),
        (
            "response-before-therapy",
            {
                "assessments": "patient_id|what|value|timepoint|when\n1|response|CR|best|\n"
                "1|response|CR|best|9 days\n2|response|CR|best|",
                "treatments": "patient_id|regimen|start\n1|A|3 days",
            },
            1,
        ),
        (
            "lines-out-of-order",
            {"treatments": "patient_id|regimen|start|line\n1|A|3 days|1\n1|B||2\n2|A||1"},
            1,
        ),
        (
            "exposures-overlap",
            {"exposures": "patient_id|drug|start|stop\n1|L|3 days|\n1|L||9 days\n2|L||"},
            2,
        ),
        (
            "followup-before-event",
            {"events": "patient_id|what|when\n1|fall|\n1|fall|2020\n1|fall|3 days"},
            2,
        ),
    ],
)
def test_what_cannot_be_compared_is_counted_in_one_line(tmp_path, code, tables, rows):
    found = judge(tmp_path / "study", **({"followup": DEAD} | tables))
    assert breaches_of(code, found) == []
    assert not_judged(code, found) == rows
