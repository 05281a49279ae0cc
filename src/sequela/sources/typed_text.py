"""Values that a file has typed already, as text that loses nothing.

Numbers are the shortest text that reads back as the same number (`3` for 3.0, `0.1`), dates
are ISO 8601 with a time of day only where there is one, and truth is `true` or `false`.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isnan

import polars as pl

from sequela.sources.workbook_values import text_of

_WHOLE = 1e15
_EPOCH = date(1970, 1, 1).toordinal()


def exact_text(value: object) -> str:
    """A value as text; blank for none and for what is not a number."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | time | timedelta):
        return _moment(value)
    return str(value)


def _number(value: float) -> str:
    if abs(value) < _WHOLE and value == int(value):
        return str(int(value))
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text and 1e-7 < abs(value) < 1e21 else text


def _moment(value: date | time | timedelta) -> str:
    """A moment with the fraction of a second that it has."""
    if isinstance(value, datetime | time) and value.microsecond:
        return value.isoformat()
    return text_of(value)


def _has_days_of_the_calendar(column: pl.Series) -> bool:
    """Whether all dates are such that Python, and a reader, has them."""
    days = column.drop_nulls().dt.date().cast(pl.Int32)
    first, last = (date(y, m, d).toordinal() - _EPOCH for y, m, d in ((1, 1, 1), (9999, 12, 31)))
    return bool(days.is_between(first, last).all())


def text_column(column: pl.Series) -> pl.Series | None:
    """A typed column as text, blank cells null; None where its cells are tables themselves.

    Raises ValueError for dates that no calendar here has.
    """
    kind = column.dtype
    if kind.is_nested() or kind in (pl.Object, pl.Binary):
        return None
    if kind in (pl.String, pl.Categorical, pl.Enum) or kind.is_integer():
        return column.cast(pl.String)
    if kind in (pl.Date, pl.Datetime) and not _has_days_of_the_calendar(column):
        raise ValueError("a date before the year 1 or after 9999")
    cells = column.to_list()
    texts = {value: exact_text(value) for value in set(cells)}
    return pl.Series(column.name, [texts[value] for value in cells], pl.String)
