"""Gray's test: do groups have the same cumulative incidence of one cause?

For each group the test compares its events of the cause with those expected if the hazard of
the subdistribution were the same in all, those who had a competing event staying at risk in
the proportion in which they would still be observed. With F_i and S_i the cumulative
incidence and the event-free survival of group i just before t, group i counts as
R_i = Y_i (1 - F_i) / S_i at risk. With the pooled F0 the scores are

    z_i = sum over t of (1 - F0(t-))^rho (d_i - d R_i / sum of R)

and their variance follows from the events of both kinds, with a hypergeometric correction
for ties. F0 steps by d / sum of (Y_i / S_i), its estimate when all F_i are one. Source: Gray,
Ann Stat 1988;16:1141, whose own program (`cuminc` of R's cmprsk) the numbers equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from sequela.stats.estimand import Estimand
from sequela.stats.results import Absent, Row
from sequela.stats.risk_grid import RiskGrid, risk_grid
from sequela.stats.risk_table import Floats
from sequela.stats.score_test import chi_squared_rows, quadratic_test
from sequela.stats.strata import Strata, check_strata, group_names, group_size, total_absent

_NOBODY: Mapping[str, Absent] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class GrayTest:
    """Scores (G,) of Gray's test, which sum to zero, their variance (G, G), and the test.

    `degrees_of_freedom` is 0, and `chi_squared` NaN, where no two groups can be compared.
    """

    groups: tuple[str, ...]
    cause: str
    score: Floats
    variance: Floats
    chi_squared: float
    degrees_of_freedom: int


@dataclass(frozen=True, slots=True)
class _Stratum:
    """Groups by times (G, T): S before and after, F before, at risk, events of both kinds."""

    at_risk: Floats
    of_cause: Floats
    of_others: Floats
    before: Floats
    after: Floats
    incidence_before: Floats


def gray_test(strata: Strata, cause: str, *, rho: float = 0.0) -> GrayTest:
    """Gray's test of one cause over the groups, its scores added up over the strata.

    Groups without anyone at risk at an event time leave the test. ValueError without a
    table, for an unknown cause, or with delayed entry, for which the test is not defined.
    """
    check_strata(strata, _NOBODY)
    groups = group_names(strata)
    score, variance = np.zeros(len(groups)), np.zeros((len(groups), len(groups)))
    used = np.zeros(len(groups), dtype=bool)
    for tables in strata.values():
        if any(bool(table.entered.any()) for table in tables.values()):
            raise ValueError("Gray's test is not defined with delayed entry.")
        grid = risk_grid(tables, groups)
        if cause not in grid.causes:
            raise ValueError(f"No cause '{cause}'; the tables have {', '.join(grid.causes)}.")
        if not grid.time.size:
            continue
        stratum = _stratum(grid, cause)
        scores, spread = _scores_and_variance(stratum, rho)
        score, variance = score + scores, variance + spread
        used |= stratum.at_risk[:, 0] > 0
    chi_squared, degrees = quadratic_test(score, variance, used)
    return GrayTest(groups, cause, score, variance, chi_squared, degrees)


def compare_cumulative_incidence(
    strata: Strata,
    *,
    variable: str,
    contrast: str,
    rho: float = 0.0,
    absent: Mapping[str, Absent] = _NOBODY,
    stratified_by: str = "",
) -> list[Row]:
    """Gray's test of every cause, as rows with the cause as `level`.

    Statistics: `gray_chi_squared`, `gray_degrees_of_freedom`, `gray_p_value`, beginning with
    `stratified_` when `stratified_by` names what the strata are. With delayed entry all are
    refused. ValueError when `absent` names no group, or strata have no name.
    """
    check_strata(strata, absent)
    if len(strata) > 1 and not stratified_by:
        raise ValueError("stratified_by must say what the strata of the comparison are.")
    groups = group_names(strata)
    prefix = "stratified_gray_" if stratified_by else "gray_"
    by = f", stratified by {stratified_by}" if stratified_by else ""
    tables = [table for layer in strata.values() for table in layer.values()]
    delayed = any(bool(table.entered.any()) for table in tables)
    rows: list[Row] = []
    for cause in tables[0].causes:
        about = Estimand(
            variable=variable,
            contrast=contrast,
            level=cause,
            n=sum(group_size(strata, name) for name in groups),
            absent=total_absent(absent),
            method=f"Gray's test (rho = {rho:g}), {len(groups)} groups{by}",
        )
        if delayed:
            rows += _refused(about, prefix)
            continue
        result = gray_test(strata, cause, rho=rho)
        rows += chi_squared_rows(
            about, result.chi_squared, result.degrees_of_freedom, prefix=prefix
        )
    return rows


def _refused(about: Estimand, prefix: str) -> list[Row]:
    reason = "Gray's test is not defined with delayed entry; compare cause-specific hazards"
    names = ("chi_squared", "degrees_of_freedom", "p_value")
    return [about.no_value(f"{prefix}{name}", "refused", reason) for name in names]


def _stratum(grid: RiskGrid, cause: str) -> _Stratum:
    """The curves of each group on the times of the stratum, all left-continuous but `after`."""
    of_cause = grid.events[:, :, grid.causes.index(cause)]
    deaths = grid.deaths
    at_risk = grid.at_risk
    kept = np.divide(at_risk - deaths, at_risk, out=np.ones_like(at_risk), where=at_risk > 0)
    after: Floats = np.multiply.accumulate(kept, axis=1)
    before = _shifted(after, 1.0)
    rate = np.divide(of_cause, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0)
    incidence: Floats = np.cumsum(before * rate, axis=1)
    return _Stratum(at_risk, of_cause, deaths - of_cause, before, after, _shifted(incidence, 0.0))


def _shifted(values: Floats, first: float) -> Floats:
    """The values just before each time: one column later, beginning with `first`."""
    start = np.full((*values.shape[:-1], 1), first)
    return np.concatenate((start, values[..., :-1]), axis=-1)


def _scores_and_variance(stratum: _Stratum, rho: float) -> tuple[Floats, Floats]:
    present = stratum.at_risk > 0
    # Y / S: how many the group would count without censoring or other events.
    whole = np.divide(
        stratum.at_risk, stratum.before, out=np.zeros_like(stratum.at_risk), where=present
    )
    died, total = stratum.of_cause.sum(axis=0), whole.sum(axis=0)
    step = died / total
    pooled = np.cumsum(step)
    pooled_before = _shifted(pooled, 0.0)
    weight = (1 - pooled_before) ** rho
    in_subset = whole * (1 - stratum.incidence_before)
    expected = died * in_subset / in_subset.sum(axis=0)
    score = (stratum.of_cause - expected) @ weight
    # How each group's score answers to the rate of each group (G, G, T), and its running sum.
    share = whole / total
    answer = weight * whole[:, None] * (np.eye(share.shape[0])[:, :, None] - share[None])
    settled = np.cumsum(answer * (step / (1 - pooled_before)), axis=2)
    own, other = _event_spread(stratum, died, total, present)
    ratio = np.divide(
        1 - pooled, stratum.after, out=np.zeros_like(stratum.after), where=stratum.after > 0
    )
    return score, _variance(answer, settled, own=own, other=other, ratio=ratio)


def _event_spread(
    stratum: _Stratum, died: Floats, total: Floats, present: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """The variance that events of the cause and other events add in each group and time."""
    at_risk = np.where(present, stratum.at_risk, np.inf)
    alike = total * stratum.before - 1
    ties = np.where(died > 1, 1 - (died - 1) / np.where(alike > 0, alike, np.inf), 1.0)
    own = ties * stratum.before * died / (total * at_risk)
    fewer = np.where(stratum.at_risk > 1, stratum.at_risk - 1, np.inf)
    ties = 1 - np.maximum(stratum.of_others - 1, 0) / fewer
    other = ties * stratum.before**2 * stratum.of_others / at_risk**2
    return own, np.where(stratum.after > 0, other, 0.0)


def _variance(
    answer: Floats, settled: Floats, *, own: Floats, other: Floats, ratio: Floats
) -> Floats:
    """The variance of the scores (G, G) over all times.

    A change at u moves score i by what it answers at u and by the change of the curves from
    then on, which weighs the answers after u: settled at the end less settled at u. `ratio`
    is (1 - F0) / S after u, and 0 where S is 0.
    """
    ahead = settled[:, :, -1:] - settled
    by_cause = answer + (1 - ratio) * ahead
    by_others = -ratio * ahead
    variance: Floats = np.einsum("ikt,jkt,kt->ij", by_cause, by_cause, own)
    variance += np.einsum("ikt,jkt,kt->ij", by_others, by_others, other)
    return variance
