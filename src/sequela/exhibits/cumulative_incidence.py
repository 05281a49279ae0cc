"""Cumulative incidence with competing causes: Aalen-Johansen, Gray's test, and the figure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import polars as pl

from sequela.display.numbers import format_value
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import (
    Context,
    Drawing,
    ExhibitDefinition,
    Group,
    Rows,
    Width,
    absent_in,
    bias_refusal,
    groups_of,
    nobody_grouped,
    not_baseline,
)
from sequela.exhibits.estimates import Estimate, estimate_of, p_words, refused
from sequela.exhibits.survival import CONFIDENCE, events_without_a_time
from sequela.exhibits.survival_drawing import draw_curves, ticks_of
from sequela.report.document import Block, Paragraph, Run, TableBlock
from sequela.report.sentences import Slot, fill, join
from sequela.stats.competing_risks import (
    cumulative_incidence,
    estimate_cumulative_incidence,
    incidence_at,
)
from sequela.stats.confidence_band import ConfType
from sequela.stats.estimand import Estimand
from sequela.stats.gray import compare_cumulative_incidence
from sequela.stats.results import Row
from sequela.stats.risk_table import Floats, RiskTable, build_risk_tables, counts_at, relabel
from sequela.stats.strata import unstratified

# More marks than this would hide the curve; the numbers below it tell who was censored.
MOST_MARKS = 60


class CumulativeIncidence(ExhibitDefinition):
    """How many had each cause by a time, when one cause rules out the others."""

    kind: Literal["cuminc"]
    endpoint: str
    by: str = ""
    at: tuple[float, ...] = ()
    interval: ConfType = "log-log"
    width_cm: Width = 11.5


def causes_of(definition: CumulativeIncidence, context: Context) -> tuple[str, ...]:
    """The causes of the endpoint, its events first."""
    return context.clinical.endpoint_definitions[definition.endpoint].causes


def cause_tables(
    groups: Sequence[Group], endpoint: str, causes: tuple[str, ...]
) -> dict[str, RiskTable]:
    """The risk tables of the groups with a column a cause, by the groups' keys.

    They are made together, so that times that differ by rounding alone are one time whatever
    the group.
    """
    people = [g.frame.filter(pl.col(endpoint).is_not_null()) for g in groups]
    everyone = pl.concat(people)
    number = {cause: i for i, cause in enumerate(causes, start=1)}
    codes = [number.get(cause, 0) for cause in everyone[f"{endpoint}_cause"].to_list()]
    keys = [g.key for g, one in zip(groups, people, strict=True) for _ in range(one.height)]
    tables = build_risk_tables(
        everyone[endpoint].to_numpy(),
        np.array(codes, dtype=np.int64),
        group=np.array(keys, dtype=str),
        causes=causes,
    )
    nobody = build_risk_tables(np.zeros(0), np.zeros(0, dtype=np.int64), causes=causes)[""]
    return {g.key: tables.get(g.key, relabel(nobody, g.key)) for g in groups}


def refusal_of_cuminc(definition: CumulativeIncidence, context: Context) -> str:
    """Why the exhibit is refused; empty when it is not."""
    if reason := nobody_grouped(context, set=definition.set, by=definition.by):
        return reason
    columns = not_baseline(
        context, set=definition.set, by=definition.by, endpoint=definition.endpoint
    )
    if columns and not definition.accept_bias:
        return bias_refusal(context, columns)
    return events_without_a_time(context, set=definition.set, endpoint=definition.endpoint)


def _groups(definition: CumulativeIncidence, context: Context) -> list[Group]:
    groups = groups_of(context, set=definition.set, by=definition.by)
    return groups[1:] or groups


def _contrast(definition: CumulativeIncidence, groups: Sequence[Group]) -> str:
    return f"{definition.by}: " + " vs ".join(g.label for g in groups)


def estimate_cuminc(definition: CumulativeIncidence, context: Context) -> list[Row]:
    """Incidences of every cause in every group, and Gray's test of each; or refused rows."""
    name, groups = definition.endpoint, _groups(definition, context)
    if reason := refusal_of_cuminc(definition, context):
        return [
            Estimand(
                variable=name,
                group=g.key,
                n=g.size - absent_in(g.frame, name).total,
                absent=absent_in(g.frame, name),
                method="refused",
            ).no_value("cumulative_incidence", "refused", reason)
            for g in groups
        ]
    causes = causes_of(definition, context)
    tables = cause_tables(groups, name, causes)
    absent = {g.key: absent_in(g.frame, name) for g in groups}
    rows = []
    for group in groups:
        rows += estimate_cumulative_incidence(
            tables[group.key],
            variable=name,
            at=definition.at,
            conf_type=definition.interval,
            absent=absent[group.key],
        )
    if definition.by and len(groups) > 1:
        rows += compare_cumulative_incidence(
            unstratified(tables),
            variable=name,
            contrast=_contrast(definition, groups),
            absent=absent,
        )
    return rows


def _incidence(
    rows: Rows, definition: CumulativeIncidence, group: Group, cause: str, time: float
) -> Estimate:
    return estimate_of(
        rows,
        "cumulative_incidence",
        definition.endpoint,
        level=cause,
        group=group.key,
        time=time,
        share=True,
    )


def sentences_of_cuminc(
    definition: CumulativeIncidence, context: Context, rows: Rows
) -> tuple[Run, ...]:
    """One sentence a group and cause, with the incidences at the times asked for, and the test."""
    if refusal_of_cuminc(definition, context):
        return ()
    said = []
    for group in _groups(definition, context):
        for cause in causes_of(definition, context):
            said += _cause_sentences(definition, context, rows, group, cause)
    for cause in causes_of(definition, context):
        p = _gray(definition, context, rows, cause)
        if p is not None and p.value is not None:
            slot = Slot(p_words(p.value), (p.id,))
            said.append(fill("gray", {"cause": _words(cause), "p": slot}))
    return join(*said)


def _words(cause: str) -> str:
    return cause.replace("_", " ")


def _cause_sentences(
    definition: CumulativeIncidence, context: Context, rows: Rows, group: Group, cause: str
) -> list[tuple[Run, ...]]:
    events = rows.of("events", definition.endpoint, level=cause, group=group.key)
    slots: dict[str, Slot | str] = {
        "cause": _words(cause).capitalize(),
        "set": group.label if definition.by else context.subjects.sets[definition.set].label,
        "events": Slot(format_value(events, 0), (events.id,)),
        "n": Slot(str(events.n), (events.id,)),
    }
    said = [fill("incidence", slots)]
    for time in definition.at:
        found = _incidence(rows, definition, group, cause, time)
        if found.known:
            when: dict[str, Slot | str] = {"time": f"{time:g}", "unit": f" {context.time_unit}"}
            said.append(fill("incidence_at", found.slots("incidence") | when))
    return said


def _gray(definition: CumulativeIncidence, context: Context, rows: Rows, cause: str) -> Row | None:
    contrast = _contrast(definition, _groups(definition, context))
    return rows.get("gray_p_value", definition.endpoint, level=cause, contrast=contrast)


def show_cuminc(definition: CumulativeIncidence, context: Context, rows: Rows) -> list[Block]:
    """The table of incidences, or the refusal."""
    if reason := refusal_of_cuminc(definition, context):
        return refused(definition.title, reason)
    blocks: list[Block] = []
    if definition.accept_bias:
        blocks.append(Paragraph((Run(definition.accept_bias),), kind="warning"))
    blocks.append(Paragraph(sentences_of_cuminc(definition, context, rows)))
    unit = context.time_unit
    columns = (
        Column("Cause", width=1.4),
        Column("Group", width=1.2),
        Column("N", "right", 0.5),
        Column("Events", "right", 0.7),
        *(Column(f"At {t:g} {unit}, %", "center", 1.3) for t in definition.at),
    )
    lines, notes = [], []
    for cause in causes_of(definition, context):
        lines += [_line(definition, rows, g, cause) for g in _groups(definition, context)]
        p = _gray(definition, context, rows, cause)
        if p is not None and p.value is not None:
            notes.append(f"Gray's test, {_words(cause)}: {p_words(p.value)}.")
    method = next((r.method for r in rows.rows if r.statistic == "cumulative_incidence"), "")
    if method:
        notes.insert(0, f"{method}. NE, not estimable.")
    if definition.note:
        notes.append(definition.note)
    name = f"{definition.id}-table"
    table = Table(name, definition.title, columns, tuple(lines), tuple(notes))
    return [*blocks, TableBlock(table)]


def _line(definition: CumulativeIncidence, rows: Rows, group: Group, cause: str) -> Line:
    events = rows.of("events", definition.endpoint, level=cause, group=group.key)
    cells = [
        Cell(_words(cause)),
        Cell(group.label),
        Cell(str(events.n), (events.id,)),
        Cell(format_value(events, 0), (events.id,)),
    ]
    cells += [_incidence(rows, definition, group, cause, time).cell for time in definition.at]
    return Line(tuple(cells))


def draw_cuminc(definition: CumulativeIncidence, context: Context, rows: Rows) -> list[Drawing]:
    """The figure: a curve a cause for one group, or a curve a group for the first cause."""
    groups = [g for g in _groups(definition, context) if g.size]
    causes = causes_of(definition, context)
    shown = len(groups) if definition.by else len(causes)
    if refusal_of_cuminc(definition, context) or not groups or not 1 <= shown <= 4:
        return []
    tables = list(cause_tables(groups, definition.endpoint, causes).values())
    end = max(float(t.time.max(initial=0.0)) for t in tables)
    ticks = ticks_of(end, context.time_unit)
    if definition.by:
        plots = [
            _plot(t, causes[0], ticks, definition, label=g.label)
            for g, t in zip(groups, tables, strict=True)
        ]
        y_label = f"Incidence of {_words(causes[0])}"
    else:
        plots = [
            _plot(tables[0], c, ticks, definition, label=_words(c), counted=i == 0)
            for i, c in enumerate(causes)
        ]
        y_label = "Cumulative incidence"
    p = _gray(definition, context, rows, causes[0]) if definition.by else None
    start = context.subjects.columns[definition.endpoint].method
    drawn = partial(
        draw_curves,
        plots,
        unit=context.time_unit,
        x_label=f"Time {start}",
        y_label=y_label,
        ticks=ticks,
        width_cm=definition.width_cm,
        annotations=(f"Gray's test {p_words(p.value)}",) if p and p.value is not None else (),
        warning=definition.accept_bias,
    )
    legend = (
        f"Cumulative incidence (Aalen-Johansen) with {CONFIDENCE} % confidence band; the causes "
        "compete, so their incidences and the share without any of them add up to one. Vertical "
        f"marks are times of censoring, where there are at most {MOST_MARKS}. Below, at each time: "
        "at risk, censored and events of each cause so far."
    )
    alternative = f"Cumulative incidence curves: {', '.join(map(_words, causes))}."
    return [
        Drawing(
            definition.id, definition.title, (Run(legend),), alternative, drawn, patient_level=True
        )
    ]


def _plot(
    table: RiskTable,
    cause: str,
    ticks: Sequence[float],
    definition: CumulativeIncidence,
    *,
    label: str,
    counted: bool = True,
) -> dict[str, Any]:
    """One curve as plain data, with the counts of all causes where it carries the counts."""
    curve = cumulative_incidence(table, cause, conf_type=definition.interval)
    counts = counts_at(table, ticks)
    censored = marked_times(table)
    others = [c for c in table.causes if c != cause]
    before = {c: _before(table, c, ticks) for c in table.causes}
    return {
        "label": label,
        "time": table.time,
        "survival": curve.incidence,
        "low": np.where(np.isnan(curve.low), curve.incidence, curve.low),
        "high": np.where(np.isnan(curve.high), curve.incidence, curve.high),
        "censor_time": censored,
        "censor_survival": incidence_at(curve, censored).incidence,
        "ticks_at_risk": counts.at_risk.tolist(),
        "ticks_censored": counts.censored_before.tolist(),
        "ticks_events": before[cause],
        "event_name": _words(cause).capitalize(),
        "more_counts": tuple((_words(c).capitalize(), before[c]) for c in others),
        "start": 0.0,
        "has_counts": counted,
        "at_risk": table.at_risk,
        "n": table.n,
    }


def marked_times(table: RiskTable) -> Floats:
    """Times of censoring to mark on a curve: none when there are too many to tell apart."""
    times = table.time[table.censored > 0]
    return times if times.size <= MOST_MARKS else times[:0]


def _before(table: RiskTable, cause: str, ticks: Sequence[float]) -> list[float]:
    """Events of a cause strictly before each tick."""
    so_far = np.concatenate(([0.0], np.cumsum(table.events[:, table.causes.index(cause)])))
    return [float(so_far[np.searchsorted(table.time, t, side="left")]) for t in ticks]
