"""What separates the cells of a text file, found by a rule that can be said in a sentence.

Of comma, tab, semicolon and bar, the one is taken that splits the heading into at least two
cells and the most of the rows after it into as many cells as the heading; of two equals, the
one that makes more cells, then the order just given. Where none splits the heading there is
one column, and the comma is taken. The rule looks at the first 64,000 characters and at 200
rows at most. A first line `sep=;`, which spreadsheet programs write and obey, decides at once.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from sequela.findings import Finding

CANDIDATES = (",", "\t", ";", "|")
NAMES = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
SAMPLE = 64_000
_ROWS = 200
_TOLD = re.compile(r"^\s*\"?sep=(.)\"?\s*$")


@dataclass(frozen=True, slots=True)
class Delimiter:
    """The character that separates cells, and what speaks for it.

    `told` is true where the first line says so; that line is then no heading.
    """

    character: str
    cells: int = 0
    rows: int = 0
    agreeing: int = 0
    told: bool = False
    declared: bool = False

    @property
    def spoken(self) -> str:
        """The delimiter in the plural, as a person would say it."""
        return NAMES.get(self.character, f"the character '{self.character}'")


def find_delimiter(sample: str, declared: str = "") -> Delimiter:
    """The delimiter of a file that begins with `sample`."""
    first, _, rest = sample.lstrip("\ufeff").partition("\n")
    if told := _TOLD.match(first):
        return Delimiter(told[1], *_count(rest, told[1]), told=True)
    if declared:
        return Delimiter(declared, *_count(sample, declared), declared=True)
    counts = {character: _count(sample, character) for character in CANDIDATES}
    splitting = [c for c in CANDIDATES if counts[c][0] > 1]
    if not splitting:
        return Delimiter(",", *counts[","])

    def support(character: str) -> tuple[float, int]:
        cells, rows, agreeing = counts[character]
        return (agreeing / rows if rows else 1.0, cells)

    best = max(splitting, key=support)  # the first of equals
    return Delimiter(best, *counts[best])


def _count(sample: str, delimiter: str) -> tuple[int, int, int]:
    """Cells in the heading, rows looked at after it, and how many of these have as many cells."""
    rows: list[int] = []
    whole = len(sample) < SAMPLE
    try:
        for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in cells):
                rows.append(len(cells))
            if len(rows) > _ROWS:
                break
        else:
            # the last row of a sample may have been cut
            rows = rows if whole or len(rows) < 2 else rows[:-1]
    except (csv.Error, ValueError, TypeError):
        pass
    if not rows:
        return 0, 0, 0
    return rows[0], len(rows) - 1, rows[1:].count(rows[0])


def delimiter_findings(file: str, delimiter: Delimiter, sample: str) -> list[Finding]:
    """What is to be said about a delimiter that is no comma, or that splits nothing."""
    if delimiter.declared:
        other = find_delimiter(sample)
        if delimiter.cells > 1 or other.cells < 2:
            return []
        return [
            Finding(
                code="file-delimiter-splits-nothing",
                severity="error",
                file=file,
                row=1,
                message=f"{delimiter.spoken} are declared to separate cells, and the heading "
                f"has none; {other.spoken} would give {other.cells} cells",
                remedy="Declare that delimiter, or leave it out of the options.",
            )
        ]
    if delimiter.character == ",":
        return []
    evidence = (
        "its first line says so"
        if delimiter.told
        else f"they split the heading and {delimiter.agreeing} of the {delimiter.rows} rows "
        f"looked at into {delimiter.cells} cells"
    )
    return [
        Finding(
            code="file-delimiter-found",
            severity="note",
            file=file,
            message=f"cells are taken to be separated by {delimiter.spoken}: {evidence}",
            remedy="If that is wrong, declare the delimiter.",
        )
    ]
