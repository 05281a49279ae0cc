"""The Python door: a study loaded from its folder, with its tables, results and exhibits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from sequela.audit.grade import Verdict
from sequela.chart.chart import Chart
from sequela.exhibits.context import Rows
from sequela.exhibits.kinds import drawings, show
from sequela.findings import Finding, did_you_mean
from sequela.membership import patients_of
from sequela.pipeline import Loaded, Outcome, audit_study, estimate_study, load_study, run_study
from sequela.report.document import TableBlock
from sequela.stats.results import Row, results_table

if TYPE_CHECKING:
    from sequela.display.style import Picture


def load(folder: str | Path) -> LoadedStudy:
    """The study in a folder; StudyError with every finding when it cannot be run."""
    return LoadedStudy(load_study(Path(folder)))


@dataclass(frozen=True)
class ShownExhibit:
    """One exhibit: its result rows, tables and figures; a notebook shows it as it is printed."""

    id: str
    title: str
    rows: tuple[Row, ...]
    tables: tuple[pl.DataFrame, ...]
    figures: tuple[Picture, ...]
    html: str

    def _repr_html_(self) -> str:
        return self.html


class LoadedStudy:
    """A study that was read, checked and derived. Nothing here writes to its folder."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded

    def __repr__(self) -> str:
        n = self.subjects.height
        return f"<study '{self._loaded.study.study.title}', {n} patients>"

    @property
    def chart(self) -> Chart:
        """The validated chart; `study.chart["patients"]` is a table of it."""
        return self._loaded.chart

    @property
    def subjects(self) -> pl.DataFrame:
        """The derived table, one row a patient; nulls have their reason in `<column>__why`."""
        return self._loaded.clinical.subjects.frame

    @property
    def derivations(self) -> pl.DataFrame:
        """Which chart rows decided which value: patient_id, column, table, row."""
        return self._loaded.clinical.subjects.derivations

    @property
    def findings(self) -> Sequence[Finding]:
        """What was found about the chart and the study file."""
        return self._loaded.findings

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The result rows of all exhibits."""
        return tuple(estimate_study(self._loaded))

    @cached_property
    def results(self) -> pl.DataFrame:
        """The result rows as a table."""
        return results_table(self.rows)

    @cached_property
    def verdicts(self) -> Sequence[Verdict]:
        """The audit of the study's published.toml; empty where there is none."""
        return audit_study(self._loaded)[0]

    def patients_of(self, row: Row) -> list[str]:
        """The patients whom a result row counts."""
        return patients_of(self._loaded.context, row)[0]

    def exhibit(self, id: str) -> ShownExhibit:
        """One exhibit by its id; KeyError with the nearest id when there is none."""
        from sequela.report.html_fragment import write_fragment

        by_id = {e.id: e for e in self._loaded.study.exhibit}
        if id not in by_id:
            raise KeyError(f"no exhibit '{id}'. {did_you_mean(id, by_id)}")
        exhibit, context = by_id[id], self._loaded.context
        rows = Rows([row for row in self.rows if row.exhibit == id])
        blocks = show(exhibit, context, rows)
        drawn = [(d.draw(), d.alternative) for d in drawings(exhibit, context, rows)]
        pictures = tuple(picture for picture, _ in drawn)
        html = write_fragment(blocks, [(picture.svg, words) for picture, words in drawn])
        tables = tuple(_frame(b) for b in blocks if isinstance(b, TableBlock))
        return ShownExhibit(id, exhibit.title, tuple(rows.rows), tables, pictures, html)

    def run(self, out: str | Path = "out") -> Outcome:
        """Write everything to a folder, as `sequela run` does."""
        return run_study(self._loaded.folder, Path(out))


def _frame(block: TableBlock) -> pl.DataFrame:
    """A printed table as a frame of text; columns of one name are numbered."""
    names: list[str] = []
    for column in block.table.columns:
        name = column.label or "characteristic"
        names.append(name if name not in names else f"{name} {len(names)}")
    cells = [[c.text for c in line.cells] for line in block.table.lines]
    return pl.DataFrame(cells, schema=names, orient="row")
