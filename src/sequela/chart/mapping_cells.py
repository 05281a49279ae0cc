"""One cell of a mapping: source text in, chart text out, and what is wrong with the text.

Each distinct text is looked at once. A text that cannot be mapped gives no value and one complaint;
nothing is repaired and no two spellings are taken for one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sequela.chart import schema
from sequela.chart.date_formats import DateForm, chart_date, orderless, read_date, read_form
from sequela.chart.mapping import FILE, Cell
from sequela.chart.time import read_length, read_moment
from sequela.chart.units import Measure, find_measure, measures_with, reverse, scale, units_version
from sequela.chart.values import read_value
from sequela.findings import Severity, did_you_mean


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a text, in words that hold no value, and what to do."""

    code: str
    message: str
    remedy: str
    severity: Severity = "error"


Mapped = str | Complaint | None
_Step = Callable[[str], str | Complaint]


@dataclass(frozen=True, slots=True)
class CellReader:
    """A cell's rule made ready: missing words, then the verbs in their order."""

    missing: frozenset[str]
    blank: str
    steps: tuple[_Step, ...]

    def read(self, text: str | None) -> Mapped:
        """The chart's text, null for what is not known, or the complaint about the text."""
        if text is None or text in self.missing:
            return self.blank or None if text is None else None
        for step in self.steps:
            mapped = step(text)
            if isinstance(mapped, Complaint):
                return mapped
            text = mapped
        return text or None


def cell_reader(
    cell: Cell,
    column: schema.Column,
    *,
    missing: tuple[str, ...],
    codes: Mapping[str, str],
    measure: str,
) -> CellReader:
    """The reader of one cell; `measure` is what the row measures, where it says so.

    The cell's forms of dates must be readable (`check_mapping` sees to that).
    """
    steps: list[_Step] = []
    if cell.yes or cell.no:
        steps.append(_yes_no(cell))
    if cell.positive_from is not None:
        steps.append(_judged_number(cell.positive_from, codes, keep=cell.others == "keep"))
    elif codes:
        steps.append(_recode(codes, keep=cell.others == "keep"))
    if column.kind == "moment" and not cell.time:
        steps.append(_date(cell))
    if cell.time:
        steps.append(_time(cell, column))
    if cell.unit:
        steps.append(_convert(cell.unit, cell.to, find_measure(cell.of or measure)))
    if column.kind == "code" and not codes:
        steps.append(_listed(column))
    words = frozenset((*missing, *cell.missing)) - {*codes, *cell.yes, *cell.no}
    return CellReader(words, cell.blank, tuple(steps))


def _listed(column: schema.Column) -> _Step:
    """Text that must be one of the chart's codes as it stands."""

    def step(text: str) -> str | Complaint:
        if text in column.codes:
            return text
        return Complaint(
            "mapping-code-unknown",
            f"the chart's '{column.name}' has no such code",
            did_you_mean(text, column.codes) + f" Say so in `codes` of {FILE}.",
        )

    return step


def _yes_no(cell: Cell) -> _Step:
    words = dict.fromkeys(cell.yes, "yes") | dict.fromkeys(cell.no, "no")

    def step(text: str) -> str | Complaint:
        if text in words:
            return words[text]
        return Complaint(
            "mapping-yes-no-unknown",
            "the word is declared neither as yes nor as no",
            did_you_mean(text, words) + f" Correct it, or add it to `yes` or `no` in {FILE}.",
        )

    return step


def _recode(codes: Mapping[str, str], *, keep: bool) -> _Step:
    def step(text: str) -> str | Complaint:
        if text in codes or keep:
            return codes.get(text, text)
        return Complaint(
            "mapping-code-unknown",
            "the text is not in the code list",
            did_you_mean(text, codes) + f" Correct it, or add it to the code list in {FILE}.",
        )

    return step


def _judged_number(limit: float, codes: Mapping[str, str], *, keep: bool) -> _Step:
    """A number as a judgement by a threshold, in the words of the rule mrd-1; words by the codes.

    Less than the threshold that was found is no negative, nor is a bound above the threshold.
    """
    recode = _recode(codes, keep=keep)

    def step(text: str) -> str | Complaint:
        value = None if text in codes else read_value(text)
        if value is None:
            return recode(text)
        if value.low >= limit:
            return "positive"
        if value.comparator in ("<", "<=") or value.high == 0:
            return "negative" if value.high <= limit else "negative at a lower sensitivity"
        if value.high < limit:
            return "positive below the threshold"
        return Complaint(
            "mapping-judgement-open",
            "the number does not tell on which side of the threshold it lies",
            f"Give it another code in `codes` of {FILE}, or correct it.",
        )

    return step


def _date(cell: Cell) -> _Step:
    forms = tuple(read_form(f, unknown=cell.unknown_part) for f in cell.dates)

    def step(text: str) -> str | Complaint:
        found = read_date(text, forms, first_year=cell.first_year)
        if not found and read_moment(text):
            return text
        return found.pop() if len(found) == 1 else _no_date(text, forms, cell, len(found))

    return step


def _no_date(text: str, forms: tuple[DateForm, ...], cell: Cell, found: int) -> Complaint:
    if found:
        return Complaint(
            "mapping-date-ambiguous",
            "the date means two days by the forms that are declared",
            f"Declare one order of day and month in `dates` of {FILE}, or write it as 2019-03-14.",
        )
    if not forms and orderless(text):
        return Complaint(
            "mapping-date-order",
            "nothing says whether the day or the month comes first in this date",
            f'Declare the form in {FILE}, as in dates = "DD/MM/YYYY" or dates = "MM/DD/YYYY".',
        )
    if any(f.pattern.match(text) for f in forms) and cell.first_year is None and _short(forms):
        return Complaint(
            "mapping-date-century",
            "the year has two digits, and nothing says of which century",
            f"Give `first_year` in {FILE}, such as 1950 for the years 1950 to 2049.",
        )
    declared = " or ".join(f.text for f in forms) or "2019-03-14 or 14 Mar 2019"
    return Complaint(
        "mapping-date-unreadable",
        f"there is no such date in the form {declared}",
        f"Correct it, add its form to `dates` in {FILE}, or its word to `missing`.",
    )


def _short(forms: tuple[DateForm, ...]) -> bool:
    return any("yyyy" not in f.text.lower() for f in forms)


def _time(cell: Cell, column: schema.Column) -> _Step:
    """A number with a unit of time: the declared one, unless the cell names its own."""

    def step(text: str) -> str | Complaint:
        number, unit = _number_and_unit(text, cell.time)
        said = reverse(number) if cell.before else number
        if said is None or read_value(number) is None or read_length(f"{said} {unit}") is None:
            return Complaint(
                "mapping-time-unreadable",
                f"'{column.name}' is declared to be in {cell.time}, and this is no number of them",
                f"Correct it, or add its word to `missing` in {FILE}.",
            )
        return f"{said} {unit}"

    return step


_SHORT_UNITS = {
    "d": "days",
    "wk": "weeks",
    "wks": "weeks",
    "w": "weeks",
    "mo": "months",
    "mos": "months",
    "m": "months",
    "mth": "months",
    "mths": "months",
    "y": "years",
    "yr": "years",
    "yrs": "years",
} | {f"{unit}{s}": f"{unit}s" for unit in ("day", "week", "month", "year") for s in ("", "s")}


def _number_and_unit(text: str, declared: str) -> tuple[str, str]:
    """`26 mo` as ('26', 'months'); a bare number has the declared unit."""
    letters = len(text) - len(text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ."))
    word = text[len(text) - letters :].strip(".").lower() if letters else ""
    if word in _SHORT_UNITS:
        return text[: len(text) - letters].strip(), _SHORT_UNITS[word]
    return text, declared


def _convert(unit: str, to: str, measure: Measure | None) -> _Step:
    """A number in one unit as a number in another; a number that cannot be true is refused."""
    source = measure.unit(unit) if measure else None
    candidates = [m for m in (measure, *measures_with(unit)) if m and m.unit(unit)]
    known = candidates[0] if candidates else None
    factor = None
    if known and to and (target := known.unit(to)) and (given := known.unit(unit)):
        factor = given.factor / target.factor

    def step(text: str) -> str | Complaint:
        value = read_value(text)
        if value is None:
            return Complaint(
                "mapping-not-a-number",
                "the cell holds text where a number belongs",
                f"Correct it, or add its word to `missing` in {FILE}.",
            )
        if measure and source and not measure.possible(value, source):
            return _impossible(measure, unit, [u.name for u in measure.possible_units([value])])
        if factor is None or factor == 1:
            return text
        return scale(text, factor) or text

    return step


def _impossible(measure: Measure, unit: str, others: list[str]) -> Complaint:
    instead = f"It could be true in {' or '.join(others)}. " if others else ""
    return Complaint(
        "mapping-unit-impossible",
        f"{measure.name} cannot have this value in {unit} (by the table {units_version()})",
        f"{instead}Correct the number, or the unit in {FILE}.",
    )


def convert_each(
    text: str | None, unit: str | None, *, to: str, measure: str
) -> str | Complaint | None:
    """A number with the unit that stands beside it, in the unit `to`."""
    if text is None:
        return None
    known = find_measure(measure)
    candidates = [m for m in (known, *measures_with(to)) if m]
    if unit is None or not any(m.unit(unit) and m.unit(to) for m in candidates):
        spellings = sorted({s for m in candidates for s in m.spellings})
        return Complaint(
            "mapping-unit-unknown",
            "the number has no unit beside it" if unit is None else "the unit is not known",
            did_you_mean(unit or "", spellings) + " Correct the cell with the unit.",
        )
    return _convert(unit, to, known)(text)


def join_parts(
    year: str | None, month: str | None, day: str | None, *, missing: frozenset[str]
) -> Mapped:
    """A date from its parts; without a month it is known to the year alone."""
    kept = ["" if p is None or p in missing else p for p in (year, month, day)]
    if not any(kept):
        return None
    if not kept[0]:
        what, remedy = "a day or month stands without a year", "Give the year, or leave all blank."
    elif kept[2] and not kept[1]:
        what, remedy = "a day stands without a month", "Give the month, or leave the day blank."
    elif made := chart_date(kept[0], kept[1], kept[2]):
        return made
    else:
        what, remedy = "there is no such date", "Correct the year, month or day."
    return Complaint("mapping-date-unreadable", what, remedy)
