"""Lines of therapy and their intent, from drugs, dates and events, by the rule lines-1.

1. Drugs that start within `together_days` of the first of them form one regimen; a row that names
   a regimen is one by itself, and a later course of the same regimen continues it.
2. Supportive therapy (corticosteroids or hydroxyurea alone) makes no line.
3. A line begins with the first regimen; with the first one after a relapse, a progression or
   refractory disease; after a gap of more than `gap_days` without therapy, unless maintenance
   follows; and, where `change` says so, with a drug that is new to the line.
4. The first regimen of the first line is induction, of a later line salvage. What follows in a
   line is consolidation, or maintenance where the regimen is known as such.

A rule of this project. That a line is a planned programme, which ends with a change for
progression or toxicity and not with planned maintenance, follows the myeloma working group:
Rajkumar et al., Blood 2015;126(7):921-922 (not read first hand; toxicity is not charted here).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pydantic import Field

from sequela.clinical.definition import Definition
from sequela.clinical.regimens import Named, Regimens
from sequela.clinical.rule_register import ClinicalRule, Parameter

RULE = "lines-1"
Intent = Literal["induction", "consolidation", "maintenance", "salvage", "supportive"]

RULES = (
    ClinicalRule(
        "lines of therapy",
        RULE,
        "Drugs that start close together form a regimen. A line begins with the first regimen, "
        "with the first after a relapse, a progression or refractory disease, and after a long "
        "gap unless maintenance follows; planned maintenance begins none, nor does supportive "
        "therapy. The first regimen of the first line is induction, of a later line salvage; "
        "what follows in a line is consolidation or maintenance.",
        "this project; what a line is after Rajkumar et al., Blood 2011;117(18):4691-4695, the "
        "part on lines of therapy",
        ("therapy_line", "moments"),
        (
            Parameter("together_days", "28 days", "a convention of this project: a cycle's length"),
            Parameter("gap_days", "180 days", "a convention of this project"),
            Parameter("change", "same line", "a convention of this project"),
            Parameter("progression", "relapse, progression, progressive disease", "this project"),
        ),
    ),
)


class LineRule(Definition):
    """The numbers and words of the rule, which a study may set."""

    together_days: float = Field(
        28, ge=0, description="drugs that start within so many days of the first form a regimen"
    )
    gap_days: float = Field(
        180,
        ge=0,
        description="a longer time without therapy ends a line, unless maintenance follows",
    )
    change: Literal["same line", "new line"] = Field(
        "same line", description="what a new drug begins when no progression stands before it"
    )
    progression: tuple[str, ...] = Field(
        ("relapse", "progression", "progressive disease"),
        description="events that end a line",
    )


class Given(NamedTuple):
    """Therapy as a row of the chart has it: days on one clock, and what it is."""

    start: float
    stop: float | None
    named: Named
    table: str
    row: int


@dataclass(slots=True)
class Block:
    """A regimen as it was given: its rows, and the drugs so far."""

    rows: list[Given]
    named: Named
    line: int = 0
    intent: Intent = "induction"

    @property
    def start(self) -> float:
        """Its first day."""
        return self.rows[0].start

    @property
    def last_day(self) -> float:
        """The last day on which it is known to have been given."""
        return max(g.start if g.stop is None else max(g.start, g.stop) for g in self.rows)


@dataclass(frozen=True, slots=True)
class Lines:
    """A patient's therapy in lines, on a clock; `why` says why there are none."""

    blocks: tuple[Block, ...] = field(default_factory=tuple)
    why: str | None = None
    clock: str | None = None

    @property
    def count(self) -> int:
        """How many lines there are."""
        return max((b.line for b in self.blocks), default=0)

    def of(self, line: int) -> list[Block]:
        """The regimens of a line, supportive therapy left out."""
        return [b for b in self.blocks if b.line == line and b.intent != "supportive"]


def draw_lines(
    given: Iterable[Given], progressions: Sequence[float], rule: LineRule, regimens: Regimens
) -> tuple[Block, ...]:
    """The regimens of one patient in their order, each with its line and intent.

    `progressions` are the days of relapse, progression and refractory disease on the same clock.
    A regimen that starts on the very day of a progression comes after it.
    """
    blocks = list(_blocks(given, progressions, rule, regimens))
    line, reached, drugs = 0, float("-inf"), set[str]()
    before: float | None = None
    for block in blocks:
        block.intent = "supportive"
        block.line = line
        if block.named.role == "supportive":
            continue
        fresh = line == 0 or _between(progressions, before, block.start)
        fresh = fresh or _after_gap(block, reached, rule)
        fresh = fresh or (rule.change == "new line" and _is_change(block, drugs))
        if fresh:
            line, drugs = line + 1, set()
        block.line = line
        block.intent = _intent(block, line, first=fresh)
        drugs |= block.named.drugs
        reached = max(reached, block.last_day)
        before = block.start
    return tuple(blocks)


def _intent(block: Block, line: int, *, first: bool) -> Intent:
    if first:
        return "induction" if line == 1 else "salvage"
    return "maintenance" if block.named.role == "maintenance" else "consolidation"


def _after_gap(block: Block, reached: float, rule: LineRule) -> bool:
    return block.start - reached > rule.gap_days and block.named.role != "maintenance"


def _is_change(block: Block, drugs: set[str]) -> bool:
    """Whether a regimen has a drug that the line has not had, and is no planned maintenance."""
    if block.named.role in ("maintenance", "consolidation"):
        return False
    return bool(block.named.drugs - drugs) if block.named.drugs else True


def _between(days: Sequence[float], before: float | None, start: float) -> bool:
    """Whether one of the days lies after the last regimen began and not after this one."""
    if before is None or not days:
        return False
    return any(before < day <= start for day in days)


def _blocks(
    given: Iterable[Given], progressions: Sequence[float], rule: LineRule, regimens: Regimens
) -> Iterator[Block]:
    """Rows brought together into regimens, in the order of their starts."""
    block: Block | None = None
    for row in sorted(given, key=lambda g: (g.start, g.table, g.row)):
        if block is None:
            block = Block([row], row.named)
            continue
        parted = _between(progressions, block.start, row.start)
        joined = None if parted else _joined(block, row, rule, regimens)
        if joined is None:
            yield block
            block = Block([row], row.named)
        else:
            block.rows.append(row)
            block.named = joined
    if block is not None:
        yield block


def _joined(block: Block, row: Given, rule: LineRule, regimens: Regimens) -> Named | None:
    """What a regimen is once a further row belongs to it; None when the row does not."""
    near = row.start - block.start <= rule.together_days
    if row.named.name == block.named.name:
        return block.named if near or _follows(block, row, rule) else None
    drugs_only = not (row.named.unknown or block.named.unknown)
    if near and drugs_only and _single(row) and all(_single(g) for g in block.rows):
        return regimens.together(block.named, row.named)
    another = bool(row.named.bases) or not row.named.drugs
    if drugs_only and not another and _follows(block, row, rule) and _goes_on(block, row, regimens):
        return regimens.together(block.named, row.named)
    return None


def _follows(block: Block, row: Given, rule: LineRule) -> bool:
    """Whether a row begins before a gap would end the line."""
    return row.start - block.last_day <= rule.gap_days


def _goes_on(block: Block, row: Given, regimens: Regimens) -> bool:
    """Whether a row is a later course of the regimen that was begun."""
    return any(regimens.continues(row.named.drugs, base) for base in block.named.bases)


def _single(row: Given) -> bool:
    """Whether a row is drugs rather than a regimen of several under a name of its own."""
    return len(row.named.drugs) == 1 or not row.named.bases
