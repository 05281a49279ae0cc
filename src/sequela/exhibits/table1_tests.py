"""Tests and standardized differences beside a Table 1: those that the study names, no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from sequela.display.numbers import format_p, format_value
from sequela.display.table import Cell, Column
from sequela.exhibits.context import Context, Group, Rows, absent_in
from sequela.exhibits.levels import yes_no
from sequela.stats.adjusted_p import adjust_rows
from sequela.stats.compare_categories import compare_categories
from sequela.stats.compare_numbers import compare_numbers
from sequela.stats.results import Absent, Row
from sequela.stats.standardized_difference import (
    compare_standardized_categories,
    compare_standardized_numbers,
)

if TYPE_CHECKING:
    from sequela.exhibits.table1 import Table1, Table1Row


def contrast_of(by: str, groups: Sequence[Group]) -> str:
    """What is compared, in the words of the result rows; `groups` begins with everyone."""
    return f"{by}: " + " vs ".join(g.label for g in groups[1:])


def estimate_comparisons(
    definition: Table1, context: Context, groups: Sequence[Group]
) -> list[Row]:
    """The rows of every test and difference asked for; none without groups to compare."""
    if not definition.by or len(groups) < 3:
        return []
    rows: list[Row] = []
    for wanted in definition.rows:
        if wanted.test is not None:
            rows += _test(definition, wanted, context, groups)
        if definition.differences:
            rows += _differences(definition, wanted.column, context, groups)
    if definition.adjust is not None:
        rows += adjust_rows(rows, definition.adjust)
    return rows


def _known(
    context: Context, column: str, groups: Sequence[Group], by: str
) -> tuple[pl.DataFrame, Absent]:
    """Who has both the value and a group, and how many of everyone have not, by reason."""
    everyone = groups[0].frame
    number = context.subjects.columns[column].kind == "number"
    has = pl.col(f"{column}__low" if number else column).is_not_null()
    known = everyone.filter(has & pl.col(by).is_not_null())
    absent = absent_in(everyone, column)
    without_group = everyone.filter(has & pl.col(by).is_null()).height
    return known, Absent(
        missing=absent.missing + without_group,
        not_evaluable=absent.not_evaluable,
        not_applicable=absent.not_applicable,
    )


def _has_intervals(context: Context, column: str, groups: Sequence[Group]) -> bool:
    """Whether a number is known only as an interval in anyone, so that it has no mean."""
    if context.subjects.columns[column].kind != "number":
        return False
    known = groups[0].frame.filter(pl.col(f"{column}__low").is_not_null())
    return known[column].null_count() > 0


def _test(
    definition: Table1, wanted: Table1Row, context: Context, groups: Sequence[Group]
) -> list[Row]:
    contrast = contrast_of(definition.by, groups)
    known, absent = _known(context, wanted.column, groups, definition.by)
    labels = [yes_no(v) for v in known[definition.by].to_list()]
    about: dict[str, Any] = {
        "test": wanted.test,
        "variable": wanted.column,
        "contrast": contrast,
        "absent": absent,
    }
    if context.subjects.columns[wanted.column].kind == "number":
        ends = (known[f"{wanted.column}__{end}"].to_numpy() for end in ("low", "high"))
        low, high = ends
        return compare_numbers(low, labels, high=high, **about)
    return compare_categories([yes_no(v) for v in known[wanted.column].to_list()], labels, **about)


def _differences(
    definition: Table1, column: str, context: Context, groups: Sequence[Group]
) -> list[Row]:
    contrast = contrast_of(definition.by, groups)
    if _has_intervals(context, column, groups):
        return []
    known, _ = _known(context, column, groups, definition.by)
    labels = [yes_no(v) for v in known[definition.by].to_list()]
    absent = {g.label: absent_in(g.frame, column) for g in groups[1:]}
    if context.subjects.columns[column].kind == "number":
        return compare_standardized_numbers(
            known[column].to_numpy(), labels, variable=column, contrast=contrast, absent=absent
        )
    return compare_standardized_categories(
        [yes_no(v) for v in known[column].to_list()],
        labels,
        variable=column,
        contrast=contrast,
        absent=absent,
    )


def comparison_columns(definition: Table1) -> tuple[Column, ...]:
    """The columns at the right: p, adjusted p, standardized difference, as asked for."""
    columns = []
    if definition.by and any(row.test for row in definition.rows):
        columns.append(Column("p", "right", 0.7))
        if definition.adjust is not None:
            columns.append(Column("Adjusted p", "right", 0.8))
    if definition.by and definition.differences:
        columns.append(Column("SMD", "right", 0.7))
    return tuple(columns)


def comparison_cells(
    definition: Table1, column: str, groups: Sequence[Group], rows: Rows
) -> tuple[Cell, ...]:
    """The cells of those columns for one characteristic; blank where nothing was asked."""
    contrast = contrast_of(definition.by, groups) if definition.by else ""
    cells = []
    for shown in comparison_columns(definition):
        if shown.label == "SMD":
            cells.append(_difference_cell(column, contrast, rows))
        else:
            name = "p_value" if shown.label == "p" else "p_value_adjusted"
            cells.append(_p_cell(rows.get(name, column, contrast=contrast)))
    return tuple(cells)


def _p_cell(row: Row | None) -> Cell:
    if row is None:
        return Cell("")
    text = format_p(row.value) if row.value is not None else format_value(row, 0)
    return Cell(text, (row.id,))


def _difference_cell(column: str, contrast: str, rows: Rows) -> Cell:
    """The difference of two groups, or the greatest of several."""
    for name in ("standardized_mean_difference_max", "standardized_mean_difference"):
        found = [r for r in rows.rows if r.statistic == name and r.variable == column]
        if found:
            return Cell(format_value(found[0], 2), (found[0].id,))
    return Cell("")


def comparison_notes(definition: Table1, context: Context, rows: Rows) -> list[str]:
    """Which test stands behind which p, what was added because it was unsafe, and refusals."""
    notes = []
    for wanted in definition.rows:
        if wanted.test is None or not definition.by:
            continue
        label = context.label(wanted.column)
        for row in rows.rows:
            if row.variable != wanted.column or not row.contrast:
                continue
            if row.statistic == "p_value":
                why = f"; refused: {row.error}" if row.state == "refused" else ""
                notes.append(f"{label}: {row.method}{why}.")
            if row.statistic == "exact_p_value" and row.value is not None:
                notes.append(f"{label}: {row.method}, p {_sign(row.value)}.")
    if definition.by and definition.differences:
        notes.append("SMD, standardized mean difference: of several groups the greatest.")
    return list(dict.fromkeys(notes))


def _sign(p: float) -> str:
    text = format_p(p)
    return text if text[0] in "<>" else f"= {text}"
