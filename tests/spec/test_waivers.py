"""Findings kept with a reason: shown as waived, stopping nothing; what cannot be waived says so."""

from __future__ import annotations

import json

import pytest

from sequela.chart.rules import RULES
from sequela.chart.waivers import FURTHER, HARD, WAIVABLE
from sequela.console import print_findings
from sequela.findings import has_errors
from sequela.pipeline import check_study, run_study
from small_study import TITLE, write_study

TABLES = {
    "patients": "patient_id|site\n1|A\n2|A",
    "followup": "patient_id|last_contact|vital_status\n1|100 days|dead\n2|100 days|alive",
    "exposures": "patient_id|drug|start|stop\n1|L|0 days|120 days\n2|L|0 days|130 days",
}


@pytest.fixture
def judged(tmp_path):
    """The findings of a study with waivers but notes, and whether it can be run."""

    def make(waivers, **tables):
        folder = write_study(tmp_path / "study", TITLE + waivers, **(TABLES | tables))
        loaded, findings = check_study(folder)
        return loaded, [f for f in findings if f.severity != "note"]

    return make


def test_without_a_waiver_the_run_stops(judged):
    loaded, found = judged("")
    assert loaded is None
    assert [(f.code, f.patient_id, f.waived, f.stops) for f in found] == [
        ("followup-before-event", "1", "", True),
        ("followup-before-event", "2", "", True),
    ]


def test_a_waived_finding_stays_with_its_reason_and_stops_nothing(judged):
    loaded, found = judged(
        """
        [[waive]]
        rule = "followup-before-event"
        reason = "The record closes late."
        by = "A. Fellow"
        date = 2021-04-01
        """
    )
    assert loaded is not None
    assert not has_errors(found)
    told = "The record closes late. (A. Fellow, 2021-04-01)"
    assert [(f.severity, f.patient_id, f.waived) for f in found] == [
        ("error", "1", told),
        ("error", "2", told),
    ]


@pytest.mark.parametrize(
    "narrowed",
    ['patient = "1"', "row = 2", 'value = "120 days"', 'table = "exposures"\nrow = 2'],
)
def test_a_waiver_covers_what_it_names_and_nothing_else(judged, narrowed):
    loaded, found = judged(
        f'[[waive]]\nrule = "followup-before-event"\nreason = "Late."\n{narrowed}\n'
    )
    assert loaded is None
    # what still stops comes first
    assert [(f.patient_id, f.waived) for f in found] == [("2", ""), ("1", "Late.")]


@pytest.mark.parametrize(
    "elsewhere",
    ['patient = "3"', "row = 7", 'column = "start"', 'table = "events"', 'value = "9 days"'],
)
def test_a_waiver_that_covers_nothing_is_a_finding(judged, elsewhere):
    _, found = judged(
        f'\n[[waive]]\nrule = "followup-before-event"\nreason = "Late."\n{elsewhere}\n'
    )
    (unused,) = [f for f in found if f.code == "waiver-unused"]
    assert (unused.severity, unused.place) == ("warning", "study.toml, row 5, column waive.1")
    assert unused.message == ("nothing is found that this waiver of 'followup-before-event' covers")


@pytest.mark.parametrize("code", HARD)
def test_what_holds_the_chart_together_cannot_be_waived(judged, code):
    loaded, found = judged(f'\n[[waive]]\nrule = "{code}"\nreason = "We know."\n')
    assert loaded is None
    (refused,) = [f for f in found if f.code == "waiver-impossible"]
    assert refused.place == "study.toml, row 5, column waive.1.rule"
    assert refused.message == (
        f"'{code}' cannot be waived: without it the chart has no one reading"
    )


@pytest.mark.parametrize(
    ("waiver", "message", "remedy"),
    [
        (
            'rule = "followup-before-evnt"\nreason = "x"',
            "there is no rule 'followup-before-evnt' that can be waived",
            "Did you mean 'followup-before-event'?",
        ),
        ('rule = "row-twice"', "'reason' is missing", "Add it."),
        ('rule = "row-twice"\nreason = "  "', "it must say something", "Correct it."),
        (
            'rule = "row-twice"\nreason = "x"\npatiemt = "1"',
            "'patiemt' is not known here",
            "Did you mean 'patient'?",
        ),
    ],
)
def test_a_waiver_that_is_wrong_says_so(judged, waiver, message, remedy):
    loaded, found = judged(f"\n[[waive]]\n{waiver}\n")
    assert loaded is None
    assert (message, remedy) in [(f.message, f.remedy) for f in found]


def test_a_warning_that_only_deriving_finds_can_be_waived(judged):
    waiver = '\n[[waive]]\nrule = "table-absent"\nreason = "No such data."\n'
    loaded, found = judged(
        '[moments.relapse]\ntable = "events"\n' + waiver,
        exposures="patient_id|drug\n1|L",
    )
    assert loaded is not None
    assert [(f.code, f.waived) for f in found] == [("table-absent", "No such data.")]


def test_report_terminal_and_json_show_the_reason(tmp_path, capsys):
    waiver = '[[waive]]\nrule = "followup-before-event"\nreason = "The record closes late."\n'
    folder = write_study(tmp_path / "study", TITLE + waiver, **TABLES)
    outcome = run_study(folder, tmp_path / "out")
    print_findings(outcome.findings)
    printed = capsys.readouterr().err
    assert "waived error exposures.csv, row 2" in printed
    assert "Kept because: The record closes late." in printed
    (tmp_path / "out" / "patient-level" / "report.html").read_text(encoding="utf-8").index(
        "Kept because: The record closes late."
    )
    with (tmp_path / "out" / "patient-level" / "findings.json").open(encoding="utf-8") as file:
        waived = [f["waived"] for f in json.load(file) if f["code"] == "followup-before-event"]
    assert waived == ["The record closes late."] * 2
    # the reason may name a patient, so the aggregate list only says that there is one
    text = (tmp_path / "out" / "aggregate" / "findings.json").read_text(encoding="utf-8")
    assert "closes late" not in text
    assert "a reason stands in the study file" in text


def test_every_rule_is_either_waivable_or_hard():
    assert {r.code for r in RULES} == (set(WAIVABLE) - set(FURTHER)) | set(HARD)
    assert {"patient-twice", "patient-unknown"} <= set(HARD)
