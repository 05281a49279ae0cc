"""Risk tables of several sites added up: the table of all their people together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sequela.stats.risk_table import Floats, RiskTable, counts_at
from sequela.stats.state_histories import TransitionTables


def pool_risk_tables(tables: Sequence[RiskTable], *, group: str = "") -> RiskTable:
    """One table of everyone in the tables, under the name `group`.

    Times are taken as they are: sites must give the same unit and the same rounding. All that
    is estimated from the pooled table equals what the pooled people would give. ValueError
    without a table, or when the tables do not have the same causes.
    """
    if len({table.causes for table in tables}) != 1:
        raise ValueError("Pooling needs risk tables, all with the same causes.")
    time = np.unique(np.concatenate([table.time for table in tables]))
    at_risk, entered, censored = (np.zeros(time.size) for _ in range(3))
    events = np.zeros((time.size, len(tables[0].causes)))
    for table in tables:
        row = np.searchsorted(time, table.time)
        at_risk += counts_at(table, time).at_risk
        entered[row] += table.entered
        censored[row] += table.censored
        events[row] += table.events
    return RiskTable(
        group=group,
        n=float(sum(table.n for table in tables)),
        time=time,
        entered=entered,
        at_risk=at_risk,
        events=events,
        censored=censored,
        causes=tables[0].causes,
    )


def pool_transition_tables(parts: Sequence[TransitionTables]) -> TransitionTables:
    """The transition tables of everyone in the parts.

    ValueError without a part, or when the parts do not have the same states.
    """
    if len({part.states for part in parts}) != 1:
        raise ValueError("Pooling needs transition tables, all with the same states.")
    initial: Floats = np.sum([part.initial for part in parts], axis=0)
    tables = {}
    for state in parts[0].states:
        found = [part.tables[state] for part in parts if state in part.tables]
        if found:
            tables[state] = pool_risk_tables(found, group=state)
    return TransitionTables(
        states=parts[0].states, n=sum(part.n for part in parts), initial=initial, tables=tables
    )
