"""Small workbooks for tests, in memory, and what is read from them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sequela.findings import Finding
from sequela.sources.options import SourceOptions, WorkbookOptions
from sequela.sources.source import Source, parse_source


def saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def made(fill: Callable[[Worksheet], None]) -> bytes:
    """A workbook of one sheet `Chart` that a function fills."""
    book = Workbook()
    book.active.title = "Chart"
    fill(book.active)
    return saved(book)


def of_rows(*rows: tuple[object, ...]) -> bytes:
    def fill(sheet: Worksheet) -> None:
        for row in rows:
            sheet.append(row)

    return made(fill)


def read(data: bytes, name: str = "chart.xlsx", **options: object) -> Source:
    return parse_source(name, data, SourceOptions(workbook=WorkbookOptions(**options)))


def found(source: Source, code: str) -> list[Finding]:
    return [finding for finding in source.findings if finding.code == code]


def with_part(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The archive with one part rewritten, or added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            new.writestr(member, change(content) if member == name else content)
        if name not in old.namelist():
            new.writestr(name, change(b""))
    return buffer.getvalue()
