"""Survival of two groups compared at one time that was chosen before looking."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sequela.stats.estimand import Estimand
from sequela.stats.restricted_mean import difference_rows, known_until
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import RiskTable
from sequela.stats.score_test import chi_squared_tail
from sequela.stats.survival import kaplan_meier, step_at


@dataclass(frozen=True, slots=True)
class SurvivalAt:
    """S at one time and its Greenwood standard error; NaN where it is not known."""

    survival: float
    std_err: float


def survival_at(table: RiskTable, time: float) -> SurvivalAt:
    """Kaplan-Meier survival at `time`, as `summary.survfit` in R without extension."""
    curve = kaplan_meier(table)
    if not known_until(table, curve.survival, time):
        return SurvivalAt(np.nan, np.nan)
    point = step_at(curve, [time])
    survival, std_err = float(point.survival[0]), float(point.std_err[0])
    return SurvivalAt(survival, 0.0 if survival == 0 else std_err)


def cloglog_chi_squared(first: SurvivalAt, second: SurvivalAt) -> float:
    """The test of equal survival on the scale log(-log S), chi-squared with one degree.

    It keeps its level in small groups better than the test on the plain scale. NaN where a
    survival is 0 or 1. Source: Klein, Logan, Harhoff and Andersen, Stat Med 2007;26:4505.
    """
    if not all(0 < s.survival < 1 for s in (first, second)):
        return np.nan
    logs = [np.log(s.survival) for s in (first, second)]
    spread = [s.std_err / (s.survival * log) for s, log in zip((first, second), logs, strict=True)]
    difference = np.log(-logs[0]) - np.log(-logs[1])
    return float(difference**2 / (spread[0] ** 2 + spread[1] ** 2))


def compare_survival_at(
    first: RiskTable,
    second: RiskTable,
    time: float,
    *,
    variable: str,
    contrast: str,
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """Survival of the first less that of the second group at `time`, as rows.

    Statistics: `survival_difference` and its `_std_err`, `_ci_low`, `_ci_high`, `_p_value`
    (normal, plain scale), `survival_difference_cloglog_chi_squared` and
    `survival_difference_cloglog_p_value`. `absent` counts those of both groups. Source: Klein,
    Logan, Harhoff and Andersen, Stat Med 2007;26:4505.
    """
    about = Estimand(
        variable=variable,
        contrast=contrast,
        n=round(first.n + second.n),
        absent=absent,
        time=float(time),
        method=(
            f"difference of Kaplan-Meier survival, {first.group} less {second.group}; "
            f"normal {100 * conf_level:g} % CI"
        ),
    )
    stem = "survival_difference"
    names = (stem, *(f"{stem}_{what}" for what in ("std_err", "ci_low", "ci_high", "p_value")))
    groups = survival_at(first, time), survival_at(second, time)
    cloglog = _cloglog_rows(about.by("test at a fixed time, log(-log) scale"), *groups)
    if any(np.isnan(one.survival) for one in groups):
        reason = (
            "a group has no curve at this time: its last observation is earlier, or everyone at "
            "risk had the event before others entered"
        )
        return [*(about.no_value(n, "not_estimable", reason) for n in names), *cloglog]
    difference = groups[0].survival - groups[1].survival
    std_err = float(np.hypot(groups[0].std_err, groups[1].std_err))
    return [*difference_rows(about, names, difference, std_err, conf_level), *cloglog]


def _cloglog_rows(about: Estimand, first: SurvivalAt, second: SurvivalAt) -> list[Row]:
    names = [f"survival_difference_cloglog_{what}" for what in ("chi_squared", "p_value")]
    chi_squared = cloglog_chi_squared(first, second)
    if np.isnan(chi_squared):
        reason = "a survival is 0, 1 or unknown here, where log(-log) has no value"
        return [about.no_value(name, "not_estimable", reason) for name in names]
    values = (chi_squared, chi_squared_tail(chi_squared, 1))
    return [about.value(name, value) for name, value in zip(names, values, strict=True)]
