"""Survival of those who have already come so far: S(t) / S(s) for t after s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sequela.stats.confidence_band import ConfType
from sequela.stats.estimand import Estimand
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import RiskTable, counts_at
from sequela.stats.survival import kaplan_meier, rows_at

_NOBODY_LEFT = "nobody is still under observation without the event at the condition"


def start_at(table: RiskTable, time: float) -> RiskTable:
    """The table of those still at risk after `time`; times count from the same zero as before.

    `n` is how many of them there are, and later entries stay. Kaplan-Meier from it is
    S(t) / S(time). Exits at `time` itself are before it; R's `survfit(start.time = )` keeps
    them, so it agrees where nothing happens at `time`.
    """
    later = table.time > time
    entered = float(table.entered[later].sum())
    exits = float(table.events[later].sum() + table.censored[later].sum())
    return replace(
        table,
        n=max(exits, entered),
        time=table.time[later],
        entered=table.entered[later],
        at_risk=table.at_risk[later],
        events=table.events[later],
        censored=table.censored[later],
    )


def estimate_conditional_survival(
    table: RiskTable,
    given: float,
    *,
    variable: str,
    at: Sequence[float],
    conf_type: ConfType = "log-log",
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """Survival at the times `at` of those without the event at `given`, as rows.

    Statistics: `conditional_survival`, `conditional_survival_ci_low`, `_ci_high` at each time,
    and `at_risk_after_condition` at `given`; `level` says the condition. The interval is
    Greenwood's over the events after `given` alone. Times of `at` count from the start, not
    from `given`. `n` stays everyone of the table: the condition is part of the estimate.
    ValueError when a time is not after `given`. Source: Zabor et al., JAMA Netw Open
    2021;4:e2119287 (S(t) / S(s)). Null cannot be in a table: `absent` counts it.
    """
    if any(time <= given for time in at):
        raise ValueError("Conditional survival needs times after the time of the condition.")
    later = start_at(table, given)
    curve = kaplan_meier(later, conf_type=conf_type, conf_level=conf_level)
    about = Estimand(
        variable=variable,
        n=round(table.n),
        absent=absent,
        group=table.group,
        level=f"event-free at {given:g}",
        method=f"Kaplan-Meier from {given:g}; Greenwood; {conf_type} {100 * conf_level:g} % CI",
    )
    remaining = float(counts_at(later, [given]).at_risk[0])
    rows = [about.by("count").at(given).value("at_risk_after_condition", remaining)]
    for time in dict.fromkeys(at):
        found = rows_at(curve, about, time, name="conditional_survival")
        rows += found if remaining else [replace(row, error=_NOBODY_LEFT) for row in found]
    return rows
