"""Any quantile of a survival curve with its interval, as result rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sequela.stats.confidence_band import ConfType
from sequela.stats.estimand import Estimand
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import RiskTable
from sequela.stats.survival import Curve, kaplan_meier, quantile


def estimate_quantiles(
    table: RiskTable,
    shares: Sequence[float],
    *,
    variable: str,
    conf_type: ConfType = "log-log",
    conf_level: float = 0.95,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """The times by which each share of the group had the event, as rows.

    Statistics: `quantile`, `quantile_ci_low`, `quantile_ci_high`, with the share as `level`
    ("0.25" is the time at which S falls to 0.75). Conventions as `quantile` of `survival`.
    ValueError unless each share lies between 0 and 1. Null cannot be in a table: `absent`
    counts it. Source: Brookmeyer and Crowley, Biometrics 1982;38:29.
    """
    curve = kaplan_meier(table, conf_type=conf_type, conf_level=conf_level)
    rows: list[Row] = []
    for share in dict.fromkeys(shares):
        about = Estimand(
            variable=variable,
            n=round(table.n),
            absent=absent,
            group=table.group,
            level=f"{share:g}",
            method=f"Kaplan-Meier; Greenwood; {conf_type} {100 * conf_level:g} % CI",
        )
        rows += _quantile_rows(curve, about, share)
    return rows


def _quantile_rows(curve: Curve, about: Estimand, share: float) -> list[Row]:
    found = quantile(curve, share)
    names = ("quantile", "quantile_ci_low", "quantile_ci_high")
    if curve.n == 0:
        return [about.no_value(name, "not_estimable", "nobody has a value") for name in names]
    reached = f"the curve stays above {1 - share:g} as long as observed"
    limit = f"the limit of the band stays above {1 - share:g} as long as it can be computed"
    return [
        about.value(name, time)
        if np.isfinite(time)
        else about.no_value(name, "not_reached", reason)
        for name, time, reason in zip(
            names, (found.time, found.low, found.high), (reached, limit, limit), strict=True
        )
    ]
