"""What one series of measurements says of a disease after a drug was stopped.

The parts 1 to 4 of the rule `dechallenge-2`, which stands with the course of a patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from sequela.clinical.burden import Point, Product, Series
from sequela.clinical.definition import Definition
from sequela.clinical.intervening import Therapy
from sequela.clinical.kinetics import (
    Fold,
    Rate,
    Reading,
    Shape,
    describe_shape,
    estimate_course_rate,
    estimate_fold,
)

Verdict = Literal["regressed", "not regressed", "not evaluable"]


class Dechallenge(Definition):
    """A drug, the measures of the disease's burden, and what counts as a fall."""

    drug: str
    measures: tuple[str, ...]
    products: tuple[Product, ...] = ()
    minimum_fold: float = Field(2.0, gt=1)
    assay_cv: float | None = Field(None, gt=0, lt=1, description="coefficient of variation")
    no_effect: tuple[str, ...] = Field(
        (),
        description="drugs or classes of drugs that the study holds to have no effect on the "
        "disease",
    )

    @property
    def burden_names(self) -> tuple[str, ...]:
        """The names under which the chart keeps the measures and the parts of products."""
        parts = (name for p in self.products for name in (p.count, p.share))
        return (*self.measures, *parts)


@dataclass(frozen=True, slots=True)
class SeriesVerdict:
    """What one series says, with its reason; the numbers are None where it says nothing.

    `confounders` are the therapies that rule the series out, `fell_anyway` whether it fell by
    the same fold under them. `readings` are the baseline and what counts after it, and
    `to_lowest` those of them that a rate is fitted to. Rate and shape are fitted when they are
    asked for: most cohorts are asked about a few series.
    """

    series: Series
    verdict: Verdict
    reason: str
    baseline: Point | None = None
    lowest: Point | None = None
    fold: float | None = None
    regrown: bool = False
    grew_on: float | None = None
    confounders: tuple[Therapy, ...] = ()
    fell_anyway: bool = False
    readings: tuple[Reading, ...] = ()
    to_lowest: tuple[Reading, ...] = ()
    assay_cv: float | None = None

    @property
    def change(self) -> Fold | None:
        """The lowest value divided by the baseline, with the test that nothing changed."""
        if self.baseline is None or self.lowest is None:
            return None
        before, after = self.baseline.reading, self.lowest.reading
        return estimate_fold(before, after, assay_cv=self.assay_cv)

    @property
    def rate(self) -> Rate | None:
        """The log-linear rate from the baseline to the lowest value."""
        return estimate_course_rate(self.to_lowest, assay_cv=self.assay_cv)

    @property
    def shape(self) -> Shape | None:
        """The nadir, the days to it, and the regrowth after it."""
        return describe_shape(self.readings, assay_cv=self.assay_cv)


def judge_series(
    series: Series, definition: Dechallenge, stop: float, therapies: Sequence[Therapy]
) -> SeriesVerdict:
    """The verdict on one series; `stop` is the last day of the drug, `therapies` all others."""
    if len(series.points) < 2:
        return SeriesVerdict(series, "not evaluable", "a single value")
    before = [p for p in series.points if p.day <= stop and p.exact]
    if not before:
        return SeriesVerdict(series, "not evaluable", "no exact value above zero on the drug")
    baseline = before[-1]
    after = [p for p in series.points if p.day > stop]
    if not after:
        return SeriesVerdict(
            series, "not evaluable", "no value after the withdrawal", baseline=baseline
        )
    begun = [t for t in therapies if t.start >= baseline.day]
    free = [p for p in after if not begun or p.day <= begun[0].start]
    under_way = any(
        t.treatment and t.start < baseline.day and (t.stop is None or t.stop > baseline.day)
        for t in therapies
    )
    if under_way or not free:
        when = "was under way at the baseline" if under_way else "began before the next value"
        found = _fall(series, definition, baseline, after)
        return SeriesVerdict(
            series,
            "not evaluable",
            f"another therapy {when}",
            baseline=baseline,
            confounders=tuple(t for t in therapies if _meets(t, baseline.day, after[-1].day)),
            fell_anyway=found.verdict == "regressed",
        )
    return _fall(series, definition, baseline, free)


def _meets(therapy: Therapy, first: float, last: float) -> bool:
    """Whether a therapy may have been given between two days."""
    ended = therapy.stop is not None and therapy.stop <= first
    return therapy.start <= last and not (therapy.start < first and ended)


def _fall(
    series: Series, definition: Dechallenge, baseline: Point, free: list[Point]
) -> SeriesVerdict:
    """The verdict on values after the withdrawal and free of therapy."""
    level = baseline.low / definition.minimum_fold
    lowest = min(free, key=lambda p: (0.0 if _gone(p, level) else p.high, p.day))
    grown = [p for p in free if p.low >= baseline.low * definition.minimum_fold]
    grew_on = grown[0].day if grown else None
    gone, fell = _gone(lowest, level), lowest.surely_at_most(level)
    if not fell and any(p.reading.low <= level for p in free):
        reason = "a value that may lie on either side of the level"
        return SeriesVerdict(series, "not evaluable", reason, baseline=baseline, grew_on=grew_on)
    fold = baseline.low / lowest.high if not gone and lowest.high > 0 else None
    reason = "no longer detected" if gone else "fell"
    if not fell:
        word = "grew" if grown else "did not fall"
        reason = f"{word}: {definition.minimum_fold:g}-fold is needed"
    later = [p for p in free if p.day > lowest.day]
    path = [p.reading for p in (baseline, *free) if p.day <= lowest.day]
    return SeriesVerdict(
        series,
        "regressed" if fell else "not regressed",
        reason,
        baseline,
        lowest,
        fold,
        regrown=fell and any(not p.undetected and p.low > lowest.high for p in later),
        grew_on=grew_on,
        readings=tuple(p.reading for p in (baseline, *free)),
        to_lowest=tuple(r for r in path if r.exact or r.counted or (r.low == 0 and r.high > 0)),
        assay_cv=definition.assay_cv,
    )


def _gone(point: Point, level: float) -> bool:
    """Whether nothing was found, by an assay that would have seen the level."""
    return point.undetected and point.surely_at_most(level)
