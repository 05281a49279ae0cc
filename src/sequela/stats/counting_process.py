"""Counting-process rows: intervals at risk with covariates, checked once for all regressions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sequela.stats.risk_table import Floats, Ints

# Times closer than this, absolutely or against the mean time, are one time: the tolerance
# of `timefix` in R's survival, the square root of the machine precision.
_SAME_TIME = float(np.sqrt(np.finfo(float).eps))
_LARGEST = 1e100


@dataclass(frozen=True, slots=True)
class CountingProcess:
    """Intervals (entry, exit] at risk, one row each; a person may have several.

    Shapes: `exit_row`, `entry_row` and the rest are (N,), `covariates` is (N, p), `time` is
    (T,) and rising. `exit_row` and `entry_row` point into `time`; an entry of -1 is from the
    start, and `entry_row` is None when everyone is. `stratum` and `cluster` are codes from 0
    or None. `weight` and `offset` are None when all are 1 and 0.
    """

    time: Floats
    exit_row: Ints
    entry_row: Ints | None
    event: NDArray[np.bool_]
    covariates: Floats
    stratum: Ints | None = None
    weight: Floats | None = None
    cluster: Ints | None = None
    offset: Floats | None = None

    @property
    def exit_time(self) -> Floats:
        """The time at which each interval ends, near-equal times merged."""
        times: Floats = self.time[self.exit_row]
        return times

    @property
    def case_weight(self) -> Floats:
        """The weight of each row; 1 where none was given."""
        return np.ones(self.event.size) if self.weight is None else self.weight


def build_counting_process(
    exit_time: ArrayLike,
    event: ArrayLike,
    *,
    covariates: ArrayLike,
    entry: ArrayLike | None = None,
    strata: Sequence[Any] | NDArray[Any] | None = None,
    weights: ArrayLike | None = None,
    cluster: Sequence[Any] | NDArray[Any] | None = None,
    offset: ArrayLike | None = None,
) -> CountingProcess:
    """The checked rows of a regression, in the order given.

    All are (N,) but `covariates`, (N, p) or (N,). `event` is 0 or 1. An `entry` of zero or
    before is from the start. `weights` count a row several times; a row of weight 0 counts for
    nothing. `strata` and `cluster` hold any labels. Nothing may be null: ValueError says which
    array breaks the rule. Times that differ only by rounding become one time, the smallest of
    them, as `timefix` in R's survival does. Source: Andersen and Gill, Ann Stat 1982;10:1100.
    """
    exits = _check_column("exit_time", exit_time, None)
    if bool(np.any(exits < 0)):
        raise ValueError("exit_time has a negative time; times count from the start.")
    died = _check_column("event", event, exits.size)
    if not bool(np.all((died == 0) | (died == 1))):
        raise ValueError("event has a code other than 0 (censored) and 1 (event).")
    weight = None if weights is None else _check_column("weights", weights, exits.size)
    if weight is not None and bool(np.any(weight < 0)):
        raise ValueError("weights has a negative weight.")
    time, exit_row, entry_row = _merge(exits, entry)
    return CountingProcess(
        time=time,
        exit_row=exit_row,
        entry_row=entry_row,
        event=died == 1,
        covariates=check_covariates(covariates, exits.size),
        stratum=_codes("strata", strata, exits.size),
        weight=weight,
        cluster=_codes("cluster", cluster, exits.size),
        offset=None if offset is None else _check_column("offset", offset, exits.size),
    )


def check_covariates(given: ArrayLike, size: int) -> Floats:
    """The covariates as an (N, p) array of finite numbers; ValueError when they are not.

    Also where the greatest of a column is beyond 1e100, or below 1e-100 without being 0: its
    variance would be no number.
    """
    numbers = np.asarray(given, dtype=float)
    numbers = numbers[:, np.newaxis] if numbers.ndim == 1 else numbers
    if numbers.ndim != 2 or numbers.shape[0] != size:
        raise ValueError("covariates must have one row for each exit_time.")
    # A sum is finite when all are; the copy that isfinite makes is spared for large arrays.
    if not np.isfinite(numbers.sum()) and not bool(np.all(np.isfinite(numbers))):
        raise ValueError("covariates has a missing or infinite value; count the absent before.")
    largest = np.maximum(numbers.max(axis=0, initial=0.0), -numbers.min(axis=0, initial=0.0))
    if bool(np.any((largest > _LARGEST) | ((largest > 0) & (largest < 1 / _LARGEST)))):
        raise ValueError("covariates has a column whose unit is too small or too large to use.")
    return numbers


def merge_times(times: Floats) -> tuple[Floats, Ints]:
    """Distinct times in rising order and the row of each time; near-equal times are one.

    A gap counts as rounding when it is at most 1.5e-8, absolutely or against the mean of the
    distinct times, as R's `aeqSurv` has it.
    """
    if times.size == 0:
        return times, np.zeros(0, dtype=np.intp)
    if float(times.max()) <= 10 * times.size + 10_000 and bool(np.all(times == np.floor(times))):
        return _whole_days(times.astype(np.intp))
    order = np.argsort(times)
    rising = times[order]
    new = np.concatenate(([True], rising[1:] > rising[:-1]))
    values = rising[new]
    gap = np.diff(values)
    apart = (gap > _SAME_TIME) & (gap > _SAME_TIME * float(np.mean(values)))
    first = np.concatenate(([True], apart))
    row = np.empty(times.size, dtype=np.intp)
    row[order] = (np.cumsum(first) - 1)[np.cumsum(new) - 1]
    return values[first], row


def stable_order(numbers: Ints) -> Ints:
    """The order of whole numbers from 0, equal ones as they stand.

    numpy sorts numbers of 16 bits in one pass: the low bits first, then the high ones, which
    is several times quicker than sorting the numbers themselves.
    """
    most = int(numbers.max(initial=0))
    if most < 1 << 16:
        return np.argsort(numbers.astype(np.uint16), kind="stable")
    if most >= 1 << 32:
        return np.argsort(numbers, kind="stable")
    low = np.argsort((numbers & 0xFFFF).astype(np.uint16), kind="stable")
    return low[np.argsort((numbers >> 16).astype(np.uint16)[low], kind="stable")]


def is_missing(value: Any) -> bool:
    """Whether a value is None or NaN."""
    return value is None or (isinstance(value, float | np.floating) and bool(np.isnan(value)))


def _whole_days(days: Ints) -> tuple[Floats, Ints]:
    """The same for whole days, by counting instead of sorting."""
    present = np.bincount(days) > 0
    return np.flatnonzero(present).astype(float), (np.cumsum(present) - 1)[days]


def _merge(exits: Floats, entry: ArrayLike | None) -> tuple[Floats, Ints, Ints | None]:
    if entry is None:
        return *merge_times(exits), None
    entries = _check_column("entry", entry, exits.size)
    late = entries > 0
    time, row = merge_times(np.concatenate((exits, entries[late])))
    exit_row, entry_row = row[: exits.size], np.full(exits.size, -1)
    entry_row[late] = row[exits.size :]
    if bool(np.any(entry_row >= exit_row)):
        raise ValueError("A row's entry is not before its exit: entry must be earlier.")
    return time, exit_row, entry_row if bool(late.any()) else None


def _check_column(name: str, given: ArrayLike, size: int | None) -> Floats:
    numbers = np.asarray(given, dtype=float)
    if numbers.ndim != 1 or (size is not None and numbers.size != size):
        raise ValueError(f"{name} must be one number a row, like exit_time.")
    if not bool(np.all(np.isfinite(numbers))):
        raise ValueError(f"{name} has a missing or infinite value; count the absent before.")
    return numbers


def _codes(name: str, labels: Sequence[Any] | NDArray[Any] | None, size: int) -> Ints | None:
    if labels is None:
        return None
    if len(labels) != size:
        raise ValueError(f"{name} must be one label a row, like exit_time.")
    if any(is_missing(label) for label in labels):
        raise ValueError(f"{name} has a missing label; count the absent before.")
    _, code = np.unique(np.asarray(labels), return_inverse=True)
    return code.astype(np.intp)
