"""What is to be said of a sheet beside its values: hidden, merged, coloured, broken, added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sequela.findings import Finding, Severity
from sequela.sources.wording import counted, listed, rows_named
from sequela.sources.workbook_heading import FoundHeading
from sequela.sources.workbook_sheet import Cell, SheetMarks, address, letters

_TOTAL_WORDS = {"total", "totals", "sum", "mean", "average", "median", "subtotal", "grand total"}
_TOTAL_WORDS |= {"gesamt", "summe", "mittelwert", "totale", "somme", "moyenne", "overall"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as read: its cells as text, what else stands in it, and its heading."""

    file: str
    name: str
    grid: Sequence[Sequence[str]]
    marks: SheetMarks
    heading: FoundHeading
    hidden: bool = False

    @property
    def first_record(self) -> int:
        """The first row below the heading."""
        return self.heading.rows[-1] + 1

    def column_name(self, column: int) -> str:
        """The name of a column, or its letters where it has none."""
        return self.heading.names[column - 1] or letters(column)

    def finding(self, code: str, severity: Severity, message: str, remedy: str) -> Finding:
        """A finding about the sheet as a whole."""
        return Finding(
            code=code,
            severity=severity,
            file=self.file,
            sheet=self.name,
            message=message,
            remedy=remedy,
        )

    def at(self, cell: Cell, finding: Finding, *, value: str = "") -> Finding:
        """The finding at a cell."""
        return replace(finding, row=cell[0], column=self.column_name(cell[1]), value=value)


def check_sheet(sheet: Sheet) -> list[Finding]:
    """Everything to be said of a sheet."""
    checks: tuple[Callable[[Sheet], Iterable[Finding]], ...] = (
        _heading,
        _errors,
        _uncomputed,
        _hidden,
        _merged,
        _totals,
        _second_table,
        _side_table,
        _colours,
        _struck,
        _comments,
        _percent,
    )
    return [finding for check in checks for finding in check(sheet)]


def _heading(sheet: Sheet) -> list[Finding]:
    found = sheet.heading
    rows = f"row{'s' if len(found.rows) > 1 else ''} " + " and ".join(map(str, found.rows))
    if not found.found:
        return [
            sheet.finding(
                "sheet-without-heading",
                "error",
                f"no row looks like a heading; {rows} was taken for it",
                "Give every column a name in one row, or name the rows of the heading.",
            )
        ]
    above = [n for n, row in enumerate(sheet.grid[: found.rows[0] - 1], start=1) if any(row)]
    if found.named or (not above and found.rows == (1,)):
        return []
    skipped = f"; above it, {counted(len(above), 'row')} passed over: " if above else ""
    return [
        sheet.finding(
            "sheet-heading-found",
            "note",
            f"the heading is taken from {rows}{skipped}{listed([str(n) for n in above])}",
            "If that is wrong, name the rows of the heading.",
        )
    ]


def _errors(sheet: Sheet) -> list[Finding]:
    return [
        sheet.at(
            cell,
            sheet.finding(
                "cell-formula-error",
                "error",
                f"cell {address(cell)} holds the error {text}, which is no value",
                "Mend the formula, or type the value; leave the cell blank if it is not known.",
            ),
        )
        for cell, text in sorted(sheet.marks.errors.items())
    ]


def _uncomputed(sheet: Sheet) -> list[Finding]:
    return [
        sheet.at(
            cell,
            sheet.finding(
                "cell-formula-without-value",
                "error",
                f"cell {address(cell)} holds a formula that was never computed, so it has no value",
                "Open the workbook in a spreadsheet program and save it; that computes it.",
            ),
        )
        for cell in sorted(sheet.marks.uncomputed)
    ]


def _hidden(sheet: Sheet) -> list[Finding]:
    findings = []
    remedy = "Show it and look at it, or delete it if it does not belong to the data."
    if sheet.hidden:
        findings.append(
            sheet.finding("sheet-hidden", "warning", "the sheet is hidden; it is read too", remedy)
        )
    last = len(sheet.grid)
    rows = [n for n in sheet.marks.hidden_rows if n <= last and any(sheet.grid[n - 1])]
    if rows:
        why = "a filter hides" if sheet.marks.filtered else "hidden:"
        findings.append(
            sheet.finding(
                "rows-hidden",
                "warning",
                f"{why} {counted(len(rows), 'row')}, which are read like the others: "
                f"{listed([str(n) for n in rows])}",
                remedy,
            )
        )
    columns = [
        column
        for first, final in sheet.marks.hidden_columns
        for column in range(first, min(final, len(sheet.grid[0])) + 1)
        if any(row[column - 1] for row in sheet.grid)
    ]
    if columns:
        findings.append(
            sheet.finding(
                "columns-hidden",
                "warning",
                f"hidden: {counted(len(columns), 'column')}, which are read like the others: "
                f"{listed([letters(c) for c in columns])}",
                remedy,
            )
        )
    return findings


def _merged(sheet: Sheet) -> list[Finding]:
    findings = []
    for first, last in sheet.marks.merged:
        if first[0] < sheet.first_record or first[0] > len(sheet.grid):
            continue
        if first[1] > len(sheet.grid[0]):
            continue
        where = f"{address(first)}:{address(last)}"
        findings.append(
            sheet.at(
                first,
                sheet.finding(
                    "cells-merged",
                    "error",
                    f"cells {where} are merged, so all but {address(first)} are blank",
                    "Unmerge them and fill in each, or declare fill_merged = true.",
                ),
            )
        )
    return findings


def _totals(sheet: Sheet) -> list[Finding]:
    records = [
        n for n, row in enumerate(sheet.grid, start=1) if n >= sheet.first_record and any(row)
    ]
    findings = []
    for number in records:
        row = sheet.grid[number - 1]
        first = next(cell for cell in row if cell)
        filled = sum(bool(cell) for cell in row)
        said = first.strip(" :").casefold() in _TOTAL_WORDS
        summed = sheet.marks.totals.get(number, 0)
        if said or (number == records[-1] and 2 * summed >= filled):
            findings.append(
                replace(
                    sheet.finding(
                        "row-of-totals",
                        "error",
                        f"row {number} looks like totals of the rows above and not like a record",
                        "Delete the row, or declare it as passed over.",
                    ),
                    row=number,
                )
            )
    return findings


def _second_table(sheet: Sheet) -> list[Finding]:
    """Below a blank row, a row of text alone that fills two cells or more, with rows under it."""
    findings = []
    grid = sheet.grid
    for number in range(sheet.first_record + 1, len(grid)):
        row, above, below = grid[number - 1], grid[number - 2], grid[number]
        if any(above) or not any(below) or sum(map(bool, row)) < 2:
            continue
        names = {name.casefold() for name in sheet.heading.names if name}
        again = sum(cell.casefold() in names for cell in row if cell)
        values = {c for r in grid[sheet.first_record - 1 : number - 2] for c in r if c}
        if again >= 2 or not any(cell in values or _has_digit(cell) for cell in row if cell):
            cell = (number, next(c for c, text in enumerate(row, start=1) if text))
            findings.append(
                replace(
                    sheet.finding(
                        "sheet-second-table",
                        "error",
                        f"a second table seems to begin at cell {address(cell)}",
                        "Put each table on a sheet of its own.",
                    ),
                    row=number,
                )
            )
    return findings


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _side_table(sheet: Sheet) -> list[Finding]:
    """Right of a blank column, columns that end in another row than those left of it."""
    records = sheet.grid[sheet.first_record - 1 :]
    depth = [
        max((n for n, row in enumerate(records, start=1) if row[c]), default=0)
        for c in range(len(sheet.grid[0]))
    ]
    used = [bool(name) or depth[c] > 0 for c, name in enumerate(sheet.heading.names)]
    findings = []
    for column in range(1, len(used) - 1):
        if used[column] or not used[column + 1] or not any(used[:column]):
            continue
        left = max(depth[:column])
        right = max(depth[column + 1 :])
        if right and left != right:
            cell = (sheet.heading.rows[0], column + 2)
            findings.append(
                replace(
                    sheet.finding(
                        "sheet-second-table",
                        "error",
                        f"a second table seems to begin at cell {address(cell)}, beside the first",
                        "Put each table on a sheet of its own.",
                    ),
                    row=cell[0],
                )
            )
    return findings


def _records(sheet: Sheet, cells: Iterable[Cell]) -> list[Cell]:
    """The cells that stand below the heading within the table, in order."""
    last, width = len(sheet.grid), len(sheet.grid[0])
    return sorted(c for c in cells if sheet.first_record <= c[0] <= last and c[1] <= width)


def _colours(sheet: Sheet) -> list[Finding]:
    """Colours that tell records apart: not those of whole columns, nor of every second row."""
    colours = {c: sheet.marks.colours[c] for c in _records(sheet, sheet.marks.colours)}
    rows = [n for n in range(sheet.first_record, len(sheet.grid) + 1) if any(sheet.grid[n - 1])]
    width = len(sheet.grid[0])
    filled = [c for c in range(1, width + 1) if any(sheet.grid[r - 1][c - 1] for r in rows)]
    whole_rows = [
        n
        for n in rows
        if len(filled) > 1
        and len({colours.get((n, c), "") for c in filled}) == 1
        and colours.get((n, filled[0]))
    ]
    findings = []
    if whole_rows and not _every_second(whole_rows, rows):
        findings.append(_coloured(sheet, counted(len(whole_rows), "coloured row"), whole_rows))
    left = [c for c in colours if c[0] not in set(whole_rows)]
    for column, number in sorted(Counter(c[1] for c in left).items()):
        shades = {colours.get((n, column), "") for n in rows}
        if len(shades) > 1:
            places = [c for c in left if c[1] == column]
            what = f"{counted(number, 'coloured cell')} in column {letters(column)}"
            findings.append(_coloured(sheet, what, [c[0] for c in places]))
    return findings


def _every_second(some: Sequence[int], rows: Sequence[int]) -> bool:
    order = {row: at for at, row in enumerate(rows)}
    places = [order[row] for row in some]
    steps = {b - a for a, b in pairwise(places)}
    return len(some) == len(rows) or (len(rows) > 3 and steps == {2})


def _coloured(sheet: Sheet, what: str, rows: Sequence[int]) -> Finding:
    return sheet.finding(
        "cells-coloured",
        "warning",
        f"cell colours carry no data; {what} ({rows_named(rows)})",
        "If a colour means something, write it in a column of its own.",
    )


def _struck(sheet: Sheet) -> list[Finding]:
    cells = [c for c in _records(sheet, sheet.marks.struck) if sheet.grid[c[0] - 1][c[1] - 1]]
    if not cells:
        return []
    return [
        sheet.finding(
            "cells-struck-out",
            "warning",
            f"{counted(len(cells), 'cell')} struck out, and read like the others: "
            f"{listed([address(c) for c in cells])}",
            "Delete what no longer holds.",
        )
    ]


def _comments(sheet: Sheet) -> list[Finding]:
    cells = sorted(set(sheet.marks.comments))
    if not cells:
        return []
    return [
        sheet.finding(
            "cells-commented",
            "warning",
            f"{counted(len(cells), 'cell')} with a comment, which is not read: "
            f"{listed([address(c) for c in cells])}",
            "Write what matters for the study in a column of its own.",
        )
    ]


def _percent(sheet: Sheet) -> list[Finding]:
    """Columns in which some numbers are shown as percent and others are not."""
    shown = set(sheet.marks.percent)
    findings = []
    for column in sorted({c[1] for c in _records(sheet, shown)}):
        rows = [
            n
            for n in range(sheet.first_record, len(sheet.grid) + 1)
            if _is_number(sheet.grid[n - 1][column - 1])
        ]
        plain = [n for n in rows if (n, column) not in shown]
        if plain and len(plain) < len(rows):
            findings.append(
                replace(
                    sheet.finding(
                        "column-partly-percent",
                        "warning",
                        f"{len(rows) - len(plain)} numbers of column {letters(column)} are shown "
                        "as percent and read as fractions (0.45 for 45%); "
                        f"{counted(len(plain), 'number')} in it are not: rows "
                        f"{listed([str(n) for n in plain])}",
                        "Give all numbers of the column the same format.",
                    ),
                    column=sheet.column_name(column),
                )
            )
    return findings


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
