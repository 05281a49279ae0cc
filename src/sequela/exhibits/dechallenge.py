"""What happened to the disease after a drug was stopped: verdicts, numbers, clinical courses."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from sequela.chart.time import CALENDAR
from sequela.clinical.burden import Point
from sequela.clinical.dechallenge import RULE, Course
from sequela.clinical.rechallenge import RULE as RECHALLENGE
from sequela.display.numbers import round_number
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.causality import answers_table, judged_in
from sequela.exhibits.context import (
    Context,
    Drawing,
    ExhibitDefinition,
    Rows,
    Width,
    absent_in,
    groups_of,
)
from sequela.exhibits.dechallenge_series import day_zero, series_table
from sequela.exhibits.levels import yes_no
from sequela.report.document import Block, Paragraph, Run, TableBlock
from sequela.report.sentences import Slot, fill, join
from sequela.stats.describe import estimate_categories
from sequela.stats.results import Row

if TYPE_CHECKING:
    from sequela.display.style import Picture


class DechallengeExhibit(ExhibitDefinition):
    """The verdict of every patient in whom it can be judged, and each one's course."""

    kind: Literal["dechallenge"]
    column: str = Field(description="a column derived by dechallenge")
    treated: str = Field("", description="yes/no column: whether therapy was ever given")
    never_treated: str = Field("", description="yes/no column: regressed and never treated")
    spontaneous: str = Field("", description="a column derived by spontaneous_regression")
    rechallenge: str = Field("", description="a column derived by rechallenge")
    causality: tuple[str, ...] = Field((), description="columns derived by causality")
    most_courses: int = Field(
        40,
        ge=0,
        description="how many patients are shown one by one at most: who regressed first, then "
        "who did not, then who cannot be judged",
    )
    width_cm: Width = 11.5


def estimate_dechallenge(definition: DechallengeExhibit, context: Context) -> list[Row]:
    """Regressed and not regressed among the evaluable, and the regressed never treated."""
    frame = groups_of(context, set=definition.set)[0].frame
    info = context.subjects.columns[definition.column]
    rows = estimate_categories(
        frame[definition.column].drop_nulls().to_list(),
        list(info.levels),
        variable=definition.column,
        absent=absent_in(frame, definition.column),
    )
    if definition.never_treated:
        flags = frame[definition.never_treated].drop_nulls().to_list()
        rows += estimate_categories(
            [yes_no(v) for v in flags],
            ["yes", "no"],
            variable=definition.never_treated,
            absent=absent_in(frame, definition.never_treated),
        )
    for name in _counted(definition):
        rows += estimate_categories(
            frame[name].drop_nulls().to_list(),
            list(context.subjects.columns[name].levels),
            variable=name,
            absent=absent_in(frame, name),
        )
    return rows


def _counted(definition: DechallengeExhibit) -> tuple[str, ...]:
    """The further columns whose levels are counted."""
    named = (definition.spontaneous, definition.rechallenge, *definition.causality)
    return tuple(name for name in named if name)


_SHOWN_FIRST = ("regressed", "not regressed", "not evaluable")


def courses_of(definition: DechallengeExhibit, context: Context) -> list[Course]:
    """The courses that are shown, in the order of the patients' numbers.

    Of more than `most_courses` those who regressed come before those who did not, and the
    smaller number before the larger.
    """
    courses = _all_courses(definition, context)
    wanted = sorted(courses, key=lambda c: _SHOWN_FIRST.index(c.verdict))
    shown = {c.patient_id for c in wanted[: definition.most_courses]}
    return [c for c in courses if c.patient_id in shown]


def _all_courses(definition: DechallengeExhibit, context: Context) -> list[Course]:
    """The courses of the set's patients in whom there is something to show."""
    members = set(context.subjects.within(definition.set)["patient_id"].to_list())
    return [
        c
        for c in context.clinical.details[definition.column]
        if c.patient_id in members and c.series
    ]


def _left_out(definition: DechallengeExhibit, context: Context) -> tuple[str, ...]:
    """A note on how many patients are not shown one by one; nothing where all are."""
    every, shown = _all_courses(definition, context), courses_of(definition, context)
    left = len(every) - len(shown)
    if not left:
        return ()
    regressed = sum(c.verdict == "regressed" for c in every)
    kept = sum(c.verdict == "regressed" for c in shown)
    return (
        f"{len(shown)} of {len(every)} patients with a course are shown one by one, {kept} of the "
        f"{regressed} who regressed among them; {left} are not shown here or as figures. All are "
        "counted above and stand in the derived data. most_courses in the exhibit changes the "
        "number.",
    )


def sentences_of_dechallenge(
    definition: DechallengeExhibit, context: Context, rows: Rows
) -> tuple[Run, ...]:
    """How many regressed of how many evaluable, and how many never needed therapy."""
    count = rows.of("count", definition.column, level="regressed")
    said = [
        fill(
            "regression",
            {
                "drug": _drug(definition, context),
                "regressed": Slot(f"{count.value:.0f}", (count.id,)),
                "evaluable": Slot(str(count.n), (count.id,)),
                "rest": Slot(str(count.n_missing + count.n_not_evaluable), (count.id,)),
            },
        )
    ]
    untreated = rows.get("count", definition.never_treated, level="yes")
    if untreated is not None:
        slot = Slot(f"{untreated.value:.0f}", (untreated.id,))
        said.append(fill("regression_untreated", {"n": slot}))
    return join(*said)


def _drug(definition: DechallengeExhibit, context: Context) -> str:
    return context.subjects.columns[definition.column].method.split("after ")[1].split(" stop")[0]


def show_dechallenge(definition: DechallengeExhibit, context: Context, rows: Rows) -> list[Block]:
    """The aggregate sentence and table, and the patient-level table of series."""
    columns = (Column("", width=2.0), Column("n", "right"), Column("% of evaluable", "right"))
    lines = []
    for level in context.subjects.columns[definition.column].levels:
        count = rows.of("count", definition.column, level=level)
        percent = rows.of("percent", definition.column, level=level)
        share = "–" if percent.value is None else round_number(percent.value, 0)
        lines.append(
            Line(
                (
                    Cell(level.capitalize()),
                    Cell(f"{count.value:.0f}", (count.id,)),
                    Cell(share, (percent.id,)),
                )
            )
        )
    first = rows.of("count", definition.column, level="regressed")
    lines.append(
        Line(
            (
                Cell("Not evaluable"),
                Cell(str(first.n_missing + first.n_not_evaluable), (first.id,)),
                Cell(""),
            )
        )
    )
    if first.n_not_applicable:
        cells = (
            Cell("Never on the drug"),
            Cell(str(first.n_not_applicable), (first.id,)),
            Cell(""),
        )
        lines.append(Line(cells))
    summary = Table(
        definition.id,
        definition.title,
        columns,
        tuple(lines),
        (f"Rule {RULE}; the Methods state it.",),
    )
    blocks: list[Block] = [
        Paragraph(sentences_of_dechallenge(definition, context, rows)),
        TableBlock(summary),
    ]
    blocks += [TableBlock(_counts_table(definition, context, rows))] if _counted(definition) else []
    blocks += [
        TableBlock(_series_table(definition, context)),
        TableBlock(_reasons_table(definition, context)),
    ]
    return blocks + [TableBlock(t) for t in _answers(definition, context)]


def _counts_table(definition: DechallengeExhibit, context: Context, rows: Rows) -> Table:
    """How many patients have each level of the further columns."""
    lines = []
    for name in _counted(definition):
        info = context.subjects.columns[name]
        lines.append(Line((Cell(info.label), Cell("")), heading=True))
        for level in info.levels:
            count = rows.of("count", name, level=level)
            cells = (Cell(level.capitalize()), Cell(f"{count.value:.0f}", (count.id,)))
            lines.append(Line(cells, indent=1))
        one = rows.of("count", name, level=info.levels[0])
        for word, n in (
            ("Not evaluable", one.n_missing + one.n_not_evaluable),
            (_not_applicable(definition, name), one.n_not_applicable),
        ):
            if n:
                lines.append(Line((Cell(word), Cell(str(n), (one.id,))), indent=1))
    title = f"{definition.title}: other therapy, the drug given again, causality"
    return Table(
        f"{definition.id}-further",
        title,
        (Column("", width=3.0), Column("n", "right")),
        tuple(lines),
    )


def _not_applicable(definition: DechallengeExhibit, name: str) -> str:
    """What not applicable means of a column."""
    if name == definition.rechallenge:
        return "Not given again"
    return "Never on the drug"


def _answers(definition: DechallengeExhibit, context: Context) -> list[Table]:
    """The causality scales of the patients who have a course."""
    shown = {c.patient_id for c in courses_of(definition, context)}
    tables = []
    for name, judged in judged_in(context, definition.causality).items():
        these = [j for j in judged if j.patient_id in shown]
        if these:
            title = f"{definition.title}: {context.label(name)}"
            tables.append(answers_table(f"{definition.id}-{name.replace('_', '-')}", title, these))
    return tables


def _reasons_table(definition: DechallengeExhibit, context: Context) -> Table:
    """One line a patient: whether anything else explains the fall, and the drug given again."""
    lines = [
        Line(
            (
                Cell(c.patient_id, patient_id=c.patient_id),
                Cell(c.verdict),
                Cell(c.spontaneous),
                Cell(c.spontaneous_reason),
                Cell(c.rechallenge.verdict),
                Cell(c.rechallenge.reason if c.rechallenge.restarted is not None else ""),
            )
        )
        for c in courses_of(definition, context)
    ]
    columns = (
        Column("Patient", width=0.7),
        Column("Verdict", width=1.0),
        Column("Regression was", width=1.4),
        Column("Because", width=3.0),
        Column("Drug given again", width=1.2),
        Column("Because", width=2.2),
    )
    return Table(
        f"{definition.id}-reasons",
        f"{definition.title}: what else could explain it",
        columns,
        tuple(lines),
        (f"Rules {RULE} and {RECHALLENGE}.", *_left_out(definition, context)),
        patient_level=True,
    )


def _series_table(definition: DechallengeExhibit, context: Context) -> Table:
    """One line a series, of the patients who are shown."""
    treated = (
        dict(context.subjects.frame.select("patient_id", definition.treated).iter_rows())
        if definition.treated
        else {}
    )
    return series_table(
        f"{definition.id}-patients",
        f"{definition.title}: the series",
        courses_of(definition, context),
        treated=treated,
        notes=_left_out(definition, context),
    )


def _days_said(course: Course) -> str:
    """What the days of a figure are, as its legend says it."""
    if course.clock != CALENDAR:
        return "Days on the patient's own clock"
    withdrawn = course.withdrawal is not None
    return "Days from the withdrawal" if withdrawn else "Days from the first value"


def draw_dechallenge(definition: DechallengeExhibit, context: Context, rows: Rows) -> list[Drawing]:
    """One figure a patient: every series in a panel of its own over days."""
    drug = _drug(definition, context)
    return [
        Drawing(
            f"{definition.id}-{course.patient_id}",
            f"Clinical course of patient {course.patient_id}",
            (
                Run(
                    f"{_days_said(course)}. Log scale; one measure, method, tissue and "
                    "denominator a panel. An open triangle is a value that was not detected, "
                    "drawn at the foot of the panel; a bar is a value known as an interval."
                ),
            ),
            f"Disease burden of patient {course.patient_id} before and after {drug} was stopped.",
            partial(_draw, course, drug, width_cm=definition.width_cm),
            patient_level=True,
        )
        for course in courses_of(definition, context)
    ]


def _draw(course: Course, drug: str, *, width_cm: float) -> Picture:
    from sequela.display import course_data as data
    from sequela.display.clinical_course import draw_course
    from sequela.display.style import write_figure

    zero = day_zero(course)
    grouped: dict[tuple[str, str], list[data.Series]] = {}
    for verdict in course.series:
        series = verdict.series
        readings = tuple(data.Reading(**_reading(p, zero)) for p in series.points if p.shown)
        if readings:
            name = ", ".join(part for part in (series.tissue, series.method) if part)
            grouped.setdefault((series.measure, series.unit), []).append(
                data.Series(name, readings)
            )
    panels = tuple(
        data.CoursePanel(measure, unit, tuple(series))
        for (measure, unit), series in grouped.items()
    )
    moments = []
    if course.withdrawal is not None:
        moments.append(data.CourseMoment(course.withdrawal - zero, f"{drug} stopped", "withdrawal"))
    if course.therapy is not None:
        moments.append(
            data.CourseMoment(
                course.therapy.start - zero, f"{course.therapy.name} from here", "therapy"
            )
        )
    stopped = None if course.withdrawal is None else course.withdrawal - zero
    on_calendar = course.clock == CALENDAR
    counted = _days_said(course) if on_calendar else f"Days ({course.clock} = 0)"
    drawn = data.Course(
        course.patient_id,
        panels,
        (data.DrugBar(drug, None, stopped),),
        tuple(moments),
        counted,
    )
    return write_figure(draw_course(drawn, width_cm=width_cm))


def _reading(point: Point, zero: float) -> dict[str, Any]:
    """A chart value in the terms of the figure."""
    if point.undetected:
        known = math.isfinite(point.high)
        return {"day": point.day - zero, "detected": False, "limit": point.high if known else None}
    if point.exact:
        # Three digits are what the assays give; a product of two of them has no more.
        return {"day": point.day - zero, "value": float(f"{point.low:.3g}")}
    high = point.high if math.isfinite(point.high) else None
    return {"day": point.day - zero, "low": point.low, "high": high}
