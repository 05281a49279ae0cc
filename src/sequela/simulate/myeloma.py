"""The first disease of the simulated patients: myeloma, its drugs and its transplant."""

from __future__ import annotations

import numpy as np
import polars as pl

from sequela.simulate.histories import Floats
from sequela.simulate.rows import Cohort, choose, stack


def myeloma_rows(cohort: Cohort, draw: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Persons, both diagnoses, lenalidomide with a hold in some, and autologous transplants."""
    n, everyone = len(cohort.ids), np.ones(len(cohort.ids), dtype=bool)
    myeloma: Floats = -draw.integers(400, 4000, n).astype(float)
    age = draw.normal(65, 9, n).clip(35, 88)
    started: Floats = myeloma + draw.integers(20, 200, n).astype(float)
    stopped: Floats = -draw.integers(0, 15, n).astype(float)
    patients = cohort.rows(
        everyone,
        site=choose(draw, n, dict.fromkeys(cohort.model.sites, 1 / len(cohort.model.sites))),
        sex=choose(draw, n, {"female": 0.48, "male": 0.52}),
        birth=-np.round(age * 365.25),
    )
    diagnoses = stack(
        cohort.rows(everyone, disease="multiple myeloma", code="PCM", role="first", when=myeloma),
        cohort.rows(
            everyone,
            disease="B-ALL",
            code="BLL",
            role="second",
            when=np.zeros(n),
            lineage="B",
            presentation=np.where(cohort.histories.high, "high risk", "standard risk"),
        ),
        cohort.rows(
            np.isfinite(cohort.histories.second_cancer),
            disease="therapy-related myelodysplastic syndrome",
            code="9987/3",
            role="other",
            when=cohort.histories.second_cancer,
        ),
    )
    return {
        "patients": patients,
        "diagnoses": diagnoses,
        "exposures": _lenalidomide(cohort, draw, started, stopped),
        "transplants": _autologous(cohort, draw, myeloma, started),
    }


def _lenalidomide(
    cohort: Cohort, draw: np.random.Generator, started: Floats, stopped: Floats
) -> pl.DataFrame:
    """One interval a patient, or two with a hold between them; dexamethasone ends before."""
    n = len(started)
    everyone = np.ones(n, dtype=bool)
    held = (draw.random(n) < 0.25) & (stopped - started > 200)
    middle = np.floor((started + stopped) / 2)
    resumed = middle + draw.integers(14, 60, n)
    drug = {"drug": "lenalidomide", "intent": "maintenance"}
    return stack(
        cohort.rows(
            everyone,
            **drug,
            start=started,
            stop=np.where(held, middle, stopped),
            dose=choose(draw, n, {"10 mg": 0.7, "15 mg": 0.2, "5 mg": 0.1}),
            stop_reason=np.where(held, "cytopenia", "leukemia"),
        ),
        cohort.rows(held, **drug, start=resumed, stop=stopped, dose="5 mg", stop_reason="leukemia"),
        cohort.rows(
            everyone,
            drug="dexamethasone",
            intent="induction",
            start=started,
            stop=np.minimum(started + draw.integers(60, 180, n), stopped - 30),
            dose="20 mg",
        ),
    )


def _autologous(
    cohort: Cohort, draw: np.random.Generator, myeloma: Floats, started: Floats
) -> pl.DataFrame:
    who = (draw.random(len(started)) < 0.6) & (started - myeloma > 90)
    return cohort.rows(
        who,
        type="autologous",
        indication="multiple myeloma",
        disease_status="partial response",
        when=started - 60,
        donor="self",
        graft="peripheral blood",
        conditioning="melphalan",
    )
