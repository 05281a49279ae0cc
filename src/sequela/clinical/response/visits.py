"""Reported against computed, visit by visit: each judgement beside the restaging that it is of.

The rule `visits-1`. A judgement and a restaging belong together when each is the nearest of its
kind to the other, within the window of the criteria, and no line of therapy began between them.
Where both are known and differ it is a finding that names the rows of both. A judgement that is
not evaluable or in words that no rule knows, and a restaging that is open, are compared with
nothing; how many judgements have no restaging is said once.
"""

from __future__ import annotations

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.columns import NOT_EVALUABLE
from sequela.clinical.response.agreement import (
    LESS,
    Differences,
    differing,
    disagreeing,
    listed,
    plain_word,
)
from sequela.clinical.response.criteria import CriteriaSet
from sequela.clinical.response.definition import Response
from sequela.clinical.response.pairing import of_one_visit
from sequela.clinical.response.reported import RESPONSES, Moments, judgements
from sequela.clinical.response.restaging import Judged
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.findings import Finding

RULES = (
    ClinicalRule(
        "reported against computed",
        "visits-1",
        "Each reported response is compared with the computed restaging of its visit: each is the "
        "nearest of its kind to the other, within the window of the criteria, and no line of "
        "therapy for induction or salvage began between them. Where both are known and differ it "
        "is a finding that names the rows of both. `no CR` and a relapse agree with anything that "
        "is no remission, refractory disease with a failure or a progression, CRi with CRh.",
        "this project",
        ("response",),
        (Parameter("window_days", "that of the criteria"),),
    ),
)


def compare_visits(
    chart: Chart, definition: Response, moments: Moments, judged: Judged
) -> Differences:
    """A finding for each visit at which both are known and differ; a note of those without."""
    criteria = definition.set
    said = _said(chart, definition, moments)
    if said.is_empty() or judged.frame.is_empty():
        return Differences()
    pairs, alone = of_one_visit(chart, said, judged.frame, criteria.window_days)
    known = _in_known_words(pairs.drop_nulls("category"), criteria)
    differ = disagreeing(known.rename({"category": "value"}), criteria).sort("said_row")
    findings = [*_differ(chart, judged, differ, criteria), *_alone(chart, alone, criteria)]
    rows = frozenset(("measurements", row) for row in differ["row"])
    return Differences(tuple(findings), frozenset(differ["said_row"].to_list()), rows)


def _said(chart: Chart, definition: Response, moments: Moments) -> pl.DataFrame:
    """The dated judgements that the column counts: said_row, patient_id, clock, low, high, said."""
    rows = judgements(chart, definition, moments).filter(
        (pl.col("what") == definition.what)
        & pl.col("counts")
        & (pl.col("value") != NOT_EVALUABLE)
        & pl.col("when__low").is_not_null()
    )
    return rows.select(
        pl.col("row").cast(pl.Int64).alias("said_row"),
        "patient_id",
        pl.col("when__clock").alias("clock"),
        pl.col("when__low").alias("low"),
        pl.col("when__high").alias("high"),
        pl.col("value").alias("said"),
    )


def _in_known_words(pairs: pl.DataFrame, criteria: CriteriaSet) -> pl.DataFrame:
    known = {*RESPONSES, *LESS, *(c.name for c in criteria.category)}
    words = [w for w in pairs["said"].unique() if plain_word(w) in known]
    return pairs.filter(pl.col("said").is_in(words))


def _differ(
    chart: Chart, judged: Judged, differ: pl.DataFrame, criteria: CriteriaSet
) -> list[Finding]:
    used: dict[int, list[tuple[str, int]]] = {}
    rows = judged.rows.join(differ.select("id").unique(), on="id", how="semi").unique()
    for number, table, row in rows.select("id", "table", "row").iter_rows():
        used.setdefault(number, []).append((table, row))
    return [
        differing(
            chart,
            row,
            patient,
            value=f"reported {said}, computed {value} from {listed(used.get(number, []))}",
            message="the response that was reported at this visit is not the one that "
            f"{criteria.name} computes",
            remedy="Look at the rows, and correct the chart or keep both as they are; a column "
            "uses the one that its `source` names.",
        )
        for row, patient, said, value, number in differ.select(
            "said_row", "patient_id", "said", "value", "id"
        ).iter_rows()
    ]


def _alone(chart: Chart, count: int, criteria: CriteriaSet) -> list[Finding]:
    if not count:
        return []
    was = "response has" if count == 1 else "responses have"
    return [
        Finding(
            code="judgement-without-restaging",
            severity="note",
            file=chart.files.get("assessments", "assessments.csv"),
            message=f"{count} reported {was} no restaging within {criteria.window_days:g} days "
            f"that {criteria.name} could compute, and nothing to be compared with",
            remedy="Nothing needs to be done; more measurements, or another `window_days`, would "
            "let them be compared.",
        )
    ]
