"""The proof that no identifier of the source stands in what is shared.

Everything that may identify is collected from the source (numbers of patients and samples, dates,
notes, the cells of columns that a source flags as identifying, sites under Safe Harbor) and sought
in every cell that is shared, as a whole cell, as a word of one, and where it has several words as
a part of one. A number of fewer than five digits would be found among measurements by chance; it
is sought among the numbers of patients and samples only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from sequela.chart import schema
from sequela.chart.chart import Chart
from sequela.chart.identifying import looks_identifying
from sequela.chart.time import CALENDAR
from sequela.sharing.policy import Policy

_SHORT = re.compile(r"^\d{1,4}$")
_WORD = re.compile(r"[^\s,;:()\[\]\"'=]+")
_FULL_DATE = re.compile(r"\b\d{4}-\d{2}(?:-\d{2})?\b")


@dataclass(frozen=True, slots=True)
class Proof:
    """How many identifiers of each kind were sought, and where any was found: kind and place."""

    sought: Mapping[str, int]
    found: tuple[tuple[str, str], ...]


def prove(
    chart: Chart,
    shared: Mapping[str, pl.DataFrame],
    texts: Mapping[str, str],
    policy: Policy,
    *,
    sites: Iterable[str],
) -> Proof:
    """Seek every identifier of `chart` in the shared tables and in further files (`texts`)."""
    sought = _identifiers(chart, policy, sites)
    found: list[tuple[str, str]] = []
    for table, frame in shared.items():
        for column in frame.columns:
            numbers = column in ("patient_id", "specimen")
            cells = set(frame[column].drop_nulls().unique().to_list())
            for kind, values in sought.items():
                if _meets(cells, values, numbers=numbers):
                    found.append((kind, f"{table}.csv, column {column}"))
    for file, text in texts.items():
        found += [(kind, file) for kind, v in sought.items() if _meets({text}, v, numbers=False)]
    if policy in ("safe-harbor", "days"):
        found += [("dates", place) for place in _with_dates(shared)]
    return Proof({kind: len(values) for kind, values in sought.items()}, tuple(found))


def _identifiers(chart: Chart, policy: Policy, sites: Iterable[str]) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {
        "patient numbers": _texts(chart["patients"], "patient_id"),
        "sample numbers": set(),
        "notes": set(),
        "flagged columns of the sources": set(),
        "texts that look identifying": set(),
    }
    if policy == "safe-harbor":
        kinds["sites"] = set(sites)
    if policy in ("safe-harbor", "days"):
        kinds["dates"] = set()
    for table in schema.TABLES:
        frame = chart[table.name]
        for column in table.columns:
            if column.name == "specimen":
                kinds["sample numbers"] |= _texts(frame, "specimen")
            elif column.name == "note":
                kinds["notes"] |= _texts(frame, "note")
            elif column.kind == "moment" and "dates" in kinds:
                exact = (pl.col(f"{column.name}__clock") == CALENDAR) & (
                    pl.col(column.name).str.len_chars() > 4
                )
                kinds["dates"] |= _texts(frame.filter(exact), column.name)
            elif column.kind == "text":
                tells = frame.filter(looks_identifying(pl.col(column.name)))
                kinds["texts that look identifying"] |= _texts(tells, column.name)
    for source in chart.sources:
        for name, notes in source.notes.items():
            if notes.identifier and name in source.header:
                kinds["flagged columns of the sources"] |= set(source.column(name).drop_nulls())
    return kinds


def _texts(frame: pl.DataFrame, column: str) -> set[str]:
    return set(frame[column].drop_nulls().unique().to_list())


def _meets(cells: set[str], sought: set[str], *, numbers: bool) -> bool:
    """Whether any of the sought stands in the cells: as one, as a word of one, or within one."""
    wanted = {text for text in sought if numbers or not _SHORT.match(text)}
    if not wanted:
        return False
    if wanted & cells or wanted & {word for cell in cells for word in _WORD.findall(cell)}:
        return True
    phrases = [text for text in wanted if " " in text]
    if not phrases or not cells:
        return False
    return bool(pl.Series(list(cells)).str.contains_any(phrases).any())


def _with_dates(shared: Mapping[str, pl.DataFrame]) -> Iterable[str]:
    """The columns in which any cell has a date to the month or the day."""
    for table, frame in shared.items():
        for column in frame.columns:
            if frame[column].str.contains(_FULL_DATE.pattern).any():
                yield f"{table}.csv, column {column}"
