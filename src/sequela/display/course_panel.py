"""One panel of a clinical course: a measure with one denominator on a log scale over days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log10
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sequela.display import style
from sequela.display.axis_ticks import decade_bounds, plain_number
from sequela.display.course_data import CoursePanel, Reading, Series
from sequela.display.label_places import Box, Point, line_obstacles, place_labels
from sequela.display.lettering import text_width

STRIP = 0.62
"""Height in centimetres of the strip at the foot of a panel where `not detected` stands."""
_SHAPES = ("o", "s", "D", "^")
_PADDING = 0.1
_LETTER = 0.2


@dataclass(frozen=True, slots=True)
class PanelFrame:
    """A panel's place in centimetres and the scales that carry days and values into it."""

    box: Box
    days: tuple[float, float]
    decades: tuple[float, float]
    strip: float

    def x(self, day: float) -> float:
        """Centimetres of a day from the figure's left edge."""
        first, last = self.days
        return self.box.left + (day - first) / (last - first) * (self.box.right - self.box.left)

    def day(self, x: float) -> float:
        """The day at a place, the inverse of `x`."""
        first, last = self.days
        return first + (x - self.box.left) / (self.box.right - self.box.left) * (last - first)

    def y(self, value: float) -> float:
        """Centimetres of a value from the figure's lower edge."""
        low, high = self.decades
        share = (log10(value) - low) / (high - low)
        floor = self.box.bottom + self.strip
        return floor + share * (self.box.top - floor)

    @property
    def y_undetected(self) -> float:
        """Where readings below detection stand."""
        return self.box.bottom + 0.68 * self.strip


def frame_panel(panel: CoursePanel, box: Box, days: tuple[float, float]) -> PanelFrame:
    """The scales of a panel: whole decades around its values, a strip where needed."""
    numbers = [number for reading in panel.readings for number in reading.numbers]
    limits = [reading.limit for reading in panel.readings if reading.limit is not None]
    low, high = decade_bounds(numbers or limits or [1.0])
    decades = (log10(low) - _PADDING, log10(high) + _PADDING)
    return PanelFrame(box, days, decades, STRIP if panel.has_undetected else 0.0)


def draw_panel(
    figure: Figure, panel: CoursePanel, frame: PanelFrame, *, lines: Sequence[float]
) -> Axes:
    """Draw the axis, the readings of every series and their values.

    `lines` are the days of vertical lines that labels must keep clear of. Returns the axes,
    whose x coordinates are days and whose y coordinates are centimetres of the figure.
    """
    box = frame.box
    axes = style.add_panel(
        figure,
        left=box.left,
        bottom=box.bottom,
        width=box.right - box.left,
        height=box.top - box.bottom,
    )
    axes.set(xlim=frame.days, ylim=(box.bottom, box.top))
    _label_values(axes, panel, frame)
    if frame.strip:
        axes.axhspan(box.bottom, box.bottom + frame.strip, color=style.ZEBRA, linewidth=0, zorder=0)
    for index, series in enumerate(panel.series):
        _draw_series(axes, series, index, frame)
    _write_values(axes, panel, frame, lines)
    return axes


def _label_values(axes: Axes, panel: CoursePanel, frame: PanelFrame) -> None:
    """Powers of ten with labels, and the short ticks between them that say it is a log scale."""
    low, high = frame.decades
    powers = [10.0**power for power in range(round(low + _PADDING), round(high - _PADDING) + 1)]
    style.label_ticks(
        axes.yaxis, [frame.y(power) for power in powers], [plain_number(p) for p in powers]
    )
    between = [power * step for power in powers[:-1] for step in range(2, 10)]
    axes.yaxis.set_ticks([frame.y(value) for value in between], minor=True)
    axes.tick_params(axis="y", which="minor", length=1.5, width=style.HAIRLINE, color=style.INK)
    style.label_axis(axes.yaxis, panel.unit, size=style.SMALL)
    # One distance for all panels, whatever the width of their tick labels.
    axes.yaxis.set_label_coords(-0.82 / (frame.box.right - frame.box.left), 0.5)


def _draw_series(axes: Axes, series: Series, index: int, frame: PanelFrame) -> None:
    colour = style.GROUP_COLOURS[index % len(style.GROUP_COLOURS)]
    readings = sorted(series.readings, key=lambda reading: reading.day)
    for before, after in pairwise(readings):
        _join(axes, before, after, colour, frame)
    for reading in readings:
        _draw_reading(axes, reading, _SHAPES[index % len(_SHAPES)], colour, frame)


def draw_series_mark(axes: Axes, index: int, x: float, y: float) -> None:
    """The mark of a series at a place, for a key."""
    axes.plot(
        [x],
        [y],
        linestyle="none",
        marker=_SHAPES[index % len(_SHAPES)],
        markersize=4.0,
        color=style.GROUP_COLOURS[index % len(style.GROUP_COLOURS)],
        markeredgewidth=0.0,
        clip_on=False,
    )


def _join(axes: Axes, before: Reading, after: Reading, colour: str, frame: PanelFrame) -> None:
    """A line between two values; a thin dashed one where the fall ends below detection."""
    if before.value is None or (after.value is None and after.detected):
        return
    foot = frame.y_undetected if after.value is None else frame.y(after.value)
    axes.plot(
        [before.day, after.day],
        [frame.y(before.value), foot],
        color=colour,
        linewidth=style.STROKE if after.detected else style.RULE,
        linestyle="solid" if after.detected else (0, (3, 2)),
        gid="joined" if after.detected else "to-undetected",
        zorder=3,
    )


def _draw_reading(axes: Axes, reading: Reading, shape: str, colour: str, frame: PanelFrame) -> None:
    """A filled mark for a value, a bar for an interval, an open triangle for a bound."""
    if not reading.detected:
        _open_triangle(axes, (reading.day, frame.y_undetected), "v", colour, gid="undetected")
        return
    ys = [frame.y(number) for number in reading.numbers]
    plain: dict[str, Any] = {"color": colour, "clip_on": False, "zorder": 5}
    if reading.value is not None:
        plain |= {"marker": shape, "markersize": 4.5, "markeredgecolor": "white"}
        axes.plot([reading.day], ys, linestyle="none", markeredgewidth=0.5, gid="value", **plain)
    elif reading.high is not None:
        plain |= {"linewidth": 3.2, "solid_capstyle": "butt"}
        axes.plot([reading.day] * 2, ys, gid="interval", **plain)
    else:
        _open_triangle(axes, (reading.day, ys[0]), "^", colour, gid="at-least")


def _open_triangle(axes: Axes, place: Point, shape: str, colour: str, *, gid: str) -> None:
    axes.plot(
        [place[0]],
        [place[1]],
        linestyle="none",
        marker=shape,
        markersize=5.5,
        markerfacecolor="white",
        markeredgewidth=1.0,
        color=colour,
        clip_on=False,
        zorder=5,
        gid=gid,
    )


def reading_text(reading: Reading) -> str:
    """A reading as the label beside it says it."""
    if not reading.detected:
        known = "" if reading.limit is None else f" (< {plain_number(reading.limit)})"
        return f"not detected{known}"
    if reading.value is not None:
        return plain_number(reading.value)
    low, high = reading.low or 0.0, reading.high
    if high is None:
        return f"≥ {plain_number(low)}"
    return f"{plain_number(low)}–{plain_number(high)}"


def _place(reading: Reading, frame: PanelFrame) -> Point:
    y = frame.y(max(reading.numbers)) if reading.detected else frame.y_undetected
    return frame.x(reading.day), y


def _write_values(
    axes: Axes, panel: CoursePanel, frame: PanelFrame, lines: Sequence[float]
) -> None:
    """Write each reading beside its mark, clear of lines and of other labels."""
    readings = list(panel.readings)
    texts = [reading_text(reading) for reading in readings]
    obstacles = _obstacles(panel, frame, lines)
    places = place_labels(
        [_place(reading, frame) for reading in readings],
        [(text_width(text, style.SMALL), _LETTER) for text in texts],
        obstacles=obstacles,
        bounds=Box(
            frame.box.left + 0.08, frame.box.bottom, frame.box.right + 0.25, frame.box.top + 0.1
        ),
    )
    for text, place in zip(texts, places, strict=True):
        day = frame.day(place.left)
        style.write_text(
            axes, day, place.bottom + 0.03, text, size=style.SMALL, gid="reading", zorder=6
        )


def _obstacles(panel: CoursePanel, frame: PanelFrame, lines: Sequence[float]) -> list[Box]:
    box = frame.box
    found = [
        piece
        for day in lines
        for piece in line_obstacles((frame.x(day), box.bottom), (frame.x(day), box.top))
    ]
    for series in panel.series:
        ordered = sorted(series.readings, key=lambda reading: reading.day)
        for before, after in pairwise(ordered):
            if before.value is not None and (after.value is not None or not after.detected):
                found += line_obstacles(_place(before, frame), _place(after, frame))
    return found
