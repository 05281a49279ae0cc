"""The risk table: per time, who was at risk, who had which event, who was censored.

It is the narrow waist of all time-to-event work: every estimator here reads risk tables
and nothing else, so that one implementation serves patients in memory and counts that a
warehouse or another site sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sequela.stats.arrays import Floats, Ints
from sequela.stats.labels import Labels, read_labels
from sequela.stats.risk_counts import Histories, count_by_group

__all__ = [
    "CountsAt",
    "Floats",
    "Ints",
    "RiskTable",
    "build_risk_tables",
    "counts_at",
    "over_causes",
    "relabel",
    "reverse",
]


@dataclass(frozen=True, slots=True)
class RiskTable:
    """Counts of one group at its distinct times, in rising order.

    `at_risk[i]` counts those with `entry < time[i] <= exit`, so events come before
    censorings at the same time. `events` has one column a cause, in the order of `causes`.
    `entered[i]` counts delayed entries at `time[i]`, who are at risk only after it; those at
    risk from the start are in no row of it.
    Shapes: `time`, `entered`, `at_risk`, `censored` are (T,), `events` is (T, causes).
    """

    group: str
    n: float
    time: Floats
    entered: Floats
    at_risk: Floats
    events: Floats
    censored: Floats
    causes: tuple[str, ...] = ("event",)

    @property
    def any_event(self) -> Floats:
        """Events of any cause at each time, (T,)."""
        return over_causes(self.events)


@dataclass(frozen=True, slots=True)
class CountsAt:
    """Where everyone of a group stands at each asked time; the counts always add up to n.

    `at_risk` counts `entry < t <= exit`; `censored_before` and `events_before` (all causes)
    count exits strictly before t; `not_entered` is zero unless entry was delayed.
    """

    time: Floats
    at_risk: Floats
    censored_before: Floats
    events_before: Floats
    not_entered: Floats


def over_causes(events: Floats) -> Floats:
    """The sum of events (..., causes) over the causes, (...); of one cause a view.

    Column by column, which is several times as fast as a sum along so short an axis.
    """
    if events.shape[-1] < 2:
        only: Floats = events[..., 0] if events.shape[-1] else np.zeros(events.shape[:-1])
        return only
    total: Floats = events[..., 0] + events[..., 1]
    for cause in range(2, events.shape[-1]):
        total += events[..., cause]
    return total


def build_risk_tables(
    exit_time: ArrayLike,
    event: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    group: Sequence[str] | NDArray[Any] | Labels | None = None,
    weights: ArrayLike | None = None,
    causes: tuple[str, ...] = ("event",),
) -> dict[str, RiskTable]:
    """One risk table a group, in the order of the group names; the key is "" without groups.

    All arrays are (N,), in any order. `event` is 0 for censored and 1..k for the causes.
    `entry` is the time since which a person was under observation; zero and earlier mean from
    the start. `group` may be names or `Labels`, which are coded once and far faster to read
    again; their order is then that of the tables. `weights` count a person several times (2
    means two such people). Nothing may be null: callers count the absent before, and
    ValueError says which array breaks the rule. Times that differ only by rounding become one
    time, the smallest of them, as `timefix` in R's survival does. Source: Andersen, Borgan,
    Gill and Keiding 1993, chapter III.
    """
    names, people = _check_histories(
        exit_time, event, entry=entry, group=group, weights=weights, causes=len(causes)
    )
    counted = count_by_group(people, groups=len(names), causes=len(causes))
    return {
        name: _table(name, time, counts, causes, whole=weights is None)
        for name, (time, counts) in zip(names, counted, strict=True)
    }


def counts_at(table: RiskTable, times: ArrayLike) -> CountsAt:
    """Who is at risk at each time, and who left before it; times may come in any order.

    Shapes are those of `times` (K,). A time after the last row has nobody at risk. The
    number at risk at t counts those who leave at t, as the risk table under a figure should.
    """
    asked = np.atleast_1d(np.asarray(times, dtype=float))
    if not bool(np.all(np.isfinite(asked))):
        raise ValueError("A time at which to count is missing or not finite.")
    before = np.searchsorted(table.time, asked, side="left")
    return CountsAt(
        time=asked,
        at_risk=np.append(table.at_risk, 0.0)[before],
        censored_before=_total_before(table.censored, before),
        events_before=_total_before(table.any_event, before),
        not_entered=table.entered.sum() - _total_before(table.entered, before),
    )


def reverse(table: RiskTable) -> RiskTable:
    """The table with censoring as the event and every event as a censoring.

    It is what the reverse Kaplan-Meier estimate of follow-up reads (Schemper and Smith,
    Control Clin Trials 1996;17:343). At one time the censorings, now events, come first:
    so does R's `survfit(Surv(time, 1 - status))`.
    """
    return RiskTable(
        group=table.group,
        n=table.n,
        time=table.time,
        entered=table.entered,
        at_risk=table.at_risk,
        events=table.censored[:, np.newaxis],
        censored=table.any_event,
        causes=("censored",),
    )


def relabel(table: RiskTable, group: str) -> RiskTable:
    """The same counts under another name of the group."""
    return replace(table, group=group)


def _total_before(counts: Floats, row: Ints) -> Floats:
    """The sum of `counts` over the rows before each of `row`."""
    totals: Floats = np.concatenate(([0.0], np.cumsum(counts)))[row]
    return totals


def _table(
    name: str, grid: Floats, counts: Floats, causes: tuple[str, ...], *, whole: bool
) -> RiskTable:
    """The table of one group, with the rows of the grid at which something happened in it."""
    exits = counts[:-1].sum(axis=0)
    late = bool(counts[-1].any())
    used = (exits > 0) | (counts[-1] > 0) if late else exits > 0
    if bool(used.all()):
        time = grid
    else:
        time, counts, exits = grid[used], counts[:, used], exits[used]
    del used
    entered, n = counts[-1], float(exits.sum())
    # Those who leave now or later, less those who enter now or later.
    at_risk = exits - entered if late or not whole else exits
    np.cumsum(at_risk[::-1], out=at_risk[::-1])
    if not whole:
        # Sums of fractional weights carry rounding, which must not keep a phantom at risk.
        at_risk = np.where(np.abs(at_risk - exits) <= 1e-12 * exits, exits, at_risk)
    return RiskTable(
        group=name,
        n=n,
        time=time,
        entered=entered,
        at_risk=at_risk,
        events=counts[1:-1].T,
        censored=counts[0],
        causes=causes,
    )


def _check_histories(
    exit_time: ArrayLike,
    event: ArrayLike,
    *,
    entry: ArrayLike | None,
    group: Sequence[str] | NDArray[Any] | Labels | None,
    weights: ArrayLike | None,
    causes: int,
) -> tuple[tuple[str, ...], Histories]:
    """The names of the groups, and the people."""
    exits = _check_numbers("exit_time", exit_time, None)
    code = _check_codes(event, exits.size, causes)
    if float(exits.min(initial=0.0)) < 0:
        raise ValueError("exit_time has a negative time; times count from the start.")
    weight = None if weights is None else _check_numbers("weights", weights, exits.size)
    if weight is not None and bool(np.any(weight < 0)):
        raise ValueError("weights has a negative weight.")
    start = None if entry is None else _check_numbers("entry", entry, exits.size)
    if start is not None:
        start = np.where(start > 0, start, -np.inf) if bool(np.any(start > 0)) else None
    names, label = _check_groups(group, exits.size)
    return names, Histories(exits, code, start, weight, label)


def _check_codes(event: ArrayLike, size: int, causes: int) -> Ints:
    """The codes of the events as whole numbers."""
    given = np.asarray(event)
    if given.dtype.kind not in "iub" or given.shape != (size,):
        given = _check_numbers("event", event, size)
    code: Ints = given.astype(np.intp, copy=False)
    broken = given.dtype.kind not in "iub" and bool(np.any(code != given))
    # Unsigned, a negative code lies far above the causes: one comparison instead of two.
    if broken or (size and int(code.view(np.uintp).max()) > causes):
        raise ValueError(f"event has a code outside 0 (censored) to {causes}.")
    return code


def _check_numbers(name: str, given: ArrayLike, size: int | None) -> Floats:
    numbers = np.asarray(given, dtype=float)
    if numbers.ndim != 1 or (size is not None and numbers.size != size):
        raise ValueError(f"{name} must be one number a person, like exit_time.")
    if not bool(np.all(np.isfinite(numbers))):
        raise ValueError(f"{name} has a missing or infinite value; count the absent before.")
    return numbers


def _check_groups(
    group: Sequence[str] | NDArray[Any] | Labels | None, size: int
) -> tuple[tuple[str, ...], Ints | None]:
    """The names of the groups in order and the place of each person's; None without groups."""
    if group is None:
        return ("",), None
    try:
        labels = read_labels(group).used()
    except ValueError as error:
        message = "group has a value that is not text; count the absent before."
        raise ValueError(message) from error
    if labels.code.size != size:
        raise ValueError("group must be one name a person, like exit_time.")
    return labels.levels, labels.code
