"""Tables of a file of any form, and whether a file may hold what is asked of it."""

from __future__ import annotations

from pathlib import Path

from sequela.chart.corrections import Corrections
from sequela.findings import Finding, did_you_mean
from sequela.sources.options import SourceOptions
from sequela.sources.raw_table import RawTable
from sequela.sources.source import read_source

NO_CORRECTIONS = Corrections()


def read_any(
    path: Path,
    *,
    sheet: str = "",
    options: SourceOptions | None = None,
    corrections: Corrections = NO_CORRECTIONS,
) -> tuple[RawTable | None, list[Finding]]:
    """The table of a sheet or form, or the only table; None with the finding that says why not."""
    source = read_source(path, options)
    findings = list(source.findings)
    names = [t.sheet or t.name for t in source.tables]
    found = [t for t in source.tables if sheet in (t.sheet, t.name)] if sheet else source.tables
    if len(found) == 1:
        table, notes = corrections.applied_to(found[0])
        return table, findings + notes
    if names and not any(f.code == "sheet-unknown" for f in findings):
        findings.append(_which(path.name, sheet, names))
    return None, findings


def _which(file: str, sheet: str, names: list[str]) -> Finding:
    what = f"the file has no sheet '{sheet}'" if sheet else "the file has several sheets"
    remedy = did_you_mean(sheet, names) if sheet else f"Name one of them: {', '.join(names)}."
    return Finding(code="sheet-unknown", severity="error", file=file, message=what, remedy=remedy)


def read_all(
    path: Path, *, corrections: Corrections = NO_CORRECTIONS
) -> tuple[list[RawTable], list[Finding]]:
    """Every table of a file."""
    source = read_source(path)
    tables, findings = [], list(source.findings)
    for raw in source.tables:
        table, notes = corrections.applied_to(raw)
        tables.append(table)
        findings += notes
    return tables, findings
