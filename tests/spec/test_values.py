"""What a cell with a value may hold, and what is read from it.

A value is an interval [low, high]; an exact one has equal ends. It is never a bare number.
"""

from __future__ import annotations

from math import inf

import pytest

from sequela.chart.values import read_value


@pytest.mark.parametrize(
    ("cell", "low", "high", "comparator"),
    [
        # exact
        ("12", 12, 12, "="),
        ("  -1.5 ", -1.5, -1.5, "="),
        (".5", 0.5, 0.5, "="),
        ("1e3", 1000, 1000, "="),
        # bounds
        (">120", 120, inf, ">"),
        (">= 120", 120, inf, ">="),
        ("≥120", 120, inf, ">="),
        ("<0.01", -inf, 0.01, "<"),
        ("<= 0.01", -inf, 0.01, "<="),
        ("≤0.01", -inf, 0.01, "<="),
        # intervals
        ("10-15", 10, 15, "range"),
        ("10 – 15", 10, 15, "range"),
        ("10 to 15", 10, 15, "range"),
        ("-5--3", -5, -3, "range"),
        ("10-10", 10, 10, "range"),
        # nothing found: between nothing and a limit of detection that is not known
        ("not detected", 0, inf, "not detected"),
        ("Undetectable", 0, inf, "not detected"),
    ],
)
def test_a_value_is_read_as_an_interval(cell, low, high, comparator):
    value = read_value(cell)
    assert value is not None
    assert (value.low, value.high, value.comparator) == (low, high, comparator)
    assert value.text == cell.strip()
    assert value.exact == (low == high)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "many",
        "12 mg",
        "1,5",
        "1,200",
        "15-10",
        "120+",
        "> ",
        "><3",
        "1-2-3",
        "nan",
        "inf",
        "1e999",
    ],
)
def test_what_is_no_value(cell):
    assert read_value(cell) is None
