"""Bad inputs, each with the finding and the place that it must give.

The numbers are those of the project's list of bad inputs; the readers' rows of it are here.
"""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from redcap_project import PERSON, RELAPSE, dictionary, export, field, zipped
from workbooks import made, of_rows, with_part

from sequela.sources.source import parse_source

CSV = b"id,x\na,1\n"


def merged(sheet):
    for row in (["id", "x"], ["a", 1], [None, 2]):
        sheet.append(row)
    sheet.merge_cells("A2:A3")


def hidden_row(sheet):
    for row in (["id", "x"], ["a", 1], ["b", 2]):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True


def coloured(sheet):
    from openpyxl.styles import PatternFill

    for row in (["id", "x"], ["a", 1], ["b", 2]):
        sheet.append(row)
    sheet["B3"].fill = PatternFill("solid", fgColor="FFFF0000")


def bomb() -> bytes:
    buffer = io.BytesIO(of_rows(("id", "x"), ("a", 1)))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", bytes(40_000_000))
    return buffer.getvalue()


def entities() -> bytes:
    dtd = b'<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>'
    sheet = "xl/worksheets/sheet1.xml"
    return with_part(of_rows(("id", "x"), ("a", 1)), sheet, lambda xml: dtd + xml)


def slipping() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../a.csv", CSV)
    return buffer.getvalue()


LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64) + "EncryptedPackage".encode("utf-16-le")
HEADER = [h for h in (*PERSON, *RELAPSE) if not h.startswith("redcap_repeat")]
RING = [
    field("record_id", "person", "text", "Record"),
    field("a", "person", "text", "A", logic="[b] = '1'"),
    field("b", "person", "text", "B", logic="[a] = '1'"),
]


def project(*rows, fields=None, header=None) -> bytes:
    words = dictionary(fields) if fields else dictionary()
    return zipped(data=export(*rows, **({"header": header} if header else {})), words=words)


# input, then: code, severity, row, column
CASES = {
    "1 an empty file": ("a.csv", b"", "file-empty", "error", None, ""),
    "1 a heading alone": ("a.csv", b"id,x\n", "table-without-rows", "error", None, ""),
    "1 blank rows alone": ("a.csv", b"\n \n,\n", "file-empty", "error", None, ""),
    "1 a sheet with a heading alone": (
        "a.xlsx", of_rows(("id", "x")), "table-without-rows", "error", None, ""),
    "3 Windows-1252": (
        "a.csv", "id,x\na,Müller\n".encode("cp1252"), "file-not-utf8", "error", 2, ""),
    "4 UTF-16 without its mark": (
        "a.csv", "id,x\na,1\n".encode("utf-16-le"), "file-encoding-unmarked", "error", None, ""),
    "5 a NUL in a cell": (
        "a.csv", b"id,x\na,3\x000\n", "cell-control-character", "error", 2, "x"),
    "6 a decimal comma": (
        "a.csv", b"id;x\na;3,5\n", "column-decimal-comma", "error", 2, "x"),
    "7 a row too short": ("a.csv", b"id,x\na\n", "row-ragged", "error", 2, ""),
    "7 a row too long": ("a.csv", b"id,x\na,1\nb,2,3\n", "row-ragged", "error", 3, ""),
    "8 a quote never closed": (
        "a.csv", b'id,x\na,"1\nb,2\n', "file-quote-open", "error", 2, ""),
    "9 a name twice": ("a.csv", b"id,x,x\na,1,2\n", "column-twice", "error", 1, "x"),
    "9 a blank name": ("a.csv", b"id,,x\na,1,2\n", "column-without-name", "error", 1, ""),
    "9 names that differ by case": (
        "a.csv", b"id,Sex,sex \na,1,2\n", "column-nearly-twice", "error", 1, "sex"),
    "12 days as numbers among dates": (
        "a.xlsx", of_rows(("id", "when"), ("a", date(2019, 3, 14)), ("b", 43890)),
        "cell-date-as-number", "error", 3, "when"),
    "12 a date that does not exist": (
        "a.zip", project(PERSON | {"birth": "31/02/1960"}), "redcap-date-not-read", "error", 2,
        "birth"),
    "13 a year of two digits": (
        "a.zip", project(PERSON | {"birth": "14-03-60"}), "redcap-date-not-read", "error", 2,
        "birth"),
    "16 an error cell": (
        "a.xlsx", of_rows(("id", "x"), ("a", "#N/A")), "cell-formula-error", "error", 2, "x"),
    "16 a broken reference": (
        "a.xlsx", of_rows(("id", "x"), ("a", "#REF!")), "cell-formula-error", "error", 2, "x"),
    "16 a formula without value": (
        "a.xlsx", of_rows(("id", "x"), ("a", "=1+1")), "cell-formula-without-value", "error", 2,
        "x"),
    "17 text where a number belongs": (
        "a.zip", project(PERSON, RELAPSE | {"blasts": "neg", "note": ""}),
        "redcap-value-not-validated", "error", 3, "blasts"),
    "19 a code that no choice has": (
        "a.zip", project(PERSON | {"sex": "7", "pregnant": ""}), "redcap-choice-unknown", "error",
        2, "sex"),
    "20 repeats without their columns": (
        "a.zip", project(PERSON, RELAPSE, header=list(dict.fromkeys(HEADER))),
        "redcap-repeat-columns-absent", "error", None, ""),
    "20 a form once and as repeats": (
        "a.zip", project(PERSON | {"relapsed": "2018-01-01"}, RELAPSE), "redcap-form-mixed",
        "error", None, "relapse"),
    "20 an instance without its record": (
        "a.zip", project(PERSON, RELAPSE | {"record_id": "9"}), "redcap-instance-orphan", "error",
        3, "redcap_repeat_instrument"),
    "21 labels for codes": (
        "a.zip", project(PERSON | {"sex": "Female"}), "redcap-labels-for-codes", "error", None,
        "sex"),
    "21 a checkbox without its choice": (
        "a.zip", project(PERSON | {"organs___8": "1"}, header=[*PERSON, "organs___8"]),
        "redcap-checkbox-unknown", "error", None, "organs___8"),
    "21 hidden but filled": (
        "a.zip", project(PERSON | {"sex": "2", "pregnant": "1"}), "redcap-hidden-but-filled",
        "warning", 2, "pregnant"),
    "22 logic in a ring": (
        "a.zip", project({"record_id": "1"}, fields=RING, header=["record_id", "a"]),
        "redcap-logic-in-a-ring", "error", 3, "a"),
    "24 merged cells": ("a.xlsx", made(merged), "cells-merged", "error", 2, "id"),
    "24 a hidden row": ("a.xlsx", made(hidden_row), "rows-hidden", "warning", None, ""),
    "24 a second table": (
        "a.xlsx", of_rows(("id", "x"), ("a", 1), (), ("gene", "call"), ("b", "c")),
        "sheet-second-table", "error", 4, ""),
    "24 a row of totals": (
        "a.xlsx", of_rows(("id", "x"), ("a", 1), ("Total", 1)), "row-of-totals", "error", 3, ""),
    "25 colours": ("a.xlsx", made(coloured), "cells-coloured", "warning", None, ""),
    "26 a gene that became a date": (
        "a.csv", b"id,gene\na,1-Mar\n", "cell-gene-as-date", "error", 2, "gene"),
    "26 a gene that became a date in a workbook": (
        "a.xlsx", of_rows(("id", "gene"), ("a", "TP53"), ("b", date(2024, 9, 2))),
        "cell-gene-as-date", "error", 3, "gene"),
    "30 a bomb": ("a.xlsx", bomb(), "archive-too-large", "error", None, ""),
    "31 entities": ("a.xlsx", entities(), "file-damaged", "error", None, ""),
    "32 a password": ("a.xlsx", LOCKED, "file-password", "error", None, ""),
    "32 macros": (
        "a.xlsm", with_part(of_rows(("id", "x"), ("a", 1)), "xl/vbaProject.bin", lambda _: b"x"),
        "workbook-macros", "warning", None, ""),
    "33 a member that leaves its folder": (
        "a.zip", slipping(), "archive-unsafe", "error", None, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=[f"row {name}" for name in CASES])
def test_a_bad_input_has_its_finding_and_its_place(case):
    name, data, code, severity, row, column = case
    source = parse_source(name, data)
    found = [(f.severity, f.row, f.column) for f in source.findings if f.code == code]
    assert (severity, row, column) in found, source.findings
    for finding in source.findings:
        assert finding.message[0] != finding.message[0].upper() or not finding.message[0].isalpha()
        assert finding.remedy.endswith((".", "?"))
        # what identifies a patient is in `value` and `patient_id` alone
        assert not finding.value or finding.value not in finding.message + finding.remedy


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("row 2 a byte order mark", "\ufeffid,x\na,1\n".encode()),
        ("row 4 UTF-16", "id,x\na,1\n".encode("utf-16")),
        ("row 10 ids as they were typed", b"id,x\n00123,1E5\n"),
        ("row 11 a date that could be two", b"id,x\na,03/04/2021\n"),
        ("row 18 codes for missing", b"id,x\na,999\nb,NA\nc,.\n"),
        ("row 34 a formula as text", b"id,x\na,'=1+1\n"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_reader_leaves_as_it_stands(name, data):
    source = parse_source("a.csv", data)
    assert source.findings == ()
    assert source.table().header == ("id", "x")
