"""One claim against another: the same thing in two places, a part and its whole, a window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sequela.audit.claim_form import (
    Claim,
    CountClaim,
    PeriodClaim,
    SummaryClaim,
    SurvivalClaim,
    ValueClaim,
)
from sequela.audit.claim_parts import Reference
from sequela.audit.grade import Check, Outcome
from sequela.audit.periods import DAYS, factor, longest, outside
from sequela.audit.rounding import decimals_of, printed_interval
from sequela.audit.survival_rules import as_time
from sequela.audit.wording import STATISTICS, listed, period, printed

Claims = Mapping[str, Claim]
_Ends = tuple[tuple[Decimal, Decimal], tuple[Decimal, Decimal]]

_COUNTS = ("n", "of", "events", "total")

# What of a summary can be compared value by value: where each patient's value in one claim
# is at most that in another, every order statistic is, too.
_ORDERED = ("n", "events", "median", "q1", "q3", "min", "max", "value")
_SHARED = (*_ORDERED, "mean", "sd")
_LONGEST = ("max", "value", "q3", "median")


@dataclass(frozen=True, slots=True)
class _Pair:
    """A claim, what it refers to, and the other claim."""

    claim: Claim
    reference: Reference
    other: Claim

    @property
    def place(self) -> str:
        """The other claim as a reader would find it."""
        item = f", {self.reference.item}" if self.reference.item else ""
        return f"“{self.other.about}{item}” ({self.other.where})"

    def both(self, names: tuple[str, ...]) -> list[tuple[str, Decimal, Decimal]]:
        """The numbers to compare: the named ones, else all of `names` that both state."""
        mine = stated(self.claim)
        theirs = stated(self.other, self.reference.item)
        this, number = self.reference.this, self.reference.number
        if this or number:
            one, two = this or number, number or ("n" if "n" in theirs else this)
            return [(one, mine[one], theirs[two])] if one in mine and two in theirs else []
        return [
            (name, mine[name], theirs[name]) for name in names if {name} <= mine.keys() & theirs
        ]

    def ends(self, name: str, mine: Decimal, theirs: Decimal) -> _Ends:
        """What the two numbers may stand for, both in this claim's unit.

        Printed alike, in one unit and to the same decimals, they stand for themselves.
        """
        times = Decimal(1) if name in _COUNTS else factor(self.other.unit, self.claim.unit)
        if times == 1 and decimals_of(mine) == decimals_of(theirs):
            return (mine, mine), (theirs, theirs)
        low, high = _ends(name, theirs)
        return _ends(name, mine), (low * times, high * times)


def stated(claim: Claim, item: str = "") -> dict[str, Decimal]:
    """The numbers of a claim, or of one of its items, by the names a reference may use."""
    if isinstance(claim, CountClaim):
        return _stated_counts(claim, item)
    if isinstance(claim, SummaryClaim):
        return claim.statistics | _whole(n=claim.n)
    if isinstance(claim, SurvivalClaim):
        median = {} if claim.median is None else {"median": as_time(claim.median)}
        return median | _whole(n=claim.n, events=claim.events)
    return {"value": claim.value} if isinstance(claim, ValueClaim) else {}


def check_relations(claim: Claim, claims: Claims) -> list[Check]:
    """A check for each thing that the claim is said to have to do with another."""
    checks: list[Check] = []
    for relation, reference in claim.references():
        if relation != "sum_of":
            pair = _Pair(claim, reference, claims[reference.claim])
            checks += _check(pair, relation)
    return [*checks, *_check_sum_of(claim, claims)]


def comparable(claim: Claim, relation: str, reference: Reference, other: Claim) -> bool:
    """Whether there is anything to compare: numbers that both state, in units that agree."""
    pair = _Pair(claim, reference, other)
    if relation == "fits_in":
        return isinstance(other, PeriodClaim) and not stated(claim).keys().isdisjoint(_LONGEST)
    if isinstance(claim, PeriodClaim) and isinstance(other, PeriodClaim):
        return relation == "part_of"
    if relation == "sum_of":
        mine, theirs = stated(claim), stated(other, reference.item)
        return "n" in mine and (reference.number or "n") in theirs
    try:
        factor(other.unit, claim.unit)
    except ValueError:
        return False
    return bool(pair.both(_SHARED))


def _stated_counts(claim: CountClaim, item: str) -> dict[str, Decimal]:
    if item:
        found = next(cell for cell in claim.cells if cell.label == item)
        return _whole(n=found.n, of=found.of)
    ofs = {cell.of for cell in claim.cells}
    of = claim.of if claim.of is not None else (ofs.pop() if len(ofs) == 1 else None)
    return _whole(n=claim.total if claim.n is None else claim.n, of=of)


def _ends(name: str, value: Decimal) -> tuple[Decimal, Decimal]:
    """A count stands for itself, another printed number for all that rounds to it."""
    exact = name in _COUNTS or not value.is_finite()
    return (value, value) if exact else printed_interval(value)


def _whole(**numbers: int | None) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in numbers.items() if value is not None}


def _check(pair: _Pair, relation: str) -> list[Check]:
    faults = _RULES[relation](pair)
    if not faults:
        text = f"{_AGREES[relation]} {pair.place}."
        return [Check(name=relation, outcome="consistent", sentence=text)]
    # A window says when patients were found, not how long they were followed.
    excused = pair.reference.because or relation == "fits_in"
    outcome: Outcome = "apparent" if excused else "inconsistent"
    because = f" This can be explained: {pair.reference.because}." if pair.reference.because else ""
    return [Check(name=relation, outcome=outcome, sentence=text + because) for text in faults]


def _same_as(pair: _Pair) -> list[str]:
    faults = []
    for name, mine, theirs in pair.both(_SHARED):
        own, other = pair.ends(name, mine, theirs)
        if own[1] < other[0] or own[0] > other[1]:
            faults.append(_two_numbers(pair, name, mine, theirs))
    return faults


def _at_most(pair: _Pair, names: tuple[str, ...] = _ORDERED) -> list[str]:
    faults = []
    for name, mine, theirs in pair.both(names):
        own, other = pair.ends(name, mine, theirs)
        if own[0] > other[1]:
            faults.append(_two_numbers(pair, name, mine, theirs, "which it cannot exceed"))
    return faults


def _at_least(pair: _Pair, names: tuple[str, ...] = _ORDERED) -> list[str]:
    faults = []
    for name, mine, theirs in pair.both(names):
        own, other = pair.ends(name, mine, theirs)
        if own[1] < other[0]:
            faults.append(_two_numbers(pair, name, mine, theirs, "below which it cannot be"))
    return faults


def _part_of(pair: _Pair) -> list[str]:
    """A part is no larger than its whole, and its range lies inside."""
    if isinstance(pair.claim, PeriodClaim) and isinstance(pair.other, PeriodClaim):
        beyond = outside(pair.claim, pair.other)
        words = f"It is not inside {pair.place}, {period(pair.other)}: it {beyond}."
        return [words] if beyond else []
    if pair.reference.this or pair.reference.number:
        return _at_most(pair)
    return [*_at_most(pair, ("n", "events", "max")), *_at_least(pair, ("min",))]


def _fits_in(pair: _Pair) -> list[str]:
    numbers = stated(pair.claim)
    name = next((name for name in _LONGEST if name in numbers), "")
    if not name or not isinstance(pair.other, PeriodClaim):
        return []
    unit = pair.claim.unit if pair.claim.unit in DAYS else "months"
    room = longest(pair.other) / DAYS[unit]
    if printed_interval(numbers[name])[0] <= room:
        return []
    return [
        f"{printed(numbers[name], unit)} do not fit into {pair.place}, {period(pair.other)}, which "
        f"is {room:.1f} {unit} long. It is possible only if the time began before that window "
        "opened or ran on after it closed."
    ]


def _two_numbers(pair: _Pair, name: str, mine: Decimal, theirs: Decimal, rule: str = "") -> str:
    what = "The number" if name in ("n", "value") else f"The {STATISTICS[name]}"
    there = printed(theirs, pair.other.unit if name not in _COUNTS else "")
    here = printed(mine, pair.claim.unit if name not in _COUNTS else "")
    tail = f", {rule}" if rule else ""
    return f"{what} is {here} here and {there} in {pair.place}{tail}."


def _check_sum_of(claim: Claim, claims: Claims) -> list[Check]:
    if not claim.sum_of:
        return []
    pairs = [_Pair(claim, reference, claims[reference.claim]) for reference in claim.sum_of]
    parts = [stated(p.other, p.reference.item).get(p.reference.number or "n") for p in pairs]
    mine = stated(claim).get("n")
    known = [int(part) for part in parts if part is not None]
    if mine is None or len(known) < len(parts):
        return []
    places = listed([pair.place for pair in pairs])
    arithmetic = f"{' + '.join(map(str, known))} = {sum(known)}"
    if sum(known) == mine:
        text = f"It is the sum of {places}: {arithmetic}."
        return [Check(name="sum_of", outcome="consistent", sentence=text)]
    text = f"{places} make {arithmetic}, not {mine}."
    because = "; ".join(r.because for r in claim.sum_of if r.because)
    if because:
        explained = f"{text} This can be explained: {because}."
        return [Check(name="sum_of", outcome="apparent", sentence=explained)]
    return [Check(name="sum_of", outcome="inconsistent", sentence=text)]


_RULES: dict[str, Callable[[_Pair], list[str]]] = {
    "same_as": _same_as,
    "at_most": _at_most,
    "at_least": _at_least,
    "part_of": _part_of,
    "fits_in": _fits_in,
}

_AGREES = {
    "same_as": "It agrees with",
    "at_most": "It does not exceed",
    "at_least": "It is not below",
    "part_of": "It can be a part of",
    "fits_in": "It fits into",
}
