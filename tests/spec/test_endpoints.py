"""Endpoints: from a start to the first of several events, else to the last contact."""

from __future__ import annotations

import pytest

from small_study import row_of

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


# The same day ------------------------------------------------------------------------------


def test_an_event_on_the_day_of_the_last_contact_counts(ended):
    row = ended("100 days", "alive", relapses=["100 days"])
    assert kept(row, "time", "event", "ended_by") == (100, True, "relapse")


def test_of_two_events_on_one_day_the_one_named_first_counts(ended):
    row = ended("100 days", "dead", relapses=["100 days"])
    assert kept(row, "time", "cause") == (100, "relapse")
    toml = STUDY.replace('["relapse", "death"]', '["death", "relapse"]')
    assert ended("100 days", "dead", relapses=["100 days"], toml=toml)["cause"] == "death"


def test_the_order_on_one_day_may_be_stated_apart_from_the_events(ended):
    toml = STUDY.replace('["relapse", "death"]', '["death", "relapse"]\nsame_day = ["relapse"]')
    assert ended("100 days", "dead", relapses=["100 days"], toml=toml)["cause"] == "relapse"


def test_incidences_of_relapse_and_of_death_without_it_never_count_one_patient_twice(study):
    told = study(
        STUDY.replace("[moments.last_visit]", "[moments.remission]")
        + '[endpoints.cir]\ntemplate = "relapse_incidence"\n[endpoints.nrm]\ntemplate = "nrm"\n',
        diagnoses="patient_id|disease|when\n1|ALL|0 days",
        assessments="patient_id|what|value|when\n1|response|CR|30 days",
        events="patient_id|what|when\n1|relapse|100 days",
        followup=FOLLOWED.format("100 days", "dead"),
    )
    assert told.column("cir_cause") == {"1": "relapse"}
    assert told.column("nrm_cause") == {"1": "relapse"}
    assert told.column("nrm_event") == {"1": False}


@pytest.mark.parametrize(
    ("relapse", "death", "cause", "days"),
    [
        # death in June cannot come before the relapse of the 20th
        ("2020-06-20", "2020-06", "relapse", 171),
        ("2020-06", "2020-06-20", "relapse", None),
        ("2020-06", "2020-06", "relapse", None),
    ],
)
def test_a_death_known_in_part_comes_last(study, relapse, death, cause, days):
    told = study(
        STUDY + '[endpoints.cir]\nstart = "diagnosis"\nevent = ["relapse"]\n'
        'competing = ["death"]\ncensor = ["last_contact"]\n',
        diagnoses="patient_id|disease|when\n1|ALL|2020-01-01",
        events=f"patient_id|what|when\n1|relapse|{relapse}",
        followup=FOLLOWED.format(death, "dead"),
    )
    assert told.column("cir_cause") == {"1": cause}
    assert days is None or told.ends("cir") == {"1": (days, days)}


# Censored at a transplant ------------------------------------------------------------------

CENSORED = (
    STUDY
    + """censor_at = ["transplant"]

[moments.transplant]
table = "transplants"
"""
)


def transplant(when: str) -> str:
    return f"patient_id|type|indication|when\n1|allogeneic|ALL|{when}"


@pytest.mark.parametrize(
    ("relapse", "moved", "found"),
    [
        ("80 days", "50 days", (50, False, "transplant")),
        ("80 days", "80 days", (80, True, "relapse")),  # on the day of transplant: counts
        ("80 days", "90 days", (80, True, "relapse")),
        ("80 days", "-5 days", (80, True, "relapse")),  # before the start: censors nothing
    ],
)
def test_the_observation_may_end_at_a_transplant(ended, relapse, moved, found):
    row = ended(
        "100 days", "alive", relapses=[relapse], toml=CENSORED, transplants=transplant(moved)
    )
    assert kept(row, "time", "event", "ended_by") == found


@pytest.mark.parametrize(
    ("relapse", "moved", "found"),
    [
        ("2020-03-01", "2020", None),
        ("2020-03", "2020-03", None),
        ("2020-03", "2020-03-31", (None, True, "relapse")),
        ("2020-04-01", "2020-03", (None, False, "transplant")),
        ("2020-03-31", "2020-03", None),
        ("2020-03-01", "2020-03", (60, True, "relapse")),
    ],
)
def test_days_known_in_part_may_leave_open_which_came_first(ended, relapse, moved, found):
    row = ended(
        "2020-12-31",
        "alive",
        relapses=[relapse],
        diagnosis="2020-01-01",
        toml=CENSORED,
        transplants=transplant(moved),
    )
    if found is None:
        assert kept(row, "time", "event", "why") == (None, None, "not_evaluable")
    else:
        assert kept(row, "event", "ended_by") == found[1:]
        assert found[0] is None or row["time"] == found[0]


def test_without_an_event_the_earlier_of_transplant_and_last_contact_censors(ended):
    row = ended("100 days", "alive", toml=CENSORED, transplants=transplant("60 days"))
    assert kept(row, "time", "event", "table") == (60, False, "transplants")
    row = ended("100 days", "alive", toml=CENSORED, transplants=transplant("100 days"))
    assert kept(row, "time", "event") == (100, False)


def test_a_transplant_without_a_time_leaves_open_when_to_censor(ended):
    row = ended("100 days", "alive", toml=CENSORED, transplants=transplant(""))
    assert kept(row, "time", "event", "why") == (None, None, "missing")


def test_whether_an_undated_relapse_came_before_the_transplant_cannot_be_told(ended):
    row = ended(
        "100 days", "alive", relapses=[""], toml=CENSORED, transplants=transplant("60 days")
    )
    assert kept(row, "event", "why") == (None, "not_evaluable")


def test_without_a_table_of_transplants_nobody_is_known_to_be_free_of_one(ended):
    assert ended("100 days", "alive", toml=CENSORED)["why"] == "missing"


# Failure on the first day ------------------------------------------------------------------


def test_failure_counts_when_it_was_found_or_on_the_first_day(ended):
    assert ended("100 days", "alive", relapses=["40 days"])["time"] == 40
    first_day = STUDY + 'at_start = ["relapse"]\n'
    row = ended("100 days", "alive", relapses=["40 days"], toml=first_day)
    assert kept(row, "low", "high", "time", "event", "imputed") == (0, 0, 0, True, False)
    # there its time need not be known
    row = ended("100 days", "alive", relapses=[""], toml=first_day)
    assert kept(row, "time", "event", "table", "row") == (0, True, "events", 3)


# Found between two visits ------------------------------------------------------------------


def test_a_relapse_found_between_two_visits_keeps_both_days(ended, study):
    def found(toml):
        told = study(
            toml,
            diagnoses="patient_id|disease|when\n1|ALL|0 days",
            followup=FOLLOWED.format("200 days", "alive"),
            events="patient_id|what|when|free_until\n1|relapse|100 days|60 days",
        )
        (row,) = told.loaded.clinical.endpoints["efs"].iter_rows(named=True)
        return kept(row, "low", "high", "time", "imputed")

    # the day on which it was found stands for it, unless the study asks for the middle
    assert found(STUDY) == (60, 100, 100, False)
    assert found(STUDY + 'between = "middle"\n') == (60, 100, 80, True)


# Before the start --------------------------------------------------------------------------

FROM_TRANSPLANT = CENSORED.replace('"diagnosis"', '"transplant"').replace(
    'censor_at = ["transplant"]', 'before_start = "ignored"'
)


def test_what_came_before_the_start_may_be_left_aside(ended):
    def told(relapses):
        return ended(
            "200 days",
            "alive",
            relapses=relapses,
            toml=FROM_TRANSPLANT,
            transplants=transplant("100 days"),
        )

    assert kept(told(["40 days"]), "time", "event") == (100, False)
    assert kept(told(["40 days", "150 days"]), "time", "event", "row") == (50, True, 4)
    assert kept(told(["100 days"]), "time", "event") == (0, True)  # the day itself is after it
    # an undated relapse may have been either
    assert told([""])["why"] == "not_evaluable"


# Population, templates, variants -----------------------------------------------------------


def test_outside_its_population_it_is_not_applicable(study):
    told = study(
        STUDY
        + 'population = "site = \'A\'"\n[columns.site]\nderive = "look_up"\ntable = "patients"\n'
        'column = "site"\n',
        patients="patient_id|site\n1|A\n2|B",
        diagnoses="patient_id|disease|when\n1|ALL|0 days\n2|ALL|0 days",
        events="patient_id|what|when\n1|other|",
        followup="patient_id|last_contact|vital_status\n1|9 days|alive\n2|9 days|alive",
    )
    assert told.column("efs") == {"1": 9, "2": None}
    assert told.why("efs") == {"1": None, "2": "not_applicable"}


def test_a_template_gives_what_the_study_does_not_say(study):
    told = study(
        STUDY.split("[endpoints.efs]", maxsplit=1)[0]
        + '[endpoints.os]\ntemplate = "os"\n[endpoints.late]\ntemplate = "os"\nstart = "relapse"\n'
        'absent = "not_applicable"\n',
        diagnoses="patient_id|disease|when\n1|ALL|0 days\n2|ALL|0 days",
        events="patient_id|what|when\n1|relapse|40 days",
        followup="patient_id|last_contact|vital_status\n1|90 days|dead\n2|90 days|alive",
    )
    assert told.column("os") == {"1": 90, "2": 90}
    assert told.column("os_event") == {"1": True, "2": False}
    assert told.column("late") == {"1": 50, "2": None}
    assert told.why("late") == {"1": None, "2": "not_applicable"}


def test_a_variant_is_like_an_endpoint_above_it(study):
    told = study(
        STUDY + '[endpoints.strict]\nlike = "efs"\nevent = ["death"]\n',
        diagnoses="patient_id|disease|when\n1|ALL|0 days",
        events="patient_id|what|when\n1|relapse|40 days",
        followup=FOLLOWED.format("90 days", "dead"),
    )
    assert (told.column("efs"), told.column("strict")) == ({"1": 40}, {"1": 90})
    assert told.info("strict").label == "strict"  # a label is not taken over


def test_variants_stand_side_by_side(study):
    told = study(
        CENSORED.split("[moments.transplant]")[0].replace('censor_at = ["transplant"]\n', "")
        + '[endpoints.day_1]\nlike = "efs"\nat_start = ["relapse"]\n'
        '[endpoints.os]\nlike = "efs"\nevent = ["death"]\n'
        '[[exhibit]]\nid = "v"\nkind = "endpoint_variants"\ntitle = "EFS"\nat = [60]\n'
        'endpoints = ["efs", "day_1", "os"]\n',
        diagnoses="patient_id|disease|when\n1|ALL|0 days\n2|ALL|0 days\n3|ALL|0 days",
        events="patient_id|what|when\n1|relapse|40 days",
        followup="patient_id|last_contact|vital_status\n1|90 days|dead\n2|50 days|dead\n"
        "3|95 days|alive",
    )
    rows = told.rows
    events = [row_of(rows, "events", e).value for e in ("efs", "day_1", "os")]
    assert events == [2, 2, 2]
    assert [row_of(rows, "median", e).value for e in ("efs", "day_1", "os")] == [50, 50, 90]
    at_60 = [row_of(rows, "survival", e, time=60).value for e in ("efs", "day_1", "os")]
    assert at_60 == [pytest.approx(1 / 3), pytest.approx(1 / 3), pytest.approx(2 / 3)]
