"""What a draft knows of names and words, read from knowledge.toml beside this module."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

DRUG = "{drug}"
NUMBER = "{n}"


@dataclass(frozen=True, slots=True)
class Concept:
    """Something that a sheet's column can be: a chart column, its row, and what goes with it."""

    table: str
    column: str
    row: str
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    constants: Mapping[str, str]
    role: str = ""
    before: bool = False
    position: int | None = None


def plain(name: str) -> str:
    """A name without case, punctuation and doubled blanks; digits and letters stand apart."""
    words = re.sub(r"[^0-9a-z]+", " ", name.lower().replace("#", " no "))
    words = re.sub(r"(?<=[a-z])(?=\d)", " ", words)
    return " ".join(words.split())


@cache
def _data() -> dict[str, Any]:
    text = files("sequela.draft").joinpath("knowledge.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def concepts() -> tuple[Concept, ...]:
    """Every concept, names as `plain` gives them."""
    return tuple(
        Concept(
            table=c["table"],
            column=c["column"],
            row=c.get("row", c["table"]),
            kinds=tuple(c["kinds"]),
            names=tuple(dict.fromkeys(_plain_form(n) for n in c["names"])),
            constants=c.get("with", {}),
            role=c.get("role", ""),
            before=c.get("before", False),
            position=c.get("position"),
        )
        for c in _data()["concept"]
    )


def _plain_form(name: str) -> str:
    kept = name.replace(DRUG, " drugword ").replace(NUMBER, " numberword ")
    return plain(kept).replace("drugword", DRUG).replace("numberword", NUMBER)


@cache
def missing_words() -> frozenset[str]:
    """Words for unknown, in small letters."""
    return frozenset(_data()["missing"])


@cache
def yes_words() -> frozenset[str]:
    """Words for yes, in small letters."""
    return frozenset(_data()["yes"])


@cache
def no_words() -> frozenset[str]:
    """Words for no, in small letters."""
    return frozenset(_data()["no"])


@cache
def identifier_names() -> frozenset[str]:
    """Names of columns that identify a person."""
    return frozenset(plain(n) for n in _data()["identifiers"]["names"])


@cache
def patient_names() -> tuple[str, ...]:
    """Names of the column with the patients' numbers, the best first."""
    return tuple(plain(n) for n in _data()["patient"]["names"])


@cache
def drug_names() -> Mapping[str, str]:
    """Each spelling of a drug with the drug's name."""
    return {plain(s): drug for drug, also in _data()["drugs"].items() for s in also}


def code_words(column: str) -> Mapping[str, str]:
    """Words in small letters with the code that they mean in a chart column; empty for others."""
    codes: Mapping[str, list[str]] = _data()["codes"].get(column, {})
    return {word: code for code, words in codes.items() for word in words}
