"""How exhibits print: columns of numbers, intervals without ends, sets inside sets."""

from __future__ import annotations

import polars as pl
import pytest

from sequela.exhibits.estimates import interval_words
from sequela.exhibits.flow import nested
from sequela.exhibits.listing import same_decimals


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        (["104.3", "98", "n/a"], ["104.3", "98.0", "n/a"]),
        ([">15.7", "0.6", "1–9"], [">15.7", "0.6", "1.0–9.0"]),
        (["53", "1–9", ">120"], ["53", "1–9", ">120"]),
        (["0.027", "12"], ["0.027", "12"]),
        ([], []),
    ],
)
def test_a_column_of_numbers_has_the_same_decimals(typed: list[str], printed: list[str]) -> None:
    assert same_decimals(typed) == printed


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [("58.9", "88.7", "58.9 to 88.7"), ("14.8", "NR", "14.8 to NR"), ("NE", "NE", "NE")],
)
def test_an_interval_without_ends_says_so_once(low: str, high: str, said: str) -> None:
    assert interval_words(low, high) == said


@pytest.mark.parametrize(
    ("sets", "steps"),
    [
        (["1110", "1000"], 2),  # the second lies inside the first: one below the other
        (["1100", "0110"], 0),  # they overlap: side by side
        (["1110", "1000", "0110"], 1),  # both inside the first, beside each other
        (["1110", "1100", "1000"], 3),
        ([], 0),
    ],
)
def test_sets_that_hold_all_after_them_are_steps(sets: list[str], steps: int) -> None:
    assert nested([pl.Series([c == "1" for c in members]) for members in sets]) == steps
