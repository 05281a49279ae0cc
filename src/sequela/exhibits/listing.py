"""Listings: one row a patient, each value as the chart knows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from sequela.display.numbers import format_known
from sequela.display.table import Align, Cell, Column, Line, Table
from sequela.exhibits.context import Context, ExhibitDefinition
from sequela.exhibits.levels import yes_no
from sequela.report.document import Block, TableBlock

REASONS = {
    "missing": "missing",
    "not_evaluable": "NE",
    "not_applicable": "n/a",
    "no common clock": "no common clock",
}


_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_DECIMALS = re.compile(r"\.(\d+)")


class Listing(ExhibitDefinition):
    """Columns of subjects, a line a patient, in the order of their numbers."""

    kind: Literal["listing"]
    columns: tuple[str, ...]


def show_listing(definition: Listing, context: Context) -> list[Block]:
    """The table; a null prints its reason, an interval its ends."""
    frame = context.subjects.within(definition.set)
    lines = [
        Line(
            (
                Cell(row["patient_id"], patient_id=row["patient_id"]),
                *(Cell(value_text(context, c, row)) for c in definition.columns),
            )
        )
        for row in frame.iter_rows(named=True)
    ]
    columns = [Column("Patient", width=0.7)]
    lines = _aligned(definition, context, lines)
    for name in definition.columns:
        info = context.subjects.columns[name]
        align: Align = "right" if info.kind == "number" else "left"
        label = info.label + context.unit_of(name)
        texts = [label, *(line.cells[len(columns)].text for line in lines)]
        columns.append(Column(label, align, _width(texts)))
    notes: tuple[str, ...] = (
        "n/a, not applicable; NE, not evaluable; > and <, bounds; 1–9, an interval.",
    )
    if definition.note:
        notes += (definition.note,)
    return [
        TableBlock(
            Table(
                definition.id,
                definition.title,
                tuple(columns),
                tuple(lines),
                notes,
                patient_level=True,
            )
        )
    ]


def _aligned(definition: Listing, context: Context, lines: list[Line]) -> list[Line]:
    """The lines with the same number of decimals all down a column of numbers."""
    for place, name in enumerate(definition.columns, start=1):
        if context.subjects.columns[name].kind == "number":
            texts = same_decimals([line.cells[place].text for line in lines])
            lines = [
                replace(line, cells=(*line.cells[:place], Cell(text), *line.cells[place + 1 :]))
                for line, text in zip(lines, texts, strict=True)
            ]
    return lines


def same_decimals(texts: Sequence[str]) -> list[str]:
    """Numbers, and bounds such as `>90`, filled up with zeros to the most decimals of them all.

    Beyond two decimals the numbers are of different sizes, and are left as they are.
    """
    most = max((len(part) for text in texts for part in _DECIMALS.findall(text)), default=0)
    if most not in (1, 2):
        return list(texts)
    return [_NUMBER.sub(lambda found: _filled(found[0], most), text) for text in texts]


def _filled(number: str, decimals: int) -> str:
    whole, _, part = number.partition(".")
    return f"{whole}.{part.ljust(decimals, '0')}"


def _width(texts: list[str]) -> float:
    """The share of the width: room for the longest word, and more where cells are long."""
    word = max(len(word) for text in texts for word in text.split() or [""])
    cell = max((len(text) for text in texts[1:]), default=0)
    return max(word / 9, min(cell / 12, 2.0), 0.5)


def value_text(context: Context, column: str, row: dict[str, Any]) -> str:
    """A patient's value in words: number, interval, category, or the reason why there is none."""
    why = row.get(f"{column}__why")
    if why in REASONS:
        return REASONS[why]
    if context.subjects.columns[column].kind == "number":
        return format_known(row[f"{column}__low"], row[f"{column}__high"])
    value = row[column]
    if value is None:
        return ""
    # What ended an endpoint is the name of a moment, as the study file writes it.
    of_endpoint = column.endswith(("_ended_by", "_cause"))
    return yes_no(value).replace("_", " ") if of_endpoint else yes_no(value)
