from __future__ import annotations

import io
import zipfile

import docx
import pytest
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from invented_report import HOSTILE, PATIENTS, SHOWN, report


@pytest.fixture(scope="module")
def word(written: dict[str, bytes]) -> WordDocument:
    return docx.Document(io.BytesIO(written["docx"]))


def styled(word: WordDocument, style: str) -> list[str]:
    return [p.text for p in word.paragraphs if p.style.name == style]


def test_headings_are_words_own(word: WordDocument) -> None:
    assert styled(word, "Title") == ["Invented <study>"]
    assert styled(word, "Heading 1") == ["Results"]
    assert styled(word, "Heading 2") == ["Text", "Listing"]


def test_hostile_and_unseen_characters_are_written_out(word: WordDocument) -> None:
    assert styled(word, "Body Text") == [f"Among  2 of three, slanted{HOSTILE}{SHOWN}"]


def test_runs_keep_bold_and_italic(word: WordDocument) -> None:
    (paragraph,) = (p for p in word.paragraphs if p.style.name == "Body Text")
    assert [(run.bold, run.italic) for run in paragraph.runs][1:4] == [
        (True, None),
        (None, None),
        (None, True),
    ]


def test_warnings_and_notes_have_their_own_style(word: WordDocument) -> None:
    assert styled(word, "Warning") == ["Warning. Conditional on transplant."]
    assert styled(word, "Note") == ["A month is 30.4375 days.", "A note to the listing."]


def test_tables_are_words_own_with_a_header_that_repeats(word: WordDocument) -> None:
    assert len(word.tables) == 2
    for table in word.tables:
        header = table.rows[0]._tr.trPr
        assert header.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    listing = word.tables[1]
    assert [row.cells[0].text for row in listing.rows] == ["Column 1", *PATIENTS]


def test_columns_have_their_share_and_their_alignment(word: WordDocument) -> None:
    table = word.tables[0]
    widths = [column.width.cm for column in table.columns]
    assert widths == pytest.approx([10.2, 3.4, 3.4], abs=0.01)
    aligned = [cell.paragraphs[0].alignment for cell in table.rows[1].cells]
    assert aligned == [
        WD_ALIGN_PARAGRAPH.LEFT,
        WD_ALIGN_PARAGRAPH.CENTER,
        WD_ALIGN_PARAGRAPH.RIGHT,
    ]


def test_a_group_heading_is_one_cell_and_its_lines_are_indented(word: WordDocument) -> None:
    table = word.tables[0]
    heading, below = table.rows[2], table.rows[3]
    assert len(heading._tr.tc_lst) == 1
    assert [p.text for p in heading.cells[0].paragraphs] == ["Presentation, n (%)"]
    assert heading.cells[0].paragraphs[0].runs[0].bold
    assert below.cells[0].paragraphs[0].paragraph_format.left_indent.cm == pytest.approx(0.35, 0.01)


def test_cells_are_set_in_the_style_of_tables(word: WordDocument) -> None:
    cells = [cell for table in word.tables for row in table.rows for cell in row.cells]
    assert {cell.paragraphs[0].style.name for cell in cells} == {"Table Text"}


def test_three_lines_and_no_more(word: WordDocument) -> None:
    rows = word.tables[0].rows

    def lines(row: int) -> set[str]:
        borders = rows[row]._tr.findall(f".//{qn('w:tcBorders')}/*")
        return {one.tag.rpartition("}")[2] for one in borders}

    assert lines(0) == {"top", "bottom"}
    assert lines(1) == lines(2) == set()
    assert lines(-1) == {"bottom"}


def test_a_wide_table_lies_with_its_heading_and_note(word: WordDocument) -> None:
    turned = [section.orientation for section in word.sections]
    assert turned == [WD_ORIENT.PORTRAIT, WD_ORIENT.LANDSCAPE, WD_ORIENT.PORTRAIT]
    assert word.sections[1].page_width > word.sections[1].page_height
    inside = [
        item.text
        for item in word.sections[1].iter_inner_content()
        if not hasattr(item, "rows") and item.text
    ]
    assert inside == ["Listing", "Table 2. Patients, one a line", "A note to the listing."]


def test_figures_have_their_width_and_words_for_those_who_cannot_see(word: WordDocument) -> None:
    shapes = word.inline_shapes
    assert [shape.width.cm for shape in shapes] == pytest.approx([8.0, 17.0], abs=0.001)
    described = [shape._inline.docPr for shape in shapes]
    assert [one.get("descr") for one in described] == ["A line that falls"] * 2
    assert styled(word, "Caption")[0] == "Figure 1. Survival. Ticks mark 2 censored patients."


def test_no_clock_is_in_the_file(written: dict[str, bytes], word: WordDocument) -> None:
    with zipfile.ZipFile(io.BytesIO(written["docx"])) as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        names = archive.namelist()
    assert names[0] == "[Content_Types].xml"
    assert names[1:] == sorted(names[1:])
    assert word.core_properties.created.year == word.core_properties.modified.year == 1980
    assert word.core_properties.title == "Invented <study>"
    assert word.core_properties.comments == ""


def test_every_row_of_every_table_is_there(word: WordDocument) -> None:
    tables = [b.table for b in report().document.blocks if hasattr(b, "table")]
    assert [len(t.rows) for t in word.tables] == [len(t.lines) + 1 for t in tables]
