"""Swimmer plots: one lane a patient, what is dated on the axis, what is not at the lane's edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path

from sequela.display import style
from sequela.display.axis_ticks import plain_number, time_ticks
from sequela.display.lettering import fit_text
from sequela.display.swimmer_layout import (
    ALIVE,
    DIED,
    FOLLOWED,
    KEY_LINE,
    LANE,
    LINE,
    MARGIN,
    NOT_DATED,
    UNKNOWN,
    ColumnPlace,
    Lane,
    SwimmerPlan,
    check_lanes,
    entry_width,
    plan_swimmer,
)
from sequela.display.symbols import (
    Fill,
    Symbol,
    draw_bar,
    draw_symbol,
    fills_of,
    kinds_in_order,
    symbols_of,
)

__all__ = ["Lane", "draw_swimmer"]

_FOLLOW_UP = Fill(style.tint(style.GROUP_COLOURS[0], 0.28))
# A head whose base, not its middle, stands at the end of follow-up.
_ARROW = Path([(0.0, -0.62), (1.0, 0.0), (0.0, 0.62), (0.0, -0.62)], closed=True)
_GRID = style.tint(style.FAINT, 0.6)


@dataclass(frozen=True, slots=True)
class _Looks:
    """How each kind is drawn: dated stretches as fills, everything else as symbols."""

    fills: dict[str, Fill]
    symbols: dict[str, Symbol]


def draw_swimmer(
    lanes: Sequence[Lane],
    *,
    unit: str,
    x_label: str,
    width_cm: float,
    kinds: Sequence[str] = (),
) -> Figure:
    """Draw the lanes from top to bottom in the order given.

    A bar runs to the end of follow-up and ends in an arrow (alive) or a cross (dead). Lanes
    that follow each other with the same `group` stand under one heading. `kinds` fixes the
    order of kinds in key and columns; kinds not named there follow as they turn up. Raises
    ValueError without lanes, for a negative or unknown end, or with too many kinds.
    """
    check_lanes(lanes)
    dated = kinds_in_order((kind for lane in lanes for _, kind in lane.marks), kinds)
    columns = (kind for lane in lanes for kind in (*lane.undated, *lane.unknown))
    undated = kinds_in_order(columns, kinds)
    stretches = kinds_in_order((kind for lane in lanes for *_, kind in lane.segments), kinds)
    symbols = symbols_of(kinds_in_order((*dated, *undated), kinds))
    looks = _Looks(fills_of(stretches), symbols)
    with style.house_style():
        plan = plan_swimmer(lanes, width_cm, undated=undated, keyed=(*stretches, *dated))
        figure = style.new_figure(width_cm, plan.height)
        paper = style.add_paper(figure)
        panel = _add_axis(figure, plan, unit, x_label)
        _shade_lanes(paper, plan)
        for lane, y in zip(plan.lanes, plan.lane_y, strict=True):
            label = fit_text(lane.label, plan.left - 2 * MARGIN, size=style.SMALL)
            style.write_text(paper, MARGIN, y - 0.08, label, size=style.SMALL, gid="lane")
            _draw_lane(panel, lane, y - plan.bottom, looks)
        _write_groups(paper, plan)
        _draw_columns(paper, plan, looks)
        _draw_key(paper, plan, looks)
    return figure


def _add_axis(figure: Figure, plan: SwimmerPlan, unit: str, x_label: str) -> Axes:
    """The panel; its y coordinates are centimetres from its lower edge."""
    panel = style.add_panel(
        figure,
        left=plan.left,
        bottom=plan.bottom,
        width=plan.right - plan.left,
        height=plan.top - plan.bottom,
    )
    times = [0.0, *(lane.end for lane in plan.lanes)]
    times += [time for lane in plan.lanes for time, _ in lane.marks]
    times += [
        time for lane in plan.lanes for start, stop, _ in lane.segments for time in (start, stop)
    ]
    start = min(times)
    ticks = time_ticks(max(times), unit, start=start, most=max(3, int(plan.right - plan.left)))
    end = max(max(times) + 0.02 * (max(times) - start), ticks[-2] if len(ticks) > 1 else ticks[-1])
    ticks = tuple(tick for tick in ticks if tick <= end)
    panel.set(xlim=(start, end), ylim=(0, plan.top - plan.bottom))
    panel.spines["left"].set_visible(False)
    panel.set_yticks([])
    style.label_ticks(panel.xaxis, ticks, [plain_number(tick) for tick in ticks])
    style.label_axis(panel.xaxis, f"{x_label} ({unit})", pad=2.5)
    for y in plan.lane_y:
        low, high = y - plan.bottom - LANE / 2, y - plan.bottom + LANE / 2
        panel.vlines(ticks, low, high, color=_GRID, linewidth=style.HAIRLINE, zorder=1)
        panel.vlines([0.0], low, high, color=style.INK, linewidth=style.RULE, zorder=4)
    return panel


def _shade_lanes(paper: Axes, plan: SwimmerPlan) -> None:
    """A pale band behind every other lane leads the eye from label to columns."""
    for y in plan.lane_y[::2]:
        paper.axhspan(y - LANE / 2, y + LANE / 2, color=style.ZEBRA, linewidth=0, zorder=-5)


def _draw_lane(panel: Axes, lane: Lane, y: float, looks: _Looks) -> None:
    draw_bar(panel, (0, lane.end), y, 0.6 * LANE, _FOLLOW_UP, gid="follow-up")
    for start, stop, kind in lane.segments:
        draw_bar(panel, (start, stop), y, 0.6 * LANE, looks.fills[kind], gid="segment")
    _draw_end(panel, lane.end, y, lane.status)
    for time, kind in lane.marks:
        draw_symbol(panel, [time], [y], looks.symbols[kind], gid="mark")


def _draw_end(axes: Axes, x: float, y: float, status: str) -> None:
    """An arrow head just past the bar of the living, a cross on the end of the bar of the dead."""
    shape = "x" if status == "dead" else _ARROW
    size, edge = (4.6, 1.1) if status == "dead" else (10.0, 0.0)
    axes.plot(
        [x],
        [y],
        linestyle="none",
        marker=shape,
        markersize=size,
        markeredgewidth=edge,
        color=style.INK,
        clip_on=False,
        zorder=6,
        gid=status,
    )


def _write_groups(paper: Axes, plan: SwimmerPlan) -> None:
    for y, group in plan.group_y:
        style.write_text(paper, MARGIN, y, group, size=style.BODY, face="semibold", gid="group")


def _draw_columns(paper: Axes, plan: SwimmerPlan, looks: _Looks) -> None:
    """Symbols of what is not dated, under their headings, with the line that says so."""
    if not plan.columns:
        return
    base = plan.top + 0.08
    for column in plan.columns:
        for number, line in enumerate(reversed(column.heading)):
            y = base + number * LINE
            style.write_text(paper, column.x, y, line, size=style.SMALL, ha="center")
        _fill_column(paper, plan, column, looks.symbols[column.kind])
    start = plan.right + 0.4
    y = base + LINE * max(len(column.heading) for column in plan.columns) + 0.06
    paper.plot([start, plan.width - MARGIN], [y, y], color=style.MUTED, linewidth=style.HAIRLINE)
    style.write_text(
        paper,
        (start + plan.width - MARGIN) / 2,
        y + 0.1,
        NOT_DATED,
        size=style.SMALL,
        face="italic",
        ha="center",
    )


def _fill_column(paper: Axes, plan: SwimmerPlan, column: ColumnPlace, symbol: Symbol) -> None:
    """The symbol in the lanes where the kind happened, a question mark where nobody knows."""
    ys = []
    for y, lane in zip(plan.lane_y, plan.lanes, strict=True):
        if column.kind in lane.undated:
            ys.append(y)
        elif column.kind in lane.unknown:
            _write_unknown(paper, column.x, y)
    draw_symbol(paper, [column.x] * len(ys), ys, symbol, gid=f"undated-{column.kind}")


def _write_unknown(paper: Axes, x: float, y: float) -> None:
    style.write_text(paper, x, y - 0.09, "?", color=style.MUTED, ha="center", gid="unknown")


def _draw_key(paper: Axes, plan: SwimmerPlan, looks: _Looks) -> None:
    y = MARGIN + KEY_LINE * (len(plan.key) - 1) + 0.1
    for row in plan.key:
        x = plan.left
        for kind, label in row:
            _draw_key_entry(paper, kind, (x, y), looks)
            style.write_text(paper, x + 0.62, y - 0.08, label, size=style.SMALL, gid="key")
            x += entry_width(label)
        y -= KEY_LINE


def _draw_key_entry(paper: Axes, kind: str, place: tuple[float, float], looks: _Looks) -> None:
    x, y = place
    fill = _FOLLOW_UP if kind == FOLLOWED else looks.fills.get(kind)
    if fill:
        draw_bar(paper, (x, x + 0.5), y, 0.22, fill)
    elif kind in (ALIVE, DIED):
        _draw_end(paper, x + 0.25, y, "alive" if kind == ALIVE else "dead")
    elif kind == UNKNOWN:
        _write_unknown(paper, x + 0.25, y)
    else:
        draw_symbol(paper, [x + 0.25], [y], looks.symbols[kind])
