"""Where what clinicians reported and what criteria compute differ: words, and the best answers."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.response.criteria import CriteriaSet
from sequela.clinical.subjects import Derived
from sequela.findings import Finding


@dataclass(frozen=True, slots=True)
class Differences:
    """Findings about visits: the rows of `assessments`, and of what was found, that they name."""

    findings: tuple[Finding, ...] = ()
    assessments: frozenset[int] = frozenset()
    found: frozenset[tuple[str, int]] = frozenset()

    def covers(self, said: list[tuple[str, int]], found: list[tuple[str, int]]) -> bool:
        """Whether a judgement, or what was found, is told of already."""
        judged = any(t == "assessments" and row in self.assessments for t, row in said)
        return judged or any(row in self.found for row in found)


def differing(
    chart: Chart, row: int | None, patient: str, *, value: str, message: str, remedy: str
) -> Finding:
    """A row of `assessments` that says otherwise than what is computed."""
    return Finding(
        code="reported-computed-differ",
        severity="warning",
        file=chart.files.get("assessments", "assessments.csv"),
        row=row,
        column="value",
        patient_id=patient,
        value=value,
        message=message,
        remedy=remedy,
    )


def not_placed(chart: Chart, row: int, patient: str, *, remedy: str, of: str = "") -> Finding:
    """A row of `assessments` that does not count, as no date shows that it may."""
    return Finding(
        code="judgement-not-placed",
        severity="warning",
        file=chart.files.get("assessments", "assessments.csv"),
        row=row,
        column="when",
        patient_id=patient,
        message=f"nothing shows that this judgement{of} was made within the time that counts, so "
        "it is not counted",
        remedy=remedy,
    )


# Reported words that name less than the computed ones do.
NO_REMISSION = ("no CR", "no remission")
STABLE = ("SD", "stable disease")
FAILURE = ("refractory", "no response", "NR", "treatment failure")
PROGRESSION = ("PD", "progressive disease", "progression")
RELAPSE = ("relapse", "relapsed", "relapsed disease", "recurrence")
LESS = (*NO_REMISSION, *STABLE, *FAILURE, *PROGRESSION, *RELAPSE)


def plain_word(reported: str) -> str:
    """A reported word without the residual disease beside it: `CR MRD-` is CR."""
    return reported.split(" MRD", maxsplit=1)[0].strip()


def agrees(reported: str, computed: str, criteria: CriteriaSet) -> bool:
    """Whether a reported word and a computed category say the same.

    A remission with MRD beside it is the remission; CRh may have been reported as CRi; `no CR`
    and a relapse are anything that is no remission. Refractory disease is a failure or a
    progression in other words; stable disease is a failure alone; a progression is a failure
    where the criteria know no progression.
    """
    word = plain_word(reported)
    means = {c.name: c.means for c in criteria.category}
    known = set(means.values())
    if word in (*NO_REMISSION, *RELAPSE):
        return computed not in criteria.remissions
    if word in STABLE:
        return means.get(computed) == "failure"
    if word in FAILURE:
        return means.get(computed) in ("failure", "progression")
    if word in PROGRESSION:
        says = "progression" if "progression" in known else "failure"
        return means.get(computed) == says
    return word == computed or (word == "CRi" and computed == "CRh")


def disagreeing(pairs: pl.DataFrame, criteria: CriteriaSet) -> pl.DataFrame:
    """The rows whose `said` and `value` do not agree; each pair of words is asked once."""
    words = pairs.select("said", "value").unique(maintain_order=True)
    differ = [not agrees(str(said), str(value), criteria) for said, value in words.iter_rows()]
    return pairs.join(
        words.filter(pl.Series(differ, dtype=pl.Boolean)),
        on=["said", "value"],
        how="semi",
        maintain_order="left",
    )


def compare_sources(
    chart: Chart,
    reported: Derived,
    computed: Derived,
    criteria: CriteriaSet,
    *,
    used: str,
    told: Differences,
) -> list[Finding]:
    """A finding for each patient whose best answers differ, with the deciding rows.

    A difference that a finding of its visit tells already (`told`) is not told again.
    """
    both = (
        reported.values.select("patient_id", pl.col("value").alias("said"))
        .join(computed.values.select("patient_id", "value"), on="patient_id")
        .drop_nulls()
    )
    differ = disagreeing(both, criteria)
    rows = _rows(reported, differ), _rows(computed, differ)
    differ = differ.filter(
        ~pl.col("patient_id").is_in(
            [
                patient
                for patient in differ["patient_id"]
                if told.covers(rows[0].get(patient, []), rows[1].get(patient, []))
            ]
        )
    )
    return [
        differing(
            chart,
            _first_row(rows[0].get(patient, [])),
            patient,
            value=f"reported {said}, computed {value} from {listed(rows[1].get(patient, []))}",
            message=f"the best response that was reported is not the best that {criteria.name} "
            "computes",
            remedy=f"The study uses the {used} one. Look at the rows, and correct the chart or "
            "keep both as they are.",
        )
        for patient, said, value in differ.select("patient_id", "said", "value").iter_rows()
    ]


def _rows(of: Derived, among: pl.DataFrame) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    rows = of.rows.join(among.select("patient_id"), on="patient_id", how="semi")
    for patient, table, row in rows.select("patient_id", "table", "row").iter_rows():
        found.setdefault(patient, []).append((table, row))
    return found


def _first_row(rows: list[tuple[str, int]]) -> int | None:
    return rows[0][1] if rows else None


def listed(rows: list[tuple[str, int]]) -> str:
    """Chart rows as a finding names them: `measurements rows 3, 4`."""
    tables: dict[str, list[int]] = {}
    for table, row in sorted(rows):
        tables.setdefault(table, []).append(row)
    return "; ".join(
        f"{table} row{'s' * (len(n) > 1)} {', '.join(map(str, n))}" for table, n in tables.items()
    )
