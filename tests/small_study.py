"""Small studies written down as tables, for tests that read like the manual.

    patient_id | drug         | duration
    1          | lenalidomide | 53 months

A table is lines of cells between bars; blank cells are blank in the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from sequela.findings import Finding
from sequela.pipeline import Loaded, check_study, estimate_study
from sequela.stats.results import Row

TITLE = '[study]\ntitle = "A small study"\ntime_unit = "days"\n'


def cells(table: str) -> list[list[str]]:
    """The cells of a table written with bars, the heading first."""
    lines = [line for line in table.splitlines() if line.strip()]
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def as_csv(table: str) -> str:
    """A table written with bars, as the text of a CSV file."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(cells(table))
    return buffer.getvalue()


def write_study(folder: Path, toml: str = "", **tables: str) -> Path:
    """A study's folder; patients and follow-up are invented where the test does not give them."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    found: dict[str, None] = {}
    for table in tables.values():
        heading, *rows = cells(table)
        if "patient_id" in heading:
            found |= dict.fromkeys(row[heading.index("patient_id")] for row in rows)
    everyone = sorted(found) or ["1"]
    tables.setdefault(
        "patients", "patient_id|site\n" + "\n".join(f"{patient}|A" for patient in everyone)
    )
    if "patient_id" in cells(tables["patients"])[0]:
        heading, *rows = cells(tables["patients"])
        everyone = [row[heading.index("patient_id")] for row in rows]
    tables.setdefault(
        "followup",
        "patient_id|last_contact|vital_status\n"
        + "\n".join(f"{patient}|9000 days|alive" for patient in everyone),
    )
    for name, table in tables.items():
        (folder / f"{name}.csv").write_text(as_csv(table), encoding="utf-8")
    text = toml if "[study]" in toml else TITLE + toml
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Told:
    """A small study that was read, with its columns as plain Python."""

    loaded: Loaded

    @property
    def frame(self) -> pl.DataFrame:
        return self.loaded.clinical.subjects.frame

    def column(self, name: str) -> dict[str, Any]:
        return dict(self.frame.select("patient_id", name).iter_rows())

    def why(self, name: str) -> dict[str, str | None]:
        return self.column(f"{name}__why")

    def ends(self, name: str) -> dict[str, tuple[Any, Any]]:
        low, high = self.column(f"{name}__low"), self.column(f"{name}__high")
        return {patient: (low[patient], high[patient]) for patient in low}

    def decided_by(self, name: str) -> list[tuple[str, str, int]]:
        rows = self.loaded.clinical.subjects.derivations.filter(pl.col("column") == name)
        return sorted(rows.select("patient_id", "table", "row").iter_rows())

    def info(self, name: str) -> Any:
        return self.loaded.clinical.subjects.columns[name]

    @property
    def findings(self) -> list[Finding]:
        return list(self.loaded.findings)

    @property
    def rows(self) -> list[Row]:
        return estimate_study(self.loaded)

    def course(self, patient: str = "1", column: str = "regression") -> Any:
        (found,) = (c for c in self.loaded.clinical.details[column] if c.patient_id == patient)
        return found


def tell(folder: Path) -> Told:
    """The study in a folder; the test fails with its findings when it cannot be run."""
    loaded, findings = check_study(folder)
    assert loaded is not None, [(f.place, f.message) for f in findings]
    return Told(loaded)


def row_of(rows: list[Row], statistic: str, variable: str, **about: Any) -> Row:
    """The one row of a statistic."""
    wanted: Mapping[str, Any] = {"statistic": statistic, "variable": variable} | about
    found = [r for r in rows if all(getattr(r, key) == value for key, value in wanted.items())]
    assert len(found) == 1, f"{len(found)} rows with {wanted}"
    return found[0]
