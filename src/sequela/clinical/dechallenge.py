"""What happened to a disease after a drug was withdrawn.

The rule `dechallenge-2`, a named and versioned judgement of this project (no published
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

from sequela.chart.chart import Chart
from sequela.clinical.burden import Series, read_series
from sequela.clinical.course_rows import CourseRows, Rows, read_course_rows
from sequela.clinical.dechallenge_series import (
    Dechallenge,
    SeriesVerdict,
    Verdict,
    judge_series,
)
from sequela.clinical.drugs import Drugs
from sequela.clinical.intervening import Therapy, background, therapy_unknown
from sequela.clinical.rechallenge import Rechallenge, judge_rechallenge
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.clinical.vocabulary import packaged_vocabulary

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

RULE = "dechallenge-2"

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


_NOT_STOPPED = "the chart has no last day of the drug"


def derive_courses(
    chart: Chart, definition: Dechallenge, drugs: Drugs | None = None
) -> list[Course]:
    """The course of every patient, in the order of the patients' numbers.

    `drugs` knows the words and classes of other drugs; by default the package's own.
    """
    known = drugs or packaged_vocabulary().drugs
    rows = read_course_rows(chart, definition, known)
    return [_course(rows, definition, patient) for patient in chart.patients.to_list()]


def _course(rows: CourseRows, definition: Dechallenge, patient: str) -> Course:
    clocks, drug = rows.clocks.get(patient, ()), rows.drug.get(patient, ())
    stop = _last_stop(drug, clocks)
    clock = stop["stop__clock"] if stop else min(clocks, default="")
    on_clock = [m for m in rows.measured.get(patient, ()) if m["when__clock"] == clock]
    series = read_series(definition.measures, definition.products, on_clock)
    if not drug:
        return _none(patient, clock, f"never on {definition.drug}", series, treated=False)
    if not series:
        reason = "no measurement of the disease's burden on a clock"
        # More than one interval on the drug may be a rechallenge that nothing can judge.
        several = Rechallenge("not evaluable", reason) if len(drug) > 1 else None
        return _none(patient, clock, reason, (), several)
    treatments = rows.treatments.get(patient, ())
    unknown = therapy_unknown(treatments, clock, charted=rows.treatments_charted)
    therapies = rows.therapies.get((patient, clock), ())
    again = judge_rechallenge(
        series, drug, clock, therapies, minimum_fold=definition.minimum_fold, unknown=unknown
    )
    if stop is None:
        return _none(patient, clock, _without_stop(drug), series, again)
    if reason := _not_stopped(drug, clock) or unknown:
        return _none(patient, clock, reason, series, again)
    return _judged(patient, stop, definition, therapies, _Measured(series, again))


def _last_stop(drug: Rows, clocks: Sequence[str]) -> dict[str, Any] | None:
    """The row with the latest last day of the drug, on a clock that measurements share."""
    shared = [r for r in drug if r["stop__high"] is not None and r["stop__clock"] in clocks]
    return max(shared, key=lambda r: r["stop__high"], default=None)


def _without_stop(drug: Rows) -> str:
    """Why no last day of the drug counts."""
    elsewhere = any(r["stop__high"] is not None for r in drug)
    return "its stop stands on another clock" if elsewhere else _NOT_STOPPED


def _not_stopped(drug: Rows, clock: str) -> str:
    """Whether the drug was begun on the clock and goes on, in words; empty where it was not."""
    goes_on = any(r["stop"] is None and r["start__clock"] == clock for r in drug)
    return _NOT_STOPPED if goes_on else ""


@dataclass(frozen=True, slots=True)
class _Measured:
    """A patient's series, and what became of the disease when the drug was given again."""

    all: Sequence[Series]
    again: Rechallenge


def _judged(
    patient: str,
    stop: dict[str, Any],
    definition: Dechallenge,
    therapies: Sequence[Therapy],
    series: _Measured,
) -> Course:
    """The course of a patient whose series can be judged."""
    withdrawn = stop["stop__high"]
    judged = tuple(judge_series(s, definition, withdrawn, therapies) for s in series.all)
    verdict, reason = _patient_verdict(judged)
    if _depends_on_a_day(series.all, definition, (stop["stop__low"], withdrawn), therapies):
        verdict, reason = "not evaluable", "the verdict depends on a day that is known in part"
    baselines = [s.baseline.day for s in judged if s.verdict == "regressed" and s.baseline]
    others = background(therapies, withdrawn, min(baselines, default=None))
    return Course(
        patient,
        stop["stop__clock"],
        withdrawn,
        next((t for t in therapies if t.start >= withdrawn), None),
        tuple(t.name for t in others),
        judged,
        verdict,
        reason,
        series.again,
        *_spontaneous(judged, verdict, reason, others),
        withdrawal_row=stop["row"],
        measured=_first_measured(series.all),
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
        _patient_verdict(tuple(judge_series(s, definition, day, therapies) for s in these))[0]
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
