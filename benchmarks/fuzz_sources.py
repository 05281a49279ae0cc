"""Feed the readers of sources bytes that nobody meant, for some minutes, and see that none falls.

    python benchmarks/fuzz_sources.py text|workbook|parquet|statistics|redcap|html FOLDER [options]

needs atheris, which is not among the development packages; FOLDER collects inputs. Options
go to libFuzzer (`-max_total_time=180`). A reader must give tables or an error finding, lose no
row in silence, and come back in reasonable time.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sequela.sources"]):
    from sequela.sources.delimited import parse_delimited
    from sequela.sources.html_table import read_html
    from sequela.sources.parquet import read_parquet
    from sequela.sources.redcap import is_redcap
    from sequela.sources.source import parse_source
    from sequela.sources.spreadsheet_text import workbook_bytes
    from sequela.sources.statistics_files import read_statistics_file
    from sequela.sources.workbook import read_workbook


def must_explain(tables: Iterable[object], findings: Iterable[object]) -> None:
    if not list(tables):
        assert any(f.severity == "error" for f in findings), "nothing read and no error"


def text(data: bytes) -> None:
    quick = parse_delimited("t.csv", data)
    slow = parse_delimited("t.csv", data, quick=False)
    assert quick[1] == slow[1], "the two ways complain of different things"
    if quick[0] is None or slow[0] is None:
        assert quick[0] is slow[0], "one way reads what the other does not"
    else:
        assert quick[0].header == slow[0].header
        assert quick[0].frame.equals(slow[0].frame), "the two ways give different tables"
    must_explain([quick[0]] if quick[0] else [], quick[1])


def html(data: bytes) -> None:
    must_explain(*read_html("t.xls", data, ""))


SHEET = "xl/worksheets/sheet1.xml"
PARTS = ("xl/styles.xml", "xl/workbook.xml", "xl/sharedStrings.xml", SHEET)
WHOLE = workbook_bytes({"S": [["id", "x"], ["a", "1"]]})


def workbook(data: bytes) -> None:
    """The bytes as a workbook, and as one part of a sound workbook."""
    if len(data) < 2:
        return
    if data[0] % 2:
        must_explain(
            *read_workbook("t.xlsx", data[1:], ("xlsx", "xls", "xlsb", "ods")[data[0] % 4])
        )
        return
    part = PARTS[data[0] // 2 % len(PARTS)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, data[1:] if name == part else old.read(name))
    read_workbook("t.xlsx", buffer.getvalue(), "xlsx")


def parquet(data: bytes) -> None:
    must_explain(*read_parquet("t.parquet", b"PAR1" + data))


def statistics(data: bytes) -> None:
    if data:
        form = ("stata", "spss", "sas")[data[0] % 3]
        must_explain(*read_statistics_file("t.dta", data[1:], form))


def redcap(data: bytes) -> None:
    """The bytes as a dictionary's rows, a dictionary's logic, and an export."""
    first, _, second = data.partition(b"\x00")
    words = "field_name,form_name,field_type,field_label,select_choices_or_calculations,"
    words += "branching_logic,text_validation_type_or_show_slider_number\nid,a,text,,,,\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("words.csv", words.encode() + first)
        archive.writestr("data.csv", b"id,redcap_repeat_instrument,x\n" + second)
    source = parse_source("p.zip", buffer.getvalue())
    must_explain(source.tables, [*source.findings, *_blank(source)])
    assert is_redcap(()) is False


def _blank(source: object) -> list[object]:
    """Records without any entry give no table and a warning that names them."""

    class Said:
        severity = "error"

    return [Said()] if any(f.code == "redcap-rows-blank" for f in source.findings) else []


KINDS: dict[str, Callable[[bytes], None]] = {
    f.__name__: f for f in (text, html, workbook, parquet, statistics, redcap)
}


def main() -> None:
    kind, folder, *options = sys.argv[1:]
    Path(folder).mkdir(parents=True, exist_ok=True)
    atheris.Setup([sys.argv[0], folder, *options], KINDS[kind])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
