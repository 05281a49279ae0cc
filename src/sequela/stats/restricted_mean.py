"""Restricted mean survival time: the area under the Kaplan-Meier curve up to a horizon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sequela.stats.confidence_band import normal_quantile
from sequela.stats.estimand import Estimand
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats, RiskTable
from sequela.stats.score_test import two_sided_p_value
from sequela.stats.survival import emptied_at, kaplan_meier

_BEYOND = "the last observation is earlier than the horizon, and not everyone had the event"
_EMPTIED = "everyone at risk had the event before others entered"


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """The mean time without the event up to `horizon`, and its standard error.

    Both are NaN where the curve is not known up to the horizon.
    """

    horizon: float
    mean: float
    std_err: float


def restricted_mean(table: RiskTable, horizon: float) -> RestrictedMean:
    """The area under the Kaplan-Meier curve from 0 to `horizon`, in the table's unit of time.

    The variance adds, over event times u, (area from u to the horizon)^2 times Greenwood's
    term d / (Y (Y - d)), as R's `survfit` with `rmean`. R draws a curve that ends early on to
    the horizon; here that is NaN. ValueError unless the horizon is positive and finite.
    Source: Klein and Moeschberger 2003, section 4.5; Irwin, J Hyg 1949;47:188.
    """
    if not (np.isfinite(horizon) and horizon > 0):
        raise ValueError("The horizon of a restricted mean is a positive number.")
    curve = kaplan_meier(table)
    if not known_until(table, curve.survival, horizon):
        return RestrictedMean(horizon, np.nan, np.nan)
    inside = table.time <= horizon
    corners = np.concatenate(([0.0], table.time[inside], [horizon]))
    areas = np.diff(corners) * np.concatenate(([1.0], curve.survival[inside]))
    died = table.any_event[inside]
    at_risk = table.at_risk[inside]
    remaining = at_risk - died
    greenwood = np.divide(died, at_risk * remaining, out=np.zeros_like(died), where=remaining > 0)
    ahead = np.cumsum(areas[:0:-1])[::-1]
    variance = float(ahead**2 @ greenwood)
    return RestrictedMean(horizon, float(areas.sum()), float(np.sqrt(variance)))


def known_until(table: RiskTable, survival: Floats, horizon: float) -> bool:
    """Whether a curve is known up to the horizon: observed so long, or rightly at 0 before.

    With delayed entry it may be at 0 only because everyone then at risk had the event.
    """
    if not table.time.size or emptied_at(table, survival) <= horizon:
        return False
    return bool(table.time[-1] >= horizon or survival[-1] == 0)


def estimate_restricted_mean(
    table: RiskTable,
    horizon: float,
    *,
    variable: str,
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """Restricted mean survival time of the table's group at `time` = horizon, as rows.

    Statistics: `restricted_mean`, `restricted_mean_std_err`, `restricted_mean_ci_low`,
    `restricted_mean_ci_high` (normal, within 0 and the horizon) and `restricted_mean_lost`,
    the horizon less the mean. Not estimable where observation ends before the horizon. Null
    cannot be in a table: `absent` counts it. Source: Irwin, J Hyg 1949;47:188.
    """
    about = Estimand(
        variable=variable,
        n=round(table.n),
        absent=absent,
        group=table.group,
        time=float(horizon),
        method=f"area under Kaplan-Meier; normal {100 * conf_level:g} % CI",
    )
    names = _names("restricted_mean")
    found = restricted_mean(table, horizon)
    if np.isnan(found.mean):
        reason = _why_unknown(table, horizon)
        return [about.no_value(n, "not_estimable", reason) for n in (*names, names[0] + "_lost")]
    half = normal_quantile(conf_level) * found.std_err
    limits = (max(found.mean - half, 0.0), min(found.mean + half, horizon))
    values = (found.mean, found.std_err, *limits)
    rows = [about.value(name, value) for name, value in zip(names, values, strict=True)]
    return [*rows, about.value("restricted_mean_lost", horizon - found.mean)]


def compare_restricted_means(
    first: RiskTable,
    second: RiskTable,
    horizon: float,
    *,
    variable: str,
    contrast: str,
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """Restricted mean of the first less that of the second group, as rows at the horizon.

    Statistics: `restricted_mean_difference` and its `_std_err`, `_ci_low`, `_ci_high` and
    `_p_value` (normal). `absent` counts those of both groups. Source: Royston and Parmar, BMC
    Med Res Methodol 2013;13:152.
    """
    about = Estimand(
        variable=variable,
        contrast=contrast,
        n=round(first.n + second.n),
        absent=absent,
        time=float(horizon),
        method=(
            f"difference of restricted means, {first.group} less {second.group}; "
            f"normal {100 * conf_level:g} % CI"
        ),
    )
    means = [restricted_mean(table, horizon) for table in (first, second)]
    name = "restricted_mean_difference"
    names = (*_names(name), f"{name}_p_value")
    if unknown := [t for t, m in zip((first, second), means, strict=True) if np.isnan(m.mean)]:
        reason = f"in one group {_why_unknown(unknown[0], horizon)}"
        return [about.no_value(n, "not_estimable", reason) for n in names]
    difference = means[0].mean - means[1].mean
    std_err = float(np.hypot(means[0].std_err, means[1].std_err))
    return difference_rows(about, names, difference, std_err, conf_level)


def difference_rows(
    about: Estimand,
    names: tuple[str, ...],
    difference: float,
    std_err: float,
    conf_level: float,
) -> list[Row]:
    """Difference, standard error, limits and p value under the five `names`, as rows.

    Without a standard error above 0 everything but the difference is not estimable.
    """
    first = about.value(names[0], difference)
    if not std_err > 0:
        reason = "no event has happened in either group, so the difference has no known spread"
        return [first, *(about.no_value(n, "not_estimable", reason) for n in names[1:])]
    half = normal_quantile(conf_level) * std_err
    p_value = two_sided_p_value(difference / std_err)
    values = (std_err, difference - half, difference + half, p_value)
    return [first, *(about.value(n, v) for n, v in zip(names[1:], values, strict=True))]


def _why_unknown(table: RiskTable, horizon: float) -> str:
    if table.n == 0:
        return "nobody has a value"
    return _EMPTIED if table.time[-1] >= horizon else _BEYOND


def _names(stem: str) -> tuple[str, ...]:
    return (stem, f"{stem}_std_err", f"{stem}_ci_low", f"{stem}_ci_high")
