"""Kinetics of a disease burden: fold change, log-linear rate, halving time.

One place owns this mathematics. Times are days, burdens positive numbers of one measure,
method, tissue and denominator.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """A log-linear rate a day with its interval, where the data allow one.

    `low` and `high` are None without degrees of freedom and without a declared assay CV;
    `basis` says which of the two the interval rests on, or why there is none.
    """

    per_day: float
    low: float | None
    high: float | None
    basis: str

    @property
    def halving_days(self) -> float | None:
        """Days in which the burden halves; None when it does not fall."""
        return math.log(2) / -self.per_day if self.per_day < 0 else None

    @property
    def halving_interval(self) -> tuple[float | None, float | None] | None:
        """The interval of the halving time.

        Its upper end is None (no limit) when the rate's interval reaches zero.
        """
        if self.low is None or self.high is None or self.low >= 0:
            return None
        slowest = math.log(2) / -self.high if self.high < 0 else None
        return math.log(2) / -self.low, slowest


def estimate_rate(
    days: Sequence[float], burden: Sequence[float], *, assay_cv: float | None = None
) -> Rate | None:
    """The least-squares slope of log burden on time; None with fewer than two distinct days.

    With three or more points the 95 % interval is Student's with n - 2 degrees of freedom.
    With two points there are none, and an interval needs the assay's declared coefficient of
    variation: the log of each value then has standard deviation sqrt(log(1 + CV^2)).
    Raises ValueError when a burden is not positive.
    """
    if any(b <= 0 for b in burden):
        raise ValueError("a log-linear rate needs positive burdens")
    n = len(days)
    if n < 2 or len(set(days)) < 2:
        return None
    mean_day = math.fsum(days) / n
    logs = [math.log(b) for b in burden]
    mean_log = math.fsum(logs) / n
    spread = math.fsum((d - mean_day) ** 2 for d in days)
    slope = (
        math.fsum((d - mean_day) * (y - mean_log) for d, y in zip(days, logs, strict=True)) / spread
    )
    if n > 2:
        residual = math.fsum(
            (y - mean_log - slope * (d - mean_day)) ** 2 for d, y in zip(days, logs, strict=True)
        )
        half = _student_97_5(n - 2) * math.sqrt(residual / (n - 2) / spread)
        return Rate(slope, slope - half, slope + half, f"Student t, {n - 2} df")
    if assay_cv:
        half = _NORMAL_97_5 * math.sqrt(math.log1p(assay_cv**2) / spread)
        return Rate(slope, slope - half, slope + half, f"assay CV {assay_cv:g}")
    return Rate(slope, None, None, "two points leave no degrees of freedom")


_NORMAL_97_5 = 1.959963984540054


def _student_97_5(df: int) -> float:
    """The 97.5 % quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.975))
