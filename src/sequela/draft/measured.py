"""Columns of numbers that are called like something that is measured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from sequela.chart.units import Measure, find_measure, measures
from sequela.chart.values import read_value
from sequela.draft.knowledge import plain, tissues
from sequela.draft.names import Name
from sequela.draft.words import meaning

# Words beside the name of a measure that do not change what was measured.
_BESIDE = frozenset(("count", "level", "value", "serum", "absolute", "lab", "result", "percent"))


@dataclass(frozen=True, slots=True)
class Measured:
    """What a name measures: the measure, the name to chart it under, and where it was measured."""

    measure: Measure
    called: str
    tissue: str = ""


def measured_by_name(name: Name) -> Measured | None:
    """The measure that a column's name speaks of, or None."""
    bare = re.sub(r"[\[(].*?[\])]", "", name.text).replace("%", "").strip(" ,;:")
    if known := find_measure(bare):
        return Measured(known, bare)
    words = meaning(name.subject)
    for said in (words, words - _BESIDE):
        if said and (found := _by_words().get(said)):
            return Measured(*found, tissue=_tissue(said))
    return None


def _tissue(words: frozenset[str]) -> str:
    return next((t for t, marks in tissues().items() if words & marks), "")


@cache
def _by_words() -> dict[frozenset[str], tuple[Measure, str]]:
    """Each measure by the words of its names, with the first name that has them."""
    found: dict[frozenset[str], tuple[Measure, str]] = {}
    for measure in measures():
        for spelling in (*measure.also, measure.name):
            found.setdefault(meaning(plain(spelling)), (measure, spelling))
    return found


def unit_of(name: Name, measure: Measure) -> str:
    """The unit that a name states, as the table of units spells it; blank where it states none."""
    last = name.text.rsplit(None, 1)[-1] if " " in name.text else ""
    after_comma = name.text.rsplit(",", 1)[-1].strip() if "," in name.text else ""
    for said in (name.unit, last, after_comma, last.rsplit("_", 1)[-1]):
        if said and (unit := _spelled(said, measure)):
            return unit
    return ""


def _spelled(said: str, measure: Measure) -> str:
    if measure.unit(said):
        return said
    return next((s for s in measure.spellings if _bare(s) == _bare(said)), "")


def _bare(unit: str) -> str:
    """A unit without case, blanks and the signs that keyboards lack."""
    same = {"µ": "u", "μ": "u", "×": "x", "³": "3", "⁹": "9", "^": "", "*": "", " ": ""}
    plain_ = "".join(same.get(c, c) for c in unit.lower())
    return plain_.removeprefix("x")


def possible_units(words: tuple[str, ...], measure: Measure) -> list[str]:
    """The units in which all numbers of a column could be true."""
    values = [v for text in words if (v := read_value(text))]
    return [u.name for u in measure.possible_units(values)]
