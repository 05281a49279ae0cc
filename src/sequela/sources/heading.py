"""Complaints about the names of columns, the same for every form of source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from sequela.findings import Finding


@dataclass(frozen=True, slots=True)
class Heading:
    """The names of a table's columns and where they stand.

    `place_of` says how a spreadsheet program calls a position: `column 3`, or `column C`.
    """

    file: str
    names: tuple[str, ...]
    row: int = 1
    sheet: str = ""
    place_of: Callable[[int], str] = lambda position: f"column {position + 1}"


def check_heading(heading: Heading, frame: pl.DataFrame) -> list[Finding]:
    """What is wrong with the names: none, one twice, or two that differ by case or space alone.

    A column without a name and without a single filled cell is passed over in silence.
    """
    blank = {
        place
        for place, name in enumerate(heading.names)
        if not name and frame[str(place)].null_count() == frame.height
    }
    findings = [
        _nameless(heading, place)
        for place, name in enumerate(heading.names)
        if not name and place not in blank
    ]
    return findings + _twice(heading) + _nearly_twice(heading)


def _nameless(heading: Heading, place: int) -> Finding:
    return Finding(
        code="column-without-name",
        severity="error",
        file=heading.file,
        sheet=heading.sheet,
        row=heading.row,
        message=f"{heading.place_of(place)} has no name",
        remedy="Name it in the heading, or delete the column.",
    )


def _twice(heading: Heading) -> list[Finding]:
    return [
        Finding(
            code="column-twice",
            severity="error",
            file=heading.file,
            sheet=heading.sheet,
            row=heading.row,
            column=name,
            message=f"column '{name}' stands twice in the heading: "
            f"{heading.place_of(places[0])} and {heading.place_of(place)}",
            remedy="Keep one of the two, or rename one.",
        )
        for name, places in _groups(heading.names, lambda name: name)
        for place in places[1:]
    ]


def _nearly_twice(heading: Heading) -> list[Finding]:
    findings = []
    for _, places in _groups(heading.names, lambda name: "".join(name.casefold().split())):
        first = heading.names[places[0]]
        for place in places[1:]:
            name = heading.names[place]
            if name in heading.names[:place]:
                continue
            findings.append(
                Finding(
                    code="column-nearly-twice",
                    severity="error",
                    file=heading.file,
                    sheet=heading.sheet,
                    row=heading.row,
                    column=name,
                    message=f"columns '{first}' ({heading.place_of(places[0])}) and '{name}' "
                    f"({heading.place_of(place)}) differ by case or space alone",
                    remedy="Rename one so that no one confuses them, or delete it.",
                )
            )
    return findings


def _groups(names: Sequence[str], key: Callable[[str], str]) -> Iterable[tuple[str, list[int]]]:
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        if name:
            places.setdefault(key(name), []).append(place)
    return ((name, where) for name, where in places.items() if len(where) > 1)
