"""Where the ticks of an axis stand: round numbers for time, powers of ten for burden."""

from __future__ import annotations

import math
from collections.abc import Sequence

# Steps that a clinician counts in: months by quarters and years, days by weeks and months.
_STEPS: dict[str, tuple[float, ...]] = {
    "months": (1, 2, 3, 6, 12, 24, 36, 60, 120),
    "weeks": (1, 2, 4, 8, 12, 26, 52, 104),
    "days": (1, 2, 5, 7, 14, 28, 50, 100, 200, 365, 730),
}
_ANY = tuple(base * 10.0**power for power in range(-2, 4) for base in (1, 2, 5))


def time_ticks(end: float, unit: str, *, start: float = 0.0, most: int = 10) -> tuple[float, ...]:
    """Evenly spaced ticks on round numbers from `start` or later to the first at or past `end`.

    `unit` is `days`, `weeks`, `months` or `years`; another unit gets steps of 1, 2 and 5.
    """
    steps = _STEPS.get(unit, _ANY)
    span = max(end - start, steps[0])
    step = next((step for step in steps if span / step <= most), math.ceil(span / most))
    first, last = math.ceil(start / step), math.ceil(end / step)
    return tuple(step * index for index in range(first, max(last, first + 1) + 1))


def decade_bounds(values: Sequence[float]) -> tuple[float, float]:
    """The powers of ten around positive values, at least one decade apart.

    Raises ValueError when no value is above zero: a logarithm has no place for them.
    """
    positive = [value for value in values if value > 0]
    if not positive:
        raise ValueError("A log scale needs at least one value above zero.")
    low = math.floor(math.log10(min(positive)))
    high = math.ceil(math.log10(max(positive)))
    return 10.0**low, 10.0 ** max(high, low + 1)


def plain_number(value: float, digits: int = 4) -> str:
    """A number as it is read on an axis: no exponent, no trailing zeros, a true minus sign."""
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")
