"""The rows of a Cox model, laid out so that every sum over risk sets is one pass.

Only event times matter. A row is at risk at the event times `first` to `last` of its stratum,
so a sum over each risk set is a sum over equal `last`, added up backwards, less those who
enter later, added up the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sequela.stats.counting_process import CountingProcess
from sequela.stats.risk_table import Floats, Ints


@dataclass(frozen=True)
class RiskSets:
    """Standardised rows and the event times at which they are at risk.

    K event times, counted within strata and strata one after the other; M rows that are at
    risk at one of them or more. Rows dead at a tied time (two events or more) come first,
    `n_tied` of them, and each part is in the order of `last`. `covariates` is (p, M), centred
    on `centre` and divided by `scale`, both (p,); a constant has the scale 1. `row` (M,) says
    which row of the process each is. `spans` has the first and last event time of each
    stratum; `tied` (Q,) are the event times that are tied.
    """

    covariates: Floats
    centre: Floats
    scale: Floats
    row: Ints
    last: Ints
    first: Ints | None
    dead: NDArray[np.bool_]
    weight: Floats | None
    offset: Floats | None
    n_tied: int
    time_row: Ints
    spans: tuple[tuple[int, int], ...]
    deaths: Floats
    death_weight: Floats
    tied: Ints

    @property
    def n_times(self) -> int:
        """The number of event times, K."""
        return int(self.deaths.size)

    @cached_property
    def death_times(self) -> Ints:
        """The event time of each death, in the order of the rows."""
        return self.last[self.dead]

    @cached_property
    def tied_of_row(self) -> Ints:
        """For each row dead at a tied time, which of `tied` it is."""
        return np.searchsorted(self.tied, self.last[: self.n_tied])

    @cached_property
    def reach(self) -> Floats:
        """The largest absolute value of each standardised covariate, (p,)."""
        if self.row.size == 0:
            return np.ones(self.centre.size)
        most = np.maximum(self.covariates.max(axis=1), -self.covariates.min(axis=1))
        return np.where(most > 0, most, 1.0)

    def linear_predictor(self, beta: Floats) -> Floats:
        """The linear predictor of each row, (M,), at standardised coefficients (p,)."""
        eta: Floats = beta @ self.covariates
        return eta if self.offset is None else eta + self.offset

    def over_risk_sets(self, values: Floats) -> Floats:
        """The sum of `values` (M,) over each risk set, (K,)."""
        total = self.backwards(np.bincount(self.last, values, self.n_times))
        if self.first is None:
            return total
        # A row is not yet at risk at the times before `first`.
        later = self.backwards(np.bincount(self.first, values, self.n_times))
        not_yet = np.zeros_like(later)
        for start, stop in self.spans:
            not_yet[start : stop - 1] = later[start + 1 : stop]
        return total - not_yet

    def over_tied_deaths(self, values: Floats) -> Floats:
        """The sum of `values` (M,) over the deaths of each tied time, (Q,)."""
        return np.bincount(self.tied_of_row, values[: self.n_tied], self.tied.size)

    def backwards(self, values: Floats) -> Floats:
        """Sums of `values` (..., K) from the end of each stratum, so that none meets another."""
        sums = np.empty(values.shape)
        for start, stop in self.spans:
            part = values[..., start:stop][..., ::-1]
            sums[..., start:stop] = np.cumsum(part, axis=-1)[..., ::-1]
        return sums

    def while_at_risk(self, values: Floats) -> Floats:
        """For each row the sum of `values` (..., K) over its event times, (..., M)."""
        sums = np.empty(values.shape)
        for start, stop in self.spans:
            sums[..., start:stop] = np.cumsum(values[..., start:stop], axis=-1)
        until = sums[..., self.last]
        if self.first is not None:
            until -= (sums - values)[..., self.first]
        return until


def build_risk_sets(process: CountingProcess) -> RiskSets:
    """The layout of the rows; rows at risk at no event time, or of no weight, are left out."""
    counted = None if process.weight is None else process.weight > 0
    event = process.event if counted is None else process.event & counted
    cell = _cells(process)
    width = process.time.size
    key = np.unique(cell[event])
    last = np.searchsorted(key, cell, side="right") - 1
    first = _first_times(process, key, width)
    used = last >= first
    if counted is not None:
        used &= counted
    died = np.bincount(last[event], minlength=key.size)
    in_tie = event & (died[last] > 1)
    order = np.flatnonzero(used)
    place = np.where(in_tie[order], last[order], last[order] + key.size)
    order = order[np.argsort(place, kind="stable")]
    weight = None if process.weight is None else process.weight[order]
    dead = event[order]
    covariates, centre, scale = _standardise(process.covariates, order)
    return RiskSets(
        covariates=covariates,
        centre=centre,
        scale=scale,
        row=order,
        last=last[order],
        first=None if process.entry_row is None else first[order],
        dead=dead,
        weight=weight,
        offset=None if process.offset is None else process.offset[order],
        n_tied=int(in_tie.sum()),
        time_row=key % width if width else key,
        spans=_spans(key, width),
        deaths=died.astype(float),
        death_weight=np.bincount(
            last[order][dead], None if weight is None else weight[dead], key.size
        ).astype(float),
        tied=np.flatnonzero(died > 1),
    )


def _cells(process: CountingProcess) -> Ints:
    """One number for the stratum and time of each exit, rising within a stratum."""
    if process.stratum is None:
        return process.exit_row
    return process.stratum * process.time.size + process.exit_row


def _first_times(process: CountingProcess, key: Ints, width: int) -> Ints:
    """The first event time after each entry, counted over the strata."""
    if process.stratum is None and process.entry_row is None:
        return np.zeros(process.event.size, dtype=np.intp)
    stratum = 0 if process.stratum is None else process.stratum
    entry = -1 if process.entry_row is None else process.entry_row
    start = stratum * width + entry
    # An entry of -1 is the last cell of the stratum before: with side right its events
    # stay there.
    return np.searchsorted(key, start, side="right")


def _spans(key: Ints, width: int) -> tuple[tuple[int, int], ...]:
    """The first and one past the last event time of each stratum that has one."""
    if key.size == 0:
        return ()
    stratum = key // width
    starts = np.concatenate(([0], np.flatnonzero(np.diff(stratum)) + 1))
    stops = np.append(starts[1:], key.size)
    return tuple((int(a), int(b)) for a, b in zip(starts, stops, strict=True))


def _standardise(given: Floats, order: Ints) -> tuple[Floats, Floats, Floats]:
    """Covariates (p, M) with mean 0 and standard deviation 1, and both; one column a time."""
    p = given.shape[1]
    columns = np.empty((p, order.size))
    centre, scale = np.zeros(p), np.ones(p)
    if order.size == 0:
        return columns, centre, scale
    for j in range(p):
        column = given[:, j][order]
        centre[j] = column.mean()
        column -= centre[j]
        spread = float(np.sqrt(np.mean(column**2)))
        # What rounding leaves of a constant is no spread.
        if spread > 1e-12 * max(abs(centre[j]), float(np.max(np.abs(column)))):
            scale[j] = spread
            column /= spread
        else:
            column[:] = 0.0
        columns[j] = column
    return columns, centre, scale
