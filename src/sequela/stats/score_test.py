"""The chi-squared test of a vector of scores that sum to zero, and its rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sequela.stats.estimand import Estimand
from sequela.stats.results import Row
from sequela.stats.risk_table import Floats

NOTHING_TO_COMPARE = "no event happened while two or more of the groups were at risk"


def quadratic_test(score: Floats, variance: Floats, used: NDArray[np.bool_]) -> tuple[float, int]:
    """Chi-squared and degrees of freedom of the scores (G,) of the groups that are `used`.

    The scores sum to zero, so one group is left out; which one does not matter. NaN and 0
    where fewer than two groups are used or the variance (G, G) is singular beyond that.
    """
    if int(used.sum()) < 2:
        return np.nan, 0
    left = score[used][1:]
    inside = variance[np.ix_(used, used)][1:, 1:]
    if np.linalg.matrix_rank(inside) < left.size:
        return np.nan, 0
    return float(left @ np.linalg.solve(inside, left)), left.size


def chi_squared_tail(chi_squared: float, degrees_of_freedom: int) -> float:
    """The p value of a chi-squared statistic."""
    from scipy.special import chdtrc

    return float(chdtrc(degrees_of_freedom, chi_squared))


def two_sided_p_value(z: float) -> float:
    """The two-sided p value of a standard normal statistic."""
    from scipy.special import erfc

    return float(erfc(abs(z) / np.sqrt(2)))


def chi_squared_rows(
    about: Estimand, chi_squared: float, degrees_of_freedom: int, *, prefix: str = ""
) -> list[Row]:
    """`chi_squared`, `degrees_of_freedom` and `p_value` as rows, each after the prefix.

    With no degrees of freedom all three are not estimable.
    """
    names = [f"{prefix}{name}" for name in ("chi_squared", "degrees_of_freedom", "p_value")]
    if degrees_of_freedom == 0:
        return [about.no_value(name, "not_estimable", NOTHING_TO_COMPARE) for name in names]
    p_value = chi_squared_tail(chi_squared, degrees_of_freedom)
    values = (chi_squared, float(degrees_of_freedom), p_value)
    return [about.value(name, value) for name, value in zip(names, values, strict=True)]
