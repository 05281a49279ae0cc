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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from sequela.stats.estimand import Estimand
from sequela.stats.results import Absent, Row
from sequela.stats.risk_grid import RiskGrid, grid_pieces
from sequela.stats.risk_table import Floats, RiskTable
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
class _Stretch:
    """What one stretch of the times of a stratum adds; arrays are (G, T) or (G, G, T).

    `answer` is how each group's score answers to the rate of each group, `settled` its running
    sum; `own` and `other` are the variance that events of the cause and other events add;
    `ratio` is (1 - F0) / S after each time, and 0 where S is 0.
    """

    at_risk: Floats
    score: Floats
    answer: Floats
    settled: Floats
    own: Floats
    other: Floats
    ratio: Floats


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
        settled: Floats = np.zeros(0)
        for part in _stretches(tables, groups, cause, rho):
            used |= part.at_risk[:, 0] > 0
            score += part.score
            settled = part.settled[:, :, -1:]
        # How far the answers settle is known at the end alone, so the times are read twice.
        for part in _stretches(tables, groups, cause, rho):
            variance += _variance(part, settled)
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


def _stretches(
    tables: Mapping[str, RiskTable], groups: Sequence[str], cause: str, rho: float
) -> Iterator[_Stretch]:
    """One stretch of time after the other; running products and sums go on from each."""
    so_far = _SoFar(len(groups))
    for grid in grid_pieces(tables, groups):
        if cause not in grid.causes:
            raise ValueError(f"No cause '{cause}'; the tables have {', '.join(grid.causes)}.")
        if grid.time.size:
            yield _stretch(grid, grid.events[:, :, grid.causes.index(cause)], rho, so_far)


class _SoFar:
    """Where what runs over all times stands: S and F of each group, F0, the settled answers."""

    def __init__(self, groups: int) -> None:
        self.free: Floats = np.ones((groups, 1))
        self.incidence: Floats = np.zeros((groups, 1))
        self.pooled: Floats = np.zeros(1)
        self.settled: Floats = np.zeros((groups, groups, 1))


def _stretch(grid: RiskGrid, of_cause: Floats, rho: float, so_far: _SoFar) -> _Stretch:
    events = _curves(grid, of_cause, so_far)
    # Y / S: how many the group would count without censoring or other events.
    whole = np.divide(
        grid.at_risk, events.before, out=np.zeros_like(of_cause), where=grid.at_risk > 0
    )
    died, total = of_cause.sum(axis=0), whole.sum(axis=0)
    step = died / total
    pooled_before, pooled, so_far.pooled = _running(np.add, step, so_far.pooled)
    weight = (1 - pooled_before) ** rho
    in_subset = whole * (1 - events.incidence_before)
    expected = died * in_subset / in_subset.sum(axis=0)
    unit = np.eye(whole.shape[0])[:, :, None]
    answer = weight * whole[:, None] * (unit - (whole / total)[None])
    settling = answer * (step / (1 - pooled_before))
    _, settled, so_far.settled = _running(np.add, settling, so_far.settled)
    own, other = _event_spread(events, died, total)
    ratio = np.divide(1 - pooled, events.after, out=np.zeros_like(own), where=events.after > 0)
    score = (of_cause - expected) @ weight
    return _Stretch(grid.at_risk, score, answer, settled, own, other, ratio)


def _curves(grid: RiskGrid, of_cause: Floats, so_far: _SoFar) -> _Events:
    """The curves of each group on the times of the stretch."""
    at_risk, deaths, present = grid.at_risk, grid.deaths, grid.at_risk > 0
    kept = np.divide(at_risk - deaths, at_risk, out=np.ones_like(at_risk), where=present)
    before, after, so_far.free = _running(np.multiply, kept, so_far.free)
    rate = np.divide(of_cause, at_risk, out=np.zeros_like(at_risk), where=present)
    incidence_before, _, so_far.incidence = _running(np.add, before * rate, so_far.incidence)
    return _Events(at_risk, of_cause, deaths - of_cause, before, after, incidence_before)


@dataclass(frozen=True, slots=True)
class _Events:
    """Groups by times (G, T): at risk, events of both kinds, S before and after, F before."""

    at_risk: Floats
    of_cause: Floats
    of_others: Floats
    before: Floats
    after: Floats
    incidence_before: Floats


def _running(how: np.ufunc, terms: Floats, begin: Floats) -> tuple[Floats, Floats, Floats]:
    """What runs on from `begin` over `terms`: before each time, after it, and at the last."""
    whole: Floats = how.accumulate(np.concatenate((begin, terms), axis=-1), axis=-1)
    return whole[..., :-1], whole[..., 1:], whole[..., -1:]


def _event_spread(events: _Events, died: Floats, total: Floats) -> tuple[Floats, Floats]:
    """The variance that events of the cause and other events add in each group and time."""
    at_risk = np.where(events.at_risk > 0, events.at_risk, np.inf)
    alike = total * events.before - 1
    ties = np.where(died > 1, 1 - (died - 1) / np.where(alike > 0, alike, np.inf), 1.0)
    own = ties * events.before * died / (total * at_risk)
    fewer = np.where(events.at_risk > 1, events.at_risk - 1, np.inf)
    ties = 1 - np.maximum(events.of_others - 1, 0) / fewer
    other = ties * events.before**2 * events.of_others / at_risk**2
    return own, np.where(events.after > 0, other, 0.0)


def _variance(part: _Stretch, settled: Floats) -> Floats:
    """What a stretch adds to the variance of the scores (G, G).

    A change at u moves score i by what it answers at u and by the change of the curves from
    then on, which weighs the answers after u: settled at the end less settled at u.
    """
    ahead = settled - part.settled
    by_cause = part.answer + (1 - part.ratio) * ahead
    by_others = -part.ratio * ahead
    variance: Floats = np.zeros(settled.shape[:2])
    for group, (own, other) in enumerate(zip(part.own, part.other, strict=True)):
        cause, others = by_cause[:, group], by_others[:, group]
        variance += (cause * own) @ cause.T + (others * other) @ others.T
    return variance
