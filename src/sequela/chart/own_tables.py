"""Chart tables that stand in the study's folder as they are: no mapping, a table a file or sheet.

`patients.csv`, `patients.parquet`, or the sheet `patients` of `chart.xlsx`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from sequela.chart import schema
from sequela.chart.corrections import CORRECTIONS, Corrections
from sequela.chart.tables_read import NO_CORRECTIONS, read_all, read_any
from sequela.findings import Finding, did_you_mean
from sequela.sources.raw_table import RawTable

WORKBOOK = "chart.xlsx"
_FORMS = (".csv", ".parquet")


@dataclass(frozen=True)
class OwnTables:
    """The tables by name (None where a file could not be read), and the files that were read."""

    tables: Mapping[str, RawTable | None]
    findings: tuple[Finding, ...]
    files: tuple[str, ...]


def read_own_tables(
    folder: Path,
    *,
    spoken_for: Collection[str] = (),
    corrections: Corrections = NO_CORRECTIONS,
) -> OwnTables:
    """Every chart table of the folder; `spoken_for` are files that a mapping reads."""
    tables: dict[str, RawTable | None] = {}
    findings: list[Finding] = []
    files: list[str] = []
    for table in schema.TABLES:
        paths = [folder / f"{table.name}{form}" for form in _FORMS]
        for path in (p for p in paths if p.name not in spoken_for and p.exists()):
            raw, problems = read_any(path, corrections=corrections)
            findings += problems
            files.append(path.name)
            if table.name in tables:
                findings.append(given_twice(path.name, table.name))
            else:
                tables[table.name] = raw
    if WORKBOOK not in spoken_for and (folder / WORKBOOK).exists():
        files.append(WORKBOOK)
        findings += _from_workbook(folder / WORKBOOK, tables, corrections)
    # Whether a table may be without rows depends on the table, so the chart says it.
    kept = [f for f in findings if f.code != "table-without-rows"]
    return OwnTables(tables, (*kept, *_stray(folder, spoken_for)), tuple(files))


def _from_workbook(
    path: Path, tables: dict[str, RawTable | None], corrections: Corrections
) -> list[Finding]:
    raws, findings = read_all(path, corrections=corrections)
    for raw in raws:
        if raw.sheet not in schema.TABLE_NAMES:
            findings.append(_unknown(raw.file, raw.sheet, raw.sheet))
        elif raw.sheet in tables:
            findings.append(given_twice(raw.file, raw.sheet, sheet=raw.sheet))
        else:
            tables[raw.sheet] = raw
    return findings


def given_twice(file: str, table: str, *, sheet: str = "") -> Finding:
    """The finding for a table that the folder has in two forms."""
    return Finding(
        code="table-twice",
        severity="error",
        file=file,
        sheet=sheet,
        message=f"the folder gives the table '{table}' twice",
        remedy="Keep one of the two, in a file of its own, in chart.xlsx or by the mapping.",
    )


def _stray(folder: Path, spoken_for: Collection[str]) -> tuple[Finding, ...]:
    return tuple(
        _unknown(path.name, path.stem)
        for path in sorted(folder.glob("*.csv"))
        if path.stem not in schema.TABLE_NAMES and path.name not in (*spoken_for, CORRECTIONS)
    )


def _unknown(file: str, name: str, sheet: str = "") -> Finding:
    """The finding for a file or sheet that is no table of the chart."""
    known = name in schema.TABLES_TO_COME
    what = f"sheet '{sheet}'" if sheet else file
    return Finding(
        code="table-not-read" if known else "table-unknown",
        severity="warning",
        file=file,
        sheet=sheet,
        message=f"{what} is "
        + (
            "a chart table that this version does not read yet"
            if known
            else "no table of the chart, so nothing reads it"
        ),
        remedy="It is left as it is." if known else did_you_mean(name, schema.TABLE_NAMES),
    )
