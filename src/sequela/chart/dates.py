"""Dates as people type them: whole or in part, with the month in words, with unknown parts.

Read without being told anything is only what has one meaning: `2019-03-14`, `2019/03/14`,
`14 Mar 2019`, `March 14, 2019`, `14MAR2019`, `2019-03`, `03/2019`, `Mar 2019`, `2019 Q2`, `2019`,
and dates with unknown parts such as `2019-UK-UK` or `UN-MAR-2019`. `03/04/2021` is the 3rd of
April to some and the 4th of March to others; it is a date only where the order is declared. A
year has four digits.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal

Order = Literal["dmy", "mdy", "ymd"]

_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
_UNKNOWN = r"uk|un|unk|nk|xx|\?\?"
_DAY = rf"\d{{1,2}}|{_UNKNOWN}"
_NAME = r"[a-z]{3,9}"
_TIME = r"(?:[t ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"

# What has one meaning, by the names of its parts; the month may be a name.
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"^(?P<y>\d{{4}})(?P<s>[-/.])(?P<m>{_DAY})(?P=s)(?P<d>{_DAY}){_TIME}$",
        # A point would make a number of it: 2019.5 is no month.
        rf"^(?P<y>\d{{4}})[-/](?P<m>\d{{1,2}}|{_UNKNOWN})$",
        r"^(?P<y>\d{4})$",
        r"^(?P<m>\d{1,2})[-/](?P<y>\d{4})$",
        rf"^(?P<d>{_DAY})[-/. ]?(?P<m>{_NAME}|{_UNKNOWN})\.?[-/. ]?(?P<y>\d{{4}})$",
        rf"^(?P<m>{_NAME})\.? (?P<d>{_DAY}),? (?P<y>\d{{4}})$",
        rf"^(?P<m>{_NAME})\.?[-/ ]?(?P<y>\d{{4}})$",
        rf"^(?P<y>\d{{4}})[- ](?P<m>{_NAME})(?:[- ](?P<d>{_DAY}))?$",
    )
)
_QUARTER = re.compile(
    r"^(?:(?P<y>\d{4})[-/ ]?q(?P<q>\d)|q(?P<r>\d)[-/ ]?(?P<z>\d{4}))$", re.IGNORECASE
)
_THREE = re.compile(
    rf"^(?P<a>{_DAY})(?P<s>[-/. ])(?P<b>{_DAY})(?P=s)(?P<y>\d{{4}}){_TIME}$", re.IGNORECASE
)
_TWO_DIGITS = re.compile(
    rf"^\d{{1,2}}[-/. ](?:\d{{1,2}}|{_NAME})[-/. ]\d{{2}}$|^{_NAME}[-/ ]'?\d{{2}}$", re.IGNORECASE
)
_SERIAL = re.compile(r"^[1-7]\d{4}(?:\.\d+)?$")
_WORD = re.compile(rf"^(?:{_UNKNOWN}|n/?a|unknown)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Days:
    """The days that a date can be, first and last, counted from 1970-01-01."""

    first: float
    last: float

    @property
    def number(self) -> float:
        """How many days there are: 1, or those of the month, quarter or year."""
        return self.last - self.first + 1.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a text is no date: a code for the finding, what is wrong, and what to do."""

    code: str
    message: str
    remedy: str


def read_date(text: str, order: Order | None = None) -> Days | None:
    """The days that the date in `text` can be, or None when it is none or has two meanings.

    `order` is the order of day and month that somebody declared for numbers like `03/04/2021`;
    it changes nothing about dates that have one meaning. An unknown day widens the date to its
    month, an unknown month to its year. A time of day is passed over.
    """
    cell = " ".join(text.split())
    for form in _FORMS:
        if match := form.match(cell):
            parts = match.groupdict()
            return _days(parts["y"], parts.get("m"), parts.get("d"))
    if match := _QUARTER.match(cell):
        return _quarter(match["y"] or match["z"], int(match["q"] or match["r"]))
    if order in ("dmy", "mdy") and (match := _THREE.match(cell)):
        day, month = (match["a"], match["b"]) if order == "dmy" else (match["b"], match["a"])
        return _days(match["y"], month, day)
    return None


def _days(year: str, month: str | None, day: str | None) -> Days | None:
    """The days of a year, month or day; None when there is no such day."""
    number = _month(month)
    if number is None:
        return None
    known = day is not None and day.isdecimal() and number > 0
    try:
        first = date(int(year), number or 1, int(day or 1) if known else 1)
        if day is not None and day.isdecimal() and not 1 <= int(day) <= 31:
            return None
    except ValueError:
        return None
    last_month = number or 12
    last = first if known else date(first.year, last_month, monthrange(first.year, last_month)[1])
    return Days(float(first.toordinal() - _EPOCH), float(last.toordinal() - _EPOCH))


def _month(month: str | None) -> int | None:
    """The month's number, 0 when it is not known, None when there is no such month."""
    if month is None or re.fullmatch(_UNKNOWN, month, re.IGNORECASE):
        return 0
    if month.isdecimal():
        return int(month) if 1 <= int(month) <= 12 else None
    return _MONTHS.get(month.lower())


def _quarter(year: str, number: int) -> Days | None:
    if not 1 <= number <= 4 or int(year) < 1:
        return None
    first = date(int(year), 3 * number - 2, 1)
    last = date(int(year), 3 * number, monthrange(int(year), 3 * number)[1])
    return Days(float(first.toordinal() - _EPOCH), float(last.toordinal() - _EPOCH))


def date_trouble(text: str) -> Trouble | None:
    """Why a text that looks like a date is none; None when it does not look like one."""
    cell = " ".join(text.split())
    if _TWO_DIGITS.match(cell):
        return Trouble(
            "date-two-digit-year",
            "has a year of two digits, which may be of two centuries",
            "Write the year with four digits, such as 2019-03-14.",
        )
    if (match := _THREE.match(cell)) and _real(cell):
        return Trouble(
            "date-ambiguous",
            "does not say which number is the day and which the month",
            "Write 2019-03-14 or 14 Mar 2019, or declare the order in the mapping of the sheet.",
        )
    matches = [found for form in _FORMS if (found := form.match(cell))]
    if any(
        _month(found.groupdict().get("m")) is None and found["m"].isalpha() for found in matches
    ):
        return Trouble(
            "date-unknown-month",
            "names a month that is not read here",
            "Write the month as a number or in English, such as 2019-05 or May 2019.",
        )
    if match or matches or _QUARTER.match(cell):
        return Trouble(
            "date-impossible",
            "holds a date that the calendar does not have",
            "Correct the day, the month or the quarter.",
        )
    if _SERIAL.match(cell):
        return Trouble(
            "date-serial-number",
            "holds a number such as a spreadsheet program keeps for a date",
            "Format the column as a date in the spreadsheet program, and export it again.",
        )
    if _WORD.match(cell):
        return Trouble(
            "date-unknown-word",
            "holds a word for unknown and no year",
            "Leave it blank, or give the part that is known, such as 2019 or 2019-UK-UK.",
        )
    return None


def _real(text: str) -> bool:
    """Whether either order makes a date of it."""
    return read_date(text, "dmy") is not None or read_date(text, "mdy") is not None
