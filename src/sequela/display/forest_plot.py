"""Forest plots: one line an effect, its ratio and interval on a log scale, numbers beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sequela.display import style
from sequela.display.axis_ticks import plain_number
from sequela.display.lettering import Face, fit_text, text_width

ROW, MARGIN, GAP, BELOW = 0.46, 0.2, 0.35, 1.05
_TICKS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class ForestLine:
    """One effect; `ratio` is None where there is no estimate, an end of the interval where it
    has no limit on that side. `printed` stands at the right, as the table prints it. A line
    with `heading` names the term of the lines below it and has no numbers.
    """

    label: str
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    printed: str = ""
    heading: bool = False


def draw_forest(
    lines: Sequence[ForestLine],
    *,
    x_label: str,
    printed_label: str,
    favours: tuple[str, str] = ("", ""),
    width_cm: float,
) -> Figure:
    """Draw the effects from top to bottom; the dotted line stands at no effect.

    An interval that leaves the panel, or has no limit, ends in an arrow. `favours` are words
    below the axis for less and for more than one. Raises ValueError without lines.
    """
    if not lines:
        raise ValueError("A forest plot needs at least one effect.")
    labels = max(_label_width(line) for line in lines)
    numbers = max(text_width(text, style.BODY) for text in [printed_label, *_printed(lines)])
    left = min(MARGIN + labels + GAP, 0.45 * width_cm)
    right = MARGIN + numbers + GAP
    height = BELOW + ROW * (len(lines) + 1) + MARGIN + (0.4 if any(favours) else 0.0)
    bottom = height - MARGIN - ROW * (len(lines) + 1)
    with style.house_style():
        figure = style.new_figure(width_cm, height)
        panel = style.add_panel(
            figure,
            left=left,
            bottom=bottom,
            width=width_cm - left - right,
            height=ROW * len(lines),
        )
        span = _span(lines)
        panel.set(xscale="log", xlim=span, ylim=(len(lines), 0))
        panel.spines["left"].set_visible(False)
        panel.axvline(1, color=style.MUTED, linewidth=style.RULE, linestyle=(0, (1, 1.5)))
        ticks = _ticks(span)
        style.label_ticks(panel.xaxis, ticks, [plain_number(t) for t in ticks])
        style.label_ticks(panel.yaxis, [], [])
        style.label_axis(panel.xaxis, x_label, pad=2.5)
        paper = style.add_paper(figure)
        top = height - MARGIN - 0.32
        style.write_text(paper, width_cm - MARGIN, top, printed_label, ha="right", face="semibold")
        for place, line in enumerate(lines):
            y = top - ROW * (place + 1)
            _write_line(paper, line, y, left=left - 0.1, right=width_cm - MARGIN)
            _draw_line(panel, line, place + 0.5, span)
        _write_favours(paper, favours, left=left, right=width_cm - right, y=MARGIN)
    return figure


def _label_width(line: ForestLine) -> float:
    if line.heading:
        return text_width(line.label, style.BODY, "semibold")
    return text_width(line.label, style.BODY) + 0.3


def _printed(lines: Sequence[ForestLine]) -> list[str]:
    return [line.printed for line in lines]


def _span(lines: Sequence[ForestLine]) -> tuple[float, float]:
    """The axis: around all estimates and finite limits, at most a hundredfold from one."""
    shown = [v for line in lines for v in (line.ratio, line.low, line.high) if v and v > 0]
    low = max(min([0.8, *shown]) / 1.15, 0.01)
    high = min(max([1.25, *shown]) * 1.15, 100.0)
    return low, high


def _ticks(span: tuple[float, float]) -> list[float]:
    """1, 2 and 5 of each decade, or whole decades where there would be too many."""
    decades = range(math.floor(math.log10(span[0])), math.ceil(math.log10(span[1])) + 1)
    found = [
        float(f"{step}e{decade}")
        for decade in decades
        for step in _TICKS
        if span[0] <= float(f"{step}e{decade}") <= span[1]
    ]
    return found if len(found) <= 7 else [t for t in found if math.log10(t).is_integer()]


def _write_line(paper: Axes, line: ForestLine, y: float, *, left: float, right: float) -> None:
    indent = MARGIN if line.heading else MARGIN + 0.3
    face: Face = "semibold" if line.heading else "regular"
    label = fit_text(line.label, left - indent, size=style.BODY, face=face)
    style.write_text(paper, indent, y, label, face=face)
    style.write_text(paper, right, y, line.printed, ha="right")


def _draw_line(panel: Axes, line: ForestLine, y: float, span: tuple[float, float]) -> None:
    if line.ratio is None or line.ratio <= 0:
        return
    low = line.low if line.low is not None else 0.0
    high = line.high if line.high is not None else math.inf
    ends = max(low, span[0]), min(high, span[1])
    panel.plot(ends, (y, y), color=style.INK, linewidth=style.RULE, gid="interval")
    for beyond, place, marker in ((low < span[0], ends[0], "<"), (high > span[1], ends[1], ">")):
        if beyond:
            panel.plot(place, y, marker=marker, color=style.INK, markersize=4, clip_on=False)
    if span[0] <= line.ratio <= span[1]:
        panel.plot(
            line.ratio,
            y,
            marker="s",
            markersize=5,
            color=style.GROUP_COLOURS[0],
            markeredgewidth=0,
            gid="estimate",
        )


def _write_favours(
    paper: Axes, favours: tuple[str, str], *, left: float, right: float, y: float
) -> None:
    less, more = favours
    if less:
        style.write_text(paper, left, y, f"← {less}", size=style.SMALL, color=style.MUTED)
    if more:
        style.write_text(
            paper, right, y, f"{more} →", size=style.SMALL, color=style.MUTED, ha="right"
        )
