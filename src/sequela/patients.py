"""A page a patient: derived values and how they came about, the timeline, the source rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from sequela.chart import schema
from sequela.chart.chart import Chart
from sequela.chart.frames import each_named_row
from sequela.chart.time import CALENDAR, TIME_ZERO
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.causality import causality_pages
from sequela.exhibits.context import Context
from sequela.exhibits.listing import value_text
from sequela.report.document import PatientPage, TimelineEntry

# How the rows of a table read in a timeline: columns joined in this order.
_SAID = {
    "diagnoses": ("disease", "presentation"),
    "exposures": ("drug", "duration", "stop_reason"),
    "treatments": ("regimen", "intent"),
    "transplants": ("type", "indication", "donor", "conditioning"),
    "specimens": ("specimen", "tissue"),
    "measurements": ("name", "value", "unit", "tissue", "method"),
    "populations": ("population", "share", "events", "total_events", "denominator", "method"),
    "assessments": ("what", "value", "timepoint"),
    "extramedullary": ("site", "status"),
    "events": ("what", "cause", "note"),
    "followup": ("vital_status", "disease_status", "cause_of_death"),
}
NOT_DATED = "not dated"


def patient_pages(context: Context) -> tuple[PatientPage, ...]:
    """The pages of all patients, in the order of their numbers."""
    derived = {row["patient_id"]: row for row in each_named_row(context.subjects.frame)}
    by_patient = {
        name: _by_patient(name, frame)
        for name, frame in context.chart.tables.items()
        if frame.height
    }
    judged = causality_pages(context)
    pages = []
    for patient, row in derived.items():
        tables = {name: rows[patient] for name, rows in by_patient.items() if patient in rows}
        facts = tuple(
            (
                info.label + context.unit_of(info.name),
                value_text(context, info.name, row),
                info.method,
            )
            for info in context.subjects.columns.values()
        )
        timeline = tuple(
            entry for _, entry in sorted(_entries(context, tables), key=lambda e: e[0])
        )
        shown = (*judged.get(patient, ()), *_sources(context, tables))
        pages.append(PatientPage(patient, facts, timeline, shown))
    return tuple(pages)


_Rows = list[dict[str, Any]]


def _by_patient(name: str, frame: pl.DataFrame) -> dict[str, _Rows]:
    """What a table says of each patient, in the order of its rows."""
    columns = schema.table(name).columns
    days = [f"{c.name}__{p}" for c in columns if c.kind == "moment" for p in ("clock", "low")]
    kept = frame.sort("row").select("row", *(c.name for c in columns), *days)
    rows: dict[str, _Rows] = {}
    for row in each_named_row(kept):
        rows.setdefault(row["patient_id"], []).append(row)
    return rows


_Key = tuple[int, str, float, str, int]


def _entries(context: Context, tables: dict[str, _Rows]) -> Iterable[tuple[_Key, TimelineEntry]]:
    """Every chart row with its sort key: clock, time, table, row; undated rows stand last."""
    for name, rows in tables.items():
        if name not in _SAID:
            continue
        moments = [c.name for c in schema.table(name).columns if c.kind == "moment"]
        for row in rows:
            what = ", ".join(str(row[c]) for c in _SAID[name] if row[c] is not None)
            source = context.chart.place(name, row["row"])
            dated = [m for m in moments if row[m] is not None]
            for moment in dated:
                clock = row[f"{moment}__clock"] or TIME_ZERO
                said = what if moment in ("when", "last_contact") else f"{what}: {moment}"
                order = 0 if clock in (CALENDAR, TIME_ZERO) else 1
                low = row[f"{moment}__low"]
                key = (order, clock, low if low is not None else 0.0, name, row["row"])
                counted = clock if clock == CALENDAR else f"from {clock}"
                yield key, TimelineEntry(counted, row[moment], said, source)
            if not dated:
                yield (2, "", 0.0, name, row["row"]), TimelineEntry(NOT_DATED, "", what, source)


def _sources(context: Context, tables: dict[str, _Rows]) -> Iterable[Table]:
    """The source rows as they stand in the chart, without columns that are blank throughout."""
    for name in schema.TABLE_NAMES:
        if name not in tables:
            continue
        rows = tables[name]
        columns = [
            c.name
            for c in schema.table(name).columns
            if c.name != "patient_id" and any(row[c.name] is not None for row in rows)
        ]
        chart = context.chart
        mapped = name in chart.origins
        lines = tuple(
            Line((Cell(_row_said(chart, name, row["row"])), *(Cell(row[c] or "") for c in columns)))
            for row in rows
        )
        first = Column("Source", width=2) if mapped else Column("Row", "right", 0.4)
        yield Table(
            f"source-{name}",
            chart.files.get(name, f"{name}.csv"),
            (first, *(Column(c.replace("_", " ")) for c in columns)),
            lines,
            patient_level=True,
        )


def _row_said(chart: Chart, table: str, row: int) -> str:
    """The row's number; of a mapped row, its place in the source."""
    return chart.place(table, row) if table in chart.origins else str(row)
