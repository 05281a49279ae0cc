"""Each patient's allogeneic transplant: donor, conditioning, engraftment, GVHD.

Drawn for everybody, and seen of those who are transplanted; nothing here changes the course.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sequela.simulate.model import SimulationModel

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Words = NDArray[np.str_]

DONORS = {
    "matched related": 0.3,
    "matched unrelated": 0.4,
    "mismatched unrelated": 0.1,
    "haploidentical": 0.2,
}
# Regimens by their intensity, with the share of each.
REGIMENS = {
    "cyclophosphamide/TBI": ("MAC", 0.3),
    "busulfan/cyclophosphamide": ("MAC", 0.15),
    "fludarabine/melphalan": ("RIC", 0.3),
    "fludarabine/busulfan": ("RIC", 0.15),
    "fludarabine/TBI": ("NMA", 0.1),
}
LAST_DAY_OF_ACUTE, LAST_DAY_OF_CHRONIC = 100, 365


@dataclass(frozen=True, slots=True)
class Graft:
    """One entry a patient; days are from transplant and infinite where it never comes.

    `acute` and `chronic` are the worst grades that a patient comes to without relapse and death;
    where there is none the day is that on which its absence is judged.
    """

    donor: Words
    regimen: Words
    neutrophils: Floats
    platelets: Floats
    acute: Words
    acute_day: Floats
    chronic: Words
    chronic_day: Floats

    @property
    def intensity(self) -> Words:
        """MAC, RIC or NMA, as the regimen was drawn."""
        levels = {name: level for name, (level, _) in REGIMENS.items()}
        return np.array([levels[name] for name in REGIMENS])[_index(self.regimen, list(REGIMENS))]


def _index(words: Words, names: list[str]) -> NDArray[np.intp]:
    order = np.argsort(names)
    return order[np.searchsorted(np.array(names)[order], words)]


def simulate_grafts(patients: int, model: SimulationModel, draw: np.random.Generator) -> Graft:
    """The transplant that each patient has, if ever."""
    n = patients
    failed = draw.random(n) < model.graft_failure
    neutrophils = draw.integers(11, 24, n).astype(float)
    platelets = neutrophils + draw.integers(1, 14, n)
    milder = {"0": 0.75, "I": 0.25}
    severe, moderate = model.acute_gvhd_3_4, model.acute_gvhd_2_4 - model.acute_gvhd_3_4
    rest = 1 - model.acute_gvhd_2_4
    acute = _choose(
        draw,
        n,
        {grade: rest * share for grade, share in milder.items()}
        | {"II": moderate, "III": severe * 0.65, "IV": severe * 0.35},
    )
    grades = {"mild": 0.3, "moderate": 0.4, "severe": 0.3}
    chronic = _choose(
        draw,
        n,
        {"none": 1 - model.chronic_gvhd}
        | {grade: model.chronic_gvhd * share for grade, share in grades.items()},
    )
    early = draw.integers(18, LAST_DAY_OF_ACUTE, n)
    late = draw.integers(LAST_DAY_OF_ACUTE + 1, LAST_DAY_OF_CHRONIC, n)
    return Graft(
        _choose(draw, n, DONORS),
        _choose(draw, n, {name: share for name, (_, share) in REGIMENS.items()}),
        np.where(failed, np.inf, neutrophils),
        np.where(failed, np.inf, platelets),
        acute,
        np.where(acute == "0", LAST_DAY_OF_ACUTE, early).astype(float),
        chronic,
        np.where(chronic == "none", LAST_DAY_OF_CHRONIC, late).astype(float),
    )


def _choose(draw: np.random.Generator, n: int, shares: dict[str, float]) -> Words:
    return draw.choice(np.array(list(shares)), size=n, p=list(shares.values()))
