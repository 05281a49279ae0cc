"""What the name of a column says: its unit, its number in a series, and which concept it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

from sequela.draft.knowledge import DRUG, NUMBER, Concept, concepts, drug_names, plain

_BRACKET = re.compile(r"[\[(]([^)\]]*)[)\]]")
_TIME_UNITS = {
    "days": ("d", "day", "days"),
    "weeks": ("w", "wk", "wks", "week", "weeks"),
    "months": ("m", "mo", "mos", "mon", "mth", "mths", "month", "months"),
    "years": ("y", "yr", "yrs", "year", "years"),
}
_NEAR = 0.86


@dataclass(frozen=True, slots=True)
class Name:
    """A column's name taken apart: what remains of it, the unit, and its number in a series."""

    text: str
    plain: str
    unit: str
    time: str
    number: str


def take_apart(text: str) -> Name:
    """The parts of a column's name; `time` is the unit of time that it states, if any."""
    bracket = _BRACKET.search(text)
    unit = bracket[1].strip() if bracket else ""
    rest = _BRACKET.sub(" ", text) if bracket and _is_unit(unit) else text
    words = plain(rest).split()
    time = next((u for u, names in _TIME_UNITS.items() if unit.lower() in names), "")
    if not time and words:
        time = next((u for u, names in _TIME_UNITS.items() if words[-1] in names[1:]), "")
    numbers = [w for w in words if w.isdecimal()]
    number = numbers[0] if len(numbers) == 1 else ""
    return Name(text, " ".join(words), unit if _is_unit(unit) else "", time, number)


def _is_unit(text: str) -> bool:
    return bool(text) and not re.search(r"[?]|y/n|yes|no\b|select|if ", text.lower())


@dataclass(frozen=True, slots=True)
class Match:
    """A concept that a name may mean, how sure that is, and why."""

    concept: Concept
    confidence: float
    reason: str
    drug: str = ""


def match_name(name: Name) -> list[Match]:
    """The concepts that a name may mean, the surest first."""
    best: dict[tuple[str, str, str, tuple[str, ...]], Match] = {}
    for concept in concepts():
        for form in concept.names:
            found = _compare(name, form, concept)
            key = (concept.table, concept.row, concept.column, concept.kinds)
            if found and (key not in best or found.confidence > best[key].confidence):
                best[key] = found
    return sorted(best.values(), key=lambda m: -m.confidence)


def _compare(name: Name, form: str, concept: Concept) -> Match | None:
    drug = ""
    forms: Iterable[tuple[str, str]] = ((form, ""),)
    if DRUG in form:
        forms = tuple(_with_drug(name.plain, form))
    for text, drug in forms:
        wanted = text.replace(NUMBER, name.number or "").strip()
        wanted = " ".join(wanted.split())
        said = name.plain
        if NUMBER in text and not name.number:
            continue
        if said == wanted or _without_time(name) == wanted:
            return Match(concept, 0.95, f"it is called '{name.text}'", drug)
        if set(wanted.split()) <= set(said.split()) and len(wanted.split()) > 1:
            sure = 0.75 if f" {wanted} " in f" {said} " else 0.7
            return Match(concept, sure, f"its name has the words '{wanted}'", drug)
        if len(wanted) > 5 and SequenceMatcher(None, said, wanted).ratio() >= _NEAR:
            return Match(concept, 0.65, f"its name is near to '{wanted}'", drug)
    return None


def _without_time(name: Name) -> str:
    """The name without a unit of time as its last word."""
    words = name.plain.split()
    if name.time and len(words) > 1 and any(words[-1] in names for names in _TIME_UNITS.values()):
        words = words[:-1]
    return " ".join(words)


def _with_drug(said: str, form: str) -> Iterable[tuple[str, str]]:
    for spelling, drug in _drugs_in(said):
        yield form.replace(DRUG, spelling), drug


@cache
def _drugs_in(said: str) -> tuple[tuple[str, str], ...]:
    words = f" {said} "
    return tuple((s, d) for s, d in drug_names().items() if f" {s} " in words)
