"""The first disease of the simulated patients: myeloma, its drugs and its transplant."""

from __future__ import annotations

import numpy as np
import polars as pl

from sequela.simulate.histories import RESTART, STOPPED_AGAIN, Floats
from sequela.simulate.rows import Cohort, choose, stack

# ICD-O-3 morphologies.
_ICD_O = {
    "therapy-related myelodysplastic syndrome": "9987/3",
    "therapy-related acute myeloid leukemia": "9920/3",
    "lung adenocarcinoma": "8140/3",
    "squamous cell carcinoma of the skin": "8070/3",
}


def myeloma_rows(cohort: Cohort, draw: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Persons, both diagnoses, lenalidomide with a hold in some, and autologous transplants."""
    n, everyone = len(cohort.ids), np.ones(len(cohort.ids), dtype=bool)
    myeloma: Floats = -draw.integers(400, 4000, n).astype(float)
    age = draw.normal(65, 9, n).clip(35, 88)
    # A transplant stands between the diagnosis and lenalidomide, and takes its time.
    waited = np.where(cohort.autologous, 120, 20) + draw.integers(0, 180, n)
    started: Floats = myeloma + waited.astype(float)
    stopped: Floats = -draw.integers(0, 15, n).astype(float)
    second = cohort.histories.second_kind
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
            disease=second,
            code=np.array([_ICD_O[name] for name in second]),
            role="other",
            when=cohort.histories.second_cancer,
        ),
    )
    return {
        "patients": patients,
        "diagnoses": diagnoses,
        "exposures": _lenalidomide(cohort, draw, started, stopped),
        **_autologous(cohort, started),
    }


def _lenalidomide(
    cohort: Cohort, draw: np.random.Generator, started: Floats, stopped: Floats
) -> pl.DataFrame:
    """Lenalidomide, in some with a hold and a lower dose after it, in a few given once more.

    Dexamethasone ends before the leukemia is found.
    """
    n = len(started)
    everyone = np.ones(n, dtype=bool)
    held = (draw.random(n) < 0.25) & (stopped - started > 200)
    middle = np.floor((started + stopped) / 2)
    resumed = middle + draw.integers(14, 60, n)
    full = draw.choice([10, 15, 25], n, p=[0.6, 0.25, 0.15])
    drug = {
        "drug": "lenalidomide",
        "intent": "maintenance",
        "dose_unit": "mg",
        "frequency": "days 1-21 of 28",
    }
    return stack(
        cohort.rows(
            everyone,
            **drug,
            start=started,
            stop=np.where(held, middle, stopped),
            dose_amount=full,
            stop_reason=np.where(held, "cytopenia", "leukemia"),
        ),
        cohort.rows(
            held, **drug, start=resumed, stop=stopped, dose_amount=5, stop_reason="leukemia"
        ),
        cohort.rows(
            cohort.histories.rechallenged,
            **drug,
            start=np.full(n, float(RESTART)),
            stop=np.full(n, float(STOPPED_AGAIN)),
            dose_amount=5,
            stop_reason="leukemia",
        ),
        cohort.rows(
            everyone,
            drug="dexamethasone",
            intent="myeloma",
            start=started,
            stop=np.minimum(started + draw.integers(60, 180, n), stopped - 30),
            dose_amount=20,
            dose_unit="mg",
            frequency="weekly",
        ),
    )


def _autologous(cohort: Cohort, started: Floats) -> dict[str, pl.DataFrame]:
    """A transplant of the patient's own cells before lenalidomide, and what it was prepared by."""
    return {
        "transplants": cohort.rows(
            cohort.autologous,
            number="1",
            type="autologous",
            indication="multiple myeloma",
            disease_status="partial response",
            when=started - 60,
            donor="self",
            graft="peripheral blood",
            conditioning="melphalan",
        ),
        "conditioning": cohort.rows(
            cohort.autologous,
            transplant="1",
            agent="melphalan",
            dose="200",
            unit="mg/m2",
            per="course",
        ),
    }
