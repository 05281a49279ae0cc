"""Drugs by one name each: synonyms, brand names and abbreviations, and combinations in one word.

`Flu/Bu`, `fludarabine + busulfan` and `FluBu` are the same two drugs. Doses may stand behind a
drug: `Bu 12.8 mg/kg IV + Cy 120 mg/kg`. The names are data (drugs.toml), which a study extends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property, lru_cache

import polars as pl

from sequela.clinical.definition import Definition

FILE = "drugs.toml"

# Between drugs; the bar of a unit such as mg/kg is none.
_BETWEEN = re.compile(r"\s*[+,;&]\s*|\s*/\s*(?!(?:kg|m2|m²|m\^2)\b)|\s+(?:and|with|plus)\s+")
_DOSE = re.compile(
    r"^(?P<drug>.+?)\s+(?P<dose>\d+(?:\.\d+)?)\s*"
    r"(?P<unit>mg/kg|mg/m2|mg/m²|g/m2|g/m²|cGy|Gy|mg|g)"
    r"(?:\s+(?P<route>iv|intravenous|po|oral))?"
    r"(?:\s+in\s+(?P<fractions>\d+)\s+fractions?)?$",
    re.IGNORECASE,
)
_ROUTES = {"iv": "intravenous", "intravenous": "intravenous", "po": "oral", "oral": "oral"}
_UNITS = {
    u.lower(): u.replace("²", "2")
    for u in ("mg/kg", "mg/m2", "mg/m²", "g/m2", "g/m²", "cGy", "Gy", "mg", "g")
}


class Drug(Definition):
    """A drug's other names and the classes it belongs to."""

    synonyms: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


class DrugFile(Definition):
    """drugs.toml: drugs by their name, and words that stand for several."""

    drug: Mapping[str, Drug]
    combination: Mapping[str, tuple[str, ...]] = {}


@dataclass(frozen=True, slots=True)
class Given:
    """A drug as a text gives it; a dose that the text does not give is None."""

    drug: str
    dose: float | None = None
    unit: str | None = None
    route: str | None = None
    fractions: int | None = None


@dataclass(frozen=True)
class Drugs:
    """The drugs that are known, found by any of their names."""

    file: DrugFile
    _read: dict[str, tuple[tuple[Given, ...], tuple[str, ...]]] = field(default_factory=dict)
    _classes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def by_word(self) -> dict[str, str]:
        """The name of a drug by each of its words, in their plain form."""
        words = {plain(s): name for name, drug in self.file.drug.items() for s in drug.synonyms}
        return words | {plain(name): name for name in self.file.drug}

    @cached_property
    def combinations(self) -> dict[str, tuple[str, ...]]:
        """The drugs of a combination by its word, in its plain form."""
        return {plain(word): drugs for word, drugs in self.file.combination.items()}

    @property
    def words(self) -> list[str]:
        """Every word that is understood, for a question such as did you mean."""
        synonyms = (s for drug in self.file.drug.values() for s in drug.synonyms)
        return [*self.file.drug, *synonyms, *self.file.combination]

    def name(self, word: str) -> str | None:
        """The drug's name, or None when the word is not known."""
        return self.by_word.get(plain(word))

    def classes(self, drug: str) -> tuple[str, ...]:
        """The classes of a drug; none when it is not known."""
        known = self.file.drug.get(drug)
        return known.classes if known else ()

    def classes_in(self, text: str) -> tuple[str, ...]:
        """The classes of every drug that a text names, each once, in the text's order."""
        if text not in self._classes:
            given, _ = self.read(text)
            named = (c for drug in given for c in self.classes(drug.drug))
            self._classes[text] = tuple(dict.fromkeys(named))
        return self._classes[text]

    def of_class(self, name: str) -> list[str]:
        """The drugs of a class, in the order of the file."""
        return [drug for drug, known in self.file.drug.items() if name in known.classes]

    def read(self, text: str) -> tuple[tuple[Given, ...], tuple[str, ...]]:
        """The drugs that a text names, in its order, and the words of it that are not known."""
        if text not in self._read:
            self._read[text] = self._parsed(text)
        return self._read[text]

    def gives(self, text: str, drug: str) -> bool:
        """Whether a text names a drug, alone or among others, by any of its names.

        A drug that no data file knows is found by its own word alone.
        """
        wanted = self.name(drug)
        if wanted is None:
            return plain(text) == plain(drug)
        return any(given.drug == wanted for given in self.read(text)[0])

    def rows_of(self, rows: pl.DataFrame, drug: str, *, column: str = "drug") -> pl.DataFrame:
        """The rows of a table that name a drug by any of its names."""
        texts = rows[column].drop_nulls().unique().to_list()
        named = [text for text in texts if self.gives(text, drug)]
        return rows.filter(pl.col(column).is_in(named))

    def nearly(self, text: str, drug: str) -> bool:
        """Whether a text has a word that is not known and spelt almost like a drug's name."""
        name = self.name(drug) or drug
        known = self.file.drug.get(name)
        words = [plain(w) for w in (name, *(known.synonyms if known else ())) if len(w) > 4]
        unknown = [plain(word) for word in self.read(text)[1]]
        return any(get_close_matches(word, words, n=1, cutoff=0.8) for word in unknown)

    def _parsed(self, text: str) -> tuple[tuple[Given, ...], tuple[str, ...]]:
        if whole := self._one(text):
            return whole, ()
        found: list[Given] = []
        unknown: list[str] = []
        for part in filter(None, (p.strip() for p in _BETWEEN.split(text))):
            given = self._one(part) or self._hyphenated(part)
            found += given
            unknown += [] if given else [part]
        return tuple(dict.fromkeys(found)), tuple(unknown)

    def _one(self, part: str) -> tuple[Given, ...]:
        if name := self.name(part):
            return (Given(name),)
        if several := self.combinations.get(plain(part)):
            return tuple(Given(drug) for drug in several)
        if (match := _DOSE.match(part.strip())) and (name := self.name(match["drug"])):
            return (_dosed(name, match),)
        return ()

    def _hyphenated(self, part: str) -> tuple[Given, ...]:
        names = [self.name(piece) for piece in part.split("-")]
        known = [Given(name) for name in names if name]
        return tuple(known) if len(known) == len(names) > 1 else ()


@lru_cache(maxsize=4096)
def plain(word: str) -> str:
    """A word without case, and with blanks and hyphens left out."""
    return re.sub(r"[\s_\-‐–]+", "", word).casefold()


def _dosed(name: str, match: re.Match[str]) -> Given:
    return Given(
        name,
        float(match["dose"]),
        _UNITS[match["unit"].lower()],
        _ROUTES[match["route"].lower()] if match["route"] else None,
        int(match["fractions"]) if match["fractions"] else None,
    )
