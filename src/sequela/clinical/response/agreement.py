"""Where what clinicians reported and what criteria compute differ: a finding a patient."""

from __future__ import annotations

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.response.criteria import CriteriaSet
from sequela.clinical.subjects import Derived
from sequela.findings import Finding

# Reported words that name less than the computed ones do.
NO_REMISSION = ("no CR", "no remission")
FAILURE = ("refractory", "no response", "NR", "SD", "stable disease", "treatment failure")
PROGRESSION = ("PD", "progressive disease", "progression")


def agrees(reported: str, computed: str, criteria: CriteriaSet) -> bool:
    """Whether a reported word and a computed category say the same.

    A remission with MRD beside it is the remission; CRh may have been reported as CRi; `no CR`
    is anything that is no remission; stable and refractory disease are failures in other words.
    """
    word = reported.split(" MRD", maxsplit=1)[0].strip()
    means = {c.name: c.means for c in criteria.category}.get(computed)
    if word in FAILURE and means in ("failure", "progression"):
        return True
    if word in PROGRESSION and means == "progression":
        return True
    if word in NO_REMISSION:
        return computed not in criteria.remissions
    return word == computed or (word == "CRi" and computed == "CRh")


def compare_sources(
    chart: Chart, reported: Derived, computed: Derived, criteria: CriteriaSet, *, used: str
) -> list[Finding]:
    """A finding for each patient of whom both are known and differ, with the deciding rows."""
    both = (
        reported.values.select("patient_id", pl.col("value").alias("said"))
        .join(computed.values.select("patient_id", "value"), on="patient_id")
        .drop_nulls()
    )
    differ = [row for row in both.iter_rows() if not agrees(str(row[1]), str(row[2]), criteria)]
    rows = _rows(reported), _rows(computed)
    return [
        Finding(
            code="reported-computed-differ",
            severity="warning",
            file=chart.files.get("assessments", "assessments.csv"),
            row=_first_row(rows[0].get(patient, [])),
            column="value",
            patient_id=patient,
            value=f"reported {said}, computed {value} from {_listed(rows[1].get(patient, []))}",
            message=f"the reported response is not the one that {criteria.name} computes",
            remedy=f"The study uses the {used} one. Look at the rows, and correct the chart or "
            "keep both as they are.",
        )
        for patient, said, value in differ
    ]


def _rows(of: Derived) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for patient, table, row in of.rows.select("patient_id", "table", "row").iter_rows():
        found.setdefault(patient, []).append((table, row))
    return found


def _first_row(rows: list[tuple[str, int]]) -> int | None:
    return rows[0][1] if rows else None


def _listed(rows: list[tuple[str, int]]) -> str:
    tables: dict[str, list[int]] = {}
    for table, row in sorted(rows):
        tables.setdefault(table, []).append(row)
    return "; ".join(
        f"{table} row{'s' * (len(n) > 1)} {', '.join(map(str, n))}" for table, n in tables.items()
    )
