"""Categories that must add up, and do or do not."""

from __future__ import annotations

from sequela.audit.claim_form import Claim, CountClaim
from sequela.audit.grade import Check
from sequela.audit.wording import how_many


def check_sum(claim: Claim) -> list[Check]:
    """Whether the items of a claim add up to its total; nothing where they need not."""
    if not isinstance(claim, CountClaim) or claim.sum_expected is None:
        return []
    counts, expected = [item.n for item in claim.items], claim.sum_expected
    found = sum(counts)
    arithmetic = f"{_sum_of(counts)} = {found}"
    if found == expected:
        text = f"The categories add up: {arithmetic}."
        return [Check(name="sum", outcome="consistent", sentence=text)]
    text = f"The categories do not add up: {arithmetic}, not {expected}; {_gap(expected - found)}."
    return [Check(name="sum", outcome="inconsistent", sentence=text)]


def _sum_of(counts: list[int]) -> str:
    first, *rest = counts
    return str(first) + "".join(f" - {-n}" if n < 0 else f" + {n}" for n in rest)


def _gap(missing: int) -> str:
    if missing > 0:
        verb = "is" if missing == 1 else "are"
        return f"{how_many(missing, 'patient')} {verb} in no category"
    return f"{how_many(-missing, 'patient')} too many, counted twice or in the wrong place"
