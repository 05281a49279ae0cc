"""Comma-separated files: text only, with the row that a spreadsheet program shows."""

from __future__ import annotations

import pytest

from sequela.sources.delimited import read_delimited


@pytest.fixture
def read(tmp_path):
    def make(text: str | bytes):
        path = tmp_path / "patients.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return read_delimited(path)

    return make


def test_no_type_is_guessed(read):
    table, findings = read("id,when,x\n00123,03/04/2021,1e5\nNA,TRUE,#N/A\n")
    assert findings == []
    assert table.header == ("id", "when", "x")
    assert table.rows == ((2, ("00123", "03/04/2021", "1e5")), (3, ("NA", "TRUE", "#N/A")))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end(read, end):
    table, findings = read(f"a,b{end}1,2{end}3,4")
    assert findings == []
    assert table.rows == ((2, ("1", "2")), (3, ("3", "4")))


def test_blank_lines_are_passed_over_and_counted(read):
    table, _ = read("\na,b\n\n1,2\n , \n3,4\n")
    assert table.header == ("a", "b")
    assert [number for number, _ in table.rows] == [4, 6]


def test_quoted_commas_quotes_and_line_breaks_stay_in_their_cell(read):
    table, findings = read('a,b\n"x, ""y""","one\ntwo"\n3,4\n')
    assert findings == []
    assert table.rows == ((2, ('x, "y"', "one\ntwo")), (3, ("3", "4")))


def test_rows_that_do_not_fit_are_left_out_named_and_counted(read):
    table, findings = read("a,b\n1\n1,2\n1,2,3\n")
    assert table.rows == ((3, ("1", "2")),)
    assert table.left_out == 2
    assert [(f.row, f.message) for f in findings] == [
        (2, "the row has 1 cells where the heading has 2"),
        (4, "the row has 3 cells where the heading has 2"),
    ]


def test_several_complaints_of_one_heading(read):
    _, findings = read("a,,a,\n1,2,3,4\n")
    assert [f.message for f in findings] == [
        "column 2 has no name",
        "column 4 has no name",
        "column 'a' stands twice in the heading: column 1 and column 3",
    ]
