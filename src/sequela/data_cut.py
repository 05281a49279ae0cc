"""What changed since an earlier data cut: patients, chart cells, derived values, results.

The earlier state is a copy of the study's folder, or the output folder of an earlier run. An
output folder holds no chart, so there only derived values and results can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from sequela.chart import schema
from sequela.chart.chart import Chart
from sequela.findings import Finding, StudyError
from sequela.outputs import AGGREGATE, MANIFEST, PATIENT_LEVEL
from sequela.pipeline import Loaded, estimate_study, load_study
from sequela.stats.results import KEY, results_table
from sequela.study import FILE

What = Literal["patient added", "patient gone", "row added", "row gone", "cell", "value", "result"]

# The reason of a null is told with the value; it is no value of its own.
_WHY = "__why"
_ENDS = ("__low", "__high")
_BEFORE = "__before"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two data cuts; `before` and `after` are texts, empty for nothing."""

    what: What
    place: str
    patient_id: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class DataCut:
    """A state of a study: its derived table, its results, and its chart where that is known."""

    subjects: pl.DataFrame
    results: pl.DataFrame
    chart: Chart | None = field(default=None)


def data_cut_of(loaded: Loaded) -> DataCut:
    """The present state of a study."""
    rows = estimate_study(loaded)
    return DataCut(loaded.clinical.subjects.frame, results_table(rows), loaded.chart)


def read_data_cut(folder: Path) -> DataCut:
    """The state in a study's folder or in an output folder; StudyError when it is neither."""
    if (folder / MANIFEST).exists():
        subjects = folder / PATIENT_LEVEL / "subjects.parquet"
        results = folder / AGGREGATE / "results.parquet"
        if subjects.exists() and results.exists():
            return DataCut(pl.read_parquet(subjects), pl.read_parquet(results))
    if (folder / FILE).exists():
        return data_cut_of(load_study(folder))
    raise StudyError([_neither(folder)])


def _neither(folder: Path) -> Finding:
    return Finding(
        code="data-cut-missing",
        severity="error",
        file=folder.name,
        message="there is neither a study nor the output of a run in this folder",
        remedy="Name an earlier copy of the study's folder, or what an earlier run wrote.",
    )


def compare_data_cuts(before: DataCut, after: DataCut) -> list[Change]:
    """All differences, in a fixed order: patients, chart, derived values, results."""
    changes = list(_patients(before.subjects, after.subjects))
    if before.chart is not None and after.chart is not None:
        for table in schema.TABLES:
            changes += _rows(table, before.chart, after.chart)
    return changes + list(_values(before.subjects, after.subjects)) + list(_results(before, after))


def _patients(before: pl.DataFrame, after: pl.DataFrame) -> Iterable[Change]:
    old, new = (set(frame["patient_id"].to_list()) for frame in (before, after))
    for patient in sorted(new - old):
        yield Change("patient added", "patients", patient)
    for patient in sorted(old - new):
        yield Change("patient gone", "patients", patient)


_Cells = tuple[str | None, ...]


def _rows(table: schema.ChartTable, before: Chart, after: Chart) -> Iterable[Change]:
    """Rows of patients in both states; of rows that differ, as many as can are paired."""
    names = [column.name for column in table.columns if column.name != "patient_id"]
    old, new = (_by_patient(chart[table.name], names) for chart in (before, after))
    both = set(before["patients"]["patient_id"]) & set(after["patients"]["patient_id"])
    for patient in sorted(both):
        gone, come = list(old.get(patient, [])), []
        for row in new.get(patient, []):
            if row in gone:
                gone.remove(row)
            else:
                come.append(row)
        yield from _paired(table.name, names, patient, gone, come)


def _by_patient(frame: pl.DataFrame, names: Sequence[str]) -> Mapping[str, list[_Cells]]:
    rows: dict[str, list[_Cells]] = {}
    for patient, *cells in frame.select("patient_id", *names).iter_rows():
        if patient is not None:
            rows.setdefault(patient, []).append(tuple(cells))
    return rows


def _paired(
    table: str, names: Sequence[str], patient: str, gone: list[_Cells], come: list[_Cells]
) -> Iterable[Change]:
    """Differing rows: the most alike are one row that changed, what is left came or went."""
    while gone and come:
        likeness, old, new = _most_alike(gone, come)
        if 2 * likeness < len(names):
            break
        gone.remove(old)
        come.remove(new)
        for name, a, b in zip(names, old, new, strict=True):
            if a != b:
                yield Change("cell", f"{table}.{name}", patient, a or "", b or "")
    for row in gone:
        yield Change("row gone", table, patient, before=_told(names, row))
    for row in come:
        yield Change("row added", table, patient, after=_told(names, row))


def _most_alike(gone: Sequence[_Cells], come: Sequence[_Cells]) -> tuple[int, _Cells, _Cells]:
    """The pair with the most equal cells; of equals the first."""
    best = (-1, gone[0], come[0])
    for old in gone:
        for new in come:
            equal = sum(a == b for a, b in zip(old, new, strict=True))
            if equal > best[0]:
                best = (equal, old, new)
    return best


def _told(names: Sequence[str], row: _Cells) -> str:
    return ", ".join(f"{name} {cell}" for name, cell in zip(names, row, strict=True) if cell)


def _values(before: pl.DataFrame, after: pl.DataFrame) -> Iterable[Change]:
    """Derived values of patients in both states; a column that came or went is one change."""
    both = after.join(before, on="patient_id", suffix=_BEFORE, maintain_order="left")
    for name in _columns(after):
        if name not in before.columns:
            yield Change("value", name, after="the column is new")
            continue
        parts = [f"{name}{end}" for end in ("", *_ENDS, _WHY) if f"{name}{end}" in after.columns]
        known = [part for part in parts if f"{part}{_BEFORE}" in both.columns]
        differs = [
            pl.col(p).cast(pl.String).ne_missing(pl.col(f"{p}{_BEFORE}").cast(pl.String))
            for p in known
        ]
        for row in both.filter(pl.any_horizontal(differs)).iter_rows(named=True):
            a, b = _value(row, name, _BEFORE), _value(row, name, "")
            if a != b:
                yield Change("value", name, row["patient_id"], a, b)
    for name in _columns(before):
        if name not in after.columns:
            yield Change("value", name, before="the column was there")


def _columns(subjects: pl.DataFrame) -> list[str]:
    """The columns of subjects that hold values, and no ends or reasons of another."""
    return [c for c in subjects.columns if c != "patient_id" and not c.endswith((_WHY, *_ENDS))]


def _value(row: Mapping[str, Any], name: str, state: str) -> str:
    """A value in words, in the present or the earlier state of a joined row."""
    value = row[f"{name}{state}"]
    if value is None:
        low, high = (row.get(f"{name}{end}{state}") for end in _ENDS)
        if low is not None:
            return f"between {_short(low)} and {_short(high)}"
        return f"unknown ({row.get(f'{name}{_WHY}{state}')})"
    return _short(value)


def _short(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _results(before: DataCut, after: DataCut) -> Iterable[Change]:
    """Result rows whose value, state or count moved, and those that came or went."""
    old, new = (_by_key(cut.results) for cut in (before, after))
    for key, row in new.items():
        a, b = old.get(key, ""), row
        if a != b:
            yield Change("result", _place(key), before=a, after=b)
    for key, row in old.items():
        if key not in new:
            yield Change("result", _place(key), before=row)


_Key = tuple[object, ...]


def _by_key(results: pl.DataFrame) -> dict[_Key, str]:
    return {tuple(row[name] for name in KEY): _result(row) for row in results.iter_rows(named=True)}


def _result(row: Mapping[str, Any]) -> str:
    value = (
        _short(row["value"]) if row["value"] is not None else str(row["state"]).replace("_", " ")
    )
    return f"{value} (n = {row['n']})"


def _place(key: _Key) -> str:
    """The row's key in words, in its order; what is empty is left out."""
    exhibit, set_name, group, contrast, variable, level, time, statistic = key
    parts = [exhibit, statistic, variable, level, group, contrast]
    at = f"at {time:g}" if isinstance(time, float) else ""
    within = f"in {set_name}" if set_name not in ("", "all") else ""
    return " ".join(str(part) for part in (*parts, at, within) if part)
