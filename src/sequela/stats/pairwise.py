"""Every two groups compared, with p values adjusted for how many comparisons there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.results import Absent, Row
from sequela.stats.risk_table import Floats
from sequela.stats.score_test import chi_squared_rows, chi_squared_tail
from sequela.stats.strata import Strata, check_strata, group_names
from sequela.stats.weighted_log_rank import LOG_RANK, Weighting, comparison, weighted_log_rank

Adjustment = Literal["holm", "benjamini-hochberg", "bonferroni"]
PHRASES: Mapping[Adjustment, str] = MappingProxyType(
    {
        "holm": "Holm",
        "benjamini-hochberg": "Benjamini-Hochberg",
        "bonferroni": "Bonferroni",
    }
)
"""How the method of a row names each adjustment."""
_NOBODY: Mapping[str, Absent] = MappingProxyType({})


def adjust_p_values(p_values: ArrayLike, adjustment: Adjustment) -> Floats:
    """The adjusted p values (M,) in the order given, as R's `p.adjust`; NaN stays and counts not.

    Sources: Holm, Scand J Stat 1979;6:65 (family-wise error); Benjamini and Hochberg, J R
    Stat Soc B 1995;57:289 (false discovery rate). ValueError for a p outside [0, 1].
    """
    p = np.asarray(p_values, dtype=float)
    if bool(np.any((p < 0) | (p > 1))):
        raise ValueError("A p value lies between 0 and 1.")
    if adjustment not in PHRASES:
        raise ValueError(f"No adjustment '{adjustment}'; known are {', '.join(PHRASES)}.")
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    m, rank = known.size, np.arange(1, known.size + 1)
    adjusted = np.full(p.size, np.nan)
    if adjustment == "holm":
        adjusted[order] = np.maximum.accumulate((m - rank + 1) * p[order])
    elif adjustment == "bonferroni":
        adjusted[order] = m * p[order]
    else:
        steps = np.minimum.accumulate((m / rank * p[order])[::-1])[::-1]
        adjusted[order] = steps
    bounded: Floats = np.minimum(adjusted, 1.0)
    return bounded


def compare_pairwise(
    strata: Strata,
    *,
    weighting: Weighting = LOG_RANK,
    adjustment: Adjustment = "holm",
    variable: str,
    absent: Mapping[str, Absent] = _NOBODY,
    stratified_by: str = "",
) -> list[Row]:
    """The (weighted) log-rank test of every two groups, as rows with `contrast` "a vs b".

    Statistics, after the prefix of `compare_weighted_log_rank`: `chi_squared`,
    `degrees_of_freedom`, `p_value`, and `p_value_holm`, `p_value_benjamini_hochberg` or
    `p_value_bonferroni`, adjusted for the pairs that can be compared. One group alone gives no
    row. Null cannot be in a table: `absent` counts it. Sources of the adjustments stand at
    `adjust_p_values`; of the test, Mantel 1966.
    """
    check_strata(strata, absent)
    rows: list[list[Row]] = []
    p_values: list[float] = []
    for pair in combinations(group_names(strata), 2):
        chi_squared, degrees, found = _pair_rows(
            strata, pair, weighting, variable, absent, stratified_by
        )
        p_values.append(chi_squared_tail(chi_squared, degrees) if degrees else np.nan)
        rows.append(found)
    adjusted = adjust_p_values(p_values, adjustment)
    together = int(np.sum(~np.isnan(adjusted)))
    for found, p_value in zip(rows, adjusted, strict=True):
        found.append(_adjusted_row(found[-1], float(p_value), adjustment, together))
    return [row for found in rows for row in found]


def _pair_rows(
    strata: Strata,
    pair: tuple[str, str],
    weighting: Weighting,
    variable: str,
    absent: Mapping[str, Absent],
    stratified_by: str,
) -> tuple[float, int, list[Row]]:
    two = {
        stratum: {name: tables[name] for name in pair if name in tables}
        for stratum, tables in strata.items()
    }
    about, prefix = comparison(
        two,
        weighting,
        variable=variable,
        contrast=" vs ".join(pair),
        absent={name: absent[name] for name in pair if name in absent},
        stratified_by=stratified_by,
    )
    result = weighted_log_rank(two, weighting)
    found = chi_squared_rows(about, result.chi_squared, result.degrees_of_freedom, prefix=prefix)
    return result.chi_squared, result.degrees_of_freedom, found


def _adjusted_row(p_value_row: Row, adjusted: float, adjustment: Adjustment, pairs: int) -> Row:
    name = f"{p_value_row.statistic}_{adjustment.replace('-', '_')}"
    if np.isnan(adjusted):
        return replace(p_value_row, statistic=name)
    method = f"{p_value_row.method}; {PHRASES[adjustment]} over {pairs} pairs"
    return replace(p_value_row, statistic=name, value=adjusted, method=method)
