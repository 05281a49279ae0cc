"""Stretches of the calendar: their order, their length, and lengths of time in general."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from decimal import Decimal

from sequela.audit.claim_form import Claim, PeriodClaim
from sequela.audit.grade import Check
from sequela.audit.wording import period

# A month is 30.4375 days and a year 365.25, throughout the house.
DAYS = {
    "days": Decimal(1),
    "weeks": Decimal(7),
    "months": Decimal("30.4375"),
    "years": Decimal("365.25"),
}


def factor(from_unit: str, to_unit: str) -> Decimal:
    """What a number in one unit is multiplied by to be in another; 1 where both are the same.

    Raises ValueError when either is no unit of time and they differ.
    """
    if from_unit == to_unit or not from_unit or not to_unit:
        return Decimal(1)
    if from_unit not in DAYS or to_unit not in DAYS:
        raise ValueError(f"{from_unit} cannot be turned into {to_unit}")
    return DAYS[from_unit] / DAYS[to_unit]


def first_day(text: str) -> date:
    """The earliest day that a year, month or day may mean."""
    parts = [int(part) for part in text.split("-")]
    year, month, day = [*parts, 1, 1][:3]
    return date(year, month, day)


def last_day(text: str) -> date:
    """The latest day that a year, month or day may mean."""
    parts = [int(part) for part in text.split("-")]
    year, month = [*parts, 12][:2]
    return date(year, month, parts[2] if len(parts) > 2 else monthrange(year, month)[1])


def longest(claim: PeriodClaim) -> Decimal:
    """The longest that a period may be, in days, from its first day to its last."""
    return Decimal((last_day(claim.end) - first_day(claim.start)).days)


def check_period(claim: Claim) -> list[Check]:
    """Whether a period begins before it ends."""
    if not isinstance(claim, PeriodClaim):
        return []
    if first_day(claim.start) <= last_day(claim.end):
        text = "It begins before it ends."
        return [Check(name="period", outcome="consistent", sentence=text)]
    text = f"The period {period(claim)} ends before it begins."
    return [Check(name="period", outcome="inconsistent", sentence=text)]


def outside(inner: PeriodClaim, outer: PeriodClaim) -> str:
    """How one period reaches beyond another, in words; '' when it lies inside."""
    before = (first_day(outer.start) - first_day(inner.start)).days
    after = (last_day(inner.end) - last_day(outer.end)).days
    parts = [f"begins {_about(before)} earlier"] if before > 0 else []
    parts += [f"ends {_about(after)} later"] if after > 0 else []
    return " and ".join(parts)


def _about(days: int) -> str:
    if days < DAYS["months"]:
        return f"{days} days"
    return f"{round(days / DAYS['months'])} months"
