"""How far the sheets of a binary .xlsb workbook reach, found before their values are read.

The reader of values makes room for every cell up to the last one, so a single cell far off
would take more memory than there is. A sheet is a run of records: a number, a length, and so
many bytes ([MS-XLSB] 2.1.4); record 0 begins a row, records 1 to 11 are its cells.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

from sequela.sources.archive import read_member
from sequela.sources.workbook_sheet import MOST_CELLS, address

_ROW = 0
_CELLS = range(1, 12)


def binary_extents(archive: zipfile.ZipFile) -> list[str]:
    """Why sheets of the workbook cannot be read with a machine's memory; empty when they can."""
    found = []
    for name in archive.NameToInfo:
        if name.startswith("xl/worksheets/") and name.endswith(".bin"):
            rows, columns = _extent(read_member(archive, name) or b"")
            if rows * columns > MOST_CELLS:
                found.append(f"it reaches to cell {address((rows, columns))}")
    return found


def _extent(data: bytes) -> tuple[int, int]:
    row = rows = columns = 0
    for kind, at, size in _records(data):
        if size < 4:
            continue
        number = int.from_bytes(data[at : at + 4], "little") + 1
        if kind == _ROW:
            row = number
        elif kind in _CELLS:
            rows, columns = max(rows, row), max(columns, number)
    return rows, columns


def _records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The number of each record, where its bytes begin, and how many there are."""
    at = 0
    while at < len(data):
        kind, at = _number(data, at, 2)
        size, at = _number(data, at, 4)
        yield kind, at, size
        at += size


def _number(data: bytes, at: int, most: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first, and where it ends."""
    number = 0
    for place in range(most):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            break
    return number, at
