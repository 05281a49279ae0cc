"""The page of study.toml: every key of every part, from the models that read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pages.markdown import page, prose, table
from pages.study_words import MEANING
from sequela.chart.waivers import Waiver
from sequela.clinical.columns import ColumnDefinition
from sequela.clinical.definition import Definition
from sequela.clinical.derivations import AnyColumn
from sequela.clinical.derive import SetDefinition
from sequela.clinical.derived_moments import AnyMoment
from sequela.clinical.eligibility import Eligibility
from sequela.clinical.endpoints import EndpointDefinition
from sequela.clinical.moments import MomentDefinition
from sequela.exhibits.context import ExhibitDefinition
from sequela.exhibits.kinds import Exhibit
from sequela.study import About, Study

Model = type[BaseModel]

COLUMNS: tuple[Model, ...] = get_args(get_args(AnyColumn)[0])
EXHIBITS: tuple[Model, ...] = get_args(get_args(Exhibit)[0])
MOMENTS: tuple[Model, ...] = tuple(
    m for m in get_args(get_args(AnyMoment)[0]) if m is not MomentDefinition
)
PARTS: tuple[tuple[str, Model], ...] = (
    ("[study]", About),
    ("[moments.NAME]", MomentDefinition),
    ("[[eligibility]]", Eligibility),
    ("[sets.NAME]", SetDefinition),
    ("[endpoints.NAME]", EndpointDefinition),
    ("[[waive]]", Waiver),
)


def study_page() -> str:
    """docs/reference/study-file.md."""
    parts = [_part(name, model) for name, model in PARTS]
    return page(
        "The study file",
        "`study.toml` says what the study is. " + _words() + " An unknown key, an unknown name "
        "and a value of the wrong kind are findings with their line and the nearest known word.",
        "Conditions (`where`, `applies_to`) are SQL boolean expressions: "
        "`site = 'North' AND age >= 60`. Over the chart they name the columns of that table; "
        "elsewhere they name the study's columns, of which a column may use those above it. A "
        "condition on a missing value is neither true nor false.",
        *parts,
        "## `[columns.NAME]`",
        "One value a patient, by a named derivation. Every column may have these keys:",
        keys_of(ColumnDefinition),
        *(_tagged(model, "derive", ColumnDefinition) for model in COLUMNS),
        "## `[[exhibit]]`",
        "A table, a figure or both, in the order of the report. Every exhibit may have these keys:",
        keys_of(ExhibitDefinition),
        *(_tagged(model, "kind", ExhibitDefinition) for model in EXHIBITS),
    )


def _part(name: str, model: Model) -> str:
    """A part of the file; the moments with those that are derived after them."""
    parts = [f"## `{name}`", prose(model.__doc__), keys_of(model)]
    if model is MomentDefinition:
        parts += [_tagged(m, "derive", Definition) for m in MOMENTS]
    return "\n\n".join(parts)


def _words() -> str:
    """The parts that a study file may have, as the study's own model lists them."""
    return "Its parts are " + ", ".join(f"`{name}`" for name in Study.model_fields) + "."


def tag_of(model: Model, tag: str) -> str:
    """The word by which a derivation or an exhibit kind is asked for."""
    return str(get_args(model.model_fields[tag].annotation)[0])


def _tagged(model: Model, tag: str, base: Model) -> str:
    shared = set(base.model_fields) - {
        name
        for name, info in model.model_fields.items()
        if name in base.model_fields and info.annotation != base.model_fields[name].annotation
    }
    keys = keys_of(model, without={tag, *shared}) or "It has no further keys."
    return f'### `{tag} = "{tag_of(model, tag)}"`\n\n{prose(model.__doc__)}\n\n{keys}'


def keys_of(model: Model, *, without: Iterable[str] = ()) -> str:
    """The keys of a model as a table, and those of the models within it."""
    hidden = set(without)
    rows = [
        (f"`{info.alias or name}`", kind_of(info.annotation), _default(info), meaning)
        for name, info in model.model_fields.items()
        if name not in hidden and (meaning := meaning_of(model, name, info))
    ]
    listed = table(("key", "a value is", "default", "what it says"), rows)
    within = [_keys_within(m) for m in models_within(model)]
    return "\n\n".join([listed, *within]) if listed else ""


def _keys_within(model: Model) -> str:
    return (
        f"A table of `{model.__name__}` has these keys. {prose(model.__doc__)}\n\n{keys_of(model)}"
    )


def meaning_of(model: Model, name: str, info: FieldInfo) -> str:
    """What a key says: the model's own words, else those of `study_words`.

    Raises KeyError when a key has no words, so that nothing goes undocumented.
    """
    key = info.alias or name
    if info.description:
        return info.description
    for place in (f"{model.__name__}.{key}", key):
        if place in MEANING:
            return MEANING[place]
    raise KeyError(f"docs/pages/study_words.py says nothing of `{key}` of {model.__name__}")


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.default
    if value in ("", (), None, PydanticUndefined):
        return ""
    if isinstance(value, tuple):
        return ", ".join(f"`{v}`" for v in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def kind_of(annotation: Any) -> str:
    """A type in words: text, a number, one of some words, a list of such."""
    plain = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}
    if annotation in plain:
        return plain[annotation]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"a table (`{annotation.__name__}`)"
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "one of " + ", ".join(f"`{a}`" for a in args)
    if origin is tuple:
        return f"a list: {kind_of(args[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"a table of names: {kind_of(args[1])}"
    if annotation is date:
        return "a date such as 2021-12-31"
    if origin is Annotated:
        return kind_of(args[0])
    if args:
        return " or ".join(kind_of(a) for a in args if a is not NoneType)
    return str(annotation)


def models_within(model: Model) -> list[Model]:
    """The models that stand in lists or mappings of a model, in their order."""
    parts = (part for info in model.model_fields.values() for part in get_args(info.annotation))
    found = (p for p in parts if isinstance(p, type) and issubclass(p, BaseModel))
    return list(dict.fromkeys(found))
