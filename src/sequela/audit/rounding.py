"""Whether a printed number is a rounding of an exact one, and what else it might be.

A printed number keeps its decimals: 7.0 claims more than 7. At an exact tie (0.25 to
one decimal) rounding half up, half to even and in binary floating point part ways, so
either neighbour counts as right.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

INFINITE = Decimal("Infinity")

# Floats carry about 15 digits; beyond 12, what is left is the noise of the arithmetic.
_DIGITS = 12


def as_decimal(value: float | Decimal) -> Decimal:
    """The number that a float stands for, without the noise of binary arithmetic."""
    if isinstance(value, Decimal):
        return value
    return Decimal(f"{value:.{_DIGITS}g}")


def decimals_of(printed: Decimal) -> int:
    """How many decimals were printed; 0 for whole numbers and for infinity."""
    exponent = printed.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def half_step(printed: Decimal) -> Decimal:
    """Half of the last printed decimal place: how far the exact number may lie away."""
    return Decimal(5).scaleb(-decimals_of(printed) - 1)


def printed_interval(printed: Decimal) -> tuple[Decimal, Decimal]:
    """The exact numbers that may be printed so, both ends included."""
    half = half_step(printed)
    return printed - half, printed + half


def is_rounding_of(printed: Decimal, exact: float | Decimal) -> bool:
    """Whether the exact number may be printed so; a tie may go either way."""
    low, high = printed_interval(printed)
    return low <= as_decimal(exact) <= high


def exceeds(first: Decimal, second: Decimal) -> bool:
    """Whether one printed number is above another.

    Printed to the same decimals, they are compared as they stand; else only a gap that no
    rounding explains counts.
    """
    if decimals_of(first) == decimals_of(second):
        return first > second
    return printed_interval(first)[0] > printed_interval(second)[1]


def rounded(exact: float | Decimal, decimals: int) -> Decimal:
    """The exact number at so many decimals, half up; infinity stays as it is."""
    number = as_decimal(exact)
    if not number.is_finite():
        return number
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def is_truncation_of(printed: Decimal, exact: float | Decimal) -> bool:
    """Whether the number was cut after the printed decimals instead of being rounded."""
    number = as_decimal(exact)
    if not (number.is_finite() and printed.is_finite()) or is_rounding_of(printed, number):
        return False
    return number.quantize(Decimal(1).scaleb(-decimals_of(printed)), ROUND_DOWN) == printed


def slip(printed: Decimal, exact: float | Decimal) -> str:
    """A sentence that names how the right number may have become the printed one, or ''."""
    if not printed.is_finite() or not as_decimal(exact).is_finite():
        return ""
    right = rounded(exact, decimals_of(printed))
    if is_truncation_of(printed, exact):
        return f"It may have been cut off instead of rounded: {right} would be right."
    return _digit_slip(str(printed), str(right))


def _digit_slip(printed: str, right: str) -> str:
    if len(printed) == len(right) > 1:
        places = [i for i in range(len(right)) if printed[i] != right[i]]
        if len(places) == 1:
            return f"One digit may have slipped: {right} printed as {printed}."
        if len(places) == 2 and _swapped(printed, right, places):
            return f"Two digits may have changed places: {right} printed as {printed}."
    if len(right) == len(printed) + 1 and printed in _one_shorter(right):
        return f"A digit may have been dropped: {right} printed as {printed}."
    if len(printed) == len(right) + 1 and right in _one_shorter(printed):
        return f"A digit may have been added: {right} printed as {printed}."
    return ""


def _swapped(printed: str, right: str, places: list[int]) -> bool:
    first, second = places
    return printed[first] == right[second] and printed[second] == right[first]


def _one_shorter(text: str) -> set[str]:
    return {text[:i] + text[i + 1 :] for i in range(len(text)) if text[i].isdigit()}
