"""The report as a Word document that a co-author can edit."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sequela.report.characters import shown
from sequela.report.document import (
    Block,
    Document,
    FigureBlock,
    Heading,
    Paragraph,
    Run,
    TableBlock,
)
from sequela.report.docx_styles import prepare_styles
from sequela.report.docx_table import add_table
from sequela.report.numbering import exhibit_labels
from sequela.report.table_layout import sideways

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.section import Section
    from docx.text.paragraph import Paragraph as WordParagraph

MARGIN_CM = 2.0
SHORT_SIDE_CM, LONG_SIDE_CM = 21.0, 29.7
# No clock may reach the file, and a zip knows no time before 1980.
_NO_TIME = datetime(1980, 1, 1)


def write_docx(document: Document) -> bytes:
    """The document as .docx; the same document gives the same bytes.

    Headings, captions and tables are Word's own, so that they can be restyled and edited.
    Tables of more than eight columns stand on pages on their side. Characters that XML
    forbids are written as code points.
    """
    import docx

    word = docx.Document()
    prepare_styles(word)
    _describe(word, document)
    _set_page(word.sections[0], turned=False)
    _number_pages(word)
    word.add_paragraph(shown(document.title), style="Title")
    if document.subtitle:
        word.add_paragraph(shown(document.subtitle), style="Subtitle")
    blocks = document.blocks
    turned = False
    for block, label, turn in zip(blocks, exhibit_labels(blocks), sideways(blocks), strict=True):
        if turn != turned:
            _turn_page(word, turned=turn)
            turned = turn
        _add_block(word, block, label)
    out = io.BytesIO()
    word.save(out)
    return _without_time(out.getvalue())


def _describe(word: WordDocument, document: Document) -> None:
    """Fill the core properties; the template's own name another program and day."""
    properties = word.core_properties
    properties.title = shown(document.title)[:255]
    properties.author = properties.last_modified_by = "Sequela"
    properties.comments = properties.keywords = properties.subject = properties.category = ""
    properties.created = properties.modified = _NO_TIME
    properties.language = "en-US"
    properties.revision = 1


def _set_page(section: Section, *, turned: bool) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm

    sides = (LONG_SIDE_CM, SHORT_SIDE_CM) if turned else (SHORT_SIDE_CM, LONG_SIDE_CM)
    section.orientation = WD_ORIENT.LANDSCAPE if turned else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Cm(sides[0]), Cm(sides[1])
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, Cm(MARGIN_CM))


def _number_pages(word: WordDocument) -> None:
    """A page number at the foot, as a field that Word keeps up to date."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph = word.sections[0].footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    page = OxmlElement("w:fldSimple")
    page.set(qn("w:instr"), "PAGE")
    paragraph._p.append(page)


def _turn_page(word: WordDocument, *, turned: bool) -> None:
    """Begin a new section, on a new page, with the paper this way up."""
    from docx.enum.section import WD_SECTION

    _set_page(word.add_section(WD_SECTION.NEW_PAGE), turned=turned)


def _add_block(word: WordDocument, block: Block, label: str) -> None:
    if isinstance(block, Heading):
        word.add_heading(shown(block.text), level=min(block.level, 9))
    elif isinstance(block, Paragraph):
        _add_paragraph(word, block)
    elif isinstance(block, TableBlock):
        add_table(word, block.table, label)
    else:
        _add_figure(word, block, label)


def _add_paragraph(word: WordDocument, block: Paragraph) -> None:
    style = {"warning": "Warning", "note": "Note"}.get(block.kind, "Body Text")
    paragraph = word.add_paragraph(style=style)
    if block.kind == "warning":
        paragraph.add_run("Warning. ").bold = True
    _add_runs(paragraph, block.runs)


def _add_runs(paragraph: WordParagraph, runs: Iterable[Run]) -> None:
    for run in runs:
        written = paragraph.add_run(shown(run.text))
        # None leaves the matter to the paragraph's style, False would overrule it.
        written.bold, written.italic = run.bold or None, run.italic or None


def _add_figure(word: WordDocument, figure: FigureBlock, label: str) -> None:
    """The picture at its exact width, in words for those who cannot see it, then its legend."""
    from docx.shared import Cm

    holder = word.add_paragraph(style="Figure")
    picture = holder.add_run().add_picture(io.BytesIO(figure.png), width=Cm(figure.width_cm))
    described = picture._inline.docPr
    described.set("name", label)
    described.set("descr", shown(figure.alternative))
    caption = word.add_paragraph(style="Caption")
    caption.add_run(f"{label}. {shown(figure.title)} ").bold = True
    _add_runs(caption, figure.legend)


def _without_time(archive: bytes) -> bytes:
    """The same archive with its members in order and without the time they were written."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as read,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        # Readers expect the list of content types first.
        names = sorted(read.namelist(), key=lambda name: (name != "[Content_Types].xml", name))
        for name in names:
            member = zipfile.ZipInfo(name, date_time=_NO_TIME.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o600 << 16
            member.create_system = 3
            written.writestr(member, read.read(name))
    return out.getvalue()
