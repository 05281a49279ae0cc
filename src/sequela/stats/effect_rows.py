"""What the rows of every regression have in common."""

from __future__ import annotations

import numpy as np

from sequela.stats.estimand import Estimand
from sequela.stats.results import Row

# Below this many events a coefficient a row warns (Peduzzi et al., J Clin Epidemiol
# 1995;48:1503 and 1996;49:1373).
FEW_EVENTS = 10

# Said of a covariate where another, at infinity, explains all that it could have.
UNINFORMED = (
    "nothing is left to estimate it from: another covariate lies at infinity (separation), and "
    "where that one does not decide, this one does not differ"
)


def ratio_row(about: Estimand, statistic: str, log_ratio: float) -> Row:
    """A hazard or odds ratio from its logarithm.

    An infinite one, as a limit of an interval under separation, is `not_reached`; NaN, a limit
    that was not found, is `not_estimable`.
    """
    if np.isnan(log_ratio):
        return about.no_value(statistic, "not_estimable", "the search for the limit failed")
    if log_ratio > np.log(np.finfo(float).max):
        return about.no_value(statistic, "not_reached", "there is no upper limit (separation)")
    if log_ratio == -np.inf:
        return about.no_value(statistic, "not_reached", "there is no lower limit (separation)")
    return about.value(statistic, float(np.exp(log_ratio)))
