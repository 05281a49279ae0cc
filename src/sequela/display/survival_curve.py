"""Kaplan-Meier figures: curves, bands and censor marks over a risk table under the same ticks."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sequela.display import style
from sequela.display.axis_ticks import plain_number
from sequela.display.survival_layout import (
    BELOW_AXIS,
    GAP,
    LINE,
    MARGIN,
    ROW,
    SAMPLE,
    SHORT_SAMPLE,
    Layout,
    heads_its_counts,
    key_width,
    lay_out,
)
from sequela.display.survival_plot import (
    SurvivalPlot,
    check_counts,
    few_at_risk_from,
    floats,
    stairs,
)

__all__ = ["SurvivalPlot", "draw_survival", "few_at_risk_from"]

_PALE, _NOTE = 0.55, 6.2
_PALE_NOTE = "Pale: fewer than 5, or than a tenth of the group, at risk."


def draw_survival(
    curves: Sequence[SurvivalPlot],
    *,
    unit: str,
    x_label: str,
    y_label: str,
    ticks: Sequence[float],
    width_cm: float,
    annotations: Sequence[str] = (),
    warning: str = "",
    percent: bool = True,
) -> Figure:
    """Draw one to four survival curves with their extended risk table.

    `ticks` are times in `unit`, the same that the counts of each curve stand at. `annotations`
    are lines set in a corner that no curve or band touches, or above the panel. `warning` is
    printed above everything. Raises ValueError when the counts of a group do not add up to
    the same N at every tick, or when there are more curves than line patterns.
    """
    if not 1 <= len(curves) <= len(style.GROUP_DASHES):
        most = len(style.GROUP_DASHES)
        raise ValueError(f"A survival figure shows 1 to {most} groups, not {len(curves)}.")
    check_counts(curves, ticks)
    end = max([*ticks, *(curve.end for curve in curves)])
    with style.house_style():
        layout = lay_out(curves, end * 1.015, width_cm, annotations, warning)
        figure = style.new_figure(width_cm, layout.height)
        panel = style.add_panel(
            figure,
            left=layout.left,
            bottom=layout.bottom,
            width=layout.panel_width,
            height=layout.panel_height,
        )
        panel.set(xlim=(0, end * 1.015), ylim=(0, 1.03))
        _label_axes(panel, ticks, f"{x_label} ({unit})", y_label, percent)
        for index, curve in enumerate(curves):
            _draw_curve(panel, curve, index, groups=len(curves))
        paper = style.add_paper(figure)
        _write_above(paper, curves, layout, annotations)
        _write_corner(panel, layout, annotations)
        _write_risk_table(paper, panel, curves, ticks, layout)
        if any(curve.turns_pale for curve in curves):
            style.write_text(paper, MARGIN, MARGIN, _PALE_NOTE, size=_NOTE, color=style.MUTED)
    return figure


def _draw_curve(panel: Axes, curve: SurvivalPlot, index: int, *, groups: int) -> None:
    """The curve with its band; the edges of two bands are drawn, more would be a thicket."""
    colour, dash = style.GROUP_COLOURS[index], style.GROUP_DASHES[index]
    turn = curve.end if curve.faint_from is None else min(curve.faint_from, curve.end)
    parts = ((0.0, turn, 1.0), (turn, curve.end, _PALE))
    for start, stop, strength in parts:
        if stop <= start and strength < 1:
            continue
        shade = style.tint(colour, strength)
        times, survival, low, high = stairs(curve, start, stop)
        panel.fill_between(
            times,
            low,
            high,
            step="post",
            color=colour,
            alpha=(0.15 if groups <= 2 else 0.08) * strength,
            linewidth=0,
        )
        if groups == 2:
            for bound in (low, high):
                panel.plot(
                    times,
                    bound,
                    drawstyle="steps-post",
                    color=style.tint(shade, 0.55),
                    linewidth=style.HAIRLINE,
                    linestyle=dash,
                )
        panel.plot(
            times,
            survival,
            drawstyle="steps-post",
            color=shade,
            linestyle=dash,
            linewidth=style.STROKE,
            solid_joinstyle="miter",
            solid_capstyle="butt",
            clip_on=False,
            zorder=3,
            gid=f"curve-{index}" if strength == 1 else f"pale-{index}",
        )
    _mark_censored(panel, curve, index, turn)


def _mark_censored(panel: Axes, curve: SurvivalPlot, index: int, turn: float) -> None:
    times, survival = floats(curve.censor_time), floats(curve.censor_survival)
    for late, strength in ((False, 1.0), (True, _PALE)):
        chosen = (times >= turn) & (curve.faint_from is not None)
        chosen = chosen if late else ~chosen
        if chosen.any():
            panel.plot(
                times[chosen],
                survival[chosen],
                linestyle="none",
                marker="|",
                markersize=5.5,
                markeredgewidth=0.8,
                color=style.tint(style.GROUP_COLOURS[index], strength),
                clip_on=False,
                zorder=4,
                gid=f"censored-{index}",
            )


def _label_axes(
    panel: Axes, ticks: Sequence[float], x_label: str, y_label: str, percent: bool
) -> None:
    shares = [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    names = [f"{share * 100:.0f}" if percent else f"{share:.1f}" for share in shares]
    style.label_ticks(panel.xaxis, ticks, [plain_number(tick) for tick in ticks])
    style.label_ticks(panel.yaxis, shares, names)
    panel.spines["left"].set_bounds(0, 1)
    style.label_axis(panel.xaxis, x_label, pad=2.5)
    style.label_axis(panel.yaxis, f"{y_label} (%)" if percent else y_label, pad=4)


def _write_above(
    paper: Axes, curves: Sequence[SurvivalPlot], layout: Layout, annotations: Sequence[str]
) -> None:
    """The warning, the key of groups, and annotations that found no free corner."""
    y = layout.height - 0.3
    for line in layout.warning:
        style.write_text(paper, MARGIN, y, line, face="italic")
        y -= LINE
    for row in layout.keys:
        x = layout.left
        for index in row:
            _draw_sample(paper, index, x, y + 0.09)
            style.write_text(paper, x + SAMPLE + 0.15, y, curves[index].label)
            x += key_width(curves[index])
        y -= LINE
    for line in () if layout.corner else annotations:
        style.write_text(paper, layout.left, y, line)
        y -= LINE


def _draw_sample(paper: Axes, index: int, x: float, y: float, length: float = SAMPLE) -> None:
    paper.plot(
        [x, x + length],
        [y, y],
        color=style.GROUP_COLOURS[index],
        linewidth=style.STROKE,
        linestyle=style.GROUP_DASHES[index],
        solid_capstyle="butt",
        clip_on=False,
    )


def _write_corner(panel: Axes, layout: Layout, annotations: Sequence[str]) -> None:
    if layout.corner is None:
        return
    x, _, across, up = layout.corner
    pitch = LINE / layout.panel_height
    first = 1 - 0.32 / layout.panel_height if up == "top" else pitch * (len(annotations) - 0.55)
    shift = 0.12 / layout.panel_width
    for number, line in enumerate(annotations):
        style.write_text(
            panel,
            x - shift if across == "right" else x + shift,
            first - number * pitch,
            line,
            transform=panel.transAxes,
            ha=across,
        )


def _write_risk_table(
    paper: Axes,
    panel: Axes,
    curves: Sequence[SurvivalPlot],
    ticks: Sequence[float],
    layout: Layout,
) -> None:
    """The rows of each group, each number centred under its tick."""
    end = panel.get_xlim()[1]
    y = layout.bottom - BELOW_AXIS
    for index, curve in enumerate(curves):
        if not curve.has_counts:
            continue
        if heads_its_counts(curve, curves):
            _draw_sample(paper, index, MARGIN, y + 0.08, SHORT_SAMPLE)
            style.write_text(paper, MARGIN + 0.6, y, curve.label, size=style.SMALL, face="semibold")
            y -= ROW
        for column, name, counts in curve.count_rows:
            style.write_text(paper, MARGIN, y, name, size=style.SMALL)
            for tick, count in zip(ticks, counts, strict=True):
                x = layout.left + tick / end * layout.panel_width
                style.write_text(
                    paper,
                    x,
                    y,
                    plain_number(count),
                    size=style.SMALL,
                    ha="center",
                    gid=f"{column}-{index}",
                )
            y -= ROW
        y -= GAP
