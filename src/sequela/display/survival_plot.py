"""One group's survival as plain numbers, ready to be drawn, and what must hold of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SurvivalPlot:
    """One group's curve and counts, as plain numbers.

    `time`, `survival`, `low`, `high` are (T,): the curve just after each time, from 0 to 1; a
    null bound (nan) leaves the band out there. `censor_time`, `censor_survival` are (C,).
    `ticks_*` are (ticks,): at risk, and up to then censored and with the event, whose row is
    called `event_name`; `more_counts` are further rows, such as competing events. From
    `faint_from` on the curve is drawn pale; None means nowhere. `start` is the value at time
    zero: 1 for survival, 0 for an incidence. Without `has_counts` no rows stand below, because
    another curve of the same patients has them. `enters` says that patients come into the group
    later on, so that its numbers at risk may rise.
    """

    label: str
    time: ArrayLike
    survival: ArrayLike
    low: ArrayLike
    high: ArrayLike
    censor_time: ArrayLike
    censor_survival: ArrayLike
    ticks_at_risk: Sequence[float]
    ticks_censored: Sequence[float]
    ticks_events: Sequence[float]
    faint_from: float | None = None
    event_name: str = "Events"
    more_counts: tuple[tuple[str, Sequence[float]], ...] = ()
    start: float = 1.0
    has_counts: bool = True
    enters: bool = False

    @property
    def count_rows(self) -> tuple[tuple[str, str, Sequence[float]], ...]:
        """The rows of the risk table: what they are, their names and their counts."""
        if not self.has_counts:
            return ()
        return (
            ("ticks_at_risk", "At risk", self.ticks_at_risk),
            ("ticks_censored", "Censored", self.ticks_censored),
            ("ticks_events", self.event_name, self.ticks_events),
            *(("ticks_more", name, counts) for name, counts in self.more_counts),
        )

    @property
    def end(self) -> float:
        """The last time of the curve, an event or a censoring."""
        return float(max([0.0, *floats(self.time), *floats(self.censor_time)]))

    @property
    def turns_pale(self) -> bool:
        """Whether any of the curve is drawn pale."""
        return self.faint_from is not None and self.faint_from < self.end


def few_at_risk_from(time: ArrayLike, at_risk: ArrayLike, *, n: float) -> float | None:
    """The time after which fewer than 5, or than a tenth of `n`, are at risk to the end.

    `time` and `at_risk` are (T,), times rising, counts just before each. None when there always
    are as many. What a curve does there rests on few patients (Pocock, Lancet 2002;359:1686);
    the two limits are this project's own.
    """
    times, enough = floats(time), floats(at_risk) >= max(5.0, 0.1 * n)
    kept = np.flatnonzero(enough)
    if not kept.size:
        return 0.0
    return None if kept[-1] == times.size - 1 else float(times[kept[-1]])


def floats(values: ArrayLike) -> Floats:
    """The values as a flat array."""
    return np.asarray(values, dtype=np.float64).reshape(-1)


def check_counts(curves: Sequence[SurvivalPlot], ticks: Sequence[float]) -> None:
    """Raise ValueError for a risk table that does not hold everyone of a group at every tick."""
    for curve in curves:
        counts = [row for _, _, row in curve.count_rows]
        if not counts and curve.has_counts is False:
            continue
        if {len(row) for row in counts} != {len(ticks)} or not ticks:
            raise ValueError(f"Group '{curve.label}' needs one count of each kind for each tick.")
        totals = {round(sum(column), 6) for column in zip(*counts, strict=True)}
        if len(totals) != 1:
            raise ValueError(
                f"Group '{curve.label}': at risk, censored and events add up to "
                f"{', '.join(f'{total:g}' for total in sorted(totals))} at different ticks; "
                "they must be the same N at every one."
            )
        at_risk, censored, events = (np.diff(floats(row)) for row in counts[:3])
        rises = (at_risk > 0).any() and not curve.enters
        if rises or (censored < 0).any() or (events < 0).any():
            raise ValueError(f"Group '{curve.label}': a cumulative count goes the wrong way.")


def stairs(curve: SurvivalPlot, start: float, stop: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Times from `start` to `stop` where the curve steps, with curve and bounds just after each."""
    known = floats(curve.time)
    inside = known[(known > start) & (known < stop)]
    times = np.unique(np.concatenate([[start], inside, [stop]]))
    steps = np.searchsorted(known, times, side="right")
    columns = (curve.survival, curve.low, curve.high)
    values = [np.concatenate([[curve.start], floats(column)])[steps] for column in columns]
    return times, values[0], values[1], values[2]
