"""The log-rank test of k groups, from risk tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from sequela.stats.estimand import Estimand
from sequela.stats.permutation_log_rank import compare_permutation_log_rank
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats, RiskTable, counts_at

__all__ = ["LogRank", "compare_log_rank", "compare_permutation_log_rank", "log_rank"]

_NOBODY: Mapping[str, Absent] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LogRank:
    """What the test is made of: observed and expected events (G,) and their variance (G, G).

    `chi_squared` and `degrees_of_freedom` count the groups in which an event was expected.
    `degrees_of_freedom` is 0, and `chi_squared` NaN, where no two groups can be compared.
    """

    groups: tuple[str, ...]
    observed: Floats
    expected: Floats
    variance: Floats
    chi_squared: float = field(default=np.nan)
    degrees_of_freedom: int = 0


def log_rank(tables: Mapping[str, RiskTable]) -> LogRank:
    """The log-rank statistic over the union of the tables' event times.

    Tables of one call of `build_risk_tables` share their times; delayed entry is allowed. An
    event of any cause counts. The variance is the hypergeometric one, and groups in which no
    event was expected leave the test, both as R's `survdiff`. Source: Mantel, Cancer
    Chemother Rep 1966;50:163.
    """
    if not tables:
        raise ValueError("A comparison needs risk tables; none was given.")
    times = np.unique(np.concatenate([np.zeros(0), *map(_event_times, tables.values())]))
    deaths = np.array([_events_at(table, times) for table in tables.values()])
    at_risk = np.array([counts_at(table, times).at_risk for table in tables.values()])
    everyone, died = at_risk.sum(axis=0), deaths.sum(axis=0)
    share = at_risk / everyone
    # One person alone cannot vary; 1 in the denominator then meets a zero above it.
    spread = died * (everyone - died) / np.where(everyone > 1, everyone - 1, 1)
    observed, expected = deaths.sum(axis=1), share @ died
    variance = np.diag(share @ spread) - (share * spread) @ share.T
    chi_squared, degrees = _test(observed - expected, variance, expected > 0)
    return LogRank(tuple(tables), observed, expected, variance, chi_squared, degrees)


def compare_log_rank(
    tables: Mapping[str, RiskTable],
    *,
    variable: str,
    contrast: str,
    absent: Mapping[str, Absent] = _NOBODY,
) -> list[Row]:
    """The log-rank test of the tables, and observed and expected events of each, as rows.

    Statistics: `chi_squared`, `degrees_of_freedom`, `p_value` about everyone, and `observed`
    and `expected` for each group. `absent` has the absent of each group by its name, and
    under "" those whose group is unknown. ValueError when it names another group.
    """
    if unknown := sorted(set(absent) - set(tables) - {""}):
        raise ValueError(f"absent names '{unknown[0]}', which is no group of the comparison.")
    result = log_rank(tables)
    method = f"log-rank test, {len(tables)} groups"
    about = Estimand(
        variable=variable,
        contrast=contrast,
        n=sum(round(table.n) for table in tables.values()),
        absent=_total(absent),
        method=method,
    )
    rows = _test_rows(result, about)
    for table, observed, expected in zip(
        tables.values(), result.observed, result.expected, strict=True
    ):
        one = Estimand(
            variable=variable,
            contrast=contrast,
            group=table.group,
            n=round(table.n),
            absent=absent.get(table.group, NOBODY_ABSENT),
            method=method,
        )
        rows += [one.value("observed", observed), one.value("expected", expected)]
    return rows


def _event_times(table: RiskTable) -> Floats:
    times: Floats = table.time[table.events.sum(axis=1) > 0]
    return times


def _events_at(table: RiskTable, times: Floats) -> Floats:
    """The events of the table at each of the times, which hold all its event times."""
    events = np.zeros(times.size)
    died = table.events.sum(axis=1)
    events[np.searchsorted(times, _event_times(table))] = died[died > 0]
    return events


def _test(excess: Floats, variance: Floats, used: NDArray[np.bool_]) -> tuple[float, int]:
    """The quadratic form of observed minus expected, one group of those used left out."""
    if int(used.sum()) < 2:
        return np.nan, 0
    left = excess[used][1:]
    inside = variance[np.ix_(used, used)][1:, 1:]
    if np.linalg.matrix_rank(inside) < left.size:
        return np.nan, 0
    return float(left @ np.linalg.solve(inside, left)), left.size


def _test_rows(result: LogRank, about: Estimand) -> list[Row]:
    from scipy.special import chdtrc

    if result.degrees_of_freedom == 0:
        reason = "no event happened while two or more of the groups were at risk"
        return [
            about.no_value(statistic, "not_estimable", reason)
            for statistic in ("chi_squared", "degrees_of_freedom", "p_value")
        ]
    return [
        about.value("chi_squared", result.chi_squared),
        about.value("degrees_of_freedom", result.degrees_of_freedom),
        about.value("p_value", chdtrc(result.degrees_of_freedom, result.chi_squared)),
    ]


def _total(absent: Mapping[str, Absent]) -> Absent:
    return Absent(
        missing=sum(a.missing for a in absent.values()),
        not_evaluable=sum(a.not_evaluable for a in absent.values()),
        not_applicable=sum(a.not_applicable for a in absent.values()),
    )
