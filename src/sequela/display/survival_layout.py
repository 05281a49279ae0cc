"""Where the parts of a survival figure stand, in centimetres, before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sequela.display import style
from sequela.display.lettering import text_width, wrap_text
from sequela.display.survival_plot import SurvivalPlot, stairs

MARGIN, LINE, ROW, GAP = 0.15, 0.36, 0.35, 0.12
"""In centimetres: the edge, the pitch of text and of table rows, the gap between groups."""
BELOW_AXIS = 1.15
"""From the axis to the first row of the risk table, in centimetres."""
# As long as whole dashes of every pattern, so that no sample ends in a sliver.
SAMPLE, SHORT_SAMPLE = 0.76, 0.47


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in centimetres: the panel, and the lines of text above it."""

    width: float
    height: float
    left: float
    bottom: float
    panel_width: float
    panel_height: float
    warning: list[str] = field(default_factory=list)
    keys: list[list[int]] = field(default_factory=list)
    corner: tuple[float, float, str, str] | None = None

    @property
    def top(self) -> float:
        """The upper edge of the panel."""
        return self.bottom + self.panel_height


def lay_out(
    curves: Sequence[SurvivalPlot],
    end: float,
    width: float,
    annotations: Sequence[str],
    warning: str,
) -> Layout:
    """Places for curves over times from 0 to `end`, in a figure of this width."""
    counted = [curve for curve in curves if curve.has_counts]
    names = [
        text_width(name, style.SMALL) for curve in counted for _, name, _ in curve.count_rows
    ] or [0.0]
    left = max(1.55, MARGIN + max(names) + 0.3)
    panel_width = width - left - 0.35
    panel_height = min(0.54 * panel_width + 0.6, 7.2)
    lines = wrap_text(warning, width - 2 * MARGIN, size=style.BODY, face="italic")
    lines = lines if warning else []
    keys = _key_rows(curves, panel_width) if len(curves) > 1 else []
    corner = _free_corner(curves, end, (panel_width, panel_height), annotations)
    above = len(lines) + len(keys) + (0 if corner else len(annotations))
    rows = sum(len(curve.count_rows) + heads_its_counts(curve, curves) for curve in counted)
    bottom = BELOW_AXIS + ROW * rows + GAP * (max(len(counted), 1) - 1) - 0.1
    bottom += 0.32 if any(curve.turns_pale for curve in curves) else 0.0
    height = bottom + panel_height + above * LINE + (0.3 if above else 0.2)
    return Layout(width, height, left, bottom, panel_width, panel_height, lines, keys, corner)


def heads_its_counts(curve: SurvivalPlot, curves: Sequence[SurvivalPlot]) -> bool:
    """Whether the curve's name stands above its counts: not where they are everyone's."""
    return bool(curve.label) and all(one.has_counts for one in curves)


def _key_rows(curves: Sequence[SurvivalPlot], width: float) -> list[list[int]]:
    """The groups that stand in each line of the key."""
    rows: list[list[int]] = [[]]
    used = 0.0
    for index, curve in enumerate(curves):
        needed = key_width(curve)
        if rows[-1] and used + needed > width:
            rows.append([])
            used = 0.0
        rows[-1].append(index)
        used += needed
    return rows


def key_width(curve: SurvivalPlot) -> float:
    """What a group takes in the key, with the space after it."""
    return SAMPLE + 0.15 + text_width(curve.label, style.BODY) + 0.55


def _free_corner(
    curves: Sequence[SurvivalPlot], end: float, size: tuple[float, float], lines: Sequence[str]
) -> tuple[float, float, str, str] | None:
    """A corner of the panel (shares of it, and how text aligns) that no curve or band enters."""
    if not lines:
        return None
    wide = (max(text_width(line, style.BODY) for line in lines) + 0.3) / size[0]
    high = (len(lines) * LINE + 0.2) / size[1]
    corners = (
        (1.0, 1.0, "right", "top"),
        (0.0, 0.0, "left", "bottom"),
        (1.0, 0.0, "right", "bottom"),
        (0.0, 1.0, "left", "top"),
    )
    for x, y, across, up in corners:
        left, bottom = (x - wide if x else 0.0), (y - high if y else 0.0)
        span = (left * end, (left + wide) * end)
        rise = (bottom * 1.03, (bottom + high) * 1.03)
        if wide <= 1 and not any(_enters(curve, span, rise) for curve in curves):
            return x, y, across, up
    return None


def _enters(curve: SurvivalPlot, span: tuple[float, float], rise: tuple[float, float]) -> bool:
    """Whether curve or band comes into a box of times and survival."""
    if span[0] >= curve.end:
        return False
    _, survival, low, high = stairs(curve, max(span[0], 0.0), min(span[1], curve.end))
    floor, ceiling = np.fmin(low, survival), np.fmax(high, survival)
    return bool(((ceiling >= rise[0]) & (floor <= rise[1])).any())
