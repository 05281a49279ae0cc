"""What the chart answers when it is asked for a number of a claim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from sequela.audit.claim_numbers import Number
from sequela.audit.claim_parts import Link
from sequela.audit.evidence import Evidence, NoEvidenceError, Selector
from sequela.audit.periods import factor
from sequela.audit.rounding import INFINITE, as_decimal
from sequela.stats.results import Row

NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the chart has: the number, or the limits between which it lies, or why neither.

    `patients` are those counted. `given` is the number in the chart's unit where it differs.
    """

    low: Decimal = Decimal(0)
    high: Decimal = INFINITE
    row_ids: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()
    given: Decimal | None = None
    why_not: str = ""

    @property
    def exact(self) -> bool:
        """Whether the chart fixes the number."""
        return self.low == self.high


def look_up(
    number: Number, evidence: Evidence, *, alternative: int = 0, out: frozenset[str] = NOBODY
) -> Found:
    """What the chart has for a number, under one of its definitions, without some patients."""
    link = number.link(alternative)
    try:
        if number.counted:
            whole = number.statistic == "total" and link.variable
            return _count(link.whole if whole else link.selector, evidence, out)
        if number.statistic == "of":
            return _denominator(number, link, evidence, out)
        found = _statistic(number, evidence.rows(link.selector, out))
        return replace(_in_unit(found, link.unit, number.unit), patients=_alone(link))
    except (NoEvidenceError, ValueError) as error:
        return Found(why_not=str(error))


def _alone(link: Link) -> tuple[str, ...]:
    return (link.patient,) if link.patient else ()


def _count(selector: Selector, evidence: Evidence, out: frozenset[str]) -> Found:
    """The count and, above it, the count if all of whom it is unknown were counted."""
    if selector.variable and not selector.level:
        return Found(why_not=f"its link names '{selector.variable}' without a level")
    patients = tuple(p for p in evidence.patients(selector) if p not in out)
    row = _row(evidence.rows(selector), "count")
    if out and row is not None and row.n_missing:
        row = _row(evidence.rows(selector, out), "count")
    missing = row.n_missing if row is not None else 0
    ids = () if row is None or out else (row.id,)
    low = Decimal(len(patients))
    return Found(low=low, high=low + missing, row_ids=ids, patients=patients)


def _denominator(number: Number, link: Link, evidence: Evidence, out: frozenset[str]) -> Found:
    """Everyone asked about, or those alone of whom the answer is known: both are in use."""
    rows = evidence.rows(link.selector, out) if link.where or link.variable else []
    if not rows:
        everyone = [p for p in evidence.patients(link.whole) if p not in out]
        return Found(low=Decimal(len(everyone)), high=Decimal(len(everyone)))
    size, known = Decimal(rows[0].size), Decimal(rows[0].n)
    value = known if number.printed == known else size
    return Found(low=value, high=value, row_ids=(rows[0].id,))


def _statistic(number: Number, rows: list[Row]) -> Found:
    if number.statistic == "n" and rows:
        return _exactly(Decimal(rows[0].n), rows[0])
    row = _row(rows, number.statistic, number.time)
    if row is None:
        return Found(why_not=f"it has no {number.words} here")
    if row.state == "not_reached":
        return _exactly(INFINITE, row)
    if row.value is not None:
        scale = 100 if number.statistic == "survival" else 1
        return _exactly(as_decimal(row.value) * scale, row)
    return _bounds(number, rows, row)


def _bounds(number: Number, rows: list[Row], refused: Row) -> Found:
    low = _row(rows, f"{number.statistic}_low_bound", number.time)
    high = _row(rows, f"{number.statistic}_high_bound", number.time)
    if low is None and high is None:
        return Found(why_not=refused.error or f"its {number.words} cannot be computed")
    return Found(
        low=_bound(low, -INFINITE),
        high=_bound(high, INFINITE),
        row_ids=tuple(row.id for row in (refused, low, high) if row is not None),
    )


def _bound(row: Row | None, without: Decimal) -> Decimal:
    """A limit; a time that is not reached is infinite, a limit that is not there is `without`."""
    if row is None or row.value is None:
        return INFINITE if row is not None and row.state == "not_reached" else without
    return as_decimal(row.value)


def _exactly(value: Decimal, row: Row) -> Found:
    return Found(low=value, high=value, row_ids=(row.id,))


def _in_unit(found: Found, unit: str, wanted: str) -> Found:
    if found.why_not or not unit or unit == wanted:
        return found
    times = factor(unit, wanted)
    given = found.low if found.exact else None
    return replace(found, low=found.low * times, high=found.high * times, given=given)


def _row(rows: Iterable[Row], statistic: str, time: Decimal | None = None) -> Row | None:
    for row in rows:
        at = None if row.time is None else as_decimal(row.time)
        if row.statistic == statistic and (time is None or at == time):
            return row
    return None
