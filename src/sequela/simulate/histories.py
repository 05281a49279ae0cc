"""What happens to each simulated patient, in whole days from the diagnosis of leukemia."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sequela.simulate.graft import Graft, simulate_grafts
from sequela.simulate.model import (
    INDUCTION_VISIT,
    RELAPSE_SALVAGE_VISIT,
    SALVAGE_VISIT,
    SimulationModel,
)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Residual disease at remission in percent, on the scale of powers of ten: mean and deviation.
MEDIAN_RESIDUAL, SPREAD_OF_RESIDUAL = -3.2, 1.3
HIGHEST_RESIDUAL = 4.5
# It falls tenfold in so many days, and before a relapse grows to this share, doubling so fast.
DAYS_OF_A_TENTH, SHARE_AT_RELAPSE, DOUBLING_DAYS = 120.0, 5.0, 18.0

REGIMENS = {"hyper-CVAD": 0.5, "mini-hyper-CVD + inotuzumab": 0.3, "CALGB 10403": 0.2}
SECOND_CANCERS = {
    "therapy-related myelodysplastic syndrome": 0.45,
    "therapy-related acute myeloid leukemia": 0.2,
    "lung adenocarcinoma": 0.2,
    "squamous cell carcinoma of the skin": 0.15,
}
CNS = {"CNS1": 0.88, "CNS2": 0.07, "CNS3": 0.05}
# Days from diagnosis in the course of those who are never treated.
LAST_DAY_OFF, RESTART, STOPPED_AGAIN, LAST_SAMPLE = 42, 49, 77, 119


@dataclass(frozen=True, slots=True)
class Histories:
    """One entry a patient. Days that never come, or come after the last contact, are infinite.

    `end` is the last contact: the death where there is one, else the end of follow-up.
    `incomplete` marks whose blood counts do not recover with the marrow (CRi), and `residual` is
    the residual disease at remission, in percent. `started` is the first day of therapy.
    `cns` is the status of the cerebrospinal fluid at diagnosis.
    `regressing` marks whose disease falls once lenalidomide is stopped, `rechallenged` who is
    given it again; the burden of a regressing disease then comes back. `graft` is the transplant.
    `second_remission` is the visit after salvage of a relapse, of those who respond to it.
    """

    high: Flags
    eligible: Flags
    treated: Flags
    remission: Floats
    remitted_at_first: Flags
    refractory: Flags
    transplant: Floats
    relapse: Floats
    second_cancer: Floats
    death: Floats
    end: Floats
    incomplete: Flags
    residual: Floats
    started: Floats
    regimen: NDArray[np.str_]
    second_kind: NDArray[np.str_]
    cns: NDArray[np.str_]
    regressing: Flags
    rechallenged: Flags
    graft: Graft
    second_remission: Floats

    @property
    def salvage_judged(self) -> Flags:
        """Who relapsed and was seen at the visit after its salvage."""
        return self.relapse + RELAPSE_SALVAGE_VISIT <= self.end

    @property
    def dead(self) -> Flags:
        """Who was seen to die."""
        return np.isfinite(self.death)

    def residual_at(self, day: Floats) -> Floats:
        """The true residual disease on a day from remission on, in percent of cells.

        What remission left falls, and what will be the relapse grows under it.
        """
        with np.errstate(invalid="ignore"):
            left = self.residual * 10 ** (-(day - self.remission) / DAYS_OF_A_TENTH)
            grows = SHARE_AT_RELAPSE * 2 ** (-(self.relapse - day) / DOUBLING_DAYS)
        return np.minimum(left + np.where(np.isfinite(self.relapse), grows, 0), HIGHEST_RESIDUAL)

    def __len__(self) -> int:
        return len(self.end)


def simulate_histories(
    patients: int, model: SimulationModel, draw: np.random.Generator
) -> Histories:
    """Histories drawn from the model; times are rounded up to whole days."""
    high = draw.random(patients) < model.high_risk
    eligible = draw.random(patients) < model.transplant_eligible
    treated = draw.random(patients) < model.treated
    remission, at_first, died = _induction(model, draw, treated)
    # A stream of its own: the other draws of a seed are what they were without it.
    responds = draw.spawn(1)[0].random(patients) < model.second_remission
    transplant, relapse, death = _from_remission(
        model, draw, high=high, eligible=eligible, responds=responds
    )
    never = np.isinf(remission)
    transplant, relapse = remission + transplant, remission + relapse
    refractory_death = SALVAGE_VISIT + _waiting(draw, patients, model.death_rate_refractory)
    death = np.where(never, np.where(died, _early_death(draw, patients), refractory_death), death)
    death = np.where(never, death, remission + death)
    last = _whole(draw, model.shortest_followup, model.longest_followup + 1, patients)
    end = np.minimum(last, death)
    second = _waiting(draw, patients, model.second_cancer_rate)
    incomplete = draw.random(patients) < model.incomplete_recovery
    residual = 10 ** draw.normal(MEDIAN_RESIDUAL, SPREAD_OF_RESIDUAL, patients)
    again = draw.random(patients) < model.rechallenged
    return Histories(
        high,
        eligible,
        treated,
        _seen(remission, end),
        at_first,
        treated & ~at_first & ~died,
        _seen(transplant, end),
        _seen(relapse, end),
        _seen(np.ceil(second), end),
        _seen(death, last),
        end,
        incomplete,
        np.minimum(residual, HIGHEST_RESIDUAL),
        _whole(draw, 1, 8, patients),
        draw.choice(list(REGIMENS), size=patients, p=list(REGIMENS.values())),
        draw.choice(list(SECOND_CANCERS), size=patients, p=list(SECOND_CANCERS.values())),
        draw.choice(list(CNS), size=patients, p=list(CNS.values())),
        draw.random(patients) < model.regressing,
        again & ~treated & (end >= LAST_SAMPLE),
        simulate_grafts(patients, model, draw),
        _seen(np.where(responds, relapse + RELAPSE_SALVAGE_VISIT, np.inf), end),
    )


def _induction(
    model: SimulationModel, draw: np.random.Generator, treated: Flags
) -> tuple[Floats, Flags, Flags]:
    """Day of remission (infinite: never), whether at the first visit, and who died before it."""
    n = len(treated)
    died = treated & (draw.random(n) < model.induction_death)
    at_first = treated & ~died & (draw.random(n) < model.remission)
    later = treated & ~died & ~at_first & (draw.random(n) < model.remission_after_salvage)
    day = np.where(at_first, float(INDUCTION_VISIT), np.where(later, float(SALVAGE_VISIT), np.inf))
    return day, at_first, died


def _early_death(draw: np.random.Generator, n: int) -> Floats:
    return _whole(draw, 8, INDUCTION_VISIT, n)


def _whole(draw: np.random.Generator, low: int, high: int, n: int) -> Floats:
    """Whole days from low up to, and without, high."""
    return draw.integers(low, high, n).astype(np.float64)


def _from_remission(
    model: SimulationModel,
    draw: np.random.Generator,
    *,
    high: Flags,
    eligible: Flags,
    responds: Flags,
) -> tuple[Floats, Floats, Floats]:
    """Days from remission to transplant, relapse and death, each drawn from constant rates.

    `responds` marks whom salvage will bring a second remission, should they relapse.
    """
    n = len(high)
    relapse_rate = model.relapse_rate * np.where(high, model.relapse_by_high_risk, 1.0)
    transplant = np.where(eligible, _waiting(draw, n, model.transplant_rate), np.inf)
    before = _first(draw, relapse_rate, np.full(n, model.death_rate))
    after = _first(
        draw,
        relapse_rate * model.relapse_by_transplant,
        np.full(n, model.death_rate * model.death_by_transplant),
    )
    transplanted = transplant < np.minimum(*before)
    relapse, death = (
        np.where(transplanted, transplant + late, early)
        for early, late in zip(before, after, strict=True)
    )
    relapsed = relapse < death
    relapse = np.where(relapsed, np.ceil(relapse), np.inf)
    dying = model.death_rate_after_relapse * np.where(
        responds, model.death_by_second_remission, 1.0
    )
    after_relapse = np.ceil(relapse + _waiting(draw, n, dying))
    death = np.where(relapsed, after_relapse, np.ceil(death))
    return np.where(transplanted, np.ceil(transplant), np.inf), relapse, death


def _first(draw: np.random.Generator, *rates: Floats) -> tuple[Floats, ...]:
    return tuple(_waiting(draw, len(rate), rate) for rate in rates)


def _waiting(draw: np.random.Generator, n: int, rate: float | Floats) -> Floats:
    """Exponential waiting times in days; infinite at rate zero."""
    drawn = draw.exponential(1.0, n)
    with np.errstate(divide="ignore"):
        return np.asarray(drawn / np.asarray(rate, dtype=float))


def _seen(day: Floats, end: Floats) -> Floats:
    """The day where it comes no later than the end of what is seen, else infinite."""
    return np.where(day <= end, day, np.inf)
