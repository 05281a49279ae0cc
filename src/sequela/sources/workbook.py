"""Workbooks of spreadsheet programs: values of every sheet as text, and what stands beside.

The values come from calamine, which knows dates and their two calendars (1900 and 1904). All
else comes from the sheets' own XML (`workbook_sheet`). Nothing is computed, no macro is run
and no link followed. calamine is given a copy that holds only the parts that were looked at,
each as long as the archive says it is.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sequela.findings import Finding, has_errors
from sequela.sources.archive import open_archive, read_member
from sequela.sources.cell_faults import check_cells
from sequela.sources.delimited_bytes import ODD
from sequela.sources.guard import guarded
from sequela.sources.heading import Heading, check_heading
from sequela.sources.options import WorkbookOptions
from sequela.sources.raw_table import RawTable, raw_table
from sequela.sources.wording import counted
from sequela.sources.workbook_binary import binary_extents
from sequela.sources.workbook_dates import check_dates
from sequela.sources.workbook_findings import Sheet, check_sheet
from sequela.sources.workbook_heading import find_heading
from sequela.sources.workbook_parts import BROKEN_XML, read_styles, sheet_parts, text_lengths
from sequela.sources.workbook_sheet import SheetMarks, letters, read_marks
from sequela.sources.workbook_values import text_of

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_NEEDED = (
    "xl/workbook.",
    "xl/_rels/",
    "xl/worksheets/",
    "xl/sharedStrings.",
    "xl/styles.",
    "[Content_Types].xml",
    "_rels/",
)
_WHOLE_FORMS = ("xlsx", "xlsm")


def read_workbook(
    file: str, data: bytes, form: str, options: WorkbookOptions | None = None
) -> tuple[list[RawTable], list[Finding]]:
    """A table a sheet that has cells, and every complaint; `form` is xlsx, xlsm, xlsb or xls."""
    options = options or WorkbookOptions()
    marks: dict[str, SheetMarks] = {}
    findings: list[Finding] = []
    if form != "xls":
        archive, findings = open_archive(file, data)
        if archive is None:
            return [], findings
        findings += _beside(file, archive, form)
        if form in _WHOLE_FORMS:
            try:
                marks, problems = _marks(file, archive)
            except BROKEN_XML:
                return [], [*findings, _broken(file)]
            if problems:
                return [], findings + problems
        else:
            findings += [_too_large(file, "", why) for why in binary_extents(archive)]
            if has_errors(findings):
                return [], findings
        copy = _copy(archive)
        if copy is None:
            return [], [*findings, _broken(file)]
        data = copy
    if form not in _WHOLE_FORMS:
        findings.append(_values_only(file, form))
    book, problems = _open(file, data)
    findings += problems
    if book is None:
        return [], findings
    tables, problems = _tables(file, book, marks, options)
    return tables, findings + problems


def _beside(file: str, archive: zipfile.ZipFile, form: str) -> list[Finding]:
    names = archive.NameToInfo
    findings = []
    if any(name.endswith("vbaProject.bin") for name in names):
        findings.append(
            _warning(file, "workbook-macros", "the workbook holds macros; only its values are read")
        )
    if any(name.startswith("xl/externalLinks/") for name in names):
        findings.append(
            _warning(
                file,
                "workbook-links",
                "formulas of the workbook point to other workbooks; the values last saved are "
                "read, and no link is followed",
            )
        )
    return findings


def _warning(file: str, code: str, message: str) -> Finding:
    return Finding(
        code=code,
        severity="warning",
        file=file,
        message=message,
        remedy="Save a copy that holds values only if that is not wanted.",
    )


def _values_only(file: str, form: str) -> Finding:
    return Finding(
        code="workbook-values-only",
        severity="warning",
        file=file,
        message=f"of a workbook in the form .{form} only the values are read; error cells, "
        "formulas never computed, and what is hidden, merged or coloured are not seen",
        remedy="Save it as .xlsx to have all of it checked.",
    )


def _broken(file: str) -> Finding:
    return Finding(
        code="file-damaged",
        severity="error",
        file=file,
        message="the workbook is damaged, or holds what a workbook must not: a part of it cannot "
        "be read",
        remedy="Open it in a spreadsheet program and save it anew as .xlsx.",
    )


def _marks(file: str, archive: zipfile.ZipFile) -> tuple[dict[str, SheetMarks], list[Finding]]:
    styles, lengths = read_styles(archive), text_lengths(archive)
    marks, findings = {}, []
    for name, part in sheet_parts(archive).items():
        marks[name] = read_marks(archive, part, styles, lengths)
        if why := marks[name].too_large:
            findings.append(_too_large(file, name, why))
    return marks, findings


def _too_large(file: str, sheet: str, why: str) -> Finding:
    return Finding(
        code="sheet-too-large",
        severity="error",
        file=file,
        sheet=sheet,
        message=f"the sheet was not read: {why}",
        remedy="Delete what stands far off the table, and save the workbook anew.",
    )


def _copy(archive: zipfile.ZipFile) -> bytes | None:
    """The parts that values need, as an archive of their own."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as copy:
        for name in archive.NameToInfo:
            if name.startswith(_NEEDED):
                if (part := read_member(archive, name)) is None:
                    return None
                copy.writestr(zipfile.ZipInfo(name), part)
    return buffer.getvalue()


def _open(file: str, data: bytes) -> tuple[CalamineWorkbook | None, list[Finding]]:
    from python_calamine import CalamineWorkbook

    try:
        return guarded(CalamineWorkbook.from_filelike, io.BytesIO(data)), []
    except ValueError as error:
        if "PasswordError" in str(error):
            return None, [password(file)]
        return None, [_broken(file)]


def password(file: str) -> Finding:
    """The finding for a workbook that is protected by a password."""
    return Finding(
        code="file-password",
        severity="error",
        file=file,
        message="the workbook is protected by a password",
        remedy="Save a copy without the password, in a place where the data may stay.",
    )


def _tables(
    file: str, book: CalamineWorkbook, marks: dict[str, SheetMarks], options: WorkbookOptions
) -> tuple[list[RawTable], list[Finding]]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    tables, findings = [], []
    wanted = set(options.sheets)
    names = [s.name for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
    findings += [_no_sheet(file, name, names) for name in options.sheets if name not in names]
    for about in book.sheets_metadata:
        if about.name not in names or (wanted and about.name not in wanted):
            continue
        try:
            values = guarded(
                lambda name=about.name: book.get_sheet_by_name(name).to_python(
                    skip_empty_area=False
                )
            )
        except ValueError:
            findings.append(replace(_broken(file), sheet=about.name))
            continue
        hidden = about.visible != SheetVisibleEnum.Visible
        own = marks.get(about.name, SheetMarks())
        table, problems = _table(file, about.name, values, own, options, hidden=hidden)
        findings += problems
        if table is not None:
            tables.append(table)
    return tables, findings


def _no_sheet(file: str, name: str, known: Sequence[str]) -> Finding:
    from sequela.findings import did_you_mean

    return Finding(
        code="sheet-unknown",
        severity="error",
        file=file,
        sheet=name,
        message=f"the workbook has no sheet '{name}'",
        remedy=did_you_mean(name, known),
    )


def _table(
    file: str,
    name: str,
    values: Sequence[Sequence[Any]],
    marks: SheetMarks,
    options: WorkbookOptions,
    *,
    hidden: bool,
) -> tuple[RawTable | None, list[Finding]]:
    grid, typed = _grid(values, marks)
    if not any(map(any, grid)):
        return None, []
    heading = find_heading(grid, typed, marks.merged, options.heading_rows.get(name, ()))
    sheet = Sheet(file, name, grid, marks, heading, hidden)
    findings = check_sheet(sheet) + check_dates(sheet, values)
    if options.fill_merged:
        findings = [f for f in findings if f.code != "cells-merged"]
        _fill(grid, marks, sheet.first_record)
    skipped = set(options.passed_over.get(name, ()))
    findings = [f for f in findings if f.row not in skipped or f.row is None]
    used = [c for c in range(len(grid[0])) if heading.names[c] or any(r[c] for r in grid)]
    inside = range(used[0], used[-1] + 1)
    rows = [
        (number, [row[c] for c in inside])
        for number, row in enumerate(grid, start=1)
        if number >= sheet.first_record and any(row) and number not in skipped
    ]
    if passed := [n for n in sorted(skipped) if 0 < n <= len(grid)]:
        findings.append(_passed_over(sheet, len(passed)))
    table = raw_table(
        file, [heading.names[c] for c in inside], rows, left_out=len(passed), sheet=name
    )
    table = replace(table, first_column=used[0], heading_rows=heading.rows)
    return table, findings + _names(sheet, table, used[0])


def _passed_over(sheet: Sheet, rows: int) -> Finding:
    return sheet.finding(
        "rows-passed-over",
        "note",
        f"{counted(rows, 'row')} passed over, as declared",
        "Nothing is to be done.",
    )


def _names(sheet: Sheet, table: RawTable, left: int) -> list[Finding]:
    heading = Heading(
        sheet.file,
        table.header,
        sheet.heading.rows[-1],
        sheet.name,
        lambda place: f"column {letters(left + place + 1)}",
    )
    findings = check_heading(heading, table.frame)
    if any(ODD.search(cell) for row in sheet.grid for cell in row):
        findings += check_cells(table, sheet.heading.rows[-1])
    return findings


def _grid(
    values: Sequence[Sequence[Any]], marks: SheetMarks
) -> tuple[list[list[str]], frozenset[tuple[int, int]]]:
    """The cells as text, errors said as they show, and which of them were no text."""
    width = max(map(len, values), default=0)
    grid = [[text_of(cell).strip() for cell in row] + [""] * (width - len(row)) for row in values]
    for (row, column), error in marks.errors.items():
        if row <= len(grid) and column <= width:
            grid[row - 1][column - 1] = error
    for (row, column), digits in marks.padded.items():
        if row <= len(grid) and column <= width and grid[row - 1][column - 1].isdecimal():
            grid[row - 1][column - 1] = grid[row - 1][column - 1].zfill(digits)
    typed = frozenset(
        (r, c)
        for r, row in enumerate(values, start=1)
        for c, cell in enumerate(row, start=1)
        if not isinstance(cell, str)
    )
    return grid, typed


def _fill(grid: list[list[str]], marks: SheetMarks, first_record: int) -> None:
    for (top, left), (bottom, right) in marks.merged:
        if top < first_record or top > len(grid) or left > len(grid[0]):
            continue
        text = grid[top - 1][left - 1]
        for row in range(top, min(bottom, len(grid)) + 1):
            for column in range(left, min(right, len(grid[0])) + 1):
                grid[row - 1][column - 1] = text
