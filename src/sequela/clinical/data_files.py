"""Data files of this room, and how a study adds to them.

Drugs, regimens and rule sets are data. The package brings a TOML file of each; a study that has
a file of the same name beside its study.toml adds entries, or keys of entries, and its own words
come first. What is wrong in the study's file is a finding with its place.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sequela.findings import Finding, did_you_mean

M = TypeVar("M", bound=BaseModel)
Tables = dict[str, Any]


@cache
def packaged(place: str, name: str) -> Tables:
    """The tables of a data file of the package; `place` is the package that holds it."""
    return tomllib.loads(files(place).joinpath(name).read_text(encoding="utf-8"))


def read_data_file(
    model: type[M], place: str, name: str, folder: Path | None
) -> tuple[M, list[Finding]]:
    """A data file as a model: the package's, with what the study's own file adds.

    A study's file that cannot be used is left out whole, with findings that stop the run.
    """
    path = folder / name if folder else None
    if path is None or not path.exists():
        return _model(model, place, name), []
    own, findings = _read(path)
    if findings:
        return _model(model, place, name), findings
    try:
        return model.model_validate(merged(packaged(place, name), own)), []
    except ValidationError as error:
        text = path.read_text(encoding="utf-8-sig")
        return _model(model, place, name), [
            _finding(name, item, own, text) for item in error.errors()
        ]


@cache
def _model(model: type[M], place: str, name: str) -> M:
    return model.model_validate(packaged(place, name))


def merged(package: Mapping[str, Any], own: Mapping[str, Any]) -> Tables:
    """The package's tables with a study's: entries are added, keys of an entry replaced."""
    both = dict(package)
    for key, value in own.items():
        here = both.get(key)
        both[key] = merged(here, value) if isinstance(here, dict) and _is_table(value) else value
    return both


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _read(path: Path) -> tuple[Tables, list[Finding]]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig")), []
    except UnicodeDecodeError:
        return {}, [_syntax(path.name, None, "the file is not UTF-8 text", "Save it as UTF-8.")]
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        message = f"the file is not TOML: {str(error).split(' (at')[0]}"
        remedy = "Text needs quotation marks, lists square brackets; a key stands once."
        return {}, [_syntax(path.name, int(line[1]) if line else None, message, remedy)]


def _syntax(file: str, row: int | None, message: str, remedy: str) -> Finding:
    return Finding(
        code="data-file-syntax",
        severity="error",
        file=file,
        row=row,
        message=message,
        remedy=remedy,
    )


def _finding(file: str, item: Any, own: Tables, text: str) -> Finding:
    """One complaint of the validation, with the line where its key stands if that can be told."""
    path = [str(part + 1) if isinstance(part, int) else str(part) for part in item["loc"]]
    name = next((part for part in reversed(path) if not part.isdecimal()), "")
    lines = text.splitlines()
    key = re.compile(r"(?:^|[{,\s])[\"']?" + re.escape(name) + r"[\"']?\s*=|\b" + re.escape(name))
    row = next((n for n, line in enumerate(lines, start=1) if key.search(line)), None)
    unknown = item["type"] == "extra_forbidden"
    missing = item["type"] == "missing"
    message = item["msg"][0].lower() + item["msg"][1:].removeprefix("alue error, ")
    return Finding(
        code="data-file-invalid",
        severity="error",
        file=file,
        row=row,
        column=".".join(path),
        message=f"'{name}' is not known here"
        if unknown
        else f"'{name}' is missing"
        if missing
        else message,
        remedy="Correct it; the reference lists the keys of this file.",
    )


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
        remedy=did_you_mean(word, known) if known else "",
    )
