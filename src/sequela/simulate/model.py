"""The model of a simulated cohort: every number that decides what happens to a patient.

From remission on a patient moves between states at constant rates: transplant, relapse, death
without relapse, and after a relapse death. A transplant multiplies the rates of relapse and of
death without relapse, so its true hazard ratios are parameters, and survival "by transplant
ever" is biased by immortal time as it would be in life. Of the relapsed a share responds to
salvage: who of them lives to the visit after it is in a second remission there, and all of them
die at a lower rate. Age, sex and site change nothing: their true hazard ratios are one. So do
conditioning, donor, engraftment and graft-versus-host disease: they are drawn beside the course
and do not change it.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0, description="a day")]
Ratio = Annotated[float, Field(gt=0)]
Days = Annotated[int, Field(gt=0)]


class SimulationModel(BaseModel):
    """What is true of a simulated cohort; rates are a day, ratios are hazard ratios."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sites: tuple[str, ...] = ("North", "South")
    high_risk: Share = 0.4
    autologous: Share = Field(0.6, description="transplanted for myeloma before")
    treated: Share = 0.9
    induction_death: Share = 0.05
    remission: Share = 0.8
    remission_after_salvage: Share = 0.4
    incomplete_recovery: Share = 0.15
    transplant_eligible: Share = 0.7
    transplant_rate: Rate = 0.004
    relapse_rate: Rate = 0.0005
    death_rate: Rate = 0.0001
    death_rate_after_relapse: Rate = 0.003
    second_remission: Share = Field(0.35, description="of the relapsed: salvage will bring one")
    death_by_second_remission: Ratio = Field(
        0.3, description="of the rate of death after relapse, from the relapse on"
    )
    death_rate_refractory: Rate = 0.004
    second_cancer_rate: Rate = 0.00006
    relapse_by_high_risk: Ratio = 2.0
    relapse_by_transplant: Ratio = 0.5
    death_by_transplant: Ratio = 3.0
    shortest_followup: Days = 730
    longest_followup: Days = 2920
    mrd_by_sequencing: Share = Field(0.5, description="the others have flow cytometry only")
    weak_samples: Share = Field(0.1, description="too few cells to find 0.01 percent")
    regressing: Share = Field(0.1, description="burden falls after the drug is stopped")
    rechallenged: Share = Field(0.3, description="of those who may be given the drug again")
    halving_days: float = Field(7.0, gt=0)
    assay_cv: float = Field(0.15, gt=0, lt=1, description="of an assay beyond counting")
    graft_failure: Share = 0.03
    acute_gvhd_2_4: Share = Field(0.35, description="of transplants, unless relapse or death first")
    acute_gvhd_3_4: Share = Field(0.12, description="a part of acute_gvhd_2_4")
    chronic_gvhd: Share = 0.45
    coarse_typings: Share = Field(0.05, description="donors with one locus typed as a group")


# From this share of residual disease on, in percent, it counts as positive.
POSITIVE_FROM = 0.01

# Fixed days of the course, the same for every model: the visits of a protocol.
INDUCTION_VISIT, SALVAGE_START, SALVAGE_VISIT = 30, 42, 77
# Days from a relapse: the start of salvage, its end, and the visit at which it is judged.
RELAPSE_SALVAGE_START, RELAPSE_SALVAGE_STOP, RELAPSE_SALVAGE_VISIT = 7, 40, 42
