"""The table of the series of a dechallenge: from what to what, how fast, and whether it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sequela.chart.time import CALENDAR
from sequela.clinical.burden import Point
from sequela.clinical.dechallenge import Course
from sequela.clinical.dechallenge_series import SeriesVerdict
from sequela.display.numbers import format_interval, plain_number, round_number
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.estimates import p_words

SIGNIFICANT_BELOW = 0.05


def series_table(
    key: str,
    title: str,
    courses: Sequence[Course],
    *,
    treated: Mapping[str, bool],
    notes: tuple[str, ...],
) -> Table:
    """One line a series: from what to what, how fast, and what was said of it.

    `treated` says of a patient whether therapy was ever given; `notes` stand below the table's own.
    """
    lines = [
        _series_line(course, verdict, treated, first=index == 0)
        for course in courses
        for index, verdict in enumerate(course.series)
    ]
    columns = (
        Column("Patient", width=0.6),
        Column("Verdict", width=0.9),
        Column("Measure (unit, tissue, method)", width=2.4),
        Column("From", "right", 0.6),
        Column("To", "right", 0.9),
        Column("Days", "right", 0.6),
        Column("Fold", "right", 0.6),
        Column("No change?", "center", 1.1),
        Column("Log rate a day", "right", 0.7),
        Column("Halving, days (95 % CI)", "center", 1.2),
        Column("Series", width=1.7),
        Column("Therapy", width=1.7),
    )
    own = (
        "From: the last value on the drug; to: the lowest value before any therapy; days between "
        "them.",
        _change_note([v for c in courses for v in c.series]),
        "The rate is the slope of the natural logarithm of the burden, and the halving time "
        "follows from it; its interval needs three or more values, or a declared assay variation. "
        "Series are never compared across measures, methods, tissues or denominators.",
    )
    return Table(
        key,
        title,
        columns,
        tuple(lines),
        (*own, *notes),
        patient_level=True,
    )


def _series_line(
    course: Course, verdict: SeriesVerdict, treated: Mapping[str, bool], *, first: bool
) -> Line:
    base, low = verdict.baseline, verdict.lowest
    days = "" if base is None or low is None else plain_number(round(low.day - base.day, 1))
    return Line(
        (
            Cell(course.patient_id, patient_id=course.patient_id) if first else Cell(""),
            Cell(course.verdict if first else ""),
            Cell(verdict.series.name),
            Cell("" if base is None else _point_text(base)),
            Cell("" if low is None else _point_text(low)),
            Cell(days),
            Cell("" if verdict.fold is None else round_number(verdict.fold, 1)),
            Cell(_change_text(verdict)),
            Cell("" if verdict.rate is None else round_number(verdict.rate.per_day, 3)),
            Cell(_halving(verdict)),
            Cell(verdict.reason + (", then rose again" if verdict.regrown else "")),
            Cell(_therapy_text(course, treated) if first else ""),
        )
    )


def _change_text(verdict: SeriesVerdict) -> str:
    """The p value of no change and what it says at the usual level; blank where there is none."""
    change = verdict.change
    if change is None or change.p_value is None:
        return ""
    said = "significant" if change.p_value < SIGNIFICANT_BELOW else "not significant"
    return f"{p_words(change.p_value)}, {said}"


def _change_note(series: Sequence[SeriesVerdict]) -> str:
    """What the test of no change assumes; where no variation is declared, why there is none."""
    declared = {v.assay_cv for v in series if v.assay_cv}
    if not declared:
        return (
            "No p value stands for the change, because the study declares no variation of the "
            "assay (assay_cv), and counting alone would call 2.6 % and 2.5 % of many cells "
            "different."
        )
    percent = ", ".join(f"{100 * cv:g} %" for cv in sorted(declared))
    return (
        "No change?: the two-sided test that the two values are of one burden. It takes counts as "
        f"over-dispersed: an assay that varies from day to day by {percent} (coefficient of "
        "variation) beyond counting, or by that alone where the counts are not charted; "
        f"significant is p below {SIGNIFICANT_BELOW:g}. It is not corrected for the lowest of "
        "several values having been chosen."
    )


def _point_text(point: Point) -> str:
    if point.comparator == "not detected":
        return "not detected"
    if point.low == point.high:
        return f"{point.low:.3g}"
    return format_interval(plain_number(point.low), plain_number(point.high))


def _halving(verdict: SeriesVerdict) -> str:
    rate = verdict.rate
    if rate is None or rate.halving_days is None:
        return ""
    text = round_number(rate.halving_days, 1)
    interval = rate.halving_interval
    if interval is None or interval[0] is None:
        return text
    high = "no limit" if interval[1] is None else round_number(interval[1], 1)
    return f"{text} ({round_number(interval[0], 1)} to {high})"


def day_zero(course: Course) -> float:
    """The day that figures and tables count from: the withdrawal, where the clock is the calendar.

    On a clock of the study's own its days are what everybody knows the patient by.
    """
    if course.clock != CALENDAR:
        return 0.0
    first = min(p.day for v in course.series for p in v.series.points)
    return first if course.withdrawal is None else course.withdrawal


def _therapy_text(course: Course, treated: Mapping[str, bool]) -> str:
    parts = []
    if course.therapy is not None:
        day = plain_number(course.therapy.start - day_zero(course))
        after = " after the withdrawal" if course.clock == CALENDAR else ""
        parts.append(f"{course.therapy.name} from day {day}{after}")
    elif treated.get(course.patient_id):
        parts.append("later, not dated")
    elif course.patient_id in treated:
        parts.append("never needed")
    if course.background:
        parts.append("perhaps also after the baseline: " + ", ".join(course.background))
    return "; ".join(parts)
