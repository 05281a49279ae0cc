"""Whether the numbers of one summary can belong to the same patients."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise

from sequela.audit.claim_form import Claim, SummaryClaim
from sequela.audit.grade import Check
from sequela.audit.rounding import exceeds, half_step, printed_interval
from sequela.audit.wording import STATISTICS, printed

_IN_ORDER = ("min", "q1", "median", "q3", "max")


def check_summary(claim: Claim) -> list[Check]:
    """Order, spread and, for whole numbers, which medians and means are possible at all."""
    if not isinstance(claim, SummaryClaim):
        return []
    faults = [*_disorder(claim), *_mean_outside(claim), *_too_spread(claim)]
    if claim.whole:
        faults += [*_broken_values(claim), *_impossible_median(claim), *_impossible_mean(claim)]
    if faults:
        return [Check(name="summary", outcome="inconsistent", sentence=text) for text in faults]
    if len(claim.statistics) < 2:
        return []
    text = "Its numbers are possible together."
    return [Check(name="summary", outcome="consistent", sentence=text)]


def _disorder(claim: SummaryClaim) -> list[str]:
    given = [(name, claim.statistics[name]) for name in _IN_ORDER if name in claim.statistics]
    return [
        f"The {STATISTICS[lower]} ({printed(a)}) is above the {STATISTICS[upper]} ({printed(b)})."
        for (lower, a), (upper, b) in pairwise(given)
        if exceeds(a, b)
    ]


def _mean_outside(claim: SummaryClaim) -> list[str]:
    if claim.mean is None:
        return []
    faults = []
    if claim.min is not None and exceeds(claim.min, claim.mean):
        faults.append(f"The mean ({printed(claim.mean)}) is below the minimum ({claim.min}).")
    if claim.max is not None and exceeds(claim.mean, claim.max):
        faults.append(f"The mean ({printed(claim.mean)}) is above the maximum ({claim.max}).")
    return faults


def _too_spread(claim: SummaryClaim) -> list[str]:
    """No standard deviation exceeds half the range times the root of n / (n - 1)."""
    if claim.sd is None or claim.min is None or claim.max is None:
        return []
    n = claim.n if claim.n is not None and claim.n > 1 else 2
    span = claim.max + half_step(claim.max) - claim.min + half_step(claim.min)
    limit = span / 2 * (Decimal(n) / (n - 1)).sqrt()
    if claim.sd - half_step(claim.sd) <= limit:
        return []
    return [
        f"A standard deviation of {printed(claim.sd)} is more than values between "
        f"{claim.min} and {claim.max} can have: at most {limit:.1f}."
    ]


def _broken_values(claim: SummaryClaim) -> list[str]:
    """A least or greatest whole number is whole."""
    return [
        f"The {STATISTICS[name]} is printed as {printed(value)}, yet every value is whole."
        for name in ("min", "max")
        if (value := claim.statistics.get(name)) is not None and not _holds_multiple(value, 1)
    ]


def _impossible_median(claim: SummaryClaim) -> list[str]:
    if claim.median is None:
        return []
    odd = claim.n is not None and claim.n % 2 == 1
    if _holds_multiple(claim.median, 1 if odd else 2):
        return []
    among = f"{claim.n} whole numbers" if claim.n is not None else "whole numbers"
    kind = "a whole number" if odd else "a whole number or a half"
    return [f"The median of {among} is {kind}, never {printed(claim.median)}."]


def _impossible_mean(claim: SummaryClaim) -> list[str]:
    """A mean of n whole numbers is a whole number divided by n (the GRIM test)."""
    if claim.mean is None or not claim.n or _holds_multiple(claim.mean, claim.n):
        return []
    text = f"{printed(claim.mean)} is not the mean of {claim.n} whole numbers: no whole sum "
    return [text + f"divided by {claim.n} rounds to it."]


def _holds_multiple(value: Decimal, parts: int) -> bool:
    """Whether some whole number divided by `parts` may be printed so."""
    low, high = printed_interval(value)
    first = (low * parts).to_integral_value(ROUND_CEILING)
    return first <= (high * parts).to_integral_value(ROUND_FLOOR)
