"""Counts, marrow and residual disease of the simulated patients, in step with their course."""

from __future__ import annotations

import numpy as np
import polars as pl

from sequela.simulate.histories import Flags, Floats
from sequela.simulate.model import INDUCTION_VISIT, SALVAGE_VISIT
from sequela.simulate.rows import Cohort, rounded, stack

_MRD_LIMITS = {"flow cytometry": 0.01, "sequencing": 0.0001}


def burden_rows(cohort: Cohort, draw: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Measurements at diagnosis, at the visits of therapy and at relapse; serial burden of some."""
    h, n = cohort.histories, len(cohort.ids)
    everyone = np.ones(n, dtype=bool)
    zero = np.zeros(n)
    first = h.treated & (h.end >= INDUCTION_VISIT)
    second = h.refractory & (h.end >= SALVAGE_VISIT)
    relapsed = np.isfinite(h.relapse)
    remitted = np.isfinite(h.remission)
    parts = [
        _sick(cohort, draw, everyone, zero),
        _judged(cohort, draw, first, np.full(n, float(INDUCTION_VISIT)), h.remitted_at_first),
        _judged(cohort, draw, second, np.full(n, float(SALVAGE_VISIT)), remitted),
        _sick(cohort, draw, relapsed, np.where(relapsed, h.relapse, 0)),
        _residual(cohort, draw, remitted),
        _withdrawal(cohort, draw),
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


def _residual(cohort: Cohort, draw: np.random.Generator, who: Flags) -> pl.DataFrame:
    """Residual disease in marrow at remission, below the assay's limit in most."""
    n = len(cohort.ids)
    sequenced = draw.random(n) < cohort.model.mrd_by_sequencing
    method = np.where(sequenced, "sequencing", "flow cytometry")
    limit = np.where(sequenced, *(_MRD_LIMITS[m] for m in ("sequencing", "flow cytometry")))
    level = cohort.histories.residual
    shown = np.where(level < limit, "not detected", rounded(level, 5))
    return cohort.rows(
        who,
        name="MRD",
        value=shown,
        unit="% of nucleated cells",
        tissue="marrow",
        method=method,
        limit_of_detection=np.array([f"{x:g}" for x in limit]),
        when=np.where(who, cohort.histories.remission, 0),
    )


def _withdrawal(cohort: Cohort, draw: np.random.Generator) -> pl.DataFrame:
    """Serial burden of the untreated and a share of whom it falls once the drug is stopped.

    The first value is from the day the drug is still given or stopped; each varies by the
    assay's coefficient of variation.
    """
    h, n = cohort.histories, len(cohort.ids)
    falling = draw.random(n) < cohort.model.regressing
    who = ~h.treated & (h.end >= 70)
    start = draw.uniform(2, 40, n)
    parts = []
    for day in (-20, 7, 21, 42):
        halvings = np.where(falling, max(day, 0) / cohort.model.halving_days, 0)
        noise = draw.lognormal(0, cohort.model.assay_cv, n)
        value = start * 0.5**halvings * noise
        shown = np.where(value < 0.01, "<0.01", rounded(value, 2))
        parts.append(
            cohort.rows(
                who,
                name="B lymphoblasts",
                value=shown,
                unit="% of WBC",
                tissue="blood",
                method="flow cytometry",
                limit_of_detection="0.01",
                when=np.full(n, float(day)),
            )
        )
    return stack(*parts)
