"""What a draft knows of names and words, read from knowledge.toml beside this module."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
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
    visits: bool = False
    list: str = ""


def plain(name: str) -> str:
    """A name without case, accents, punctuation and doubled blanks; digits stand apart."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    words = re.sub(r"[^0-9a-z]+", " ", bare.replace("#", " no "))
    words = re.sub(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])", " ", words)
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
            visits=c.get("visits", False),
            list=c.get("list", ""),
        )
        for c in (*_data()["concept"], *_judgements(), *_transplants())
    )


def _judgements() -> Iterable[dict[str, Any]]:
    """What a clinician judged, as columns of assessments: the judgement, and its date."""
    for j in _data()["judgement"]:
        common = {
            "table": "assessments",
            "row": j["what"],
            "with": {"what": j["what"], "timepoint": j["timepoint"]},
            "names": j["names"],
            "visits": True,
        }
        kinds = j.get("kinds", ["code", "text", "yes_no", "number"])
        yield common | {"column": "value", "kinds": kinds, "list": j.get("list", "")}
        yield common | {"column": "when", "kinds": ["date"]}


def _transplants() -> Iterable[dict[str, Any]]:
    """The columns of a transplant whose kind stands in the name of the column."""
    kinds = (("allo", "allogeneic", "transplant"), ("auto", "autologous", "autologous transplant"))
    for c in _data()["concept"]:
        for short, kind, row in kinds if c["table"] == "transplants" else ():
            names = [n for n in c["names"] if "hct" in n.split()]
            own = [n.replace("hct", f"{short} hct") for n in names]
            if own:
                yield c | {"row": row, "names": own, "with": {"type": kind}}


@cache
def synonyms() -> tuple[tuple[str, str], ...]:
    """Pairs of a plain phrase and the word that stands for it, the longest phrase first."""
    pairs = [(plain(a), word) for word, also in _data()["synonyms"].items() for a in also]
    return tuple(sorted(pairs, key=lambda p: (-len(p[0].split()), -len(p[0]), p[0])))


@cache
def small_words() -> frozenset[str]:
    """Words that tell nothing in the name of a column."""
    return frozenset(_data()["small_words"])


@cache
def visits() -> Mapping[str, tuple[str, ...]]:
    """The visits that a name may speak of, each with its phrases, as plain names."""
    return {v: tuple(plain(p) for p in phrases) for v, phrases in _data()["visits"].items()}


@cache
def tissues() -> Mapping[str, frozenset[str]]:
    """The words of a name that say where something was measured, by tissue."""
    return {t: frozenset(words) for t, words in _data()["tissues"].items()}


def mrd_threshold() -> float:
    """From how many percent on residual disease counts as positive."""
    return float(_data()["mrd"]["positive_from"])


@cache
def record_names() -> frozenset[str]:
    """Names of identifying columns that number the patients, as a hospital does."""
    return frozenset(plain(n) for n in _data()["identifiers"]["records"])


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
    found = _data()["identifiers"]
    return frozenset(plain(n) for n in (*found["names"], *found["records"]))


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
