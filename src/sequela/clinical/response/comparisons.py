"""A value that may be an interval against a number: true, false, or open.

`<5` is below 5 and at most 5; exactly 5 is at most 5 and not below it. An interval that straddles
the number is open.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from sequela.clinical.response.criteria import Comparison, Requirement

Column = Callable[[str], pl.Expr]

# Products of decimal numbers are compared to this many digits, so that 0.3 is a tenth of 3.
DIGITS = 9


def compared(needed: Requirement, column: Column) -> pl.Expr:
    """Whether a requirement is met by the columns of its measure; null where it is open."""
    number = needed.value or 0.0
    before, lowest = _at("before", column), _at("lowest", column)
    ways: dict[Comparison, Callable[[], pl.Expr]] = {
        "below": lambda: below(column, number),
        "at least": lambda: ~below(column, number),
        "above": lambda: above(column, number),
        "at most": lambda: ~above(column, number),
        "fallen by": lambda: _fallen(column, number),
        "risen by": lambda: _risen(column, number),
        "risen to more by": lambda: _risen_by(column, number),
        "risen by over": lambda: _risen_by(column, number, over=True),
        "lowest at least": lambda: ~below(lowest, number),
        "was at least": lambda: ~below(before, number),
        "was below": lambda: below(before, number),
        "was yes": lambda: before("flag"),
        "was no": lambda: ~before("flag").cast(pl.Boolean),
        "yes": lambda: column("flag"),
        "new": lambda: column("new"),
        "none": lambda: pl.coalesce(~column("flag").cast(pl.Boolean), _nothing(column)),
    }
    return ways[needed.compare]()


def _three(true: pl.Expr, false: pl.Expr) -> pl.Expr:
    return pl.when(true).then(True).when(false).then(False)


def below(column: Column, number: float) -> pl.Expr:
    """Whether the value is below the number."""
    most = column("most")
    sure = (most < number) | ((most == number) & column("most_open"))
    return _three(sure, column("least") >= number)


def above(column: Column, number: float) -> pl.Expr:
    """Whether the value is above the number."""
    least = column("least")
    sure = (least > number) | ((least == number) & column("least_open"))
    return _three(sure, column("most") <= number)


def _nothing(column: Column) -> pl.Expr:
    least = column("least")
    some = (least > 0) | ((least == 0) & column("least_open"))
    return _three(column("most") == 0, some)


def _rounded(value: pl.Expr) -> pl.Expr:
    return value.round(DIGITS)


def _fallen(column: Column, percent: float) -> pl.Expr:
    """Whether it is at least so many percent lower than before therapy."""
    left = 100.0 - percent
    sure = _rounded(column("most") * 100) <= _rounded(column("before_least") * left)
    never = _rounded(column("least") * 100) > _rounded(column("before_most") * left)
    return _three(sure, never)


def _risen(column: Column, percent: float) -> pl.Expr:
    """Whether it is at least so many percent higher than its lowest value before."""
    grown = 100.0 + percent
    least, most = column("least"), column("most")
    lowest, at_most = column("lowest_least"), column("lowest_most")
    sure = (_rounded(least * 100) >= _rounded(at_most * grown)) & (least > at_most)
    never = (_rounded(most * 100) < _rounded(lowest * grown)) | (most <= lowest)
    return _three(sure, never)


def _risen_by(column: Column, number: float, *, over: bool = False) -> pl.Expr:
    """Whether it is at least so much higher than its lowest value before, or more (`over`)."""
    least = _rounded(column("least") - column("lowest_most"))
    most = _rounded(column("most") - column("lowest_least"))
    return (
        _three(least > number, most <= number) if over else _three(least >= number, most < number)
    )


def _at(when: str, column: Column) -> Column:
    """The columns of the value before therapy, or of the lowest since."""
    return lambda part: column(f"{when}_{part}")
