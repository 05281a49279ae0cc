"""The parts of a claim: where the chart has a number, other claims, categories."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from sequela.audit.evidence import Selector

Compare = Literal["equal", "at_most", "at_least"]


class Form(BaseModel):
    """A frozen part of a claim; an unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Link(Form):
    """Where the chart has a number, under one definition.

    `rule` names the definition in words. `compare` is `at_most` where the article counts a
    part of what the chart counts, `at_least` where the chart counts a part. `because` explains
    a difference that the rule expects; it turns a disagreement into an apparent one. `unit` is
    the chart's unit where it differs from the claim's.
    """

    set: str = ""
    where: str = ""
    variable: str = ""
    level: str = ""
    endpoint: str = ""
    patient: str = ""
    rule: str = ""
    unit: str = ""
    compare: Compare = "equal"
    because: str = ""

    @property
    def selector(self) -> Selector:
        """What to ask the study for."""
        names = ("set", "where", "variable", "level", "endpoint", "patient")
        return Selector(**{name: getattr(self, name) for name in names})

    @property
    def whole(self) -> Selector:
        """The patients among whom the number is taken, without what is asked of them."""
        return Selector(set=self.set, where=self.where if self.variable else "")


class Reference(Form):
    """Another claim, or one of its items, that a claim must agree with.

    In short form `"claim"` or `"claim#item"`. `this` and `number` name the number of this and
    of the other claim to compare (`n`, `of`, `median`, `max`); empty compares all they share.
    `because` explains a disagreement and makes it an apparent one.
    """

    claim: str
    item: str = ""
    number: str = ""
    this: str = ""
    because: str = ""


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _as_references(value: Any) -> Any:
    return [_reference(entry) for entry in _as_list(value)]


def _reference(entry: Any) -> Any:
    if not isinstance(entry, str):
        return entry
    claim, _, item = entry.partition("#")
    return {"claim": claim, "item": item}


Links = Annotated[tuple[Link, ...], BeforeValidator(_as_list)]
References = Annotated[tuple[Reference, ...], BeforeValidator(_as_references)]
Survived = Decimal | Literal["not reached"]


class Item(Form):
    """One category of a claim: its label, count, and percentage where one is printed.

    `of` is its own denominator. A negative `n` takes back what other items count twice.
    `level` looks the category up in the variable of the claim's own `from`.
    """

    label: str
    n: StrictInt
    pct: Decimal | None = None
    of: StrictInt | None = None
    level: str = ""
    links: Links = Field(default=(), alias="from")
