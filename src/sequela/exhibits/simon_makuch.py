"""Simon-Makuch curves: survival while exposed and not yet exposed, and the Mantel-Byar test."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import numpy as np
from pydantic import Field

from sequela.display.numbers import format_value
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import Context, Drawing, ExhibitDefinition, Rows, Width
from sequela.exhibits.estimates import Estimate, estimate_of, p_words, refused
from sequela.exhibits.exposure_time import (
    ExposureTimes,
    exposure_times,
    exposure_words,
    up_to,
)
from sequela.exhibits.survival import CONFIDENCE
from sequela.exhibits.survival_drawing import draw_curves, ticks_of
from sequela.report.document import Block, Paragraph, Run, TableBlock
from sequela.report.sentences import Slot, fill, join
from sequela.stats.estimand import Estimand
from sequela.stats.results import Row
from sequela.stats.simon_makuch import (
    EXPOSURE_LEVELS,
    compare_mantel_byar,
    estimate_simon_makuch,
    exposure_history,
    exposure_tables,
)
from sequela.stats.survival import kaplan_meier, step_at


class SimonMakuch(ExhibitDefinition):
    """Survival by an exposure that begins during follow-up."""

    kind: Literal["simon_makuch"]
    endpoint: str
    exposure: str = Field(description="the moment from which a patient counts as exposed")
    at: tuple[float, ...] = ()
    width_cm: Width = 11.5


def _times(definition: SimonMakuch, context: Context) -> ExposureTimes:
    return exposure_times(
        context, set=definition.set, endpoint=definition.endpoint, moment=definition.exposure
    )


def estimate_simon_makuch_exhibit(definition: SimonMakuch, context: Context) -> list[Row]:
    """Survival at each level of exposure and the Mantel-Byar test; or one refused row."""
    found = _times(definition, context)
    about = Estimand(variable=definition.endpoint, n=found.frame.height, absent=found.absent)
    if found.refusal:
        return [about.by("refused").no_value("simon_makuch_survival", "refused", found.refusal)]
    history = exposure_history(found.time, found.event, found.exposure)
    return [
        *estimate_simon_makuch(
            history, variable=definition.endpoint, at=definition.at, absent=found.absent
        ),
        *compare_mantel_byar(
            history,
            variable=definition.endpoint,
            contrast=definition.exposure,
            absent=found.absent,
        ),
    ]


def patients_at_level(definition: SimonMakuch, context: Context, row: Row) -> dict[str, str]:
    """Per patient with a time why a row does not count the patient; empty where it does."""
    found = _times(definition, context)
    patients = found.frame["patient_id"].to_list()
    switched, waiting = found.exposure < found.time, found.exposure > 0
    at_level = {EXPOSURE_LEVELS[0]: switched, EXPOSURE_LEVELS[1]: waiting}.get(row.level)
    if at_level is None:
        return dict.fromkeys(patients, "")
    return {
        p: "" if here else "never at this level" for p, here in zip(patients, at_level, strict=True)
    }


def _levels(definition: SimonMakuch) -> tuple[tuple[str, str], ...]:
    """Level and words, the not yet exposed first, as time passes."""
    exposed, waiting = exposure_words(definition.exposure)
    return ((EXPOSURE_LEVELS[1], waiting), (EXPOSURE_LEVELS[0], exposed))


def sentences_of_simon_makuch(
    definition: SimonMakuch, context: Context, rows: Rows
) -> tuple[Run, ...]:
    """How many were ever exposed, survival at the times asked for, and the test."""
    if _times(definition, context).refusal:
        return ()
    said = []
    for level, words in _levels(definition):
        ever = rows.get("ever", definition.endpoint, level=level)
        if ever is None:
            continue
        slots: dict[str, Slot | str] = {
            "label": words.capitalize(),
            "n": Slot(format_value(ever, 0), (ever.id,)),
        }
        said.append(fill("ever_at_level", slots))
        for time in definition.at:
            found = _survival(rows, definition, level, time)
            if found.known:
                when: dict[str, Slot | str] = {
                    "time": f"{time:g}",
                    "unit": f" {context.time_unit}",
                }
                said.append(fill("survival_at", found.slots("survival") | when))
    p = rows.get("mantel_byar_p_value", definition.endpoint, contrast=definition.exposure)
    if p is not None and p.value is not None:
        said.append(fill("mantel_byar", {"p": Slot(p_words(p.value), (p.id,))}))
    return join(*said)


def _survival(rows: Rows, definition: SimonMakuch, level: str, time: float) -> Estimate:
    return estimate_of(
        rows, "simon_makuch_survival", definition.endpoint, level=level, time=time, share=True
    )


def show_simon_makuch(definition: SimonMakuch, context: Context, rows: Rows) -> list[Block]:
    """The sentence and the table, or the refusal."""
    if reason := _times(definition, context).refusal:
        return refused(definition.title, reason)
    unit = context.time_unit
    columns = (
        Column("Exposure", width=1.8),
        Column("Ever", "right", 0.6),
        *(Column(f"At {t:g} {unit}, %", "center", 1.3) for t in definition.at),
    )
    lines = []
    for level, words in _levels(definition):
        ever = rows.get("ever", definition.endpoint, level=level)
        if ever is None:
            continue
        cells = [Cell(words.capitalize()), Cell(format_value(ever, 0), (ever.id,))]
        cells += [_survival(rows, definition, level, time).cell for time in definition.at]
        lines.append(Line(tuple(cells)))
    notes = [
        f"A patient counts under the first line until {definition.exposure.replace('_', ' ')} and "
        "under the second from then on. The curves describe no groups of people and must not be "
        "read as such. NE, not estimable."
    ]
    if text := _test_words(definition, rows):
        notes.append(f"{text}.")
    name = f"{definition.id}-table"
    table = Table(name, definition.title, columns, tuple(lines), tuple(notes))
    return [Paragraph(sentences_of_simon_makuch(definition, context, rows)), TableBlock(table)]


def _test_words(definition: SimonMakuch, rows: Rows) -> str:
    p = rows.get("mantel_byar_p_value", definition.endpoint, contrast=definition.exposure)
    if p is None or p.value is None:
        return ""
    return f"Mantel-Byar {p_words(p.value)}"


def draw_simon_makuch(definition: SimonMakuch, context: Context, rows: Rows) -> list[Drawing]:
    """Two curves over a risk table that says who is at which level, and who left it and how."""
    found = _times(definition, context)
    if found.refusal or not found.frame.height:
        return []
    history = exposure_history(found.time, found.event, found.exposure)
    tables = exposure_tables(history)
    ticks = ticks_of(float(found.time.max()), context.time_unit)
    plots = [
        _plot(tables[level], words, found, ticks, exposed=level == EXPOSURE_LEVELS[0])
        for level, words in _levels(definition)
        if level in tables
    ]
    label = context.subjects.columns[definition.endpoint].label
    start = context.subjects.columns[definition.endpoint].method
    words = definition.exposure.replace("_", " ")
    legend = (
        f"Simon-Makuch curves of {label.lower()} with {CONFIDENCE} % confidence band: patients "
        f"count as exposed from {words} on, and before it as not exposed. Vertical marks are "
        "censored patients; the curve is pale where few are at risk. The counts of each level add "
        "up to those who were ever at it."
    )
    test = _test_words(definition, rows)
    drawn = partial(
        draw_curves,
        plots,
        unit=context.time_unit,
        x_label=f"Time {start}",
        y_label=label,
        ticks=ticks,
        width_cm=definition.width_cm,
        annotations=(test,) if test else (),
    )
    alternative = f"Simon-Makuch curves of {label.lower()} by {words}."
    return [
        Drawing(
            definition.id, definition.title, (Run(legend),), alternative, drawn, patient_level=True
        )
    ]


def _plot(
    table: Any, words: str, found: ExposureTimes, ticks: tuple[float, ...], *, exposed: bool
) -> dict[str, Any]:
    """One level as plain data; who crosses over has a row of counts of its own."""
    curve = kaplan_meier(table)
    switched = found.exposure[(found.exposure < found.time)]
    of_level = switched if exposed else found.exposure[found.exposure > 0]
    ever = of_level.size
    at_level = found.exposure < found.time if exposed else found.exposure > 0
    ends_here = at_level if exposed else at_level & ~(found.exposure < found.time)
    time, event = found.time[ends_here], found.event[ends_here]
    events = up_to(time[event == 1], ticks)
    censored = up_to(time[event == 0], ticks)
    crossed = up_to(switched[switched > 0] if not exposed else switched, ticks)
    crossing = [ever - c for c in crossed] if exposed else crossed
    at_risk = [ever - e - c - x for e, c, x in zip(events, censored, crossing, strict=True)]
    marks = np.sort(time[event == 0])
    return {
        "label": words,
        "time": table.time,
        "survival": curve.survival,
        "low": curve.low,
        "high": curve.high,
        "censor_time": marks,
        "censor_survival": step_at(curve, marks).survival,
        "ticks_at_risk": at_risk,
        "ticks_censored": censored,
        "ticks_events": events,
        "more_counts": (("Not yet" if exposed else "Exposed", crossing),),
        "at_risk": table.at_risk,
        "n": float(ever),
        "enters": exposed,
    }
