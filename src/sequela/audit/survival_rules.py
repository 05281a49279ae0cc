"""Whether the numbers of one survival statement can belong together."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from sequela.audit.claim_form import NOT_REACHED, Claim, SurvivalClaim
from sequela.audit.claim_parts import Survived
from sequela.audit.grade import Check
from sequela.audit.rounding import INFINITE, exceeds
from sequela.audit.wording import printed, survived

_HALF = Decimal("50.0000")


def as_time(value: Survived) -> Decimal:
    """A survival time as a number; one that was not reached is infinite."""
    return INFINITE if value == NOT_REACHED else Decimal(value)


def check_survival(claim: Claim) -> list[Check]:
    """Events, median, its confidence limits and survival at times against each other."""
    if not isinstance(claim, SurvivalClaim):
        return []
    faults = [*_events(claim), *_median(claim), *_limits(claim), *_rising(claim), *_halves(claim)]
    return [Check(name="survival", outcome="inconsistent", sentence=text) for text in faults]


def _events(claim: SurvivalClaim) -> list[str]:
    if claim.events is None or claim.n is None or claim.events <= claim.n:
        return []
    return [f"There cannot be {claim.events} events among {claim.n} patients."]


def _median(claim: SurvivalClaim) -> list[str]:
    """Censoring only lowers the Kaplan-Meier curve below the plain share without an event."""
    if claim.median is None or claim.events is None:
        return []
    if claim.median != NOT_REACHED and claim.events == 0:
        return [f"A median of {survived(claim.median, claim.unit)} needs an event; there is none."]
    if claim.median == NOT_REACHED and claim.n and 2 * claim.events >= claim.n:
        return [
            f"With {claim.events} events among {claim.n} patients the curve ends at "
            f"{100 - 100 * claim.events / claim.n:.0f}% or lower, so the median is reached."
        ]
    return []


def _limits(claim: SurvivalClaim) -> list[str]:
    if claim.median is None or claim.ci_low is None or claim.ci_high is None:
        return []
    low, median, high = map(as_time, (claim.ci_low, claim.median, claim.ci_high))
    if not (_above(low, median) or _above(median, high)):
        return []
    limits = f"{survived(claim.ci_low)} to {survived(claim.ci_high)}"
    return [f"The median, {survived(claim.median)}, is outside its confidence limits, {limits}."]


def _rising(claim: SurvivalClaim) -> list[str]:
    points = sorted(claim.at, key=lambda point: point.time)
    return [
        f"Survival rises from {printed(a.pct)}% at {printed(a.time)} to {printed(b.pct)}% at "
        f"{printed(b.time, claim.unit)}; it can only fall."
        for a, b in pairwise(points)
        if exceeds(b.pct, a.pct)
    ]


def _halves(claim: SurvivalClaim) -> list[str]:
    """More than half survive before the median, no more than half after it."""
    if claim.median is None:
        return []
    median, faults = as_time(claim.median), []
    for point in claim.at:
        late = _above(point.time, median) and exceeds(point.pct, _HALF)
        early = _above(median, point.time) and exceeds(_HALF, point.pct)
        if late or early:
            faults.append(
                f"With a median of {survived(claim.median, claim.unit)}, survival at "
                f"{printed(point.time, claim.unit)} cannot be {printed(point.pct)}%."
            )
    return faults


def _above(first: Decimal, second: Decimal) -> bool:
    if first.is_finite() and second.is_finite():
        return exceeds(first, second)
    return first > second
