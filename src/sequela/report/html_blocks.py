"""The blocks of a document as HTML: headings, paragraphs, tables and figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape

from sequela.display.table import Cell, Line, Table
from sequela.report.characters import shown
from sequela.report.document import Block, FigureBlock, Heading, Paragraph, Run, TableBlock
from sequela.report.html_figure import FigureStyles, inline_svg
from sequela.report.html_numbers import patient_anchor
from sequela.report.table_layout import (
    cells_of,
    column_shares,
    is_long,
    is_wide,
    names_a_group,
)

# A browser may break a line at either edge of a button: between a bracket and its number, or a
# number and its percent sign.
_BEFORE_NUMBER = re.compile(
    r'(\(*<button type="button" class="number short"[^>]*>[^<]*</button>'
    r"(?:\u00a0%)?[).,;:]*)(?=[\s<]|$)"
)
# From this width on, in cm, a figure keeps a least size and scrolls on a small screen.
WIDE_FIGURE_CM = 9.0
# A number of so many characters is kept on one line.
SHORT_NUMBER = 20


@dataclass(frozen=True, slots=True)
class Page:
    """What all blocks of one page share: who has a section, and the styles of the figures."""

    with_section: frozenset[str] = frozenset()
    styles: FigureStyles = field(default_factory=FigureStyles)


@lru_cache(maxsize=1 << 16)
def text(value: str) -> str:
    """Text made safe for HTML, its line ends kept.

    The pages of many patients say the same again and again: each text is made safe once.
    """
    return escape(shown(value)).replace("\n", "<br>")


def exhibit_anchor(exhibit_id: str) -> str:
    """The id of a table or figure in the page: `exhibit-` and its own id."""
    return f"exhibit-{exhibit_id}"


def number(value: str, row_ids: Iterable[str]) -> str:
    """A number as the button that opens what is known of its result rows."""
    rows = escape(" ".join(row_ids))
    kind = "number short" if len(value) <= SHORT_NUMBER else "number"
    return (
        f'<button type="button" class="{kind}" data-rows="{rows}" aria-haspopup="dialog" '
        f'aria-expanded="false">{text(value)}</button>'
    )


def inline(runs: Iterable[Run]) -> str:
    """Runs of text in their order, what clings to a number kept on its line."""
    return _BEFORE_NUMBER.sub(r'<span class="whole">\1</span>', "".join(_run(run) for run in runs))


def _run(run: Run) -> str:
    # The space around a number stays outside its button, where lines may break.
    bare = run.text.strip()
    if run.row_ids and bare:
        before, after = run.text.split(bare, 1)[0], run.text.rsplit(bare, 1)[-1]
        html = text(before) + number(bare, run.row_ids) + text(after)
    else:
        html = text(run.text)
    html = f"<em>{html}</em>" if run.italic else html
    return f"<strong>{html}</strong>" if run.bold else html


def block_html(block: Block, label: str, page: Page, *, turned: bool = False) -> str:
    """One block; `label` is its number when it is a table or a figure.

    `turned` marks what is printed on a page on its side.
    """
    html = _block(block, label, page)
    return f'<div class="sideways">{html}</div>' if turned else html


def _block(block: Block, label: str, page: Page) -> str:
    if isinstance(block, Heading):
        level = min(block.level + 1, 6)
        return f'<h{level} id="{escape(block.id)}">{text(block.text)}</h{level}>'
    if isinstance(block, Paragraph):
        return _paragraph(block)
    if isinstance(block, TableBlock):
        return table_html(block.table, page, label=label, anchor=exhibit_anchor(block.table.id))
    return _figure(block, label, page)


def _paragraph(paragraph: Paragraph) -> str:
    inside = inline(paragraph.runs)
    if paragraph.kind == "warning":
        return f'<p class="warning" role="note"><strong>Warning.</strong> {inside}</p>'
    return f'<p class="note">{inside}</p>' if paragraph.kind == "note" else f"<p>{inside}</p>"


def _figure(figure: FigureBlock, label: str, page: Page) -> str:
    drawing = inline_svg(
        figure.svg,
        prefix=f"{label.lower().replace(' ', '-')}-",
        label=figure.alternative,
        styles=page.styles,
    )
    size = "drawing large" if figure.width_cm >= WIDE_FIGURE_CM else "drawing"
    return (
        f'<figure id="{escape(exhibit_anchor(figure.id))}" class="picture">'
        f'<div class="{size}" tabindex="0" role="group" aria-label="{label}">{drawing}</div>'
        f"<figcaption><strong>{label}. {text(figure.title)}</strong> "
        f"{inline(figure.legend)}</figcaption></figure>"
    )


def table_html(table: Table, page: Page, *, label: str = "", anchor: str = "") -> str:
    """A table with its caption above and its notes below, in a box of its own to scroll in."""
    shape = "wide" if is_wide(table) else ("middling" if len(table.columns) > 5 else "narrow")
    classes = f"table {shape}{' long' if is_long(table) else ''}"
    identity = f' id="{escape(anchor)}"' if anchor else ""
    name = f"<strong>{label}.</strong> " if label else ""
    notes = "".join(f"<p>{text(note)}</p>" for note in table.notes)
    return (
        f'<figure{identity} class="{classes}">'
        f"<figcaption>{name}{text(table.title)}</figcaption>"
        f'<div class="box" tabindex="0" role="region" aria-label="{_name(table, label)}">'
        f"<table>{_columns(table)}{_head(table)}{_bodies(table, page)}</table></div>"
        + (f'<div class="notes">{notes}</div>' if notes else "")
        + "</figure>"
    )


def _name(table: Table, label: str) -> str:
    return escape(shown(f"{label}. {table.title}" if label else table.title))


def _columns(table: Table) -> str:
    columns = "".join(f'<col class="w{round(100 * share)}">' for share in column_shares(table))
    return f"<colgroup>{columns}</colgroup>"


def _head(table: Table) -> str:
    cells = "".join(
        f'<th scope="col" class="{column.align}">{text(column.label)}</th>'
        for column in table.columns
    )
    return f"<thead><tr>{cells}</tr></thead>"


def _bodies(table: Table, page: Page) -> str:
    """The lines, a new `tbody` at each heading so that the heading names its group."""
    groups: list[list[str]] = [[]]
    for line in table.lines:
        if line.heading and groups[-1]:
            groups.append([])
        groups[-1].append(_line(table, line, page))
    return "".join(f"<tbody>{''.join(group)}</tbody>" for group in groups if group)


def _line(table: Table, line: Line, page: Page) -> str:
    cells = cells_of(table, line)
    indent = f" in{min(line.indent, 3)}" if line.indent else ""
    head = f'class="{table.columns[0].align}{indent}"'
    name = _cell(cells[0], page, patient=cells[0].patient_id)
    if names_a_group(table, line):
        return (
            f'<tr class="group"><th scope="rowgroup" colspan="{len(cells)}" {head}>{name}</th></tr>'
        )
    kind = ' class="group"' if line.heading else ""
    rest = "".join(_data_cells(table, cells, page))
    return f'<tr{kind}><th scope="row" {head}>{name}</th>{rest}</tr>'


def _data_cells(table: Table, cells: tuple[Cell, ...], page: Page) -> Iterator[str]:
    """The cells after the first; a patient is linked where a line first names one."""
    named = {cells[0].patient_id}
    for column, cell in zip(table.columns[1:], cells[1:], strict=True):
        patient = "" if cell.patient_id in named else cell.patient_id
        named.add(cell.patient_id)
        yield f'<td class="{column.align}">{_cell(cell, page, patient=patient)}</td>'


def _cell(cell: Cell, page: Page, *, patient: str) -> str:
    if cell.row_ids and cell.text:
        return number(cell.text, cell.row_ids)
    if patient in page.with_section and cell.text:
        return f'<a href="#{patient_anchor(patient)}">{text(cell.text)}</a>'
    return text(cell.text)
