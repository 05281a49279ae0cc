"""The cerebrospinal fluid of the treated at diagnosis: cells and blasts, as the status has it."""

from __future__ import annotations

import numpy as np
import polars as pl

from sequela.simulate.rows import Cohort, stack


def fluid_rows(cohort: Cohort, draw: np.random.Generator) -> dict[str, pl.DataFrame]:
    """White and red cells and blasts of a puncture that was not traumatic."""
    h, n = cohort.histories, len(cohort.ids)
    day = np.zeros(n)
    many = draw.integers(5, 11, n)
    white = np.where(h.cns == "CNS3", many, draw.integers(0, 5, n))
    counts = {"white cells": white, "red cells": draw.integers(0, 10, n)}
    return {
        "measurements": stack(
            *(
                cohort.rows(h.treated, name=name, value=cells, unit="/uL", tissue="CSF", when=day)
                for name, cells in counts.items()
            )
        ),
        "assessments": cohort.rows(
            h.treated,
            what="CSF blasts",
            value=np.where(h.cns == "CNS1", "no", "yes"),
            timepoint="diagnosis",
            when=day,
        ),
    }
