from __future__ import annotations

from itertools import combinations

import pytest

from sequela.display.label_places import Box, line_obstacles, place_labels, stack_labels

ROOM = Box(0, 0, 10, 10)


def test_a_lone_label_stands_above_its_point() -> None:
    (box,) = place_labels([(5, 5)], [(1, 0.2)], obstacles=[], bounds=ROOM)
    assert (box.left, box.right) == (4.5, 5.5)
    assert box.bottom > 5


def test_a_label_leaves_a_line_and_the_edge_alone() -> None:
    wall = line_obstacles((5, 0), (5, 10))
    (box,) = place_labels([(5, 5)], [(1, 0.2)], obstacles=wall, bounds=ROOM)
    assert all(box.overlap(piece) == 0 for piece in wall)
    (top,) = place_labels([(5, 9.95)], [(1, 0.2)], obstacles=[], bounds=ROOM)
    assert top.top <= 10


def test_labels_of_near_points_do_not_meet() -> None:
    points = [(5, 5), (5.2, 5.0), (5.4, 5.1)]
    boxes = place_labels(points, [(0.6, 0.2)] * 3, obstacles=[], bounds=ROOM)
    assert all(a.overlap(b) == 0 for a, b in combinations(boxes, 2))


@pytest.mark.parametrize(
    ("xs", "widths", "rows"),
    [
        ([1, 6], [2, 2], [0, 0]),
        ([1, 2], [3, 3], [1, 0]),
        ([1, 1], [3, 3], None),
        ([1, 9], [2, 5], [0, 0]),
        ([1, 9], [4, 5], [0, 1]),
        ([], [], []),
    ],
)
def test_labels_on_lines_share_a_row_where_they_can(
    xs: list[float], widths: list[float], rows: list[int] | None
) -> None:
    boxes = stack_labels(xs, widths, right=10)
    if rows is None:
        assert sorted(box.bottom for box in boxes) == [0, 1]
    else:
        assert [box.bottom for box in boxes] == rows
    assert all(box.right <= 10 for box in boxes)


def test_many_lines_each_have_a_row_and_cross_no_label() -> None:
    xs = [float(index) for index in range(8)]
    boxes = stack_labels(xs, [5.0] * 8, right=100)
    assert len({box.bottom for box in boxes}) == 8
    for x, own in zip(xs, boxes, strict=True):
        for other in boxes:
            if other.bottom < own.bottom:
                assert not other.left < x < other.right
