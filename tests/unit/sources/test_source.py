"""One door: the reader is chosen by content, and whatever cannot be read says why."""

from __future__ import annotations

import io
import stat
import zipfile
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
from workbooks import made, of_rows, with_part

from sequela.sources.archive import MOST_MEMBERS
from sequela.sources.source import parse_source, read_source

CSV = b"id,x\na,1\n"


def codes(source):
    return [(f.code, f.severity) for f in source.findings]


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in members.items():
            new.writestr(name, content)
    return buffer.getvalue()


def test_a_source_remembers_the_bytes_it_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(CSV)
    source = read_source(path)
    assert (source.file, source.form, source.findings) == ("a.csv", "text", ())
    assert source.sha256 == sha256(CSV).hexdigest()
    assert source.table().rows == ((2, ("a", "1")),)


def test_a_file_that_is_not_there(tmp_path):
    assert codes(read_source(tmp_path / "gone.csv")) == [("file-unreadable", "error")]


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        ("a.xlsx", CSV, "text"),
        ("a.csv", of_rows(("id", "x"), ("a", 1)), "xlsx"),
        ("a.xls", of_rows(("id", "x"), ("a", 1)), "xlsx"),
    ],
)
def test_a_wrong_ending_is_said_and_the_content_is_read(name, data, form):
    source = parse_source(name, data)
    assert source.form == form
    assert codes(source) == [("file-misnamed", "warning")]
    assert source.table().rows == ((2, ("a", "1")),)


def test_a_web_page_under_the_name_of_a_workbook():
    page = (
        "<html><body><p>Export</p><table><tr><th>MRN</th><th>Note</th><th>Age</th></tr>"
        "<tr><td>00123</td><td>a<br>b &amp; c</td><td>40</td></tr>"
        "<tr><td>00124</td></tr><tr><td>1</td><td>2</td><td>3</td><td>4</td></tr>"
        "</table></body></html>"
    )
    source = parse_source("export.xls", page.encode())
    assert source.form == "html"
    assert [(f.code, f.row) for f in source.findings] == [("file-is-html", None), ("row-ragged", 4)]
    assert source.table().header == ("MRN", "Note", "Age")
    assert source.table().rows == ((2, ("00123", "a b & c", "40")), (3, ("00124", "", "")))


def test_a_web_page_with_spans_and_two_tables():
    page = (
        "<table><tr><th colspan=2>a</th></tr><tr><td rowspan=2>1</td><td>2</td></tr></table>"
        "<table><tr><td>c</td></tr><tr><td><table><tr><td>3</td></tr></table></td></tr></table>"
    )
    source = parse_source("export.xls", page.encode())
    assert [t.sheet for t in source.tables] == ["table 1", "table 2"]
    assert source.tables[1].rows == ((2, ("3",)),)
    assert "cells-merged" in dict(codes(source))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.pdf", b"%PDF-1.7 ...", "a PDF"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Office file"),
        ("a.json", b'{"a": 1}', "JSON"),
        ("a.ods", archive(**{"mimetype": b"", "content.xml": b""}), "an OpenDocument workbook"),
        ("a.csv.gz", b"\x1f\x8b\x08\x00", "packed with gzip"),
        ("a.xml", b'<?xml version="1.0"?><a/>', "XML"),
        ("a.rtf", b"{\\rtf1 x}", "a text document"),
    ],
)
def test_forms_that_are_not_read(name, data, words):
    source = parse_source(name, data)
    assert codes(source) == [("file-form-not-read", "error")]
    assert words in source.findings[0].message


def test_parquet_is_rendered_without_loss(tmp_path):
    frame = pl.DataFrame(
        {
            "id": ["00123", "b", " "],
            "n": [3.0, 0.1, float("nan")],
            "small": pl.Series([0.1, 1e-5, None], dtype=pl.Float32),
            "whole": [2**53 + 1, None, None],
            "day": [date(2019, 3, 14), None, None],
            "at": [datetime(2019, 3, 14), datetime(2019, 3, 14, 8, 30), None],
            "yes": [True, False, None],
            "list": [[1], [2], None],
        }
    )
    frame.write_parquet(tmp_path / "a.parquet")
    source = read_source(tmp_path / "a.parquet")
    assert [(f.code, f.column) for f in source.findings] == [("column-nested", "list")]
    assert source.table().rows == (
        (2, ("00123", "3", "0.10000000149011612", "9007199254740993", "2019-03-14", "2019-03-14",
             "true")),
        (3, ("b", "0.1", "0.000009999999747378752", "", "", "2019-03-14T08:30:00", "false")),
    )  # fmt: skip


@pytest.mark.parametrize("data", [b"PAR1", b"PAR1" + bytes(40), b"PAR1abcPAR1"])
def test_parquet_that_is_damaged(data):
    assert codes(parse_source("a.parquet", data)) == [("file-damaged", "error")]


def test_statistics_files_give_codes_with_their_meanings(tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat", reason="comes with the extra `stata`")
    frame = pl.DataFrame(
        {
            "id": ["00123", "b"],
            "sex": [1.0, 9.0],
            "x": [0.1, 2.0],
            "day": [date(2019, 3, 14), None],
            "at": [datetime(2019, 3, 14, 8, 30), None],
        }
    )
    labels = {"sex": {1: "female", 2: "male", 9: "unknown"}}
    pyreadstat.write_dta(
        frame, tmp_path / "a.dta", column_labels={"sex": "Sex"}, variable_value_labels=labels
    )
    pyreadstat.write_sav(
        frame, tmp_path / "a.sav", variable_value_labels=labels, missing_ranges={"sex": [9]}
    )
    pyreadstat.write_xport(frame.select("id", "x"), tmp_path / "a.xpt")
    expected = (
        (2, ("00123", "1", "0.1", "2019-03-14", "2019-03-14T08:30:00")),
        (3, ("b", "9", "2", "", "")),
    )
    stata = read_source(tmp_path / "a.dta")
    assert (stata.form, stata.findings) == ("stata", ())
    assert stata.table().rows == expected
    assert stata.table().notes["sex"].label == "Sex"
    assert stata.table().notes["sex"].choices == {"1": "female", "2": "male", "9": "unknown"}
    spss = read_source(tmp_path / "a.sav")
    assert spss.table().rows == expected
    assert spss.table().notes["sex"].choices == {"1": "female", "2": "male"}
    assert spss.table().notes["sex"].missing == {"9": "unknown"}
    assert read_source(tmp_path / "a.xpt").table().rows[0] == (2, ("00123", "0.1"))


@pytest.mark.parametrize("data", [b"<stata_dta>" + bytes(50), b"$FL2" + bytes(200)])
def test_statistics_files_that_are_damaged(data):
    pytest.importorskip("pyreadstat", reason="comes with the extra `stata`")
    assert codes(parse_source("a.dta", data))[-1] == ("file-damaged", "error")


def test_the_extra_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyreadstat", None)
    source = parse_source("a.sav", b"$FL2" + bytes(200))
    assert codes(source) == [("reader-not-installed", "error")]
    assert source.findings[0].remedy == "Install it with: pip install 'sequela[stata]'."


def test_a_reader_that_is_brought_down_takes_nothing_with_it(monkeypatch):
    call = "import os; os.abort()"
    monkeypatch.setattr("sequela.sources.apart._CALL", call)
    source = parse_source("a.parquet", b"PAR1")
    assert codes(source) == [("file-damaged", "error")]
    assert "brought its reader down" in source.findings[0].message


def test_an_archive_of_tables():
    source = parse_source(
        "study.zip",
        archive(
            **{"a.csv": CSV, "b/c.csv": b"id,y\nb,2\n", "__MACOSX/a.csv": b"", "read.me": b"x"}
        ),
    )
    assert [t.header for t in source.tables] == [("id", "x"), ("id", "y")]
    assert codes(source) == [("archive-other-files", "note")]


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "name", ["../a.csv", "/etc/a.csv", "x/../../a.csv", "C:\\a.csv", "..\\a.csv"]
)
def test_members_that_would_leave_their_folder_are_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = parse_source("study.zip", archive(**{name: CSV}))
    assert codes(source) == [("archive-unsafe", "error")]
    assert source.tables == ()
    assert list(tmp_path.iterdir()) == []


def test_links_and_members_of_one_name_are_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as new:
        new.writestr(link("a.csv"), "/etc/passwd")
    assert codes(parse_source("study.zip", buffer.getvalue())) == [("archive-unsafe", "error")]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as new, pytest.warns(UserWarning, match="Duplicate"):
        new.writestr("a.csv", CSV)
        new.writestr("a.csv", CSV)
    assert codes(parse_source("study.zip", buffer.getvalue())) == [("archive-unsafe", "error")]


def test_archives_that_are_too_large_or_too_many():
    bomb = archive(**{"a.csv": bytes(4 * 1024 * 1024)})
    assert codes(parse_source("study.zip", bomb)) == [("archive-too-large", "error")]
    many = archive(**{f"{n}.csv": b"" for n in range(MOST_MEMBERS + 1)})
    assert codes(parse_source("study.zip", many)) == [("archive-too-large", "error")]


def test_an_archive_inside_an_archive_is_not_opened():
    inner = archive(**{"a.csv": CSV})
    source = parse_source("study.zip", archive(**{"b.csv": inner, "c.csv": CSV}))
    assert ("file-form-not-read", "error") in codes(source)
    assert len(source.tables) == 1


def test_a_member_that_is_damaged():
    data = bytearray(archive(**{"a.csv": CSV * 50}))
    data[40] ^= 0xFF
    data[45] ^= 0xFF
    assert ("file-damaged", "error") in codes(parse_source("study.zip", bytes(data)))


def test_a_workbook_bomb_is_refused_before_it_is_parsed():
    huge = b"<a>" + b" " * (300 * 1024 * 1024) + b"</a>"
    data = with_part(of_rows(("id", "x"), ("a", 1)), "xl/media/x.bin", lambda _: b"")
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", huge)
    source = parse_source("a.xlsx", buffer.getvalue())
    assert codes(source) == [("archive-too-large", "error")]


def test_a_cell_far_off_the_table_is_refused_before_values_are_read():
    def fill(sheet):
        sheet.append(["id", "x"])
        sheet["XFD1048576"] = 1

    source = parse_source("a.xlsx", made(fill))
    assert codes(source) == [("sheet-too-large", "error")]
    assert source.findings[0].message == ("the sheet was not read: it reaches to cell XFD1048576")


@pytest.mark.parametrize(
    "declaration",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">',
    ],
)
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"])
def test_entities_in_a_workbook_are_refused(declaration, part):
    data = with_part(of_rows(("id", "x"), ("a", 1)), part, lambda xml: declaration + xml)
    source = parse_source("a.xlsx", data)
    assert codes(source) == [("file-damaged", "error")]


def test_a_workbook_that_was_cut_off():
    data = of_rows(("id", "x"), ("a", 1))
    for length in (10, 200, len(data) // 2, len(data) - 10):
        source = parse_source("a.xlsx", data[:length])
        assert source.tables == ()
        assert codes(source)[-1][1] == "error", length


def test_workbooks_with_macros_and_links_are_values_only():
    data = with_part(of_rows(("id", "x"), ("a", 1)), "xl/vbaProject.bin", lambda _: b"x")
    data = with_part(data, "xl/externalLinks/externalLink1.xml", lambda _: b"<x/>")
    source = parse_source("a.xlsm", data)
    assert codes(source) == [("workbook-macros", "warning"), ("workbook-links", "warning")]
    assert source.table().rows == ((2, ("a", "1")),)


def test_a_workbook_protected_by_a_password():
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    locked += "EncryptedPackage".encode("utf-16-le")
    assert codes(parse_source("a.xlsx", locked)) == [("file-password", "error")]


def test_a_damaged_old_workbook():
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "Workbook".encode("utf-16-le")
    assert codes(parse_source("a.xls", old)) == [
        ("workbook-values-only", "warning"),
        ("file-damaged", "error"),
    ]


@pytest.mark.parametrize(
    ("column", "cells", "genes"),
    [
        (
            "gene",
            ["TP53", "1-Mar", "2-Sep", "1-Dec", "OCT-4", "4-Oct"],
            ["MARCHF1", "SEPTIN2", "DELEC1", ""],
        ),
        ("mutated", ["TP53", "IDH2", "NPM1", "C1orf43", "9-Sep"], ["SEPTIN9"]),
        ("Gene symbol", ["2019-09-02", "2019-03-01"], ["SEPTIN2", "MARCHF1"]),
        ("when", ["1-Mar", "2-Sep", "2019-03-14"], []),
        ("response", ["CR", "PR", "MRD", "1-Mar"], []),
    ],
)
def test_genes_that_became_dates(column, cells, genes):
    rows = "\n".join(f"p{n},{cell}" for n, cell in enumerate(cells))
    source = parse_source("a.csv", f"id,{column}\n{rows}\n".encode())
    found = [f for f in source.findings if f.code == "cell-gene-as-date"]
    likely = [f.message.partition("likely ")[2].partition(" ")[0] for f in found]
    assert likely == genes
    assert all(f.column == column and f.value in cells for f in found)


def test_old_workbooks_are_read_for_their_values():
    # data/old.xls was written with xlwt 1.3: a heading, a text, a date, a number
    source = read_source(Path(__file__).parent / "data" / "old.xls")
    assert source.form == "xls"
    assert codes(source) == [("workbook-values-only", "warning")]
    assert source.table().rows == ((2, ("00123", "2019-03-14", "3")),)


def test_a_binary_workbook_that_reaches_too_far():
    row = b"\x00\x04" + (1_048_575).to_bytes(4, "little")
    cell = b"\x01\x08" + (16_383).to_bytes(4, "little") + bytes(4)
    members = {"xl/workbook.bin": b"", "xl/worksheets/sheet1.bin": row + cell}
    source = parse_source("a.xlsb", archive(**members))
    assert source.form == "xlsb"
    assert codes(source)[-1] == ("sheet-too-large", "error")
    assert source.findings[-1].message == "the sheet was not read: it reaches to cell XFD1048576"


def test_paths_are_never_in_a_finding(tmp_path):
    source = read_source(tmp_path / "gone.csv")
    assert str(tmp_path) not in str(source.findings)
    assert Path(source.file).name == source.file
