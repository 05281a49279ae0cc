"""A table written to any form and read back is the same table; no bytes are a traceback."""

from __future__ import annotations

import io

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sequela.sources.parquet import read_parquet
from sequela.sources.raw_table import RawTable
from sequela.sources.source import parse_source
from sequela.sources.spreadsheet_text import csv_bytes, neutral, restored, workbook_bytes
from sequela.sources.statistics_files import read_statistics_file

QUICK = settings(
    deadline=None,
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# Text that readers stumble over: marks, formulas, numbers, dates, letters of other scripts.
LETTERS = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff\ufffd"
    ),
    max_size=8,
)
TRICKY = st.sampled_from(
    ["=1+1", "@x", "-x", "+x", "'=1", "00123", "1E5", "3,5", "#N/A", "TRUE", "2019-03-14",
     "03/04/2021",
     'a"b', "a,b;c|d", "one\ntwo", "NA", "1-Mar", "+8", "https://x.y", "_x000D_",
     "<b>", "é", "-1.5"]
)  # fmt: skip
CELL = TRICKY | LETTERS
HEADER = ("patient_id", "note", "other thing")
TABLES = st.lists(
    st.tuples(st.integers(1, 99).map(lambda n: f"p{n:02d}"), CELL, CELL), min_size=1, max_size=6
)


def stripped(rows):
    return tuple(tuple(cell.strip() for cell in row) for row in rows)


def cells(table: RawTable):
    assert [number for number, _ in table.rows] == list(range(2, table.height + 2))
    return tuple(row for _, row in table.rows)


@QUICK
@given(TABLES, st.sampled_from([",", "\t", ";", "|"]))
def test_text_files(rows, delimiter):
    data = csv_bytes(HEADER, rows, delimiter=delimiter)
    table = parse_source("a.csv", data).table()
    assert table.header == HEADER
    assert cells(table) == stripped(rows)


@QUICK
@given(TABLES)
def test_workbooks(rows):
    source = parse_source("a.xlsx", workbook_bytes({"Chart": [HEADER, *rows]}))
    assert source.table().header == HEADER
    assert cells(source.table()) == stripped(rows)


@QUICK
@given(TABLES)
def test_parquet(rows):
    buffer = io.BytesIO()
    pl.DataFrame(rows, schema=dict.fromkeys(HEADER, pl.String), orient="row").write_parquet(buffer)
    # in this process, for speed; another one reads it for `read_source`
    (table,), _ = read_parquet("a.parquet", buffer.getvalue())
    assert cells(table) == stripped(rows)


@QUICK
@given(TABLES)
def test_stata(tmp_path, rows):
    pyreadstat = pytest.importorskip("pyreadstat", reason="comes with the extra `stata`")
    names = [name.replace(" ", "_") for name in HEADER]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    pyreadstat.write_dta(frame, tmp_path / "a.dta")
    (table,), _ = read_statistics_file("a.dta", (tmp_path / "a.dta").read_bytes(), "stata")
    assert table.header == tuple(names)
    assert cells(table) == stripped(rows)


@QUICK
@given(CELL)
def test_no_text_is_run_and_every_text_comes_back(text):
    assert not neutral(text).startswith(("=", "+", "@", "\t", "\r"))
    assert restored(neutral(text)) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [("=1+1", "'=1+1"), ("-5", "-5"), ("+8", "'+8"), ("-x", "'-x"), ("'=1", "''=1"), ("'x", "'x")],
)
def test_what_is_written_for_a_text(text, written):
    assert neutral(text) == written


BEGINNINGS = st.sampled_from(
    [b"", b"PK\x03\x04", b"<table>", b"<html><table><tr><td>",
     b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"%PDF-", b"sep=;\n"]
)  # fmt: skip


@settings(deadline=None, max_examples=300, derandomize=True)
@given(BEGINNINGS, st.binary(max_size=80), st.sampled_from(["a.csv", "a.xlsx", "a.dta", "a.zip"]))
def test_any_bytes_give_tables_or_an_error(beginning, data, name):
    source = parse_source(name, beginning + data)
    assert source.tables or any(f.severity == "error" for f in source.findings)
    for finding in source.findings:
        assert finding.message and finding.remedy


@QUICK
@given(st.lists(st.lists(CELL, max_size=4), max_size=6))
def test_every_row_of_a_sheet_is_read_or_named(rows):
    data = workbook_bytes({"S": [["id", "x", "y", "z"], *rows]})
    source = parse_source("a.xlsx", data)
    filled = {n for n, row in enumerate(rows, start=2) if any(cell.strip() for cell in row)}
    read = {number for table in source.tables for number, _ in table.rows}
    assert read | {f.row for f in source.findings} >= filled


@pytest.mark.parametrize(
    "beginning", [b"PAR1", b"$FL2", b"<stata_dta>", b"HEADER RECORD*******LIBV8"]
)
def test_damaged_files_are_an_error_in_another_process(beginning):
    source = parse_source("a.csv", beginning + bytes(range(256)) * 4)
    assert source.findings[-1].severity == "error"
