"""What every command for a plain table may say about its file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sequela.plain_reading import PlainTable

File = Annotated[Path, Parameter(help="a CSV file, an Excel workbook or the like, a row a patient")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """How the file is to be read, where it does not say so itself."""

    sheet: Annotated[str, Parameter(help="the sheet of a workbook with several")] = ""
    decimal_comma: Annotated[
        bool | None, Parameter(help="1,5 is 1.5; found where commas separate no cells")
    ] = None
    encoding: Annotated[str, Parameter(help="such as windows-1252, if not UTF-8")] = ""
    delimiter: Annotated[str, Parameter(help="what separates cells: comma, semicolon, tab")] = ""

    def read(self, file: Path, columns: Sequence[str]) -> PlainTable:
        """The table of the call, of which these columns are used; StudyError otherwise."""
        from sequela.plain_reading import Reading, read_plain_table

        reading = Reading(
            sheet=self.sheet,
            decimal_comma=self.decimal_comma,
            encoding=self.encoding,
            delimiter=self.delimiter,
        )
        return read_plain_table(file, reading, [name for name in columns if name])


AS_FOUND = FileOptions()
