"""Named endpoint definitions, which a study takes and may override."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sequela.clinical.rule_register import ClinicalRule

_FILE = "endpoint_templates.toml"


@dataclass(frozen=True, slots=True)
class EndpointTemplate:
    """The keys that a template gives an endpoint, its source, and what a reader must know.

    `label` is what reports call the endpoint where the study does not say it.
    """

    name: str
    label: str
    keys: Mapping[str, Any]
    source: str
    about: str
    read_first_hand: bool = True


@cache
def endpoint_templates() -> Mapping[str, EndpointTemplate]:
    """All templates by name, in the order of the file."""
    text = files("sequela.clinical").joinpath(_FILE).read_text(encoding="utf-8")
    return {name: _template(name, given) for name, given in tomllib.loads(text).items()}


def _template(name: str, given: Mapping[str, Any]) -> EndpointTemplate:
    keys = {k: v for k, v in given.items() if k not in _ABOUT}
    read = given.get("read", True)
    return EndpointTemplate(name, given["label"], keys, given["source"], given["about"], read)


_ABOUT = ("label", "source", "about", "read")


RULES = tuple(
    ClinicalRule(
        name=f"endpoint {template.name}",
        version="1",
        says=template.about,
        source=template.source,
        used_by=("endpoints",),
        read_first_hand=template.read_first_hand,
    )
    for template in endpoint_templates().values()
)
