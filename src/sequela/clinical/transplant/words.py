"""Words about transplants, as data (transplant.toml): prophylaxis, remissions, grades of GVHD."""

from __future__ import annotations

from collections.abc import Mapping

from sequela.clinical.definition import Definition
from sequela.clinical.drugs import Drugs, plain

FILE = "transplant.toml"


class Prophylaxis(Definition):
    """A class of prophylaxis: the drugs or classes that it needs, or the words for it."""

    all: tuple[str | tuple[str, ...], ...] = ()
    alone: bool = False
    words: tuple[str, ...] = ()

    def fits(self, drugs: frozenset[str], known: Drugs) -> bool:
        """Whether the drugs make this class; `alone` allows nothing else but antibodies."""
        if not self.all:
            return False
        used = {drug for need in self.all for drug in drugs if _meets(drug, need, known)}
        met = all(any(_meets(drug, need, known) for drug in drugs) for need in self.all)
        beside = {d for d in drugs - used if "serotherapy" not in known.classes(d)}
        return met and not (self.alone and beside)


def _meets(drug: str, need: str | tuple[str, ...], known: Drugs) -> bool:
    words = (need,) if isinstance(need, str) else need
    return drug in words or bool(set(known.classes(drug)) & set(words))


class TransplantFile(Definition):
    """transplant.toml."""

    prophylaxis: Mapping[str, Prophylaxis]
    status: Mapping[str, tuple[str, ...]]
    grades: Mapping[str, Mapping[str, tuple[str, ...]]]

    def remission(self, text: str) -> str | None:
        """The remission that a status at transplant names; None when the word is not known."""
        return _by_word(self.status, text)

    def grade(self, kind: str, text: str) -> str | None:
        """The grade of acute or chronic GVHD that a judgement names."""
        return _by_word(self.grades.get(kind, {}), text)


def _by_word(names: Mapping[str, tuple[str, ...]], text: str) -> str | None:
    wanted = plain(text)
    found = (name for name, words in names.items() if wanted in {plain(w) for w in (name, *words)})
    return next(found, None)
