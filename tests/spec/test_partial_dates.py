"""Dates known in part: the point by the study's rule, the flag, and the range of a median."""

from __future__ import annotations

import pytest

from sequela.compose import Material, compose_report
from sequela.report.document import Paragraph, TableBlock
from small_study import row_of

STUDY = """
[study]
title = "Dates known in part"
time_unit = "days"
{rule}

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

[endpoints.os]
label = "Overall survival"
start = "diagnosis"
event = ["death"]
censor = ["last_contact"]

[endpoints.efs]
label = "Event-free survival"
start = "diagnosis"
event = ["relapse", "death"]
censor = ["last_contact"]

[[exhibit]]
id = "os"
kind = "km"
title = "Survival"
endpoint = "os"

[columns.follow_up]
derive = "interval"
from = "diagnosis"
to = "last_contact"
unit = "days"

[[exhibit]]
id = "followup"
kind = "followup"
title = "Follow-up"
endpoint = "os"
column = "follow_up"
survivors = "all"
"""
DIAGNOSED = "patient_id|disease|when\n1|AML|{}"
FOLLOWED = "patient_id|last_contact|vital_status\n1|{}|{}"


@pytest.fixture
def timed(study):
    """One patient's endpoint under a rule: time, low, high, and what is imputed."""

    def make(rule, diagnosis, last, *, endpoint="os", status="dead", **tables):
        said = f'partial_dates = "{rule}"' if rule else ""
        told = study(
            STUDY.format(rule=said),
            diagnoses=DIAGNOSED.format(diagnosis),
            followup=FOLLOWED.format(last, status),
            **({"events": "patient_id|what|when\n1|fall|2015-01-01"} | tables),
        )
        low, high = told.ends(endpoint)["1"]
        return told.column(endpoint)["1"], low, high, told.column(f"{endpoint}_imputed_from")["1"]

    return make


@pytest.mark.parametrize(
    ("rule", "time"),
    [
        ("", 45),  # the middle, when nothing is said
        ("middle", 45),
        ("first", 31),  # 1 February
        ("last", 59),  # 29 February
        ("bounded", 45),  # nothing known narrows the month
    ],
)
def test_the_studys_rule_gives_the_point_and_the_ends_stay(timed, rule, time):
    assert timed(rule, "2020-01-01", "2020-02") == (time, 31, 59, "end (death)")


@pytest.mark.parametrize(("rule", "time"), [("middle", 45), ("first", 45), ("last", 46)])
def test_start_and_end_move_together(timed, rule, time):
    # 1 January to 15 February, 31 January to 17 February would be 17: start and end both move
    found = timed(rule, "2020-01", "2020-02-15")
    assert found[1:] == (15, 45, "start (diagnosis)")
    assert found[0] == {"middle": 30, "first": 45, "last": 15}[rule]
    both = timed(rule, "2020-01", "2020-02")
    assert both[1:] == (1, 59, "start (diagnosis), end (death)")
    assert both[0] == {"middle": 30, "first": 31, "last": 29}[rule]


@pytest.mark.parametrize("rule", ["first", "last", "middle"])
def test_the_point_stays_within_what_is_possible(timed, rule):
    # the diagnosis in the month of the death: not after it
    time, low, high, _ = timed(rule, "2020-01", "2020-01-10")
    assert (low, high) == (0, 9)
    assert time == {"first": 9, "last": 0, "middle": 4.5}[rule]


def test_bounded_means_not_after_the_last_contact(timed):
    relapse = "patient_id|what|when\n1|relapse|2020"
    found = timed("bounded", "2019-12-01", "2020-03-10", endpoint="efs", events=relapse)
    # from 1 January to 10 March instead of to 31 December
    assert found == ((31 + 100) / 2, 31, 100, "end (relapse)")


def test_bounded_means_not_before_the_diagnosis(timed):
    relapse = "patient_id|what|when\n1|relapse|2020"
    found = timed("bounded", "2020-06-01", "2021-03-10", endpoint="efs", events=relapse)
    assert found == (213 / 2, 0, 213, "end (relapse)")


def test_bounded_means_that_death_is_not_before_what_is_charted(timed):
    relapse = "patient_id|what|when\n1|relapse|2020-02-20"
    found = timed("bounded", "2020-01-01", "2020-02", events=relapse)
    assert found == ((50 + 59) / 2, 50, 59, "end (death)")


def test_a_chart_that_contradicts_itself_is_not_narrowed(study):
    told = study(
        STUDY.format(rule='partial_dates = "bounded"')
        + '\n[[waive]]\nrule = "before-birth"\nreason = "A test."\n',
        patients="patient_id|site|birth\n1|A|2021-01-01",
        diagnoses=DIAGNOSED.format("2020-01-01"),
        followup=FOLLOWED.format("2022-02", "dead"),
        events="patient_id|what|when\n1|relapse|2020-06",
    )
    assert told.ends("efs")["1"] == (152, 181)


@pytest.mark.parametrize(
    ("start", "stop", "ends"),
    [
        ("2020-02-10", "2020-02", (0, 19)),  # a stop is not before its start
        ("2020-02", "2020-02-10", (0, 9)),  # nor a start after its stop
    ],
)
def test_bounded_knows_the_other_end_of_the_same_row(study, start, stop, ends):
    toml = STUDY.format(rule='partial_dates = "bounded"') + (
        '\n[moments.on]\ntable = "exposures"\ncolumn = "start"\n'
        '\n[moments.off]\ntable = "exposures"\ncolumn = "stop"\n'
        '\n[columns.days_on]\nderive = "interval"\nfrom = "on"\nto = "off"\n'
    )
    told = study(
        toml,
        diagnoses=DIAGNOSED.format("2020-01-01"),
        followup=FOLLOWED.format("2022-02-01", "dead"),
        events="patient_id|what|when\n1|fall|2020-06-01",
        exposures=f"patient_id|drug|start|stop\n1|L|{start}|{stop}",
    )
    assert told.ends("days_on")["1"] == ends


def test_a_second_diagnosis_is_not_before_the_first(study):
    toml = STUDY.format(rule='partial_dates = "bounded"').replace(
        'table = "diagnoses"', 'table = "diagnoses"\nwhere = "role = \'second\'"'
    )
    told = study(
        toml,
        diagnoses="patient_id|disease|role|when\n1|MM|first|2020-06-01\n1|ALL|second|2020",
        followup=FOLLOWED.format("2020-12-31", "dead"),
        events="patient_id|what|when\n1|fall|2020-06-01",
    )
    assert told.ends("os")["1"] == (0, 213)


def test_what_is_exact_is_not_flagged_and_what_has_no_time_has_a_reason(study):
    told = study(
        STUDY.format(rule=""),
        patients="patient_id|site\n1|A\n2|A\n3|A",
        diagnoses="patient_id|disease|when\n1|AML|2020-01-01\n2|AML|2020-01\n3|AML|",
        followup="patient_id|last_contact|vital_status\n1|2020-02-01|dead\n2|2020-03-01|alive\n"
        "3|2020-03-01|alive",
        events="patient_id|what|when\n1|fall|2020-01-20",
    )
    assert told.column("os_imputed") == {"1": False, "2": True, "3": None}
    assert told.why("os_imputed") == {"1": None, "2": None, "3": "missing"}
    assert told.column("os_imputed_from") == {"1": None, "2": "start (diagnosis)", "3": None}
    assert told.why("os_imputed_from") == {"1": "not_applicable", "2": None, "3": "missing"}
    assert told.info("os_imputed").method == (
        "a date known in part stands for the middle of the time that it leaves open"
    )


def several(study, deaths):
    rows = "\n".join(f"{n}|{when}|dead" for n, when in enumerate(deaths, start=1))
    diagnoses = "\n".join(f"{n}|AML|2020-01-01" for n in range(1, len(deaths) + 1))
    return study(
        STUDY.format(rule=""),
        diagnoses="patient_id|disease|when\n" + diagnoses,
        followup="patient_id|last_contact|vital_status\n" + rows + "\n9|2020-08-01|alive",
        patients="patient_id|site\n"
        + "\n".join(f"{n}|A" for n in range(1, len(deaths) + 1))
        + "\n9|A",
        events="patient_id|what|when\n1|fall|2020-01-10",
    )


def test_a_median_that_rests_on_imputed_dates_has_its_range(study):
    told = several(study, ["2020-01-20", "2020-02", "2020-03-20"])
    rows = [r for r in told.rows if r.exhibit == "os"]
    assert row_of(rows, "imputed_times", "os").value == 1
    assert row_of(rows, "median", "os").value == 45
    assert row_of(rows, "median_earliest", "os").value == 31
    assert row_of(rows, "median_latest", "os").value == 59
    follow = [r for r in told.rows if r.exhibit == "followup"]
    assert row_of(follow, "imputed_times", "os").value == 1
    assert row_of(follow, "reverse_km_median_earliest", "os").state in ("ok", "not_reached")


def texts_of(told):
    loaded = told.loaded
    material = Material(
        loaded.study,
        loaded.context,
        told.rows,
        {e.id: [] for e in loaded.study.exhibit},
        {},
        [],
        [],
    )
    blocks = compose_report(material, aggregate=False).document.blocks
    said = ["".join(r.text for r in b.runs) for b in blocks if isinstance(b, Paragraph)]
    notes = [note for b in blocks if isinstance(b, TableBlock) for note in b.table.notes]
    return said, notes


def test_text_note_and_methods_say_so(study):
    said, notes = texts_of(several(study, ["2020-01-20", "2020-02", "2020-03-20"]))
    sentence = (
        "1 of 3 times rest on dates that are known only in part; whatever days these were, the "
        "median lies between 31.0 and 59.0 days."
    )
    assert any(sentence in text for text in said)
    assert sentence in notes
    (methods,) = [t for t in said if "Times that rest on such a date" in t]
    assert "stands for the middle of the time that it leaves open (rule 'middle')" in methods
    assert "Overall survival 1 of 3; Event-free survival 1 of 3." in methods


def test_where_nothing_is_imputed_nothing_is_said(study):
    told = several(study, ["2020-01-20", "2020-02-03", "2020-03-20"])
    assert not [r for r in told.rows if "earliest" in r.statistic or "imputed" in r.statistic]
    said, notes = texts_of(told)
    assert not [text for text in [*said, *notes] if "known only in part" in text]


def test_an_event_between_two_dated_visits_rests_on_no_imputed_date(study):
    toml = STUDY.format(rule="").replace(
        'label = "Event-free survival"', 'label = "Event-free survival"\nbetween = "middle"'
    )
    told = study(
        toml,
        diagnoses=DIAGNOSED.format("2020-01-01"),
        followup=FOLLOWED.format("2020-12-01", "alive"),
        events="patient_id|what|when|free_until\n1|relapse|2020-06-01|2020-03-01",
    )
    assert told.ends("efs")["1"] == (60, 152)
    assert told.column("efs")["1"] == 106
    assert told.column("efs_imputed")["1"] is False
    assert told.why("efs_imputed_from")["1"] == "not_applicable"
