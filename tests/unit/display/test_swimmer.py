from __future__ import annotations

import pytest
from drawn_figures import check_drawn, lines, place_cm, said, swimmer_figure, texts
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sequela.display.swimmer import Lane, draw_swimmer


def draw(*lanes: Lane, **settings: object) -> Figure:
    chosen = {"width_cm": 11.5, **settings}
    return draw_swimmer(lanes, unit="months", x_label="Time", **chosen)  # type: ignore[arg-type]


def bars(figure: Figure, gid: str) -> list[Rectangle]:
    return [
        bar for bar in figure.axes[1].patches if isinstance(bar, Rectangle) and bar.get_gid() == gid
    ]


LANES = (
    Lane("A", 30, "dead", ((0, 4, "First"), (4, 9, "Second")), ((6, "CR"),), ("Relapse",)),
    Lane("B", 12, "alive", undated=("CR", "Relapse"), unknown=("Transplant",)),
)


def test_a_bar_runs_from_zero_to_the_end_of_follow_up() -> None:
    followed = bars(draw(*LANES), "follow-up")
    assert [(bar.get_x(), bar.get_width()) for bar in followed] == [(0, 30), (0, 12)]


def test_the_dead_end_in_a_cross_and_the_living_in_an_arrow() -> None:
    figure = draw(*LANES)
    panel = figure.axes[1]
    ends = {
        status: [line for line in panel.lines if line.get_gid() == status]
        for status in ("dead", "alive")
    }
    assert [list(line.get_xdata()) for line in ends["dead"]] == [[30]]
    assert [list(line.get_xdata()) for line in ends["alive"]] == [[12]]
    assert ends["dead"][0].get_marker() == "x"
    assert ends["alive"][0].get_marker() != "x"


def test_what_is_dated_stands_on_the_axis() -> None:
    figure = draw(*LANES)
    assert [(b.get_x(), b.get_width()) for b in bars(figure, "segment")] == [(0, 4), (4, 5)]
    assert [list(line.get_xdata()) for line in lines(figure, "mark")] == [[6]]


def test_what_is_not_dated_stands_beyond_the_axis_in_its_column() -> None:
    figure = draw(*LANES)
    edge = place_cm(figure, figure.axes[1].patch).x1
    (relapse,), (response,) = lines(figure, "undated-Relapse"), lines(figure, "undated-CR")
    assert min(relapse.get_xdata()) > edge
    assert len(set(relapse.get_xdata())) == 1
    assert len(relapse.get_ydata()) == 2
    assert len(response.get_ydata()) == 1
    assert relapse.get_xdata()[0] != response.get_xdata()[0]
    assert relapse.get_marker() != response.get_marker()
    assert "Known, but not dated" in said(figure)


def test_a_kind_has_one_symbol_dated_or_not() -> None:
    figure = draw(*LANES)
    (dated,), (undated,) = lines(figure, "mark"), lines(figure, "undated-CR")
    assert dated.get_marker() == undated.get_marker()
    assert dated.get_color() == undated.get_color()


def test_not_known_is_a_question_mark_and_in_the_key() -> None:
    figure = draw(*LANES)
    assert len(texts(figure, "unknown")) == 2
    assert "Not known" in said(figure)
    assert "Not known" not in said(draw(LANES[0]))


def test_nothing_undated_needs_no_columns() -> None:
    figure = draw(Lane("A", 3, "alive"))
    assert "Known, but not dated" not in said(figure)
    check_drawn(figure)


def test_lanes_keep_the_order_given_under_their_group() -> None:
    lanes = [Lane(f"P{i}", 10 - i, "alive", group="One" if i < 3 else "Two") for i in range(6)]
    figure = draw(*lanes)
    heights = {text.get_text(): text.get_position()[1] for text in texts(figure, "lane")}
    groups = {text.get_text(): text.get_position()[1] for text in texts(figure, "group")}
    order = sorted({**heights, **groups}.items(), key=lambda item: -item[1])
    assert [name for name, _ in order] == ["One", "P0", "P1", "P2", "Two", "P3", "P4", "P5"]


def test_kinds_can_be_given_an_order() -> None:
    figure = draw(*LANES, kinds=("Transplant", "Relapse"))
    columns = ("Transplant", "Relapse", "CR")
    places = [
        text.get_position()[0]
        for name in columns
        for text in texts(figure)
        if text.get_text() == name and text.get_gid() is None
    ]
    assert places == sorted(places)
    assert len(places) == 3


def test_thirty_two_lanes_are_legible_on_one_page() -> None:
    kinds = ("Antileukemic therapy", "Complete response", "Allogeneic transplant", "Relapse")
    lanes = [
        Lane(f"{i:02}", 3.2 * i, "dead" if i % 2 else "alive", undated=kinds[: i % 5], group="G")
        for i in range(32)
    ]
    figure = draw(*lanes, width_cm=17.0)
    check_drawn(figure)
    assert figure.get_size_inches()[1] * 2.54 < 23


def test_the_figure_explains_its_marks() -> None:
    words = said(swimmer_figure())
    assert {"Follow-up", "Alive at last contact", "Died", "Induction", "CR"} <= set(words)


@pytest.mark.parametrize(
    ("lanes", "words"),
    [
        ((), "at least one lane"),
        ((Lane("A", -1, "dead"),), "not before time zero"),
        ((Lane("A", float("nan"), "dead"),), "not before time zero"),
        ((Lane("A", 1, "dead", undated=tuple("abcdefghijk")),), "11 kinds of marks"),
        ((Lane("A", 1, "dead", tuple((0, 1, k) for k in "abcdefg")),), "7 kinds of bars"),
    ],
)
def test_what_cannot_be_drawn_is_refused(lanes: tuple[Lane, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        draw(*lanes)


def test_columns_that_crowd_out_the_axis_are_refused() -> None:
    lane = Lane("A", 1, "dead", undated=tuple(f"Kind number {i}" for i in range(8)))
    with pytest.raises(ValueError, match="take a wider figure"):
        draw(lane, width_cm=8.0)
