from __future__ import annotations

from itertools import combinations

import pytest
from drawn_figures import check_drawn, flow_figure, said
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Annotation

from sequela.display.flow_diagram import FlowStep, draw_flow

STEPS = (
    FlowStep("Screened", None, "unknown", (("Excluded", None),)),
    FlowStep("Included", 32, excluded=(("Not treated", 3), ("Held only", 1))),
    FlowStep("Treated", 28, branches=(FlowStep("Transplanted", 13), FlowStep("Not", 15))),
)


def boxes(figure: Figure) -> list[FancyBboxPatch]:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]


def arrows(figure: Figure) -> list[Annotation]:
    return [text for text in figure.axes[0].texts if isinstance(text, Annotation)]


def test_every_count_is_printed_once() -> None:
    figure = draw_flow(STEPS, width_cm=11.5)
    words = said(figure)
    for count in (32, 28, 13, 15):
        assert words.count(f"n = {count}") == 1
    assert {"Not treated (n = 3)", "Held only (n = 1)"} <= set(words)


def test_an_unknown_count_is_said_and_dashed() -> None:
    figure = draw_flow(STEPS, width_cm=11.5)
    assert "not published" in said(figure)
    assert "Excluded (not published)" in said(figure)
    dashed = [box for box in boxes(figure) if box.get_gid() == "unknown"]
    assert len(dashed) == 2
    assert all(box.get_linestyle() != "solid" for box in dashed)


def test_the_caller_says_how_unknown_is_called() -> None:
    step = FlowStep("Screened", None, "unknown", unknown_text="not recorded")
    assert "not recorded" in said(draw_flow([step], width_cm=8.0))


def test_steps_go_down_exclusions_to_the_right_branches_side_by_side() -> None:
    drawn = boxes(draw_flow(STEPS, width_cm=11.5))
    main, branches, side = drawn[:3], drawn[3:5], drawn[5:]
    assert [box.get_y() for box in main] == sorted((box.get_y() for box in main), reverse=True)
    assert len({box.get_x() for box in main}) == 1
    middle = main[0].get_x() + main[0].get_width() / 2
    assert all(box.get_x() > middle for box in side)
    for above, aside, below in zip(main, side, main[1:], strict=False):
        assert above.get_y() > aside.get_y() + aside.get_height()
        assert aside.get_y() > below.get_y() + below.get_height()
    assert len({box.get_y() for box in branches}) == 1
    assert len({box.get_height() for box in branches}) == 1


@pytest.mark.parametrize("width", [8.0, 11.5, 17.0])
def test_no_box_stands_on_another(width: float) -> None:
    figure = draw_flow(STEPS, width_cm=width)
    for one, other in combinations(boxes(figure), 2):
        beside = (
            one.get_x() + one.get_width() <= other.get_x()
            or other.get_x() + other.get_width() <= one.get_x()
        )
        above = (
            one.get_y() >= other.get_y() + other.get_height()
            or other.get_y() >= one.get_y() + one.get_height()
        )
        assert beside or above
    check_drawn(figure)


def test_an_arrow_leads_to_every_box_but_the_first() -> None:
    figure = draw_flow(STEPS, width_cm=11.5)
    assert len(arrows(figure)) == len(boxes(figure)) - 1
    tips = {(round(arrow.xy[0], 6), round(arrow.xy[1], 6)) for arrow in arrows(figure)}
    first, *others = boxes(figure)
    for box in others:
        top = (box.get_x() + box.get_width() / 2, box.get_y() + box.get_height())
        side = (box.get_x(), box.get_y() + box.get_height() / 2)
        assert {tuple(round(c, 6) for c in place) for place in (top, side)} & tips
    assert first.get_gid() == "unknown"


def test_exclusions_after_the_last_box_are_shown() -> None:
    last = FlowStep("Treated", 28, excluded=(("Lost", 2),))
    figure = draw_flow([last], width_cm=8.0)
    assert "Lost (n = 2)" in said(figure)
    assert len(arrows(figure)) == 1
    check_drawn(figure)


def test_long_labels_are_wrapped_never_cut() -> None:
    label = "Patients with acute lymphoblastic leukemia that arose during long maintenance"
    words = " ".join(said(flow_figure(label)))
    assert "…" not in words
    assert "maintenance" in words


def test_zero_is_a_count() -> None:
    figure = draw_flow([FlowStep("None left", 0, excluded=(("All", 0),))], width_cm=8.0)
    assert {"n = 0", "All (n = 0)"} <= set(said(figure))


def test_what_makes_no_diagram_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one box"):
        draw_flow([], width_cm=8.0)
    with pytest.raises(ValueError, match="Only the last box"):
        draw_flow([STEPS[2], STEPS[1]], width_cm=8.0)
    with pytest.raises(ValueError, match="a number goes with state 'ok'"):
        FlowStep("A", None)
    with pytest.raises(ValueError, match="a number goes with state 'ok'"):
        FlowStep("A", 3, "unknown")
    with pytest.raises(ValueError, match="cannot branch or exclude again"):
        FlowStep("A", 3, branches=(STEPS[2],))
