"""Tables of counts, levels by groups: chi-squared tests and the test for trend.

A table here is (levels, groups), whole counts, and every level and group has someone: the
callers leave empty ones out, which hold no evidence either way.
"""

from __future__ import annotations

import math

import numpy as np

from sequela.stats.group_test import NotEstimable
from sequela.stats.labels import Labels
from sequela.stats.risk_table import Floats, Ints
from sequela.stats.score_test import chi_squared_tail, two_sided_p_value

ONE_LEVEL = "everyone has the same level"


def count_table(values: Labels, groups: Labels) -> Ints:
    """How many of each group have each level: (levels, groups), empty levels included."""
    width = len(groups.levels)
    cells = np.bincount(values.code * width + groups.code, minlength=len(values.levels) * width)
    return cells.reshape(len(values.levels), width)


def expected_counts(table: Ints) -> Floats:
    """The counts (levels, groups) that the margins give if level and group are independent."""
    expected: Floats = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return expected


def chi_squared(table: Ints, *, yates: bool = False) -> tuple[float, float, float]:
    """Pearson's chi-squared, its degrees of freedom and p, as `chisq.test` in R.

    With `yates` each distance is reduced by a half, or to zero where the distance is less,
    as R does for two by two; NotEstimable for larger tables then, and for one level. Sources:
    Pearson, Philos Mag 1900;50:157; Yates, Suppl J R Stat Soc 1934;1:217.
    """
    degrees = (table.shape[0] - 1) * (table.shape[1] - 1)
    if degrees == 0:
        raise NotEstimable(ONE_LEVEL)
    if yates and table.shape != (2, 2):
        raise NotEstimable("Yates' correction is for two levels and two groups")
    expected = expected_counts(table)
    distance = np.abs(table - expected)
    if yates:
        distance -= min(0.5, float(distance.min()))
    statistic = float(np.sum(distance**2 / expected))
    return statistic, float(degrees), chi_squared_tail(statistic, degrees)


def cochran_armitage(counts: Ints, scores: Floats) -> tuple[float, float]:
    """z and the two-sided p of a trend of a share over ordered classes.

    `counts` (K, 2) has in its last column who is counted in the share; `scores` (K,) order
    the classes, and z is positive when the share rises with them. z squared is the statistic
    of `prop.trend.test` in R. NotEstimable when everyone is in one class or one column.
    Sources: Cochran, Biometrics 1954;10:417; Armitage, Biometrics 1955;11:375.
    """
    size, n = counts.sum(axis=1), float(counts.sum())
    share = float(counts[:, 1].sum()) / n
    centred = scores - float(size @ scores) / n
    variance = share * (1 - share) * float(size @ centred**2)
    if variance <= 0:
        raise NotEstimable("everyone is in one class, or in none or all of the share")
    z = float(counts[:, 1] @ centred) / math.sqrt(variance)
    return z, two_sided_p_value(z)
