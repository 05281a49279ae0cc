"""The weighted log-rank tests of k groups, stratified or not, and the test for trend.

Each test sums, over the event times, weight times (observed less expected events of each
group), with the hypergeometric variance; strata add up. The weights, with Y all at risk, d
all events at a time, and S(t-) the pooled Kaplan-Meier estimate just before it:

    log-rank              1                     Mantel 1966
    gehan-wilcoxon        Y                     Gehan, Biometrika 1965;52:203
    tarone-ware           sqrt(Y)               Tarone and Ware, Biometrika 1977;64:156
    peto-peto             S(t-)                 Peto and Peto, J R Stat Soc A 1972;135:185
    modified-peto-peto    S~(t) Y / (Y + 1)     Andersen et al., Int Stat Rev 1982;50:219
    fleming-harrington    S(t-)^rho (1 - S(t-))^gamma
                                                Harrington and Fleming, Biometrika 1982;69:553

S~(t) is the product of 1 - d / (Y + 1) up to and with t. "Peto-Peto" is what R's
`survdiff(rho = 1)` computes and calls the Peto and Peto modification of Gehan-Wilcoxon;
programs that take S~(t) for the weight under the same name differ in the third digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from sequela.stats.estimand import Estimand
from sequela.stats.log_rank import LogRank
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_grid import RiskGrid, hypergeometric_sums, risk_grid
from sequela.stats.risk_table import Floats
from sequela.stats.score_test import chi_squared_rows, quadratic_test
from sequela.stats.strata import Strata, check_strata, group_names, group_size, total_absent

WeightName = Literal[
    "log-rank",
    "gehan-wilcoxon",
    "tarone-ware",
    "peto-peto",
    "modified-peto-peto",
    "fleming-harrington",
]
_NOBODY: Mapping[str, Absent] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Weighting:
    """Which weight a log-rank test gives to each event time.

    `rho` and `gamma` belong to fleming-harrington and are 0 elsewhere. ValueError for an
    unknown name, a negative exponent, or an exponent where there is none.
    """

    name: WeightName = "log-rank"
    rho: float = 0.0
    gamma: float = 0.0

    def __post_init__(self) -> None:
        if self.name not in get_args(WeightName):
            raise ValueError(f"No weight '{self.name}'; known are {', '.join(_known())}.")
        if self.rho < 0 or self.gamma < 0:
            raise ValueError("rho and gamma of a Fleming-Harrington weight are not negative.")
        if self.name != "fleming-harrington" and (self.rho or self.gamma):
            raise ValueError(f"rho and gamma mean nothing to the weight '{self.name}'.")

    @property
    def prefix(self) -> str:
        """What the names of the statistics of this test begin with."""
        stem = self.name.replace("-", "_")
        if self.name != "fleming-harrington":
            return f"{stem}_"
        return f"{stem}_{self.rho:g}_{self.gamma:g}_".replace(".", "p")

    @property
    def phrase(self) -> str:
        """The test as a method says it."""
        if self.name == "log-rank":
            return "log-rank test"
        if self.name == "fleming-harrington":
            return f"weighted log-rank test, Fleming-Harrington ({self.rho:g}, {self.gamma:g})"
        return f"weighted log-rank test, {_PHRASES[self.name]}"


_PHRASES = {
    "gehan-wilcoxon": "Gehan-Wilcoxon (weight: number at risk)",
    "tarone-ware": "Tarone-Ware (weight: root of the number at risk)",
    "peto-peto": "Peto-Peto (weight: pooled survival just before, rho = 1)",
    "modified-peto-peto": "Peto-Peto as modified by Andersen",
}

LOG_RANK = Weighting()


def time_weights(grid: RiskGrid, weighting: Weighting) -> Floats:
    """The weight of each time (T,) of a stratum, from its groups taken together."""
    at_risk: Floats = grid.at_risk.sum(axis=0)
    died: Floats = grid.deaths.sum(axis=0)
    if weighting.name == "log-rank":
        return np.ones(at_risk.size)
    if weighting.name == "gehan-wilcoxon":
        return at_risk
    if weighting.name == "tarone-ware":
        return np.sqrt(at_risk)
    weights: Floats
    if weighting.name == "modified-peto-peto":
        weights = np.cumprod(1 - died / (at_risk + 1)) * at_risk / (at_risk + 1)
        return weights
    weights = np.concatenate(([1.0], np.cumprod(1 - died / at_risk)))[:-1]
    if weighting.name == "fleming-harrington":
        return weights**weighting.rho * (1 - weights) ** weighting.gamma
    return weights


def weighted_log_rank(strata: Strata, weighting: Weighting = LOG_RANK) -> LogRank:
    """The weighted log-rank statistic; strata of one are the test without strata.

    Delayed entry is allowed and an event of any cause counts. Groups in which no event was
    expected leave the test. Equals R's `survdiff`, with `rho` for peto-peto (1) and
    fleming-harrington (rho, 0), and with `strata()`. ValueError without a table.
    """
    check_strata(strata, _NOBODY)
    groups = group_names(strata)
    observed, expected = np.zeros(len(groups)), np.zeros(len(groups))
    variance = np.zeros((len(groups), len(groups)))
    for tables in strata.values():
        grid = risk_grid(tables, groups)
        of, ex, va = hypergeometric_sums(grid, time_weights(grid, weighting))
        observed, expected, variance = observed + of, expected + ex, variance + va
    chi_squared, degrees = quadratic_test(observed - expected, variance, expected > 0)
    return LogRank(groups, observed, expected, variance, chi_squared, degrees)


def compare_weighted_log_rank(
    strata: Strata,
    *,
    weighting: Weighting,
    variable: str,
    contrast: str,
    absent: Mapping[str, Absent] = _NOBODY,
    stratified_by: str = "",
) -> list[Row]:
    """The weighted log-rank test, and weighted observed and expected events, as rows.

    Statistics, each after the prefix of the weighting (`gehan_wilcoxon_`), before which
    stands `stratified_` when `stratified_by` names what the strata are: `chi_squared`,
    `degrees_of_freedom`, `p_value` about everyone, `observed` and `expected` for each group.
    `absent` has the absent of each group by name, under "" those of unknown group. ValueError
    when it names another group, or when there are strata without a name for them.
    """
    about, prefix = comparison(
        strata,
        weighting,
        variable=variable,
        contrast=contrast,
        absent=absent,
        stratified_by=stratified_by,
    )
    result = weighted_log_rank(strata, weighting)
    rows = chi_squared_rows(about, result.chi_squared, result.degrees_of_freedom, prefix=prefix)
    for name, observed, expected in zip(
        result.groups, result.observed, result.expected, strict=True
    ):
        one = Estimand(
            variable=variable,
            contrast=contrast,
            group=name,
            n=group_size(strata, name),
            absent=absent.get(name, NOBODY_ABSENT),
            method=about.method,
        )
        rows += [
            one.value(f"{prefix}observed", observed),
            one.value(f"{prefix}expected", expected),
        ]
    return rows


def comparison(
    strata: Strata,
    weighting: Weighting,
    *,
    variable: str,
    contrast: str,
    absent: Mapping[str, Absent],
    stratified_by: str,
) -> tuple[Estimand, str]:
    """What the rows of a comparison are about, and the prefix of their statistics.

    ValueError when `absent` names no group, or when there are strata without a name for them.
    """
    check_strata(strata, absent)
    if len(strata) > 1 and not stratified_by:
        raise ValueError("stratified_by must say what the strata of the comparison are.")
    groups = group_names(strata)
    by = f", stratified by {stratified_by}" if stratified_by else ""
    about = Estimand(
        variable=variable,
        contrast=contrast,
        n=sum(group_size(strata, name) for name in groups),
        absent=total_absent(absent),
        method=f"{weighting.phrase}, {len(groups)} groups{by}",
    )
    return about, f"{'stratified_' if stratified_by else ''}{weighting.prefix}"


def _known() -> tuple[str, ...]:
    return get_args(WeightName)
