"""Spec tables: a line a patient, what the chart says of it, and in the last column the answer.

    marrow blasts | ANC | platelets | response
    4.9           | 1.0 | 100       | CR
    5             | 1.0 | 100       | not evaluable

A test runs every line; the page of clinical rules prints the table. So what the manual shows is
what was tested.
"""

from __future__ import annotations

from dataclasses import dataclass

from small_study import cells as cells_of


@dataclass(frozen=True)
class SpecTable:
    """A table of cases of one rule; `version` blank holds for every version of the rule."""

    rule: str
    says: str
    table: str
    version: str = ""

    @property
    def cells(self) -> list[list[str]]:
        """The heading and the lines."""
        return cells_of(self.table)

    @property
    def cases(self) -> list[dict[str, str]]:
        """The lines by the names of the columns."""
        heading, *rows = self.cells
        return [dict(zip(heading, row, strict=True)) for row in rows]

    def holds_for(self, version: str) -> bool:
        """Whether the table shows this version of the rule."""
        return self.version in ("", version)
