"""Counts and marrow of the simulated patients, in step with their course."""

from __future__ import annotations

import numpy as np
import polars as pl

from sequela.simulate.histories import Flags, Floats
from sequela.simulate.model import INDUCTION_VISIT, RELAPSE_SALVAGE_VISIT, SALVAGE_VISIT
from sequela.simulate.rows import Cohort, rounded, stack


def burden_rows(cohort: Cohort, draw: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Measurements at diagnosis, the visits of therapy, relapse, and after its salvage."""
    h, n = cohort.histories, len(cohort.ids)
    everyone = np.ones(n, dtype=bool)
    zero = np.zeros(n)
    first = h.treated & (h.end >= INDUCTION_VISIT)
    second = h.refractory & (h.end >= SALVAGE_VISIT)
    relapsed, third = np.isfinite(h.relapse), h.salvage_judged
    after = np.where(third, h.relapse, 0) + RELAPSE_SALVAGE_VISIT
    remitted = np.isfinite(h.remission)
    # A stream of its own: the other draws of a seed are what they were without this visit.
    late = draw.spawn(1)[0]
    parts = [
        _sick(cohort, draw, everyone, zero),
        _judged(cohort, draw, first, np.full(n, float(INDUCTION_VISIT)), h.remitted_at_first),
        _judged(cohort, draw, second, np.full(n, float(SALVAGE_VISIT)), remitted),
        _sick(cohort, draw, relapsed, np.where(relapsed, h.relapse, 0)),
        _judged(cohort, late, third, after, np.isfinite(h.second_remission)),
    ]
    return {"measurements": stack(*parts)}


def _measured(
    cohort: Cohort, who: Flags, when: Floats, values: dict[tuple[str, str, str], np.ndarray]
) -> pl.DataFrame:
    return stack(
        *(
            cohort.rows(who, name=name, value=value, unit=unit, tissue=tissue, when=when)
            for (name, unit, tissue), value in values.items()
        )
    )


def _sick(cohort: Cohort, draw: np.random.Generator, who: Flags, when: Floats) -> pl.DataFrame:
    """Counts of untreated disease: many blasts, few neutrophils and platelets."""
    n = len(cohort.ids)
    return _measured(
        cohort,
        who,
        when,
        {
            ("marrow blasts", "% of nucleated cells", "marrow"): rounded(
                draw.uniform(25, 95, n), 0
            ),
            ("blasts", "% of WBC", "blood"): rounded(draw.uniform(5, 80, n), 0),
            ("WBC", "10^9/L", "blood"): rounded(draw.lognormal(1.8, 0.9, n), 1),
            ("ANC", "10^9/L", "blood"): rounded(draw.lognormal(-0.3, 0.7, n), 2),
            ("platelets", "10^9/L", "blood"): rounded(draw.lognormal(3.9, 0.6, n), 0),
            ("hemoglobin", "g/dL", "blood"): rounded(draw.normal(9.2, 1.3, n).clip(4, 16), 1),
        },
    )


def _judged(
    cohort: Cohort, draw: np.random.Generator, who: Flags, when: Floats, remitted: Flags
) -> pl.DataFrame:
    """Counts at a visit that agree with its judgement; a CRi has not recovered its platelets."""
    n = len(cohort.ids)
    recovered = remitted & ~cohort.histories.incomplete
    marrow = np.where(remitted, draw.uniform(0, 4, n), draw.uniform(8, 70, n))
    blood = np.where(remitted, 0.0, draw.uniform(1, 30, n))
    return _measured(
        cohort,
        who,
        when,
        {
            ("marrow blasts", "% of nucleated cells", "marrow"): rounded(marrow, 0),
            ("blasts", "% of WBC", "blood"): rounded(blood, 0),
            ("WBC", "10^9/L", "blood"): rounded(draw.lognormal(1.4, 0.4, n), 1),
            ("ANC", "10^9/L", "blood"): rounded(
                np.where(remitted, draw.uniform(1.05, 5, n), draw.uniform(0.1, 0.9, n)), 2
            ),
            ("platelets", "10^9/L", "blood"): rounded(
                np.where(recovered, draw.uniform(105, 320, n), draw.uniform(10, 90, n)), 0
            ),
        },
    )
