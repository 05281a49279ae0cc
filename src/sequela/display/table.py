"""A table ready to be written: cells of text that know which result row they show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Align = Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `row_ids` are the result rows it shows; `patient_id` the patient it is about."""

    text: str
    row_ids: tuple[str, ...] = ()
    patient_id: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, how it is set, and its share of the width."""

    label: str
    align: Align = "left"
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the body. A `heading` line names what the indented lines below it are."""

    cells: tuple[Cell, ...]
    indent: int = 0
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A whole table: the title stands above it, the notes below it, in order."""

    id: str
    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    patient_level: bool = False
