from __future__ import annotations

import pytest
from drawn_figures import a_course, check_drawn, course_figure, lines, place_cm, said, texts
from matplotlib.figure import Figure

from sequela.display.clinical_course import (
    Course,
    CourseMoment,
    CoursePanel,
    DrugBar,
    Reading,
    Series,
    draw_course,
    draw_courses,
)
from sequela.display.course_panel import frame_panel, reading_text
from sequela.display.label_places import Box


def panel_of(*readings: Reading, unit: str = "% of WBC") -> CoursePanel:
    return CoursePanel("Blasts", unit, (Series("flow", readings),))


def panels(figure: Figure) -> list[Box]:
    """The places of the panels, top first."""
    boxes = [place_cm(figure, axes.patch) for axes in figure.axes[1:]]
    return [Box(box.x0, box.y0, box.x1, box.y1) for box in boxes]


def test_each_measure_and_denominator_has_its_panel_and_unit() -> None:
    figure = course_figure()
    assert len(panels(figure)) == 2
    assert {"% of WBC", "% of cells", "B cells"} <= set(said(figure))


def test_values_stand_on_a_log_scale() -> None:
    frame = frame_panel(
        panel_of(Reading(day=0, value=2), Reading(day=1, value=30)), Box(0, 0, 5, 4), (0, 9)
    )
    assert frame.decades == pytest.approx((-0.1, 2.1))
    assert frame.y(10) - frame.y(1) == pytest.approx(frame.y(100) - frame.y(10))
    assert 0 < frame.y(1) < frame.y(100) < 4


def test_all_panels_share_their_days() -> None:
    first, second = course_figure().axes[1:]
    assert first.get_xlim() == second.get_xlim()
    assert first.get_xlim()[0] < 0 < 90 < first.get_xlim()[1]


def test_only_values_of_one_series_are_joined() -> None:
    series = (
        Series("aspirate", (Reading(day=0, value=8), Reading(day=9, value=57))),
        Series("immunostain", (Reading(day=5, low=10, high=15),)),
    )
    figure = draw_course(Course("P", (CoursePanel("Blasts", "%", series),)), width_cm=8.0)
    assert [list(line.get_xdata()) for line in lines(figure, "joined")] == [[0, 9]]
    assert len(lines(figure, "interval")) == 1


def test_a_line_does_not_pass_through_an_interval() -> None:
    readings = (Reading(day=0, value=8), Reading(day=5, low=2, high=4), Reading(day=9, value=1))
    figure = draw_course(Course("P", (panel_of(*readings),)), width_cm=8.0)
    assert lines(figure, "joined") == []


def test_below_detection_is_an_open_triangle_in_the_strip() -> None:
    figure = course_figure()
    (mark,) = lines(figure, "undetected")
    assert (mark.get_marker(), mark.get_markerfacecolor()) == ("v", "white")
    assert list(mark.get_xdata()) == [90]
    box = panels(figure)[0]
    assert box.bottom < mark.get_ydata()[0] < box.bottom + 0.62
    (fall,) = lines(figure, "to-undetected")
    assert list(fall.get_xdata()) == [50, 90]
    assert fall.get_linestyle() != "-"
    assert "not detected (< 0.01)" in said(figure)


def test_an_interval_is_a_bar_from_end_to_end() -> None:
    panel = panel_of(Reading(day=3, low=10, high=15))
    figure = draw_course(Course("P", (panel,)), width_cm=8.0)
    (bar,) = lines(figure, "interval")
    axes = figure.axes[1]
    ticks = dict(
        zip((t.get_text() for t in axes.get_yticklabels()), axes.get_yticks(), strict=True)
    )
    assert ticks["10"] == pytest.approx(bar.get_ydata()[0])
    assert ticks["10"] < bar.get_ydata()[1] < ticks["100"]
    assert "10–15" in said(figure)


@pytest.mark.parametrize(
    ("reading", "text"),
    [
        (Reading(day=0, value=0.027), "0.027"),
        (Reading(day=0, value=84.9), "84.9"),
        (Reading(day=0, low=10, high=15), "10–15"),
        (Reading(day=0, low=120), "≥ 120"),
        (Reading(day=0, detected=False), "not detected"),
        (Reading(day=0, detected=False, limit=0.001), "not detected (< 0.001)"),
    ],
)
def test_a_reading_is_written_beside_its_mark(reading: Reading, text: str) -> None:
    assert reading_text(reading) == text


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"value": 1, "low": 1},
        {"value": 1, "detected": False},
        {"high": 3},
        {"value": 0},
        {"value": -2},
        {"low": 0, "high": 2},
    ],
)
def test_a_reading_is_one_thing_above_zero(given: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="reading"):
        Reading(day=0, **given)  # type: ignore[arg-type]


def test_a_moment_is_a_line_through_every_panel_with_its_label() -> None:
    figure = course_figure()
    for kind, day in (("withdrawal", 10), ("therapy", 85)):
        drawn = lines(figure, kind)
        assert [list(line.get_xdata()) for line in drawn] == [[day, day]] * 2
        for line, box in zip(drawn, panels(figure), strict=True):
            assert line.get_ydata()[0] == pytest.approx(box.bottom, abs=0.01)
            assert line.get_ydata()[1] > box.top
    assert [text.get_text() for text in texts(figure, "moment")] == ["drug held", "Patient 1"]


def test_kinds_of_moments_differ_by_dash() -> None:
    figure = course_figure()
    patterns = {str(lines(figure, kind)[0].get_linestyle()) for kind in ("withdrawal", "therapy")}
    assert len(patterns) == 2


def test_a_drug_of_unknown_start_comes_in_from_the_edge() -> None:
    figure = course_figure()
    (bar,) = (patch for patch in figure.axes[0].patches if patch.get_gid() == "drug")
    box = panels(figure)[0]
    assert bar.get_x() == pytest.approx(box.left)
    first, last = figure.axes[1].get_xlim()
    stop = box.left + (10 - first) / (last - first) * (box.right - box.left)
    assert bar.get_x() + bar.get_width() == pytest.approx(stop, abs=0.01)
    assert bar.get_y() > box.top


def test_days_begin_with_the_first_known_one() -> None:
    labels = [text.get_text() for text in course_figure().axes[-1].get_xticklabels()]
    assert labels[0] == "0"
    assert not any(label.startswith("−") for label in labels)


def test_many_moments_on_near_days_stay_apart() -> None:
    moments = tuple(CourseMoment(day, f"something on day {day}") for day in (0, 1, 2, 40, 41))
    readings = (Reading(day=0, value=5), Reading(day=41, value=1))
    check_drawn(draw_course(Course("P", (panel_of(*readings),), (), moments), width_cm=8.0))


def test_a_single_reading_is_drawn() -> None:
    check_drawn(draw_course(Course("P", (panel_of(Reading(day=0, value=3)),)), width_cm=8.0))
    check_drawn(draw_course(Course("P", (panel_of(Reading(day=0, detected=False)),)), width_cm=8.0))


def test_drugs_without_end_run_to_the_edge() -> None:
    course = Course("P", (panel_of(Reading(day=0, value=3)),), (DrugBar("drug", 0, None),))
    figure = draw_course(course, width_cm=8.0)
    (bar,) = (patch for patch in figure.axes[0].patches if patch.get_gid() == "drug")
    assert bar.get_x() + bar.get_width() == pytest.approx(panels(figure)[0].right)
    check_drawn(figure)


def test_a_grid_shows_every_patient_under_its_label() -> None:
    figure = draw_courses([a_course(f"Patient {i}") for i in range(5)])
    assert {f"Patient {i}" for i in range(5)} <= set(said(figure))
    lefts = sorted({round(box.left, 3) for box in panels(figure)})
    assert len(lefts) == 3
    assert len(panels(figure)) == 10
    check_drawn(figure)


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one course"):
        draw_courses([])
    with pytest.raises(ValueError, match="at least one panel"):
        Course("P", ())
    with pytest.raises(ValueError, match="at least one reading"):
        Series("s", ())
