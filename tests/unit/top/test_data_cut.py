"""What changed since the last data cut, against a copy of the study or an earlier output."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sequela.data_cut import compare_data_cuts, data_cut_of, read_data_cut
from sequela.findings import StudyError
from sequela.pipeline import load_study, run_study

ROOT = Path(__file__).parents[3]


@pytest.fixture
def before(tmp_path):
    return shutil.copytree(ROOT / "examples" / "minimal", tmp_path / "before")


@pytest.fixture
def now(tmp_path, before):
    return shutil.copytree(before, tmp_path / "now")


def edit(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def changes(before, now):
    found = compare_data_cuts(read_data_cut(before), data_cut_of(load_study(now)))
    return [(c.what, c.place, c.patient_id, c.before, c.after) for c in found]


def test_nothing_changed(before, now):
    assert changes(before, now) == []


def test_order_of_rows_is_no_change(before, now):
    heading, *rows = (now / "patients.csv").read_text().splitlines()
    (now / "patients.csv").write_text("\n".join([heading, *reversed(rows)]) + "\n")
    assert changes(before, now) == []


def test_a_cell_and_all_that_rests_on_it(before, now):
    edit(
        now,
        "diagnoses.csv",
        "P03,acute myeloid leukemia,AML,first,2018-09-21,de novo",
        "P03,acute myeloid leukemia,AML,first,2018-09-21,secondary",
    )
    found = changes(before, now)
    assert found[:2] == [
        ("cell", "diagnoses.presentation", "P03", "de novo", "secondary"),
        ("value", "presentation", "P03", "de novo", "secondary"),
    ]
    moved = {place: (a, b) for what, place, _, a, b in found if what == "result"}
    assert moved["table-1 count presentation secondary"] == ("3 (n = 11)", "4 (n = 11)")
    assert all(what == "result" for what, *_ in found[2:])
    assert not any("os" in place.split() for place in moved)


def test_patients_come_and_go(before, now):
    for file in ("patients.csv", "diagnoses.csv", "followup.csv"):
        text = (now / file).read_text()
        lines = [line for line in text.splitlines() if not line.startswith("P01,")]
        new = next(line for line in lines if line.startswith("P02,")).replace("P02", "P99")
        (now / file).write_text("\n".join([*lines, new]) + "\n")
    found = changes(before, now)
    assert found[:2] == [
        ("patient added", "patients", "P99", "", ""),
        ("patient gone", "patients", "P01", "", ""),
    ]
    assert not [c for c in found if c[0] in ("cell", "row added", "row gone")]


def test_a_row_more_and_a_row_less(before, now):
    heading = "patient_id,what,value,when\n"
    (before / "assessments.csv").write_text(heading + "P01,response,CR,2018-04-01\n")
    (now / "assessments.csv").write_text(heading + "P02,response,PR,2018-08-01\n")
    assert changes(before, now) == [
        ("row gone", "assessments", "P01", "what response, value CR, when 2018-04-01", ""),
        ("row added", "assessments", "P02", "", "what response, value PR, when 2018-08-01"),
    ]


def test_of_several_rows_the_most_alike_is_the_one_that_changed(before, now):
    heading = "patient_id,what,value,when\n"
    first, second = "P01,response,PR,2018-03-01\n", "P01,response,CR,2018-06-01\n"
    (before / "assessments.csv").write_text(heading + first + second)
    (now / "assessments.csv").write_text(heading + first + second.replace("CR", "CRi"))
    assert changes(before, now) == [("cell", "assessments.value", "P01", "CR", "CRi")]


def test_against_the_output_of_an_earlier_run(tmp_path, before, now):
    run_study(before, tmp_path / "out")
    assert changes(tmp_path / "out", now) == []
    edit(now, "followup.csv", ",alive", ",dead")
    found = changes(tmp_path / "out", now)
    assert {what for what, *_ in found} == {"value", "result"}
    assert ("value", "os_event", "P01", "no", "yes") in found


def test_a_new_column_is_one_change(before, now):
    with (now / "study.toml").open("a") as file:
        file.write('\n[columns.code]\nderive = "look_up"\ntable = "diagnoses"\ncolumn = "code"\n')
    assert ("value", "code", "", "", "the column is new") in changes(before, now)


def test_a_folder_that_is_neither(tmp_path):
    with pytest.raises(StudyError) as caught:
        read_data_cut(tmp_path)
    assert [f.code for f in caught.value.findings] == ["data-cut-missing"]
