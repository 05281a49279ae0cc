"""What the chart holds of every patient around the withdrawal of a drug, grouped once for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.frames import each_named_row, each_row
from sequela.clinical.burden import burden_rows
from sequela.clinical.dechallenge_series import Dechallenge
from sequela.clinical.drugs import Drugs
from sequela.clinical.intervening import Therapies, read_therapies

Rows = Sequence[dict[str, Any]]
_DAYS = ("start__low", "start__clock", "stop__low", "stop__high", "stop__clock")


@dataclass(frozen=True, slots=True)
class CourseRows:
    """By patient, in the chart's order: the rows of the burden, of the drug, and of treatments.

    `clocks` are those of all measurements; `therapies` stand by patient and clock in the order of
    their days.
    """

    measured: Mapping[str, Rows]
    clocks: Mapping[str, Sequence[str]]
    drug: Mapping[str, Rows]
    treatments: Mapping[str, Rows]
    therapies: Therapies
    treatments_charted: bool


def read_course_rows(chart: Chart, definition: Dechallenge, drugs: Drugs) -> CourseRows:
    """The rows that the courses of a dechallenge rest on.

    Treatments and other therapy are read where the burden was measured: without a measurement
    nothing is judged.
    """
    burden = burden_rows(chart, definition.burden_names)
    exposures = chart["exposures"].select("patient_id", "drug", "row", "start", "stop", *_DAYS)
    drug = drugs.rows_of(exposures, definition.drug)
    without = (definition.drug, drugs.name(definition.drug) or "", *definition.no_effect)
    therapies = read_therapies(
        chart["treatments"],
        exposures,
        drugs=drugs,
        without=without,
        since=_since(burden, drug),
    )
    treatments = chart["treatments"].join(burden, on="patient_id", how="semi")
    return CourseRows(
        _grouped(burden, burden.columns[2:]),
        _clocks(chart, ("measurements", "populations")),
        _grouped(drug, ("start", "stop", *_DAYS)),
        _grouped(treatments, ("line__low", "start__low", "start__clock")),
        therapies,
        chart.has("treatments"),
    )


def _since(burden: pl.DataFrame, drug: pl.DataFrame) -> pl.DataFrame:
    """The first day on which the burden was measured or the drug was stopped, on each clock.

    Therapy that had ended by then is no part of any course. Columns: patient_id, clock, since.
    """
    measured = burden.select("patient_id", clock="when__clock", since="when__low")
    stopped = drug.select("patient_id", clock="stop__clock", since="stop__high")
    days = pl.concat([measured, stopped]).drop_nulls()
    first = days.group_by("patient_id", "clock").agg(pl.col("since").min())
    return first.join(measured, on=["patient_id", "clock"], how="semi")


def _clocks(chart: Chart, tables: Iterable[str]) -> dict[str, list[str]]:
    """The clocks on which a patient was measured, in alphabetical order."""
    places = [chart[t].select("patient_id", "when__clock").unique() for t in tables]
    clocks = pl.concat(places).drop_nulls().unique().sort("when__clock")
    of: dict[str, list[str]] = {}
    for patient, clock in each_row(clocks):
        of.setdefault(patient, []).append(clock)
    return of


def _grouped(frame: pl.DataFrame, columns: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    ordered = frame.select("patient_id", "row", *columns).sort("row")
    for row in each_named_row(ordered):
        rows.setdefault(row["patient_id"], []).append(row)
    return rows
