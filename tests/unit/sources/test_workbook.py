"""Workbooks: every value as text, and everything beside the values as a finding."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from workbooks import found, made, of_rows, read, saved, with_part

from sequela.sources.workbook_sheet import address, letters, place
from sequela.sources.workbook_values import datetime_text, number_text, text_of

SHEET = "xl/worksheets/sheet1.xml"
YELLOW = PatternFill("solid", fgColor="FFFFFF00")


def places(source, code):
    return [(f.sheet, f.row, f.column) for f in found(source, code)]


def said(source, code):
    return [f.message for f in found(source, code)]


def test_values_are_text_without_noise():
    source = read(
        of_rows(
            ("id", "count", "dose", "sum", "yes", "day", "moment", "hour"),
            (
                "00123",
                3.0,
                0.1,
                0.1 + 0.2,
                True,
                date(2019, 3, 14),
                datetime(2019, 3, 14, 8, 30),
                time(8, 30),
            ),
        )
    )
    assert source.findings == ()
    assert source.table().rows == (
        (2, ("00123", "3", "0.1", "0.3", "TRUE", "2019-03-14", "2019-03-14T08:30:00", "08:30:00")),
    )
    assert source.table().sheet == "Chart"
    assert source.form == "xlsx"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"), (-0.0, "0"), (1e15, "1000000000000000"), (1e300, "1e+300"), (1e-5, "0.00001"),
        (123456789012345.0, "123456789012345"), (2.5, "2.5"), (1 / 3, "0.333333333333333"),
    ],
)  # fmt: skip
def test_numbers(value, text):
    assert number_text(value) == text


def test_times():
    assert text_of(timedelta(hours=30, minutes=5)) == "30:05:00"
    assert datetime_text(datetime(2019, 3, 13, 23, 59, 59, 999_999)) == "2019-03-14"
    assert datetime_text(datetime(2019, 3, 14, 8, 29, 59, 999_700)) == "2019-03-14T08:30:00"


def test_a_workbook_that_counts_from_1904():
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active.append(["id", "when"])
    book.active.append(["a", date(2019, 3, 14)])
    assert read(saved(book)).table().rows == ((2, ("a", "2019-03-14")),)


def test_digits_that_a_format_shows_are_kept():
    def fill(sheet):
        sheet.append(["mrn", "x"])
        sheet.append([123, 1])
        sheet["A2"].number_format = "00000"

    assert read(made(fill)).table().rows == ((2, ("00123", "1")),)


def test_several_sheets_and_a_hidden_one_are_read():
    book = Workbook()
    book.active.append(["id", "sex"])
    book.active.append(["a", "female"])
    for name, state in (("labs", "visible"), ("old", "hidden"), ("older", "veryHidden")):
        sheet = book.create_sheet(name)
        sheet.append(["id", "wbc"])
        sheet.append(["a", 4])
        sheet.sheet_state = state
    book.create_sheet("blank")
    source = read(saved(book))
    assert [t.sheet for t in source.tables] == ["Sheet", "labs", "old", "older"]
    assert places(source, "sheet-hidden") == [("old", None, ""), ("older", None, "")]
    chosen = read(saved(book), sheets=("labs", "lbas"))
    assert [t.sheet for t in chosen.tables] == ["labs"]
    assert [f.remedy for f in found(chosen, "sheet-unknown")] == ["Did you mean 'labs'?"]


def test_the_heading_below_a_title_is_found_and_said():
    source = read(of_rows(("Chart review 2019",), (), ("id", "sex", "age"), ("a", "female", 40)))
    assert source.table().header == ("id", "sex", "age")
    assert source.table().rows == ((4, ("a", "female", "40")),)
    assert said(source, "sheet-heading-found") == [
        "the heading is taken from row 3; above it, 1 row passed over: 1"
    ]


def test_the_heading_can_be_named():
    data = of_rows(("a", "b"), ("c", "d"), ("x", "y"))
    assert read(data).table().header == ("a", "b")
    source = read(data, heading_rows={"Chart": (1, 2)})
    assert source.table().header == ("a c", "b d")
    assert source.table().rows == ((3, ("x", "y")),)


def test_merged_headings_are_spread_over_their_columns():
    def fill(sheet):
        for row in (["Patient", "Relapse", None, "Age"], [None, "date", "site", None],
                    ["a", "2019", "marrow", 40]):  # fmt: skip
            sheet.append(row)
        for area in ("A1:A2", "B1:C1", "D1:D2"):
            sheet.merge_cells(area)

    source = read(made(fill))
    assert source.table().header == ("Patient", "Relapse date", "Relapse site", "Age")
    assert source.table().rows == ((3, ("a", "2019", "marrow", "40")),)
    assert said(source, "sheet-heading-found") == ["the heading is taken from rows 1 and 2"]


def test_without_a_heading_the_sheet_says_so():
    source = read(of_rows((1, 2), (3, 4)))
    assert said(source, "sheet-without-heading") == [
        "no row looks like a heading; row 1 was taken for it"
    ]


def test_a_table_that_begins_off_the_corner():
    def fill(sheet):
        for cell, value in {"C4": "id", "D4": "x", "C5": "a", "D5": 1}.items():
            sheet[cell] = value

    source = read(made(fill))
    assert source.table().header == ("id", "x")
    assert source.table().rows == ((5, ("a", "1")),)
    assert source.findings[0].code == "sheet-heading-found"


def test_names_that_are_missing_or_nearly_the_same_are_said_by_letter():
    source = read(of_rows(("id", "Sex", None, "sex "), ("a", "f", 3, "f")))
    assert said(source, "column-without-name") == ["column C has no name"]
    assert said(source, "column-nearly-twice") == [
        "columns 'Sex' (column B) and 'sex' (column D) differ by case or space alone"
    ]


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!", "#VALUE!"])
def test_error_cells_are_never_blank(error):
    source = read(of_rows(("id", "x"), ("a", error)))
    assert source.table().rows == ((2, ("a", error)),)
    assert places(source, "cell-formula-error") == [("Chart", 2, "x")]
    assert said(source, "cell-formula-error") == [
        f"cell B2 holds the error {error}, which is no value"
    ]


def test_a_formula_without_value_is_a_finding_and_one_with_an_empty_text_is_not():
    data = of_rows(("id", "x"), ("a", "=1+1"), ("b", "=1+2"), ("c", "=A2"))

    def change(part: bytes) -> bytes:
        part = part.replace(b"<f>1+2</f><v></v>", b"<f>1+2</f><v>3</v>")
        part = part.replace(b"<f>1+2</f><v />", b"<f>1+2</f><v>3</v>")
        return part.replace(b'<c r="B4">', b'<c r="B4" t="str">')

    source = read(with_part(data, SHEET, change))
    assert source.table().rows == ((2, ("a", "")), (3, ("b", "3")), (4, ("c", "")))
    assert places(source, "cell-formula-without-value") == [("Chart", 2, "x")]


def test_what_is_hidden_is_read_and_said():
    def fill(sheet):
        for row in (["id", "x", "y"], ["a", 1, 2], ["b", 3, 4]):
            sheet.append(row)
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["C"].hidden = True

    source = read(made(fill))
    assert source.table().rows == ((2, ("a", "1", "2")), (3, ("b", "3", "4")))
    assert said(source, "rows-hidden") == ["hidden: 1 row, which are read like the others: 3"]
    assert said(source, "columns-hidden") == ["hidden: 1 column, which are read like the others: C"]


def test_a_filter_is_said():
    def fill(sheet):
        for row in (["id", "x"], ["a", 1], ["b", 3]):
            sheet.append(row)
        sheet.auto_filter.ref = "A1:B3"
        sheet.auto_filter.add_filter_column(1, ["1"])
        sheet.row_dimensions[3].hidden = True

    assert said(read(made(fill)), "rows-hidden") == [
        "a filter hides 1 row, which are read like the others: 3"
    ]


def test_merged_records_are_errors_unless_they_are_filled():
    def fill(sheet):
        for row in (["id", "x"], ["a", 1], [None, 2], ["b", 3]):
            sheet.append(row)
        sheet.merge_cells("A2:A3")

    source = read(made(fill))
    assert places(source, "cells-merged") == [("Chart", 2, "id")]
    assert source.table().rows[1] == (3, ("", "2"))
    filled = read(made(fill), fill_merged=True)
    assert found(filled, "cells-merged") == []
    assert filled.table().rows[1] == (3, ("a", "2"))


def test_two_tables_one_below_the_other():
    source = read(
        of_rows(("id", "sex"), ("a", "female"), ("b", "male"), (), ("gene", "vaf"), ("TP53", 0.4))
    )
    assert said(source, "sheet-second-table") == ["a second table seems to begin at cell A5"]
    assert len(source.table().rows) == 4


def test_two_tables_side_by_side():
    source = read(
        of_rows(("id", "sex", None, "gene"), ("a", "f", None, "TP53"), ("b", "m", None, None))
    )
    assert said(source, "sheet-second-table") == [
        "a second table seems to begin at cell D1, beside the first"
    ]


def test_a_blank_row_among_records_is_no_second_table():
    source = read(of_rows(("id", "sex"), ("a", "female"), (), ("b", "female"), ("c", "female")))
    assert source.findings == ()
    assert [n for n, _ in source.table().rows] == [2, 4, 5]


def test_a_row_of_totals_is_said_and_can_be_passed_over():
    data = of_rows(("id", "dose"), ("a", 1), ("b", 3), ("Total", 4))
    source = read(data)
    assert places(source, "row-of-totals") == [("Chart", 4, "")]
    passed = read(data, passed_over={"Chart": (4,)})
    assert passed.table().rows == ((2, ("a", "1")), (3, ("b", "3")))
    assert passed.table().left_out == 1
    assert [f.code for f in passed.findings] == ["rows-passed-over"]


def test_a_last_row_of_sums_is_a_row_of_totals():
    data = of_rows(("id", "dose"), ("a", 1), ("b", 3), (None, "=SUM(B2:B3)"))
    computed = with_part(data, SHEET, lambda part: part.replace(b"<v></v>", b"<v>4</v>"))
    source = read(computed)
    assert places(source, "row-of-totals") == [("Chart", 4, "")]


def test_coloured_cells_are_counted_by_column():
    def fill(sheet):
        sheet.append(["id", "x", "y"])
        for n in range(8):
            sheet.append([f"p{n}", n, n])
        for n in (3, 5):
            sheet[f"C{n}"].fill = YELLOW
        for row in sheet["B2:B9"]:
            row[0].fill = YELLOW

    assert said(read(made(fill)), "cells-coloured") == [
        "cell colours carry no data; 2 coloured cells in column C (rows 3, 5)"
    ]


def test_coloured_rows_are_said_and_bands_are_not():
    def fill(sheet, rows):
        sheet.append(["id", "x"])
        for n in range(8):
            sheet.append([f"p{n}", n])
        for n in rows:
            for cell in sheet[n]:
                cell.fill = YELLOW

    assert said(read(made(lambda s: fill(s, (3, 4)))), "cells-coloured") == [
        "cell colours carry no data; 2 coloured rows (rows 3, 4)"
    ]
    assert said(read(made(lambda s: fill(s, (2, 4, 6, 8)))), "cells-coloured") == []


def test_comments_and_struck_cells_are_said_without_their_text():
    def fill(sheet):
        for row in (["id", "x"], ["a", 1], ["b", 3]):
            sheet.append(row)
        sheet["B2"].comment = Comment("her phone", "someone")
        sheet["B3"].font = Font(strike=True)

    source = read(made(fill))
    assert said(source, "cells-commented") == ["1 cell with a comment, which is not read: B2"]
    assert said(source, "cells-struck-out") == ["1 cell struck out, and read like the others: B3"]


def test_percent_and_plain_numbers_in_one_column():
    def fill(sheet):
        for row in (["id", "vaf"], ["a", 0.45], ["b", 45]):
            sheet.append(row)
        sheet["B2"].number_format = "0%"

    source = read(made(fill))
    assert places(source, "column-partly-percent") == [("Chart", None, "vaf")]


def test_dates_that_stayed_text_put_the_others_in_doubt():
    source = read(
        of_rows(
            ("id", "when"), ("a", date(2021, 4, 3)), ("b", date(2021, 5, 3)), ("c", "13/04/2021")
        )
    )
    assert said(source, "column-dates-partly-text") == [
        "column B holds 2 dates that the spreadsheet program took for one, and 1 date that it "
        "left as text (row 4); in every one of these dates the day is 12 or less, as if day and "
        "month were swapped"
    ]


def test_a_plain_number_among_dates_may_be_a_date():
    source = read(of_rows(("id", "when"), ("a", date(2021, 4, 3)), ("b", 43890)))
    assert [(f.row, f.value) for f in found(source, "cell-date-as-number")] == [
        (3, "43890 (2020-02-29)")
    ]


def test_a_control_character_has_its_cell():
    data = of_rows(("id", "x"), ("a", "3Z0"))

    def change(part: bytes) -> bytes:
        return part.replace(b"3Z0", b"3&#127;0")

    assert places(read(with_part(data, SHEET, change)), "cell-control-character") == [
        ("Chart", 2, "x")
    ]


def test_addresses():
    assert [letters(n) for n in (1, 26, 27, 702, 703, 16384)] == [
        "A", "Z", "AA", "ZZ", "AAA", "XFD",
    ]  # fmt: skip
    assert place("XFD1048576") == (1048576, 16384)
    assert address((7, 4)) == "D7"
    assert place("7D") is None
