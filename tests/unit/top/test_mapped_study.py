"""A study over a mapped sheet: its places in findings, patient pages and the manifest."""

from __future__ import annotations

import hashlib
import json

import pytest

from mapped_study import write_mapping
from sequela.patients import patient_pages
from sequela.pipeline import check_study, load_study, run_study

STUDY = """
[study]
title = "Mapped"
sites = ["North"]
time_unit = "days"

[moments.diagnosis]
table = "diagnoses"

[moments.death]
table = "followup"
where = "vital_status = 'dead'"

[moments.last_contact]
table = "followup"

[[eligibility]]
label = "Adult"
where = "age >= 18"

[columns.age]
derive = "age"
at = "diagnosis"

[endpoints.os]
start = "diagnosis"
event = ["death"]
censor = ["last_contact"]

[[exhibit]]
id = "os"
kind = "km"
title = "Survival"
endpoint = "os"
at = [12]
"""
MAPPING = """
[[rows]]
table = "patients"
source = "sheet"
columns.site = { from = "centre" }
columns.age = { from = "age" }
columns.age_when = { from = "dx" }

[[rows]]
table = "diagnoses"
source = "sheet"
columns.disease = { value = "AML" }
columns.when = { from = "dx" }

[[rows]]
table = "followup"
source = "sheet"
columns.last_contact = { from = "last" }
columns.vital_status = { from = "status" }
"""
SHEET = """
id | centre | age | dx         | last       | status
1  | North  | 60  | 2018-01-01 | 2019-01-01 | alive
2  | North  | 17  | 2018-01-01 | 2018-06-01 | dead
"""


@pytest.fixture
def folder(tmp_path):
    def make(sheet):
        made = write_mapping(tmp_path / "study", MAPPING, sheet=sheet)
        (made / "study.toml").write_text(STUDY, encoding="utf-8")
        return made

    return make


def test_findings_of_every_step_name_the_place_in_the_sheet(folder):
    _, findings = check_study(folder(SHEET))
    (finding,) = (f for f in findings if f.code == "not-eligible")
    assert finding.place == "sheet.csv, row 3"
    wrong = SHEET.replace("2019-01-01", "2017-01-01").replace("alive", "dead")
    _, findings = check_study(folder(wrong))
    (finding,) = (f for f in findings if f.code == "death-before-diagnosis")
    assert finding.place == "sheet.csv, row 2, column E (last)"
    assert finding.remedy.startswith("The diagnosis stands in sheet.csv, row 2.")


def test_patient_pages_show_the_rows_of_the_sheet(folder):
    loaded = load_study(folder(SHEET.replace("17", "71")))
    page = patient_pages(loaded.context)[1]
    assert {entry.source for entry in page.timeline} == {"sheet.csv, row 3"}
    source = page.sources[0]
    assert source.columns[0].label == "Source"
    assert source.lines[0].cells[0].text == "sheet.csv, row 3"


def test_the_manifest_names_the_sheet_with_its_hash(folder, tmp_path):
    made = folder(SHEET.replace("17", "71"))
    run_study(made, tmp_path / "out")
    inputs = json.loads((tmp_path / "out" / "manifest.json").read_bytes())["inputs"]
    assert set(inputs) == {"mapping.toml", "sheet.csv", "study.toml"}
    expected = hashlib.sha256((made / "sheet.csv").read_bytes()).hexdigest()
    assert inputs["sheet.csv"] == expected
