"""What must hold of every figure, and invented figures to ask it of."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from sequela.display.clinical_course import (
    Course,
    CourseMoment,
    CoursePanel,
    DrugBar,
    Reading,
    Series,
    draw_course,
)
from sequela.display.flow_diagram import FlowStep, draw_flow
from sequela.display.lettering import font_file
from sequela.display.style import CM_PER_INCH
from sequela.display.survival_curve import SurvivalPlot, draw_survival
from sequela.display.swimmer import Lane, draw_swimmer

HOSTILE = "$\\foo$ <script>alert(1)</script> & \u202e \x00 \u4e2d {x}_{y} \\input %s"
TICKS = (0.0, 12.0, 24.0, 36.0)


def texts(figure: Figure, gid: str = "") -> list[Text]:
    found = figure.findobj(Text)
    return [text for text in found if text.get_text() and (not gid or text.get_gid() == gid)]


def lines(figure: Figure, gid: str) -> list[Line2D]:
    return [line for line in figure.findobj(Line2D) if line.get_gid() == gid]


def said(figure: Figure) -> list[str]:
    return [text.get_text() for text in texts(figure)]


def place_cm(figure: Figure, artist: Artist) -> Bbox:
    """Where an artist stands, in centimetres from the lower left corner."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    extent = artist.get_window_extent(renderer)
    return Bbox(extent.get_points() / figure.dpi * CM_PER_INCH)


def check_drawn(figure: Figure) -> None:
    """Sizes, typeface, literal text, nothing cut off, no text on another."""
    width, height = figure.get_size_inches() * CM_PER_INCH
    faces = {str(font_file(face)) for face in ("regular", "semibold", "italic")}
    shown = list(_shown(figure))
    assert shown
    for text, box in shown:
        what = text.get_text()
        assert 6 <= text.get_fontsize() <= 12, what
        assert str(text.get_fontproperties().get_file()) in faces, what
        assert not text.get_parse_math(), what
        assert box.x0 >= 0, f"{what} is cut off on the left"
        assert box.y0 >= 0, f"{what} is cut off below"
        assert box.x1 <= width, f"{what} is cut off on the right"
        assert box.y1 <= height, f"{what} is cut off above"
    for (one, a), (other, b) in combinations(shown, 2):
        apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 or b.y1 <= a.y0
        assert apart, f"{one.get_text()!r} stands on {other.get_text()!r}"
    for line in figure.findobj(Line2D):
        assert line.get_linestyle() == "None" or line.get_linewidth() >= 0.5


def _shown(figure: Figure) -> Iterator[tuple[Text, Bbox]]:
    """Visible texts with the box of their letters, a little lean for descenders."""
    figure.draw(FigureCanvasAgg(figure).get_renderer())
    for text in texts(figure):
        if text.get_visible():
            box = place_cm(figure, text)
            yield text, Bbox.from_extents(box.x0, box.y0 + 0.02, box.x1, box.y1 - 0.02)


def a_curve(label: str = "", *, shift: float = 0.0, faint: float | None = 30.0) -> SurvivalPlot:
    """Ten patients: events at 5, 10, 20 and 30, the others censored at 15 and after 32."""
    survival = np.array([0.9, 0.8, 0.8, 0.6857, 0.5714, 0.5714])
    return SurvivalPlot(
        label,
        np.array([5, 10, 15, 20, 30, 34]) + shift,
        survival,
        survival - 0.15,
        np.minimum(survival + 0.15, 1),
        np.array([15, 34]) + shift,
        np.array([0.8, 0.5714]),
        (10, 8, 6, 0),
        (0, 0, 1, 6),
        (0, 2, 3, 4),
        faint,
    )


def survival_figure(label: str = "", width_cm: float = 8.0) -> Figure:
    return draw_survival(
        [a_curve(label)],
        unit="months",
        x_label="Time since diagnosis",
        y_label="Overall survival",
        ticks=TICKS,
        width_cm=width_cm,
        annotations=("4 deaths in 10 patients",),
        warning="Conditional on living to transplant",
    )


def swimmer_figure(label: str = "P1", width_cm: float = 11.5) -> Figure:
    lanes = [
        Lane(label, 20, "dead", ((0, 4, "Induction"),), ((5, "CR"),), ("Relapse",), (), "Overt"),
        Lane("P2", 40, "alive", undated=("Transplant",), unknown=("Relapse",), group="Overt"),
        Lane("P3", 3, "alive", group=label),
    ]
    return draw_swimmer(lanes, unit="months", x_label="Time since diagnosis", width_cm=width_cm)


def a_course(label: str = "Patient 1") -> Course:
    flow = Series(
        "flow cytometry",
        (
            Reading(day=0, value=2.4),
            Reading(day=50, value=0.3),
            Reading(day=90, detected=False, limit=0.01),
        ),
    )
    smear = Series("smear", (Reading(day=0, value=20), Reading(day=90, low=1, high=4)))
    return Course(
        label,
        (CoursePanel("B cells", "% of WBC", (flow,)), CoursePanel(label, "% of cells", (smear,))),
        (DrugBar("drug", None, 10),),
        (CourseMoment(10, "drug held", "withdrawal"), CourseMoment(85, label, "therapy")),
    )


def course_figure(label: str = "Patient 1", width_cm: float = 11.5) -> Figure:
    return draw_course(a_course(label), width_cm=width_cm)


def flow_figure(label: str = "Screened", width_cm: float = 11.5) -> Figure:
    boxes = [
        FlowStep(label, None, "unknown", ((label, None),)),
        FlowStep("Included", 30, branches=(FlowStep("One", 20), FlowStep(label, 10))),
    ]
    return draw_flow(boxes, width_cm=width_cm)


FIGURES = (survival_figure, swimmer_figure, course_figure, flow_figure)


def write_all(folder: Path) -> None:
    """Write every invented figure, for a test that compares two processes."""
    from sequela.display.style import write_figure

    for make in FIGURES:
        picture = write_figure(make(HOSTILE))
        for form in ("svg", "pdf", "png"):
            (folder / f"{make.__name__}.{form}").write_bytes(getattr(picture, form))
