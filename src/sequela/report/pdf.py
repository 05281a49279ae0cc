"""The report as PDF, set by typst from data: no text of a study is ever read as markup."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

from sequela.display.table import Line, Table
from sequela.report import fonts
from sequela.report.characters import shown, shown_in_cell
from sequela.report.document import (
    Block,
    Document,
    FigureBlock,
    Heading,
    Paragraph,
    Run,
    TableBlock,
)
from sequela.report.numbering import exhibit_labels
from sequela.report.table_layout import (
    cells_of,
    column_shares,
    is_wide,
    names_a_group,
    sideways,
)


def write_pdf(document: Document) -> bytes:
    """The document as PDF on A4; the same document gives the same bytes.

    Text reaches the template as JSON, so that `#read("/etc/x")` prints as it stands. Figures
    are vector drawings at their exact width. Tables of more than eight columns stand on
    pages on their side. The folder it works in is removed whatever happens.
    """
    import typst

    with tempfile.TemporaryDirectory(prefix="sequela-") as folder:
        root = Path(folder)
        listed = document.blocks
        blocks = [
            _block(block, label, root) | {"sideways": turned}
            for block, label, turned in zip(
                listed, exhibit_labels(listed), sideways(listed), strict=True
            )
        ]
        data = {
            "title": shown(document.title),
            "subtitle": shown(document.subtitle),
            "typeface": fonts.FAMILY,
            "blocks": blocks,
        }
        (root / "report.json").write_text(json.dumps(data), encoding="utf-8")
        template = files("sequela.report").joinpath("assets", "report.typ").read_bytes()
        (root / "report.typ").write_bytes(template)
        written = typst.compile(
            str(root / "report.typ"),
            root=str(root),
            font_paths=[str(fonts.font_directory())],
            ignore_system_fonts=True,
        )
    return bytes(written)


def _block(block: Block, label: str, root: Path) -> dict[str, Any]:
    """One block as data; a figure's drawing is put beside it as a file."""
    if isinstance(block, Heading):
        return {"kind": "heading", "text": shown(block.text), "level": block.level}
    if isinstance(block, Paragraph):
        kind = block.kind if block.kind in ("warning", "note") else "body"
        return {"kind": kind, "runs": _runs(block.runs)}
    if isinstance(block, TableBlock):
        return {"kind": "table", "label": label} | _table(block.table)
    return {"kind": "figure", "label": label} | _figure(block, label, root)


def _runs(runs: Iterable[Run]) -> list[dict[str, Any]]:
    return [{"text": shown(run.text), "bold": run.bold, "italic": run.italic} for run in runs]


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": shown(table.title),
        "columns": [{"label": shown(c.label), "align": c.align} for c in table.columns],
        "shares": list(column_shares(table)),
        "lines": [_line(table, line) for line in table.lines],
        "notes": [shown(note) for note in table.notes],
        "wide": is_wide(table),
    }


def _line(table: Table, line: Line) -> dict[str, Any]:
    return {
        "cells": [shown_in_cell(cell.text) for cell in cells_of(table, line)],
        "indent": line.indent,
        "heading": line.heading,
        "group": names_a_group(table, line),
    }


def _figure(figure: FigureBlock, label: str, root: Path) -> dict[str, Any]:
    name = f"{label.replace(' ', '-').lower()}.svg"
    (root / name).write_bytes(figure.svg)
    return {
        "file": name,
        "title": shown(figure.title),
        "legend": _runs(figure.legend),
        "width": figure.width_cm,
        "alternative": shown(figure.alternative),
    }
