"""Delimiters, decimal commas, encodings and broken text: found by rule, said with place."""

from __future__ import annotations

import pytest

from sequela.sources.delimited import parse_delimited
from sequela.sources.options import DelimitedOptions


def read(data: str | bytes, **options: object):
    data = data if isinstance(data, bytes) else data.encode("utf-8")
    return parse_delimited("t.csv", data, DelimitedOptions(**options))


def codes(findings):
    return [(f.code, f.row, f.column) for f in findings]


@pytest.mark.parametrize(
    ("delimiter", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")]
)
def test_the_delimiter_is_found_with_its_evidence(delimiter, name):
    table, findings = read(f"id{delimiter}note\na{delimiter}x, y\nb{delimiter}z\n")
    assert table.rows == ((2, ("a", "x, y")), (3, ("b", "z")))
    assert [f.message for f in findings] == [
        f"cells are taken to be separated by {name}: they split the heading and 2 of the 2 rows "
        "looked at into 2 cells"
    ]
    assert findings[0].severity == "note"


def test_a_comma_needs_no_finding_and_other_marks_may_stand_in_cells():
    table, findings = read("id,note\na,x; y|z\nb,1;2\n")
    assert findings == []
    assert table.header == ("id", "note")


def test_commas_in_a_heading_do_not_make_them_the_delimiter():
    table, _ = read("id;Relapse, first;x\na;2019;1\nb;2020;2\n")
    assert table.header == ("id", "Relapse, first", "x")


def test_a_first_line_that_names_the_delimiter_is_obeyed():
    table, findings = read("sep=;\nid;x\na;1\n")
    assert table.header == ("id", "x")
    assert table.rows == ((3, ("a", "1")),)
    assert "its first line says so" in findings[0].message


def test_a_declared_delimiter_that_splits_nothing():
    _, findings = read("id;x\na;1\n", delimiter="|")
    assert codes(findings) == [("file-delimiter-splits-nothing", 1, "")]


def test_a_decimal_comma_is_an_error_until_it_is_declared():
    text = "id;wbc;note\na;3,5;x\nb;12,25;y\nc;<0,1;\n"
    table, findings = read(text)
    assert codes(findings)[1:] == [("column-decimal-comma", 2, "wbc")]
    assert findings[1].message == "3 cells of 'wbc' look like numbers with a decimal comma"
    assert findings[1].value == "3,5 would be 3.5; 12,25 would be 12.25; <0,1 would be <0.1"
    assert "3,5 is then read as 3.5" in findings[1].remedy
    assert table.column("wbc").to_list() == ["3,5", "12,25", "<0,1"]
    table, findings = read(text, decimal_comma=True)
    assert table.column("wbc").to_list() == ["3.5", "12.25", "<0.1"]
    assert codes(findings)[1:] == [("column-decimal-comma-read", None, "wbc")]
    table, findings = read(text, decimal_comma=False)
    assert table.column("wbc").to_list() == ["3,5", "12,25", "<0,1"]
    assert len(findings) == 1


def test_thousands_under_a_decimal_comma():
    table, findings = read("id;x\na;1.234,5\nb;1.234\nc;14.03.2019\n", decimal_comma=True)
    assert table.column("x").to_list() == ["1234.5", "1.234", "14.03.2019"]
    assert ("cell-thousand-or-decimal", 3, "x") in codes(findings)


def test_windows_1252_is_refused_with_its_byte_until_it_is_declared():
    data = "id,name\na,Müller\n".encode("windows-1252")
    table, findings = read(data)
    assert table is None
    assert codes(findings) == [("file-not-utf8", 2, "")]
    assert findings[0].message == "the file is not UTF-8 text: byte 12 cannot be read"
    assert 'declare encoding = "windows-1252"' in findings[0].remedy
    table, findings = read(data, encoding="windows-1252")
    assert (table.rows, findings) == (((2, ("a", "Müller")),), [])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_says_the_encoding(encoding):
    table, findings = read("id,name\na,Müller\n".encode(encoding))
    assert (table.header, table.rows, findings) == (("id", "name"), ((2, ("a", "Müller")),), [])


def test_utf16_without_its_mark():
    table, findings = read("id,name\na,Müller\n".encode("utf-16-le"))
    assert table is None
    assert codes(findings) == [("file-encoding-unmarked", None, "")]
    table, findings = read("id,name\na,Müller\n".encode("utf-16-le"), encoding="utf-16-le")
    assert table.rows == ((2, ("a", "Müller")),)


def test_an_encoding_that_does_not_exist_or_is_none_of_text():
    assert codes(read("a,b\n", encoding="utf-99")[1]) == [("file-encoding-unknown", None, "")]
    assert codes(read("a,b\n", encoding="rot13")[1]) == [("file-encoding-unknown", None, "")]
    assert codes(read("a,b\n", encoding="zlib")[1]) == [("file-encoding-unknown", None, "")]


def test_a_declared_encoding_against_a_mark():
    _, findings = read("a,b\n1,2\n".encode("utf-8-sig"), encoding="latin-1")
    assert codes(findings) == [("file-encoding-marked", None, "")]


def test_control_characters_have_row_and_column():
    table, findings = read("id,x\na,3\x000\nb,\x1b[0m\n")
    assert codes(findings) == [
        ("cell-control-character", 2, "x"), ("cell-control-character", 3, "x"),
    ]  # fmt: skip
    assert table.height == 2


def test_a_byte_order_mark_in_the_middle_and_a_lost_character():
    _, findings = read("id,x\na,1\n\ufeffid,x\nb,M\ufffdller\n")
    assert codes(findings) == [
        ("cell-byte-order-mark", 3, "id"), ("cell-lost-character", 4, "x"),
    ]  # fmt: skip


def test_an_unclosed_quote_is_named_by_the_line_where_it_opens():
    table, findings = read('id,x\na,"one\ntwo"\nb,"three\nc,4\n')
    assert table is None
    assert codes(findings) == [("file-quote-open", 3, "")]
    assert findings[0].message == "the quotation mark that opens in line 4 is never closed"


def test_a_heading_with_names_that_differ_by_case_or_space():
    _, findings = read("Sex,sex,s ex\nf,f,f\n")
    assert [f.message for f in findings] == [
        "columns 'Sex' (column 1) and 'sex' (column 2) differ by case or space alone",
        "columns 'Sex' (column 1) and 's ex' (column 3) differ by case or space alone",
    ]


def test_a_wholly_blank_column_without_a_name_is_passed_over():
    table, findings = read("a,b,\n1,2,\n3,4,\n")
    assert findings == []
    assert table.header == ("a", "b", "")


@pytest.mark.parametrize("text", ["", "\n\n", " , \n", "\ufeff"])
def test_a_file_without_a_heading(text):
    table, findings = read(text)
    assert table is None
    assert codes(findings) == [("file-empty", None, "")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_with_any_delimiter(end):
    table, _ = read(f"a;b{end}1;2{end}3;4{end}")
    assert table.rows == ((2, ("1", "2")), (3, ("3", "4")))
