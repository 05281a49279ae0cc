"""Data files of this room, and how a study adds to them.

Drugs, regimens and rule sets are data. The package brings a TOML file of each; a study that has
a file of the same name beside its study.toml adds entries, or replaces keys of entries. What is
wrong in the study's file is a finding with its place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sequela.definition_file import model_findings, read_definition_file
from sequela.findings import Finding, did_you_mean

M = TypeVar("M", bound=BaseModel)


@cache
def packaged(place: str, name: str) -> dict[str, Any]:
    """The tables of a data file of the package; `place` is the package that holds it."""
    return tomllib.loads(files(place).joinpath(name).read_text(encoding="utf-8"))


def read_data_file(
    model: type[M], place: str, name: str, folder: Path | None
) -> tuple[M, list[Finding]]:
    """A data file as a model: the package's, with what the study's own file adds.

    A study's file that cannot be used is left out whole, with findings that stop the run.
    """
    path = folder / name if folder else None
    ours = _packaged_model(model, place, name)
    if path is None or not path.exists():
        return ours, []
    own, findings = read_definition_file(path, subject="data-file")
    if own is None:
        return ours, findings
    try:
        return model.model_validate(merged(packaged(place, name), own.data)), []
    except ValidationError as error:
        return ours, model_findings(error, model, own)


@cache
def _packaged_model(model: type[M], place: str, name: str) -> M:
    return model.model_validate(packaged(place, name))


def merged(package: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The package's tables with a study's: entries are added, keys of an entry replaced."""
    both = dict(package)
    for key, value in own.items():
        here = both.get(key)
        tables = isinstance(here, dict) and isinstance(value, dict)
        both[key] = merged(here, value) if tables else value  # type: ignore[arg-type]
    return both


def unknown_word(
    code: str, word: str, known: Mapping[str, Any], *, what: str, where: Finding
) -> Finding:
    """A word of the chart that a data file does not know, at the place of `where`."""
    return Finding(
        code=code,
        severity="warning",
        file=where.file,
        row=where.row,
        column=where.column,
        patient_id=where.patient_id,
        value=word,
        message=f"it names {what} that is not known",
        remedy=_nearest(word, known),
    )


def _nearest(word: str, known: Mapping[str, Any]) -> str:
    """The nearest known word as a question; a long list of all is no help."""
    asked = did_you_mean(word, known)
    if asked.startswith("Did"):
        return asked
    return "Correct it, or add the word to a data file of the study."
