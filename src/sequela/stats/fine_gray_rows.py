"""The rows on which a Cox model is a Fine-Gray model: strata, delayed entry, time, clusters.

A person with a competing event stays at risk after it, in rows of their own whose weight is
W(t) / W(X): W(t) = G(t-) H(t-), with G the probability of not being censored by t, and H that
of having come under observation by t. All else is a Cox model with Breslow's ties on these
rows: strata, covariates that change with time, clusters. Sources: Fine and Gray, J Am Stat
Assoc 1999;94:496; Geskus, Biometrics 2011;67:39, for delayed entry; `finegray` of R's
survival, whose fits these rows give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sequela.stats.labels import Labels, read_labels
from sequela.stats.risk_table import Floats, Ints, RiskTable, build_risk_tables


@dataclass(frozen=True, slots=True)
class FineGrayRows:
    """Intervals (entry, exit] at risk for one cause, one row or more a person; all (rows,).

    `person` points into the arrays given, and makes the clusters of the robust variance.
    `event` is 1 where the row ends in the cause. `weight` is 1 while a person is observed.
    """

    person: Ints
    entry: Floats
    exit_time: Floats
    event: Ints
    weight: Floats


def build_fine_gray_rows(
    exit_time: ArrayLike,
    event: ArrayLike,
    *,
    cause: int = 1,
    entry: ArrayLike | None = None,
    strata: Sequence[str] | NDArray[Any] | Labels | None = None,
) -> FineGrayRows:
    """The rows of a Fine-Gray model of the event code `cause`, for a weighted Cox model.

    Arrays are (N,). `event` is 0 for censored and 1.. for the causes; an `entry` of zero or
    before is from the start. With `strata` each has its own W, and the model should be
    stratified by it too. The fit takes W as known: its robust variance, with `person` as the
    cluster, leaves out what `fine_gray` adds for estimating G. At one time events come before
    censorings. Nothing may be null. ValueError when arrays do not fit together, nobody had the
    cause, or everyone at risk had left before others entered. Source:
    Geskus, Biometrics 2011;67:39.
    """
    exits, code = np.asarray(exit_time, dtype=float), np.asarray(event, dtype=float)
    if code.shape != exits.shape or not bool(np.all((code >= 0) & (code % 1 == 0))):
        raise ValueError("event must be one whole code a person: 0 censored, 1.. the causes.")
    if not bool(np.any(code == cause)):
        raise ValueError(f"Nobody had the event {cause}, so no rows can be made for it.")
    start = np.zeros(exits.size) if entry is None else np.asarray(entry, dtype=float)
    kind = np.where(code == 0, 0, np.where(code == cause, 1, 2))
    labels = read_labels(np.full(exits.size, "") if strata is None else strata).used()
    if labels.code.size != exits.size:
        raise ValueError("strata must be one name a person, like exit_time.")
    tables = build_risk_tables(
        exits, kind, entry=entry, group=labels, causes=("cause", "competing")
    )
    later = [
        _later(table, exits, np.flatnonzero((labels.code == place) & (kind == 2)))
        for place, table in enumerate(tables.values())
    ]
    person, begin, end, weight = (
        np.concatenate([part[column] for part in later]) for column in range(4)
    )
    return FineGrayRows(
        person=np.concatenate((np.arange(exits.size), person.astype(np.intp))),
        entry=np.concatenate((np.maximum(start, 0.0), begin)),
        exit_time=np.concatenate((exits, end)),
        event=np.concatenate((kind == 1, np.zeros(person.size))).astype(np.intp),
        weight=np.concatenate((np.ones(exits.size), weight)),
    )


def _later(table: RiskTable, exits: Floats, people: Ints) -> tuple[Floats, ...]:
    """Person, begin, end and weight of the rows after the competing events of `people`."""
    at = np.flatnonzero(table.events[:, 0])
    weight = _weights(table)
    own = np.searchsorted(table.time, exits[people], side="right") - 1
    # A row lasts over the times of the cause at which the weight is the same.
    new = np.append(True, np.diff(weight[at]) != 0)
    last = np.append(np.flatnonzero(new)[1:] - 1, at.size - 1) if at.size else at
    ends = at[last]
    first = np.searchsorted(ends, own, side="right")
    count = ends.size - first
    if bool(np.any((weight[own] == 0) & (count > 0))):
        raise ValueError("Everyone at risk had left before others entered: no weights are known.")
    which = np.repeat(np.arange(people.size), count)
    place = np.arange(which.size) - np.repeat(np.cumsum(count) - count, count) + first[which]
    before = np.where(place > 0, ends[place - 1] if ends.size else 0, 0)
    begin = np.maximum(table.time[before] * (place > 0), exits[people[which]])
    return (
        people[which].astype(float),
        begin,
        table.time[ends[place]],
        weight[ends[place]] / weight[own[which]],
    )


def _weights(table: RiskTable) -> Floats:
    """W just before each time of the table, (T,)."""
    left = table.at_risk - table.any_event
    kept = np.cumprod(1 - table.censored / np.where(left > 0, left, np.inf))
    free = np.concatenate(([1.0], kept[:-1]))
    # Those who had entered by a time and were still at risk after it.
    there = table.at_risk - table.any_event - table.censored + table.entered
    came = 1 - np.divide(table.entered, there, out=np.zeros_like(there), where=there > 0)
    known: Floats = np.cumprod(came[::-1])[::-1]
    return free * known
