"""Moments and lengths of time: value, precision, clock.

A clock is the calendar, a patient's own time zero, or a local clock with a name (an article
that counts from a first marrow). Differences within a clock are exact. Across clocks that
nothing links there is none. Inside, time is days as a float and never rounded; a month is
30.4375 days and a year 365.25 days, the mean of the Julian calendar.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date

from sequela.chart.dates import Order, read_date
from sequela.chart.values import Value, read_value

CALENDAR = "calendar"
TIME_ZERO = "time zero"

DAYS_IN = {"days": 1.0, "weeks": 7.0, "months": 30.4375, "years": 365.25}

_UNIT = re.compile(r"^(.*?)\s*(day|week|month|year)s?$", re.IGNORECASE)
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time in days, possibly an interval, with the text it came from."""

    value: Value
    unit: str

    @property
    def low(self) -> float:
        """The shortest it can be, in days."""
        return self.value.low * DAYS_IN[self.unit]

    @property
    def high(self) -> float:
        """The longest it can be, in days."""
        return self.value.high * DAYS_IN[self.unit]


@dataclass(frozen=True, slots=True)
class Moment:
    """A point on a clock in days, possibly known only between `low` and `high`.

    On the calendar, days count from 1970-01-01. `precision` is the step in days in which the
    moment was given (a whole month for `2019-03`, a tenth of a year for `2.5 years`).
    """

    low: float
    high: float
    clock: str
    precision: float
    text: str

    @property
    def exact(self) -> bool:
        """Whether the moment was given as one point."""
        return self.low == self.high


def read_length(text: str) -> Length | None:
    """The length written in `text` (`26 months`, `>90 months`, `3-7 months`), or None."""
    if not (match := _UNIT.match(text.strip())):
        return None
    value = read_value(match[1])
    return Length(value, match[2].lower() + "s") if value else None


def read_moment(text: str, *, clock: str = "", order: Order | None = None) -> Moment | None:
    """The moment written in `text`, or None when it is none.

    A date (`2019-03-14`, `2019-03`, `Mar 2019`, `2019`) stands on the calendar; `order` is the
    declared order of day and month, as for `read_date`. A length (`14.2 months`,
    `-2.5 years`, `> 9 days`) counts on the clock named, by default the patient's time zero.
    """
    cell = text.strip()
    if days := read_date(cell, order):
        return Moment(days.first, days.last, CALENDAR, days.number, cell)
    if not (length := read_length(cell)):
        return None
    step = _step(length.value.text) * DAYS_IN[length.unit]
    return Moment(length.low, length.high, clock.strip() or TIME_ZERO, step, cell)


def _step(number: str) -> float:
    """The step in which a number was printed: 0.1 for `2.5`, 1 for `26`."""
    decimals = max((len(part) for part in re.findall(r"\.(\d+)", number)), default=0)
    return float(10.0**-decimals)


def days_between(start: Moment | None, end: Moment | None) -> tuple[float, float] | str:
    """The days from start to end as (low, high), or the reason why there are none.

    The reason is `missing` when either moment is unknown and `no common clock` when they
    stand on clocks that nothing links.
    """
    if start is None or end is None:
        return "missing"
    if start.clock != end.clock:
        return "no common clock"
    return end.low - start.high, end.high - start.low


def completed_years(birth: float, at: float) -> float:
    """The birthdays between two days of the calendar (days since 1970-01-01).

    Who was born on 29 February has the birthday of a common year on 1 March.
    """
    born, day = (date.fromordinal(int(d) + _EPOCH) for d in (birth, at))
    return float(day.year - born.year - ((day.month, day.day) < (born.month, born.day)))


def point(low: float, high: float) -> float:
    """The one point that stands for an interval of time: its middle, or its finite end."""
    if math.isinf(low):
        return high
    return low if math.isinf(high) else (low + high) / 2
