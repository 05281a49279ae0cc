"""Values as charts give them: exact, bounded (`>90`), an interval (`3-7`) or not detected.

A value is never a bare number here: it is an interval [low, high] with the text it came
from. Exact values have `low == high`. What is not detected lies between zero and the limit
of detection, and where no limit is known its upper end is unknown (infinite).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

Comparator = Literal["=", "<", "<=", ">", ">=", "range", "not detected"]

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_EXACT = re.compile(rf"^{_NUMBER}$")
_COMPARED = re.compile(rf"^(<=|>=|<|>|≤|≥)\s*({_NUMBER})$")
_RANGE = re.compile(rf"^({_NUMBER})\s*(?:-|–|to)\s*({_NUMBER})$")
_NOT_DETECTED = ("not detected", "undetectable", "nd")
_PLAIN = {"≤": "<=", "≥": ">="}


@dataclass(frozen=True, slots=True)
class Value:
    """A number as the chart knows it; `low` and `high` are its ends, equal when exact."""

    low: float
    high: float
    comparator: Comparator
    text: str

    @property
    def exact(self) -> bool:
        """Whether the value is one number."""
        return self.low == self.high


def read_value(text: str) -> Value | None:
    """The value written in `text`, or None when it is no value.

    Understands `12`, `-1.5`, `>90`, `<= 0.01`, `3-7`, `3 to 7` and `not detected`.
    A range of which the lower end stands second is no value.
    """
    cell = text.strip()
    if _EXACT.match(cell):
        number = float(cell)
        return Value(number, number, "=", cell) if math.isfinite(number) else None
    if cell.lower() in _NOT_DETECTED:
        return Value(0.0, math.inf, "not detected", cell)
    if match := _COMPARED.match(cell):
        return _compared(_PLAIN.get(match[1], match[1]), float(match[2]), cell)
    if match := _RANGE.match(cell):
        low, high = float(match[1]), float(match[2])
        return Value(low, high, "range", cell) if low <= high else None
    return None


def _compared(sign: str, number: float, text: str) -> Value:
    if sign in ("<", "<="):
        return Value(-math.inf, number, "<" if sign == "<" else "<=", text)
    return Value(number, math.inf, ">" if sign == ">" else ">=", text)
