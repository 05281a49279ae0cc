"""The max-combo test of two groups: the greatest of four weighted log-rank tests.

The four are Fleming-Harrington (0,0), (0,1), (1,0), (1,1), for differences that are
proportional, late, early, or in the middle. Their scores are jointly normal with
covariance sum of w_a w_b V, so the p value of the greatest |Z| is a normal probability of
a region in four dimensions. Because the weights 1 - S and S add up to 1, the scores of
(0,1) and (1,0) add up to that of (0,0): only three can vary. The region is therefore a
polygon in two scores, with the third normal given these, which is integrated by
Gauss-Legendre between the polygon's corners: no random numbers. Source: Lin et al., Stat
Biopharm Res 2020;12:187; Karrison, Stata J 2016;16:678.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from sequela.stats.results import Absent, Row
from sequela.stats.risk_grid import hypergeometric_sums, risk_grid
from sequela.stats.risk_table import Floats
from sequela.stats.score_test import two_sided_p_value
from sequela.stats.strata import Strata, check_strata, group_names
from sequela.stats.weighted_log_rank import (
    LOG_RANK,
    Weighting,
    WeightName,
    comparison,
    time_weights,
)

_NOBODY: Mapping[str, Absent] = MappingProxyType({})
_FH: WeightName = "fleming-harrington"
# Early and late first: the others are made of these and of the product.
EARLY, LATE, EVEN, MIDDLE = (
    Weighting(_FH, 1, 0),
    Weighting(_FH, 0, 1),
    Weighting(_FH, 0, 0),
    Weighting(_FH, 1, 1),
)
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(64)
# A conditional variance below this share is rounding: the third score is then determined.
_DETERMINED = 1e-10


@dataclass(frozen=True, slots=True)
class MaxCombo:
    """The four standardised scores, early, late, even, middle, and the test of the greatest.

    `z` (4,) is that of the first group, NaN where a weight leaves no variance. `statistic`
    is the greatest |z|; it and `p_value` are NaN where nothing can be compared.
    """

    z: Floats
    correlation: Floats
    statistic: float
    p_value: float

    @property
    def greatest(self) -> Weighting:
        """The weighting of the greatest |z|."""
        return (EARLY, LATE, EVEN, MIDDLE)[int(np.nanargmax(np.abs(self.z)))]


def max_combo(strata: Strata) -> MaxCombo:
    """The max-combo test of the two groups. ValueError unless there are two."""
    check_strata(strata, _NOBODY)
    groups = group_names(strata)
    if len(groups) != 2:
        raise ValueError(f"The max-combo test compares two groups, not {len(groups)}.")
    score, covariance = _scores(strata, groups)
    std_err = np.sqrt(np.diag(covariance))
    varies = std_err > 1e-9 * max(float(std_err.max()), 1e-300)
    scale = np.where(varies, std_err, np.nan)
    z, correlation = score / scale, covariance / np.outer(scale, scale)
    if not varies.any():
        return MaxCombo(z, correlation, np.nan, np.nan)
    greatest = float(np.nanmax(np.abs(z)))
    # Between one test alone and Bonferroni over four, where 1 - probability is rounding.
    alone = two_sided_p_value(greatest)
    beyond = 1 - _probability_within(greatest, covariance, varies)
    return MaxCombo(z, correlation, greatest, float(np.clip(beyond, alone, min(4 * alone, 1.0))))


def compare_max_combo(
    strata: Strata,
    *,
    variable: str,
    contrast: str,
    absent: Mapping[str, Absent] = _NOBODY,
    stratified_by: str = "",
) -> list[Row]:
    """The max-combo test of two groups as the rows `max_combo_statistic`, `max_combo_p_value`.

    The statistic is the greatest |Z|; the method names the weight that gave it. Names begin
    with `stratified_` when `stratified_by` names what the strata are. Null cannot be in a
    table: `absent` counts it.
    """
    about, _ = comparison(
        strata,
        LOG_RANK,
        variable=variable,
        contrast=contrast,
        absent=absent,
        stratified_by=stratified_by,
    )
    stem = "stratified_max_combo" if stratified_by else "max_combo"
    names = (f"{stem}_statistic", f"{stem}_p_value")
    by = f", stratified by {stratified_by}" if stratified_by else ""
    method = f"max-combo of Fleming-Harrington (0,0), (0,1), (1,0), (1,1){by}"
    result = max_combo(strata)
    if np.isnan(result.statistic):
        reason = "no event happened while both groups were at risk"
        return [about.by(method).no_value(name, "not_estimable", reason) for name in names]
    best = result.greatest
    about = about.by(f"{method}; greatest at ({best.rho:g},{best.gamma:g})")
    values = (result.statistic, result.p_value)
    return [about.value(name, value) for name, value in zip(names, values, strict=True)]


def _scores(strata: Strata, groups: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Scores (4,) of the first group under the four weights, and their covariance (4, 4)."""
    four = (EARLY, LATE, EVEN, MIDDLE)
    score, covariance = np.zeros(4), np.zeros((4, 4))
    for tables in strata.values():
        grid = risk_grid(tables, groups)
        weights = [time_weights(grid, weighting) for weighting in four]
        for a, weight in enumerate(weights):
            for b, other in enumerate(weights):
                observed, expected, spread = hypergeometric_sums(grid, weight, other)
                covariance[a, b] += spread[0, 0]
            score[a] += observed[0] - expected[0]
    return score, covariance


def _probability_within(most: float, covariance: Floats, varies: NDArray[np.bool_]) -> float:
    """The probability that no standardised score is beyond `most` in either direction."""
    std_err = np.sqrt(np.diag(covariance))
    if not (varies[0] and varies[1]) or _correlation(covariance) > 1 - _DETERMINED:
        return 1 - two_sided_p_value(most)
    # Scores as combinations of early and late: even is their sum, middle is regressed on them.
    slope = np.linalg.solve(covariance[:2, :2], covariance[:2, 3])
    left = float(covariance[3, 3] - slope @ covariance[:2, 3])
    bands = [(1.0, 0.0, most * std_err[0]), (0.0, 1.0, most * std_err[1])]
    bands.append((1.0, 1.0, most * std_err[2]))
    free = left > _DETERMINED * max(float(covariance[3, 3]), 1e-300)
    if varies[3] and not free:
        bands.append((float(slope[0]), float(slope[1]), most * std_err[3]))
    within = (slope, np.sqrt(max(left, 0.0)), most * std_err[3]) if varies[3] and free else None
    return _integrate(bands, covariance[:2, :2], within)


def _correlation(covariance: Floats) -> float:
    return float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))


def _integrate(
    bands: list[tuple[float, float, float]],
    covariance: Floats,
    third: tuple[Floats, float, float] | None,
) -> float:
    """The normal probability of |p a + q b| <= c for every band (p, q, c) of two scores.

    `third` adds |slope (a, b) + noise| <= c for independent normal noise of that deviation.
    """
    edge = bands[0][2]
    corners = _corners(bands[1:])
    breaks = np.unique(np.concatenate(([-edge, edge], corners[np.abs(corners) < edge])))
    a = _spread_nodes(breaks[:-1], breaks[1:])
    lows = [(-c - p * a) / q if q > 0 else (c - p * a) / q for p, q, c in bands[1:]]
    highs = [(c - p * a) / q if q > 0 else (-c - p * a) / q for p, q, c in bands[1:]]
    low, high = np.max(lows, axis=0), np.min(highs, axis=0)
    half = np.maximum(high - low, 0.0)[..., np.newaxis] / 2
    b = (low + high)[..., np.newaxis] / 2 + half * _NODES
    inner = _density(a[..., np.newaxis], b, covariance) * _third_within(a[..., None], b, third)
    outer = (inner * half) @ _NODE_WEIGHTS
    return float(((breaks[1:] - breaks[:-1]) / 2) @ (outer @ _NODE_WEIGHTS))


def _corners(bands: list[tuple[float, float, float]]) -> Floats:
    """Where the border lines p a + q b = +-c of the bands cross, as values of a."""
    lines = [(p / q, sign * c / q) for p, q, c in bands for sign in (-1, 1) if q != 0]
    found = [(c1 - c2) / (p1 - p2) for (p1, c1), (p2, c2) in combinations(lines, 2) if p1 != p2]
    return np.array(found)


def _spread_nodes(low: Floats, high: Floats) -> Floats:
    """Gauss-Legendre nodes in each interval, (intervals, nodes)."""
    nodes: Floats = (low + high)[:, np.newaxis] / 2 + (high - low)[:, np.newaxis] / 2 * _NODES
    return nodes


def _density(a: Floats, b: Floats, covariance: Floats) -> Floats:
    inverse = np.linalg.inv(covariance)
    form = inverse[0, 0] * a**2 + 2 * inverse[0, 1] * a * b + inverse[1, 1] * b**2
    density: Floats = np.exp(-form / 2) / (2 * np.pi * np.sqrt(np.linalg.det(covariance)))
    return density


def _third_within(a: Floats, b: Floats, third: tuple[Floats, float, float] | None) -> Floats:
    from scipy.special import ndtr

    if third is None:
        return np.ones(np.broadcast(a, b).shape)
    slope, deviation, edge = third
    mean = slope[0] * a + slope[1] * b
    within: Floats = ndtr((edge - mean) / deviation) - ndtr((-edge - mean) / deviation)
    return within
