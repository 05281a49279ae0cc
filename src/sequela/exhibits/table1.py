"""Table 1: the characteristics of a set, overall and by group."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, NamedTuple

import polars as pl
from pydantic import Field, model_validator

from sequela.clinical.definition import Definition
from sequela.display.numbers import format_interval, format_percent, format_value
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import (
    Context,
    ExhibitDefinition,
    Group,
    Rows,
    absent_in,
    grouped,
    groups_of,
)
from sequela.exhibits.levels import levels_of, yes_no
from sequela.exhibits.table1_tests import (
    comparison_cells,
    comparison_columns,
    comparison_notes,
    estimate_comparisons,
)
from sequela.report.document import Block, Run, TableBlock
from sequela.report.sentences import Slot, fill, join
from sequela.stats.compare_groups import GroupComparison
from sequela.stats.describe import estimate_categories, estimate_numeric
from sequela.stats.pairwise import Adjustment
from sequela.stats.results import Row

Summary = Literal["median_range", "median_iqr", "mean_sd"]

_SHOWN: dict[Summary, tuple[str, tuple[str, ...]]] = {
    "median_range": ("Median (range)", ("median", "min", "max")),
    "median_iqr": ("Median (IQR)", ("median", "q1", "q3")),
    "mean_sd": ("Mean (SD)", ("mean", "sd")),
}


class Table1Row(Definition):
    """One characteristic, and how a number is summarised; a name alone is that column's."""

    column: str
    show: tuple[Summary, ...] = ("median_range",)
    test: GroupComparison | None = Field(
        None, description="the test between the groups of `by`; nothing is chosen by the data"
    )
    decimals: int | None = Field(None, ge=0, le=4, description="blank: as the chart gives them")

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        """`"age"` is short for `{ column = "age" }`."""
        return {"column": given} if isinstance(given, str) else given


class Table1(ExhibitDefinition):
    """Characteristics, one block of lines each."""

    kind: Literal["table1"]
    by: str = ""
    rows: tuple[Table1Row, ...]
    differences: bool = Field(False, description="standardized mean differences of the groups")
    adjust: Adjustment | None = Field(None, description="p values adjusted over the table's tests")


def estimate_table1(definition: Table1, context: Context) -> list[Row]:
    """The summaries of every characteristic in the whole set and in every group, and the tests."""
    groups = groups_of(context, set=definition.set, by=definition.by)
    rows = [
        row
        for group in groups
        for wanted in definition.rows
        for row in grouped(_summary(wanted, context, group), group)
    ]
    return rows + estimate_comparisons(definition, context, groups)


def _summary(wanted: Table1Row, context: Context, group: Group) -> list[Row]:
    info = context.subjects.columns[wanted.column]
    absent = absent_in(group.frame, wanted.column)
    if info.kind == "number":
        known = group.frame.filter(pl.col(f"{wanted.column}__low").is_not_null())
        return estimate_numeric(
            known[f"{wanted.column}__low"].to_numpy(),
            known[f"{wanted.column}__high"].to_numpy(),
            variable=wanted.column,
            absent=absent,
        )
    values = [yes_no(v) for v in group.frame[wanted.column].drop_nulls().to_list()]
    levels = levels_of(context, wanted.column)
    return estimate_categories(values, levels, variable=wanted.column, absent=absent)


def show_table1(definition: Table1, context: Context, rows: Rows) -> list[Block]:
    """The table: a heading a characteristic, then its summaries, then what is not known."""
    groups = groups_of(context, set=definition.set, by=definition.by)
    further = comparison_columns(definition)
    columns = (
        Column("Characteristic", width=2.4),
        *(Column(f"{g.label} (N = {g.size})", "center", 1.2) for g in groups),
        *further,
    )
    lines: list[Line] = []
    for wanted in definition.rows:
        first, *rest = _lines(wanted, context, groups, rows)
        cells = comparison_cells(definition, wanted.column, groups, rows)
        blank = tuple(Cell("") for _ in further)
        lines.append(replace(first, cells=(*first.cells, *cells)))
        lines += [replace(line, cells=(*line.cells, *blank)) for line in rest]
    notes = (
        "n (%): the denominator is everyone with a value in the column's group. Quartiles are "
        "type 7. A value that the chart gives as a bound or an interval is used where it decides "
        "the summary; where it does not, the summary's own bounds are printed, those between which "
        "it lies in square brackets.",
        *comparison_notes(definition, context, rows),
        *((definition.note,) if definition.note else ()),
    )
    return [TableBlock(Table(definition.id, definition.title, columns, tuple(lines), notes))]


def _lines(wanted: Table1Row, context: Context, groups: list[Group], rows: Rows) -> list[Line]:
    info = context.subjects.columns[wanted.column]
    blank = tuple(Cell("") for _ in groups)
    lines = [Line((Cell(info.label + context.unit_of(wanted.column)), *blank), heading=True)]
    if info.kind == "number":
        decimals = (
            decimals_of(context, wanted.column)
            if wanted.decimals is None
            else Decimals(wanted.decimals)
        )
        for summary in wanted.show:
            label, names = _SHOWN[summary]
            cells = tuple(
                summary_cell(rows, wanted.column, names, group=g.key, decimals=decimals)
                for g in groups
            )
            lines.append(Line((Cell(label), *cells), indent=1))
    else:
        for level in levels_of(context, wanted.column):
            cells = tuple(_count_cell(rows, wanted.column, level, g) for g in groups)
            lines.append(Line((Cell(level), *cells), indent=1))
    lines += _absent_lines(wanted.column, groups, rows)
    if len(lines) == 1:
        first = [_first_row(rows, wanted.column, g.key) for g in groups]
        cells = (Cell("No value"), *(Cell("–", (row.id,)) for row in first))
        lines.append(Line(cells, indent=1))
    return lines


class Decimals(NamedTuple):
    """How many decimals a column's numbers are printed with.

    `between` allows a median or quartile that lies between two values one decimal more.
    """

    places: int
    between: bool = True


def decimals_of(context: Context, column: str) -> Decimals:
    """The most decimals of the column's values as the chart gives them.

    A column with more than two was computed, as a length between two dates is; one decimal is
    what a reader can use of it.
    """
    values = context.subjects.frame[column].drop_nulls().to_list()
    places = max(
        (len(f"{v:.6g}".partition(".")[2]) for v in values if isinstance(v, float)), default=0
    )
    return Decimals(places) if places <= 2 else Decimals(1, between=False)


def summary_cell(
    rows: Rows, column: str, names: tuple[str, ...], *, group: str, decimals: Decimals
) -> Cell:
    """`median (min to max)`, each part its value or, where it is undecided, its bounds."""
    parts, ids = [], []
    for name in names:
        text, used = printed(rows, column, name, group=group, decimals=decimals)
        parts.append(text)
        ids += used
    if len(parts) == 1:
        return Cell(parts[0], tuple(ids))
    between = " to " if any(p[:1] in "><[" for p in parts[1:]) else "–"
    ends = parts[1] if len(parts) == 2 else between.join(parts[1:])
    return Cell(f"{parts[0]} ({ends})", tuple(ids))


def printed(
    rows: Rows, column: str, name: str, *, group: str, decimals: Decimals
) -> tuple[str, list[str]]:
    """A statistic and its rows: a value, bounds such as `>90` or `[1–9]`, or a dash."""
    row = rows.get(name, column, group=group)
    if row is None:
        return "–", []
    if row.state != "refused":
        return format_value(row, _places(row, decimals)), [row.id]
    low = rows.get(f"{name}_low_bound", column, group=group)
    high = rows.get(f"{name}_high_bound", column, group=group)
    ids = [r.id for r in (low, high) if r]
    if low is not None and low.value is not None and high is not None and high.value is not None:
        ends = [format_value(r, _places(r, decimals)) for r in (low, high)]
        return f"[{format_interval(*ends)}]", ids
    if low is not None and low.value is not None:
        return f">{format_value(low, decimals.places)}", ids
    if high is not None and high.value is not None:
        return f"<{format_value(high, decimals.places)}", ids
    return "–", [row.id]


def _places(row: Row, decimals: Decimals) -> int:
    """One more decimal where a quantile lies between two values that were given with fewer."""
    quantile = row.statistic.startswith(("median", "q1", "q3"))
    if row.value is None or not quantile or not decimals.between:
        return decimals.places
    return decimals.places + int(abs(row.value - round(row.value, decimals.places)) > 1e-9)


def _count_cell(rows: Rows, column: str, level: str, group: Group) -> Cell:
    count = rows.of("count", column, level=level, group=group.key)
    percent = rows.of("percent", column, level=level, group=group.key)
    if count.n == 0:
        return Cell("–", (count.id,))
    share = (percent.value or 0.0) / 100
    text = f"{format_value(count, 0)} ({format_percent(share, count.n)})"
    return Cell(text, (count.id, percent.id))


_ABSENT = (
    ("Missing", "n_missing"),
    ("Not evaluable", "n_not_evaluable"),
    ("Not applicable", "n_not_applicable"),
)


def _absent_lines(column: str, groups: list[Group], rows: Rows) -> list[Line]:
    """A line a reason for which any group has someone."""
    first = {g.key: _first_row(rows, column, g.key) for g in groups}
    return [
        Line(
            (
                Cell(label),
                *(Cell(str(getattr(first[g.key], name)), (first[g.key].id,)) for g in groups),
            ),
            indent=1,
        )
        for label, name in _ABSENT
        if any(getattr(first[g.key], name) for g in groups)
    ]


def _first_row(rows: Rows, column: str, group: str) -> Row:
    """A row of the column in the group: all of them count who has no value."""
    return next(r for r in rows.rows if r.variable == column and r.group == group)


def sentences_of_table1(definition: Table1, context: Context, rows: Rows) -> tuple[Run, ...]:
    """A sentence a characteristic: median and range, or the share of every level."""
    return join(*(_sentence(wanted, context, rows) for wanted in definition.rows))


def _sentence(wanted: Table1Row, context: Context, rows: Rows) -> tuple[Run, ...]:
    info = context.subjects.columns[wanted.column]
    if info.kind != "number":
        return _levels_sentence(wanted, context, rows)
    if (any_row := _first_row(rows, wanted.column, "")).n == 0:
        nobody = Run(f"{info.label}: no value.", (any_row.id,))
        return _with_absent((nobody,), any_row)
    decimals = decimals_of(context, wanted.column)
    slots: dict[str, Slot | str] = {
        "label": info.label,
        "unit": f" {info.unit}" if info.unit else "",
    }
    between = False
    for name in ("median", "min", "max"):
        text, ids = printed(rows, wanted.column, name, group="", decimals=decimals)
        between |= name != "median" and text[:1] == "["
        slots[name] = Slot(_in_words(text), tuple(ids))
    said = fill("median_ends" if between else "median_range", slots)
    return _with_absent(said, _first_row(rows, wanted.column, ""))


def _in_words(text: str) -> str:
    """`[1–9]` as a sentence says it: `between 1 and 9`."""
    if text[:1] != "[":
        return text
    dash = " to " if " to " in text else "–"
    return f"between {text.strip('[]').replace(dash, ' and ', 1)}"


def _with_absent(sentence: tuple[Run, ...], row: Row) -> tuple[Run, ...]:
    """The sentence, its full stop moved behind how many have no value and why."""
    counts = [(reason, getattr(row, name)) for reason, name in _ABSENT if getattr(row, name)]
    if not sentence or not counts:
        return sentence
    *before, last = sentence
    runs = [*before, Run(last.text.removesuffix("."), last.row_ids)]
    for place, (reason, count) in enumerate(counts):
        runs += [Run(f"{', ' if place else '; '}{reason.lower()} in "), Run(str(count), (row.id,))]
    return (*runs, Run("."))


def _levels_sentence(wanted: Table1Row, context: Context, rows: Rows) -> tuple[Run, ...]:
    """`Label: level n of N (p %), level n of N (p %).`"""
    parts: list[Run] = [Run(f"{context.label(wanted.column)}: ")]
    first = True
    for level in levels_of(context, wanted.column):
        count = rows.of("count", wanted.column, level=level)
        if not count.value:
            continue
        percent = format_percent(count.value / count.n, count.n)
        parts.append(Run(f"{'' if first else ', '}{level} "))
        share = f"({percent}\N{NO-BREAK SPACE}%)"
        parts.append(Run(f"{count.value:.0f} of {count.n} {share}", (count.id,)))
        first = False
    return () if first else _with_absent((*parts, Run(".")), _first_row(rows, wanted.column, ""))
