"""Kinetics of a disease burden: fold change, log-linear rate, halving time, nadir, regrowth.

One place owns this mathematics. Times are days, burdens positive numbers of one measure,
method, tissue and denominator.

An assay varies by 10 to 30 % (coefficient of variation) beyond counting. With 500,000 cells the
step from 2.6 to 2.5 % has p = 0.002 by counting alone, and p = 0.8 with a CV of 10 %. So an
interval needs either degrees of freedom, from which the scatter is estimated, or a declared CV;
counting alone never gives one. A value below detection is kept as what it is, a bound: half the
limit in its place would bias the rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sequela.clinical.rule_register import ClinicalRule, Parameter

RULES = (
    ClinicalRule(
        "burden kinetics",
        "1",
        "The log-linear rate of a burden by the likelihood of what is known: counts with the "
        "assay's variation, values below detection as bounds, else a least-squares line. An "
        "interval needs degrees of freedom or a declared variation; counting alone gives none.",
        "Tobin 1958; Venables and Ripley 2002; checked against R (survreg, glm)",
        ("dechallenge", "dechallenge_number"),
        (
            Parameter(
                "assay_cv",
                "none unless the study declares it",
                "assays vary by 10 to 30 % from day to day (decision 006)",
            ),
        ),
    ),
)


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
    With two points, or with points that lie on one line, there is no scatter to estimate, and an
    interval needs the assay's declared coefficient of variation: the log of each value then has
    standard deviation sqrt(log(1 + CV^2)).
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
    residual = math.fsum(
        (y - mean_log - slope * (d - mean_day)) ** 2 for d, y in zip(days, logs, strict=True)
    )
    scatters = math.sqrt(residual / n) > _NO_SCATTER
    if n > 2 and scatters:
        half = _student_97_5(n - 2) * math.sqrt(residual / (n - 2) / spread)
        return Rate(slope, slope - half, slope + half, f"Student t, {n - 2} df")
    if assay_cv:
        half = _NORMAL_97_5 * math.sqrt(math.log1p(assay_cv**2) / spread)
        return Rate(slope, slope - half, slope + half, f"assay CV {assay_cv:g}")
    why = _ON_A_LINE if n > 2 else "two points leave no degrees of freedom"
    return Rate(slope, None, None, why)


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a burden: a day, and a number between `low` and `high` (equal when exact).

    What was not detected has `low` 0 and `high` the limit of detection (inf where no limit is
    known). `events` of `total` are the counts behind it, where they are known.
    """

    day: float
    low: float
    high: float
    events: int | None = None
    total: int | None = None

    @property
    def exact(self) -> bool:
        """Whether it is one number above zero."""
        return self.low == self.high and self.low > 0

    @property
    def counted(self) -> bool:
        """Whether the counts behind it are known."""
        return self.events is not None and bool(self.total)


@dataclass(frozen=True, slots=True)
class Fold:
    """A later burden divided by an earlier one, its interval, and the test of no change.

    The three are None where the assay's variation was not declared; `basis` says why.
    """

    value: float
    low: float | None
    high: float | None
    p_value: float | None
    basis: str


@dataclass(frozen=True, slots=True)
class Shape:
    """The lowest value of a course, and what came after it.

    `days_to_nadir` counts from the first value. `regrowth` is the rate from the nadir to the
    last value, None when nothing rose after it.
    """

    nadir: Reading
    days_to_nadir: float
    regrowth: Rate | None

    @property
    def doubling_days(self) -> float | None:
        """Days in which the burden doubles after the nadir."""
        if self.regrowth is None or self.regrowth.per_day <= 0:
            return None
        return math.log(2) / self.regrowth.per_day


def estimate_course_rate(
    readings: Sequence[Reading], *, assay_cv: float | None = None
) -> Rate | None:
    """The log-linear rate of readings, by the likelihood that fits what is known of them.

    Where every reading has counts: negative binomial with the declared CV, or, without one and
    with three or more readings, Poisson with a dispersion estimated from them (at least 1) and
    Student's t. Else values below detection enter as bounds of a normal distribution of the
    logarithm, whose scatter is declared, or estimated from at least three exact values. Exact
    values alone are a least-squares line (`estimate_rate`). What has neither a value nor a limit
    tells nothing and is left out, and so does a bound where the scatter is neither declared nor
    can be estimated. None with fewer than two distinct days on which the disease was seen: the
    likelihood then has no finite maximum.
    """
    known = [r for r in readings if r.exact or r.counted or math.isfinite(r.high)]
    if len({r.day for r in known if r.exact or r.events}) < 2:
        return None
    if all(r.counted for r in known):
        return _count_rate(known, assay_cv)
    if all(r.exact for r in known):
        return estimate_rate([r.day for r in known], [r.low for r in known], assay_cv=assay_cv)
    return _censored_rate(known, assay_cv)


def _line(readings: Sequence[Reading]) -> list[list[float]]:
    """The design of a line over days from the first reading.

    Days of the calendar lie in the ten thousands: over them the fit has no digits left.
    """
    first = min(r.day for r in readings)
    return [[1.0, r.day - first] for r in readings]


def _count_rate(readings: Sequence[Reading], assay_cv: float | None) -> Rate:
    from sequela.stats.overdispersed_counts import fit_counts

    fit = fit_counts(
        [r.events or 0 for r in readings],
        [r.total or 0 for r in readings],
        _line(readings),
        cv=assay_cv or 0.0,
    )
    slope, se = float(fit.coefficient[1]), math.sqrt(fit.covariance[1, 1])
    free = len(readings) - 2
    if assay_cv:
        half = _NORMAL_97_5 * se
        return Rate(slope, slope - half, slope + half, f"counts, assay CV {assay_cv:g}")
    if free < 1:
        return Rate(slope, None, None, "two points leave no degrees of freedom")
    half = _student_97_5(free) * se * math.sqrt(max(fit.chi_square / free, 1.0))
    return Rate(slope, slope - half, slope + half, f"counts, dispersion estimated, {free} df")


def _censored_rate(readings: Sequence[Reading], assay_cv: float | None) -> Rate | None:
    from sequela.stats.censored_normal import fit_censored_normal, lies_on_a_line

    # A count of none without a limit bounds nothing where the others were not counted.
    readings = [r for r in readings if r.exact or math.isfinite(r.high)]
    seen = [r for r in readings if r.exact]
    exact, free = len(seen), len(seen) - 2
    if exact == len(readings):
        return estimate_rate([r.day for r in seen], [r.low for r in seen], assay_cv=assay_cv)
    lows = [math.log(r.low) if r.low > 0 else -math.inf for r in readings]
    highs = [math.log(r.high) for r in readings]
    if not assay_cv and (free < 1 or lies_on_a_line(lows, highs, _line(readings))):
        return estimate_rate([r.day for r in seen], [r.low for r in seen])
    scale = math.sqrt(math.log1p(assay_cv**2)) if assay_cv else None
    fit = fit_censored_normal(lows, highs, _line(readings), scale=scale)
    slope, se = float(fit.coefficient[1]), math.sqrt(fit.covariance[1, 1])
    if assay_cv:
        half = _NORMAL_97_5 * se
        return Rate(slope, slope - half, slope + half, f"values below detection, CV {assay_cv:g}")
    # As for a least-squares line: the likelihood's scatter is too small by n - 2 of n.
    half = _student_97_5(free) * se * math.sqrt(exact / free)
    return Rate(slope, slope - half, slope + half, f"values below detection, {free} df")


def estimate_fold(before: Reading, after: Reading, *, assay_cv: float | None = None) -> Fold | None:
    """The later reading divided by the earlier one; None unless both are exact or counted.

    With a declared CV the logarithm of the fold has the variance 2 log(1 + CV^2), or with counts
    1/events + 1/events + 2 CV^2. Without one there is no interval.
    """
    counted = all(r.counted and r.events for r in (before, after))
    if not counted and not (before.exact and after.exact):
        return None
    ratio = _share(after) / _share(before) if counted else after.low / before.low
    if not assay_cv:
        return Fold(ratio, None, None, None, "no declared variation of the assay")
    if counted:
        counting = 1 / (before.events or 1) + 1 / (after.events or 1)
        error = math.sqrt(counting + 2 * assay_cv**2)
        basis = f"counts, assay CV {assay_cv:g}"
    else:
        error, basis = math.sqrt(2 * math.log1p(assay_cv**2)), f"assay CV {assay_cv:g}"
    half = _NORMAL_97_5 * error
    p = math.erfc(abs(math.log(ratio)) / error / math.sqrt(2))
    return Fold(ratio, ratio * math.exp(-half), ratio * math.exp(half), p, basis)


def _share(reading: Reading) -> float:
    return (reading.events or 0) / (reading.total or 1)


def describe_shape(readings: Sequence[Reading], *, assay_cv: float | None = None) -> Shape | None:
    """Nadir, days to it and regrowth after it; None without a reading.

    The nadir is the first of the lowest readings, where one that was not detected is below all
    that were. One that was not detected above an earlier value says nothing of it: a limit of
    10 % after a value of 0.5 %.
    """
    if not readings:
        return None
    ordered = sorted(readings, key=lambda r: r.day)
    telling = [r for r in ordered if not _insensitive(r, ordered)] or ordered
    nadir = min(telling, key=lambda r: (r.low > 0, r.high if r.low > 0 else 0.0, r.day))
    later = [r for r in ordered if r.day >= nadir.day]
    rose = any(r.low > nadir.high or (nadir.low <= 0 < r.low) for r in later)
    rate = estimate_course_rate(later, assay_cv=assay_cv) if rose else None
    return Shape(nadir, nadir.day - ordered[0].day, rate)


def _insensitive(reading: Reading, readings: Sequence[Reading]) -> bool:
    """Whether nothing was found by an assay whose limit lies above a value found before."""
    before = [r.high for r in readings if r.exact and r.day <= reading.day]
    return reading.low <= 0 and min(before, default=math.inf) < reading.high < math.inf


_NO_SCATTER = 1e-9
_ON_A_LINE = "the values lie on one line, which leaves no scatter to estimate"
_NORMAL_97_5 = 1.959963984540054


def _student_97_5(df: int) -> float:
    """The 97.5 % quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.975))
