"""What a caller declares about a source, as frozen data, where the bytes alone cannot tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class DelimitedOptions:
    """What a text file of rows and cells is declared to be; what stays blank is found or asked.

    `delimiter` is one character (found when blank). `encoding` is a name such as
    `windows-1252` (UTF-8 when blank, or what a byte order mark says). `decimal_comma` is true
    where `3,5` means 3.5, false where it does not; when None, such cells are an error.
    """

    delimiter: str = ""
    encoding: str = ""
    decimal_comma: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookOptions:
    """What a workbook is declared to be.

    `sheets` names the sheets to read (all when empty). `heading_rows` gives, for a sheet, the
    rows whose cells are the heading, joined from top to bottom; `passed_over` the rows that
    are no records, such as totals. `fill_merged` repeats the value of merged cells below the
    heading in each of their rows.
    """

    sheets: tuple[str, ...] = ()
    heading_rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    passed_over: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    fill_merged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RedcapOptions:
    """What is declared about a REDCap export.

    `dictionary` is the path of its data dictionary, where the two are not in one archive or
    folder. `missing` are the project's missing data codes with
    their meanings, which no export holds. `checkboxes` is `columns` for one column of 0 and 1
    a choice, or `list` for one column with the codes of the checked ones (`1; 3`).
    """

    dictionary: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)
    checkboxes: Literal["columns", "list"] = "columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """What is declared about a source of any form; each reader looks at its own part."""

    delimited: DelimitedOptions = field(default_factory=DelimitedOptions)
    workbook: WorkbookOptions = field(default_factory=WorkbookOptions)
    redcap: RedcapOptions = field(default_factory=RedcapOptions)
