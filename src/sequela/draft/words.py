"""A name as the words that carry its meaning: synonyms made one, small words left out.

Two names that say the same (`Date of alloSCT`, `allo HCT date`) give the same words. That a column
holds dates is told from its cells, so the word for a date is left out too.
"""

from __future__ import annotations

import re
from functools import cache

from sequela.draft.knowledge import plain, small_words, synonyms

_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z])|(?<=[a-z])(?=[A-Z][a-z]{2})")
# A transplant of a stated kind is named once.
_KINDS = frozenset(("allotransplant", "autotransplant"))


def spread(text: str) -> str:
    """A name with a blank where a capital begins a word within it: `AlloSCT` as `Allo SCT`."""
    return _CAMEL.sub(" ", text)


@cache
def meant(name: str) -> str:
    """A plain name with every synonym replaced by the word that stands for it."""
    said = f" {name} "
    for also, word in synonyms():
        said = said.replace(f" {also} ", f" {word} ")
    return " ".join(said.split())


@cache
def meaning(name: str) -> frozenset[str]:
    """The words of a plain name that tell; all of them where only small words stand in it."""
    words = frozenset(meant(name).split())
    if words & _KINDS:
        words -= {"transplant"}
    return (words - small_words()) or words


def words_of(text: str) -> frozenset[str]:
    """The words that tell in a name as it is written."""
    return meaning(plain(spread(text)))
