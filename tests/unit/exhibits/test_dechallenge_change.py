"""The table of a dechallenge prints whether the change is one, and what that assumes."""

from __future__ import annotations

import pytest

from sequela.exhibits.dechallenge import show_dechallenge
from sequela.pipeline import estimate_study

TOML = """
[columns.regression]
derive = "dechallenge"
drug = "lenalidomide"
measures = ["B lymphoblasts"]
{}
[[exhibit]]
id = "regression"
kind = "dechallenge"
title = "Regression"
column = "regression"
"""
HEADING = "patient_id|population|method|events|total_events|denominator|tissue|when\n"


def series_table(study, events, more):
    rows = "\n".join(
        f"1|B lymphoblasts|flow|{n}|500000|WBC|blood|{day} days" for n, day in events.items()
    )
    loaded = study(
        TOML.format(more),
        exposures="patient_id|drug|start|stop\n1|lenalidomide|-300 days|5 days",
        treatments="patient_id|regimen|start",
        populations=HEADING + rows,
    ).loaded
    estimate_study(loaded)
    from sequela.exhibits.context import Rows

    (exhibit,) = loaded.study.exhibit
    result = Rows([r for r in estimate_study(loaded) if r.exhibit == "regression"])
    blocks = show_dechallenge(exhibit, loaded.context, result)
    tables = [b.table for b in blocks if hasattr(b, "table")]
    return next(t for t in tables if t.id == "regression-patients")


def change(table):
    place = [c.label for c in table.columns].index("No change?")
    return table.lines[0].cells[place].text


@pytest.mark.parametrize(
    ("after", "cv", "printed"),
    [
        (12_500, 0.1, "p = 0.78, not significant"),
        (12_500, 0.3, "p = 0.93, not significant"),
        (1_300, 0.1, "p <0.001, significant"),
    ],
)
def test_2_6_to_2_5_percent_is_not_significant(study, after, cv, printed):
    table = series_table(study, {13_000: 0, after: 59}, f"assay_cv = {cv}")
    assert change(table) == printed
    note = next(n for n in table.notes if n.startswith("No change?"))
    assert f"varies from day to day by {100 * cv:g} % (coefficient of variation)" in note
    assert "over-dispersed" in note and "significant is p below 0.05" in note


def test_without_a_declared_variation_there_is_no_p_and_the_table_says_why(study):
    table = series_table(study, {13_000: 0, 12_500: 59}, "")
    assert change(table) == ""
    assert any(
        n.startswith("No p value stands for the change") and "assay_cv" in n for n in table.notes
    )


def test_a_value_that_was_not_detected_has_no_p(study):
    table = series_table(study, {13_000: 0, 0: 59}, "assay_cv = 0.1")
    assert change(table) == ""
