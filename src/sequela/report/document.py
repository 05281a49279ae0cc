"""A report as an ordered list of blocks; the writers of HTML, Word and PDF read the same list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sequela.display.table import Table


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text. `row_ids` are the result rows whose number it prints."""

    text: str
    row_ids: tuple[str, ...] = ()
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is a section of the report."""

    text: str
    level: int
    id: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of runs. `kind` sets it as body text, as a warning or as a small note."""

    runs: tuple[Run, ...]
    kind: str = "body"


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table in its place."""

    table: Table


@dataclass(frozen=True, slots=True)
class FigureBlock:
    """A figure in its three forms. `alternative` says in words what the picture shows."""

    id: str
    title: str
    legend: tuple[Run, ...]
    svg: bytes
    pdf: bytes
    png: bytes
    width_cm: float
    alternative: str
    patient_level: bool = False


Block = Heading | Paragraph | TableBlock | FigureBlock


@dataclass(frozen=True, slots=True)
class Document:
    """A report: title, a line under it, blocks in reading order."""

    title: str
    subtitle: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class RowDetail:
    """What the report says of a number when it is opened.

    `patients` are those counted, `others` those of set and group that are not (with the
    reason each: `missing`, `not_evaluable`, `not_applicable`, or `not this level`).
    Both are empty in an aggregate report.
    """

    label: str
    method: str
    value: str
    patients: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One dated or undated chart row of a patient; `clock` heads the list it stands in."""

    clock: str
    when: str
    what: str
    source: str


@dataclass(frozen=True, slots=True)
class PatientPage:
    """One patient: derived values with how each came about, the timeline, the source rows."""

    patient_id: str
    facts: tuple[tuple[str, str, str], ...]
    timeline: tuple[TimelineEntry, ...]
    sources: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A document together with what its numbers open onto; `pages` is empty when aggregate."""

    document: Document
    details: Mapping[str, RowDetail] = field(default_factory=dict)
    pages: tuple[PatientPage, ...] = ()
