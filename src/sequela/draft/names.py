"""What the name of a column says: its unit, its number in a series, and which concept it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cache

from sequela.draft.knowledge import DRUG, NUMBER, Concept, concepts, drug_names, plain, visits
from sequela.draft.words import meaning, spread

_YES_NO = re.compile(r"\b(y n|yes no|0 1|1 0|ja nein|si no)$")
_BRACKET = re.compile(r"[\[(]([^)\]]*)[)\]]")
_TIME_UNITS = {
    "days": ("d", "day", "days", "tage", "dias"),
    "weeks": ("w", "wk", "wks", "week", "weeks", "wochen", "semanas"),
    "months": ("m", "mo", "mos", "mon", "mth", "mths", "month", "months", "monate", "meses"),
    "years": ("y", "yr", "yrs", "year", "years", "jahre", "anos"),
}
_NEAR = 0.86


@dataclass(frozen=True, slots=True)
class Name:
    """A column's name taken apart: what remains of it, the unit, and its number in a series.

    `visit` is the visit that it speaks of beside something else, as in `WBC at dx`; `subject` is
    the plain name without that. `spelled` is the number as it stands there, such as `2nd`.
    """

    text: str
    plain: str
    unit: str
    time: str
    number: str
    visit: str = ""
    subject: str = ""
    spelled: str = ""


def take_apart(text: str) -> Name:
    """The parts of a column's name; `time` is the unit of time that it states, if any."""
    units, rest = [], text
    for bracket in _BRACKET.finditer(text):
        said = bracket[1].strip()
        if _is_unit(said):
            units.append(said)
            rest = rest.replace(bracket[0], " ")
    unit = units[0] if units else "%" if "%" in rest else ""
    words = plain(spread(rest)).split()
    time = next((u for u, names in _TIME_UNITS.items() if unit.lower() in names), "")
    if not time and words:
        ends = (words[-1], words[0] if words[0].endswith("s") else "")
        time = next((u for w in ends for u, n in _TIME_UNITS.items() if w in n[1:]), "")
    said = " ".join(words)
    numbers = [w for w in words if w.isdecimal()]
    number = numbers[0] if len(numbers) == 1 else ""
    at = re.search(rf"{number}(st|nd|rd|th|º|ª|\.)?(?![0-9])", text) if number else None
    visit, subject = _visit(said)
    return Name(text, said, unit, time, number, visit, subject, at[0] if at else number)


def _visit(said: str) -> tuple[str, str]:
    """The visit that a plain name speaks of, and the name without it; none is the whole of it."""
    around = f" {said} "
    found = [
        (len(phrase), visit, phrase)
        for visit, phrases in visits().items()
        for phrase in phrases
        if f" {phrase} " in around and phrase != said
    ]
    if not found:
        return "", said
    _, visit, phrase = max(found)
    return visit, " ".join(around.replace(f" {phrase} ", " ").split())


def _is_unit(text: str) -> bool:
    """Whether a bracket holds a unit; else it tells which words or which form the cells have."""
    return bool(text) and not re.search(r"[?]|y/n|\byes|no\b|select|if |=|0/1|1/0", text.lower())


@dataclass(frozen=True, slots=True)
class Match:
    """A concept that a name may mean, how sure that is, and why; `visit` is one it speaks of."""

    concept: Concept
    confidence: float
    reason: str
    drug: str = ""
    visit: str = ""


def match_name(name: Name) -> list[Match]:
    """The concepts that a name may mean, the surest first."""
    return list(_matches(name))


@cache
def _matches(name: Name) -> tuple[Match, ...]:
    best: dict[tuple[str, str, str, tuple[str, ...]], Match] = {}
    for concept in concepts():
        for form in concept.names:
            found = _compare(name, form, concept)
            key = (concept.table, concept.row, concept.column, concept.kinds)
            if found and (key not in best or found.confidence > best[key].confidence):
                best[key] = found
    known = sorted(best.values(), key=lambda m: -m.confidence)
    return tuple(known or _near_matches(name))


def _near_matches(name: Name) -> list[Match]:
    """Concepts with a name that differs by a letter or two."""
    matcher = SequenceMatcher(None, "", name.plain, autojunk=False)
    found = []
    for concept in concepts():
        for form in concept.names:
            matcher.set_seq1(form)
            quick = len(form) > 5 and matcher.real_quick_ratio() >= _NEAR
            if quick and matcher.quick_ratio() >= _NEAR and matcher.ratio() >= _NEAR:
                found.append(Match(concept, 0.65, f"its name is near to '{form}'"))
                break
    return found


def _compare(name: Name, form: str, concept: Concept) -> Match | None:
    drug = ""
    forms: Iterable[tuple[str, str]] = ((form, ""),)
    if DRUG in form:
        forms = tuple(_with_drug(name.plain, form))
    for text, drug in forms:
        wanted = text.replace(NUMBER, name.number or "").strip()
        wanted = " ".join(wanted.split())
        if NUMBER in text and not name.number:
            continue
        found = _said_alike(name, wanted, concept)
        if found:
            return replace(found, drug=drug)
    return None


def _said_alike(name: Name, wanted: str, concept: Concept) -> Match | None:
    """How near a name is to one that is known: the same, the same words, among its words."""
    said = name.plain
    called = f"it is called '{name.text}'"
    if said == wanted or _without_time(name) == wanted:
        return Match(concept, 0.95, called)
    words, known = _telling(name), meaning(wanted)
    if words == known or _telling_of(_without_time(name)) == known:
        return Match(concept, 0.9, called)
    if concept.visits and name.visit and meaning(name.subject) == known:
        return Match(concept, 0.88, f"{called}; that speaks of {name.visit}", visit=name.visit)
    whole = len(wanted.split()) > 1 and f" {wanted} " in f" {said} "
    if known <= words and (len(known) > 1 or whole):
        return Match(concept, 0.75 if f" {wanted} " in f" {said} " else 0.7, _has(wanted))
    return None


def _has(wanted: str) -> str:
    return f"its name has the words '{wanted}'"


def _telling(name: Name) -> frozenset[str]:
    return _telling_of(name.plain)


def _telling_of(said: str) -> frozenset[str]:
    """The words that tell, without `y n` and the like, which say only how cells are filled."""
    return meaning(_YES_NO.sub("", said).strip() or said)


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
