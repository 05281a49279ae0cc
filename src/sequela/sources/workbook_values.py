"""The value of a workbook's cell as text: what the sheet shows, without noise of the machine."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

Value = int | float | str | bool | date | time | timedelta


def text_of(value: Value) -> str:
    """A cell as text: `3` for 3.0, `0.1`, `2019-03-14`, and a time of day only if there is one.

    Numbers have the 15 digits that a spreadsheet program keeps; dates are ISO 8601, and so is
    a date with a time (`2019-03-14T08:30:00`, to the second). Booleans are TRUE and FALSE.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, datetime):
        return datetime_text(value)
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        sign = "-" if seconds < 0 else ""
        hours, rest = divmod(abs(seconds), 3600)
        return f"{sign}{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    if isinstance(value, time):
        return value.replace(microsecond=0).isoformat()
    return value.isoformat()


def number_text(value: float) -> str:
    """A number with at most 15 significant digits, without an exponent where it is no longer."""
    text = format(value, ".15g")
    if "e" in text and 1e-7 < abs(value) < 1e21:
        text = format(Decimal(text), "f")
    return "0" if text == "-0" else text


def datetime_text(value: datetime) -> str:
    """A date, with its time of day to the nearest second when that is not midnight."""
    shown = value.replace(microsecond=0)
    if value.microsecond >= 500_000 and shown.replace(tzinfo=None) < datetime(9999, 12, 31):
        shown += timedelta(seconds=1)
    if (shown.hour, shown.minute, shown.second) == (0, 0, 0):
        return shown.date().isoformat()
    return shown.isoformat()
