"""The one place that rounds, and the one that formats a p value.

Numbers are rounded half up, as readers do it, on their shortest decimal form, so that a half
is not moved by its binary neighbour.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from sequela.stats.results import Row

NOT_REACHED = "NR"
NOT_ESTIMABLE = "NE"


def round_number(value: float, decimals: int) -> str:
    """The number with so many decimals, trailing zeros kept and no minus before a zero."""
    step = Decimal(1).scaleb(-decimals)
    rounded = Decimal(repr(value)).quantize(step, rounding=ROUND_HALF_UP)
    return f"{abs(rounded) if rounded == 0 else rounded:f}"


def format_percent(share: float, n: int) -> str:
    """A share as a percentage: whole below a hundred patients, one decimal from there on."""
    return round_number(share * 100, 0 if n < 100 else 1)


def format_p(p: float) -> str:
    """A p value: two decimals from 0.01 on, three below, `<0.001`; never 1 and never 0.

    Where two decimals would print 0.05 it keeps three, so that rounding does not move it.
    """
    if p < 0.001:
        return "<0.001"
    two = round_number(p, 2)
    if p < 0.01 or two == "0.05":
        return round_number(p, 3)
    return ">0.99" if two == "1.00" else two


def format_value(row: Row | None, decimals: int) -> str:
    """The value of a row, or what stands for it: NR, NE, or a dash for a refused one."""
    if row is None:
        return "–"
    if row.value is not None:
        return round_number(row.value, decimals)
    return {"not_reached": NOT_REACHED, "not_estimable": NOT_ESTIMABLE}.get(row.state, "–")


def format_interval(low: str, high: str, *, comparator: str = "–") -> str:
    """Two ends of an interval with a dash, or `to` where a number is negative."""
    dash = " to " if low.startswith("-") or high.startswith("-") else comparator
    return f"{low}{dash}{high}"


def plain_number(value: float) -> str:
    """A chart value as it was typed: at most ten significant digits and no trailing zeros."""
    return f"{value:.10g}"


def short_number(value: float) -> str:
    """A number as it was typed, or a derived one cut to what a reader can use: `49.6`, `0.263`.

    More than three decimals come from arithmetic and not from a chart; two are kept, and three
    significant digits below one.
    """
    text = plain_number(value)
    if len(text.partition(".")[2]) <= 3:
        return text
    return f"{value:.3g}" if abs(value) < 1 else f"{round(value, 2):.10g}"


def format_known(low: float | None, high: float | None) -> str:
    """A value that may be an interval: `12`, `>90`, `<5`, `3–7`, or a blank."""
    if low is None or high is None:
        return ""
    if low == high:
        return short_number(low)
    if high == float("inf"):
        return f">{short_number(low)}"
    if low == float("-inf"):
        return f"<{short_number(high)}"
    return f"{short_number(low)}–{short_number(high)}"
