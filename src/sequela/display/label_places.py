"""Where labels stand so that they touch neither each other nor what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in centimetres."""

    left: float
    bottom: float
    right: float
    top: float

    def overlap(self, other: Box) -> float:
        """The area that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(wide, 0.0) * max(high, 0.0)

    def outside(self, bounds: Box) -> float:
        """How far the box sticks out of `bounds`, summed over its sides."""
        return (
            max(bounds.left - self.left, 0.0)
            + max(self.right - bounds.right, 0.0)
            + max(bounds.bottom - self.bottom, 0.0)
            + max(self.top - bounds.top, 0.0)
        )


def place_labels(
    points: Sequence[Point],
    sizes: Sequence[Point],
    *,
    obstacles: Sequence[Box],
    bounds: Box,
    gap: float = 0.13,
) -> list[Box]:
    """A box for the label of each point, in the order of the points.

    Above is tried first, then right, left, below and the diagonals; the place that covers
    least of the obstacles, of the points and of earlier labels wins, and the edge counts most.
    """
    marks = [Box(x - 0.08, y - 0.08, x + 0.08, y + 0.08) for x, y in points]
    placed: list[Box] = []
    for point, size in zip(points, sizes, strict=True):
        taken = [*obstacles, *marks, *placed]
        choices = _around(point, size, gap)
        costs = [
            10 * box.outside(bounds) + sum(map(box.overlap, taken)) + 1e-4 * rank
            for rank, box in enumerate(choices)
        ]
        placed.append(choices[costs.index(min(costs))])
    return placed


def _around(point: Point, size: Point, gap: float) -> list[Box]:
    """The boxes of this size around a point, best first."""
    (x, y), (wide, high) = point, size
    near = 0.6 * gap
    corners = (
        (x - wide / 2, y + gap),
        (x + gap, y - high / 2),
        (x - gap - wide, y - high / 2),
        (x - wide / 2, y - gap - high),
        (x + near, y + near),
        (x - near - wide, y + near),
        (x + near, y - near - high),
        (x - near - wide, y - near - high),
    )
    return [Box(left, bottom, left + wide, bottom + high) for left, bottom in corners]


def line_obstacles(start: Point, stop: Point, *, step: float = 0.12) -> list[Box]:
    """Small boxes along a straight line."""
    (x0, y0), (x1, y1) = start, stop
    count = max(2, round(max(abs(x1 - x0), abs(y1 - y0)) / step) + 1)
    along = [index / (count - 1) for index in range(count)]
    half = step / 3
    middles = [(x0 + share * (x1 - x0), y0 + share * (y1 - y0)) for share in along]
    return [Box(x - half, y - half, x + half, y + half) for x, y in middles]


def stack_labels(xs: Sequence[float], widths: Sequence[float], *, right: float) -> list[Box]:
    """Rows for labels that hang on vertical lines reaching up from below.

    Each box has the label's span and, as its `bottom`, its row counted from 0, the lowest. A
    label starts at its line, or ends there when it would pass `right`. No line that goes up to
    its own label crosses another label.
    """
    spans = [
        (x, x + wide) if x + wide <= right else (x - wide, x)
        for x, wide in zip(xs, widths, strict=True)
    ]
    count = len(spans)
    # Few lines are looked at in every arrangement; many each get a row, rightmost lowest.
    every = product(range(count), repeat=count) if count <= 5 else ()
    fitting = [rows for rows in every if not _crossing(xs, spans, rows)]
    order = sorted(range(count), key=lambda index: -xs[index])
    spare = tuple(order.index(index) for index in range(count))
    rows = min(fitting, key=lambda rows: (max(rows, default=0), sum(rows)), default=spare)
    return [Box(a, row, b, row + 1) for (a, b), row in zip(spans, rows, strict=True)]


def _crossing(xs: Sequence[float], spans: Sequence[Point], rows: Sequence[int]) -> bool:
    """Whether two labels share a place, or a line runs through a label."""
    slack = 0.02
    for i, (left, right) in enumerate(spans):
        for j, (other_left, other_right) in enumerate(spans):
            if i == j:
                continue
            if rows[i] == rows[j] and left < other_right + 0.1 and other_left < right + 0.1:
                return True
            if rows[j] > rows[i] and left + slack < xs[j] < right + slack:
                return True
    return False
