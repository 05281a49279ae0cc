"""The key of a shared study: which new number is which patient, and each patient's shift.

It is kept apart from what is shared. A key that exists is used again, so that the next data cut
gives the same patients the same numbers.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sequela.findings import Finding, StudyError
from sequela.sharing.policy import LONGEST_SHIFT_DAYS

HEADING = ("patient_id", "shared_id", "shift_days")
_PREFIX = "R"


@dataclass(frozen=True, slots=True)
class Key:
    """New numbers and shifts in days by the patient's number; shifts are below zero."""

    numbers: Mapping[str, str]
    shifts: Mapping[str, int]


def extend_key(key: Key, patients: Iterable[str]) -> Key:
    """The key with new random numbers and shifts for patients that it does not have yet."""
    numbers, shifts = dict(key.numbers), dict(key.shifts)
    new = [patient for patient in dict.fromkeys(patients) if patient not in numbers]
    taken = set(numbers.values())
    digits = max(len(str(len(numbers) + len(new))) + 2, 4)
    chance = secrets.SystemRandom()
    for patient in new:
        while (number := f"{_PREFIX}{chance.randrange(10**digits):0{digits}d}") in taken:
            pass
        taken.add(number)
        numbers[patient] = number
        shifts[patient] = -chance.randint(1, LONGEST_SHIFT_DAYS)
    return Key(numbers, shifts)


def read_key(path: Path) -> Key:
    """The key in a file; an empty one where there is no file. StudyError when it is no key."""
    if not path.exists():
        return Key({}, {})
    try:
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
        if tuple(lines[0]) != HEADING:
            raise ValueError
        return Key(
            {old: new for old, new, _ in lines[1:]}, {old: int(s) for old, _, s in lines[1:]}
        )
    except (ValueError, IndexError) as error:
        raise StudyError([_no_key(path)]) from error


def _no_key(path: Path) -> Finding:
    return Finding(
        code="key-unreadable",
        severity="error",
        file=path.name,
        message="the file is no key of a shared study",
        remedy="Name the key that an earlier `sequela share` wrote, or a file that does not exist.",
    )


def write_key(key: Key, path: Path) -> None:
    """Write the key so that only its owner can read it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(HEADING)
    writer.writerows((old, new, key.shifts[old]) for old, new in sorted(key.numbers.items()))
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name(f".{path.name}.new")
    written.touch(mode=0o600)
    written.write_text(buffer.getvalue(), encoding="utf-8")
    written.replace(path)
