"""Study numbers for record numbers: kept, extended, never changed; and sheets that go by rows."""

from __future__ import annotations

import stat

import pytest

from mapped_study import Mapped, write_mapping
from sequela.chart.mapping_numbers import number_patients
from sequela.chart.pseudonyms import extend_numbers, read_numbers, write_numbers
from sequela.findings import StudyError

BY_RECORD = """
[sources.sheet]
file = "sheet.csv"
patient_id = "MRN"
pseudonyms = "numbers.csv"
missing = ["?"]

[[rows]]
table = "patients"
source = "sheet"
columns.site = { from = "site" }
"""
TWO = "MRN | site\n00771 | A\n00772 | B"
INSERTED = "MRN | site\n00555 | C\n00771 | A\n00772 | B"


def test_numbers_go_on_and_none_changes():
    first = extend_numbers({}, ["b", "a"])
    assert first == {"b": "P001", "a": "P002"}
    assert extend_numbers(first, ["c", "a", "b"]) == first | {"c": "P003"}


def test_a_file_of_numbers_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "numbers.csv"
    numbers = extend_numbers({}, ["0031", "x, y", 'a"b'])
    write_numbers(path, numbers)
    assert read_numbers(path) == numbers
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_numbers(tmp_path / "none.csv") == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n1,P001\n",
        "record_number,patient_id\n1,P001\n2,P001\n",
        "record_number,patient_id\n1",
    ],
)
def test_a_file_that_is_no_such_is_refused(tmp_path, text):
    path = tmp_path / "numbers.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as error:
        read_numbers(path)
    assert error.value.findings[0].code == "numbers-unreadable"


def test_a_row_that_is_inserted_gives_nobody_another_number(tmp_path):
    write_mapping(tmp_path, BY_RECORD, sheet=TWO)
    (done,) = number_patients(tmp_path)
    assert (done.patients, done.new) == (2, 2)
    assert Mapped(tmp_path).rows("patients", "patient_id", "site") == [("P001", "A"), ("P002", "B")]
    write_mapping(tmp_path, BY_RECORD, sheet=INSERTED)
    finding = Mapped(tmp_path).one("mapping-number-missing")
    assert finding.place == "sheet.csv, row 2, column A (MRN)"
    assert finding.message == (
        "no study number stands for the record number in row 2, so nothing is made of that"
    )
    assert "`sequela number`" in finding.remedy
    assert number_patients(tmp_path)[0].new == 1
    assert sorted(Mapped(tmp_path).rows("patients", "patient_id", "site")) == [
        ("P001", "A"),
        ("P002", "B"),
        ("P003", "C"),
    ]
    assert number_patients(tmp_path)[0].new == 0


def test_no_record_number_reaches_the_chart_or_a_finding(tmp_path):
    write_mapping(tmp_path, BY_RECORD, sheet=TWO)
    number_patients(tmp_path)
    mapped = Mapped(tmp_path)
    told = [str(f.as_dict()) for f in mapped.all] + [str(mapped.rows("patients", "patient_id"))]
    assert not [t for t in told if "00771" in t]
    (source,) = mapped.chart.sources
    assert source.notes["MRN"].identifier


def test_a_study_that_asks_for_no_numbers_is_told_so(tmp_path):
    write_mapping(tmp_path, BY_RECORD.replace('pseudonyms = "numbers.csv"', ""), sheet=TWO)
    with pytest.raises(StudyError) as error:
        number_patients(tmp_path)
    assert error.value.findings[0].message == (
        "no source of the mapping has `pseudonyms`, so there is nothing to number"
    )


def test_patients_by_their_rows_are_a_warning_at_every_check(tmp_path):
    toml = BY_RECORD.replace('"MRN"', '"[row]"').replace('pseudonyms = "numbers.csv"', "")
    write_mapping(tmp_path, toml, sheet="site\nA\nB")
    mapped = Mapped(tmp_path)
    assert mapped.rows("patients", "patient_id", "site") == [("R002", "A"), ("R003", "B")]
    assert mapped.one("mapping-patients-by-row").severity == "warning"
