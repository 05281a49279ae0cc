"""Tests of means: Student, Welch, analysis of variance, and Welch's analysis of variance.

All need only the size, mean and variance of each group.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sequela.stats.group_test import NotEstimable, Numbers
from sequela.stats.risk_table import Floats

_NO_VARIATION = "the values do not vary within the groups"
TOO_LARGE = "the values are too large to be squared"


@dataclass(frozen=True, slots=True)
class Moments:
    """Size, mean and variance (n - 1) of each group (G,); the variance of one person is NaN."""

    n: Floats
    mean: Floats
    variance: Floats


def moments(numbers: Numbers) -> Moments:
    """The moments of the groups, the variance from deviations from each group's own mean.

    NotEstimable where the squares of the values have no number (beyond about 1e154).
    """
    code, count = numbers.groups.code, len(numbers.groups.levels)
    n = np.bincount(code, minlength=count).astype(float)
    mean = np.bincount(code, numbers.values, count) / n
    with np.errstate(over="ignore"):
        squares = np.bincount(code, (numbers.values - mean[code]) ** 2, count)
    if bool(np.any(np.isposinf(squares))):
        raise NotEstimable(TOO_LARGE)
    variance = np.divide(squares, n - 1, out=np.full(count, np.nan), where=n > 1)
    return Moments(n, mean, variance)


def student_t(groups: Moments) -> tuple[float, float, float]:
    """t, degrees of freedom and p with one common variance, as `t.test(var.equal = TRUE)`.

    t is positive when the first group has the greater mean. NotEstimable with fewer than
    three people or without variation within the groups.
    """
    degrees = float(groups.n.sum()) - 2
    if degrees < 1:
        raise NotEstimable("a common variance needs three people")
    common = float(np.nansum((groups.n - 1) * groups.variance)) / degrees
    return _t_test(groups, math.sqrt(common * float(np.sum(1 / groups.n))), degrees)


def welch_t(groups: Moments) -> tuple[float, float, float]:
    """t, degrees of freedom and p with a variance for each group, as `t.test`.

    Source: Welch, Biometrika 1947;34:28. NotEstimable when a group has one person.
    """
    _need_two_people(groups)
    share = groups.variance / groups.n
    total = float(share.sum())
    with np.errstate(invalid="ignore"):
        degrees = float(total**2 / np.sum(share**2 / (groups.n - 1)))
    return _t_test(groups, math.sqrt(total), degrees)


def anova(groups: Moments) -> tuple[float, float, float, float]:
    """F, its degrees of freedom between and within, and p: `oneway.test(var.equal = TRUE)`.

    NotEstimable without variation within the groups.
    """
    between, within = groups.n.size - 1.0, float(groups.n.sum()) - groups.n.size
    if within < 1:
        raise NotEstimable("no group has two people")
    squares = float(np.nansum((groups.n - 1) * groups.variance))
    grand = float(groups.n @ groups.mean) / float(groups.n.sum())
    _need_variation(groups, math.sqrt(squares / within))
    f = float(groups.n @ (groups.mean - grand) ** 2) / between / (squares / within)
    return f, between, within, _f_tail(f, between, within)


def welch_anova(groups: Moments) -> tuple[float, float, float, float]:
    """F, its two degrees of freedom and p with a variance for each group: `oneway.test`.

    Source: Welch, Biometrika 1951;38:330. NotEstimable when a group has one person or does
    not vary.
    """
    _need_two_people(groups)
    for variance in groups.variance:
        _need_variation(groups, math.sqrt(float(variance)))
    k, weight = groups.n.size, groups.n / groups.variance
    mean = float(weight @ groups.mean) / float(weight.sum())
    unsure = float(np.sum((1 - weight / weight.sum()) ** 2 / (groups.n - 1))) / (k**2 - 1)
    spread = float(weight @ (groups.mean - mean) ** 2)
    f = spread / ((k - 1) * (1 + 2 * (k - 2) * unsure))
    within = 1 / (3 * unsure)
    return f, k - 1.0, within, _f_tail(f, k - 1.0, within)


def _t_test(groups: Moments, std_err: float, degrees: float) -> tuple[float, float, float]:
    from scipy.special import stdtr

    _need_variation(groups, std_err)
    t = float(groups.mean[0] - groups.mean[1]) / std_err
    return t, degrees, 2 * float(stdtr(degrees, -abs(t)))


def _f_tail(f: float, between: float, within: float) -> float:
    from scipy.special import fdtrc

    return float(fdtrc(between, within, f))


def _need_two_people(groups: Moments) -> None:
    if bool(np.any(groups.n < 2)):
        raise NotEstimable("a group has one person, whose variance is unknown")


def _need_variation(groups: Moments, spread: float) -> None:
    """R's rule for data that are constant but for rounding."""
    if spread <= 10 * np.finfo(float).eps * float(np.max(np.abs(groups.mean))):
        raise NotEstimable(_NO_VARIATION)
