from __future__ import annotations

import io
import re

import docx
from invented_report import report
from lxml import html

from sequela.report.numbering import exhibit_labels


def test_tables_and_figures_are_counted_apart_in_order_of_appearance() -> None:
    labels = exhibit_labels(report().document.blocks)
    assert [label for label in labels if label] == ["Table 1", "Figure 1", "Table 2", "Figure 2"]
    assert labels[:5] == ("",) * 5


def test_word_and_html_number_alike(written: dict[str, bytes]) -> None:
    page = html.fromstring(written["html"])
    in_page = [
        re.match(r"(Table|Figure) \d+", caption.text_content())
        for caption in page.xpath("//figure[@id]/figcaption")
    ]
    word = docx.Document(io.BytesIO(written["docx"]))
    in_word = [
        re.match(r"(Table|Figure) \d+", paragraph.text)
        for paragraph in word.paragraphs
        if paragraph.style.name in ("Caption", "Table Caption")
    ]
    expected = ["Table 1", "Figure 1", "Table 2", "Figure 2"]
    assert [found[0] for found in in_page if found] == expected
    assert [found[0] for found in in_word if found] == expected
