"""What happened to a disease after a drug was withdrawn.

The rule `dechallenge-1`, a named and versioned judgement of this project (no published
criterion exists for it):

1. The withdrawal is the last day of the drug in the chart, on a clock that the measurements
   share. A sample of that day was taken on the drug. A drug begun on that clock with no last day
   was not stopped.
2. A series is one measure by one method in one tissue with one denominator. Nothing is
   compared across series.
3. Its baseline is the last value on the drug, which must be above zero and detected. What
   counts after it was taken after the withdrawal and no later than the day on which a therapy
   began, counting from the baseline; a sample of that day was taken before the therapy. A
   treatment already under way at the baseline, or one whose end is unknown, rules the series out.
4. The series regressed when its lowest later value is at most the baseline divided by
   `minimum_fold`, or was not detected. Day-to-day assay error of 10 to 30 % (coefficient of
   variation) makes smaller falls indistinguishable from noise, hence 2 as the default.
5. The patient regressed when a series did and none had grown by the same fold by the time of
   that lowest value. A later rise is recorded as regrowth and does not undo the regression.
6. Whether therapy intervened must be known: without a table of treatments, or with a treatment
   that has no first day on the clock and does not come after a dated line, nothing is judged.
7. A drug for another disease that was already being given at the withdrawal and whose end is
   unknown is named as background; it does not rule the series out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.clinical.definition import Definition
from sequela.clinical.kinetics import Rate, estimate_rate
from sequela.clinical.rule_register import ClinicalRule, Parameter

Verdict = Literal["regressed", "not regressed", "not evaluable"]

RULE = "dechallenge-1"

RULES = (
    ClinicalRule(
        "dechallenge",
        RULE,
        "Whether the burden of a disease fell after a drug was stopped and before another therapy "
        "began: the lowest value of a series against the last value on the drug.",
        "this project; no published criterion exists",
        ("dechallenge", "dechallenge_number"),
        (
            Parameter(
                "minimum_fold", "2", "assays vary by 10 to 30 % from day to day (decision 006)"
            ),
        ),
    ),
)


class Product(Definition):
    """A measure made of two others of the same day, such as WBC times the share of blasts."""

    name: str
    unit: str
    count: str = Field(description="the measure that is an absolute count")
    share: str = Field(description="the measure that is a percentage of that count")


class Dechallenge(Definition):
    """A drug, the measures of the disease's burden, and what counts as a fall."""

    drug: str
    measures: tuple[str, ...]
    products: tuple[Product, ...] = ()
    minimum_fold: float = Field(2.0, gt=1)
    assay_cv: float | None = Field(None, gt=0, lt=1, description="coefficient of variation")


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series; `high` is infinite where nothing limits what went undetected."""

    day: float
    low: float
    high: float
    comparator: str
    row: int

    @property
    def exact(self) -> bool:
        """Whether the value is one number above zero."""
        return self.low == self.high and self.low > 0

    @property
    def shown(self) -> bool:
        """Whether a log scale can show it: above zero, or not detected."""
        return self.undetected or self.low > 0

    @property
    def undetected(self) -> bool:
        """Whether the assay found nothing."""
        return self.comparator == "not detected" or (self.comparator in ("<", "<="))


@dataclass(frozen=True, slots=True)
class Therapy:
    """A treatment, or a drug for another disease, with its days; no `stop` is an unknown end."""

    start: float
    stop: float | None
    name: str
    treatment: bool


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one measure, method, tissue and denominator, by day."""

    measure: str
    unit: str
    tissue: str
    method: str
    points: tuple[Point, ...]

    @property
    def name(self) -> str:
        """The series in words."""
        return f"{self.measure} ({self.unit}, {self.tissue}, {self.method})"


@dataclass(frozen=True, slots=True)
class SeriesVerdict:
    """What one series says, with its reason; the numbers are None where it says nothing."""

    series: Series
    verdict: Verdict
    reason: str
    baseline: Point | None = None
    lowest: Point | None = None
    fold: float | None = None
    rate: Rate | None = None
    regrown: bool = False
    grew_on: float | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """One patient's dechallenge: the verdict, the reason, and all that it rests on."""

    patient_id: str
    clock: str
    withdrawal: float | None
    therapy: Therapy | None
    background: tuple[str, ...]
    series: tuple[SeriesVerdict, ...]
    verdict: Verdict
    reason: str

    @property
    def deciding(self) -> SeriesVerdict | None:
        """The regressed series with the largest finite fall, else the first that regressed."""
        regressed = [s for s in self.series if s.verdict == "regressed"]
        return max(regressed, key=lambda s: s.fold or 0.0, default=None)


def derive_courses(chart: Chart, definition: Dechallenge) -> list[Course]:
    """The course of every patient, in the order of the patients' numbers."""
    return [_course(chart, definition, patient) for patient in chart.patients.to_list()]


def _rows(chart: Chart, table: str, patient: str) -> list[dict[str, Any]]:
    frame = chart[table].filter(pl.col("patient_id") == patient).sort("row")
    return list(frame.iter_rows(named=True))


def _course(chart: Chart, definition: Dechallenge, patient: str) -> Course:
    measured = _rows(chart, "measurements", patient)
    drug = [
        row
        for row in _rows(chart, "exposures", patient)
        if row["drug"].lower() == definition.drug.lower()
    ]
    stops = [row for row in drug if row["stop__high"] is not None]
    clocks = {m["when__clock"] for m in measured if m["when__clock"]}
    stop = max(
        (s for s in stops if s["stop__clock"] in clocks),
        key=lambda s: s["stop__high"],
        default=None,
    )
    clock = stop["stop__clock"] if stop else min(clocks, default="")
    series = _series(definition, [m for m in measured if m["when__clock"] == clock])
    if not series:
        return _none(patient, clock, "no measurement of the disease's burden on a clock")
    if not drug:
        return _none(patient, clock, f"never on {definition.drug}")
    if stop is None:
        reason = "its stop stands on another clock" if stops else "the drug was not stopped"
        return _none(patient, clock, reason)
    if any(r["stop"] is None and r["start__clock"] == clock for r in drug):
        return _none(patient, clock, "the drug was not stopped")
    if unknown := _therapy_unknown(chart, patient, clock):
        return _none(patient, clock, unknown)
    withdrawn = stop["stop__high"]
    therapies = _therapies(chart, definition, patient, clock)
    judged = tuple(_judge(s, definition, withdrawn, therapies) for s in series)
    verdict, reason = _patient_verdict(judged)
    return Course(
        patient,
        clock,
        withdrawn,
        next((t for t in therapies if t.start >= withdrawn), None),
        _background(therapies, withdrawn),
        judged,
        verdict,
        reason,
    )


def _none(patient: str, clock: str, reason: str) -> Course:
    return Course(patient, clock, None, None, (), (), "not evaluable", reason)


def _series(definition: Dechallenge, rows: list[dict[str, Any]]) -> list[Series]:
    """The series of a patient on one clock, products after the measures they are made of."""
    keyed: dict[tuple[str, str, str, str], list[Point]] = {}
    for row in rows:
        if row["value__low"] is None or row["when__low"] is None:
            continue
        key = (row["name"], row["unit"] or "", row["tissue"] or "", row["method"] or "")
        keyed.setdefault(key, []).append(_point(row))
    found = [
        Series(*key, tuple(sorted(points, key=lambda p: (p.day, p.row))))
        for key, points in keyed.items()
        if key[0] in definition.measures
    ]
    for product in definition.products:
        found += _product(product, keyed)
    return found


def _point(row: dict[str, Any]) -> Point:
    high = row["value__high"]
    limit = row.get("limit_of_detection__low")
    if row["value__comparator"] == "not detected" and limit is not None:
        high = limit
    return Point(row["when__low"], row["value__low"], high, row["value__comparator"], row["row"])


def _product(
    product: Product, keyed: dict[tuple[str, str, str, str], list[Point]]
) -> Iterable[Series]:
    """Count times share on the days that have both, tissue and method being the same."""
    for (name, _, tissue, method), counts in keyed.items():
        if name != product.count:
            continue
        shares = [
            p
            for (other, _, t, m), points in keyed.items()
            if other == product.share and (t, m) == (tissue, method)
            for p in points
            if p.exact
        ]
        by_day = {p.day: p for p in shares}
        points = tuple(
            Point(
                c.day,
                c.low * by_day[c.day].low / 100,
                c.high * by_day[c.day].high / 100,
                "=",
                c.row,
            )
            for c in counts
            if c.exact and c.day in by_day
        )
        if points:
            yield Series(product.name, product.unit, tissue, method, points)


def _therapy_unknown(chart: Chart, patient: str, clock: str) -> str:
    """Why it cannot be told whether a therapy intervened; empty when it can."""
    if not chart.has("treatments"):
        return "treatments are not charted, so therapy cannot be ruled out"
    rows = _rows(chart, "treatments", patient)
    dated = [r for r in rows if r["start__low"] is not None and r["start__clock"] == clock]
    first = min((r["line__low"] for r in dated if r["line__low"] is not None), default=None)
    for row in rows:
        later = first is not None and row["line__low"] is not None and row["line__low"] > first
        if row not in dated and not later:
            return "a therapy has no date on the clock of the measurements"
    return ""


def _therapies(chart: Chart, definition: Dechallenge, patient: str, clock: str) -> list[Therapy]:
    """Treatments and other drugs that have a first day on the clock, by that day."""
    found = [
        Therapy(row["start__low"], row["stop__high"], row["regimen"], treatment=True)
        for row in _rows(chart, "treatments", patient)
        if row["start__low"] is not None and row["start__clock"] == clock
    ] + [
        Therapy(row["start__low"], row["stop__high"], row["drug"], treatment=False)
        for row in _rows(chart, "exposures", patient)
        if row["start__low"] is not None
        and row["start__clock"] == clock
        and row["drug"].lower() != definition.drug.lower()
    ]
    return sorted(found, key=lambda t: (t.start, t.name))


def _background(therapies: list[Therapy], stop: float) -> tuple[str, ...]:
    """Other drugs begun before the withdrawal that are not known to have ended by it."""
    return tuple(
        t.name
        for t in therapies
        if not t.treatment and t.start < stop and (t.stop is None or t.stop > stop)
    )


def _judge(
    series: Series, definition: Dechallenge, stop: float, therapies: list[Therapy]
) -> SeriesVerdict:
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
        return SeriesVerdict(series, "not evaluable", f"another therapy {when}", baseline=baseline)
    return _fall(series, definition, baseline, free)


def _fall(
    series: Series, definition: Dechallenge, baseline: Point, free: list[Point]
) -> SeriesVerdict:
    """The verdict on values after the withdrawal and free of therapy."""
    lowest = min(free, key=lambda p: (0.0 if p.undetected else p.high, p.day))
    grown = [p for p in free if p.low >= baseline.low * definition.minimum_fold]
    grew_on = grown[0].day if grown else None
    fold = baseline.low / lowest.high if not lowest.undetected else None
    fell = lowest.undetected or (fold is not None and fold >= definition.minimum_fold)
    path = [p for p in (baseline, *free) if p.exact and p.day <= lowest.day]
    rate = estimate_rate([p.day for p in path], [p.low for p in path], assay_cv=definition.assay_cv)
    if not fell:
        word = "grew" if grown else "did not fall"
        reason = f"{word}: {definition.minimum_fold:g}-fold is needed"
        return SeriesVerdict(
            series, "not regressed", reason, baseline, lowest, fold, rate, False, grew_on
        )
    regrown = any(p.day > lowest.day and not p.undetected and p.low > lowest.high for p in free)
    reason = "no longer detected" if lowest.undetected else "fell"
    return SeriesVerdict(
        series, "regressed", reason, baseline, lowest, fold, rate, regrown, grew_on
    )


def _patient_verdict(judged: tuple[SeriesVerdict, ...]) -> tuple[Verdict, str]:
    regressed = [s for s in judged if s.verdict == "regressed" and s.lowest]
    if regressed:
        earliest = min(s.lowest.day for s in regressed if s.lowest)
        against = [s for s in judged if s.grew_on is not None and s.grew_on <= earliest]
        if against:
            return "not regressed", f"{against[0].series.name} grew meanwhile"
        return "regressed", "; ".join(f"{s.series.name} {s.reason}" for s in regressed)
    evaluable = [s for s in judged if s.verdict == "not regressed"]
    if evaluable:
        return "not regressed", "; ".join(f"{s.series.name} {s.reason}" for s in evaluable)
    return "not evaluable", "; ".join(dict.fromkeys(s.reason for s in judged))
