"""Regimens by one name each: from how a chart calls them, or from the drugs that were given.

The names are data (regimens.toml), which a study extends. `R-hyper-CVAD`, `hyper-CVAD + rituximab`
and the drugs of both are the same regimen with the same drug added. Drugs that several regimens
share name none of them (`from_drugs`): a four-drug induction with asparaginase may be CALGB 10403
and may be another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sequela.clinical.definition import Definition
from sequela.clinical.drugs import Drugs, plain

FILE = "regimens.toml"
Role = Literal["", "maintenance", "consolidation", "supportive"]
Choice = str | tuple[str, ...]

_LEFT_OUT = re.compile(r"\s+without\s+", re.IGNORECASE)


class Regimen(Definition):
    """A regimen: other names, and the drugs that make it out."""

    synonyms: tuple[str, ...] = ()
    drugs: tuple[Choice, ...] = ()
    parts: Mapping[str, tuple[Choice, ...]] = {}
    optional: tuple[str, ...] = ()
    from_drugs: str = ""
    role: Role = ""
    source: str = ""
    verified: bool = False

    @property
    def courses(self) -> tuple[tuple[Choice, ...], ...]:
        """The parts in their order; a regimen without parts is its only one."""
        return tuple(self.parts.values()) or ((self.drugs,) if self.drugs else ())


class RegimenFile(Definition):
    """regimens.toml: regimens by their name."""

    regimen: Mapping[str, Regimen]


@dataclass(frozen=True, slots=True)
class Named:
    """What a text or a set of drugs is: a name, the regimens behind it, and its drugs.

    `bases` has several names where the drugs do not tell them apart, and `name` is then what the
    drugs alone are called, or all of them; `unknown` holds the words that are not understood, and
    `name` is then the text as it stands. Known by its name alone, a
    regimen has one of each of `choices`, and may have any of `perhaps`.
    """

    name: str
    bases: tuple[str, ...] = ()
    drugs: frozenset[str] = frozenset()
    role: Role = ""
    unknown: tuple[str, ...] = ()
    choices: tuple[frozenset[str], ...] = ()
    perhaps: frozenset[str] = frozenset()

    def has(self, wanted: frozenset[str]) -> bool | None:
        """Whether one of some drugs is in it; None where its drugs are not known so far."""
        if self.drugs & wanted or any(choice <= wanted for choice in self.choices):
            return True
        possible = self.perhaps.union(*self.choices) & wanted
        known = not self.unknown and (self.drugs or self.choices)
        return False if known and not possible else None


@dataclass(frozen=True)
class Regimens:
    """The regimens that are known, found by name or by drugs."""

    file: RegimenFile
    drugs: Drugs
    _texts: dict[str, Named] = field(default_factory=dict)
    _sets: dict[frozenset[str], Named] = field(default_factory=dict)
    _pairs: dict[tuple[frozenset[str], frozenset[str]], Named] = field(default_factory=dict)

    def read(self, text: str) -> Named:
        """What a chart's text names: a regimen, with drugs added or left out, or drugs alone."""
        if text not in self._texts:
            self._texts[text] = self._parsed(text)
        return self._texts[text]

    def of_drugs(self, drugs: Iterable[str]) -> Named:
        """The regimen that a set of drugs makes; their names where none is known."""
        key = frozenset(drugs)
        if key not in self._sets:
            self._sets[key] = self._made_of(key)
        return self._sets[key]

    def together(self, one: Named, other: Named) -> Named:
        """The regimen that the drugs of two make."""
        key = (one.drugs, other.drugs)
        if key not in self._pairs:
            self._pairs[key] = self.of_drugs(one.drugs | other.drugs)
        return self._pairs[key]

    def continues(self, drugs: frozenset[str], base: str) -> bool:
        """Whether drugs are a part of a regimen that was begun: its course B after its A."""
        regimen = self.file.regimen.get(base)
        if regimen is None:
            return False
        may = set(regimen.optional)
        return any(_left(course, drugs) is not None
                   and not (_left(course, drugs) or set()) - may
                   for course in regimen.courses)  # fmt: skip

    @property
    def words(self) -> list[str]:
        """Every name that is understood, for a question such as did you mean."""
        synonyms = (s for r in self.file.regimen.values() for s in r.synonyms)
        return [*self.file.regimen, *synonyms, *self.drugs.words]

    def _base(self, word: str) -> str | None:
        for name, regimen in self.file.regimen.items():
            if plain(word) in {plain(w) for w in (name, *regimen.synonyms)}:
                return name
        return None

    def _parsed(self, text: str) -> Named:
        if base := self._base(text):
            return self._with(base, (), ())
        bare = text.removeprefix("R-").removesuffix("-R")
        if bare != text and (base := self._base(bare)):
            return self._with(base, ("rituximab",), ())
        kept, *left_out = _LEFT_OUT.split(text)
        if left_out and (base := self._base(kept)):
            gone, unknown = self._words(left_out[0])
            return self._with(base, (), gone) if not unknown else _unread(text, unknown)
        for separator in (" + ", " and ", "/", " with "):
            parts = text.split(separator)
            for place, part in enumerate(parts if len(parts) > 1 else ()):
                if (base := self._base(part)) and self.drugs.name(part) is None:
                    rest = separator.join(parts[:place] + parts[place + 1 :])
                    # Beside a regimen R is rituximab; alone it may be lenalidomide (Revlimid).
                    rest = separator.join(
                        "rituximab" if w == "R" else w for w in rest.split(separator)
                    )
                    added, unknown = self._words(rest)
                    return self._with(base, added, ()) if not unknown else _unread(text, unknown)
        given, unknown = self._words(text)
        return _unread(text, unknown) if unknown or not given else self.of_drugs(given)

    def _words(self, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        given, unknown = self.drugs.read(text)
        return tuple(dict.fromkeys(g.drug for g in given)), unknown

    def _with(self, base: str, added: tuple[str, ...], gone: tuple[str, ...]) -> Named:
        """A regimen by its name, with drugs added or left out."""
        regimen = self.file.regimen[base]
        own = {d for course in regimen.courses for d in _certain(course)}
        choices = [c for course in regimen.courses for c in course if not isinstance(c, str)]
        perhaps = frozenset(regimen.optional) - set(gone)
        name = base + "".join(f" + {d}" for d in sorted(added))
        name += f" without {' and '.join(sorted(gone))}" if gone else ""
        return Named(
            name,
            (base,),
            frozenset((own | set(added)) - set(gone)),
            regimen.role,
            choices=tuple(frozenset(choice) - set(gone) for choice in choices),
            perhaps=perhaps,
        )

    def _made_of(self, drugs: frozenset[str]) -> Named:
        fits: dict[str, tuple[int, frozenset[str]]] = {}
        for name, regimen in self.file.regimen.items():
            over = self._over(regimen, drugs)
            if over is not None:
                fits[name] = (len(drugs) - len(over), frozenset(over - set(regimen.optional)))
        best = max((size for size, _ in fits.values()), default=0)
        names = [name for name, (size, _) in fits.items() if size == best]
        # Of equally large ones the one that leaves nothing unexplained.
        fewest = min((len(fits[name][1]) for name in names), default=0)
        names = [name for name in names if len(fits[name][1]) == fewest]
        whole = [name for name in names if _explains(fits[name][1], self.drugs)]
        if not whole:
            return Named(" + ".join(sorted(drugs)), (), drugs)
        added = sorted(fits[whole[0]][1])
        found = [self.file.regimen[name] for name in whole]
        # What only a name can say, the drugs do not: neither which regimen it was nor what for.
        roles = {"" if regimen.from_drugs else regimen.role for regimen in found}
        called = (one.from_drugs or name for name, one in zip(whole, found, strict=True))
        shown = " or ".join(dict.fromkeys(called)) + "".join(f" + {drug}" for drug in added)
        return Named(shown, tuple(whole), drugs, roles.pop() if len(roles) == 1 else "")

    def _over(self, regimen: Regimen, drugs: frozenset[str]) -> set[str] | None:
        """The drugs beside a regimen's own; None where its first course is not complete."""
        if not regimen.courses:
            return None
        over = _left(regimen.courses[0], drugs)
        if over is None:
            return None
        for course in regimen.courses[1:]:
            over -= {d for choice in course for d in _options(choice)}
        return over


# What is given beside a regimen without making it another one.
_BESIDE = (
    "anti-CD20 antibody",
    "tyrosine kinase inhibitor",
    "antibody-drug conjugate",
    "bispecific antibody",
    "growth factor",
    "BCL2 inhibitor",
)


def _explains(over: Iterable[str], drugs: Drugs) -> bool:
    """Whether all that is beside a regimen is of a kind that is added to regimens."""
    return all(set(drugs.classes(drug)) & set(_BESIDE) for drug in over)


def _options(choice: Choice) -> tuple[str, ...]:
    return (choice,) if isinstance(choice, str) else choice


def _certain(course: Iterable[Choice]) -> set[str]:
    """The drugs of a course that are in it for certain."""
    return {choice for choice in course if isinstance(choice, str)}


def _left(course: Iterable[Choice], drugs: frozenset[str]) -> set[str] | None:
    """The drugs beside a course; None where one of the course is missing."""
    left = set(drugs)
    for choice in course:
        have = left & set(_options(choice))
        if not have:
            return None
        left -= have
    return left


def _unread(text: str, unknown: tuple[str, ...]) -> Named:
    return Named(text, unknown=unknown or (text,))
