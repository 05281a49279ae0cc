"""Tables in web pages: what some hospital systems export under the name of a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser

from sequela.findings import Finding
from sequela.sources.delimited_bytes import decode
from sequela.sources.heading import Heading, check_heading
from sequela.sources.raw_table import RawTable, raw_table

_MOST_SPAN = 1_000
_BREAKS = {"br", "p", "div", "li"}


class _Tables(HTMLParser):
    """Collects the rows of each table; a table inside a cell is part of that cell's text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.depth = 0
        self.cell: list[str] | None = None
        self.span = 1
        self.unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.tables.append([])
        elif self.depth == 1 and tag == "tr":
            self._end_cell()
            self.tables[-1].append([])
        elif self.depth == 1 and tag in ("td", "th"):
            self._end_cell()
            if not self.tables[-1]:
                self.tables[-1].append([])
            self.cell = []
            span = dict(attrs).get("colspan") or "1"
            self.span = min(int(span), _MOST_SPAN) if span.isdecimal() and len(span) < 9 else 1
            self.unread += (dict(attrs).get("rowspan") or "1") != "1"
        elif tag in _BREAKS and self.cell is not None:
            self.cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            if self.depth == 1:
                self._end_cell()
            self.depth = max(0, self.depth - 1)
        elif self.depth == 1 and tag in ("td", "th", "tr"):
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)

    def _end_cell(self) -> None:
        if self.cell is not None:
            text = " ".join("".join(self.cell).split())
            self.tables[-1][-1] += [text] + [""] * (self.span - 1)
            self.cell = None


def read_html(file: str, data: bytes, encoding: str) -> tuple[list[RawTable], list[Finding]]:
    """The tables of a web page, numbered rows and all, and what is wrong with them."""
    decoded, findings = decode(file, data, encoding)
    if decoded is None:
        return [], findings
    parser = _Tables()
    parser.feed(decoded.text)
    parser.close()
    filled = [rows for rows in parser.tables if any(any(row) for row in rows)]
    findings.append(_is_html(file, len(filled)))
    if parser.unread:
        findings.append(_spans(file, parser.unread))
    tables = []
    for number, rows in enumerate(filled, start=1):
        table, problems = _table(file, f"table {number}" if len(filled) > 1 else "", rows)
        tables.append(table)
        findings += problems
    return tables, findings


def _table(file: str, sheet: str, rows: Sequence[Sequence[str]]) -> tuple[RawTable, list[Finding]]:
    numbered = [(number, row) for number, row in enumerate(rows, start=1) if any(row)]
    heading_row, heading = numbered[0]
    fitting, findings = [], []
    for number, row in numbered[1:]:
        # Rows in a web page may end early; cells that are not there are blank.
        if len(row) > len(heading):
            findings.append(_long(file, sheet, number, len(row), len(heading)))
        else:
            fitting.append((number, [*row, *[""] * (len(heading) - len(row))]))
    table = raw_table(file, heading, fitting, left_out=len(findings), sheet=sheet)
    names = Heading(file, table.header, heading_row, sheet)
    return table, check_heading(names, table.frame) + findings


def _long(file: str, sheet: str, row: int, cells: int, width: int) -> Finding:
    return Finding(
        code="row-ragged",
        severity="error",
        file=file,
        sheet=sheet,
        row=row,
        message=f"the row has {cells} cells where the heading has {width}",
        remedy="Save it as .xlsx in a spreadsheet program, and look at this row.",
    )


def _is_html(file: str, tables: int) -> Finding:
    return Finding(
        code="file-is-html" if tables else "file-empty",
        severity="warning" if tables else "error",
        file=file,
        message="the file is a web page "
        + ("and not a workbook; its tables are read" if tables else "without a table"),
        remedy="Look at the first rows; save it as .xlsx in a spreadsheet program if unsure.",
    )


def _spans(file: str, cells: int) -> Finding:
    return Finding(
        code="cells-merged",
        severity="error",
        file=file,
        message=f"{cells} cells span several rows, so cells below them stand in the wrong column",
        remedy="Save it as .xlsx in a spreadsheet program, unmerge the cells and fill them in.",
    )
