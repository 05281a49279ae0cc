"""What a sheet of an .xlsx workbook holds beside its values, read in one pass over its XML.

The reader of values gives error cells and formulas that were never computed as blanks, and
says nothing of what is hidden, merged, coloured or struck out; all of that is found here.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from typing import Any

from sequela.sources.workbook_parts import Styles, children, events, local, related, tree

Cell = tuple[int, int]
Area = tuple[Cell, Cell]

MOST_CELLS = 20_000_000
MOST_TEXT = 1024**3
_TOTAL = re.compile(r"\b(SUM|AVERAGE|COUNT|COUNTA|MEDIAN|SUBTOTAL|STDEV)\s*\(\s*[^)]*:", re.I)


@dataclass(slots=True)
class SheetMarks:
    """Places of a sheet by row and column, both from 1, with what there is to say of each."""

    rows: int = 0
    columns: int = 0
    cells: int = 0
    text: int = 0
    errors: dict[Cell, str] = field(default_factory=dict)
    uncomputed: list[Cell] = field(default_factory=list)
    totals: dict[int, int] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[Area] = field(default_factory=list)
    filtered: bool = False
    colours: dict[Cell, str] = field(default_factory=dict)
    struck: list[Cell] = field(default_factory=list)
    padded: dict[Cell, int] = field(default_factory=dict)
    percent: list[Cell] = field(default_factory=list)
    comments: list[Cell] = field(default_factory=list)

    @property
    def too_large(self) -> str:
        """Why the sheet cannot be read with a machine's memory; blank when it can."""
        if self.rows * self.columns > MOST_CELLS:
            return f"it reaches to cell {address((self.rows, self.columns))}"
        return "its cells repeat more text than is read" if self.text > MOST_TEXT else ""


def letters(column: int) -> str:
    """The letters of a column, counted from 1: 1 is A, 28 is AB."""
    text = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def address(cell: Cell) -> str:
    """A cell as a spreadsheet program writes it, such as `D7`."""
    return f"{letters(cell[1])}{cell[0]}"


def place(reference: str) -> Cell | None:
    """The row and column of `D7`, or None."""
    match = re.fullmatch(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})", reference)
    if not match:
        return None
    column = 0
    for letter in match[1].upper():
        column = 26 * column + ord(letter) - 64
    return int(match[2]), column


def area(reference: str) -> Area | None:
    """The first and the last cell of `A1:B2`, or None."""
    first, _, last = reference.partition(":")
    start, stop = place(first), place(last or first)
    return (start, stop) if start and stop else None


def read_marks(
    archive: zipfile.ZipFile, part: str, styles: Styles, lengths: list[int]
) -> SheetMarks:
    """Everything to be said of the cells of a sheet; raises BROKEN_XML."""
    marks = SheetMarks()
    reading = _Reading(marks, styles, lengths)
    for kind, element in events(archive, part, ("start", "end")):
        reading.take(kind, local(element.tag), element)
        if marks.cells > MOST_CELLS or marks.text > MOST_TEXT:
            break
    for kind, name in related(archive, part).values():
        if kind == "comments":
            marks.comments += _comments(archive, name)
        elif kind == "table":
            marks.filtered |= _filters(archive, name)
    return marks


def _comments(archive: zipfile.ZipFile, name: str) -> list[Cell]:
    return [
        cell
        for comments in children(tree(archive, name), "commentList")
        for comment in children(comments, "comment")
        if (cell := place(comment.get("ref", "")))
    ]


def _filters(archive: zipfile.ZipFile, name: str) -> bool:
    filters = children(tree(archive, name), "autoFilter")
    return any(children(each, "filterColumn") for each in filters)


class _Reading:
    """Takes the elements of a sheet in order and notes what it meets."""

    def __init__(self, marks: SheetMarks, styles: Styles, lengths: list[int]) -> None:
        self.marks, self.styles, self.lengths = marks, styles, lengths
        self.row = self.column = 0
        self.open_row: Any = None

    def take(self, kind: str, name: str, element: Any) -> None:
        if kind == "start":
            if name == "row":
                self._begin_row(element)
        elif name == "c":
            self._cell(element)
            self.open_row.clear() if self.open_row is not None else element.clear()
        elif name == "col":
            self._columns(element)
        elif name == "mergeCell":
            if found := area(element.get("ref", "")):
                self.marks.merged.append(found)
        elif name == "filterColumn":
            self.marks.filtered = True
        elif name in ("row", "cols", "mergeCells", "sheetData"):
            element.clear()

    def _begin_row(self, element: Any) -> None:
        number = element.get("r", "")
        self.row = int(number) if number.isdecimal() and len(number) < 8 else self.row + 1
        self.column = 0
        self.open_row = element
        if element.get("hidden") in ("1", "true"):
            self.marks.hidden_rows.append(self.row)

    def _columns(self, element: Any) -> None:
        if element.get("hidden") in ("1", "true"):
            first, last = element.get("min", ""), element.get("max", "")
            if first.isdecimal() and last.isdecimal():
                self.marks.hidden_columns.append((int(first), min(int(last), 16_384)))

    def _cell(self, element: Any) -> None:
        cell = place(element.get("r", "")) or (self.row, self.column + 1)
        self.column = cell[1]
        formula = value = inline = None
        for child in element:
            name = local(child.tag)
            formula = child if name == "f" else formula
            value = child if name == "v" else value
            inline = child if name == "is" else inline
        self.marks.cells += 1
        self._style(cell, element.get("s", ""))
        if formula is None and value is None and inline is None:
            return
        self.marks.rows = max(self.marks.rows, cell[0])
        self.marks.columns = max(self.marks.columns, cell[1])
        text = (value.text or "") if value is not None else ""
        self._value(cell, element.get("t", "n"), text)
        if formula is not None:
            self._formula(cell, formula.text or "", element.get("t", "n"), text)

    def _value(self, cell: Cell, kind: str, text: str) -> None:
        if kind == "e":
            self.marks.errors[cell] = text or "#ERROR"
        elif kind == "s" and text.isdecimal() and len(text) < 10 and int(text) < len(self.lengths):
            self.marks.text += self.lengths[int(text)]
        else:
            self.marks.text += len(text)

    def _formula(self, cell: Cell, formula: str, kind: str, text: str) -> None:
        if not text and kind != "str":
            self.marks.uncomputed.append(cell)
        if _TOTAL.search(formula[:1000]):
            self.marks.totals[cell[0]] = self.marks.totals.get(cell[0], 0) + 1

    def _style(self, cell: Cell, style: str) -> None:
        if not style.isdecimal() or int(style[:9]) >= len(self.styles.colours):
            return
        number = int(style)
        if colour := self.styles.colours[number]:
            self.marks.colours[cell] = colour
        if self.styles.struck[number]:
            self.marks.struck.append(cell)
        if digits := self.styles.digits[number]:
            self.marks.padded[cell] = digits
        if self.styles.percent[number]:
            self.marks.percent.append(cell)
