"""The rows of a drafted mapping as a spreadsheet: a line a chart column, each with its reason."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from sequela.chart.mapping_lines import LINE_COLUMNS
from sequela.draft.drafted_rows import DraftCell, DraftRows
from sequela.draft.mapping_text import DraftSheet

SHEET = "mapping"
_NO_DATE = datetime(1980, 1, 1)  # a file without a clock in it


def mapping_lines(sheets: Sequence[DraftSheet]) -> list[dict[str, str]]:
    """The lines, each as text by column of `LINE_COLUMNS`."""
    return [
        line for sheet in sheets for rows in sheet.mapping.rows for line in _lines(rows, sheet.key)
    ]


def _lines(rows: DraftRows, source: str) -> Iterable[dict[str, str]]:
    about = _about(rows)
    for column, cell in rows.cells.items():
        line = {"source": source, "table": rows.table, "row": rows.name, "chart_column": column}
        yield line | about | _rule(cell) | _said(cell, rows)
        # What holds for the whole chart row is said on its first line.
        about = {}


def _about(rows: DraftRows) -> dict[str, str]:
    about = {"needs": _joined(rows.needs), "repeat": _joined(rows.repeat), "where": rows.where}
    if rows.holds:
        about["holds"] = str(rows.holds["from"])
        about["holds_yes"] = _joined(rows.holds["yes"])
        about["holds_no"] = _joined(rows.holds["no"])
    return {k: v for k, v in about.items() if v}


def _joined(words: Iterable[str]) -> str:
    return "; ".join(words)


def _rule(cell: DraftCell) -> dict[str, str]:
    said = {}
    for key, value in cell.rule.items():
        if isinstance(value, bool):
            said[key] = "yes" if value else "no"
        elif isinstance(value, (list, tuple)):
            said[key] = _joined(value)
        else:
            said[key] = str(value)
    return said


def _said(cell: DraftCell, rows: DraftRows) -> dict[str, str]:
    remarks = [*(rows.remarks if not cell.remarks else []), *cell.remarks]
    return {
        "reason": ". ".join(remarks),
        "note": ". ".join(f"QUESTION: {q}" for q in (*rows.questions, *cell.questions)),
    }


def mapping_workbook(sheets: Sequence[DraftSheet]) -> bytes:
    """The lines as the sheet `mapping` of a workbook; columns that no line uses are left out.

    The same draft gives the same bytes. Nothing in it can be run as a formula.
    """
    import xlsxwriter

    lines = mapping_lines(sheets)
    always = ("source", "from", "table", "row", "chart_column", "value", "codes", "dates", "note")
    columns = [c for c in LINE_COLUMNS if c in always or any(line.get(c) for line in lines)]
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": _NO_DATE})
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(SHEET)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.replace("_", " "), bold)
            sheet.set_column(place, place, 60 if column in ("reason", "note") else 18)
        for number, line in enumerate(lines, start=1):
            for place, column in enumerate(columns):
                if text := line.get(column, ""):
                    sheet.write_string(number, place, text)
    return buffer.getvalue()
