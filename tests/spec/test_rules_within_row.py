"""Rules within a row: a breach and its place, and the boundary that is none."""

from __future__ import annotations

import pytest

from charted import breaches_of, judge, not_judged


@pytest.fixture
def broken(tmp_path):
    def make(code, **tables):
        return breaches_of(code, judge(tmp_path / "study", **tables))

    return make


@pytest.mark.parametrize(
    ("age", "birth", "when", "breaks"),
    [
        ("40", "1980-06-15", "2020-06-15", False),  # on the birthday
        ("39", "1980-06-15", "2020-06-14", False),
        ("41", "1980-06-15", "2020-06-15", True),
        ("38", "1980-06-15", "2020-06-15", True),
        ("40", "1980", "2020", False),  # some birthday allows it
        ("39", "1980", "2020", False),
        ("42", "1980", "2020", True),
        ("", "1980-06-15", "2020-06-15", False),
    ],
)
def test_the_age_follows_from_the_birth(broken, age, birth, when, breaks):
    patients = f"patient_id|site|age|birth|age_when\n1|A|{age}|{birth}|{when}"
    found = broken("age-against-birth", patients=patients)
    assert found == [("patients.csv, row 2, column age", "1")] * breaks


def test_an_age_without_its_moment_is_counted_and_not_judged(tmp_path):
    patients = "patient_id|site|age|birth|age_when\n1|A|40|1980-06-15|\n2|A||1980-06-15|\n3|A|40||"
    found = judge(tmp_path / "study", patients=patients)
    assert breaches_of("age-against-birth", found) == []
    assert not_judged("age-against-birth", found) == 1


@pytest.mark.parametrize(
    ("when", "free_until", "breaks"),
    [
        ("100 days", "60 days", False),
        ("100 days", "100 days", False),  # both on one day
        ("100 days", "101 days", True),
        ("2020-06-10", "2020-06", False),  # some day of June is before it
        ("2020-06", "2020-07-01", True),
        ("2020-06-10", "2020-07", True),
        ("", "60 days", False),
        ("100 days", "", False),
    ],
)
def test_the_last_visit_without_an_event_comes_before_it(broken, when, free_until, breaks):
    events = f"patient_id|what|when|free_until\n1|relapse|{when}|{free_until}"
    found = broken("free-after-event", events=events)
    assert found == [("events.csv, row 2, column free_until", "1")] * breaks


TRANSPLANT = "patient_id|type|indication|donor|gvhd_prophylaxis\n1|{}|AML|{}|{}"


@pytest.mark.parametrize(
    ("code", "kind", "donor", "prophylaxis", "column"),
    [
        ("allogeneic-from-self", "allogeneic", "self", "", "donor"),
        ("autologous-from-other", "autologous", "matched related", "", "donor"),
        ("autologous-with-prophylaxis", "autologous", "self", "PTCy", "gvhd_prophylaxis"),
    ],
)
def test_type_and_donor_agree(broken, code, kind, donor, prophylaxis, column):
    found = broken(code, transplants=TRANSPLANT.format(kind, donor, prophylaxis))
    assert found == [(f"transplants.csv, row 2, column {column}", "1")]
    for sound in (("allogeneic", "haploidentical", "PTCy"), ("autologous", "self", "none"),
                  ("autologous", "", ""), ("allogeneic", "", "")):  # fmt: skip
        assert broken(code, transplants=TRANSPLANT.format(*sound)) == []


def test_a_transplant_without_conditioning_among_those_that_have_one(broken):
    table = "patient_id|type|indication|conditioning\n1|allogeneic|AML|{}\n2|allogeneic|AML|\n"
    place = [("transplants.csv, row 3, column conditioning", "2")]
    assert broken("transplant-without-conditioning", transplants=table.format("Flu/Bu")) == place
    # a chart that gives no conditioning at all, or none for the indication, is not asked
    assert broken("transplant-without-conditioning", transplants=table.format("")) == []
    other = table.format("Flu/Bu").replace("2|allogeneic|AML", "2|allogeneic|MM")
    assert broken("transplant-without-conditioning", transplants=other) == []


@pytest.mark.parametrize(
    ("when", "timepoint", "breaks"),
    [("", "", True), ("3 days", "", False), ("", "best", False)],
)
def test_a_response_has_a_time_or_a_timepoint(broken, when, timepoint, breaks):
    table = f"patient_id|what|value|when|timepoint\n1|response|CR|{when}|{timepoint}"
    found = broken("response-without-date", assessments=table)
    assert found == [("assessments.csv, row 2, column when", "1")] * breaks


@pytest.mark.parametrize(
    ("status", "cause", "breaks"),
    [
        pytest.param("alive", "sepsis", True, id="row 15 alive with a cause of death"),
        ("dead", "sepsis", False),
        ("alive", "", False),
    ],
)
def test_the_living_have_no_cause_of_death(broken, status, cause, breaks):
    table = f"patient_id|last_contact|vital_status|cause_of_death\n1|9 days|{status}|{cause}"
    found = broken("alive-with-cause-of-death", followup=table)
    assert found == [("followup.csv, row 2, column cause_of_death", "1")] * breaks


@pytest.mark.parametrize(
    ("duration", "breaks"),
    [("5 months", True), ("3.9 months", False), ("3 months", False), ("> 2 months", False),
     ("", False)],
)  # fmt: skip
def test_nobody_is_on_a_drug_for_longer_than_its_dates(broken, duration, breaks):
    # 1 January to 31 March are 91 days, and a duration may be rounded by a month
    table = f"patient_id|drug|start|stop|duration\n1|L|2020-01-01|2020-03-31|{duration}"
    found = broken("duration-beyond-interval", exposures=table)
    assert found == [("exposures.csv, row 2, column duration", "1")] * breaks


def test_a_number_has_its_unit_where_others_have_one(broken):
    table = "patient_id|name|value|unit\n1|WBC|3|10^9/L\n2|WBC|4|\n2|count|4|"
    assert broken("unit-missing", measurements=table) == [
        ("measurements.csv, row 3, column unit", "2")
    ]


def test_stops_on_the_day_of_the_start(broken):
    table = "patient_id|drug|start|stop\n1|L|2020-02|2020-01-31\n2|L|2020-02|2020-02-01"
    assert broken("stop-before-start", exposures=table) == [
        ("exposures.csv, row 2, column stop", "1")
    ]
