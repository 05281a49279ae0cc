"""One table of a file of any form: the sheet that is asked for, or the only one."""

from __future__ import annotations

from pathlib import Path

from sequela.findings import Finding
from sequela.sources.delimited import read_delimited
from sequela.sources.raw_table import RawTable


def read_any(path: Path, *, sheet: str = "") -> tuple[RawTable | None, list[Finding]]:
    """The table, or None with the finding that says why there is none."""
    return read_delimited(path)


def read_all(path: Path) -> tuple[list[RawTable], list[Finding]]:
    """Every table of a file."""
    table, findings = read_delimited(path)
    return ([table] if table else []), findings
