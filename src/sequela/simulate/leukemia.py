"""The course of the leukemia as a chart holds it: therapy, judgements, transplant, events."""

from __future__ import annotations

import numpy as np
import polars as pl

from sequela.simulate.histories import Floats
from sequela.simulate.model import (
    INDUCTION_VISIT,
    RELAPSE_SALVAGE_START,
    RELAPSE_SALVAGE_STOP,
    RELAPSE_SALVAGE_VISIT,
    SALVAGE_START,
    SALVAGE_VISIT,
)
from sequela.simulate.rows import Cohort, choose, stack

CRITERIA = "eln-2024-all"
_SECOND_LINES = {"blinatumomab": 0.6, "inotuzumab ozogamicin": 0.4}
_CAUSES = {"infection": 0.5, "graft-versus-host disease": 0.3, "organ toxicity": 0.2}


def leukemia_rows(cohort: Cohort, draw: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Treatments, assessments, events, sites of disease, last contact."""
    h = cohort.histories
    salvaged = h.refractory & (h.end >= SALVAGE_START)
    return {
        "treatments": _treatments(cohort, draw, salvaged),
        "assessments": _assessments(cohort),
        "events": _events(cohort),
        "extramedullary": _extramedullary(cohort, draw),
        "followup": _followup(cohort, draw),
    }


def _days(cohort: Cohort, day: float) -> Floats:
    return np.full(len(cohort.ids), float(day))


def _treatments(cohort: Cohort, draw: np.random.Generator, salvaged: np.ndarray) -> pl.DataFrame:
    h, n = cohort.histories, len(cohort.ids)
    visit = _days(cohort, INDUCTION_VISIT - 2)
    maintained = np.isfinite(h.remission) & (h.end > h.remission + 30)
    later = np.where(maintained, h.remission, 0) + 14
    stops = np.minimum(np.minimum(np.minimum(later + 700, h.end), h.transplant - 7), h.relapse)
    maintained &= stops > later
    again = h.relapse + RELAPSE_SALVAGE_START <= h.end
    relapse = np.where(again, h.relapse, 0)
    return stack(
        cohort.rows(
            h.treated,
            regimen=h.regimen,
            start=h.started,
            stop=np.minimum(visit, h.end),
            intent="induction",
            line="1",
        ),
        cohort.rows(
            salvaged,
            regimen=choose(draw, n, _SECOND_LINES),
            start=_days(cohort, SALVAGE_START),
            stop=np.minimum(_days(cohort, SALVAGE_VISIT - 2), h.end),
            intent="salvage",
            line="2",
        ),
        cohort.rows(
            maintained,
            regimen="POMP",
            start=np.where(maintained, later, 0),
            stop=np.where(maintained, stops, 0),
            intent="maintenance",
            line=np.where(salvaged, "2", "1"),
        ),
        cohort.rows(
            again,
            regimen=choose(draw, n, _SECOND_LINES),
            start=relapse + RELAPSE_SALVAGE_START,
            stop=np.minimum(relapse + RELAPSE_SALVAGE_STOP, h.end),
            intent="salvage",
            line=np.where(salvaged, "3", "2"),
        ),
    )


def _assessments(cohort: Cohort) -> pl.DataFrame:
    """Response at both visits and after the salvage of a relapse, and refractory disease."""
    h = cohort.histories
    third = h.salvage_judged
    complete = np.where(h.incomplete, "CRi", "CR")
    first = h.treated & (h.end >= INDUCTION_VISIT)
    second = h.refractory & (h.end >= SALVAGE_VISIT)
    remitted = np.isfinite(h.remission)
    response = {"what": "response", "criteria": CRITERIA}
    return stack(
        cohort.rows(
            first,
            **response,
            value=np.where(h.remitted_at_first, complete, "no CR"),
            timepoint="end of induction",
            when=_days(cohort, INDUCTION_VISIT),
        ),
        cohort.rows(
            first & h.refractory,
            what="refractory",
            value="yes",
            timepoint="end of induction",
            when=_days(cohort, INDUCTION_VISIT),
        ),
        cohort.rows(
            second,
            **response,
            value=np.where(remitted, complete, "no CR"),
            timepoint="end of salvage",
            when=_days(cohort, SALVAGE_VISIT),
        ),
        cohort.rows(
            third,
            **response,
            value=np.where(np.isfinite(h.second_remission), complete, "no CR"),
            timepoint="end of salvage after relapse",
            when=np.where(third, h.relapse, 0) + RELAPSE_SALVAGE_VISIT,
        ),
    )


def _events(cohort: Cohort) -> pl.DataFrame:
    h = cohort.histories
    relapsed, second = np.isfinite(h.relapse), np.isfinite(h.second_cancer)
    return stack(
        cohort.rows(relapsed, what="relapse", when=np.where(relapsed, h.relapse, 0)),
        cohort.rows(
            second,
            what="second cancer",
            when=np.where(second, h.second_cancer, 0),
            cause=h.second_kind,
        ),
    )


def _extramedullary(cohort: Cohort, draw: np.random.Generator) -> pl.DataFrame:
    """The central nervous system and lymph nodes of some; clear with the remission.

    At a few relapses the central nervous system is diseased; a second remission clears it.
    """
    h, n = cohort.histories, len(cohort.ids)
    fluid = h.treated & (h.cns != "CNS1")
    nodes = draw.random(n) < 0.06
    remitted = np.isfinite(h.remission)
    remission = np.where(remitted, h.remission, 0)
    back = np.isfinite(h.relapse) & (draw.random(n) < 0.1)
    back &= np.where(np.isfinite(h.relapse), h.relapse, 0) > remission + 20
    cleared = back & np.isfinite(h.second_remission)
    return stack(
        cohort.rows(fluid, site="CNS", status=h.cns, when=np.zeros(n)),
        cohort.rows(nodes, site="lymph node", status="involved", when=np.zeros(n)),
        cohort.rows(remitted & fluid, site="CNS", status="CNS1", when=remission),
        cohort.rows(remitted & nodes, site="lymph node", status="Deauville 2", when=remission),
        cohort.rows(back, site="CNS", status="CNS3", when=np.where(back, h.relapse, 0)),
        cohort.rows(
            cleared, site="CNS", status="CNS1", when=np.where(cleared, h.second_remission, 0)
        ),
    )


def _followup(cohort: Cohort, draw: np.random.Generator) -> pl.DataFrame:
    h, n = cohort.histories, len(cohort.ids)
    second = np.isfinite(h.second_remission)
    relapsed = np.isfinite(h.relapse) & ~second
    remitted = np.isfinite(h.remission)
    status = np.where(relapsed, "relapse", np.where(remitted, "CR", "active disease"))
    leukemic = relapsed | ~remitted
    cause = np.where(leukemic, "leukemia", choose(draw, n, _CAUSES))
    return cohort.rows(
        np.ones(n, dtype=bool),
        last_contact=h.end,
        vital_status=np.where(h.dead, "dead", "alive"),
        disease_status=status,
        cause_of_death=np.where(h.dead, cause, ""),
    )
