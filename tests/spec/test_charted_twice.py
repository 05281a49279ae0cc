"""One sample charted as a measurement and as a population counts once in a dechallenge."""

from __future__ import annotations

import pytest

from spec_table import SpecTable

TWICE = SpecTable(
    "dechallenge",
    "A sample of day 30 as a row of measurements (value, unit, tissue, method), beside a flow "
    "population of that day with 12,500 of 500,000 cells (2.5 % of WBC, marrow, flow cytometry): "
    "how many values that day has in all series, and what is said of the measurement.",
    """
    value        | unit     | tissue | method         | values | said
    2.5          | % of WBC | marrow | flow cytometry | 1      | left out
    2.50         | % of WBC | Marrow | flow           | 1      | left out
    1            | %        | -      | -              | 1      | left out, differs
    3            | %        | -      | -              | 1      | left out
    2.6          | % of WBC | marrow | flow cytometry | 1      | left out, differs
    >2           | %        | marrow | flow cytometry | 1      | left out
    not detected | %        | marrow | flow cytometry | 1      | left out, differs
    2.5          | % of WBC | blood  | flow cytometry | 2      | -
    2.5          | % of WBC | marrow | morphology     | 2      | -
    2.5          | % of nucleated cells | marrow | flow cytometry | 2 | -
    2.5          | 10^9/L   | marrow | flow cytometry | 2      | -
    """,
)
SPEC_TABLES = (TWICE,)

TOML = """
[columns.regression]
derive = "dechallenge"
drug = "lenalidomide"
measures = ["B lymphoblasts"]
"""
POPULATIONS = (
    "patient_id|population|method|events|total_events|denominator|tissue|when\n"
    "1|B lymphoblasts|flow cytometry|50000|500000|WBC|marrow|0 days\n"
    "1|B lymphoblasts|flow cytometry|12500|500000|WBC|marrow|30 days"
)


def told(study, *measured, populations=POPULATIONS):
    return study(
        TOML,
        exposures="patient_id|drug|start|stop\n1|lenalidomide|-300 days|5 days",
        treatments="patient_id|regimen|start",
        populations=populations,
        measurements="patient_id|name|value|unit|tissue|method|when\n"
        + "\n".join(f"1|B lymphoblasts|{m}|30 days".replace("|-|", "||") for m in measured),
    )


def said(found):
    return [f for f in found.loaded.findings if f.code.startswith("sample-charted-twice")]


@pytest.mark.parametrize("case", TWICE.cases, ids=str)
def test_a_sample_counts_once(study, case):
    cells = (case[c] for c in ("value", "unit", "tissue", "method"))
    found = told(study, "|".join("" if c == "-" else c for c in cells))
    points = [p for s in found.course().series for p in s.series.points if p.day == 30]
    assert len(points) == int(case["values"])
    words = {
        "sample-charted-twice": "left out",
        "sample-charted-twice-differs": "left out, differs",
    }
    assert [words[f.code] for f in said(found)] == ([] if case["said"] == "-" else [case["said"]])
    if case["said"] != "-":
        assert [p.source for p in points] == [("populations", 3)]


def test_the_row_that_is_left_out_is_named(study):
    (note,) = said(told(study, "2.5|% of WBC|marrow|flow"))
    assert (note.severity, note.file, note.row) == ("note", "measurements.csv", 2)
    assert note.message == (
        "the same sample is also in populations.csv, row 3; the burden of the disease counts it "
        "once, as that row, and leaves this one out"
    )
    (warning,) = said(told(study, "2.6|% of WBC|marrow|flow"))
    assert warning.severity == "warning"
    assert "populations.csv, row 3, and the two do not say the same;" in warning.message


def test_a_population_without_a_share_leaves_the_measurement(study):
    populations = POPULATIONS.replace("12500|500000", "|")
    found = told(study, "2.5|% of WBC|marrow|flow cytometry", populations=populations)
    assert said(found) == []
    points = [p for s in found.course().series for p in s.series.points if p.day == 30]
    assert [p.source for p in points] == [("measurements", 2)]
