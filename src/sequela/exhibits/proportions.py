"""Proportions with exact intervals: response, relapse, regression."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from sequela.clinical.definition import Definition
from sequela.display.numbers import format_interval, round_number
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import (
    EVERYONE,
    Context,
    ExhibitDefinition,
    Rows,
    absent_in,
    groups_of,
)
from sequela.exhibits.levels import yes_no
from sequela.report.document import Block, Run, TableBlock
from sequela.report.sentences import Slot, fill, join
from sequela.stats.proportions import ProportionMethod, estimate_proportion
from sequela.stats.results import Row


class ProportionRow(Definition):
    """A yes/no column, or a level of another, within a set."""

    column: str
    level: str = "yes"
    set: str = EVERYONE


class Proportions(ExhibitDefinition):
    """How many of those who could be judged."""

    kind: Literal["proportions"]
    rows: tuple[ProportionRow, ...]
    interval: ProportionMethod = "clopper-pearson"


def estimate_proportions(definition: Proportions, context: Context) -> list[Row]:
    """Count, share and interval of every line; each row carries the line's own set."""
    rows = []
    for wanted in definition.rows:
        frame = groups_of(context, set=wanted.set)[0].frame
        values = [yes_no(v) for v in frame[wanted.column].drop_nulls().to_list()]
        estimated = estimate_proportion(
            sum(v == wanted.level for v in values),
            len(values),
            variable=wanted.column,
            level=wanted.level,
            method=definition.interval,
            absent=absent_in(frame, wanted.column),
        )
        rows += [replace(row, set=wanted.set) for row in estimated]
    return rows


def _found(wanted: ProportionRow, rows: Rows) -> dict[str, Row]:
    names = ("count", "proportion", "proportion_ci_low", "proportion_ci_high")
    return {
        r.statistic: r
        for r in rows.rows
        if (r.set, r.variable, r.level) == (wanted.set, wanted.column, wanted.level)
        and r.statistic in names
    }


def _label(wanted: ProportionRow, context: Context) -> str:
    label = context.label(wanted.column)
    return label if wanted.level == "yes" else f"{label}: {wanted.level}"


def _percent(row: Row) -> str:
    return "NE" if row.value is None else round_number(row.value * 100, 1)


def sentences_of_proportions(
    definition: Proportions, context: Context, rows: Rows
) -> tuple[Run, ...]:
    """A sentence a line, with those who could not be judged."""
    said = []
    for wanted in definition.rows:
        found = _found(wanted, rows)
        count = found["count"]
        slots: dict[str, Slot | str] = {
            "label": _label(wanted, context),
            "count": Slot(f"{count.value:.0f}", (count.id,)),
            "n": Slot(str(count.n), (count.id,)),
            "level": "95",
        }
        for name, statistic in (
            ("percent", "proportion"),
            ("low", "proportion_ci_low"),
            ("high", "proportion_ci_high"),
        ):
            row = found[statistic]
            slots[name] = Slot(_percent(row), (row.id,))
        said.append(fill("proportion", slots))
        unknown = count.n_missing + count.n_not_evaluable
        if unknown:
            said.append(fill("unknown", {"count": Slot(str(unknown), (count.id,))}))
    return join(*said)


def show_proportions(definition: Proportions, context: Context, rows: Rows) -> list[Block]:
    """The table: label, set, n of N, percent with interval, and who could not be judged."""
    lines = []
    for wanted in definition.rows:
        found = _found(wanted, rows)
        count = found["count"]
        ends = [_percent(found[f"proportion_ci_{e}"]) for e in ("low", "high")]
        patient_set = context.subjects.sets[wanted.set]
        lines.append(
            Line(
                (
                    Cell(_label(wanted, context)),
                    Cell("Everyone" if wanted.set == EVERYONE else patient_set.label),
                    Cell(f"{count.value:.0f} of {count.n}", (count.id,)),
                    Cell(_percent(found["proportion"]), (found["proportion"].id,)),
                    Cell(
                        format_interval(*ends, comparator=" to "),
                        (found["proportion_ci_low"].id, found["proportion_ci_high"].id),
                    ),
                    Cell(str(count.n_missing), (count.id,)),
                    Cell(str(count.n_not_evaluable), (count.id,)),
                    Cell(str(count.n_not_applicable), (count.id,)),
                )
            )
        )
    columns = (
        Column("", width=2.2),
        Column("Among", width=1.8),
        Column("n", "center", 0.9),
        Column("%", "center", 0.6),
        Column("95 % CI", "center", 1.1),
        Column("Missing", "center", 0.7),
        Column("Not evaluable", "center", 0.8),
        Column("Not applicable", "center", 0.8),
    )
    method = next((r.method for r in rows.rows if r.statistic == "proportion"), "")
    notes = (
        f"The denominator is everyone of the set who could be judged ({method}).",
        *((definition.note,) if definition.note else ()),
    )
    return [TableBlock(Table(definition.id, definition.title, columns, tuple(lines), notes))]
