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

from sequela.stats.counting_process import CountingProcess, stable_order
from sequela.stats.risk_table import Floats, Ints

_CHUNK = 1 << 14
# Summing runs of rows is quicker than one cell a row when runs are longer than this.
_LONG_RUN = 8


@dataclass(frozen=True)
class RiskSets:
    """Standardised rows and the event times at which they are at risk.

    K event times, counted within strata and strata one after the other; M rows that are at
    risk at one of them or more. Rows dead at a tied time (two events or more) come first,
    `n_tied` of them, and each part is in the order of `last`. `covariates` is (p, M), centred
    on `centre` and divided by `scale`, both (p,); a constant has the scale 1. `row` (M,) says
    which row of the process each is. `spans` has the first and last event time of each
    stratum, `time_row` and `time_stratum` (K,) which time of which stratum each is; `tied`
    (Q,) are the event times that are tied.
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
    time_stratum: Ints
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
    def _runs(self) -> Ints:
        """Where rows of the same `last` begin; a time has one run in each part or none."""
        change = np.flatnonzero(np.diff(self.last)) + 1
        if 0 < self.n_tied < self.row.size:
            # By its place: numpy's union hashes all, which takes longer than the whole fit.
            place = int(np.searchsorted(change, self.n_tied))
            if place == change.size or change[place] != self.n_tied:
                change = np.insert(change, place, self.n_tied)
        return np.concatenate(([0], change)) if self.row.size else change

    @cached_property
    def tied_steps(self) -> tuple[Ints, Ints, Floats, Floats]:
        """Efron's denominators at tied times: the number of each time's and where they begin,
        and of each denominator the fraction of the dying that it leaves out and its weight.
        """
        count = self.deaths[self.tied].astype(np.intp)
        start = np.cumsum(count) - count
        step = np.arange(int(count.sum())) - np.repeat(start, count)
        share = np.repeat(self.death_weight[self.tied] / count, count)
        return count, start, step / np.repeat(count, count), share

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
        total = self.backwards(self._by_last(values))
        if self.first is None:
            return total
        # A row is not yet at risk at the times before `first`.
        later = self.backwards(_sums(self.first, values, self.n_times))
        not_yet = np.append(later[1:], 0.0)
        not_yet[[stop - 1 for _, stop in self.spans]] = 0.0
        at_risk: Floats = total - not_yet
        return at_risk

    def over_tied_deaths(self, values: Floats) -> Floats:
        """The sum of `values` (M,) over the deaths of each tied time, (Q,)."""
        if self.tied.size == 0:
            return np.zeros(0)
        return np.add.reduceat(values[: self.n_tied], self._runs[: self.tied.size])

    def _by_last(self, values: Floats) -> Floats:
        """The sum of `values` (M,) over the rows of each last event time, (K,)."""
        if _LONG_RUN * self._runs.size > self.row.size:
            return _sums(self.last, values, self.n_times)
        part = np.add.reduceat(values, self._runs)
        return _sums(self.last[self._runs], part, self.n_times)

    def backwards(self, values: Floats) -> Floats:
        """Sums of `values` (..., K) from the end of each stratum, so that none meets another."""
        if self._steps:
            sums = values.copy()
            for before, after in reversed(self._steps):
                sums[..., before] += sums[..., after]
            return sums
        sums = np.empty(values.shape)
        for start, stop in self.spans:
            part = values[..., start:stop][..., ::-1]
            sums[..., start:stop] = np.cumsum(part, axis=-1)[..., ::-1]
        return sums

    def forwards(self, values: Floats) -> Floats:
        """The same from the start of each stratum."""
        if self._steps:
            sums = values.copy()
            for before, after in self._steps:
                sums[..., after] += sums[..., before]
            return sums
        sums = np.empty(values.shape)
        for start, stop in self.spans:
            sums[..., start:stop] = np.cumsum(values[..., start:stop], axis=-1)
        return sums

    @cached_property
    def _steps(self) -> list[tuple[Ints, Ints]]:
        """Neighbouring event times, the first two of every stratum, the second two and so on.

        Empty when strata are fewer than the event times of the longest: then each is summed
        by itself.
        """
        starts, stops = np.array(self.spans, dtype=np.intp).reshape(-1, 2).T
        length = stops - starts
        longest = int(length.max(initial=0))
        if longest >= starts.size:
            return []
        after = [starts[length > k] + k for k in range(1, longest)]
        return [(now - 1, now) for now in after]

    def while_at_risk(self, values: Floats) -> Floats:
        """For each row the sum of `values` (..., K) over its event times, (..., M)."""
        sums = self.forwards(values)
        until = sums[..., self.last]
        if self.first is not None:
            until -= (sums - values)[..., self.first]
        return until


def _sums(place: Ints, values: Floats | None, size: int) -> Floats:
    """The sum of the values at each place, or their number; as numbers, also where none."""
    return np.bincount(place, values, size).astype(float, copy=False)


def build_risk_sets(process: CountingProcess) -> RiskSets:
    """The layout of the rows; rows at risk at no event time, or of no weight, are left out.

    Null cannot be in a process. Sources of the tie methods: Efron, J Am Stat Assoc
    1977;72:557; Breslow, Biometrics 1974;30:89.
    """
    event, counted = process.event, None
    if process.weight is not None and not bool(np.all(process.weight > 0)):
        counted = process.weight > 0
        event = event & counted
    width = process.time.size
    key, last, first = _event_times(process, event)
    used = last >= 0 if first is None else last >= first
    if counted is not None:
        used &= counted
    died = np.bincount(last[event], minlength=key.size)
    order = _order(last, used, event & (died[last] > 1) if key.size else event, key.size)
    weight = None if process.weight is None else process.weight[order]
    dead, last = event[order], last[order]
    deaths_of = None if weight is None else weight[dead]
    covariates, centre, scale = _standardise(process.covariates, order)
    return RiskSets(
        covariates=covariates,
        centre=centre,
        scale=scale,
        row=order,
        last=last,
        first=None if first is None or process.entry_row is None else first[order],
        dead=dead,
        weight=weight,
        offset=None if process.offset is None else process.offset[order],
        n_tied=int(died[died > 1].sum()),
        time_row=key % width if width else key,
        time_stratum=key // width if width else key,
        spans=_spans(key, width),
        deaths=died.astype(float),
        death_weight=_sums(last[dead], deaths_of, key.size),
        tied=np.flatnonzero(died > 1),
    )


def _event_times(
    process: CountingProcess, event: NDArray[np.bool_]
) -> tuple[Ints, Ints, Ints | None]:
    """Event times as stratum * T + time, (K,), and the last and first of each row, (N,).

    First is None when every row is at risk from the first time on.
    """
    width = process.time.size
    base: Ints | int = 0 if process.stratum is None else process.stratum * width
    leaves = base + process.exit_row
    whole = process.stratum is None and process.entry_row is None
    # An entry of -1 is the last place of the stratum before, whose events are all before.
    enters = base + (-1 if process.entry_row is None else process.entry_row)
    most = int(leaves.max(initial=0)) + 1
    if most > 4 * event.size:
        key = np.unique(leaves[event])
        last = np.searchsorted(key, leaves, side="right") - 1
        return key, last, None if whole else np.searchsorted(key, enters, side="right")
    happened = np.bincount(leaves[event], minlength=most) > 0
    until = np.concatenate(([0], np.cumsum(happened)))
    first = None if whole else until[np.asarray(enters) + 1]
    return np.flatnonzero(happened), until[leaves + 1] - 1, first


def _order(last: Ints, used: NDArray[np.bool_], in_tie: NDArray[np.bool_], n_times: int) -> Ints:
    """The used rows, those dead at a tied time first, each part by the last event time."""
    rows = np.arange(used.size) if used.all() else np.flatnonzero(used)
    return rows[stable_order(last[rows] + n_times * ~in_tie[rows])]


def _spans(key: Ints, width: int) -> tuple[tuple[int, int], ...]:
    """The first and one past the last event time of each stratum that has one."""
    if key.size == 0:
        return ()
    stratum = key // width
    starts = np.concatenate(([0], np.flatnonzero(np.diff(stratum)) + 1))
    stops = np.append(starts[1:], key.size)
    return tuple((int(a), int(b)) for a, b in zip(starts, stops, strict=True))


def _standardise(given: Floats, order: Ints) -> tuple[Floats, Floats, Floats]:
    """Covariates (p, M) with mean 0 and standard deviation 1, and both (p,)."""
    p = given.shape[1]
    columns = np.empty((p, order.size))
    centre, scale = np.zeros(p), np.ones(p)
    for start in range(0, order.size, _CHUNK):
        part = order[start : start + _CHUNK]
        columns[:, start : start + part.size] = given[part].T
    if order.size == 0:
        return columns, centre, scale
    for j in range(p):
        column = columns[j]
        centre[j] = column.mean()
        np.subtract(column, centre[j], out=column)
        spread = float(np.sqrt(column @ column / column.size))
        # What rounding leaves of a constant is no spread.
        if spread > 1e-12 * max(abs(centre[j]), float(np.max(np.abs(column)))):
            scale[j] = spread
            np.divide(column, spread, out=column)
        else:
            column[:] = 0.0
    return columns, centre, scale
