"""Percentages against the counts and denominators they are printed with."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from sequela.audit.claim_form import Claim, CountClaim
from sequela.audit.claim_parts import Item
from sequela.audit.grade import Check
from sequela.audit.rounding import (
    decimals_of,
    is_rounding_of,
    printed_interval,
    rounded,
    slip,
)
from sequela.audit.wording import cell, in_words, listed, printed

_HUNDRED = Decimal(100)


def percent_agrees(pct: Decimal, n: int, of: int) -> bool:
    """Whether n of N can be printed as this percentage, under any usual rounding.

    A percentage of nobody agrees with nothing.
    """
    return of > 0 and is_rounding_of(pct, _HUNDRED * n / of)


def counts_giving(pct: Decimal, of: int) -> range:
    """The counts out of N that would be printed as this percentage."""
    low, high = printed_interval(pct)
    first = (low * of / _HUNDRED).to_integral_value(ROUND_CEILING)
    last = (high * of / _HUNDRED).to_integral_value(ROUND_FLOOR)
    return range(max(0, int(first)), min(of, int(last)) + 1)


def denominators_giving(pct: Decimal, n: int) -> range:
    """The denominators of which n would be printed as this percentage.

    Empty where no denominator does, or where any large one would (a count of none, or a
    percentage that rounds to nothing).
    """
    low, high = printed_interval(pct)
    if n <= 0 or low <= 0:
        return range(0)
    first = (_HUNDRED * n / high).to_integral_value(ROUND_CEILING)
    last = (_HUNDRED * n / low).to_integral_value(ROUND_FLOOR)
    return range(max(n, int(first)), int(last) + 1)


def check_percents(claim: Claim) -> list[Check]:
    """One check for all percentages of a claim that agree, one for each that does not."""
    if not isinstance(claim, CountClaim):
        return []
    cells = [item for item in claim.cells if item.pct is not None and item.of is not None]
    wrong = [item for item in cells if not _agrees(item)]
    checks = [Check(name="percent", outcome="inconsistent", sentence=_why(i)) for i in wrong]
    if len(wrong) < len(cells):
        count = len(cells) - len(wrong)
        which = "The other" if wrong else "The"
        text = (
            f"{which} percentage agrees with its count."
            if count == 1
            else (f"{which} {in_words(count)} percentages agree with their counts.")
        )
        checks.append(Check(name="percent", outcome="consistent", sentence=text))
    return checks


def check_shares(claim: Claim) -> list[Check]:
    """A check for each count that is larger than what it is a count of."""
    if not isinstance(claim, CountClaim):
        return []
    checks = []
    for item in claim.cells:
        if item.of is not None and item.n > item.of:
            text = f"For “{item.label}” the article has {item.n} of {item.of}: more than there are."
            checks.append(Check(name="share", outcome="inconsistent", sentence=text))
    return checks


def _agrees(item: Item) -> bool:
    return item.pct is not None and percent_agrees(item.pct, item.n, item.of or 0)


def _why(item: Item) -> str:
    pct, of = item.pct or Decimal(0), item.of or 0
    if of == 0:
        return f"For “{item.label}” the article has {cell(item)}; nobody has no percentage."
    exact = _HUNDRED * item.n / of
    right = rounded(exact, decimals_of(pct))
    parts = [
        f"For “{item.label}” the article has {cell(item)}, but {item.n} of {of} is "
        f"{rounded(exact, decimals_of(pct) + 1)}%, which rounds to {right}%.",
        _other_counts(pct, of),
        _other_denominators(pct, item.n, of),
        slip(pct, exact),
    ]
    return " ".join(part for part in parts if part)


def _other_counts(pct: Decimal, of: int) -> str:
    counts = counts_giving(pct, of)
    if not counts:
        return f"No count out of {of} gives {printed(pct)}%."
    which = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return f"{printed(pct)}% would be {which} of {of}."


def _other_denominators(pct: Decimal, n: int, of: int) -> str:
    fitting = denominators_giving(pct, n)
    if not fitting:
        return f"There is no number of which {n} is {printed(pct)}%." if n > 0 else ""
    which = [str(fitting[0])] if len(fitting) == 1 else [str(fitting[0]), str(fitting[-1])]
    beyond = f", more than the {of} there are" if fitting[0] > of else ""
    return f"{n} would be {printed(pct)}% of {listed(which, last='to')}{beyond}."
