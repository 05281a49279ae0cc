"""Where lanes, columns and key of a swimmer plot stand, in centimetres, before drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from sequela.display import style
from sequela.display.lettering import text_width, wrap_text

MARGIN, LINE, LANE, KEY_LINE = 0.15, 0.32, 0.4, 0.42
"""In centimetres: the edge, and the pitch of headings, of lanes and of lines in the key."""
NOT_DATED = "Known, but not dated"
# Entries of the key that no kind can be called, whatever a study names its kinds.
FOLLOWED, ALIVE, DIED, UNKNOWN = "\0followed", "\0alive", "\0died", "\0unknown"
_GROUP, _NARROWEST = 0.46, 3.0


@dataclass(frozen=True, slots=True)
class Lane:
    """One patient's follow-up, times from the patient's time zero.

    `segments` are (start, stop, kind), `marks` (time, kind), both dated. `undated` are kinds of
    things that are known to have happened, with no time; they never stand on the axis.
    `unknown` are kinds of which the chart does not tell whether they happened: shown as `?`,
    because an empty place says that they did not.
    """

    label: str
    end: float
    status: Literal["dead", "alive"]
    segments: tuple[tuple[float, float, str], ...] = ()
    marks: tuple[tuple[float, str], ...] = ()
    undated: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class ColumnPlace:
    """The column of one undated kind: where its middle is, and its heading in lines."""

    kind: str
    x: float
    heading: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SwimmerPlan:
    """The panel's edges, the height of each lane and group heading, the columns and the key."""

    lanes: tuple[Lane, ...]
    width: float
    height: float
    left: float
    right: float
    bottom: float
    top: float
    lane_y: tuple[float, ...]
    group_y: tuple[tuple[float, str], ...]
    columns: tuple[ColumnPlace, ...]
    key: tuple[tuple[tuple[str, str], ...], ...]


def check_lanes(lanes: Sequence[Lane]) -> None:
    """Raise ValueError when there is no lane, or one whose follow-up has no end to draw."""
    if not lanes:
        raise ValueError("A swimmer plot needs at least one lane.")
    for lane in lanes:
        if not lane.end >= 0:
            raise ValueError("A lane needs an end of follow-up that is not before time zero.")


def plan_swimmer(
    lanes: Sequence[Lane], width: float, *, undated: Sequence[str], keyed: Sequence[str]
) -> SwimmerPlan:
    """Places for the lanes in a figure of this width.

    `undated` are the kinds that need a column, `keyed` those that need an entry in the key.
    Raises ValueError when the columns leave less than 3 cm for the axis.
    """
    widest = max(text_width(lane.label, style.SMALL) for lane in lanes)
    left = min(max(0.8, widest + 2.5 * MARGIN), 0.3 * width)
    columns, columns_width = _column_places(undated, width)
    right = width - columns_width - (0.55 if columns else 0.4)
    if right - left < _NARROWEST:
        raise ValueError(f"{len(undated)} columns leave no room for the axis; take a wider figure.")
    key = _key_rows(keyed, any(lane.unknown for lane in lanes), width - left - MARGIN)
    bottom = 1.0 + KEY_LINE * len(key) + MARGIN
    heading = max((len(column.heading) for column in columns), default=0)
    top = bottom + 0.1 + sum(height for height, _ in _rows(lanes))
    height = top + LINE * heading + (0.55 if columns else 0.05) + MARGIN
    lane_y, group_y = _row_places(lanes, top)
    return SwimmerPlan(
        tuple(lanes), width, height, left, right, bottom, top, lane_y, group_y, columns, key
    )


def _row_places(
    lanes: Sequence[Lane], top: float
) -> tuple[tuple[float, ...], tuple[tuple[float, str], ...]]:
    """The middle of each lane, and the base line of each group heading with its text."""
    lane_y, group_y, y = [], [], top
    for height, group in _rows(lanes):
        y -= height
        if group is None:
            lane_y.append(y + height / 2)
        else:
            group_y.append((y + 0.12, group))
    return tuple(lane_y), tuple(group_y)


def _rows(lanes: Sequence[Lane]) -> list[tuple[float, str | None]]:
    """Heights from the top: a heading carries its group, a lane carries None."""
    rows: list[tuple[float, str | None]] = []
    for group, members in groupby(lanes, key=lambda lane: lane.group):
        rows.extend([(_GROUP, group)] if group else [])
        rows.extend((LANE, None) for _ in members)
    return rows


def _column_places(kinds: Sequence[str], width: float) -> tuple[tuple[ColumnPlace, ...], float]:
    """Each undated kind with the middle of its column and its heading in lines; their width."""
    places: list[ColumnPlace] = []
    headings = [wrap_text(kind, 1.45, size=style.SMALL) for kind in kinds]
    widths = [max(text_width(line, style.SMALL) for line in lines) + 0.22 for lines in headings]
    short = text_width(NOT_DATED, style.SMALL, "italic") + 0.1 - sum(widths)
    if widths and short > 0:
        widths = [wide + short / len(widths) for wide in widths]
    x = width - MARGIN - sum(widths)
    for kind, lines, wide in zip(kinds, headings, widths, strict=True):
        places.append(ColumnPlace(kind, x + wide / 2, tuple(lines)))
        x += wide
    return tuple(places), sum(widths) + (MARGIN if widths else 0.0)


def _key_rows(
    kinds: Sequence[str], unknown: bool, width: float
) -> tuple[tuple[tuple[str, str], ...], ...]:
    """The entries (what is drawn, its label) that stand in each line of the key."""
    entries = [(FOLLOWED, "Follow-up"), (ALIVE, "Alive at last contact"), (DIED, "Died")]
    entries += [(kind, kind) for kind in kinds]
    entries += [(UNKNOWN, "Not known")] if unknown else []
    rows: list[list[tuple[str, str]]] = [[]]
    for entry in entries:
        taken = sum(entry_width(label) for _, label in (*rows[-1], entry))
        if rows[-1] and taken > width:
            rows.append([])
        rows[-1].append(entry)
    return tuple(tuple(row) for row in rows)


def entry_width(label: str) -> float:
    """What an entry takes in the key, with the space after it."""
    return 0.62 + text_width(label, style.SMALL) + 0.4
