"""How the audit puts numbers, patients and claims into words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from sequela.audit.claim_form import (
    NOT_REACHED,
    Claim,
    CountClaim,
    PeriodClaim,
    SummaryClaim,
    SurvivalClaim,
    ValueClaim,
)
from sequela.audit.claim_parts import Item
from sequela.audit.rounding import decimals_of, rounded

STATISTICS = {
    "median": "median",
    "mean": "mean",
    "sd": "standard deviation",
    "q1": "lower quartile",
    "q3": "upper quartile",
    "min": "minimum",
    "max": "maximum",
    "n": "number of patients",
    "of": "denominator",
    "total": "total",
    "events": "number of events",
    "median_ci_low": "lower confidence limit of the median",
    "median_ci_high": "upper confidence limit of the median",
    "value": "value",
}

COMPARATORS = {
    "=": "",
    ">": "more than ",
    ">=": "at least ",
    "<": "less than ",
    "<=": "at most ",
    "nearly": "nearly ",
}

# A list of patients or of possible exclusions is read up to a handful.
NAMED = 5

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def in_words(number: int) -> str:
    """A small number as a word, a larger one in digits."""
    return _SMALL[number] if 0 <= number < len(_SMALL) else str(number)


def how_many(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it needs one: `one patient`."""
    return f"{in_words(number)} {noun}{'' if number == 1 else 's'}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words as a list in a sentence: `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def named(patients: Iterable[str]) -> str:
    """Patients by name where they are a handful: ` (patients A, B and C)`; else ''."""
    ids = sorted(patients)
    if not 0 < len(ids) <= NAMED:
        return ""
    return f" (patient{'' if len(ids) == 1 else 's'} {listed(ids)})"


def number(value: Decimal, unit: str = "") -> str:
    """A number with its unit as it would be read aloud; infinity is a median not reached."""
    if not value.is_finite():
        return NOT_REACHED
    text = format(value.normalize() if value == value.to_integral() else value, "f")
    return with_unit(text, unit)


def printed(value: Decimal, unit: str = "") -> str:
    """A number with the decimals it was printed with, and its unit."""
    return with_unit(format(value, "f"), unit) if value.is_finite() else NOT_REACHED


def near(value: Decimal, like: Decimal, unit: str = "") -> str:
    """A chart's number, two decimals finer than the printed one it is held against."""
    if not value.is_finite():
        return NOT_REACHED
    fine = rounded(value, decimals_of(like) + 2)
    return number(fine if fine == fine.to_integral() else fine.normalize(), unit)


def with_unit(text: str, unit: str) -> str:
    """A number and its unit; percent and fold stand close to the number."""
    if not unit:
        return text
    if unit == "%":
        return text + unit
    return f"{text}-fold" if unit == "fold" else f"{text} {unit}"


def statement(claim: Claim) -> str:
    """What the article says, in a line."""
    about = claim.about[:1].upper() + claim.about[1:]
    return f"{about}: {_stated(claim)}."


def _stated(claim: Claim) -> str:
    if isinstance(claim, CountClaim):
        return _counts(claim)
    if isinstance(claim, SummaryClaim):
        return _summary(claim)
    if isinstance(claim, SurvivalClaim):
        return _survival(claim)
    if isinstance(claim, ValueClaim):
        return COMPARATORS[claim.comparator] + printed(claim.value, claim.unit)
    return period(claim)


def period(claim: PeriodClaim) -> str:
    """A period as printed: `2001-03 to 2009-10`."""
    return f"{claim.start} to {claim.end}"


def cell(item: Item) -> str:
    """A count as a table prints it: `1 (4%)`."""
    return f"{item.n}" if item.pct is None else f"{item.n} ({printed(item.pct)}%)"


def _counts(claim: CountClaim) -> str:
    of = f" of {claim.of}" if claim.of is not None else ""
    if not claim.items:
        pct = f" ({printed(claim.pct)}%)" if claim.pct is not None else ""
        return f"{claim.n}{of}{pct}"
    own = claim.of is None or claim.kind == "partition"
    cells = [
        f"{item.label} {cell(item)}" + (f" of {item.of}" if own and item.of else "")
        for item in claim.items
    ]
    total = f"{claim.total}{of} = " if claim.total is not None else ""
    return total + ", ".join(cells) + (of if not total else "")


def _summary(claim: SummaryClaim) -> str:
    parts = [
        f"{STATISTICS[name]} {printed(value, '' if i else claim.unit)}"
        for i, (name, value) in enumerate(claim.statistics.items())
    ]
    return ", ".join(parts) + (f", in {claim.n} patients" if claim.n is not None else "")


def _survival(claim: SurvivalClaim) -> str:
    parts = [f"{claim.n} patients"] if claim.n is not None else []
    parts += [f"{claim.events} events"] if claim.events is not None else []
    if claim.median is not None:
        parts.append(f"median {survived(claim.median, claim.unit)}")
    if claim.ci_low is not None and claim.ci_high is not None:
        parts.append(f"95% CI {survived(claim.ci_low)} to {survived(claim.ci_high)}")
    parts += [f"{printed(p.pct)}% at {printed(p.time, claim.unit)}" for p in claim.at]
    return ", ".join(parts)


def survived(value: Decimal | str, unit: str = "") -> str:
    """A survival time, or that it was not reached."""
    return value if isinstance(value, str) else printed(value, unit)
