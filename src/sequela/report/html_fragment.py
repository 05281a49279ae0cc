"""Blocks as a piece of HTML for a notebook: nothing to click, no script, no style of its own."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape

from sequela.report.document import Block, Paragraph, TableBlock
from sequela.report.html_blocks import Page, block_html


def write_fragment(blocks: Iterable[Block], figures: Sequence[tuple[bytes, str]] = ()) -> str:
    """Tables and paragraphs, then figures as (SVG, words for who cannot see them).

    Figures are embedded as images, so that no two of them share an id.
    """
    shown = "".join(block_html(_plain(block), "", Page(frozenset())) for block in blocks)
    return f'<div class="sequela">{shown}{"".join(_image(*figure) for figure in figures)}</div>'


def _plain(block: Block) -> Block:
    """The block without the numbers' links, which lead nowhere outside a report."""
    if isinstance(block, Paragraph):
        return replace(block, runs=tuple(replace(run, row_ids=()) for run in block.runs))
    if isinstance(block, TableBlock):
        lines = tuple(
            replace(line, cells=tuple(replace(cell, row_ids=()) for cell in line.cells))
            for line in block.table.lines
        )
        return replace(block, table=replace(block.table, lines=lines))
    return block


def _image(svg: bytes, alternative: str) -> str:
    data = base64.b64encode(svg).decode()
    return f'<img alt="{escape(alternative)}" src="data:image/svg+xml;base64,{data}">'
