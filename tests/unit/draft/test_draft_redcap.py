"""A REDCap-like source: labels, choices and identifiers that the project itself declares."""

from __future__ import annotations

from dataclasses import replace

from sequela.draft.propose import look_at_sheet, propose
from sequela.draft.rows import draft_rows
from sequela.sources.raw_table import ColumnNotes, raw_table

HEADER = ("record_id", "q1", "q2", "q3", "q4", "q5")
ROWS = [
    (2, ("1", "Ann", "1", "2", "2020-01-01", "0")),
    (3, ("2", "Bob", "2", "1", "2021-01-01", "1")),
    (4, ("3", "Cy", "-99", "1", "2021-03-01", "1")),
]
NOTES = {
    "q1": ColumnNotes(label="What to call the person", identifier=True),
    "q2": ColumnNotes(
        label="Sex", choices={"1": "Female", "2": "Male"}, missing={"-99": "not asked"}
    ),
    "q3": ColumnNotes(label="Best response", choices={"1": "CR", "2": "no CR"}),
    "q4": ColumnNotes(label="Date of last contact"),
    "q5": ColumnNotes(label="Died", choices={"1": "Yes", "0": "No"}),
}


def drafted():
    raw = replace(raw_table("export.csv", HEADER, ROWS), notes=NOTES, name="baseline")
    proposals = propose(look_at_sheet(raw), raw.height)
    return proposals, draft_rows(proposals)


def test_labels_place_what_names_do_not_tell():
    proposals, _ = drafted()
    assert [(p.fate, f"{p.table}.{p.target}") for p in proposals] == [
        ("patient", "."),
        ("identifier", "."),
        ("placed", "patients.sex"),
        ("placed", "assessments.value"),
        ("placed", "followup.last_contact"),
        ("placed", "followup.vital_status"),
    ]
    assert proposals[1].reason == "the source itself marks it as identifying a person"
    assert proposals[2].reason == "its label is 'Sex'"


def test_choices_become_code_lists():
    _, mapping = drafted()
    assert mapping.codes["sex"] == {"1": "female", "2": "male"}
    assert mapping.codes["response_value"] == {"1": "CR", "2": "no CR"}
    assert mapping.codes["vital_status"] == {"0": "alive", "1": "dead"}


def test_what_the_export_adds_is_left_out():
    header = ("record_id", "redcap_repeat_instance", "person_complete", "relapsed")
    raw = raw_table("export.csv", header, [(2, ("1", "1", "2", "2020-01-01"))])
    fates = [(p.fate, p.target) for p in propose(look_at_sheet(raw), raw.height)]
    assert fates == [("patient", ""), ("bookkeeping", ""), ("bookkeeping", ""), ("placed", "when")]
