"""The drugs of induction, and growth factor, transfusions and prophylaxis beside them."""

from __future__ import annotations

import numpy as np
import polars as pl

from sequela.simulate.model import INDUCTION_VISIT
from sequela.simulate.rows import Cohort, stack

# The drugs of each first line with a dose as protocols print it; an illustration, no advice.
_DRUGS: dict[str, dict[str, tuple[float, str, str]]] = {
    "hyper-CVAD": {
        "cyclophosphamide": (300, "mg/m2", "twice daily"),
        "vincristine": (2, "mg", "weekly"),
        "doxorubicin": (50, "mg/m2", "every 3 weeks"),
        "dexamethasone": (40, "mg", "daily"),
    },
    "mini-hyper-CVD + inotuzumab": {
        "cyclophosphamide": (150, "mg/m2", "twice daily"),
        "vincristine": (2, "mg", "weekly"),
        "dexamethasone": (20, "mg", "daily"),
        "inotuzumab ozogamicin": (0.6, "mg/m2", "weekly"),
    },
    "CALGB 10403": {
        "daunorubicin": (25, "mg/m2", "weekly"),
        "vincristine": (2, "mg", "weekly"),
        "prednisone": (60, "mg/m2", "daily"),
        "pegaspargase": (2500, "IU/m2", "every 4 weeks"),
    },
}
INTENT = "leukemia induction"
# A growth factor ends long before the visit, but where counts do not recover.
_FACTOR_FROM, _FACTOR_TO, _FACTOR_LATE = 10, 20, INDUCTION_VISIT - 2
_TRANSFUSED, _TRANSFUSED_LATE = 14, INDUCTION_VISIT - 3


def support_rows(cohort: Cohort, draw: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Drugs of the induction and what supports it."""
    h, n = cohort.histories, len(cohort.ids)
    last = np.minimum(float(INDUCTION_VISIT - 2), h.end)
    drugs = [
        cohort.rows(
            h.treated & (h.regimen == regimen),
            drug=drug,
            start=h.started,
            stop=last,
            dose_amount=amount,
            dose_unit=unit,
            frequency=often,
            intent=INTENT,
        )
        for regimen, given in _DRUGS.items()
        for drug, (amount, unit, often) in given.items()
    ]
    supported = h.treated & (draw.random(n) < 0.5) & (h.end >= _FACTOR_FROM)
    until = np.where(h.incomplete, float(_FACTOR_LATE), float(_FACTOR_TO))
    factor = cohort.rows(
        supported,
        drug="G-CSF",
        start=np.full(n, float(_FACTOR_FROM)),
        stop=np.minimum(until, h.end),
        dose_amount=300,
        dose_unit="ug",
        frequency="daily",
        intent="supportive",
    )
    spinal = cohort.rows(
        h.treated & (h.end >= h.started + 1),
        drug="methotrexate",
        start=h.started + 1,
        stop=np.minimum(h.started + 15, h.end),
        dose_amount=12,
        dose_unit="mg",
        frequency="weekly",
        intent="intrathecal prophylaxis",
    )
    when = np.where(h.incomplete, float(_TRANSFUSED_LATE), float(_TRANSFUSED))
    transfused = h.treated & (draw.random(n) < 0.6) & (when <= h.end)
    return {
        "exposures": stack(*drugs, factor, spinal),
        "events": cohort.rows(transfused, what="platelet transfusion", when=when),
    }
