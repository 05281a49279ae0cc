"""Whether dates that a spreadsheet program made may have day and month swapped: the evidence.

A program that expects the month first turns `05/03/2018` into 3 May whatever was meant, and leaves
`16/04/2018` as text. Which of the dates that it made are wrong no rule can tell, but the other
dates of the same row can speak for or against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sequela.draft.date_order import read_in_order
from sequela.draft.propose import Proposal
from sequela.sources.raw_table import ROW, RawTable
from sequela.sources.wording import listed

# The order that dates of one row must have: birth, diagnosis, what follows, last contact or death.
_FIRST, _DIAGNOSIS, _LATER, _LAST = range(4)
_RANKS = {
    ("patients", "birth"): _FIRST,
    ("diagnoses", "when"): _DIAGNOSIS,
    ("treatments", "start"): _LATER,
    ("assessments", "when"): _LATER,
    ("transplants", "when"): _LATER,
    ("events", "when"): _LATER,
    ("followup", "last_contact"): _LAST,
}


@dataclass(frozen=True, slots=True)
class Swaps:
    """A column's dates of which day and month could be swapped, as cells such as `L7`.

    `as_is` are those that now break the order of the row's dates and would not when swapped;
    `if_swapped` those of which the reverse holds, so that they look right.
    """

    letter: str
    could: tuple[str, ...]
    as_is: tuple[str, ...]
    if_swapped: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What the cells say, for the person who compares them with the record."""
        open_ = [c for c in self.could if c not in self.as_is and c not in self.if_swapped]
        said = []
        if self.as_is:
            said.append(f"{listed(self.as_is)} fit the row's other dates only when swapped")
        if self.if_swapped:
            said.append(f"{len(self.if_swapped)} fit them only as they stand")
        if open_:
            said.append(f"nothing tells of {listed(open_)}")
        return f"column {self.letter}: {len(self.could)} could be swapped; " + "; ".join(said)


def find_swaps(
    table: RawTable, proposals: Sequence[Proposal], columns: Iterable[str]
) -> list[Swaps]:
    """The evidence on each of the columns (by name) of a sheet that has dates and text."""
    dated = {p.column.place: p for p in proposals if (p.table, p.target) in _RANKS}
    days = {place: _days(table, p) for place, p in dated.items()}
    asked = [p for p in proposals if p.column.name.text in set(columns)]
    return [found for p in asked if (found := _swaps(table, p, dated, days)).could]


def _days(table: RawTable, one: Proposal) -> Mapping[int, date]:
    """The days of a column by row, in whichever form its cells prove."""
    order = one.column.look.order
    cells = table.frame.select(ROW, str(one.column.place)).drop_nulls().iter_rows()
    read = ((row, read_in_order(text, order.order if order else "")) for row, text in cells)
    return {row: day for row, day in read if day}


def _swaps(
    table: RawTable,
    one: Proposal,
    dated: Mapping[int, Proposal],
    days: Mapping[int, Mapping[int, date]],
) -> Swaps:
    could, as_is, if_swapped = [], [], []
    for row, text in table.frame.select(ROW, str(one.column.place)).drop_nulls().iter_rows():
        day = read_in_order(text, "") if text[4:5] == "-" else None
        if day is None or day.day > 12 or day.day == day.month:
            continue
        cell = f"{one.column.letter}{row}"
        could.append(cell)
        others = [
            (_rank(p), days[place][row])
            for place, p in dated.items()
            if place != one.column.place and row in days[place]
        ]
        wrong = _breaks(_rank(one), day, others)
        wrong_swapped = _breaks(_rank(one), day.replace(month=day.day, day=day.month), others)
        if wrong and not wrong_swapped:
            as_is.append(cell)
        elif wrong_swapped and not wrong:
            if_swapped.append(cell)
    return Swaps(one.column.letter, tuple(could), tuple(as_is), tuple(if_swapped))


def _rank(one: Proposal) -> int:
    return _RANKS.get((one.table, one.target), _LATER)


def _breaks(rank: int, day: date, others: Iterable[tuple[int, date]]) -> bool:
    """Whether a day stands out of order among the other days of its row."""
    return any((rank < other and day > on) or (rank > other and day < on) for other, on in others)
