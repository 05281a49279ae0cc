"""The log-rank test for trend over ordered groups."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from sequela.stats.results import Absent, Row
from sequela.stats.score_test import chi_squared_rows
from sequela.stats.strata import Strata, group_names
from sequela.stats.weighted_log_rank import LOG_RANK, Weighting, comparison, weighted_log_rank

_NOBODY: Mapping[str, Absent] = MappingProxyType({})


def trend_chi_squared(
    strata: Strata, scores: Mapping[str, float], weighting: Weighting = LOG_RANK
) -> tuple[float, int]:
    """Chi-squared with one degree of freedom of observed less expected against the scores.

    With scores c and excess U of variance V it is (c'U)^2 / c'Vc, and does not change when
    the scores are shifted or scaled. NaN and 0 where the variance is zero. Source: Tarone,
    Biometrika 1975;62:679. ValueError unless each group has one finite score.
    """
    groups = group_names(strata)
    if set(scores) != set(groups):
        raise ValueError("A trend needs one score for each group, and for no other.")
    score = np.array([scores[name] for name in groups], dtype=float)
    if not bool(np.all(np.isfinite(score))):
        raise ValueError("A score of the trend is missing or not finite.")
    result = weighted_log_rank(strata, weighting)
    score = score - score.mean()
    variance = float(score @ result.variance @ score)
    if variance <= 1e-12 * float(score**2 @ np.diag(result.variance)):
        return np.nan, 0
    return float(score @ (result.observed - result.expected)) ** 2 / variance, 1


def compare_trend(
    strata: Strata,
    scores: Mapping[str, float],
    *,
    weighting: Weighting = LOG_RANK,
    variable: str,
    contrast: str,
    absent: Mapping[str, Absent] = _NOBODY,
    stratified_by: str = "",
) -> list[Row]:
    """The test for trend over the groups in the order of their scores, as rows.

    Statistics: `trend_chi_squared`, `trend_degrees_of_freedom`, `trend_p_value`, after the
    prefix of `compare_weighted_log_rank`. ValueError unless each group has a finite score.
    Null cannot be in a table: `absent` counts it. Source: Tarone, Biometrika 1975;62:679.
    """
    about, prefix = comparison(
        strata,
        weighting,
        variable=variable,
        contrast=contrast,
        absent=absent,
        stratified_by=stratified_by,
    )
    chi_squared, degrees = trend_chi_squared(strata, scores, weighting)
    listed = ", ".join(f"{name} {score:g}" for name, score in scores.items())
    trend = about.by(f"{about.method}; trend with scores {listed}")
    return chi_squared_rows(trend, chi_squared, degrees, prefix=f"{prefix}trend_")
