"""Tests and standardized differences beside a Table 1: those that the study names, no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from sequela.display.numbers import format_p, format_value
from sequela.display.table import Cell, Column
from sequela.exhibits.context import Context, Group, Rows, absent_in
from sequela.exhibits.levels import yes_no
from sequela.stats.adjusted_p import adjust_rows
from sequela.stats.compare_groups import compare_groups
from sequela.stats.estimand import Estimand
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
    known = everyone.filter(pl.col(column).is_not_null() & pl.col(by).is_not_null())
    absent = absent_in(everyone, column)
    without_group = everyone.filter(pl.col(column).is_not_null() & pl.col(by).is_null()).height
    return known, Absent(
        missing=absent.missing + without_group,
        not_evaluable=absent.not_evaluable,
        not_applicable=absent.not_applicable,
    )


def _intervals(
    context: Context, column: str, by: str, groups: Sequence[Group], contrast: str
) -> Row | None:
    """The refused row of a number that is known only as an interval in some patients."""
    frame = groups[0].frame
    if context.subjects.columns[column].kind != "number":
        return None
    interval = frame.filter(
        pl.col(f"{column}__low").is_not_null() & pl.col(column).is_null()
    ).height
    if not interval:
        return None
    about = Estimand(
        variable=column,
        contrast=contrast,
        n=frame.height - absent_in(frame, column).total,
        absent=absent_in(frame, column),
        method="refused",
    )
    reason = f"{interval} of the values are known only as bounds or intervals"
    return about.no_value("p_value", "refused", reason)


def _test(
    definition: Table1, wanted: Table1Row, context: Context, groups: Sequence[Group]
) -> list[Row]:
    contrast = contrast_of(definition.by, groups)
    refused = _intervals(context, wanted.column, definition.by, groups, contrast)
    if refused is not None or wanted.test is None:
        return [refused] if refused else []
    known, absent = _known(context, wanted.column, groups, definition.by)
    values = _values(context, known, wanted.column)
    return compare_groups(
        values,
        [yes_no(v) for v in known[definition.by].to_list()],
        test=wanted.test,
        variable=wanted.column,
        contrast=contrast,
        absent=absent,
    )


def _values(context: Context, frame: pl.DataFrame, column: str) -> list[float] | list[str]:
    if context.subjects.columns[column].kind == "number":
        return [float(v) for v in frame[column].to_list()]
    return [yes_no(v) for v in frame[column].to_list()]


def _differences(
    definition: Table1, column: str, context: Context, groups: Sequence[Group]
) -> list[Row]:
    contrast = contrast_of(definition.by, groups)
    if _intervals(context, column, definition.by, groups, contrast) is not None:
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
