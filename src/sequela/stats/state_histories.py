"""Who was in which state from when to when: the rows that multi-state estimates are made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.risk_table import Floats, Ints, RiskTable, build_risk_tables


@dataclass(frozen=True, slots=True)
class StateHistories:
    """Stays (entry, exit] in a state, one or more a person, and what each ended in.

    `origin` and `target` (rows,) point into `states`; a target of -1 is no transition.
    `person` (rows,) counts from 0. An `entry` of 0 is from the start of time.
    """

    states: tuple[str, ...]
    person: Ints
    entry: Floats
    exit_time: Floats
    origin: Ints
    target: Ints


@dataclass(frozen=True, slots=True)
class TransitionTables:
    """Risk tables of the stays in each state, with the states they lead to as causes.

    Times are shared. `initial` (states,) is how many first came under observation in each state,
    `n` is how many people there are. A state that nobody was at risk in has no table.
    """

    states: tuple[str, ...]
    n: int
    initial: Floats
    tables: Mapping[str, RiskTable] = field(default_factory=dict)


def state_histories(
    person: Sequence[object],
    start: ArrayLike,
    stop: ArrayLike,
    origin: Sequence[str],
    target: Sequence[str],
    *,
    states: tuple[str, ...],
    allowed: Collection[tuple[str, str]] | None = None,
) -> StateHistories:
    """The checked rows (start, stop] of each person in a state; `target` "" is no transition.

    All are (rows,), in any order; a start of zero or before is from the start of time. The
    state graph is `allowed`, pairs of states; without it every change of state is. Nothing
    may be null. ValueError when a state is unknown, a transition is not of the graph, a row
    has no length, or someone's rows overlap or do not follow from one another.
    """
    begins, ends = np.asarray(start, dtype=float), np.asarray(stop, dtype=float)
    if not bool(np.all(np.isfinite(begins) & np.isfinite(ends) & (begins < ends))):
        raise ValueError("A stay has a missing time, or does not end after its start.")
    code = {name: index for index, name in enumerate(states)}
    if unknown := sorted({*origin, *target} - {*states, ""}):
        raise ValueError(f"'{unknown[0]}' is none of the states {', '.join(states)}.")
    _check_graph({(a, b) for a, b in zip(origin, target, strict=True) if b}, allowed)
    labels: dict[object, int] = {}
    people = np.array([labels.setdefault(one, len(labels)) for one in person], dtype=np.intp)
    histories = StateHistories(
        states=states,
        person=people,
        entry=np.maximum(begins, 0.0),
        exit_time=ends,
        origin=np.array([code[name] for name in origin], dtype=np.intp),
        target=np.array([code[name] if name else -1 for name in target], dtype=np.intp),
    )
    _check_paths(histories)
    return histories


def histories_from_times(
    first: str,
    entered: Mapping[str, ArrayLike],
    end: ArrayLike,
    *,
    allowed: Collection[tuple[str, str]] | None = None,
) -> StateHistories:
    """Histories of people who begin in `first` and enter other states at known times.

    `entered` has for each state the times (N,) of entering it, infinite for never; `end` (N,)
    is the last time of observation, after which entries do not count. Of states entered at
    one time the last in the mapping holds and the others are passed over; a state entered at
    zero is where the person begins. Nothing may be null; ValueError as `state_histories`.
    """
    names = tuple(entered)
    last = np.asarray(end, dtype=float)
    times = np.stack([np.asarray(given, dtype=float) for given in entered.values()], axis=1)
    if times.shape[0] != last.size or bool(np.any(np.isnan(times))):
        raise ValueError("A time of entering a state is missing, or there is not one a person.")
    rows: list[tuple[int, float, float, str, str]] = []
    for person, (moments, stop) in enumerate(zip(times.tolist(), last.tolist(), strict=True)):
        rows += _stays(person, first, list(zip(moments, names, strict=True)), stop)
    person_of, start, finish, origin, target = zip(*rows, strict=True) if rows else ((),) * 5
    states = (first, *names)
    return state_histories(person_of, start, finish, origin, target, states=states, allowed=allowed)


def transition_tables(histories: StateHistories) -> TransitionTables:
    """The risk tables by state, which all that follows reads; sites add theirs up."""
    names = [histories.states[code] for code in histories.origin]
    tables = build_risk_tables(
        histories.exit_time,
        histories.target + 1,
        entry=histories.entry,
        group=names,
        causes=histories.states,
    )
    order = np.lexsort((histories.entry, histories.person))
    _, first = np.unique(histories.person[order], return_index=True)
    begin = histories.origin[order[first]]
    return TransitionTables(
        states=histories.states,
        n=int(np.unique(histories.person).size),
        initial=np.bincount(begin, minlength=len(histories.states)).astype(float),
        tables=tables,
    )


def _stays(
    person: int, first: str, moments: list[tuple[float, str]], stop: float
) -> list[tuple[int, float, float, str, str]]:
    """One person's rows, from the moments of entering states in the order of the mapping."""
    state, since, rows = first, 0.0, []
    # Sorting is stable, so states of one time stay in the order of the mapping.
    for time, name in sorted((m for m in moments if m[0] <= stop), key=lambda m: m[0]):
        if time > since:
            rows.append((person, since, time, state, name))
            since = time
        elif rows:
            rows[-1] = (*rows[-1][:4], name)
        state = name
    if stop > since:
        rows.append((person, since, stop, state, ""))
    return rows


def _check_graph(found: set[tuple[str, str]], allowed: Collection[tuple[str, str]] | None) -> None:
    for origin, target in sorted(found):
        if origin == target:
            raise ValueError(f"A stay in '{origin}' ends in '{origin}': that is no transition.")
        if allowed is not None and (origin, target) not in allowed:
            raise ValueError(f"The state graph has no transition from '{origin}' to '{target}'.")


def _check_paths(histories: StateHistories) -> None:
    """Each person's rows must follow in time and begin in the state where the last ended."""
    order = np.lexsort((histories.entry, histories.person))
    person, entry = histories.person[order], histories.entry[order]
    stop, origin = histories.exit_time[order], histories.origin[order]
    target = histories.target[order]
    same = person[1:] == person[:-1]
    if bool(np.any(same & (entry[1:] < stop[:-1]))):
        raise ValueError("Someone's stays overlap in time.")
    reached = np.where(target >= 0, target, origin)[:-1]
    if bool(np.any(same & (origin[1:] != reached))):
        raise ValueError("Someone's stay does not begin in the state where the last one ended.")
