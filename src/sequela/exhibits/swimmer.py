"""The swimmer plot: a lane a patient, dated things on the axis, the rest at the lane's edge."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
from pydantic import Field

from sequela.chart import schema
from sequela.clinical.definition import Definition, select_rows
from sequela.exhibits.context import Context, Drawing, ExhibitDefinition, Width
from sequela.report.document import Run

if TYPE_CHECKING:
    from sequela.display.style import Picture


class Mark(Definition):
    """A kind of chart row to show: on the axis where it is dated, else at the lane's edge."""

    label: str
    table: str
    where: str = ""
    column: str = Field("", description="the column with its time; blank is the table's own")
    unknown: str = Field(
        "", description="SQL condition on rows that say it could not be told; shown as a ?"
    )


class Swimmer(ExhibitDefinition):
    """Follow-up of every patient with what happened to them."""

    kind: Literal["swimmer"]
    endpoint: str
    group: str = ""
    marks: tuple[Mark, ...] = Field((), alias="undated")
    width_cm: Width = 17.0


def lanes_of(definition: Swimmer, context: Context) -> list[dict[str, Any]]:
    """The lanes as plain data, by group and then the longest follow-up first."""
    name = definition.endpoint
    frame = context.subjects.within(definition.set).filter(pl.col(f"{name}__high").is_not_null())
    levels = context.subjects.columns[definition.group].levels if definition.group else ()
    order = {level: i for i, level in enumerate(levels)}
    marked = {m.label: _marks(m, context, definition.endpoint) for m in definition.marks}
    doubts = {m.label: _doubtful(m, context) for m in definition.marks if m.unknown}
    lanes = []
    for row in frame.iter_rows(named=True):
        patient = row["patient_id"]
        found = [(label, times[patient]) for label, times in marked.items() if patient in times]
        seen = {label for label, _ in found}
        lanes.append(
            {
                "label": patient,
                "end": row[f"{name}__high"],
                "status": "dead" if row[f"{name}_event"] else "alive",
                "segments": (),
                "marks": tuple((t, label) for label, times in found for t in times),
                "undated": tuple(label for label, times in found if not times),
                "unknown": tuple(
                    label for label, who in doubts.items() if patient in who and label not in seen
                ),
                "group": str(row[definition.group] or "not known") if definition.group else "",
            }
        )
    return sorted(lanes, key=lambda x: (order.get(x["group"], 99), -x["end"], x["label"]))


def _marks(mark: Mark, context: Context, endpoint: str) -> dict[str, tuple[float, ...]]:
    """Times of a mark a patient, from the endpoint's start; none where nothing is dated."""
    time = mark.column or schema.table(mark.table).moment
    starts = context.clinical.endpoints[endpoint].select(
        "patient_id", pl.col("start").alias("from"), pl.col("clock").alias("from_clock")
    )
    rows = select_rows(context.chart[mark.table], mark.where).join(starts, on="patient_id")
    out: dict[str, tuple[float, ...]] = {}
    for row in rows.sort("patient_id", "row").iter_rows(named=True):
        known = row[f"{time}__clock"] == row["from_clock"] and row[f"{time}__low"] is not None
        middle = (row[f"{time}__low"] + row[f"{time}__high"]) / 2 if known else None
        when = () if middle is None else ((middle - row["from"]) / context.days_in_unit,)
        out[row["patient_id"]] = out.get(row["patient_id"], ()) + when
    return out


def _doubtful(mark: Mark, context: Context) -> set[str]:
    """The patients of whom the chart says that it could not be told."""
    rows = select_rows(context.chart[mark.table], mark.unknown)
    return set(rows["patient_id"].to_list())


def draw_swimmer_exhibit(definition: Swimmer, context: Context) -> list[Drawing]:
    """The figure of all lanes."""
    lanes = lanes_of(definition, context)
    if not lanes:
        return []
    label = context.subjects.columns[definition.endpoint].label
    start = context.subjects.columns[definition.endpoint].method
    return [
        Drawing(
            definition.id,
            definition.title,
            (
                Run(
                    f"A lane a patient: {label.lower()} {start}; an arrow is alive at last "
                    "contact, a cross is death. What has no date stands in columns beside the "
                    "lanes and says nothing about when it was. HCT, hematopoietic cell "
                    "transplantation."
                ),
            ),
            f"Swimmer plot of {len(lanes)} patients.",
            partial(
                _draw,
                lanes,
                unit=context.time_unit,
                x_label=f"Time {start}",
                width_cm=definition.width_cm,
                kinds=tuple(m.label for m in definition.marks),
            ),
            patient_level=True,
        )
    ]


def _draw(lanes: list[dict[str, Any]], **figure: Any) -> Picture:
    from sequela.display.style import write_figure
    from sequela.display.swimmer import Lane, draw_swimmer

    return write_figure(draw_swimmer([Lane(**lane) for lane in lanes], **figure))
