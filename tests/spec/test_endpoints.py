"""Endpoints: from a start to the first of several events, else to the last contact."""

from __future__ import annotations

import pytest

STUDY = """
[moments.diagnosis]
table = "diagnoses"

[moments.relapse]
table = "events"
where = "what = 'relapse'"

[moments.death]
table = "followup"
where = "vital_status = 'dead'"

[moments.last_contact]
table = "followup"

[moments.last_visit]
table = "assessments"

[endpoints.efs]
label = "Event-free survival"
start = "diagnosis"
event = ["relapse", "death"]
censor = ["last_contact"]
"""
FOLLOWED = "patient_id | last_contact | vital_status\n1 | {} | {}"


@pytest.fixture
def ended(study):
    """What becomes of one patient: days (low, high), event, what ended it, or why unknown."""

    def make(last: str, status: str, *, relapses=(), diagnosis="0 days", toml=STUDY, **tables):
        told = study(
            toml,
            diagnoses=f"patient_id|disease|when\n1|ALL|{diagnosis}",
            followup=FOLLOWED.format(last, status),
            events="patient_id|what|when\n1|other|\n"
            + "\n".join(f"1|relapse|{when}" for when in relapses),
            **tables,
        )
        (row,) = told.loaded.clinical.endpoints["efs"].iter_rows(named=True)
        return row

    return make


def kept(row, *names):
    return tuple(row[name] for name in names)


def test_without_an_event_it_lasts_until_the_last_contact(ended):
    row = ended("100 days", "alive")
    assert kept(row, "low", "high", "time", "event", "ended_by") == (
        100,
        100,
        100,
        False,
        "last_contact",
    )
    assert kept(row, "table", "row") == ("followup", 2)


def test_the_first_event_ends_it(ended):
    row = ended("100 days", "dead", relapses=["60 days", "40 days"])
    assert kept(row, "time", "event", "ended_by") == (40, True, "relapse")
    assert kept(row, "table", "row") == ("events", 4)
    row = ended("100 days", "dead")
    assert kept(row, "time", "event", "ended_by") == (100, True, "death")


def test_an_event_without_a_time_lies_between_start_and_the_next_dated_thing(ended):
    row = ended("100 days", "alive", relapses=[""])
    assert kept(row, "low", "high", "time", "event", "ended_by") == (0, 100, None, True, "relapse")
    assert kept(row, "table", "row", "imputed") == ("events", 3, False)


def test_a_dated_event_bounds_an_undated_one_more_closely(ended):
    # the death on day 50 is dated; the relapse before it is not
    row = ended("50 days", "dead", relapses=[""])
    assert kept(row, "low", "high", "event", "ended_by") == (0, 50, True, "relapse")
    # one relapse with a time and one without: the other may have been earlier
    row = ended("100 days", "alive", relapses=["", "30 days"])
    assert kept(row, "low", "high", "time") == (0, 30, None)


def test_a_date_without_its_day_stands_for_its_middle_and_is_flagged(ended):
    row = ended("2020-06-30", "alive", relapses=["2020-02"], diagnosis="2020-01-01")
    assert kept(row, "low", "high", "time", "imputed") == (31, 59, 45, True)


def test_an_imprecise_start_widens_both_ends(ended):
    row = ended("2020-06-30", "alive", diagnosis="2020-01")
    assert kept(row, "low", "high", "imputed") == (151, 181, True)


def test_the_end_may_lie_in_the_starts_own_month(ended):
    row = ended("2020-01-10", "dead", diagnosis="2020-01")
    assert kept(row, "low", "high", "event") == (0, 9, True)


def test_an_end_with_no_upper_limit_has_no_point(ended):
    row = ended("> 100 days", "alive")
    assert kept(row, "low", "high", "time", "event") == (100, float("inf"), None, False)


@pytest.mark.parametrize(
    ("last", "diagnosis", "why"),
    [
        ("100 days", "", "missing"),  # no start
        ("2020-06-30", "0 days", "no common clock"),
    ],
)
def test_without_start_or_common_clock_it_is_unknown(ended, last, diagnosis, why):
    row = ended(last, "dead", diagnosis=diagnosis)
    assert kept(row, "low", "high", "time", "event", "why") == (None, None, None, None, why)


def test_an_event_before_the_start_is_not_evaluable(ended):
    row = ended("100 days", "alive", relapses=["-5 days"])
    assert kept(row, "time", "event", "why") == (None, None, "not_evaluable")


def test_the_latest_of_several_contacts_counts(ended):
    toml = STUDY.replace('["last_contact"]', '["last_visit", "last_contact"]')
    visits = "patient_id|what|value|when\n1|response|CR|70 days"
    row = ended("100 days", "alive", toml=toml, assessments=visits)
    assert kept(row, "time", "ended_by") == (100, "last_contact")
    # so that an event without a time is not thought to precede the visit
    row = ended("100 days", "alive", toml=toml, assessments=visits, relapses=[""])
    assert kept(row, "low", "high") == (0, 100)


def test_a_patient_without_follow_up_time_is_unknown(study):
    told = study(
        STUDY.replace("[endpoints.efs]", '[endpoints.efs]\nlabel="x"').replace(
            'label = "Event-free survival"\n', ""
        ),
        diagnoses="patient_id|disease|when\n1|ALL|0 days",
        patients="patient_id|site\n1|A\n2|A",
        events="patient_id|what\n1|other",
    )
    assert told.column("efs_event") == {"1": False, "2": None}
    assert told.why("efs_event") == {"1": None, "2": "missing"}
    assert told.why("efs") == {"1": None, "2": "missing"}


def test_events_of_which_the_study_keeps_no_table_are_unknown_of_everyone(study):
    told = study(STUDY, diagnoses="patient_id|disease|when\n1|ALL|0 days")
    assert told.column("efs_event") == {"1": None}
    assert told.why("efs") == {"1": "missing"}
    places = [f.column for f in told.findings if f.code == "table-absent"]
    assert places == ["moments.last_visit.table", "moments.relapse.table"]


def test_times_are_in_the_studys_unit_and_an_interval_says_so(study):
    told = study(
        '[study]\ntitle = "x"\ntime_unit = "months"\n' + STUDY,
        diagnoses="patient_id|disease|when\n1|ALL|0 days\n2|ALL|0 days",
        events="patient_id|what\n2|relapse",
        followup="patient_id|last_contact|vital_status\n1|35.8 months|dead\n2|12 months|alive",
    )
    assert told.column("efs") == {"1": pytest.approx(35.8), "2": None}
    assert told.why("efs") == {"1": None, "2": "interval"}
    assert told.ends("efs")["2"] == (0, 12)
    assert told.column("efs_ended_by") == {"1": "death", "2": "relapse"}
    assert told.info("efs").unit == "months"
