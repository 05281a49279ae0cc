"""A table as it comes: semicolons, other encodings, workbooks, words among numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequela.cli import app
from sequela.findings import Finding, StudyError
from sequela.plain_exhibits import read_outcome
from sequela.plain_reading import Reading, read_plain_table

GERMAN = "Zeit;Status;Alter\n1,5;1;60\n2,5;0;61,5\n4;1;48\n"


def written(folder: Path, text: str, name: str = "table.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def complaints(arguments: list[str]) -> list[Finding]:
    with pytest.raises(StudyError) as caught:
        app(arguments, result_action="return_value")
    return list(caught.value.findings)


def km(path: Path, *more: str) -> list[str]:
    return ["km", str(path), "--time", "time", "--event", "status=1", "--json", *more]


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_where_semicolons_separate_cells_a_comma_is_the_decimal_sign_and_this_is_said(tmp_path):
    found = read_plain_table(written(tmp_path, GERMAN), columns=["Zeit", "Status"])
    assert found.table.column("Zeit").to_list() == ["1.5", "2.5", "4"]
    assert found.notes == (
        "Read as: decimal commas in Zeit, as commas do not separate the cells (1,5 is 1.5); "
        "--no-decimal-comma says otherwise.",
    )


def test_the_call_can_say_that_a_comma_is_none(tmp_path):
    path = written(tmp_path, GERMAN)
    found = read_plain_table(path, Reading(decimal_comma=False))
    assert found.table.column("Zeit").to_list() == ["1,5", "2,5", "4"]
    assert found.notes == ()


def test_a_semicolon_table_without_decimal_commas_keeps_its_points(tmp_path):
    path = written(tmp_path, "time;status\n1.234;1\n2.5;0\n")
    assert read_plain_table(path).table.column("time").to_list() == ["1.234", "2.5"]


def test_a_point_among_decimal_commas_is_asked_about(tmp_path):
    path = written(tmp_path, "time;status\n1.234;1\n2,5;0\n")
    (finding,) = complaints(km(path))
    assert (finding.row, finding.column) == (2, "time")
    assert finding.remedy == "Write it without the point, or with a comma."


def test_a_quoted_decimal_comma_names_the_option(tmp_path):
    path = written(tmp_path, 'time,status,age\n"1,5",1,50\n"2,5",0,61\n')
    found = complaints(km(path))
    assert [f.row for f in found] == [2, 3]
    assert {f.remedy for f in found} == {"Add --decimal-comma if 1,5 is 1.5 in this file."}
    assert app(km(path, "--decimal-comma"), result_action="return_value") == 0


def test_another_encoding_names_the_option(tmp_path):
    path = written(tmp_path, "time,status,arm\n1,1,Fl\u00fcgel\n2,0,b\n", encoding="latin-1")
    (finding,) = complaints(km(path))
    assert "or add --encoding windows-1252, which its bytes look like." in finding.remedy
    read = read_plain_table(path, Reading(encoding="windows-1252"))
    assert read.table.column("arm").to_list() == ["Fl\u00fcgel", "b"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    path = written(tmp_path, "time,status\n1,1\n2,0\n", encoding="utf-8-sig")
    assert read_plain_table(path).table.header == ("time", "status")


def test_a_workbook_is_read_and_the_sheet_with_the_columns_is_named(tmp_path):
    rows = [["time", "status"], [1.5, 1], [2, 0]]
    one = read_plain_table(workbook(tmp_path / "one.xlsx", data=rows), columns=["time"])
    assert (one.table.column("time").to_list(), one.notes) == (["1.5", "2"], ())
    two = workbook(tmp_path / "two.xlsx", notes=[["about"], ["x"]], data=rows)
    assert read_plain_table(two, columns=["time"]).notes == ("Read as: the sheet 'data'.",)
    (finding,) = complaints(["km", str(two), "--time", "t", "--event", "status=1"])
    assert finding.message == "it has 2 tables, and none with every column"
    assert finding.remedy == "Name one with --sheet: notes, data."
    (unknown,) = complaints(km(two, "--sheet", "dta"))
    assert unknown.remedy == "Did you mean 'data'?"


def test_a_date_for_a_time_is_told_from_a_slip(tmp_path):
    path = written(tmp_path, "time,status\n2020-01-05,1\nlost,0\n03/04/2021,1\n>5,1\n7,1\n")
    found = complaints(km(path))
    assert [(f.row, f.value) for f in found] == [
        (2, "2020-01-05"),
        (3, "lost"),
        (4, "03/04/2021"),
        (5, ">5"),
    ]
    dates = "Give the time that passed, not its date: the end less the start."
    bound = "Give the time itself, or leave it blank: a curve needs to know it."
    expected = [dates, "Correct it, or leave it blank.", dates, bound]
    assert [f.remedy for f in found] == expected


def test_a_word_among_numbers_does_not_make_a_category_of_them(tmp_path):
    path = written(tmp_path, "age,arm\n50,a\n6o,b\n70,a\n")
    (finding,) = complaints(["table1", str(path), "--columns", "age,arm", "--json"])
    assert (finding.row, finding.value) == (3, "6o")
    assert finding.message == "the column holds 2 numbers, and this is none"
    assert finding.remedy == "Correct it or leave it blank; or add 'age' to --categories."
    asked = ["table1", str(path), "--columns", "age,arm", "--categories", "age", "--json"]
    assert app(asked, result_action="return_value") == 0


def test_complaints_about_columns_that_are_not_used_do_not_stop_the_call(tmp_path):
    path = written(tmp_path, "time,status,x,x\n1,1,2,3\n2,0,3,4\n")
    assert app(km(path), result_action="return_value") == 0


def test_one_group_alone_is_said(tmp_path, capsys):
    path = written(tmp_path, "time,status,arm\n1,1,a\n2,0,a\n3,1,a\n")
    asked = [a for a in km(path, "--by", "arm", "--out", str(tmp_path / "f")) if a != "--json"]
    assert app(asked, result_action="return_value") == 0
    assert "Not compared: everyone has the value 'a' in arm." in capsys.readouterr().out


def test_a_file_that_is_not_there(tmp_path):
    (finding,) = complaints(km(tmp_path / "no.csv"))
    assert finding.message == "there is no such file"
    assert finding.remedy == "Give the path of a table."


def test_a_word_that_means_an_event_names_itself():
    assert dict(read_outcome("t", "status=relapse,2:died").events) == {
        "relapse": "relapse",
        "died": "2",
    }
    assert dict(read_outcome("t", "status=2").events) == {"status 2": "2"}
