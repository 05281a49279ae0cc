"""Residual disease as reported against the runs of the assay, visit by visit."""

from __future__ import annotations

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.mrd.records import VISIT_DAYS
from sequela.clinical.response.agreement import Differences, differing
from sequela.clinical.response.pairing import of_one_visit


def compare_runs(chart: Chart, assessed: pl.DataFrame, counted: pl.DataFrame) -> Differences:
    """A finding for each visit at which the judgement and the run are known and differ.

    `assessed` and `counted` have patient_id, clock, low, high, state, table and row, a line a
    judgement and a line a day.
    """
    said = assessed.drop_nulls("state").select(
        "patient_id", "clock", "low", "high", said_row="row", said="state"
    )
    found = counted.with_row_index("id").select(
        "id", "patient_id", "clock", "low", "high", "state", "table", "row"
    )
    pairs, _ = of_one_visit(chart, said, found, VISIT_DAYS)
    differ = pairs.drop_nulls("state").filter(pl.col("said") != pl.col("state")).sort("said_row")
    findings = [
        differing(
            chart,
            said_row,
            patient,
            value=f"reported {word}, computed {state} from {table} row {row}",
            message="the residual disease that was reported at this visit is not the one that the "
            "run of the assay gives",
            remedy="Look at the run's limit of detection, and correct the chart or keep both as "
            "they are; a column uses the one that its `source` names.",
        )
        for said_row, patient, word, state, table, row in differ.select(
            "said_row", "patient_id", "said", "state", "table", "row"
        ).iter_rows()
    ]
    rows = frozenset(differ.select("table", "row").iter_rows())
    return Differences(tuple(findings), frozenset(differ["said_row"].to_list()), rows)
