"""A TOML file that a person wrote, read into a model: every mistake is a finding with its line.

An unknown key names the nearest known one; what is missing or of the wrong kind says so. Which
model a file has is the caller's business; this module knows no room.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

from sequela.findings import Finding, did_you_mean

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

_TOML = "Text needs quotation marks, lists square brackets; a key stands once."
_NAMED_BY = ("id", "name")


@dataclass(frozen=True, slots=True)
class DefinitionFile:
    """A file's name, its text, and the data in it; `subject` begins the codes of its findings."""

    name: str
    text: str
    data: Mapping[str, Any]
    subject: str

    def line_of(self, path: Iterable[str]) -> int | None:
        """The line on which the key of a path stands, as well as can be told from the text."""
        return line_of(list(path), self.text)


def read_definition_file(
    path: Path, *, subject: str
) -> tuple[DefinitionFile | None, list[Finding]]:
    """The file's data, or a finding that says on which line it is no TOML."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return DefinitionFile(path.name, text, tomllib.loads(text), subject), []
    except UnicodeDecodeError as error:
        row: int | None = error.object[: error.start].count(b"\n") + 1
        message, remedy = "the file is not UTF-8 text", "Save it as UTF-8."
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        row = int(line[1]) if line else None
        message, remedy = f"the file is not TOML: {str(error).split(' (at')[0]}", _TOML
    return None, [
        Finding(
            code=f"{subject}-syntax",
            severity="error",
            file=path.name,
            row=row,
            message=message,
            remedy=remedy,
        )
    ]


def model_findings(
    error: ValidationError, model: type[BaseModel], file: DefinitionFile
) -> list[Finding]:
    """The complaints of a validation in the words of a person."""
    return [_finding(item, model, file) for item in error.errors()]


def _finding(item: Any, model: type[BaseModel], file: DefinitionFile) -> Finding:
    path = _shown_path(item["loc"], file.data)
    unknown = item["type"] == "extra_forbidden"
    if unknown:
        message = f"'{path[-1]}' is not known here"
        remedy = did_you_mean(path[-1], _known_keys(item["loc"], file.data, model))
    else:
        message, remedy = _complaint(item, path)
    return Finding(
        code=f"{file.subject}-unknown-key" if unknown else f"{file.subject}-invalid",
        severity="error",
        file=file.name,
        row=file.line_of(path),
        column=".".join(path),
        message=message,
        remedy=remedy,
    )


def _complaint(item: Any, path: list[str]) -> tuple[str, str]:
    """What is wrong with a value, and what to do about it."""
    kind = item["type"]
    if kind == "missing":
        return f"'{path[-1]}' is missing", "Add it."
    if kind == "union_tag_invalid":
        tag = item["ctx"]["discriminator"].strip("'")
        expected = [word.strip(" '") for word in item["ctx"]["expected_tags"].split(",")]
        said = f"'{item['ctx']['tag']}' is no {'derivation' if tag == 'derive' else 'kind'}"
        return said, did_you_mean(str(item["ctx"]["tag"]), expected)
    if kind == "union_tag_not_found":
        tag = item["ctx"]["discriminator"].strip("'")
        return f"'{tag}' is missing", "Say which it is."
    if kind == "literal_error":
        expected = re.findall(r"'([^']+)'", item["ctx"]["expected"])
        said = f"'{item['input']}' is not possible here"
        return said, did_you_mean(str(item["input"]), expected)
    if kind in ("model_type", "dict_type", "mapping_type"):
        said = f"a table of keys belongs here, and '{item['input']}' is none"
        return said, 'Write it in braces, such as { column = "age" }; the reference lists the keys.'
    said = item["msg"].removeprefix("Value error, ")
    return said[0].lower() + said[1:], "Correct it."


def _shown_path(location: tuple[Any, ...], data: Any) -> list[str]:
    """The path as it stands in the file: without the tags that the validation adds."""
    path, here = [], data
    for part in location:
        if isinstance(here, dict) and part not in here and part in _tags(here):
            continue
        if isinstance(part, int):
            item = here[part] if isinstance(here, list) and part < len(here) else {}
            path.append(_item_name(item, part + 1))
            here = item
        else:
            path.append(str(part))
            here = here.get(part, {}) if isinstance(here, dict) else {}
    return path


def _item_name(item: Any, place: int) -> str:
    """The name by which a list's item is known: its own, else its place."""
    names = [item[key] for key in _NAMED_BY if isinstance(item, dict) and item.get(key)]
    return str(names[0] if names else place)


# What a moment is when it does not say how it is derived.
_NOT_WRITTEN = ("chart",)


def _tags(here: Mapping[str, Any]) -> set[Any]:
    return {here.get("derive"), here.get("kind"), *_NOT_WRITTEN}


def _known_keys(location: tuple[Any, ...], data: Any, root: type[BaseModel]) -> list[str]:
    """The keys that the table around an unknown key may have."""
    here: Any = data
    model: Any = root
    for part in location[:-1]:
        if isinstance(here, dict) and part not in here and part in _tags(here):
            continue
        model = _model_below(model, part, here)
        here = here[part] if isinstance(here, (dict, list)) else {}
    if not _is_model(model):
        return []
    return [f.alias or name for name, f in model.model_fields.items()]


def _is_model(annotation: Any) -> bool:
    from pydantic import BaseModel

    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _model_below(model: Any, part: Any, here: Any) -> Any:
    """The model of what stands under a key, looking through lists, mappings and unions."""
    if _is_model(model):
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
            if field is not None and below.get(tag, field.default) in get_args(field.annotation):
                return candidate
    return model


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if _is_model(annotation):
        yield annotation
        return
    for part in get_args(annotation):
        yield from _models_in(part)


def line_of(path: list[str], text: str) -> int | None:
    """The line on which the key of a path stands, as well as can be told from the text."""
    lines = text.splitlines()
    first, last = _item_lines(path, lines)
    header = None
    start = first
    for depth in range(len(path), 0, -1):
        header = _header_line(path, depth, lines[first:last])
        if header is not None:
            start = first + header
            break
    # A number is a place in a list, which no line names.
    name = re.escape(next((part for part in reversed(path) if not part.isdecimal()), path[-1]))
    key = re.compile(r"^\s*(?:\{.*)?(?:\w+\.)*[\"']?" + name + r"[\"']?\s*[=.]")
    inside = re.compile(r"(?<!\w)" + name + r"[\"']?\s*=")
    for i in range(start, last):
        if i > start and lines[i].startswith("["):
            break
        if key.match(lines[i]) or (inside.search(lines[i]) and "{" in lines[i]):
            return i + 1
    return start + 1 if (header is not None or start) else None


def _item_lines(path: list[str], lines: list[str]) -> tuple[int, int]:
    """The lines of the item of a list of tables that a path goes through, or all lines."""
    heads = [i for i, line in enumerate(lines) if re.match(rf"^\s*\[\[{path[0]}\]\]", line)]
    if not heads or len(path) < 2:
        return 0, len(lines)
    if path[1].isdecimal() and int(path[1]) <= len(heads):
        first = heads[int(path[1]) - 1]
    else:
        named = re.compile(rf"^\s*(?:id|name)\s*=\s*[\"']{re.escape(path[1])}[\"']")
        at = next((i for i, line in enumerate(lines) if named.match(line)), None)
        if at is None:
            return 0, len(lines)
        first = max((h for h in heads if h < at), default=0)
    after = (i for i in range(first + 1, len(lines)) if _opens_another(lines[i], path[0]))
    return first, next(after, len(lines))


def _opens_another(line: str, name: str) -> bool:
    """Whether a line opens something that does not belong to the item above it."""
    return line.startswith("[") and not line.startswith(f"[{name}.")


def _header_line(path: list[str], depth: int, lines: list[str]) -> int | None:
    """The line of `[a.b.c]` for the first parts of a path, without the item of a list."""
    whole = path[:depth]
    without_item = [path[0], *path[2:depth]]
    names = {".".join(whole), ".".join(without_item) if len(without_item) > 1 else ""} - {""}
    forms = [re.compile(r"^\s*\[" + re.escape(name) + r"\]") for name in sorted(names)]
    return next((i for i, x in enumerate(lines) if any(f.match(x) for f in forms)), None)
