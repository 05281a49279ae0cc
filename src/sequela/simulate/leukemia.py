"""The course of the leukemia as a chart holds it: therapy, judgements, transplant, events."""

from __future__ import annotations

import numpy as np
import polars as pl

from sequela.simulate.histories import Floats
from sequela.simulate.model import (
    INDUCTION_VISIT,
    POSITIVE_FROM,
    SALVAGE_START,
    SALVAGE_VISIT,
)
from sequela.simulate.rows import Cohort, choose, stack

_FIRST_LINES = {
    "hyper-CVAD": 0.5,
    "mini-hyper-CVD + inotuzumab": 0.3,
    "CALGB 10403": 0.2,
}
_SECOND_LINES = {"blinatumomab": 0.6, "inotuzumab ozogamicin": 0.4}
_CONDITIONING = {
    "fludarabine/melphalan": 0.5,
    "cyclophosphamide/TBI": 0.3,
    "fludarabine/busulfan": 0.2,
}
_DONORS = {
    "matched related": 0.3,
    "matched unrelated": 0.4,
    "mismatched unrelated": 0.1,
    "haploidentical": 0.2,
}
_CAUSES = {"infection": 0.5, "graft-versus-host disease": 0.3, "organ toxicity": 0.2}


def leukemia_rows(cohort: Cohort, draw: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Treatments, assessments, allogeneic transplants, events, sites of disease, last contact."""
    h = cohort.histories
    salvaged = h.refractory & (h.end >= SALVAGE_START)
    return {
        "treatments": _treatments(cohort, draw, salvaged),
        "assessments": _assessments(cohort, draw),
        "transplants": _allogeneic(cohort, draw),
        "events": _events(cohort, draw),
        "extramedullary": _extramedullary(cohort, draw),
        "followup": _followup(cohort, draw),
    }


def _days(cohort: Cohort, day: float) -> Floats:
    return np.full(len(cohort.ids), float(day))


def _treatments(cohort: Cohort, draw: np.random.Generator, salvaged: np.ndarray) -> pl.DataFrame:
    h, n = cohort.histories, len(cohort.ids)
    begun = draw.integers(1, 8, n).astype(float)
    visit = _days(cohort, INDUCTION_VISIT - 2)
    maintained = np.isfinite(h.remission) & (h.end > h.remission + 30)
    later = np.where(maintained, h.remission, 0) + 14
    stops = np.minimum(np.minimum(np.minimum(later + 700, h.end), h.transplant - 7), h.relapse)
    maintained &= stops > later
    again = np.isfinite(h.relapse) & (h.relapse + 7 <= h.end)
    return stack(
        cohort.rows(
            h.treated,
            regimen=choose(draw, n, _FIRST_LINES),
            start=begun,
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
            start=np.where(again, h.relapse + 7, 0),
            intent="salvage",
            line=np.where(salvaged, "3", "2"),
        ),
    )


def _assessments(cohort: Cohort, draw: np.random.Generator) -> pl.DataFrame:
    """Response at both visits, residual disease with each remission, intensity, GVHD."""
    h, n = cohort.histories, len(cohort.ids)
    complete = np.where(h.incomplete, "CRi", "CR")
    failed = choose(draw, n, {"no CR": 0.7, "PR": 0.3})
    first = h.treated & (h.end >= INDUCTION_VISIT)
    second = h.refractory & (h.end >= SALVAGE_VISIT)
    remitted = np.isfinite(h.remission)
    residual = np.where(h.residual < POSITIVE_FROM, "negative", "positive")
    response = {"what": "response", "criteria": "simulated"}
    return stack(
        cohort.rows(
            first,
            **response,
            value=np.where(h.remitted_at_first, complete, failed),
            timepoint="end of induction",
            when=_days(cohort, INDUCTION_VISIT),
        ),
        cohort.rows(
            second,
            **response,
            value=np.where(remitted, complete, failed),
            timepoint="end of salvage",
            when=_days(cohort, SALVAGE_VISIT),
        ),
        cohort.rows(
            remitted,
            what="MRD",
            value=residual,
            timepoint=np.where(h.remitted_at_first, "end of induction", "end of salvage"),
            when=np.where(remitted, h.remission, 0),
            criteria="simulated",
        ),
    )


def _allogeneic(cohort: Cohort, draw: np.random.Generator) -> pl.DataFrame:
    n, who = len(cohort.ids), np.isfinite(cohort.histories.transplant)
    return cohort.rows(
        who,
        type="allogeneic",
        indication="B-ALL",
        disease_status="first remission",
        when=np.where(who, cohort.histories.transplant, 0),
        donor=choose(draw, n, _DONORS),
        graft=choose(draw, n, {"peripheral blood": 0.8, "bone marrow": 0.2}),
        cd34_selection=choose(draw, n, {"no": 0.9, "yes": 0.1}),
        conditioning=choose(draw, n, _CONDITIONING),
        gvhd_prophylaxis=choose(
            draw,
            n,
            {"tacrolimus/methotrexate": 0.6, "post-transplant cyclophosphamide": 0.4},
        ),
    )


def _events(cohort: Cohort, draw: np.random.Generator) -> pl.DataFrame:
    h, n = cohort.histories, len(cohort.ids)
    relapsed, second = np.isfinite(h.relapse), np.isfinite(h.second_cancer)
    back = np.where(relapsed, h.relapse, 0.0) - np.where(relapsed, h.remission, 0.0)
    early = np.floor(back * draw.uniform(0.05, 0.2, n))
    molecular = relapsed & (early >= 14) & (draw.random(n) < 0.5)
    when = np.where(molecular, np.where(relapsed, h.relapse, 0) - early, 0)
    return stack(
        cohort.rows(relapsed, what="relapse", when=np.where(relapsed, h.relapse, 0)),
        cohort.rows(molecular, what="MRD relapse", when=when),
        cohort.rows(
            second, what="second cancer", when=np.where(second, h.second_cancer, 0), cause="t-MDS"
        ),
    )


def _extramedullary(cohort: Cohort, draw: np.random.Generator) -> pl.DataFrame:
    n = len(cohort.ids)
    return cohort.rows(
        draw.random(n) < 0.08,
        site=choose(draw, n, {"CNS": 0.5, "lymph node": 0.5}),
        status="involved",
        when=np.zeros(n),
    )


def _followup(cohort: Cohort, draw: np.random.Generator) -> pl.DataFrame:
    h, n = cohort.histories, len(cohort.ids)
    remitted, relapsed = np.isfinite(h.remission), np.isfinite(h.relapse)
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
