"""The page of endpoint templates: what each counts, and where its definition stands."""

from __future__ import annotations

from pages.markdown import page, prose, table
from sequela.clinical import endpoints as module
from sequela.clinical.endpoint_templates import EndpointTemplate, endpoint_templates


def endpoints_page() -> str:
    """docs/reference/endpoints.md."""
    templates = endpoint_templates().values()
    return page(
        "Endpoints",
        "An endpoint counts from a moment to the first of several others. " + _rules(),
        "## Templates",
        '`[endpoints.efs]` with `template = "efs"` takes the keys of the template; whatever the '
        "study says itself goes before it. The words are names of moments, which the study "
        "defines. Tables, figures and Methods call the endpoint by the template's label where the "
        "study gives none; where the study changes what is counted, or two endpoints would have "
        "one label, the endpoint's own name stands behind it.",
        table(
            ("template", "label", "source", "what to know"),
            [(_name(t), t.label, _source(t), t.about) for t in templates],
        ),
        *(f"### `{t.name}`\n\n{_toml(t)}" for t in templates),
        "## Variants",
        '`like = "efs"` takes the keys of an endpoint that stands above, all but its label. The '
        "exhibit `endpoint_variants` shows several endpoints side by side and says in what each "
        "differs from the first:",
        _EXAMPLE,
    )


def _rules() -> str:
    return prose((module.__doc__ or "").partition("\n\n")[2])


def _name(template: EndpointTemplate) -> str:
    return f"`{template.name}`"


def _source(template: EndpointTemplate) -> str:
    return template.source + ("" if template.read_first_hand else " (not read first hand)")


def _toml(template: EndpointTemplate) -> str:
    lines = [f"{key} = {_value(value)}" for key, value in template.keys.items()]
    return "```text\n" + "\n".join(lines) + "\n```"


def _value(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(f'"{word}"' for word in value) + "]"
    return f'"{value}"'


_EXAMPLE = """```text
[endpoints.efs]
template = "efs"

[endpoints.efs_censored_at_transplant]
like = "efs"
censor_at = ["transplant"]

[endpoints.efs_with_mrd]
like = "efs"
event = ["refractory", "mrd_relapse", "relapse", "death"]

[endpoints.efs_failure_on_day_1]
like = "efs"
at_start = ["refractory"]

[[exhibit]]
id = "efs-variants"
kind = "endpoint_variants"
title = "Event-free survival under four definitions"
endpoints = ["efs", "efs_censored_at_transplant", "efs_with_mrd", "efs_failure_on_day_1"]
at = [12, 24]
```"""
