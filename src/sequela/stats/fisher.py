"""Fisher's exact test of a two by two table, and the conditional odds ratio.

Given the margins, the count in the first cell is hypergeometric, and noncentral with the
odds ratio when that is not one. All of it is R's `fisher.test`, except that the odds ratio
and its limits are solved to full precision, where R stops at a tolerance of 1e-4.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sequela.stats.exact_binomial import TIED
from sequela.stats.group_test import NotEstimable
from sequela.stats.risk_table import Floats, Ints


@dataclass(frozen=True, slots=True)
class OddsRatio:
    """An odds ratio and its limits; 0 and infinity stand where the data allow no other."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class _FirstCell:
    """What the first cell can be given the margins (K,), and the log chance of each."""

    count: Ints
    log_chance: Floats
    observed: int

    def chances(self, log_odds: float) -> Floats:
        """The chance of each count when the log odds ratio is `log_odds`."""
        tilted = self.log_chance + self.count * log_odds
        weight = np.exp(tilted - tilted.max())
        chances: Floats = weight / weight.sum()
        return chances


def fisher_exact(table: Ints) -> float:
    """The two-sided p of a (2, 2) table: the chance of all tables no likelier than this one.

    Source: Fisher, J R Stat Soc 1935;98:39. p is 1 when a row or column is empty.
    """
    cell = _first_cell(table)
    chances = cell.chances(0.0)
    seen = chances[cell.observed - int(cell.count[0])]
    return min(float(chances[chances <= seen * (1 + TIED)].sum()), 1.0)


def conditional_odds_ratio(table: Ints, conf_level: float = 0.95) -> OddsRatio:
    """The conditional maximum-likelihood odds ratio of a (2, 2) table with its exact limits.

    The limits leave half of the error on each side. NotEstimable when the margins leave the
    first cell no choice. ValueError unless 0 < conf_level < 1.
    """
    if not 0 < conf_level < 1:
        raise ValueError(f"A confidence level lies between 0 and 1, not at {conf_level:g}.")
    cell = _first_cell(table)
    if cell.count.size == 1:
        raise NotEstimable("a row or a column of the table is empty")
    tail, x = (1 - conf_level) / 2, cell.observed
    lowest, highest = int(cell.count[0]), int(cell.count[-1])

    def at_most(log_odds: float) -> float:
        return tail - float(cell.chances(log_odds)[cell.count <= x].sum())

    def at_least(log_odds: float) -> float:
        return float(cell.chances(log_odds)[cell.count >= x].sum()) - tail

    def mean(log_odds: float) -> float:
        return float(cell.chances(log_odds) @ cell.count) - x

    value = 0.0 if x == lowest else math.inf if x == highest else _solve(mean)
    return OddsRatio(
        value=value,
        low=0.0 if x == lowest else _solve(at_least),
        high=math.inf if x == highest else _solve(at_most),
    )


def _first_cell(table: Ints) -> _FirstCell:
    from scipy.special import gammaln

    if table.shape != (2, 2):
        raise ValueError(f"Fisher's test of two by two got a table of shape {table.shape}.")
    first_row, first_column = int(table[0].sum()), int(table[:, 0].sum())
    n = int(table.sum())
    count = np.arange(max(0, first_row + first_column - n), min(first_row, first_column) + 1)
    cells = (count, first_row - count, first_column - count, n - first_row - first_column + count)
    log_chance = -sum(gammaln(cell + 1.0) for cell in cells)
    return _FirstCell(count, np.asarray(log_chance), int(table[0, 0]))


def _solve(rising: Callable[[float], float]) -> float:
    """The odds ratio at which a function that rises with the log odds ratio is zero."""
    from scipy.optimize import brentq

    low, high = -1.0, 1.0
    while rising(low) > 0:
        low *= 2
    while rising(high) < 0:
        high *= 2
    return math.exp(float(brentq(rising, low, high, xtol=1e-14, rtol=1e-14)))
