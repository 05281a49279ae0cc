"""What happened to a disease after a drug was withdrawn.

The rule `dechallenge-1`, a named and versioned judgement of this project (no published
criterion exists for it):

1. The withdrawal is the last day of the drug in the chart, on a clock that the measurements
   share. A sample of that day was taken on the drug. A drug begun on that clock with no last day
   is not known to have been stopped. Where a day is known in part and the verdict depends on it,
   nothing is judged.
2. A series is one measure by one method in one tissue with one denominator. Nothing is
   compared across series. A sample charted in `measurements` and in `populations` counts once.
3. Its baseline is the last value on the drug, which must be above zero and detected. What
   counts after it was taken after the withdrawal and no later than the day on which a therapy
   began, counting from the baseline; a sample of that day was taken before the therapy. A
   treatment already under way at the baseline, or one whose end is unknown, rules the series out.
4. The series regressed when its lowest later value is at most the baseline divided by
   `minimum_fold`, or was not detected. A limit of detection, bound or range counts as the
   most that the value can be: where it lies above that level and no other value below it, the
   series says nothing. Day-to-day assay error of 10 to 30 % (coefficient of
   variation) makes smaller falls indistinguishable from noise, hence 2 as the default.
5. The patient regressed when a series did and none had grown by the same fold by the time of
   that lowest value. A later rise is recorded as regrowth and does not undo the regression.
6. Whether therapy intervened must be known: without a table of treatments, or with a treatment
   that has no first day on the clock and does not come after a dated line, nothing is judged.
7. A drug for another disease that was already being given at the withdrawal and is not known
   to have ended by the baseline is named as background; it does not rule the series out.
8. Drugs and classes named in `no_effect` are held by the study to have no effect on the disease,
   and none of the above counts them.

Beside the verdict stands whether the regression was spontaneous, with reasons: without other
therapy, with another drug that cannot be excluded (rule 7), or under another therapy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.clinical.burden import Point, Product, Series, burden_rows, read_series
from sequela.clinical.definition import Definition
from sequela.clinical.drugs import Drugs
from sequela.clinical.intervening import Therapy, background, read_therapies, therapy_unknown
from sequela.clinical.kinetics import (
    Fold,
    Rate,
    Reading,
    Shape,
    describe_shape,
    estimate_course_rate,
    estimate_fold,
)
from sequela.clinical.rechallenge import Rechallenge, judge_rechallenge
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.clinical.vocabulary import packaged_vocabulary

Verdict = Literal["regressed", "not regressed", "not evaluable"]
Spontaneous = Literal[
    "without other therapy",
    "other therapy not excluded",
    "under other therapy",
    "did not regress",
    "cannot be told",
]
SPONTANEOUS: tuple[Spontaneous, ...] = (
    "without other therapy",
    "other therapy not excluded",
    "under other therapy",
    "did not regress",
)

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
    rechallenge: Rechallenge
    spontaneous: Spontaneous = "cannot be told"
    spontaneous_reason: str = ""
    withdrawal_row: int | None = None
    measured: tuple[str, int] | None = None
    treated: bool = True

    @property
    def deciding(self) -> SeriesVerdict | None:
        """The regressed series with the largest finite fall, else the first that regressed.

        None where the patient cannot be judged.
        """
        if self.verdict == "not evaluable":
            return None
        regressed = [s for s in self.series if s.verdict == "regressed"]
        return max(regressed, key=lambda s: s.fold or 0.0, default=None)


_Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class _Charted:
    """The rows of all patients, grouped once: by table and patient, in the chart's order."""

    measured: _Rows
    clocks: dict[str, list[str]]
    exposures: _Rows
    treatments: _Rows
    treatments_charted: bool


def derive_courses(
    chart: Chart, definition: Dechallenge, drugs: Drugs | None = None
) -> list[Course]:
    """The course of every patient, in the order of the patients' numbers.

    `drugs` knows the words and classes of other drugs; by default the package's own.
    """
    known = drugs or packaged_vocabulary().drugs
    charted = _charted(chart, definition)
    return [_course(charted, definition, known, patient) for patient in chart.patients.to_list()]


def _charted(chart: Chart, definition: Dechallenge) -> _Charted:
    places = [chart[t].select("patient_id", "when__clock") for t in ("measurements", "populations")]
    clocks = pl.concat(places).drop_nulls().unique().sort("when__clock")
    by_patient: dict[str, list[str]] = {}
    for patient, clock in clocks.iter_rows():
        by_patient.setdefault(patient, []).append(clock)
    burden = burden_rows(chart, definition.burden_names)
    return _Charted(
        _grouped(burden, burden.columns[2:]),
        by_patient,
        _grouped(chart["exposures"], ("drug", *_INTERVAL)),
        _grouped(chart["treatments"], ("regimen", "line__low", *_INTERVAL)),
        chart.has("treatments"),
    )


_INTERVAL = (
    *("start", "stop", "start__low", "start__clock", "stop__low", "stop__high", "stop__clock"),
)


_NOT_STOPPED = "the chart has no last day of the drug"


def _grouped(frame: pl.DataFrame, columns: Sequence[str]) -> _Rows:
    rows: _Rows = {}
    for row in frame.select("patient_id", "row", *columns).sort("row").iter_rows(named=True):
        rows.setdefault(row["patient_id"], []).append(row)
    return rows


def _course(charted: _Charted, definition: Dechallenge, drugs: Drugs, patient: str) -> Course:
    exposures = charted.exposures.get(patient, [])
    drug = [row for row in exposures if drugs.gives(row["drug"], definition.drug)]
    clocks = charted.clocks.get(patient, [])
    stops = [row for row in drug if row["stop__high"] is not None]
    stop = max(
        (s for s in stops if s["stop__clock"] in clocks),
        key=lambda s: s["stop__high"],
        default=None,
    )
    clock = stop["stop__clock"] if stop else min(clocks, default="")
    on_clock = [m for m in charted.measured.get(patient, []) if m["when__clock"] == clock]
    series = read_series(definition.measures, definition.products, on_clock)
    if not drug:
        return _none(patient, clock, f"never on {definition.drug}", series, treated=False)
    if not series:
        reason = "no measurement of the disease's burden on a clock"
        # More than one interval on the drug may be a rechallenge that nothing can judge.
        several = len(drug) > 1
        return _none(
            patient, clock, reason, (), Rechallenge("not evaluable", reason) if several else None
        )
    treatments = charted.treatments.get(patient, [])
    unknown = therapy_unknown(treatments, clock, charted=charted.treatments_charted)
    therapies = read_therapies(
        treatments,
        exposures,
        clock,
        drugs=drugs,
        without=(definition.drug, drugs.name(definition.drug) or "", *definition.no_effect),
    )
    again = judge_rechallenge(
        series, drug, clock, therapies, minimum_fold=definition.minimum_fold, unknown=unknown
    )
    if stop is None:
        reason = "its stop stands on another clock" if stops else _NOT_STOPPED
        return _none(patient, clock, reason, series, again)
    if any(r["stop"] is None and r["start__clock"] == clock for r in drug):
        return _none(patient, clock, _NOT_STOPPED, series, again)
    if unknown:
        return _none(patient, clock, unknown, series, again)
    withdrawn = stop["stop__high"]
    judged = tuple(_judge(s, definition, withdrawn, therapies) for s in series)
    verdict, reason = _patient_verdict(judged)
    if _depends_on_a_day(series, definition, (stop["stop__low"], withdrawn), therapies):
        verdict, reason = "not evaluable", "the verdict depends on a day that is known in part"
    baselines = [s.baseline.day for s in judged if s.verdict == "regressed" and s.baseline]
    others = background(therapies, withdrawn, min(baselines, default=None))
    spontaneous, because = _spontaneous(judged, verdict, reason, others)
    return Course(
        patient,
        clock,
        withdrawn,
        next((t for t in therapies if t.start >= withdrawn), None),
        tuple(t.name for t in others),
        judged,
        verdict,
        reason,
        again,
        spontaneous,
        because,
        stop["row"],
        _first_measured(series),
    )


def _depends_on_a_day(
    series: Sequence[Series],
    definition: Dechallenge,
    stop: tuple[float, float],
    therapies: Sequence[Therapy],
) -> bool:
    """Whether other days that the chart allows for samples and withdrawal give another verdict."""
    certain = all(p.latest in (None, p.day) for s in series for p in s.points)
    if certain and stop[0] == stop[1]:
        return False
    later = [s.latest for s in series]
    verdicts = {
        _patient_verdict(tuple(_judge(s, definition, day, therapies) for s in these))[0]
        for these in (series, later)
        for day in stop
    }
    return len(verdicts) > 1


def _none(
    patient: str,
    clock: str,
    reason: str,
    series: Sequence[Series] = (),
    again: Rechallenge | None = None,
    *,
    treated: bool = True,
) -> Course:
    judged = again or Rechallenge("not given again", "the drug was not given again")
    return Course(
        patient,
        clock,
        None,
        None,
        (),
        (),
        "not evaluable",
        reason,
        judged,
        spontaneous_reason=reason,
        measured=_first_measured(series),
        treated=treated,
    )


def _first_measured(series: Sequence[Series]) -> tuple[str, int] | None:
    """The first row in which the disease was measured above zero."""
    return min((p.source for s in series for p in s.points if p.low > 0), default=None)


def _judge(
    series: Series, definition: Dechallenge, stop: float, therapies: Sequence[Therapy]
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


def _spontaneous(
    judged: Sequence[SeriesVerdict],
    verdict: Verdict,
    reason: str,
    others: tuple[Therapy, ...],
) -> tuple[Spontaneous, str]:
    """Whether the disease regressed by itself once the drug was gone, and why it is thought so."""
    if verdict == "regressed" and others:
        names = "; ".join(t.said for t in others)
        return "other therapy not excluded", f"may have been given after the baseline: {names}"
    if verdict == "regressed":
        return "without other therapy", "no other therapy between the baseline and the lowest value"
    if verdict == "not regressed":
        return "did not regress", reason
    fell = [s for s in judged if s.fell_anyway]
    if fell:
        names = "; ".join(dict.fromkeys(t.said for s in fell for t in s.confounders))
        return "under other therapy", f"it fell, but with {names}"
    return "cannot be told", reason


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
    fold = baseline.low / lowest.high if not gone else None
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
