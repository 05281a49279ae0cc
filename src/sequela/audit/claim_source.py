"""Complaints about a file of published claims, each at its claim and line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from sequela.audit.claim_form import RELATIONS, TimePoint
from sequela.audit.claim_parts import Form, Item, Link, Reference
from sequela.findings import Finding, did_you_mean

_PARTS: dict[str, type[Form]] = {
    "items": Item,
    "from": Link,
    "of_from": Link,
    "at": TimePoint,
    **dict.fromkeys(RELATIONS, Reference),
}


@dataclass(frozen=True, slots=True)
class ClaimSource:
    """The file as text: it knows on which line a claim and its keys stand."""

    name: str
    lines: tuple[str, ...] = ()

    def line_of(self, claim: int, key: str = "") -> int | None:
        """The line of the claim's header or, where it can be found, of one of its keys."""
        starts = [i for i, line in enumerate(self.lines) if line.strip() == "[[claim]]"]
        if claim >= len(starts):
            return None
        end = starts[claim + 1] if claim + 1 < len(starts) else len(self.lines)
        pattern = re.compile(rf"(^|[\s{{,]){re.escape(key)}\s*=")
        for i in range(starts[claim] + 1, end if key else 0):
            if pattern.search(self.lines[i]):
                return i + 1
        return starts[claim] + 1

    def finding(self, code: str, message: str, remedy: str, row: int | None = None) -> Finding:
        """A complaint about the file; each is an error, for half a claim cannot be audited."""
        return Finding(
            code=code, severity="error", message=message, remedy=remedy, file=self.name, row=row
        )


def complaints(
    error: ValidationError, model: type[Form], *, name: str, place: int, source: ClaimSource
) -> list[Finding]:
    """The findings that say in words what does not fit the form of a claim."""
    details = error.errors(include_url=False, include_input=False)
    return [_complaint(dict(detail), model, name, place, source) for detail in details]


def _complaint(
    detail: dict[str, Any], model: type[Form], name: str, place: int, source: ClaimSource
) -> Finding:
    loc = detail["loc"]
    key = next((part for part in reversed(loc) if isinstance(part, str)), "")
    row = source.line_of(place, key)
    if detail["type"] == "extra_forbidden":
        known = _keys(_part(loc, model))
        message = f"{name} has a key '{key}' that is not known{_inside(loc)}."
        return source.finding("claim-unknown-key", message, did_you_mean(key, known), row)
    if detail["type"] == "missing":
        message = f"{name} has no '{key}'{_inside(loc)}."
        return source.finding("claim-incomplete", message, f"Add '{key}'.", row)
    words = detail["msg"].removeprefix("Value error, ")
    if not loc:
        return source.finding("claim-incomplete", f"{name}: {words}.", "Complete the claim.", row)
    message = f"{name}: '{key}' cannot be read{_inside(loc)}: {words}."
    return source.finding("claim-value", message, f"Correct '{key}'.", row)


def _part(loc: tuple[int | str, ...], model: type[Form]) -> type[Form]:
    for part in reversed(loc[:-1]):
        if isinstance(part, str) and part in _PARTS:
            return _PARTS[part]
    return model


def _inside(loc: tuple[int | str, ...]) -> str:
    """Which part of the claim is meant, such as ` in item 2`."""
    for part, index in pairwise(loc):
        if part == "items" and isinstance(index, int):
            return f" in item {index + 1}"
    inner = [part for part in loc[:-1] if isinstance(part, str)]
    return f" in '{inner[0]}'" if inner else ""


def _keys(model: type[Form]) -> list[str]:
    return [info.alias or name for name, info in model.model_fields.items()]
