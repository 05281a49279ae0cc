"""Dates as sheets write them, read by a form that somebody declared.

A form is made of `D`, `DD`, `M`, `MM`, `Mon` (Mar), `Month` (March), `YY` and `YYYY` and what
stands between them: `DD/MM/YYYY`, `Mon YYYY`. One or two digits are accepted for day and month.
The order of day and month is never found out from the data. Dates that have one meaning
(`chart/dates.py`) need no form.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass

_TOKEN = re.compile(r"month|mon|yyyy|yy|mm|m|dd|d", re.IGNORECASE)
_ORDERLESS = re.compile(r"^(\d{1,2})([./\- ])(\d{1,2})\2(\d{4}|\d{2})$")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


@dataclass(frozen=True, slots=True)
class DateForm:
    """A declared form, ready to read: its pattern and which part each group of it is."""

    text: str
    pattern: re.Pattern[str]
    parts: tuple[str, ...]


class DateFormError(ValueError):
    """A form that cannot be one, with the sentence that says why."""


def read_form(text: str, *, unknown: tuple[str, ...] = ()) -> DateForm:
    """The form written in `text`; `unknown` are words for an unknown day or month.

    Raises DateFormError when it names no year, a part twice, or a day without a month.
    """
    pattern, parts, last = "", [], 0
    words = "".join(f"|{re.escape(word)}" for word in unknown)
    for match in _TOKEN.finditer(text):
        token = match[0].lower()
        pattern += _between(text[last : match.start()])
        pattern += _pattern_of(token, words)
        parts.append({"y": "year", "d": "day", "m": "month"}[token[0]])
        last = match.end()
    if "year" not in parts:
        raise DateFormError(f"'{text}' has no year: write YYYY or YY")
    if len(set(parts)) != len(parts):
        raise DateFormError(f"'{text}' has a part twice")
    if "day" in parts and "month" not in parts:
        raise DateFormError(f"'{text}' has a day and no month")
    whole = re.compile(f"^{pattern}{_between(text[last:])}$", re.IGNORECASE)
    return DateForm(text, whole, tuple(parts))


def _between(text: str) -> str:
    return re.sub(r"(?:\\ )+", r"\\s+", re.escape(text))


def _pattern_of(part: str, unknown: str) -> str:
    if part[0] == "y":
        return r"(\d{4})" if part == "yyyy" else r"(\d{2})"
    if part in ("mon", "month"):
        return rf"([a-z]{{3,9}}\.?{unknown})"
    return rf"(\d{{1,2}}{unknown})"


def read_date(text: str, forms: tuple[DateForm, ...], *, first_year: int | None) -> set[str]:
    """The dates that `text` can mean by one of the forms, as the chart writes them.

    No date: no form fits. More than one: the forms contradict each other.
    """
    found: set[str] = set()
    for form in forms:
        if match := form.pattern.match(text):
            given = dict(zip(form.parts, match.groups(), strict=True))
            found |= _made(given["year"], given.get("month", ""), given.get("day", ""), first_year)
    return found


def _made(year: str, month: str, day: str, first_year: int | None) -> set[str]:
    return {made} if (made := chart_date(year, month, day, first_year=first_year)) else set()


def chart_date(year: str, month: str, day: str, *, first_year: int | None = None) -> str:
    """A date as the chart writes it, from its parts; blank when there is no such date.

    A day or month that is no number and no month's name counts as unknown.
    """
    number = _full_year(year, first_year)
    place = _month_number(month)
    if not number or place == 0:
        return ""
    if place is None:
        return f"{number:04d}"
    if not day.isdecimal():
        return f"{number:04d}-{place:02d}"
    if not 1 <= int(day) <= monthrange(number, place)[1]:
        return ""
    return f"{number:04d}-{place:02d}-{int(day):02d}"


def _full_year(year: str, first_year: int | None) -> int:
    if len(year) == 4 and year.isdecimal():
        return int(year)
    if len(year) != 2 or not year.isdecimal() or first_year is None:
        return 0
    return first_year + (int(year) - first_year) % 100


def _month_number(month: str) -> int | None:
    """The month of the year; None when it is not stated, 0 when there is no such month."""
    word = month.lower().rstrip(".")
    if word.isdecimal():
        return int(word) if 1 <= int(word) <= 12 else 0
    named = [i for i, name in enumerate(MONTHS, start=1) if len(word) >= 3 and _names(word, name)]
    if named:
        return named[0]
    return None if not word.isalpha() or len(word) < 3 or word in ("unk", "unknown") else 0


def _names(word: str, month: str) -> bool:
    return month.startswith(word) or (word == "sept" and month == "september")


@dataclass(frozen=True, slots=True)
class Orderless:
    """A date of three numbers of which the form does not say which is the day."""

    first: int
    second: int


def orderless(text: str) -> Orderless | None:
    """The first two numbers of a date such as 03/04/2021; None when it is no such date."""
    match = _ORDERLESS.match(text)
    return Orderless(int(match[1]), int(match[3])) if match else None


def order_evidence(first: int, second: int) -> str:
    """What two leading numbers say of the order: `day`, `month` or nothing."""
    if first > 12 >= second:
        return "day"
    return "month" if second > 12 >= first else ""
