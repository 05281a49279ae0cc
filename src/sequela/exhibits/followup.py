"""Length of follow-up: of the survivors, and by the reverse Kaplan-Meier method."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import polars as pl

from sequela.display.numbers import format_interval, format_value
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import (
    Context,
    ExhibitDefinition,
    Group,
    Rows,
    absent_in,
    groups_of,
)
from sequela.exhibits.imputed import (
    REVERSE,
    estimate_imputed,
    notes_of_imputed,
    sentence_of_imputed,
)
from sequela.exhibits.survival import CONFIDENCE, events_without_a_time, risk_table_of
from sequela.exhibits.table1 import decimals_of
from sequela.report.document import Block, Run, TableBlock
from sequela.report.sentences import Slot, fill, join
from sequela.stats.describe import estimate_numeric
from sequela.stats.estimand import Estimand
from sequela.stats.results import Row
from sequela.stats.survival import estimate_follow_up


class FollowUp(ExhibitDefinition):
    """Two answers to how long patients were followed; they differ, and both are given."""

    kind: Literal["followup"]
    endpoint: str
    column: str
    survivors: str


def estimate_followup(definition: FollowUp, context: Context) -> list[Row]:
    """Median and range of a length among survivors, and the reverse Kaplan-Meier median."""
    frame = context.subjects.within(definition.survivors)
    known = frame.filter(pl.col(f"{definition.column}__low").is_not_null())
    survivors = estimate_numeric(
        known[f"{definition.column}__low"].to_numpy(),
        known[f"{definition.column}__high"].to_numpy(),
        variable=definition.column,
        absent=absent_in(frame, definition.column),
    )
    everyone = groups_of(context, set=definition.set)[0]
    rows = [replace(row, set=definition.survivors) for row in survivors]
    return rows + _reverse(definition, context, everyone)


def _reverse(definition: FollowUp, context: Context, everyone: Group) -> list[Row]:
    """The reverse Kaplan-Meier median, or refused rows where an event has no time."""
    endpoint = definition.endpoint
    absent = absent_in(everyone.frame, endpoint)
    reason = events_without_a_time(context, set=definition.set, endpoint=endpoint)
    if not reason:
        table = risk_table_of(everyone, endpoint)
        found = estimate_follow_up(table, variable=endpoint, absent=absent)
        return found + estimate_imputed(everyone, endpoint, median=REVERSE)
    n = everyone.size - absent.total
    about = Estimand(variable=endpoint, n=n, absent=absent, method="refused")
    names = (f"reverse_km_median{end}" for end in ("", "_ci_low", "_ci_high"))
    return [about.no_value(name, "refused", reason) for name in names]


def sentences_of_followup(definition: FollowUp, context: Context, rows: Rows) -> tuple[Run, ...]:
    """One sentence for each of the two answers."""
    decimals = decimals_of(context, definition.column)
    of_survivors: dict[str, Slot | str] = {"unit": f" {context.time_unit}"}
    for name in ("median", "min", "max"):
        row = rows.of(name, definition.column)
        more = decimals.between and name == "median"
        of_survivors[name] = Slot(format_value(row, decimals.places + more), (row.id,))
    reverse: dict[str, Slot | str] = {"unit": f" {context.time_unit}", "level": CONFIDENCE}
    for slot, end in (("median", ""), ("low", "_ci_low"), ("high", "_ci_high")):
        row = rows.of(f"reverse_km_median{end}", definition.endpoint)
        reverse[slot] = Slot(format_value(row, 1), (row.id,))
    everyone = groups_of(context, set=definition.set)[0]
    imputed = sentence_of_imputed(rows, context, definition.endpoint, everyone, median=REVERSE)
    said = [fill("followup_survivors", of_survivors), fill("followup_reverse", reverse)]
    return join(*said, *([imputed] if imputed else []))


def show_followup(definition: FollowUp, context: Context, rows: Rows) -> list[Block]:
    """A table of the two answers."""
    decimals = decimals_of(context, definition.column)
    found = {name: rows.of(name, definition.column) for name in ("median", "min", "max")}
    spread = format_interval(*(format_value(found[n], decimals.places) for n in ("min", "max")))
    median = format_value(found["median"], decimals.places + decimals.between)
    first = Line(
        (
            Cell(context.subjects.sets[definition.survivors].label),
            Cell(str(found["median"].n), (found["median"].id,)),
            Cell(median, (found["median"].id,)),
            Cell(f"range {spread}", (found["min"].id, found["max"].id)),
        )
    )
    reverse = {
        end: rows.of(f"reverse_km_median{end}", definition.endpoint)
        for end in ("", "_ci_low", "_ci_high")
    }
    limits = format_interval(
        *(format_value(reverse[e], 1) for e in ("_ci_low", "_ci_high")), comparator=" to "
    )
    second = Line(
        (
            Cell("Everyone, reverse Kaplan-Meier"),
            Cell(str(reverse[""].n), (reverse[""].id,)),
            Cell(format_value(reverse[""], 1), (reverse[""].id,)),
            Cell(f"{CONFIDENCE} % CI {limits}", (reverse["_ci_low"].id, reverse["_ci_high"].id)),
        )
    )
    columns = (
        Column("", width=2.2),
        Column("N", "right", 0.5),
        Column(f"Median, {context.time_unit}", "center"),
        Column("Spread", "center", 1.3),
    )
    note = (
        "The reverse Kaplan-Meier method takes death as the censoring of follow-up, so that those "
        "who died early do not shorten it."
    )
    everyone = groups_of(context, set=definition.set)
    imputed = notes_of_imputed(rows, context, definition.endpoint, everyone, median=REVERSE)
    notes = (note, *imputed)
    return [TableBlock(Table(definition.id, definition.title, columns, (first, second), notes))]
