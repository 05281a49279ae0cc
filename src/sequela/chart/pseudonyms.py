"""Study numbers for patients whom a sheet knows by a record number, kept in a file of their own.

The file pairs record numbers with study numbers and is the key to who the patients are: it belongs
where the sheet is, not where the study goes. A pair is never changed, so a row that is added or
moved in the sheet gives nobody another number.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from sequela.findings import Finding, StudyError

HEADING = ("record_number", "patient_id")
_LETTER = "P"
_DIGITS = 3


def extend_numbers(numbers: Mapping[str, str], records: Iterable[str]) -> dict[str, str]:
    """The numbers with one more for each new record, in their order: P001, P002, ..."""
    done = dict(numbers)
    taken = [int(n[1:]) for n in done.values() if n[:1] == _LETTER and n[1:].isdecimal()]
    last = max(taken, default=0)
    for record in records:
        if record not in done:
            last += 1
            done[record] = f"{_LETTER}{last:0{_DIGITS}d}"
    return done


def read_numbers(path: Path) -> dict[str, str]:
    """Study numbers by record number; none where there is no file. StudyError if it is no such."""
    if not path.exists():
        return {}
    try:
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        pairs = [(record.strip(), number.strip()) for record, number in filter(None, lines[1:])]
        numbers = dict(pairs)
        if tuple(lines[0]) != HEADING or len(set(numbers.values())) < len(pairs):
            raise ValueError
    except (ValueError, IndexError) as error:
        raise StudyError([_unreadable(path)]) from error
    return numbers


def _unreadable(path: Path) -> Finding:
    return Finding(
        code="numbers-unreadable",
        severity="error",
        file=path.name,
        message="the file does not pair each record number with a study number of its own",
        remedy=f"It needs the columns {' and '.join(HEADING)}, and no number twice. Restore it "
        "from a copy: another file would give the patients other numbers.",
    )


def numbers_bytes(numbers: Mapping[str, str]) -> bytes:
    """The file of the numbers."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(HEADING)
    writer.writerows(numbers.items())
    return buffer.getvalue().encode("utf-8")


def write_numbers(path: Path, numbers: Mapping[str, str]) -> None:
    """Write the numbers so that only their owner can read them; whole or not at all."""
    written = path.with_name(f".{path.name}.new")
    written.touch(mode=0o600)
    written.write_bytes(numbers_bytes(numbers))
    written.replace(path)
