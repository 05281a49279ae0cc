"""Dates under a policy: years, days from time zero, or moved by a patient's own shift."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from sequela.chart.time import CALENDAR
from sequela.sharing.policy import Policy

_EPOCH = date(1970, 1, 1).toordinal()
_DAYS_IN_A_MONTH, _DAYS_IN_A_YEAR = 31, 366


def shared_moment(
    frame: pl.DataFrame,
    column: str,
    policy: Policy,
    *,
    zeros: Mapping[str, float],
    shifts: Mapping[str, int],
) -> pl.Series:
    """The column's times as text under the policy; what is not on the calendar stays as it is.

    `zeros` has each patient's time zero in days since 1970-01-01 and `shifts` the days to move by.
    A date of a patient without a time zero is blank under `days`. A date known to the month or
    year keeps that precision: its middle is moved, and under `days` it is a range.
    """
    texts = []
    parts = (column, f"{column}__low", f"{column}__high", f"{column}__clock")
    for patient, text, low, high, clock in frame.select("patient_id", *parts).iter_rows():
        if text is None or clock != CALENDAR:
            texts.append(text)
        elif policy == "safe-harbor":
            texts.append(_year(low, high))
        elif policy == "days":
            zero = zeros.get(patient)
            texts.append(None if zero is None else _days(low - zero, high - zero))
        else:
            texts.append(_moved(low, high, shifts[patient]))
    return pl.Series(column, texts, pl.String)


def _date(day: float) -> date:
    return date.fromordinal(int(day // 1) + _EPOCH)


def _year(low: float, high: float) -> str | None:
    """The year; blank where it is not known which."""
    first, last = _date(low).year, _date(high).year
    return str(first) if first == last else None


def _days(low: float, high: float) -> str:
    return f"{low:g} days" if low == high else f"{low:g} to {high:g} days"


def _moved(low: float, high: float, shift: int) -> str:
    moved = _date((low + high) / 2 + shift).isoformat()
    width = high - low + 1
    if width == 1:
        return moved
    return moved[:7] if width <= _DAYS_IN_A_MONTH else moved[:4]
