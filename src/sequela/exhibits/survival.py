"""Kaplan-Meier exhibits: rows from risk tables, the table, and the figure's plain data."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl
from pydantic import Field

from sequela.display.numbers import format_value, round_number
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import (
    EVERYONE,
    Context,
    Drawing,
    ExhibitDefinition,
    Group,
    Rows,
    StatedTime,
    Width,
    absent_in,
    bias_refusal,
    groups_of,
    nobody_grouped,
    not_baseline,
)
from sequela.exhibits.estimates import Estimate, estimate_of, interval_words, p_words, refused
from sequela.exhibits.imputed import (
    estimate_imputed,
    notes_of_imputed,
    sentence_of_imputed,
)
from sequela.exhibits.survival_further import FurtherTest, estimate_further, further_notes
from sequela.report.document import Block, Paragraph, Run, TableBlock
from sequela.report.sentences import Slot, fill, join
from sequela.stats.confidence_band import ConfType
from sequela.stats.estimand import Estimand
from sequela.stats.log_rank import compare_log_rank
from sequela.stats.pairwise import Adjustment
from sequela.stats.permutation_log_rank import compare_permutation_log_rank
from sequela.stats.results import Absent, Row
from sequela.stats.risk_table import RiskTable, build_risk_tables, counts_at, relabel
from sequela.stats.survival import estimate_survival, kaplan_meier, step_at

if TYPE_CHECKING:
    from sequela.display.style import Picture

# Below this many events in a group the log-rank test's approximation is not trusted alone.
FEW_EVENTS = 5
CONFIDENCE = "95"
# Full enumeration of two groups stays fast up to this many assignments.
MOST_ASSIGNMENTS = 10**10


class KaplanMeier(ExhibitDefinition):
    """Survival of a set, or of groups of it, from a study's endpoint."""

    kind: Literal["km"]
    endpoint: str
    by: str = ""
    at: tuple[StatedTime, ...] = ()
    interval: ConfType = "log-log"
    tests: tuple[FurtherTest, ...] = Field(
        (), description="weighted tests beside the log-rank test, which is always made"
    )
    strata: tuple[str, ...] = Field((), description="columns within which groups are compared")
    pairwise: Adjustment | None = Field(
        None, description="compare every two groups, with p values adjusted in this way"
    )
    restricted_mean: float | None = Field(
        None, gt=0, description="horizon of the restricted mean survival time"
    )
    figure: bool = True
    width_cm: Width = 11.5


def timed(group: Group, endpoint: str) -> pl.DataFrame:
    """The group's patients with a point in time, their times and events."""
    return group.frame.filter(pl.col(endpoint).is_not_null()).select(
        "patient_id", pl.col(endpoint).alias("time"), pl.col(f"{endpoint}_event").alias("event")
    )


def risk_table_of(group: Group, endpoint: str) -> RiskTable:
    """The risk table of one group, named by its key."""
    return risk_tables_of([group], endpoint)[group.key]


def risk_tables_of(groups: Sequence[Group], endpoint: str) -> dict[str, RiskTable]:
    """The risk tables of groups that are compared, by their keys.

    They are made together, so that times that differ by rounding alone are one time whatever
    the group.
    """
    people = [timed(group, endpoint) for group in groups]
    everyone = pl.concat(people)
    keys = [g.key for g, one in zip(groups, people, strict=True) for _ in range(one.height)]
    tables = build_risk_tables(
        everyone["time"].to_numpy(),
        everyone["event"].cast(pl.Int64).to_numpy(),
        group=np.array(keys, dtype=str),
    )
    nobody = build_risk_tables(np.zeros(0), np.zeros(0, dtype=np.int64))[""]
    return {g.key: tables.get(g.key, relabel(nobody, g.key)) for g in groups}


def biased(definition: KaplanMeier, context: Context) -> list[str]:
    """The columns for which the exhibit must be refused, unless the study accepts the bias."""
    found = [
        not_baseline(context, set=definition.set, by=column, endpoint=definition.endpoint)
        for column in (definition.by, *definition.strata)
    ]
    return list(dict.fromkeys(name for columns in found for name in columns))


def events_without_a_time(context: Context, *, set: str, endpoint: str) -> str:
    """Why a curve is refused when events of the set have no time; empty when all have one."""
    frame = context.subjects.within(set)
    undated = frame.filter(pl.col(f"{endpoint}_event") & pl.col(endpoint).is_null()).height
    if not undated:
        return ""
    return (
        f"{undated} of the events have no known time, and a curve without them would be wrong. "
        "Ask for kind = 'survival_bounds'."
    )


def competing_causes(context: Context, endpoint: str) -> str:
    """Why one minus Kaplan-Meier is no probability here; empty without competing causes."""
    if not context.clinical.endpoint_definitions[endpoint].competing:
        return ""
    return (
        "The endpoint has competing causes, and a Kaplan-Meier curve that censors them tells the "
        "probability in a world without them. Ask for kind = 'cuminc'."
    )


def refusal(definition: KaplanMeier, context: Context) -> str:
    """Why the exhibit is refused; empty when it is not."""
    if reason := nobody_grouped(context, set=definition.set, by=definition.by):
        return reason
    if reason := competing_causes(context, definition.endpoint):
        return reason
    columns = biased(definition, context)
    if columns and not definition.accept_bias:
        return bias_refusal(context, columns)
    return events_without_a_time(context, set=definition.set, endpoint=definition.endpoint)


def shown_groups(definition: KaplanMeier, context: Context) -> list[Group]:
    """The groups that the exhibit shows: those of `by`, or the whole set where there are none."""
    groups = groups_of(context, set=definition.set, by=definition.by)
    return groups[1:] or groups


def estimate_km(definition: KaplanMeier, context: Context) -> list[Row]:
    """Survival of every group, and the comparison of the groups; or refused rows."""
    groups = shown_groups(definition, context)
    reason = refusal(definition, context)
    if reason:
        return [_refused(definition, group, reason) for group in groups]
    rows, tables = [], risk_tables_of(groups, definition.endpoint)
    for group in groups:
        rows += estimate_survival(
            tables[group.key],
            variable=definition.endpoint,
            at=definition.at,
            conf_type=definition.interval,
            absent=absent_in(group.frame, definition.endpoint),
        )
        rows += estimate_imputed(group, definition.endpoint)
    if definition.by and len(groups) > 1:
        rows += _comparison(definition, context, groups)
    contrast = contrast_of(definition, groups) if definition.by else ""
    return rows + estimate_further(definition, context, groups, tables, contrast)


def _refused(definition: KaplanMeier, group: Group, reason: str) -> Row:
    absent = absent_in(group.frame, definition.endpoint)
    about = Estimand(
        variable=definition.endpoint,
        n=group.size - absent.total,
        absent=absent,
        group=group.key,
        method="refused",
    )
    return about.no_value("median", "refused", reason)


def contrast_of(definition: KaplanMeier, groups: Sequence[Group]) -> str:
    """What is compared, in the words of the result rows."""
    return f"{definition.by}: " + " vs ".join(g.label for g in groups)


def _comparison(definition: KaplanMeier, context: Context, groups: Sequence[Group]) -> list[Row]:
    """The log-rank test and, where a group has few events, the permutation test beside it."""
    contrast = contrast_of(definition, groups)
    absent = {g.key: absent_in(g.frame, definition.endpoint) for g in groups}
    tables = risk_tables_of(groups, definition.endpoint)
    rows = compare_log_rank(tables, variable=definition.endpoint, contrast=contrast, absent=absent)
    if min(float(t.events.sum()) for t in tables.values()) < FEW_EVENTS:
        people = [(timed(g, definition.endpoint), g.key) for g in groups]
        everyone = pl.concat([frame for frame, _ in people])
        rows += compare_permutation_log_rank(
            everyone["time"].to_numpy(),
            everyone["event"].cast(pl.Int64).to_numpy(),
            [key for frame, key in people for _ in range(frame.height)],
            variable=definition.endpoint,
            contrast=contrast,
            limit=MOST_ASSIGNMENTS if len(groups) == 2 else 200_000,
            absent=_sum_absent(groups, definition.endpoint),
        )
    return rows


def _sum_absent(groups: Sequence[Group], endpoint: str) -> Absent:
    return absent_in(pl.concat([g.frame for g in groups]), endpoint)


def ticks_of(end: float, unit: str) -> tuple[float, ...]:
    """Round times for the axis, in the study's unit."""
    from sequela.display.axis_ticks import time_ticks

    return time_ticks(end, unit)


def draw_km(definition: KaplanMeier, context: Context, rows: Rows) -> list[Drawing]:
    """The figure: curves with bands and censor marks over the extended risk table."""
    if not definition.figure or refusal(definition, context):
        return []
    groups = shown_groups(definition, context)
    if not groups or not any(g.size for g in groups) or len(groups) > 4:
        return []
    tables = list(risk_tables_of(groups, definition.endpoint).values())
    end = max(float(t.time.max(initial=0.0)) for t in tables)
    ticks = ticks_of(end, context.time_unit)
    plots = [
        survival_plot(
            t, ticks, label=g.label if definition.by else "", interval=definition.interval
        )
        for g, t in zip(groups, tables, strict=True)
    ]
    label = context.subjects.columns[definition.endpoint].label
    start = context.subjects.columns[definition.endpoint].method
    return [
        Drawing(
            definition.id,
            definition.title,
            _legend(definition, context, rows),
            f"Kaplan-Meier curve of {label.lower()} {start}, with the numbers at risk below.",
            partial(
                draw_curves,
                plots,
                unit=context.time_unit,
                x_label=f"Time {start}",
                y_label=label,
                ticks=ticks,
                width_cm=definition.width_cm,
                annotations=tuple(_annotation(definition, context, rows)),
                warning=definition.accept_bias,
            ),
            # Every step of a small group's curve is a patient.
            patient_level=True,
        )
    ]


def survival_plot(
    table: RiskTable, ticks: Sequence[float], *, label: str, interval: ConfType = "log-log"
) -> dict[str, object]:
    """One group's curve as plain data, with its counts at the ticks."""
    curve = kaplan_meier(table, conf_type=interval)
    counts = counts_at(table, ticks)
    censored = table.time[table.censored > 0]
    return {
        "label": label,
        "time": table.time,
        "survival": curve.survival,
        "low": curve.low,
        "high": curve.high,
        "censor_time": censored,
        "censor_survival": step_at(curve, censored).survival,
        "ticks_at_risk": counts.at_risk.tolist(),
        "ticks_censored": counts.censored_before.tolist(),
        "ticks_events": counts.events_before.tolist(),
        "at_risk": table.at_risk,
        "n": table.n,
    }


def draw_curves(plots: list[dict[str, object]], **figure: object) -> Picture:
    """The picture of curves given as plain data, with `at_risk` and `n` beside each curve's."""
    from sequela.display.style import write_figure
    from sequela.display.survival_curve import draw_survival
    from sequela.display.survival_plot import SurvivalPlot, few_at_risk_from

    curves = []
    for plot in plots:
        given = dict(plot)
        at_risk, n = given.pop("at_risk"), given.pop("n")
        faint = few_at_risk_from(given["time"], at_risk, n=n)  # type: ignore[arg-type]
        curves.append(SurvivalPlot(**given, faint_from=faint))  # type: ignore[arg-type]
    return write_figure(draw_survival(curves, **figure))  # type: ignore[arg-type]


def _annotation(definition: KaplanMeier, context: Context, rows: Rows) -> list[str]:
    """The line inside the figure: the median of one group, or the tests of several."""
    if not definition.by:
        median = rows.of("median", definition.endpoint)
        low, high = (
            format_value(rows.of(f"median_ci_{end}", definition.endpoint), 1)
            for end in ("low", "high")
        )
        reached = f"{format_value(median, 1)} {context.time_unit}"
        said = reached if median.value is not None else "not reached"
        return [f"Median {said} ({CONFIDENCE} % CI {interval_words(low, high)})"]
    contrast = contrast_of(definition, shown_groups(definition, context))
    lines = []
    for name, test in (("p_value", "Log-rank"), ("permutation_p_value", "Permutation")):
        row = rows.get(name, definition.endpoint, contrast=contrast)
        if row is not None and row.value is not None:
            lines.append(f"{test} {p_words(row.value)}")
    return lines


def _legend(definition: KaplanMeier, context: Context, rows: Rows) -> tuple[Run, ...]:
    label = context.subjects.columns[definition.endpoint].label
    text = (
        f"{label} by Kaplan-Meier with {CONFIDENCE} % confidence band ({definition.interval}); "
        "vertical marks are censored patients; the curve is pale where few are at risk. Below it, "
        "at each time: at risk (not yet ended just before), censored and events so far; the three "
        "add up to the number of patients. CI, confidence interval; NR, not reached."
    )
    bias = f" {definition.accept_bias}" if definition.accept_bias else ""
    return (Run(text + bias),)


def show_km(definition: KaplanMeier, context: Context, rows: Rows) -> list[Block]:
    """What precedes or replaces the figure: the sentence, the table, or the refusal."""
    reason = refusal(definition, context)
    if reason:
        return refused(definition.title, reason)
    blocks: list[Block] = []
    if definition.accept_bias:
        blocks.append(Paragraph((Run(definition.accept_bias),), kind="warning"))
    blocks.append(Paragraph(sentences_of_km(definition, context, rows)))
    blocks.append(TableBlock(_table(definition, context, rows)))
    return blocks


def sentences_of_km(definition: KaplanMeier, context: Context, rows: Rows) -> tuple[Run, ...]:
    """The Results' sentences of the exhibit; none when it is refused."""
    if refusal(definition, context):
        return ()
    said = []
    for group in shown_groups(definition, context):
        said += _group_sentences(definition, context, rows, group)
    if definition.by:
        said += _comparison_sentences(definition, context, rows)
    return join(*said)


def _group_sentences(
    definition: KaplanMeier, context: Context, rows: Rows, group: Group
) -> list[tuple[Run, ...]]:
    variable = definition.endpoint
    median = rows.get("median", variable, group=group.key)
    if median is None:
        return []
    ends = {e: rows.of(f"median_ci_{e}", variable, group=group.key) for e in ("low", "high")}
    events = rows.of("events", variable, group=group.key)
    whom = group.label if definition.by else _whom(definition, context)
    dies = context.clinical.endpoint_definitions[variable].event == ("death",)
    slots: dict[str, Slot | str] = {
        "label": context.subjects.columns[variable].label + (f" ({whom})" if whom else ""),
        "had": "died" if dies else "had the event",
        "events": Slot(format_value(events, 0), (events.id,)),
        "n": Slot(str(events.n), (events.id,)),
        "median": Slot(format_value(median, 1), (median.id,)),
        "unit": f" {context.time_unit}",
        "level": CONFIDENCE,
    }
    slots |= {e: Slot(_limit(row), (row.id,)) for e, row in ends.items()}
    if not events.value:
        return [fill("survival_no_event", slots)]
    name = "survival" if median.state == "ok" else "survival_not_reached"
    said = [fill(name, slots)]
    if imputed := sentence_of_imputed(rows, context, variable, group):
        said.append(imputed)
    return said + [_survival_at(definition, context, rows, group, t) for t in definition.at]


def _whom(definition: KaplanMeier, context: Context) -> str:
    """The set in words; everyone needs none."""
    if definition.set == EVERYONE:
        return ""
    return context.subjects.sets[definition.set].label


def _limit(row: Row) -> str:
    return "not reached" if row.state == "not_reached" else format_value(row, 1)


def _survival_at(
    definition: KaplanMeier, context: Context, rows: Rows, group: Group, time: float
) -> tuple[Run, ...]:
    found = _estimate(rows, "survival", definition.endpoint, group.key, time)
    if not found.known:
        return ()
    shown = round_number(time, 0) if time == int(time) else f"{time:g}"
    when: dict[str, Slot | str] = {"time": shown, "unit": f" {context.time_unit}"}
    return fill("survival_at", found.slots("survival") | when)


def _comparison_sentences(
    definition: KaplanMeier, context: Context, rows: Rows
) -> list[tuple[Run, ...]]:
    groups = shown_groups(definition, context)
    contrast = contrast_of(definition, groups)
    p = rows.get("p_value", definition.endpoint, contrast=contrast)
    if p is None or p.value is None:
        return []
    exact = rows.get("permutation_p_value", definition.endpoint, contrast=contrast)
    beside: tuple[Run, ...] = ()
    if exact is not None and exact.value is not None:
        beside = fill("permutation", {"p": Slot(p_words(exact.value), (exact.id,))})
    said = [
        fill(
            "log_rank",
            {
                "groups": " and ".join(g.label for g in groups),
                "p": Slot(p_words(p.value), (p.id,)),
                "exact": "",
            },
        )
    ]
    if beside:
        said[0] = (*said[0][:-1], *beside, said[0][-1])
    if exact is not None:
        said.append(fill("few_events", {"limit": str(FEW_EVENTS)}))
    return said


def _table(definition: KaplanMeier, context: Context, rows: Rows) -> Table:
    unit = context.time_unit
    columns = [
        Column("Group", width=1.6),
        Column("N", "right", 0.5),
        Column("Events", "right", 0.7),
        Column(f"Median, {unit} ({CONFIDENCE} % CI)", "center", 1.7),
        *(Column(f"At {t:g} {unit}, %", "center", 1.3) for t in definition.at),
    ]
    lines = [
        Line(tuple(_cells(definition, rows, group))) for group in shown_groups(definition, context)
    ]
    method = rows.of("median", definition.endpoint, group=shown_groups(definition, context)[0].key)
    notes = [f"{method.method}. NR, not reached; NE, not estimable."]
    if definition.by:
        notes += [f"{line}." for line in _annotation(definition, context, rows)]
        notes += _methods_of_tests(definition, context, rows)
    notes += further_notes(definition, context, rows, shown_groups(definition, context))
    groups = shown_groups(definition, context)
    notes += notes_of_imputed(rows, context, definition.endpoint, groups)
    if definition.note:
        notes.append(definition.note)
    name = f"{definition.id}-table"
    return Table(name, definition.title, tuple(columns), tuple(lines), tuple(notes))


def _methods_of_tests(definition: KaplanMeier, context: Context, rows: Rows) -> list[str]:
    contrast = contrast_of(definition, shown_groups(definition, context))
    row = rows.get("permutation_p_value", definition.endpoint, contrast=contrast)
    if row is None:
        return []
    return [
        f"A group has fewer than {FEW_EVENTS} events: {row.method} stands beside the log-rank test."
    ]


def _cells(definition: KaplanMeier, rows: Rows, group: Group) -> list[Cell]:
    variable, key = definition.endpoint, group.key
    events = rows.of("events", variable, group=key)
    cells = [
        Cell(group.label),
        Cell(str(events.n), (events.id,)),
        Cell(format_value(events, 0), (events.id,)),
        _estimate(rows, "median", variable, key).cell,
    ]
    return cells + [_estimate(rows, "survival", variable, key, t).cell for t in definition.at]


def _estimate(
    rows: Rows, name: str, variable: str, group: str, time: float | None = None
) -> Estimate:
    return estimate_of(rows, name, variable, group=group, time=time, share=name == "survival")
