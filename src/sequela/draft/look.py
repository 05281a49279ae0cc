"""What stands in a column: how much, of which kind, with which words for unknown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sequela.chart.dates import date_trouble
from sequela.chart.time import read_length, read_moment
from sequela.chart.values import read_value
from sequela.draft.date_order import DateOrder, find_order
from sequela.draft.knowledge import missing_words, no_words, yes_words

_MOSTLY = 0.8
_FEW = 12
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}$", re.IGNORECASE)
_PHONE = re.compile(r"^\+?[\d\s().-]{9,}$")
_SSN = re.compile(r"^\d{3}-\d{2}-\d{4}$")


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """A column as a reader sees it.

    `kind` is date, time, number, yes_no, code, text or empty. `missing` are its words for unknown
    as they are spelled, `words` its distinct other texts in their order. `odd` are (row, text) of
    cells that do not fit the kind. `identifies` says why its values look like a person's.
    """

    filled: int
    kind: str
    missing: tuple[str, ...]
    words: tuple[str, ...]
    odd: tuple[tuple[int, str], ...]
    order: DateOrder | None = None
    with_units: bool = False
    split: str = ""
    identifies: str = ""


def look_at(cells: Sequence[tuple[int, str]], *, missing: Collection[str] = ()) -> ColumnLook:
    """What stands in the filled cells of a column, given as (row, text).

    `missing` are codes for an absent value that the source itself declares.
    """
    absent = missing_words() | {m.lower() for m in missing}
    kept = [(row, text) for row, text in cells if text.lower() not in absent]
    spelled = tuple(dict.fromkeys(t for _, t in cells if t.lower() in absent))
    words = tuple(dict.fromkeys(t for _, t in kept))
    if not kept:
        return ColumnLook(len(cells), "empty", spelled, (), ())
    kind, fits = _kind([t for _, t in kept], words)
    odd = tuple((row, t) for row, t in kept if t not in fits) if fits else ()
    return ColumnLook(
        filled=len(kept),
        kind=kind,
        missing=spelled,
        words=words,
        odd=odd,
        order=find_order(kept) if kind == "date" else None,
        with_units=any(read_length(_short(t)) for t in words) if kind == "time" else False,
        split=_split(words) if kind in ("text", "code") else "",
        identifies=_identifies([t for _, t in kept]),
    )


def _kind(texts: list[str], words: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    """The kind that most cells are of, and the texts that fit it."""
    if _yes_or_no(words):
        return "yes_no", frozenset()
    tests: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("date", _is_date),
        ("number", lambda t: read_value(t) is not None),
        ("time", lambda t: read_value(t) is not None or read_length(_short(t)) is not None),
    )
    counts = Counter(texts)
    for kind, fits in tests:
        good = frozenset(t for t in words if fits(t))
        if sum(counts[t] for t in good) >= _MOSTLY * len(texts):
            return kind, good
    repeated = len(words) <= max(2, len(texts) // 2) or len(words) <= _FEW
    return ("code" if repeated else "text"), frozenset()


def _yes_or_no(words: tuple[str, ...]) -> bool:
    low = {w.lower() for w in words}
    known = yes_words() | no_words()
    # Numbers alone are codes 0 and 1 only where both stand in the column.
    if low <= {"0", "1"}:
        return low == {"0", "1"}
    return low <= known


def _is_date(text: str) -> bool:
    if re.fullmatch(r"\d{4}", text):
        return 1900 <= int(text) <= 2100
    moment = read_moment(text)
    if moment is not None:
        return moment.clock == "calendar"
    trouble = date_trouble(text)
    return trouble is not None and trouble.code in (
        "date-ambiguous",
        "date-two-digit-year",
        "date-impossible",
    )


def _short(text: str) -> str:
    """A length with its unit written out: `26 mo` as `26 months`."""
    return re.sub(
        r"\s*\b(mos?|mths?|yrs?|wks?|d)\.?$",
        lambda m: " " + {"m": "months", "y": "years", "w": "weeks", "d": "days"}[m[1][0].lower()],
        re.sub(r"(?<=\d)(?=[A-Za-z])", " ", text),
        flags=re.IGNORECASE,
    )


def _split(words: tuple[str, ...]) -> str:
    """What separates several values in one cell, where some cells have it."""
    return next((s for s in (";", "|") if any(s in w for w in words)), "")


def _identifies(texts: list[str]) -> str:
    for pattern, what in ((_EMAIL, "e-mail addresses"), (_SSN, "social security numbers")):
        if sum(bool(pattern.match(t)) for t in texts) >= _MOSTLY * len(texts):
            return f"its cells look like {what}"
    phones = [t for t in texts if _PHONE.match(t) and sum(c.isdigit() for c in t) >= 9]
    if len(phones) >= _MOSTLY * len(texts) and any(c in "".join(texts) for c in "+()"):
        return "its cells look like phone numbers"
    return ""
