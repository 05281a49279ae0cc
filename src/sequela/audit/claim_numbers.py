"""The numbers of a claim that a chart can be asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from sequela.audit.claim_form import (
    Claim,
    Comparator,
    CountClaim,
    SummaryClaim,
    SurvivalClaim,
    ValueClaim,
)
from sequela.audit.claim_parts import Item, Link
from sequela.audit.survival_rules import as_time
from sequela.audit.wording import STATISTICS


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One printed number and where the chart has it.

    `statistic` is `count`, `total`, `of` or the name of a row's statistic. `binding` is false
    for a number of patients that a heading promises and that an exclusion would change.
    """

    statistic: str
    words: str
    printed: Decimal
    links: tuple[Link, ...]
    unit: str = ""
    comparator: Comparator = "="
    precision: Decimal = Decimal(0)
    time: Decimal | None = None
    binding: bool = True

    @property
    def counted(self) -> bool:
        """Whether patients are counted, so that leaving some out only lowers it."""
        return self.statistic in ("count", "total")

    def link(self, alternative: int) -> Link:
        """The definition to use; the last one where there are fewer alternatives."""
        return self.links[min(alternative, len(self.links) - 1)]


def numbers_of(claim: Claim) -> list[Number]:
    """The numbers of a claim that are linked to the chart, in the order they are printed."""
    if isinstance(claim, CountClaim):
        numbers = [*_counts(claim), *_total(claim), *_denominators(claim)]
    elif isinstance(claim, SummaryClaim):
        numbers = _statistics(claim.statistics, claim) + _patients_in(claim, binding=False)
    elif isinstance(claim, SurvivalClaim):
        numbers = [*_patients_in(claim, binding=True), *_survival(claim)]
    elif isinstance(claim, ValueClaim):
        value = _number("value", claim.value, claim, words=claim.about)
        numbers = [replace(value, comparator=claim.comparator)]
    else:
        numbers = []
    return [number for number in numbers if number.links]


def unlinked(claim: Claim) -> list[str]:
    """The labels of the items that have no place in the chart."""
    return [i.label for i in claim.cells if not i.links] if isinstance(claim, CountClaim) else []


def _number(statistic: str, printed: Decimal | int, claim: Claim, words: str = "") -> Number:
    return Number(
        statistic=statistic,
        words=words or STATISTICS[statistic],
        printed=Decimal(printed),
        links=claim.links,
        unit="" if statistic in ("n", "events") else claim.unit,
        precision=Decimal(0) if statistic in ("n", "events") else claim.chart_precision,
    )


def _statistics(printed: dict[str, Decimal], claim: Claim) -> list[Number]:
    return [_number(name, value, claim) for name, value in printed.items()]


def _patients_in(claim: SummaryClaim | SurvivalClaim, *, binding: bool) -> list[Number]:
    if claim.n is None:
        return []
    return [replace(_number("n", claim.n, claim), binding=binding)]


def _survival(claim: SurvivalClaim) -> list[Number]:
    numbers = [] if claim.events is None else [_number("events", claim.events, claim)]
    times = {"median": claim.median, "median_ci_low": claim.ci_low, "median_ci_high": claim.ci_high}
    numbers += [_number(n, as_time(v), claim) for n, v in times.items() if v is not None]
    for point in claim.at:
        words = f"survival at {point.time} {claim.unit}"
        at = _number("survival", point.pct, claim, words=words)
        numbers.append(replace(at, time=point.time, unit="%", precision=Decimal(0)))
    return numbers


def _counts(claim: CountClaim) -> list[Number]:
    return [
        Number(statistic="count", words=i.label, printed=Decimal(i.n), links=i.links)
        for i in claim.cells
    ]


def _total(claim: CountClaim) -> list[Number]:
    if claim.total is None:
        return []
    return [_whole_number("total", claim.total, claim.links)]


def _denominators(claim: CountClaim) -> list[Number]:
    first = next((cell.links for cell in claim.cells if cell.links), ())
    links = claim.of_links or claim.links or first
    numbers = [] if claim.of is None else [_whole_number("of", claim.of, links)]
    if claim.of_links and numbers:
        numbers = [replace(numbers[0], statistic="total", words="denominator")]
    return numbers + [_own_denominator(item) for item in claim.items if item.of is not None]


def _own_denominator(item: Item) -> Number:
    number = _whole_number("of", item.of or 0, item.links)
    return replace(number, words=f"denominator of {item.label}")


def _whole_number(statistic: str, printed: int, links: tuple[Link, ...]) -> Number:
    words = STATISTICS[statistic]
    return Number(statistic=statistic, words=words, printed=Decimal(printed), links=links)
