"""Gene names that a spreadsheet program turned into dates: `1-Mar` was MARCH1.

The gene names of the MARCH, SEPT and DEC families, and a few more, read as dates to a
spreadsheet program (Ziemann, Eren and El-Osta, Genome Biology 2016;17:177). The HUGO Gene
Nomenclature Committee renamed them in 2020 (Bruford et al., Nature Genetics 2020;52:754):
MARCH to MARCHF, SEPT to SEPTIN, DEC1 to DELEC1. A cell counts as such a case only in a column
of genes: one whose name says so, or most of whose other cells look like gene names.
"""

from __future__ import annotations

import re

import polars as pl

from sequela.findings import Finding
from sequela.sources.raw_table import ROW, RawTable

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# By month, the family that its name is taken for, and the numbers that the family has.
_FAMILIES: dict[int, tuple[str, str, range]] = {
    3: ("MARCHF", "MARCH", range(1, 12)),
    9: ("SEPTIN", "SEPT", range(1, 15)),
    12: ("DELEC", "DEC", range(1, 2)),
}
_NAMES = "(?:" + "|".join(_MONTHS) + ")[a-z]{0,6}"
# `1-Mar`, `1-Mar-24`, `Mar-01`, `2024-03-01`; a gene such as `DEC1` or `OCT-4` is none of these.
_DATE = (
    rf"(?i)^(?:\d{{1,2}}[-/. ]?{_NAMES}(?:[-/. ]\d{{2,4}})?"
    rf"|{_NAMES}[-/. ]\d{{2}}|\d{{4}}-\d{{2}}-\d{{2}})$"
)
_SYMBOL = r"^(?:[A-Z][A-Z0-9]{1,8}(?:-[A-Z0-9]{1,4})?|C\d{1,2}orf\d{1,3})$"
_OF_GENES = re.compile(r"(^|[^a-z])(gene|genes|symbol|hugo|hgnc)([^a-z]|$)", re.IGNORECASE)
_SAMPLE = 2_000


def check_genes(table: RawTable) -> list[Finding]:
    """A finding a cell in a column of genes that looks like a date, with the likely gene."""
    findings = []
    for place, name in enumerate(table.header):
        column = str(place)
        if not _is_of_genes(name, table.frame[column]):
            continue
        dates = table.frame.filter(pl.col(column).str.contains(_DATE))
        for row, text in dates.select(ROW, column).iter_rows():
            if (month_and_day := _month_and_day(text)) is not None:
                findings.append(_finding(table, name, row, text, *month_and_day))
    return findings


def _is_of_genes(name: str, cells: pl.Series) -> bool:
    if _OF_GENES.search(name.replace("_", " ")):
        return True
    some = cells.drop_nulls().head(_SAMPLE)
    dates = some.str.contains(_DATE)
    others = some.filter(~dates)
    if not dates.any() or others.len() < 3:
        return False
    # Codes such as `CR` and months such as `MAR` are short; most genes have a digit.
    genes = others.str.contains(_SYMBOL)
    digits = others.str.contains(r"\d")
    return 4 * int(genes.sum()) >= 3 * others.len() and 2 * int(digits.sum()) >= others.len()


def _month_and_day(text: str) -> tuple[int, int] | None:
    lowered = text.lower()
    if iso := re.fullmatch(r"\d{4}-(\d{2})-(\d{2})", lowered):
        return int(iso[1]), int(iso[2])
    letters = re.search(r"[a-z]{3}", lowered)
    number = re.search(r"\d{1,2}", lowered)
    if letters is None or number is None or letters[0] not in _MONTHS:
        return None
    return _MONTHS.index(letters[0]) + 1, int(number[0])


def _finding(table: RawTable, name: str, row: int, text: str, month: int, day: int) -> Finding:
    family = _FAMILIES.get(month)
    likely = (
        f"; it was likely {family[0]}{day} ({family[1]}{day})"
        if family and day in family[2]
        else ""
    )
    return Finding(
        code="cell-gene-as-date",
        severity="error",
        file=table.file,
        sheet=table.sheet,
        row=row,
        column=name,
        value=text,
        message="the cell holds a date where a gene belongs: a spreadsheet program turns some "
        f"gene names into dates{likely}",
        remedy="Look the gene up in the report, and type it in a cell formatted as text.",
    )
