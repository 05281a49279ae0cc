"""A study file as data: study.toml composed of every room's definitions.

Reading never stops at the first mistake: every key that is unknown, missing or of the wrong
kind becomes a finding with its place and the nearest known word.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError, model_validator

from sequela.clinical.definition import Definition, TimeUnit
from sequela.clinical.derivations import AnyColumn
from sequela.clinical.derive import Definitions, SetDefinition
from sequela.clinical.endpoints import EndpointDefinition
from sequela.clinical.moments import MomentDefinition
from sequela.exhibits.context import EVERYONE
from sequela.exhibits.flow import Eligibility
from sequela.exhibits.kinds import Exhibit
from sequela.findings import Finding, did_you_mean
from sequela.references import clashes, pointers

FILE = "study.toml"
NAME = re.compile(r"^(?!.*__)[a-z][a-z0-9_]*$")
ID = re.compile(r"^[a-z0-9][a-z0-9-]*$")


class About(Definition):
    """What the study is, in words."""

    title: str
    sites: tuple[str, ...] = Field((), description="the sites that patients.csv may name")
    time_unit: TimeUnit = "months"
    design: str = ""
    source: str = Field("", description="the publication that the chart comes from")
    notes: tuple[str, ...] = Field((), description="what a reader of the report must know")


class Study(Definition):
    """A whole study file."""

    study: About
    moments: Mapping[str, MomentDefinition] = {}
    columns: Mapping[str, AnyColumn] = {}
    eligibility: tuple[Eligibility, ...] = ()
    sets: Mapping[str, SetDefinition] = {}
    endpoints: Mapping[str, EndpointDefinition] = {}
    exhibit: tuple[Exhibit, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _everyone(cls, data: Any) -> Any:
        """Every study has the set of everyone."""
        if isinstance(data, dict) and EVERYONE not in data.get("sets", {}):
            return data | {"sets": {EVERYONE: {"label": "All patients"}} | data.get("sets", {})}
        return data

    @property
    def definitions(self) -> Definitions:
        """The clinical definitions."""
        return Definitions(
            self.moments, self.columns, self.endpoints, self.sets, self.study.time_unit
        )


def study_schema() -> dict[str, Any]:
    """The JSON Schema of a study file, for editors that complete and check TOML."""
    return Study.model_json_schema()


def read_study(folder: Path) -> tuple[Study | None, list[Finding]]:
    """The study in a folder, or None, and everything that is wrong with its file."""
    path = folder / FILE
    if not path.exists():
        return None, [
            Finding(
                code="study-missing",
                severity="error",
                file=FILE,
                message=f"the folder has no {FILE}",
                remedy="Give the study's folder; `sequela --help` shows what it holds.",
            )
        ]
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text)
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        return None, [_syntax(row, "the file is not UTF-8 text", "Save it as UTF-8.")]
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        message = f"the file is not TOML: {str(error).split(' (at')[0]}"
        return None, [_syntax(int(line[1]) if line else None, message, _TOML)]
    try:
        study = Study.model_validate(data)
    except ValidationError as error:
        return None, [_finding(item, data, text) for item in error.errors()]
    return study, _references(study, text)


_TOML = "Text needs quotation marks, lists square brackets; a key stands once."


def _syntax(row: int | None, message: str, remedy: str) -> Finding:
    return Finding(
        code="study-syntax",
        severity="error",
        file=FILE,
        row=row,
        message=message,
        remedy=remedy,
    )


def _finding(item: Any, data: Any, text: str) -> Finding:
    """One complaint of the validation in the words of a person."""
    path = _shown_path(item["loc"], data)
    place = ".".join(path)
    row = _line_of(path, text)
    kind = item["type"]
    if kind == "extra_forbidden":
        known = _known_keys(item["loc"], data)
        return Finding(
            code="study-unknown-key",
            severity="error",
            file=FILE,
            row=row,
            column=place,
            message=f"'{path[-1]}' is not known here",
            remedy=did_you_mean(path[-1], known),
        )
    if kind == "missing":
        message, remedy = f"'{path[-1]}' is missing", "Add it."
    elif kind == "union_tag_invalid":
        tag = item["ctx"]["discriminator"].strip("'")
        expected = [word.strip(" '") for word in item["ctx"]["expected_tags"].split(",")]
        message = f"'{item['ctx']['tag']}' is no {'derivation' if tag == 'derive' else 'kind'}"
        remedy = did_you_mean(str(item["ctx"]["tag"]), expected)
    elif kind == "union_tag_not_found":
        tag = item["ctx"]["discriminator"].strip("'")
        message, remedy = f"'{tag}' is missing", "Say which it is."
    elif kind == "literal_error":
        expected = re.findall(r"'([^']+)'", item["ctx"]["expected"])
        message = f"'{item['input']}' is not possible here"
        remedy = did_you_mean(str(item["input"]), expected)
    else:
        message = item["msg"][0].lower() + item["msg"][1:].removeprefix("alue error, ")
        remedy = "Correct it."
    return Finding(
        code="study-invalid",
        severity="error",
        file=FILE,
        row=row,
        column=place,
        message=message,
        remedy=remedy,
    )


def _shown_path(location: tuple[Any, ...], data: Any) -> list[str]:
    """The path as it stands in the file: without the tags that the validation adds."""
    path, here = [], data
    for part in location:
        if isinstance(here, dict) and part not in here and part in _tags(here):
            continue
        if isinstance(part, int):
            item = here[part] if isinstance(here, list) and part < len(here) else {}
            name = item.get("id", part + 1) if isinstance(item, dict) else part + 1
            path.append(str(name))
            here = item
        else:
            path.append(str(part))
            here = here.get(part, {}) if isinstance(here, dict) else {}
    return path


def _tags(here: Mapping[str, Any]) -> set[Any]:
    return {here.get("derive"), here.get("kind")}


def _known_keys(location: tuple[Any, ...], data: Any) -> list[str]:
    """The keys that the table around an unknown key may have."""
    here: Any = data
    model: Any = Study
    for part in location[:-1]:
        if isinstance(here, dict) and part not in here and part in _tags(here):
            continue
        model = _model_below(model, part, here)
        here = here[part] if isinstance(here, (dict, list)) else {}
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [f.alias or name for name, f in model.model_fields.items()]


def _model_below(model: Any, part: Any, here: Any) -> Any:
    """The model of what stands under a key, looking through lists, mappings and unions."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        by_key = {f.alias or name: f.annotation for name, f in model.model_fields.items()}
        inner: Any = by_key.get(part)
    else:
        inner = next((a for a in reversed(get_args(model)) if a is not Ellipsis), None)
    if get_origin(inner) in (tuple, Mapping):
        return inner
    below = here[part] if isinstance(here, list) or part in here else {}
    return _unwrapped(inner, below)


def _unwrapped(model: Any, below: Any) -> Any:
    models = list(_models_in(model))
    if len(models) <= 1 or not isinstance(below, dict):
        return models[0] if len(models) == 1 else model
    for candidate in models:
        for tag in ("derive", "kind"):
            field = candidate.model_fields.get(tag)
            if field is not None and below.get(tag) in get_args(field.annotation):
                return candidate
    return model


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for part in get_args(annotation):
        yield from _models_in(part)


def _line_of(path: list[str], text: str) -> int | None:
    """The line on which the key of a path stands, as well as can be told from the text."""
    lines = text.splitlines()
    start = 0
    header = None
    for depth in range(len(path), 0, -1):
        wanted = re.compile(r"^\s*\[" + re.escape(".".join(path[:depth])) + r"\]")
        header = next((i for i, line in enumerate(lines) if wanted.match(line)), None)
        if header is not None:
            start = header
            break
    if path[0] in ("exhibit", "eligibility") and len(path) > 1:
        wanted = re.compile(r"^\s*id\s*=\s*[\"']" + re.escape(path[1]) + r"[\"']")
        start = next((i for i, line in enumerate(lines) if wanted.match(line)), 0)
        opened = [i for i in range(start, -1, -1) if lines[i].startswith("[[")]
        start = opened[0] if opened else start
    # A number is a place in a list, which no line names.
    name = re.escape(next((part for part in reversed(path) if not part.isdecimal()), path[-1]))
    key = re.compile(r"^\s*(?:\{.*)?[\"']?" + name + r"[\"']?\s*=")
    inside = re.compile(r"\b" + name + r"\s*=")
    for i in range(start, len(lines)):
        if i > start and lines[i].startswith("["):
            break
        if key.match(lines[i]) or (inside.search(lines[i]) and "{" in lines[i]):
            return i + 1
    return start + 1 if (header is not None or start) else None


def _references(study: Study, text: str) -> list[Finding]:
    """Names that point to nothing: moments, columns, tables, sets, endpoints, exhibits twice."""
    findings = []
    for place, word, known, what in pointers(study):
        if word and word not in known:
            path = place.split(".")
            findings.append(
                Finding(
                    code="study-unknown-name",
                    severity="error",
                    file=FILE,
                    row=_line_of(path, text),
                    column=place,
                    message=f"there is no {what} '{word}'",
                    remedy=did_you_mean(word, known),
                )
            )
    findings += [
        Finding(
            code="study-name-twice",
            severity="error",
            file=FILE,
            row=_line_of(clash.place.split("."), text),
            column=clash.place,
            message=f"'{clash.name}' is also the name of {clash.what}"
            if clash.what != "the same list"
            else f"'{clash.name}' stands twice in the list",
            remedy="Give one of the two another name, or leave one out.",
        )
        for clash in clashes(study)
    ]
    return findings + _names(study)


def _names(study: Study) -> list[Finding]:
    """Names that SQL or a file system could not bear."""
    named = [("columns", n, NAME) for n in study.columns] + [
        ("endpoints", n, NAME) for n in study.endpoints
    ]
    named += [("exhibit", e.id, ID) for e in study.exhibit]
    named += [("columns", n, re.compile(r"^(?!patient_id$).*")) for n in study.columns]
    return [
        Finding(
            code="study-bad-name",
            severity="error",
            file=FILE,
            column=f"{section}.{name}",
            message=f"'{name}' cannot be a name here",
            remedy="Use small letters, digits and single _ (in ids -), beginning with a letter.",
        )
        for section, name, form in named
        if not form.match(name)
    ]
