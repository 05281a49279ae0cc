"""What is written: whole or not at all, patients apart from aggregates, no cell a formula."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from sequela import outputs
from sequela.pipeline import run_study
from sequela.sources.spreadsheet_text import neutral
from small_study import write_study

STUDY = """
[study]
title = "x"
time_unit = "days"

[moments.diagnosis]
table = "diagnoses"

[moments.death]
table = "followup"
where = "vital_status = 'dead'"

[moments.last_contact]
table = "followup"

[columns.site]
derive = "look_up"
table = "patients"
column = "site"

[endpoints.os]
start = "diagnosis"
event = ["death"]
censor = ["last_contact"]

[[exhibit]]
id = "who"
kind = "listing"
title = "Who"
columns = ["site", "os"]

[[exhibit]]
id = "sites"
kind = "table1"
title = "Sites"
rows = [{ column = "site" }]

[[exhibit]]
id = "survival"
kind = "km"
title = "Survival"
endpoint = "os"
figure = false
"""


@pytest.fixture
def folder(tmp_path):
    # numbers of patients that a spreadsheet, a browser and a file system could take amiss
    people = ["=1+1", "<b>&", "../x", "Ä 'q'"]
    return write_study(
        tmp_path / "study",
        STUDY,
        patients="patient_id|site\n" + "\n".join(f"{p}|@A" for p in people),
        diagnoses="patient_id|disease|when\n" + "\n".join(f"{p}|AML|0 days" for p in people),
        followup="patient_id|last_contact|vital_status\n"
        + "\n".join(
            f"{p}|{10 * i} days|{'dead' if i % 2 else 'alive'}" for i, p in enumerate(people)
        ),
    )


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+x", "'+x"),
        ("@A", "'@A"),
        ("-x", "'-x"),
        ("-5.4", "-5.4"),
        ("CR", "CR"),
        ("", ""),
    ],
)
def test_a_cell_is_no_formula(cell, safe):
    assert neutral(cell) == safe


def test_patients_and_aggregates_stand_in_folders_of_their_own(folder, tmp_path):
    run_study(folder, tmp_path / "out")
    names = {str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*")}
    assert {"patient-level/tables/who.csv", "patient-level/subjects.csv"} <= names
    assert {"aggregate/tables/sites.csv", "aggregate/results.csv"} <= names
    assert "patient-level/risk_tables.parquet" in names
    aggregate = [p for p in (tmp_path / "out" / "aggregate").rglob("*") if p.is_file()]
    assert not [p.name for p in aggregate if b"../x" in p.read_bytes()]


def test_the_data_are_what_the_study_derived(folder, tmp_path):
    run_study(folder, tmp_path / "out")
    frame = pl.read_parquet(tmp_path / "out" / "patient-level" / "subjects.parquet")
    assert sorted(frame["patient_id"].to_list()) == sorted(["=1+1", "<b>&", "../x", "Ä 'q'"])
    text = (tmp_path / "out" / "patient-level" / "subjects.csv").read_text(encoding="utf-8")
    assert "\n'=1+1,'@A," in text
    risk = pl.read_parquet(tmp_path / "out" / "patient-level" / "risk_tables.parquet")
    assert risk.filter(pl.col("exhibit") == "survival")["events"].sum() == 2


def test_a_run_replaces_the_one_before_as_a_whole(folder, tmp_path):
    out = tmp_path / "out"
    run_study(folder, out)
    (out / "patient-level" / "old.txt").write_text("left over", encoding="utf-8")
    run_study(folder, out)
    assert not (out / "patient-level" / "old.txt").exists()
    assert {p.name for p in tmp_path.iterdir()} == {"out", "study"}


def test_a_run_that_fails_while_writing_leaves_the_last_outputs(folder, tmp_path, monkeypatch):
    out = tmp_path / "out"
    run_study(folder, out)
    before = json.loads((out / "manifest.json").read_text(encoding="utf-8"))

    written = []
    write = Path.write_bytes

    def full(self, data):
        written.append(self)
        if len(written) > 3:
            raise OSError("no space left on device")
        return write(self, data)

    monkeypatch.setattr(outputs.Path, "write_bytes", full)
    with pytest.raises(OSError, match="no space left"):
        run_study(folder, out)
    monkeypatch.undo()
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8")) == before
    assert {p.name for p in tmp_path.iterdir()} == {"out", "study"}
