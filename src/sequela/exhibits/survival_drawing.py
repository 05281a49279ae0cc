"""Figures of Kaplan-Meier exhibits: the curves as plain data, and the words within and below."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sequela.display.numbers import format_value
from sequela.exhibits.context import (
    Context,
    Drawing,
    Rows,
)
from sequela.exhibits.estimates import interval_words, p_words
from sequela.exhibits.survival import (
    CONFIDENCE,
    KaplanMeier,
    contrast_of,
    refusal,
    risk_tables_of,
    shown_groups,
)
from sequela.report.document import Run
from sequela.stats.confidence_band import ConfType
from sequela.stats.risk_table import RiskTable, counts_at
from sequela.stats.survival import kaplan_meier, step_at

if TYPE_CHECKING:
    from sequela.display.style import Picture


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
                annotations=tuple(annotations_of(definition, context, rows)),
                warning=definition.accept_bias,
            ),
            # Every step of a small group's curve is a patient.
            patient_level=True,
        )
    ]


def survival_plot(
    table: RiskTable, ticks: Sequence[float], *, label: str, interval: ConfType = "log-log"
) -> dict[str, Any]:
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


def draw_curves(plots: list[dict[str, Any]], **figure: Any) -> Picture:
    """The picture of curves given as plain data, with `at_risk` and `n` beside each curve's."""
    from sequela.display.style import write_figure
    from sequela.display.survival_curve import draw_survival
    from sequela.display.survival_plot import SurvivalPlot, few_at_risk_from

    curves = []
    for plot in plots:
        given = dict(plot)
        at_risk, n = given.pop("at_risk"), given.pop("n")
        faint = few_at_risk_from(given["time"], at_risk, n=n)
        curves.append(SurvivalPlot(**given, faint_from=faint))
    return write_figure(draw_survival(curves, **figure))


def annotations_of(definition: KaplanMeier, context: Context, rows: Rows) -> list[str]:
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
