"""P values adjusted for how many tests were made, over the rows of those tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from sequela.stats.pairwise import PHRASES, Adjustment, adjust_p_values
from sequela.stats.results import Row


def adjust_rows(
    rows: Iterable[Row], adjustment: Adjustment, *, statistic: str = "p_value"
) -> list[Row]:
    """A row `<statistic>_adjusted` for each row of that statistic, in their order.

    The rows given are the family of tests: other statistics are passed over, and a p value
    without a number counts in no adjustment and keeps its state and reason. Holm and
    Bonferroni hold the chance of any false finding, Benjamini-Hochberg the share of false
    among the findings, all as R's `p.adjust`; `method` says which and over how many.
    """
    tests = [row for row in rows if row.statistic == statistic]
    p_values = [np.nan if row.value is None else row.value for row in tests]
    adjusted = adjust_p_values(p_values, adjustment)
    family = f"{PHRASES[adjustment]} over {int(np.sum(~np.isnan(adjusted)))} tests"
    return [
        replace(
            row,
            statistic=f"{statistic}_adjusted",
            value=None if row.value is None else float(value),
            method=f"{row.method}; {family}",
        )
        for row, value in zip(tests, adjusted, strict=True)
    ]
