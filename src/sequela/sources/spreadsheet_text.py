"""Writing cells so that no spreadsheet program takes a text for a formula.

A cell that begins with `=`, `+`, `-`, `@`, a tab or a line end may be run by the program that
opens the file. In a workbook every cell is written as text, which settles it. A CSV has no
types, so an apostrophe goes before such a cell, and the reader of text files takes it off again.
The list of beginnings is OWASP's (CSV Injection).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n")
# A cell that `neutral` has put an apostrophe before, as a pattern; the group is the text.
NEUTRALISED = r"^'('*[=+\-@\t\r\n])"
# The longest text that a cell of a workbook holds.
MOST_LETTERS = 32_767


def neutral(cell: str) -> str:
    """A cell for a CSV, with an apostrophe before what might be run or read as something else.

    A negative number stays as it is; `+8` does not, since a program would drop its sign.

    A text that has an apostrophe before such a beginning already gets another one, so that
    `restored` gives back every text.
    """
    bare = cell.lstrip("'")
    if bare.startswith(_BEGINNINGS) and not (bare == cell and _is_negative(cell)):
        return "'" + cell
    return cell


def restored(cell: str) -> str:
    """The text that `neutral` was given."""
    if cell.startswith("'") and cell.lstrip("'").startswith(_BEGINNINGS):
        return cell[1:]
    return cell


def _is_negative(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    # float takes blanks and line ends around a number
    return cell.startswith("-") and cell == cell.strip() and "_" not in cell


def csv_bytes(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, delimiter: str = ","
) -> bytes:
    """A table as the bytes of a text file, every cell neutral."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    for row in [header, *rows]:
        # a row of one blank cell must not look like a blank line
        writer.writerow([neutral(cell) for cell in row])
    return buffer.getvalue().encode("utf-8")


def workbook_bytes(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """Sheets of text as an .xlsx workbook: the first row of each is its heading.

    No text becomes a formula, a link or a number. The same cells give the same bytes. Raises
    ValueError for a text longer than a cell can hold.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        as_text = book.add_format({"num_format": "@"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for at, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if len(cell) > MOST_LETTERS:
                        raise ValueError("a cell of a workbook holds 32,767 characters at most")
                    if cell:
                        sheet.write_string(at, place, cell, as_text if at else heading)
    return buffer.getvalue()
