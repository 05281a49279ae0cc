from __future__ import annotations

import pytest

from sequela.display.axis_ticks import decade_bounds, plain_number, time_ticks


@pytest.mark.parametrize(
    ("end", "unit", "expected"),
    [
        (104, "months", (0, 12, 24, 36, 48, 60, 72, 84, 96, 108)),
        (60, "months", (0, 6, 12, 18, 24, 30, 36, 42, 48, 54, 60)),
        (8, "days", (0, 1, 2, 3, 4, 5, 6, 7, 8)),
        (10, "years", tuple(range(11))),
        (0, "months", (0, 1)),
    ],
)
def test_ticks_stand_on_round_numbers_of_the_unit(
    end: float, unit: str, expected: tuple[float, ...]
) -> None:
    assert time_ticks(end, unit) == expected


def test_ticks_are_few_and_begin_at_or_after_the_start() -> None:
    ticks = time_ticks(5000, "months", start=-30, most=6)
    assert ticks[0] >= -30
    assert len(ticks) <= 8
    assert ticks[-1] >= 5000


@pytest.mark.parametrize(
    ("values", "expected"),
    [([2.6, 0.11], (0.1, 10)), ([37, 10], (10, 100)), ([1], (1, 10)), ([0, 5], (1, 10))],
)
def test_decades_hold_all_values(values: list[float], expected: tuple[float, float]) -> None:
    assert decade_bounds(values) == pytest.approx(expected)


def test_a_log_scale_needs_something_above_zero() -> None:
    with pytest.raises(ValueError, match="above zero"):
        decade_bounds([0, -1])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (12.0, "12"),
        (0.027, "0.027"),
        (-7, "−7"),
        (1e-4, "0.0001"),
        (84.9, "84.9"),
        (120000, "120000"),
    ],
)
def test_numbers_are_plain(value: float, text: str) -> None:
    assert plain_number(value) == text
