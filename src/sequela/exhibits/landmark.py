"""Landmark analysis: groups by what had happened by a chosen day, followed from that day on."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np
from pydantic import Field

from sequela.display.numbers import format_value
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import Context, Drawing, ExhibitDefinition, Rows, Width
from sequela.exhibits.estimates import Estimate, estimate_of, p_words, refused
from sequela.exhibits.exposure_time import ExposureTimes, exposure_times
from sequela.exhibits.survival import CONFIDENCE
from sequela.exhibits.survival_drawing import draw_curves, survival_plot, ticks_of
from sequela.report.document import Block, Paragraph, Run, TableBlock
from sequela.report.sentences import Slot, fill, join
from sequela.stats.estimand import Estimand
from sequela.stats.landmark import (
    LandmarkCohort,
    estimate_landmark,
    landmark_cohort,
    landmark_tables,
)
from sequela.stats.log_rank import compare_log_rank
from sequela.stats.results import Absent, Row
from sequela.stats.survival import estimate_survival


class Landmark(ExhibitDefinition):
    """Survival from a landmark on, by whether a moment had come by then."""

    kind: Literal["landmark"]
    endpoint: str
    exposure: str = Field(description="the moment that makes the groups")
    landmark: float = Field(ge=0, description="the day of the landmark, in the study's unit")
    at: tuple[float, ...] = Field((), description="times after the landmark")
    width_cm: Width = 11.5


def _times(definition: Landmark, context: Context) -> ExposureTimes:
    return exposure_times(
        context, set=definition.set, endpoint=definition.endpoint, moment=definition.exposure
    )


def _names(definition: Landmark) -> tuple[str, str]:
    word = definition.exposure.replace("_", " ")
    return f"{word} by then", f"no {word} by then"


def _cohort(definition: Landmark, found: ExposureTimes) -> LandmarkCohort:
    return landmark_cohort(
        found.time,
        found.event,
        found.exposure,
        definition.landmark,
        names=_names(definition),
    )


def _contrast(definition: Landmark) -> str:
    return " vs ".join(_names(definition))


def estimate_landmark_exhibit(definition: Landmark, context: Context) -> list[Row]:
    """Who is kept and left out, survival of both groups, and the log-rank test; or refused."""
    found = _times(definition, context)
    name = definition.endpoint
    if found.refusal:
        about = Estimand(variable=name, n=found.frame.height, absent=found.absent)
        return [about.by("refused").no_value("landmark_kept", "refused", found.refusal)]
    cohort = _cohort(definition, found)
    rows = estimate_landmark(cohort, variable=name, absent=found.absent)
    tables = landmark_tables(cohort)
    for group, table in tables.items():
        # These groups are no condition on subjects, so the level names them and everyone of
        # the set who is not in the group counts as not applicable.
        rest = Absent(
            missing=found.absent.missing,
            not_evaluable=found.absent.not_evaluable,
            not_applicable=found.absent.not_applicable + found.time.size - round(table.n),
        )
        estimated = estimate_survival(table, variable=name, at=definition.at, absent=rest)
        rows += [_of_level(row, group) for row in estimated]
    if len(tables) > 1:
        compared = compare_log_rank(tables, variable=name, contrast=_contrast(definition))
        left = found.time.size - int(cohort.kept.sum())
        rest = Absent(
            missing=found.absent.missing,
            not_evaluable=found.absent.not_evaluable,
            not_applicable=found.absent.not_applicable + left,
        )
        rows += [_with_absent(row, rest) for row in compared if not row.group]
    return rows


def _of_level(row: Row, level: str) -> Row:
    return replace(row, group="", level=level)


def _with_absent(row: Row, absent: Absent) -> Row:
    return replace(
        row,
        n_missing=absent.missing,
        n_not_evaluable=absent.not_evaluable,
        n_not_applicable=absent.not_applicable,
    )


def patients_at_landmark(definition: Landmark, context: Context, row: Row) -> dict[str, str]:
    """Per patient with a time why a row does not count the patient; empty where it does."""
    found = _times(definition, context)
    cohort = _cohort(definition, found)
    patients = found.frame["patient_id"].to_list()
    groups = iter(cohort.group)
    of = [next(groups) if kept else "" for kept in cohort.kept]
    said = {}
    for place, patient in enumerate(patients):
        group, left = of[place], cohort.left_out[place]
        if row.statistic == "landmark_left_out":
            said[patient] = "" if left == row.level else (left or "analysed")
        elif left:
            said[patient] = left
        elif row.level and group != row.level:
            said[patient] = group
        elif row.statistic == "events" and not found.event[place]:
            said[patient] = "no event"
        else:
            said[patient] = ""
    return said


def sentences_of_landmark(definition: Landmark, context: Context, rows: Rows) -> tuple[Run, ...]:
    """Who was analysed and who not, survival of each group, and the test."""
    if _times(definition, context).refusal:
        return ()
    kept = rows.of("landmark_kept", definition.endpoint, time=definition.landmark)
    said = [
        fill(
            "landmark",
            {
                "time": f"{definition.landmark:g}",
                "unit": f" {context.time_unit}",
                "kept": Slot(format_value(kept, 0), (kept.id,)),
                "n": Slot(str(kept.n), (kept.id,)),
            },
        )
    ]
    for row in rows.rows:
        if row.statistic == "landmark_left_out" and row.value:
            slots: dict[str, Slot | str] = {
                "n": Slot(format_value(row, 0), (row.id,)),
                "reason": row.level,
            }
            said.append(fill("left_out", slots))
    for group in _groups(definition, context):
        for time in definition.at:
            found = _survival(rows, definition, group, time)
            if found.known:
                about: dict[str, Slot | str] = {
                    "time": f"{time:g}",
                    "unit": f" {context.time_unit}",
                    "group": f"{group[:1].upper()}{group[1:]}",
                }
                said.append(fill("landmark_survival", found.slots("survival") | about))
    p = rows.get("p_value", definition.endpoint, contrast=_contrast(definition))
    if p is not None and p.value is not None:
        slot = Slot(p_words(p.value), (p.id,))
        said.append(fill("log_rank", {"groups": "the two", "p": slot, "exact": ""}))
    return join(*said)


def _groups(definition: Landmark, context: Context) -> list[str]:
    return list(landmark_tables(_cohort(definition, _times(definition, context))))


def _survival(rows: Rows, definition: Landmark, group: str, time: float) -> Estimate:
    return estimate_of(rows, "survival", definition.endpoint, level=group, time=time, share=True)


def show_landmark(definition: Landmark, context: Context, rows: Rows) -> list[Block]:
    """The sentence and the table, or the refusal."""
    if reason := _times(definition, context).refusal:
        return refused(definition.title, reason)
    unit = context.time_unit
    columns = (
        Column("Group at the landmark", width=1.8),
        Column("N", "right", 0.5),
        Column("Events", "right", 0.7),
        *(Column(f"At {t:g} {unit} after, %", "center", 1.3) for t in definition.at),
    )
    lines = []
    for group in _groups(definition, context):
        events = rows.of("events", definition.endpoint, level=group)
        cells = [
            Cell(group.capitalize()),
            Cell(str(events.n), (events.id,)),
            Cell(format_value(events, 0), (events.id,)),
        ]
        cells += [_survival(rows, definition, group, time).cell for time in definition.at]
        lines.append(Line(tuple(cells)))
    notes = [
        f"Landmark at {definition.landmark:g} {unit}: who had left by then is not analysed, and "
        "groups are what was known on that day."
    ]
    if test := _test_words(definition, rows):
        notes.append(f"{test}.")
    name = f"{definition.id}-table"
    table = Table(name, definition.title, columns, tuple(lines), tuple(notes))
    return [Paragraph(sentences_of_landmark(definition, context, rows)), TableBlock(table)]


def _test_words(definition: Landmark, rows: Rows) -> str:
    p = rows.get("p_value", definition.endpoint, contrast=_contrast(definition))
    if p is None or p.value is None:
        return ""
    return f"Log-rank {p_words(p.value)}"


def draw_landmark(definition: Landmark, context: Context, rows: Rows) -> list[Drawing]:
    """Survival of both groups from the landmark on."""
    found = _times(definition, context)
    if found.refusal:
        return []
    tables = landmark_tables(_cohort(definition, found))
    if not tables or not any(t.n for t in tables.values()):
        return []
    end = max(float(np.max(t.time, initial=0.0)) for t in tables.values())
    ticks = ticks_of(end, context.time_unit)
    plots = [survival_plot(table, ticks, label=group) for group, table in tables.items()]
    label = context.subjects.columns[definition.endpoint].label
    test = _test_words(definition, rows)
    when = f"{definition.landmark:g} {context.time_unit}"
    legend = (
        f"{label} from the landmark at {when} on, by Kaplan-Meier with {CONFIDENCE} % confidence "
        "band; vertical marks are censored patients; the curve is pale where few are at risk. "
        "Below, at each time: at risk, censored and events so far."
    )
    drawn = partial(
        draw_curves,
        plots,
        unit=context.time_unit,
        x_label=f"Time from the landmark at {when}",
        y_label=label,
        ticks=ticks,
        width_cm=definition.width_cm,
        annotations=(test,) if test else (),
    )
    alternative = f"Kaplan-Meier curves of {label.lower()} from a landmark on."
    return [
        Drawing(
            definition.id, definition.title, (Run(legend),), alternative, drawn, patient_level=True
        )
    ]
