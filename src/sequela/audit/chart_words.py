"""The sentences that hold a printed number against the chart."""

from __future__ import annotations

from collections.abc import Sequence

from sequela.audit.chart_answers import Found
from sequela.audit.claim_numbers import Number
from sequela.audit.rounding import INFINITE
from sequela.audit.wording import COMPARATORS, listed, named, near, number, printed, with_unit

Pairs = Sequence[tuple[Number, Found]]

_CANNOT = {"at_most": "cannot exceed", "at_least": "cannot be below"}
_LIMITS = {
    "equal": "chart",
    "at_most": "the chart's upper limit",
    "at_least": "the chart's lower limit",
}


def agreeing(pairs: Pairs) -> str:
    """All numbers that the chart gives as printed, in a sentence."""
    return f"The chart gives the same: {listed([_agreed(n, f) for n, f in pairs])}."


def allowed(pairs: Pairs) -> str:
    """All numbers that the chart allows without fixing them, in a sentence."""
    return f"The chart allows it: {'; '.join(_allowed(n, f) for n, f in pairs)}."


def disagreeing(number: Number, found: Found) -> str:
    """What the article says and what the chart gives, with the patients of a small count."""
    link = number.link(0)
    said = f"{_subject(number)}: the article has {_said(number)}"
    if link.compare == "equal":
        return f"{said}, the chart {has(number, found)}."
    rule = f" ({link.rule})" if link.rule else ""
    return f"{said}, which {_CANNOT[link.compare]} what the chart has{rule}: {has(number, found)}."


def explained(number: Number, found: Found) -> str:
    """A disagreement that the definition itself expects."""
    link = number.link(0)
    rule = f" {link.rule}" if link.rule else ""
    return (
        f"{_subject(number)}: the article has {_said(number)}, the chart "
        f"{has(number, found)}{rule}. This can be explained: {link.because}."
    )


def by_another_rule(number: Number, found: Found, other: Found, *, alternative: int) -> str:
    """Two definitions, of which the second gives the printed number."""
    first, second = number.link(0), number.link(alternative)
    between = set(found.patients) ^ set(other.patients)
    who = f"; the difference is{_who(between)}" if 0 < len(between) <= 5 else ""
    because = f" {second.because}." if second.because else ""
    return (
        f"{_subject(number)}: the article has {_said(number)}. By {_rule(first.rule, 'one rule')} "
        f"the chart gives {has(number, found, name=False)}, by "
        f"{_rule(second.rule, 'another rule')} {has(number, other, name=False)}{who}.{because}"
    )


def without_them(number: Number, found: Found, patients: Sequence[str]) -> str:
    """What the chart gives once some patients are left out."""
    noun = "patient" if len(patients) == 1 else "patients"
    return (
        f"Without {noun} {listed(patients)} it has {has(number, found, name=False)}{_step(number)}."
    )


def has(number: Number, found: Found, *, name: bool = True) -> str:
    """What the chart has: a number, or the limits of one; with the patients of a small count."""
    if number.counted:
        return _count(found, named(found.patients) if name else "")
    return _given(number, found) + _between(number, found)


def _count(found: Found, who: str) -> str:
    if found.exact:
        return f"{found.low}{who}"
    return f"{found.low}{who}, or up to {found.high} with those of whom it is unknown"


def _between(number: Number, found: Found) -> str:
    low, high = (near(end, number.printed) for end in (found.low, found.high))
    if found.exact:
        return low if not found.low.is_finite() else with_unit(low, number.unit)
    if not (found.low.is_finite() or found.high.is_finite()):
        return "no limits"
    if not found.low.is_finite():
        return f"at most {with_unit(high, number.unit)}"
    if found.high == INFINITE:
        open_end = " or not reached" if number.link(0).endpoint else ""
        return f"at least {with_unit(low, number.unit)}{open_end}"
    return f"between {low} and {with_unit(high, number.unit)}"


def _given(number_: Number, found: Found) -> str:
    """The number as the chart has it, where the article uses another unit."""
    if found.given is None:
        return ""
    return f"{number(found.given, number_.link(0).unit)}, which is "


def _agreed(number: Number, found: Found) -> str:
    """A number that agrees; where rounding hid something, the exact one beside it."""
    said = f"{number.words} {_said(number)}"
    differs = found.exact and found.low.is_finite() and found.low != number.printed
    if number.comparator != "=" or (differs and not number.counted):
        return f"{said} ({has(number, found)})"
    return said


def _allowed(number: Number, found: Found) -> str:
    limit = _LIMITS[number.link(0).compare]
    chart = has(number, found, name=False) + _step(number)
    return f"{number.words} {_said(number)} ({limit}: {chart})"


def _step(number: Number) -> str:
    """To what step the chart's own values are rounded, where a claim says so."""
    return f", known to the nearest {printed(number.precision)}" if number.precision else ""


def _said(number: Number) -> str:
    return COMPARATORS[number.comparator] + printed(number.printed, number.unit)


def _subject(number: Number) -> str:
    return number.words[:1].upper() + number.words[1:]


def _rule(rule: str, otherwise: str) -> str:
    return f"“{rule}”" if rule else otherwise


def _who(patients: set[str]) -> str:
    noun = "patient" if len(patients) == 1 else "patients"
    return f" {noun} {listed(sorted(patients))}"
