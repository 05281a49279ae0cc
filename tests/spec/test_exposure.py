"""The time on a drug until a moment: lengths as given, dated intervals united and cut."""

from __future__ import annotations

from math import inf

import pytest

from spec_table import SpecTable

OVERLAPS = SpecTable(
    "exposure",
    "Two rows of one drug in 2020, counted until 05-01 (first day, last day, dose), the day of "
    "the moment not among them: the dose taken, an interval where dates are known in part, and "
    "whether a finding says that the days count once, that the doses overlap, or that the units "
    "differ.",
    """
    first                   | second                        | dose          | finding
    04-01 04-21 10 mg daily | 04-21 05-01 5 mg daily        | 250           | -
    04-01 04-21 10 mg daily | 04-22 05-01 5 mg daily        | 255           | -
    04-01 04-21 10 mg daily | 04-01 04-21 10 mg daily       | 210           | once
    04-01 04-21 10 mg daily | 04-11 05-01 10 mg daily       | 300           | once
    04-01 04-21 10 mg daily | 04-11 05-01 5 mg twice daily  | 300           | once
    04-01 04-21 10 mg daily | 04-20 05-01 5 mg daily        | not evaluable | overlap
    04-01 04-21 10 mg daily | 04-21 05-01 5 g daily         | not evaluable | units
    04-10 04-10 10 mg daily | 04-11 04-11 5 mg daily        | 15            | -
    04-10 04-10 10 mg daily | 04-10 04-10 5 mg daily        | not evaluable | overlap
    03-02 04 10 mg daily    | 04 05-01 5 mg daily           | 315 to 600    | -
    03-02 04 10 mg daily    | 04 05-01 10 mg daily          | 320 to 600    | -
    """,
)
SAID = {
    "dose-charted-twice": "once",
    "doses-overlap": "overlap",
    "dose-units-differ": "units",
}
SPEC_TABLES = (OVERLAPS,)

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


# Gaps, windows, open ends -------------------------------------------------------------------


def days(study, rows, *keys, day="0 days", heading="start | stop"):
    toml = (
        '[moments.diagnosis]\ntable = "diagnoses"\n[columns.days]\nderive = "exposure"\n'
        'drug = "lenalidomide"\nuntil = "diagnosis"\nunit = "days"\n' + "\n".join(keys)
    )
    lines = "\n".join(f"1 | lenalidomide | {row}" for row in rows)
    return study(
        toml,
        exposures=f"patient_id | drug | {heading}\n{lines}",
        diagnoses=at_day(day),
    )


HOLD = ["-100 days | -60 days", "-32 days | -10 days"]


@pytest.mark.parametrize(("gap", "counted"), [(0, 62), (27, 62), (28, 90), (100, 90)])
def test_a_gap_of_exactly_so_many_days_counts_as_on_the_drug(study, gap, counted):
    told = days(study, HOLD, f"gap_days = {gap}")
    assert told.column("days") == {"1": counted}


def test_a_hold_after_the_last_interval_is_none(study):
    assert days(study, HOLD[:1], "gap_days = 90").column("days") == {"1": 40}


@pytest.mark.parametrize(("window", "counted"), [(10, 0), (11, 1), (32, 22), (70, 32), (365, 62)])
def test_only_the_window_before_the_moment_counts(study, window, counted):
    assert days(study, HOLD, f"window_days = {window}").column("days") == {"1": counted}


def test_a_length_without_days_cannot_be_put_in_a_window(study):
    told = days(study, ["40 days"], "window_days = 30", heading="duration")
    assert told.why("days") == {"1": "missing"}


@pytest.mark.parametrize(
    ("word", "ends"), [("missing", (None, None)), ("bounds", (0, 100)), ("ongoing", (100, 100))]
)
def test_a_row_without_a_last_day(study, word, ends):
    told = days(study, ["-100 days |"], f'no_last_day = "{word}"')
    assert told.ends("days") == {"1": ends}


def test_bounds_do_not_count_an_overlap_twice(study):
    rows = ["-100 days | -60 days", "-80 days |"]
    assert days(study, rows, 'no_last_day = "bounds"').ends("days") == {"1": (40, 100)}


def test_a_stop_on_the_day_of_the_start_is_no_time(study):
    assert days(study, ["-10 days | -10 days"]).column("days") == {"1": 0}


def test_only_the_rows_of_an_intent(study):
    rows = ["-100 days | -60 days | maintenance", "-32 days | -10 days | relapse"]
    told = days(study, rows, 'intent = "maintenance"', heading="start | stop | intent")
    assert told.column("days") == {"1": 40}
    assert told.decided_by("days") == [("1", "exposures", 2)]


# To the event ------------------------------------------------------------------------------


def test_latency_runs_from_the_first_day_to_the_event(study):
    assert days(study, HOLD, 'measure = "latency"').column("days") == {"1": 100}
    assert days(study, ["2019-01 |"], 'measure = "latency"', day="2019-03-01").ends("days") == {
        "1": (29, 59)
    }


def test_a_drug_begun_after_the_event_has_no_latency(study):
    told = days(study, ["1 days | 9 days"], 'measure = "latency"')
    assert told.why("days") == {"1": "not_applicable"}
    assert days(study, ["0 days | 9 days"], 'measure = "latency"').column("days") == {"1": 0}


@pytest.mark.parametrize(
    ("rows", "since"),
    [
        (HOLD, 10),
        (["-100 days | 0 days"], 0),  # the last day is the event's
        (["-100 days | 30 days"], 0),  # still on the drug
        (["-100 days | -60 days", "5 days | 9 days"], 60),  # what comes later does not count
    ],
)
def test_time_since_the_last_day(study, rows, since):
    assert days(study, rows, 'measure = "since_stop"').column("days") == {"1": since}


# Dose --------------------------------------------------------------------------------------

DOSED = "start | stop | dose_amount | dose_unit | frequency"


@pytest.mark.parametrize(
    ("frequency", "dose"),
    [
        ("daily", 280),
        ("twice daily", 560),
        ("every other day", 140),
        ("weekly", 40),
        ("every 4 weeks", 10),
        ("days 1-21 of 28", 210),
        ("twice daily days 1-14 of 28", 280),
    ],
)
def test_the_dose_is_amount_times_doses_a_day_times_days(study, frequency, dose):
    told = days(
        study, [f"-28 days | 0 days | 10 | mg | {frequency}"], 'measure = "dose"', heading=DOSED
    )
    assert told.column("days") == {"1": pytest.approx(dose)}


def test_the_dose_is_cut_at_the_moment_and_to_the_window(study):
    row = ["-28 days | 30 days | 10 | mg | daily"]
    assert days(study, row, 'measure = "dose"', heading=DOSED).column("days") == {"1": 280}
    told = days(study, row, 'measure = "dose"', "window_days = 7", heading=DOSED)
    assert told.column("days") == {"1": 70}


@pytest.mark.parametrize(
    ("begun", "ended", "dose"),
    # the days on the drug: the first and the last, before the day of the moment
    [(-10, -10, 10), (-28, -8, 210), (-1, -1, 10), (-1, 0, 10), (0, 0, 0), (0, 30, 0), (3, 9, 0)],
)
def test_the_first_and_the_last_day_on_the_drug_have_their_dose(study, begun, ended, dose):
    row = [f"{begun} days | {ended} days | 10 | mg | daily"]
    assert days(study, row, 'measure = "dose"', heading=DOSED).column("days") == {"1": dose}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("-28 days | 0 days | 10 | mg | now and then", "frequency-unreadable"),
        ("-28 days | 0 days | 10 | mg | days 1-29 of 28", "frequency-unreadable"),
        ("-28 days | 0 days | 10 | | daily", "dose-without-unit"),
    ],
)
def test_a_dose_that_cannot_be_read_is_a_finding_and_unknown(study, row, code):
    told = days(study, [row], 'measure = "dose"', heading=DOSED)
    assert told.why("days") == {"1": "missing"}
    (finding,) = (f for f in told.findings if f.code == code)
    assert (finding.file, finding.row, finding.patient_id) == ("exposures.csv", 2, "1")


def dose(case):
    """The dose as the table prints it: a number, or the two ends that it lies between."""
    return tuple(float(end) for end in case["dose"].split(" to "))


@pytest.mark.parametrize("case", OVERLAPS.cases, ids=str)
def test_the_dose_of_rows_that_overlap(study, case):
    rows = []
    for name in ("first", "second"):
        start, stop, amount, unit, often = case[name].split(" ", 4)
        rows.append(f"2020-{start} | 2020-{stop} | {amount} | {unit} | {often}")
    told = days(study, rows, 'measure = "dose"', heading=DOSED, day="2020-05-01")
    found = [SAID[f.code] for f in told.findings if f.code in SAID]
    assert found == ([] if case["finding"] == "-" else [case["finding"]])
    if case["dose"] == "not evaluable":
        assert told.why("days") == {"1": "not_evaluable"}
    else:
        low, high = dose(case)[0], dose(case)[-1]
        assert told.ends("days") == {"1": (pytest.approx(low), pytest.approx(high))}


def test_the_finding_names_both_rows(study):
    rows = ["-28 days | -8 days | 10 | mg | daily", "-20 days | 0 days | 5 | mg | daily"]
    told = days(study, rows, 'measure = "dose"', heading=DOSED)
    (finding,) = (f for f in told.findings if f.code == "doses-overlap")
    assert (finding.file, finding.row, finding.patient_id) == ("exposures.csv", 3, "1")
    assert finding.message == (
        "its days overlap with those of row 2 at another daily dose, so the dose taken is not "
        "evaluable"
    )
    assert finding.remedy == (
        "Correct the dates of rows 2 and 3, or a dose. Where both were taken, chart the days of "
        "both in a row of their own with the sum."
    )


def test_overlaps_after_the_moment_or_before_the_window_do_not_matter(study):
    rows = ["-28 days | 9 days | 10 | mg | daily", "5 days | 20 days | 5 | mg | daily"]
    assert days(study, rows, 'measure = "dose"', heading=DOSED).column("days") == {"1": 280}
    rows = ["-28 days | -8 days | 10 | mg | daily", "-20 days | -8 days | 5 | mg | daily"]
    told = days(study, rows, 'measure = "dose"', "window_days = 7", heading=DOSED)
    assert told.column("days") == {"1": 0}


def test_three_rows_count_each_day_once(study):
    row = "-28 days | 0 days | 10 | mg | daily"
    rows = [row, row, "-14 days | 0 days | 5 | mg | twice daily"]
    assert days(study, rows, 'measure = "dose"', heading=DOSED).column("days") == {"1": 280}


def test_a_drug_counts_by_any_of_its_names(study):
    told = study(
        '[moments.dx]\ntable = "diagnoses"\n'
        '[columns.days]\nderive = "exposure"\ndrug = "lenalidomide"\nuntil = "dx"\nunit = "days"\n',
        diagnoses="patient_id|disease|when\n1|B-ALL|100 days",
        exposures="patient_id|drug|start|stop\n1|lenalidomide|0 days|10 days\n"
        "1|Revlimid|20 days|30 days\n1|LEN + dex|40 days|50 days\n1|bortezomib|60 days|70 days",
    )
    assert told.column("days") == {"1": 30.0}
    assert [row for _, _, row in told.decided_by("days")] == [2, 3, 4]


def test_a_misspelt_drug_is_not_counted_and_is_a_finding(study):
    told = study(
        '[moments.dx]\ntable = "diagnoses"\n'
        '[columns.days]\nderive = "exposure"\ndrug = "lenalidomide"\nuntil = "dx"\nunit = "days"\n',
        diagnoses="patient_id|disease|when\n1|B-ALL|100 days",
        exposures="patient_id|drug|start|stop\n1|lenalidomide|0 days|10 days\n"
        "1|lenalidomde|20 days|30 days\n1|thalidomide|40 days|50 days",
    )
    assert told.column("days") == {"1": 10.0}
    (found,) = [f for f in told.findings if f.code == "drug-almost-known"]
    assert (found.place, found.value) == ("exposures.csv, row 3, column drug", "lenalidomde")
