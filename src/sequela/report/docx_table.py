"""A table as Word's own: three lines, a header row that repeats, rows that stay whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sequela.display.table import Line, Table
from sequela.report.characters import shown, shown_in_cell
from sequela.report.table_layout import cells_of, column_shares, names_a_group

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.table import Table as WordTable
    from docx.table import _Cell, _Row

_HEAVY, _LIGHT = 10, 6  # eighths of a point
_NARROW_TWIPS = 60  # twentieths of a point
_INDENT_CM = 0.35
_TEXT_STYLE_ID = "TableText"
_SMALL_POINTS = 7.5
# From so many columns on a table is set small and close, lest Word break its words.
_MANY_COLUMNS = 7


def add_table(word: WordDocument, table: Table, label: str) -> None:
    """Caption, table and notes at the end of the document, as wide as its last section."""
    caption = word.add_paragraph(style="Table Caption")
    caption.add_run(f"{label}. ").bold = True
    caption.add_run(shown(table.title))
    grid = word.add_table(rows=1 + len(table.lines), cols=len(table.columns))
    grid.autofit = False
    _set_widths(word, grid, table)
    if len(table.columns) >= _MANY_COLUMNS:
        _narrow_margins(grid)
    rows = list(grid.rows)
    _fill_header(rows[0], table)
    for row, line in zip(rows[1:], table.lines, strict=True):
        _fill_line(row, table, line)
    _draw_lines(rows)
    for note in table.notes:
        word.add_paragraph(shown(note), style="Table Note")
    # Word joins tables that nothing separates, and the text below needs air.
    word.add_paragraph(style="Table Note")


def _set_widths(word: WordDocument, grid: WordTable, table: Table) -> None:
    from docx.shared import Length

    section = word.sections[-1]
    width = int(section.page_width or 0) - int(section.left_margin or 0)
    width -= int(section.right_margin or 0)
    widths = [Length(int(width * share)) for share in column_shares(table)]
    for column, one in zip(grid.columns, widths, strict=True):
        column.width = one
    # LibreOffice goes by the columns, Word by the cells.
    for row in grid.rows:
        for cell, one in zip(row.cells, widths, strict=True):
            cell.width = one


def _narrow_margins(grid: WordTable) -> None:
    """Bring the columns of a table with many closer together than Word does."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(_NARROW_TWIPS))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties = grid._tbl.tblPr
    look = properties.find(qn("w:tblLook"))
    if look is None:
        properties.append(margins)
    else:
        look.addprevious(margins)


def _fill_header(row: _Row, table: Table) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
    from docx.oxml import OxmlElement

    for position, (cell, column) in enumerate(zip(row.cells, table.columns, strict=True)):
        _write(cell, column.label, table, position, bold=True)
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
    _keep_whole(row)
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _fill_line(row: _Row, table: Table, line: Line) -> None:
    from docx.shared import Cm

    cells = list(row.cells)
    for position, (cell, content) in enumerate(zip(cells, cells_of(table, line), strict=True)):
        _write(cell, content.text, table, position, bold=line.heading and position == 0)
    name = cells[0].paragraphs[0]
    if line.indent:
        name.paragraph_format.left_indent = Cm(_INDENT_CM * line.indent)
    if names_a_group(table, line):
        _join(cells[0], cells[-1])
    if line.heading:
        name.paragraph_format.keep_with_next = True
    _keep_whole(row)


def _join(first: _Cell, last: _Cell) -> None:
    """Make one cell of a row's cells; the empty paragraphs of the others do not stay."""
    first.merge(last)
    for empty in first.paragraphs[1:]:
        first._tc.remove(empty._p)


def _write(cell: _Cell, text: str, table: Table, position: int, *, bold: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph: Any = cell.paragraphs[0]
    # By its id: looking a style up by name takes most of the time of a long table.
    paragraph._p.style = _TEXT_STYLE_ID
    paragraph.alignment = {
        "left": WD_ALIGN_PARAGRAPH.LEFT,
        "right": WD_ALIGN_PARAGRAPH.RIGHT,
        "center": WD_ALIGN_PARAGRAPH.CENTER,
    }[table.columns[position].align]
    run = paragraph.add_run(shown_in_cell(text))
    run.bold = bold or None
    if len(table.columns) >= _MANY_COLUMNS:
        run.font.size = _small()


def _small() -> Any:
    from docx.shared import Pt

    return Pt(_SMALL_POINTS)


def _keep_whole(row: _Row) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _draw_lines(rows: list[_Row]) -> None:
    """A heavy line above and below, a light one under the header; none between."""
    for cell in rows[0].cells:
        _border(cell, top=_HEAVY, bottom=_LIGHT if len(rows) > 1 else _HEAVY)
    if len(rows) > 1:
        for cell in rows[-1].cells:
            _border(cell, bottom=_HEAVY)


def _border(cell: _Cell, **sides: int) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = cell._tc.get_or_add_tcPr()
    for old in properties.findall(qn("w:tcBorders")):
        properties.remove(old)
    borders = OxmlElement("w:tcBorders")
    for side, size in sides.items():
        line = OxmlElement(f"w:{side}")
        line.set(qn("w:val"), "single")
        line.set(qn("w:sz"), str(size))
        line.set(qn("w:space"), "0")
        line.set(qn("w:color"), "1C2126")
        borders.append(line)
    # The format wants borders before the vertical alignment.
    alignment = properties.find(qn("w:vAlign"))
    if alignment is None:
        properties.append(borders)
    else:
        alignment.addprevious(borders)
