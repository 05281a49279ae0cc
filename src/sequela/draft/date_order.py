"""In which order a column writes day and month, with the cell that proves it; never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

_NUMBERS = re.compile(r"^(\d{1,2})([./\-])(\d{1,2})\2(\d{2}|\d{4})$")


@dataclass(frozen=True, slots=True)
class DateOrder:
    """What the cells of a column say of the order of day and month.

    `order` is `day`, `month`, `contradiction` or empty where no cell tells. `row` and `example` are
    the cell that proves it. `forms` are the declared forms that the column needs, day first in
    them where the order is open. `short` says whether years have two digits.
    """

    order: str
    row: int | None
    example: str
    separators: tuple[str, ...]
    short: bool
    long: bool

    def forms(self, first: str = "") -> tuple[str, ...]:
        """The forms to declare, for the order found or the one that is given."""
        order = first or self.order
        if order not in ("day", "month"):
            return ()
        years = [y for y, used in (("YYYY", self.long), ("YY", self.short)) if used]
        pair = ("DD", "MM") if order == "day" else ("MM", "DD")
        return tuple(f"{pair[0]}{s}{pair[1]}{s}{y}" for y in years for s in self.separators)

    @property
    def sentence(self) -> str:
        """The evidence in words, for the draft; it shows one cell."""
        if self.order in ("day", "month"):
            return f"row {self.row} has {self.example}, so the {self.order} comes first"
        if self.order == "contradiction":
            return f"rows contradict each other (row {self.row} has {self.example})"
        return "no cell shows whether the day or the month comes first"


def read_in_order(text: str, order: str) -> date | None:
    """The whole day that a text names: as 2019-03-14, or as three numbers in a proven order."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
        match = _NUMBERS.match(text)
        if match and len(match[4]) == 4 and order in ("day", "month"):
            first, second = int(match[1]), int(match[3])
            day, month = (first, second) if order == "day" else (second, first)
            return date(int(match[4]), month, day)
    except ValueError:
        return None
    return None


def find_order(cells: Iterable[tuple[int, str]]) -> DateOrder | None:
    """The order in a column of (row, text); None when no cell is a date of three numbers."""
    found: dict[str, tuple[int, str]] = {}
    separators: dict[str, None] = {}
    short = long = False
    any_cell: tuple[int, str] | None = None
    for row, text in cells:
        match = _NUMBERS.match(text)
        if not match:
            continue
        any_cell = any_cell or (row, text)
        separators.setdefault(match[2])
        short, long = short or len(match[4]) == 2, long or len(match[4]) == 4
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second:
            found.setdefault("day", (row, text))
        elif second > 12 >= first:
            found.setdefault("month", (row, text))
    if any_cell is None:
        return None
    order = "contradiction" if len(found) == 2 else next(iter(found), "")
    row_, example = found["month"] if len(found) == 2 else found.get(order, any_cell)
    return DateOrder(order, row_, example, tuple(separators), short, long)
