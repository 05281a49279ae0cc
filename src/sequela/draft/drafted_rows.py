"""Chart rows of a mapping while they are drafted: cells, rows, and all of a sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class DraftCell:
    """A chart column of a drafted row: the rule, and what a reader should know of it."""

    rule: dict[str, Any]
    remarks: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)


@dataclass
class DraftRows:
    """Chart rows of a draft; `codes` are code lists that its cells name."""

    name: str
    table: str
    cells: dict[str, DraftCell] = field(default_factory=dict)
    needs: list[str] = field(default_factory=list)
    holds: dict[str, Any] = field(default_factory=dict)
    where: str = ""
    repeat: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    visit: str = ""


@dataclass
class DraftMapping:
    """The rows of a sheet, the code lists that they name, and what became of single columns.

    `unknown` are words without a code, by list. `lost` are columns (by place) that found no place
    after all, with the reason; the questions of those in `answered` have an answer.
    """

    rows: list[DraftRows] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    lost: dict[int, str] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)

    def find(self, table: str, name: str = "") -> DraftRows | None:
        """The rows of a table, and of a name where one is given."""
        return next((r for r in self.rows if r.table == table and name in ("", r.name)), None)
