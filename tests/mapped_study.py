"""Small mappings written down in a test: sheets with bars, the mapping as TOML, chart rows out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sequela.chart.chart import Chart, read_chart
from sequela.findings import Finding
from small_study import as_csv

SOURCE = """
[sources.sheet]
file = "sheet.csv"
patient_id = "id"
missing = ["N/A", "?"]
"""


def write_mapping(folder: Path, toml: str, **sheets: str) -> Path:
    """A folder with a mapping and its sheets; the source `sheet` is declared unless it is."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in sheets.items():
        (folder / f"{name}.csv").write_text(as_csv(table), encoding="utf-8")
    text = toml if "[sources.sheet]" in toml else SOURCE + toml
    (folder / "mapping.toml").write_text(text, encoding="utf-8")
    return folder


class Mapped:
    """What a mapping gave: rows of the chart's tables as text, and findings by code."""

    def __init__(self, folder: Path) -> None:
        self.chart: Chart
        self.all: list[Finding]
        self.chart, self.all = read_chart(folder)

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        return self.chart[table].select(columns).rows()

    def found(self, code: str) -> list[Finding]:
        return [f for f in self.all if f.code == code]

    def one(self, code: str) -> Finding:
        (finding,) = self.found(code)
        return finding

    @property
    def codes(self) -> set[str]:
        """The codes of all findings but that the chart wants patients and follow-up."""
        return {f.code for f in self.all} - {"file-missing"}
