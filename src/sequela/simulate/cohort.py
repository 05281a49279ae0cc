"""A simulated cohort as a chart: the same tables that a study folder holds."""

from __future__ import annotations

import numpy as np
import polars as pl

from sequela.simulate.burden import burden_rows
from sequela.simulate.fluid import fluid_rows
from sequela.simulate.histories import simulate_histories
from sequela.simulate.leukemia import leukemia_rows
from sequela.simulate.model import SimulationModel
from sequela.simulate.myeloma import myeloma_rows
from sequela.simulate.residual import residual_rows
from sequela.simulate.rows import Cohort, stack
from sequela.simulate.support import support_rows
from sequela.simulate.transplants import transplant_rows
from sequela.simulate.withdrawal import withdrawal_rows

FIRST_DAY = np.datetime64("2008-01-01")
DAYS_OF_ACCRUAL = 2500

MAKERS = (
    myeloma_rows,
    leukemia_rows,
    support_rows,
    fluid_rows,
    transplant_rows,
    residual_rows,
    burden_rows,
    withdrawal_rows,
)


def simulate_chart(
    patients: int, *, seed: int, model: SimulationModel | None = None
) -> dict[str, pl.DataFrame]:
    """The chart of so many invented patients, one table of text a kind of record.

    The same seed and model give the same chart. Patients are numbered `SIM-1`, `SIM-2`, ... so
    that nobody takes them for persons. ValueError for less than one patient.
    """
    if patients < 1:
        raise ValueError("A simulated cohort needs at least one patient.")
    known = model or SimulationModel()
    draw = np.random.default_rng(seed)
    histories = simulate_histories(patients, known, draw)
    width = len(str(patients))
    ids = np.array([f"SIM-{number:0{width}d}" for number in range(1, patients + 1)])
    diagnosed = FIRST_DAY + draw.integers(0, DAYS_OF_ACCRUAL, patients)
    autologous = draw.random(patients) < known.autologous
    cohort = Cohort(known, ids, diagnosed, histories, autologous)
    tables: dict[str, list[pl.DataFrame]] = {}
    for make in MAKERS:
        for name, frame in make(cohort, draw).items():
            tables.setdefault(name, []).append(frame)
    return {name: _ordered(stack(*frames)) for name, frames in tables.items()}


def _ordered(frame: pl.DataFrame) -> pl.DataFrame:
    """By patient and, for one patient, in the order in which the rows were made."""
    blanks = pl.col(pl.String).replace("", None)
    return frame.with_columns(blanks).sort("patient_id", maintain_order=True)
