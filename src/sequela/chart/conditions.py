"""Conditions on rows: SQL boolean expressions over the columns of a table.

A condition on a missing value is neither true nor false.
"""

from __future__ import annotations

import polars as pl


class ConditionError(ValueError):
    """A condition that cannot be read, with the sentence that says why."""


def read_condition(sql: str, known: list[str]) -> pl.Expr:
    """The expression of an SQL condition over the named columns.

    Raises ConditionError when it does not parse or names a column that does not exist.
    """
    try:
        condition = pl.sql_expr(sql)
    except Exception as error:  # polars raises several kinds for unreadable SQL
        detail = str(error).split("\n")[0]
        raise ConditionError(f"the condition {sql!r} cannot be read: {detail}") from error
    for name in condition.meta.root_names():
        if name not in known:
            raise ConditionError(f"the condition {sql!r} names '{name}', which does not exist here")
    return condition


def evaluate_condition(frame: pl.DataFrame, sql: str) -> pl.Series:
    """Whether each row satisfies a condition; null where its values do not tell.

    Raises ConditionError when the condition cannot be read or gives no yes or no.
    """
    expression = read_condition(sql, frame.columns)
    try:
        holds = frame.select(expression.alias("holds"))["holds"]
    except pl.exceptions.PolarsError as error:
        detail = str(error).split("\n")[0] + _numbers_of(expression, frame)
        raise ConditionError(f"the condition {sql!r} cannot be evaluated: {detail}") from error
    if holds.dtype not in (pl.Boolean, pl.Null):
        raise ConditionError(f"the condition {sql!r} gives no yes or no")
    if holds.len() != frame.height:
        holds = pl.Series("holds", [holds[0]] * frame.height, pl.Boolean)
    return holds.cast(pl.Boolean)


def _numbers_of(condition: pl.Expr, frame: pl.DataFrame) -> str:
    """Where the numbers of a condition's columns stand, of those that are text as given."""
    names = [n for n in condition.meta.root_names() if f"{n}__low" in frame.columns]
    texts = [n for n in dict.fromkeys(names) if frame[n].dtype == pl.String]
    return "".join(f"; {n} is text as given, its number is {n}__low" for n in texts)


def select_rows(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """The rows that satisfy a condition; a condition on a missing value does not hold.

    Raises ConditionError when the condition cannot be read or gives no yes or no.
    """
    return frame.filter(evaluate_condition(frame, where)) if where else frame
