"""Clinical courses: one patient's burden of disease over days, with drugs and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sequela.display import style
from sequela.display.axis_ticks import plain_number, time_ticks
from sequela.display.course_data import (
    Course,
    CourseMoment,
    CoursePanel,
    DrugBar,
    Reading,
    Series,
)
from sequela.display.course_panel import (
    STRIP,
    draw_panel,
    draw_series_mark,
    frame_panel,
)
from sequela.display.label_places import Box, stack_labels
from sequela.display.lettering import fit_text, text_width
from sequela.display.symbols import Fill, draw_bar

__all__ = [
    "Course",
    "CourseMoment",
    "CoursePanel",
    "DrugBar",
    "Reading",
    "Series",
    "draw_course",
    "draw_courses",
]

_MARGIN, _GUTTER, _LINE = 0.15, 1.2, 0.33
_PLOT, _HEADING, _GAP, _BAR = 2.5, 0.4, 0.3, 0.34
_AXIS, _MARK, _NOTE = 0.85, 0.25, 6.2
_COLUMNS, _NARROWEST, _GRID_GAP = 3, 4.5, 0.35
_MOMENTS = {
    "withdrawal": (style.GROUP_COLOURS[1], (0, (4, 1.6))),
    "therapy": (style.INK, "solid"),
    "other": (style.MUTED, (0, (1.3, 1.3))),
}
_ON_DRUG = Fill(style.tint(style.GROUP_COLOURS[0], 0.28))


@dataclass(frozen=True, slots=True)
class _Cell:
    """One course in its place: edges in centimetres, days, and labels of moments in rows."""

    course: Course
    left: float
    right: float
    top: float
    days: tuple[float, float]
    labels: tuple[Box, ...]
    titled: bool

    def x(self, day: float) -> float:
        first, last = self.days
        return self.left + (day - first) / (last - first) * self.width

    def day(self, x: float) -> float:
        first, last = self.days
        return first + (x - self.left) / self.width * (last - first)

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def panels_top(self) -> float:
        rows = int(max((label.top for label in self.labels), default=0))
        title = 0.5 if self.titled else 0.0
        return self.top - title - rows * _LINE - len(self.course.drugs) * _BAR - 0.1


def draw_course(course: Course, *, width_cm: float) -> Figure:
    """Draw one patient's panels above each other over the same days.

    Values stand on log scales, joined within a series; an interval is a bar, a reading below
    detection an open triangle in a strip at the foot. Moments are lines through all panels.
    """
    return _draw_grid([course], columns=1, width_cm=width_cm, titled=False)


def draw_courses(courses: Sequence[Course], *, width_cm: float = 17.0) -> Figure:
    """Draw several patients side by side, each with its own days, under its own label.

    Raises ValueError without courses.
    """
    if not courses:
        raise ValueError("A figure of courses needs at least one course.")
    fitting = max(1, min(_COLUMNS, len(courses), int(width_cm / _NARROWEST)))
    return _draw_grid(courses, columns=fitting, width_cm=width_cm, titled=True)


def _draw_grid(courses: Sequence[Course], *, columns: int, width_cm: float, titled: bool) -> Figure:
    pitch = (width_cm - _MARGIN) / columns
    rows = [courses[start : start + columns] for start in range(0, len(courses), columns)]
    with style.house_style():
        heights = [
            max(_height(_cell(course, 0.0, pitch, 0.0, titled)) for course in row) for row in rows
        ]
        figure = style.new_figure(
            width_cm, sum(heights) + _GRID_GAP * (len(rows) - 1) + 2 * _MARGIN
        )
        paper = style.add_paper(figure)
        top = style.size_cm(figure)[1] - _MARGIN
        for row, height in zip(rows, heights, strict=True):
            for column, course in enumerate(row):
                _draw_cell(figure, paper, _cell(course, column * pitch, pitch, top, titled))
            top -= height + _GRID_GAP
    return figure


def _cell(course: Course, left: float, pitch: float, top: float, titled: bool) -> _Cell:
    inner, right = left + _MARGIN + _GUTTER, left + pitch - 0.35
    days = _days(course)
    bare = _Cell(course, inner, right, top, days, (), titled)
    xs = [bare.x(moment.day) for moment in course.moments]
    widths = [text_width(m.label, style.SMALL) + 0.12 for m in course.moments]
    labels = stack_labels(xs, widths, right=left + pitch)
    return _Cell(course, inner, right, top, days, tuple(labels), titled)


def _days(course: Course) -> tuple[float, float]:
    """The days shown: all that is known, and room before the first for a drug begun earlier."""
    first, last = course.days
    span = max(last - first, 7.0)
    earlier = any(drug.start is None for drug in course.drugs)
    return first - (0.14 if earlier else 0.06) * span, first + 1.06 * span


def _panel_height(panel: CoursePanel) -> float:
    return _PLOT + (STRIP if panel.has_undetected else 0.0)


def _key_rows(panel: CoursePanel, width: float) -> list[list[tuple[int, str]]]:
    """The series (number and label) that stand in each line under the name of the measure."""
    rows: list[list[tuple[int, str]]] = []
    used = width
    for index, series in enumerate(panel.series):
        label = fit_text(series.label, width - _MARK, size=_NOTE)
        needed = _MARK + text_width(label, _NOTE) + 0.25
        if used + needed > width + 0.3:
            rows.append([])
            used = 0.0
        rows[-1].append((index, label))
        used += needed
    return rows if any(series.label for series in panel.series) else []


def _heading_height(panel: CoursePanel, width: float) -> float:
    return _HEADING + _LINE * len(_key_rows(panel, width))


def _height(cell: _Cell) -> float:
    panels = cell.course.panels
    inner = sum(_panel_height(panel) + _heading_height(panel, cell.width) for panel in panels)
    return cell.top - cell.panels_top + inner + _GAP * (len(panels) - 1) + _AXIS


def _draw_cell(figure: Figure, paper: Axes, cell: _Cell) -> None:
    course = cell.course
    if cell.titled:
        title = fit_text(course.label, cell.width + _GUTTER, size=style.LARGE, face="semibold")
        style.write_text(
            paper, cell.left - _GUTTER, cell.top - 0.35, title, size=style.LARGE, face="semibold"
        )
    y = cell.panels_top
    lines = [moment.day for moment in course.moments]
    for number, panel in enumerate(course.panels):
        heading = _heading_height(panel, cell.width)
        y -= heading
        box = Box(cell.left, y - _panel_height(panel), cell.right, y)
        axes = draw_panel(figure, panel, frame_panel(panel, box, cell.days), lines=lines)
        _write_heading(axes, panel, cell, box)
        _draw_moment_lines(
            axes, cell.course.moments, box, above=heading if number == 0 else heading + _GAP
        )
        _label_days(axes, cell, last=number == len(course.panels) - 1)
        y = box.bottom - _GAP
    _draw_moments(paper, cell)
    _draw_drugs(paper, cell)


def _label_days(axes: Axes, cell: _Cell, *, last: bool) -> None:
    end = cell.days[1]
    most = min(max(4, int(cell.width / 0.75)), 8)
    known = time_ticks(end, "days", start=cell.course.days[0], most=most)
    ticks = [tick for tick in known if tick <= end]
    style.label_ticks(axes.xaxis, ticks, [plain_number(tick) if last else "" for tick in ticks])
    if last:
        style.label_axis(axes.xaxis, cell.course.x_label, size=style.SMALL, pad=2.0)


def _write_heading(axes: Axes, panel: CoursePanel, cell: _Cell, box: Box) -> None:
    """The measure above its panel, and below it what its series are; lines pass behind."""
    rows = _key_rows(panel, cell.width)
    y = box.top + 0.14 + _LINE * len(rows)
    measure = fit_text(panel.measure, cell.width + 0.3, size=style.SMALL, face="semibold")
    _write_on_white(axes, cell, cell.left, y, measure, face="semibold")
    for row in rows:
        x, y = cell.left, y - _LINE
        for index, label in row:
            several = len(panel.series) > 1
            if several:
                draw_series_mark(axes, index, cell.day(x + 0.08), y + 0.08)
            start = x + _MARK if several else x
            _write_on_white(axes, cell, start, y, label, size=_NOTE, color=style.MUTED)
            x += _MARK + text_width(label, _NOTE) + 0.25


def _write_on_white(
    axes: Axes, cell: _Cell, x: float, y: float, text: str, **settings: Any
) -> None:
    backing = {"facecolor": "white", "edgecolor": "none", "pad": 2.2}
    chosen = {"size": style.SMALL, **settings}
    style.write_text(axes, cell.day(x), y, text, bbox=backing, zorder=6, **chosen)


def _draw_moment_lines(
    axes: Axes, moments: Sequence[CourseMoment], box: Box, *, above: float
) -> None:
    """The lines of the moments within one panel and behind its heading."""
    for moment in moments:
        colour, dash = _MOMENTS[moment.kind]
        axes.plot(
            [moment.day] * 2,
            [box.bottom, box.top + above],
            color=colour,
            linestyle=dash,
            linewidth=style.RULE,
            zorder=2,
            clip_on=False,
            gid=moment.kind,
        )


def _draw_moments(paper: Axes, cell: _Cell) -> None:
    """The labels of the moments above the panels, each on a line of its own."""
    base = cell.panels_top + len(cell.course.drugs) * _BAR + 0.1
    for moment, label in zip(cell.course.moments, cell.labels, strict=True):
        colour, dash = _MOMENTS[moment.kind]
        x, y = cell.x(moment.day), base + label.bottom * _LINE
        paper.plot(
            [x, x],
            [cell.panels_top, y + 0.24],
            color=colour,
            linestyle=dash,
            linewidth=style.RULE,
            zorder=2,
        )
        starts = label.left >= x - 0.01
        style.write_text(
            paper,
            x + 0.08 if starts else x - 0.08,
            y,
            moment.label,
            size=style.SMALL,
            ha="left" if starts else "right",
            gid="moment",
        )


def _draw_drugs(paper: Axes, cell: _Cell) -> None:
    """A bar for each stretch on a drug, its name inside or beside it."""
    for row, drug in enumerate(cell.course.drugs):
        y = cell.panels_top + (len(cell.course.drugs) - row - 0.5) * _BAR
        start = cell.left if drug.start is None else cell.x(drug.start)
        stop = cell.right if drug.stop is None else cell.x(drug.stop)
        draw_bar(paper, (start, stop), y, 0.24, _ON_DRUG, gid="drug")
        wide = text_width(drug.drug, _NOTE)
        inside = stop - start > wide + 0.16
        x = start + 0.08 if inside else stop + 0.1
        style.write_text(paper, x, y - 0.075, drug.drug, size=_NOTE, gid="drug-name", zorder=6)
