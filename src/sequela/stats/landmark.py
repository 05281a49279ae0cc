"""Landmark analysis: groups by what had happened at a chosen time, and outcome after it.

Who was exposed (transplanted, say) by the landmark is known at the landmark, so it may make
groups from there on, which it may not from the start: the exposed have survived to be
exposed. The price is everyone whose outcome or observation ended before, and they are
counted here, by reason. Source: Anderson, Cain and Gelber, J Clin Oncol 1983;1:710.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sequela.stats.estimand import Estimand
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats, RiskTable, build_risk_tables

LeftOut = Literal["event by the landmark", "censored by the landmark", "entered after the landmark"]


@dataclass(frozen=True, slots=True)
class LandmarkCohort:
    """Who is analysed from the landmark on, in which group, and why the others are not.

    `kept` and `left_out` are (N,), in the order given; `left_out` is empty for the kept.
    `group` (kept,) has the `names` of exposed and not exposed. Times of `exit_time` (kept,)
    count from the landmark.
    """

    landmark: float
    kept: NDArray[np.bool_]
    left_out: tuple[str, ...]
    exit_time: Floats
    event: Floats
    group: tuple[str, ...]
    names: tuple[str, str] = ("exposed", "not exposed")

    def counts(self) -> dict[str, int]:
        """How many were left out for each reason, a reason that nobody had included."""
        return {reason: self.left_out.count(reason) for reason in get_args(LeftOut)}

    @property
    def absent(self) -> Absent:
        """Those left out, to whom a result from the landmark on does not apply."""
        return Absent(not_applicable=int(np.sum(~self.kept)))


def landmark_cohort(
    exit_time: ArrayLike,
    event: ArrayLike,
    exposure_time: ArrayLike,
    landmark: float,
    *,
    entry: ArrayLike | None = None,
    names: tuple[str, str] = ("exposed", "not exposed"),
) -> LandmarkCohort:
    """The cohort at the landmark: event-free, under observation, and grouped by exposure.

    Arrays are (N,). `event` is 0 or a cause from 1. `exposure_time` is infinite for those
    never exposed; exposure on the landmark itself counts. Whoever leaves on the landmark has
    left by it. Null is not allowed: ValueError names the array, as it does for a time before the
    start and an entry that is not before the exit.
    """
    exits, status = _numbers("exit_time", exit_time), _numbers("event", event)
    exposure = _numbers("exposure_time", exposure_time, finite=False)
    start = np.zeros(exits.size) if entry is None else _numbers("entry", entry)
    if not exits.shape == status.shape == exposure.shape == start.shape:
        raise ValueError("exit_time, event, exposure_time and entry must be one number a person.")
    if not (np.isfinite(landmark) and landmark >= 0):
        raise ValueError("A landmark is a time from the start on, not before it.")
    if bool(np.any(exits < 0)):
        raise ValueError("exit_time has a negative time; times count from the start.")
    if bool(np.any((start > 0) & (start >= exits))):
        raise ValueError("Someone's entry is not before the exit: entry must be earlier.")
    gone, late = exits <= landmark, start > landmark
    reasons = np.where(late, "entered after the landmark", "")
    reasons = np.where(gone & (status == 0), "censored by the landmark", reasons)
    reasons = np.where(gone & (status > 0), "event by the landmark", reasons)
    kept = ~(gone | late)
    return LandmarkCohort(
        landmark=float(landmark),
        kept=kept,
        left_out=tuple(str(reason) for reason in reasons),
        exit_time=exits[kept] - landmark,
        event=status[kept],
        group=tuple(names[0] if exposed else names[1] for exposed in exposure[kept] <= landmark),
        names=names,
    )


def landmark_tables(
    cohort: LandmarkCohort, *, causes: tuple[str, ...] = ("event",)
) -> dict[str, RiskTable]:
    """The risk tables of the groups at the landmark; times count from the landmark.

    All that reads risk tables (curves, log-rank, cumulative incidence) takes them.
    """
    return build_risk_tables(cohort.exit_time, cohort.event, group=cohort.group, causes=causes)


def estimate_landmark(
    cohort: LandmarkCohort, *, variable: str, absent: Absent = NOBODY_ABSENT
) -> list[Row]:
    """Who is analysed and who is left out, as rows at the time of the landmark.

    Statistics: `landmark_kept` about everyone and with each group as `level`, and
    `landmark_left_out` with each reason as `level`. They are about all N with known times;
    `absent` counts those without.
    """
    about = Estimand(
        variable=variable,
        n=cohort.kept.size,
        absent=absent,
        time=cohort.landmark,
        method="count at the landmark",
    )
    rows = [about.value("landmark_kept", int(cohort.kept.sum()))]
    rows += [
        about.of_level(name).value("landmark_kept", cohort.group.count(name))
        for name in cohort.names
    ]
    return rows + [
        about.of_level(reason).value("landmark_left_out", count)
        for reason, count in cohort.counts().items()
    ]


def _numbers(name: str, given: ArrayLike, *, finite: bool = True) -> Floats:
    numbers = np.asarray(given, dtype=float)
    if numbers.ndim != 1 or bool(np.any(np.isnan(numbers))):
        raise ValueError(f"{name} has a missing value; count the absent before.")
    if finite and not bool(np.all(np.isfinite(numbers))):
        raise ValueError(f"{name} has an infinite value.")
    return numbers
