"""Where the parts of a mapping stand: in mapping.toml, or on a line of a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sequela.definition_file import DefinitionFile
from sequela.findings import Finding


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line of a spreadsheet of the mapping."""

    file: str
    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class MappingPlaces:
    """The mapping file, and the lines of parts that stand in spreadsheets, by their path."""

    toml: DefinitionFile
    lines: Mapping[str, SheetLine] = field(default_factory=dict)

    def finding(self, path: str, code: str, message: str, remedy: str) -> Finding:
        """An error in the mapping at a path such as `rows.relapse.columns.when`."""
        parts = path.split(".")
        ends = range(len(parts), 0, -1)
        on = next((line for n in ends if (line := self.lines.get(".".join(parts[:n])))), None)
        return Finding(
            code=code,
            severity="error",
            file=on.file if on else self.toml.name,
            sheet=on.sheet if on else "",
            row=on.row if on else self.toml.line_of(parts),
            column=path,
            message=message,
            remedy=remedy,
        )
