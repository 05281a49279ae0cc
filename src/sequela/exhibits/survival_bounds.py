"""An endpoint of which some events have no time: bounds, and said to be bounds."""

from __future__ import annotations

from typing import Literal

import polars as pl
from pydantic import Field

from sequela.display.numbers import format_value, round_number
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import (
    Context,
    ExhibitDefinition,
    Rows,
    StatedTime,
    absent_in,
    bias_refusal,
    groups_of,
    not_baseline,
)
from sequela.exhibits.estimates import refused
from sequela.report.document import Block, Paragraph, Run, TableBlock
from sequela.report.sentences import Slot, fill
from sequela.stats.estimand import Estimand
from sequela.stats.results import Row
from sequela.stats.survival_bounds import estimate_survival_bounds


class SurvivalBounds(ExhibitDefinition):
    """The least and the greatest survival that fit what is known of the events' times."""

    kind: Literal["survival_bounds"]
    endpoint: str
    at: tuple[StatedTime, ...] = ()
    intervals: Literal["undated", "all"] = Field(
        "undated",
        description="which events keep their interval: those without any time, or also those "
        "found between two visits or given to the month",
    )


def _biased(definition: SurvivalBounds, context: Context) -> list[str]:
    return not_baseline(context, set=definition.set, by="", endpoint=definition.endpoint)


def estimate_bounds(definition: SurvivalBounds, context: Context) -> list[Row]:
    """Events, those without a time, and the bounds of median and survival."""
    name = definition.endpoint
    frame = groups_of(context, set=definition.set)[0].frame
    known = frame.filter(pl.col(f"{name}_event").is_not_null())
    absent = absent_in(frame, f"{name}_event")
    about = Estimand(variable=name, n=known.height, absent=absent, method="count")
    columns = _biased(definition, context)
    if columns and not definition.accept_bias:
        return [about.no_value("median", "refused", bias_refusal(context, columns))]
    undated = known.filter(pl.col(name).is_null())
    low, high = (_end_of(known, definition, end) for end in ("low", "high"))
    return [
        about.value("events", float(known[f"{name}_event"].sum())),
        about.value("events_without_a_time", float(undated.height)),
        *estimate_survival_bounds(
            low.to_numpy(),
            high.to_numpy(),
            known[f"{name}_event"].cast(pl.Int64).to_numpy(),
            variable=name,
            at=definition.at,
            absent=absent,
        ),
    ]


def _end_of(known: pl.DataFrame, definition: SurvivalBounds, end: str) -> pl.Series:
    """One end of what is known of each time.

    What is imprecise but dated stands for one point unless all intervals are asked for; a
    censored time is always one point.
    """
    name = definition.endpoint
    point = pl.coalesce(name, f"{name}__{end}")
    if definition.intervals == "all":
        point = pl.when(pl.col(f"{name}_event")).then(f"{name}__{end}").otherwise(point)
    return known.select(point.alias(end)).to_series()


def sentences_of_bounds(
    definition: SurvivalBounds, context: Context, rows: Rows
) -> tuple[Run, ...]:
    """One sentence that gives the median's bounds and says that they are bounds."""
    name = definition.endpoint
    low = rows.get("median_low_bound", name)
    high = rows.get("median_high_bound", name)
    events, undated = rows.get("events", name), rows.get("events_without_a_time", name)
    if low is None or high is None or events is None or undated is None:
        return ()
    return fill(
        "bounds",
        {
            "label": context.subjects.columns[name].label,
            "set": context.subjects.sets[definition.set].label,
            "events": Slot(format_value(events, 0), (events.id,)),
            "n": Slot(str(events.n), (events.id,)),
            "undated": Slot(format_value(undated, 0), (undated.id,)),
            "low": Slot(format_value(low, 1), (low.id,)),
            "high": Slot(
                "not reached" if high.state == "not_reached" else format_value(high, 1),
                (high.id,),
            ),
            "unit": f" {context.time_unit}",
        },
    )


def show_bounds(definition: SurvivalBounds, context: Context, rows: Rows) -> list[Block]:
    """The sentence and a table of bounds."""
    columns = _biased(definition, context)
    if columns and not definition.accept_bias:
        reason = bias_refusal(context, columns)
        return refused(definition.title, reason)
    blocks: list[Block] = []
    if definition.accept_bias:
        blocks.append(Paragraph((Run(definition.accept_bias),), kind="warning"))
    blocks.append(Paragraph(sentences_of_bounds(definition, context, rows)))
    name, unit = definition.endpoint, context.time_unit
    lines = [_line(rows, f"Median, {unit}", "median", name, None)]
    lines += [_line(rows, f"At {t:g} {unit}, %", "survival", name, t) for t in definition.at]
    table = Table(
        definition.id,
        definition.title,
        (Column("", width=1.5), Column("At least", "center"), Column("At most", "center")),
        tuple(lines),
        (
            "Bounds over every possible time of the events that have none; they are not a "
            "confidence interval. NR, not reached.",
        ),
    )
    return [*blocks, TableBlock(table)]


def _line(rows: Rows, label: str, statistic: str, name: str, time: float | None) -> Line:
    cells = [Cell(label)]
    for end in ("low", "high"):
        row = rows.of(f"{statistic}_{end}_bound", name, time=time)
        if statistic == "survival" and row.value is not None:
            text = round_number(row.value * 100, 1)
        else:
            text = format_value(row, 1)
        cells.append(Cell(text, (row.id,)))
    return Line(tuple(cells))
