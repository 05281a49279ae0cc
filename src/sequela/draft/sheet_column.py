"""A column of a sheet as a draft looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field

from sequela.draft.look import ColumnLook
from sequela.draft.names import Name
from sequela.sources.raw_table import ColumnNotes


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet, looked at: its place, its name taken apart, what stands in it.

    `notes` are what the source itself says of it, such as the labels of a REDCap project.
    """

    place: int
    letter: str
    name: Name
    look: ColumnLook
    notes: ColumnNotes = field(default_factory=ColumnNotes)
