"""The disease of the untreated after lenalidomide was stopped, and after it was given again."""

from __future__ import annotations

import numpy as np
import polars as pl

from sequela.simulate.assay import EVENTS_OF_A_POPULATION, count_events
from sequela.simulate.histories import (
    LAST_DAY_OFF,
    LAST_SAMPLE,
    RESTART,
    STOPPED_AGAIN,
    Floats,
)
from sequela.simulate.rows import Cohort, stack

# Days of the samples; the first is on the drug.
_DAYS = (-20, 7, 21, LAST_DAY_OFF)
_AGAIN = (STOPPED_AGAIN, 98, LAST_SAMPLE)
_SEEN_UNTIL = 70


def withdrawal_rows(cohort: Cohort, draw: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Serial B lymphoblasts in blood by flow, each sample with its counts."""
    h, n = cohort.histories, len(cohort.ids)
    start = draw.uniform(2, 40, n)
    made: dict[str, list[pl.DataFrame]] = {"specimens": [], "populations": []}
    for number, day in enumerate((*_DAYS, *_AGAIN), start=20):
        seen = h.rechallenged if day in _AGAIN else h.end >= _SEEN_UNTIL
        total = draw.integers(200_000, 400_000, n).astype(float)
        counted = count_events(
            burden_on(cohort, day, start),
            total,
            EVENTS_OF_A_POPULATION,
            cohort.model.assay_cv,
            draw,
        )
        limit = np.array([f"{least:.4f}" for least in counted.limit])
        about = {"tissue": "blood", "when": np.full(n, float(day))}
        method = {"method": "flow cytometry", "limit_of_detection": limit}
        who = ~h.treated & seen
        made["specimens"].append(
            cohort.rows(who, specimen=f"S{number}", quality="adequate", **about)
        )
        made["populations"].append(
            cohort.rows(
                who,
                specimen=f"S{number}",
                population="B lymphoblasts",
                events=counted.events.astype(np.int64).astype(str),
                total_events=total.astype(np.int64).astype(str),
                denominator="WBC",
                **method,
                **about,
            )
        )
    return {name: stack(*parts) for name, parts in made.items()}


def burden_on(cohort: Cohort, day: int, start: Floats) -> Floats:
    """The true share in percent on a day from diagnosis, about when the drug was stopped.

    A regressing disease halves every `halving_days` off the drug; given again it doubles as fast
    and comes no higher than it was. Another disease stays as it is.
    """
    h = cohort.histories
    off = max(min(day, RESTART), 0)
    back = max(min(day, STOPPED_AGAIN) - RESTART, 0)
    off_again = max(day - STOPPED_AGAIN, 0)
    halvings = max(off - back, 0) + off_again
    return np.where(h.regressing, start * 0.5 ** (halvings / cohort.model.halving_days), start)
