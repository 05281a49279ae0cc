"""What happened to a disease when a drug was given again.

The rule `rechallenge-2`, of this project:

1. The drug was given again when it has a first day that comes after an earlier last day, both
   on the clock of the measurements, with no other interval of the drug between them. A row with a
   first day and no last day is taken to go on. A second row of the drug without a day on that
   clock leaves it unknown.
2. In each series the baseline is the last value off the drug: after that last day and no later
   than the new first day. A sample of the first day was taken before the drug. It must be exact or
   not detected.
3. What counts after it was taken after the new first day, no later than the next last day of the
   drug, and no later than the day on which another therapy began, counting from the baseline. A
   treatment already under way at the baseline rules the series out.
4. The disease recurred in a series when a value is at least the baseline times `minimum_fold`, or
   was detected, above the limit of detection where that is known, where the baseline was not. It
   did not recur when a value says so; a bound or range that may lie on either side says neither.
   The patient's disease recurred when a series did.
5. Where the drug was given again more than once, the first time that can be judged counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sequela.clinical.burden import Point, Series
from sequela.clinical.intervening import Therapy
from sequela.clinical.rule_register import ClinicalRule, Parameter

Recurrence = Literal["recurred", "did not recur", "not evaluable", "not given again"]

RULE = "rechallenge-2"

RULES = (
    ClinicalRule(
        "rechallenge",
        RULE,
        "Whether the burden of a disease rose after a drug that had been stopped was given again: "
        "the highest value before another therapy began against the last value off the drug.",
        "this project; no published criterion exists",
        ("rechallenge",),
        (Parameter("minimum_fold", "2", "as in the dechallenge"),),
    ),
)


@dataclass(frozen=True, slots=True)
class Rechallenge:
    """What became of the disease when the drug was given again, and why it is thought so.

    `fell_before` is whether a series had fallen by the same fold between the stop and the new
    start; None where that cannot be told. `rows` are the measurements that decided.
    """

    verdict: Recurrence
    reason: str
    stopped: float | None = None
    restarted: float | None = None
    fell_before: bool | None = None
    rows: tuple[tuple[str, int], ...] = ()
    drug_rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Restart:
    stopped: float
    began: float
    ended: float | None
    rows: tuple[int, ...]


def judge_rechallenge(
    series: Sequence[Series],
    drug: Sequence[Mapping[str, Any]],
    clock: str,
    therapies: Sequence[Therapy],
    *,
    minimum_fold: float,
    unknown: str = "",
) -> Rechallenge:
    """The verdict on a patient's series; `unknown` is why other therapy cannot be told."""
    restarts = _restarts(drug, clock)
    if not restarts:
        return _no_restart(drug, clock)
    if unknown:
        first = restarts[0]
        return Rechallenge("not evaluable", unknown, first.stopped, first.began)
    judged = [_judge(restart, series, therapies, minimum_fold) for restart in restarts]
    return next((j for j in judged if j.verdict != "not evaluable"), judged[0])


def _no_restart(drug: Sequence[Mapping[str, Any]], clock: str) -> Rechallenge:
    """Not given again, unless a second row of the drug has no day that would tell."""
    placed = [r for r in drug if clock in (r["start__clock"], r["stop__clock"])]
    if len(drug) > 1 and len(placed) < len(drug):
        return Rechallenge("not evaluable", "an interval on the drug has no day on the clock")
    return Rechallenge("not given again", "the drug was not given again")


def _restarts(drug: Sequence[Mapping[str, Any]], clock: str) -> list[_Restart]:
    """Each new start of the drug with the stop before it and the stop after it."""
    rows = [r for r in drug if r["start__low"] is not None and r["start__clock"] == clock]
    # A row with a last day alone tells of a stop and not since when.
    ends = [
        r
        for r in drug
        if r["start__low"] is None and r["stop__high"] is not None and r["stop__clock"] == clock
    ]
    spans = [(r["start__low"], r["stop__high"], r["row"]) for r in rows]
    spans += [(r["stop__high"], r["stop__high"], r["row"]) for r in ends]
    found: list[_Restart] = []
    reached: float | None = None
    before = 0
    for start, stop, row in sorted(spans, key=lambda s: (s[0], s[2])):
        end = float("inf") if stop is None else stop
        if reached is not None and start > reached:
            found.append(_Restart(reached, start, stop, (before, row)))
        if reached is None or end > reached:
            reached, before = end, row
    return found


def _judge(
    restart: _Restart, series: Sequence[Series], therapies: Sequence[Therapy], fold: float
) -> Rechallenge:
    fell = _fell(restart, series, fold)
    said = [_series(restart, s, therapies, fold) for s in series]
    for wanted in ("recurred", "did not recur", "not evaluable"):
        these = [(s, found) for s, found in zip(series, said, strict=True) if found[0] == wanted]
        if not these:
            continue
        if wanted == "not evaluable":
            reason = "; ".join(dict.fromkeys(found[1] for _, found in these))
        else:
            reason = "; ".join(f"{s.name} {found[1]}" for s, found in these)
        rows = tuple(p.source for _, found in these for p in found[2])
        return Rechallenge(
            these[0][1][0], reason, restart.stopped, restart.began, fell, rows, restart.rows
        )
    return Rechallenge("not evaluable", "no series", restart.stopped, restart.began, fell)


_Said = tuple[Recurrence, str, tuple[Point, ...]]


def _series(restart: _Restart, series: Series, therapies: Sequence[Therapy], fold: float) -> _Said:
    off = [
        p
        for p in series.points
        if restart.stopped < p.day <= restart.began and (p.exact or p.undetected)
    ]
    if not off:
        return "not evaluable", "no value between the stop and the new start", ()
    baseline = off[-1]
    if any(
        t.treatment and t.start < baseline.day and (t.stop is None or t.stop > baseline.day)
        for t in therapies
    ):
        return "not evaluable", "another therapy was under way at the baseline", ()
    until = restart.ended if restart.ended is not None else float("inf")
    began = min((t.start for t in therapies if t.start >= baseline.day), default=float("inf"))
    after = [p for p in series.points if restart.began < p.day <= min(until, began)]
    if not after:
        word = "another therapy began before the next value" if began < until else ""
        return "not evaluable", word or "no value after the new start", ()
    highest = max(after, key=lambda p: (0.0 if p.undetected else p.low, -p.day))
    rose = _rose(baseline, highest, fold)
    if rose is None or (not rose and all(_rose(baseline, p, fold) is None for p in after)):
        return "not evaluable", "a value that may or may not have risen", ()
    return (
        ("recurred", "rose", (baseline, highest))
        if rose
        else ("did not recur", f"did not rise {fold:g}-fold", (baseline, highest))
    )


def _rose(baseline: Point, point: Point, fold: float) -> bool | None:
    """Whether a value rose from the baseline; None where a bound or range does not tell."""
    if baseline.undetected:
        known = math.isfinite(baseline.high)
        if point.undetected or not point.low:
            return False
        return True if not known or point.low > baseline.high else None
    level = baseline.low * fold
    if not point.undetected and point.low >= level:
        return True
    return None if not point.surely_at_most(level) else False


def _fell(restart: _Restart, series: Sequence[Series], fold: float) -> bool | None:
    """Whether any series fell between the stop and the new start."""
    answers = []
    for one in series:
        on = [p for p in one.points if p.day <= restart.stopped and p.exact]
        off = [p for p in one.points if restart.stopped < p.day <= restart.began]
        if on and off:
            answers.append(any(p.surely_at_most(on[-1].low / fold) for p in off))
    return any(answers) if answers else None
