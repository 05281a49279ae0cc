from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from invented_report import HOSTILE, SHOWN, figure

from sequela.display.table import Cell, Column, Line, Table
from sequela.report.document import Document, FigureBlock, Paragraph, Run, TableBlock
from sequela.report.pdf import write_pdf

needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext of poppler is not installed"
)


def words(pdf: bytes, *options: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.pdf"
        path.write_bytes(pdf)
        command = ["pdftotext", "-enc", "UTF-8", *options, str(path), "-"]
        done = subprocess.run(command, capture_output=True, check=True)
    return done.stdout.decode()


def without_breaks(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_it_is_a_tagged_pdf_without_a_date(written: dict[str, bytes]) -> None:
    assert written["pdf"].startswith(b"%PDF-")
    assert b"/MarkInfo" in written["pdf"]
    assert b"CreationDate" not in written["pdf"]
    assert b"ModDate" not in written["pdf"]


@needs_poppler
def test_text_is_never_read_as_markup(written: dict[str, bytes]) -> None:
    text = without_breaks(words(written["pdf"]))
    assert without_breaks(HOSTILE) in text
    assert without_breaks(SHOWN) in text


def _headings_alone() -> Document:
    empty = Line((Cell("Donor"), Cell("")), heading=True)
    lines = (empty, empty, Line((Cell("Age"), Cell("")), heading=True))
    table = Table("t", "Nobody", (Column(""), Column("All (N = 0)")), lines)
    return Document("Nobody", "", (TableBlock(table),))


@needs_poppler
def test_headings_with_nothing_below_them_are_set_too() -> None:
    assert words(write_pdf(_headings_alone())).split().count("Donor") == 2


@needs_poppler
def test_captions_warnings_and_page_numbers_are_there(written: dict[str, bytes]) -> None:
    text = " ".join(words(written["pdf"]).split())
    for expected in (
        "Table 1. Characteristics",
        "Figure 1. Survival. Ticks mark 2 censored patients.",
        "Table 2. Patients, one a line",
        "Figure 2. Survival.",
        "Warning. Conditional on transplant.",
        "A month is 30.4375 days.",
    ):
        assert expected in text
    pages = words(written["pdf"], "-layout").split("\f")[:-1]
    assert [page.split()[-1] for page in pages] == [str(i) for i in range(1, len(pages) + 1)]


@needs_poppler
def test_the_text_of_a_figure_stays_text(written: dict[str, bytes]) -> None:
    assert "Months <1>" in words(written["pdf"])


@needs_poppler
def test_a_wide_table_lies_on_its_side_with_heading_and_note(written: dict[str, bytes]) -> None:
    pages = words(written["pdf"]).split("\f")
    (lying,) = (page for page in pages if "Table 2." in page)
    assert "Listing" in lying
    assert "A note to the listing." in lying
    boxes = re.findall(rb"/MediaBox\s*\[([^\]]+)\]", written["pdf"])
    sides = {tuple(round(float(x)) for x in box.split())[2:] for box in boxes}
    assert sides == {(595, 842), (842, 595)}


@pytest.mark.parametrize("width_cm", [8.0, 11.5, 17.0])
def test_figures_of_every_journal_width_can_be_set(width_cm: float) -> None:
    block = figure("os", width_cm=width_cm)
    assert isinstance(block, FigureBlock)
    assert write_pdf(Document("t", "", (block,))).startswith(b"%PDF-")


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    write_pdf(Document("t", "", (Paragraph((Run("x"),)),)))
    with pytest.raises(ValueError, match="no column has a width"):
        from sequela.display.table import Column, Table
        from sequela.report.document import TableBlock

        write_pdf(Document("t", "", (TableBlock(Table("e", "", (Column("", width=0),), ())),)))
    assert list(tmp_path.iterdir()) == []
