"""The log-rank test of k groups, from risk tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from sequela.stats.estimand import Estimand
from sequela.stats.permutation_log_rank import compare_permutation_log_rank
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_grid import grid_pieces, hypergeometric_sums
from sequela.stats.risk_table import Floats, RiskTable
from sequela.stats.score_test import chi_squared_rows, quadratic_test
from sequela.stats.strata import total_absent

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
    observed, expected = np.zeros(len(tables)), np.zeros(len(tables))
    variance = np.zeros((len(tables), len(tables)))
    for grid in grid_pieces(tables):
        of, ex, va = hypergeometric_sums(grid)
        observed, expected, variance = observed + of, expected + ex, variance + va
    chi_squared, degrees = quadratic_test(observed - expected, variance, expected > 0)
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
    and `expected` for each group. `absent` has the absent of each group by its name, and under
    "" those whose group is unknown. ValueError when it names another group. Null cannot be in
    a table. Source: Mantel, Cancer Chemother Rep 1966;50:163.
    """
    if unknown := sorted(set(absent) - set(tables) - {""}):
        raise ValueError(f"absent names '{unknown[0]}', which is no group of the comparison.")
    result = log_rank(tables)
    method = f"log-rank test, {len(tables)} groups"
    about = Estimand(
        variable=variable,
        contrast=contrast,
        n=sum(round(table.n) for table in tables.values()),
        absent=total_absent(absent),
        method=method,
    )
    rows = chi_squared_rows(about, result.chi_squared, result.degrees_of_freedom)
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
