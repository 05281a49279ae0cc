"""Columns in which dates and something else are mixed, which only a workbook can tell.

A spreadsheet program turns what it takes for a date into a number, and leaves as text what
it does not. On a computer set to the American order `03/04/2021` becomes 4 March whatever
was meant, and `13/04/2021` stays text; so a column that holds both may have day and month
swapped in those that look sound.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sequela.findings import Finding
from sequela.sources.wording import counted, rows_named
from sequela.sources.workbook_findings import Sheet
from sequela.sources.workbook_sheet import letters

_TYPED = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d{2})")
# The days from 1954 to 2064 as numbers of the 1900 calendar.
_DAYS = range(20_000, 60_000)
_EPOCH = date(1899, 12, 30)


def check_dates(sheet: Sheet, values: Sequence[Sequence[Any]]) -> list[Finding]:
    """A finding a column whose dates are partly text, and one a number among dates."""
    findings = []
    records = values[sheet.first_record - 1 :]
    for column in range(1, len(sheet.grid[0]) + 1):
        cells = [
            (number, row[column - 1])
            for number, row in enumerate(records, start=sheet.first_record)
            if column <= len(row) and row[column - 1] != ""
        ]
        real = [cell for _, cell in cells if isinstance(cell, date)]
        if not real:
            continue
        findings += _typed_among_dates(sheet, column, cells, real)
        if 2 * len(real) >= len(cells):
            findings += _numbers_among_dates(sheet, column, cells)
    return findings


def _typed_among_dates(
    sheet: Sheet, column: int, cells: Sequence[tuple[int, Any]], real: Sequence[date]
) -> list[Finding]:
    typed = [n for n, cell in cells if isinstance(cell, str) and _TYPED.fullmatch(cell.strip())]
    if not typed:
        return []
    swapped = all(day.day <= 12 for day in real)
    doubt = (
        "; in every one of these dates the day is 12 or less, as if day and month were swapped"
        if swapped and len(real) > 1
        else "; day and month of these dates may have been swapped"
    )
    return [
        replace(
            sheet.finding(
                "column-dates-partly-text",
                "error",
                f"column {letters(column)} holds {counted(len(real), 'date')} that the "
                f"spreadsheet program took for one, and {counted(len(typed), 'date')} that it "
                f"left as text ({rows_named(typed)}){doubt}",
                "Compare some of them with the record, then write all as 2019-03-14.",
            ),
            column=sheet.column_name(column),
        )
    ]


def _numbers_among_dates(
    sheet: Sheet, column: int, cells: Sequence[tuple[int, Any]]
) -> list[Finding]:
    found = [
        (number, int(cell))
        for number, cell in cells
        if isinstance(cell, int | float) and not isinstance(cell, bool) and cell in _DAYS
    ]
    return [
        replace(
            sheet.finding(
                "cell-date-as-number",
                "error",
                f"cell {letters(column)}{number} holds a plain number among dates; it may be a "
                "date as the spreadsheet program counts days",
                "Give the cell the format of a date, and look whether it is right.",
            ),
            row=number,
            column=sheet.column_name(column),
            value=f"{days} ({(_EPOCH + timedelta(days=days)).isoformat()})",
        )
        for number, days in found
    ]


def is_date(value: object) -> bool:
    """Whether a workbook's value is a date, with or without a time of day."""
    return isinstance(value, date | datetime)
