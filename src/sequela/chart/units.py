"""Units of what a chart measures: conversion, and what a number in a unit can be.

The table is `units.toml` beside this module; its version is named wherever it is used. Numbers are
scaled as decimal text, so that nothing is lost to binary fractions, and bounds (`>100`) and ranges
(`3-7`) are scaled as they stand.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from sequela.chart.values import Value, read_value

_NUMBER = re.compile(
    r"(?<![\w.])[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|(?<=\d-)\d+(?:\.\d*)?"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit, its other spellings, and what turns a number in it into the measure's first unit."""

    name: str
    also: tuple[str, ...]
    factor: Decimal

    def is_called(self, text: str) -> bool:
        """Whether a text is the unit's name or another spelling of it."""
        return text == self.name or text in self.also


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that charts measure: its units, and the least and most it can be in the first."""

    name: str
    also: tuple[str, ...]
    lowest: float
    highest: float
    units: tuple[Unit, ...]

    def unit(self, text: str) -> Unit | None:
        """The unit that a text names, or None."""
        return next((u for u in self.units if u.is_called(text)), None)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every name of every unit."""
        return tuple(name for u in self.units for name in (u.name, *u.also))

    def possible(self, value: Value, unit: Unit) -> bool:
        """Whether some number that the value allows can be true in the unit."""
        factor = float(unit.factor)
        return value.low * factor <= self.highest and value.high * factor >= self.lowest

    def possible_units(self, values: Iterable[Value]) -> tuple[Unit, ...]:
        """The units in which all of the values could be true."""
        kept = list(values)
        return tuple(u for u in self.units if all(self.possible(v, u) for v in kept))


@cache
def units_version() -> str:
    """The version of the table of units."""
    return str(_table()["version"])


@cache
def measures() -> tuple[Measure, ...]:
    """Every measure of the table."""
    return tuple(
        Measure(
            m["name"],
            tuple(m.get("also", ())),
            float(m["lowest"]),
            float(m["highest"]),
            tuple(
                Unit(u["unit"], tuple(u.get("also", ())), Decimal(u["factor"])) for u in m["units"]
            ),
        )
        for m in _table()["measure"]
    )


@cache
def _table() -> dict[str, Any]:
    text = files("sequela.chart").joinpath("units.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def find_measure(name: str) -> Measure | None:
    """The measure of that name, in any case, or None."""
    word = name.strip().lower()
    return next(
        (m for m in measures() if word == m.name.lower() or word in map(str.lower, m.also)), None
    )


def measures_with(unit: str) -> tuple[Measure, ...]:
    """The measures that know a unit."""
    return tuple(m for m in measures() if m.unit(unit))


def scale(text: str, factor: Decimal) -> str | None:
    """A value's text with every number of it multiplied; None when it is no value."""
    if read_value(text) is None:
        return None
    return _NUMBER.sub(lambda m: _plain(Decimal(m[0]) * factor), text)


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def reverse(text: str) -> str | None:
    """A value's text for the time before instead of after: `>3` becomes `<-3`; None if no value."""
    value = read_value(text)
    if value is None or value.comparator == "not detected":
        return None
    numbers = [_plain(-Decimal(n)) for n in _NUMBER.findall(text)]
    if value.comparator == "range":
        low, high = sorted(numbers, key=Decimal)
        return f"{low} to {high}"
    signs = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": ""}
    return f"{signs[value.comparator]} {numbers[0]}".strip()
