"""The exact binomial test, on which McNemar's exact test and rate ratios rest."""

from __future__ import annotations

import numpy as np

# Probabilities that differ by less than this share are equal: the tolerance of R's tests.
TIED = 1e-7


def binomial_p_value(x: int, n: int, p: float = 0.5) -> float:
    """The two-sided p of x successes of n when the chance is p: `binom.test` in R.

    It sums the chances of all outcomes that are no more likely than x. ValueError unless
    0 <= x <= n, n > 0 and 0 < p < 1. Takes O(n) time and memory.
    """
    from scipy.special import betaln, xlog1py, xlogy

    if n < 1 or not 0 <= x <= n or not 0 < p < 1:
        raise ValueError(f"{x} of {n} with chance {p:g} is no binomial outcome.")
    k = np.arange(n + 1)
    log_choose = -betaln(n - k + 1, k + 1) - np.log(n + 1)
    log_chance = log_choose + xlogy(k, p) + xlog1py(n - k, -p)
    no_likelier = log_chance <= log_chance[x] + np.log1p(TIED)
    return min(float(np.exp(log_chance[no_likelier]).sum()), 1.0)
