"""Reported against computed, visit by visit: which judgement is of which restaging."""

from __future__ import annotations

import pytest

from spec_table import SpecTable

VISITS = SpecTable(
    "reported against computed",
    "What was reported and what the marrow showed (recovered counts throughout: 2 % blasts are a "
    "CR, 20 % a PR, 60 % no response), each with its day, by criteria with a window of 14 days; "
    "therapy from day 1. Which judgements are findings, by their days.",
    """
    reported                | marrow                 | next line on | findings
    CR on 28                | 2 on 28                | -            | -
    CR on 28                | 20 on 28               | -            | 28
    PR on 28, CR on 60      | 20 on 28, 2 on 60      | -            | -
    CR on 28, CR on 60      | 20 on 28, 2 on 60      | -            | 28
    CR on 28, PR on 60      | 2 on 28, 2 on 60       | -            | 60
    PR on 42                | 2 on 28                | -            | 42
    PR on 43                | 2 on 28                | -            | -
    PR on 14                | 2 on 28                | -            | 14
    PR on 30, CR on 36      | 2 on 38                | -            | -
    PR on 36                | 2 on 48                | -            | 36
    PR on 36                | 2 on 48                | 40           | -
    PR on 36                | 2 on 48                | 48           | 36
    NE on 28                | 2 on 28                | -            | -
    splendid on 28          | 2 on 28                | -            | -
    CR on 28                | 3-8 on 28              | -            | -
    CR on 28, relapse on 90 | 2 on 28, 60 on 90      | -            | -
    CR on 28, relapse on 90 | 2 on 28, 2 on 90       | -            | 90
    CR MRD- on 28           | 2 on 28                | -            | -
    SD on 28                | 60 on 28               | -            | -
    refractory on 28        | 60 on 28               | -            | -
    PD on 28                | 60 on 28               | -            | -
    no CR on 28             | 20 on 28               | -            | -
    SD on 28                | 20 on 28               | -            | 28
    """,
)
SPEC_TABLES = (VISITS,)

TOML = """
[moments.therapy]
table = "treatments"

[columns.response]
derive = "response"
criteria = "eln-2024-all"
start = "therapy"
"""


def marrow(*found):
    rows = [
        f"1|{name}|{value}|{unit}|{day} days"
        for blasts, day in (("60", "0"), *found)
        for name, value, unit in (
            ("marrow blasts", blasts, "%"),
            ("ANC", 2, "x10^9/L"),
            ("platelets", 200, "x10^9/L"),
        )
    ]
    return "patient_id|name|value|unit|when\n" + "\n".join(rows)


def chart(case):
    said = [one.split(" on ") for one in case["reported"].split(", ")]
    lines = "" if case["next line on"] == "-" else f"\n1|FLAG|{case['next line on']} days|salvage"
    return {
        "treatments": f"patient_id|regimen|start|intent\n1|hyper-CVAD|1 days|induction{lines}",
        "assessments": "patient_id|what|value|when\n"
        + "\n".join(f"1|response|{value}|{day} days" for value, day in said),
        "measurements": marrow(*(one.split(" on ") for one in case["marrow"].split(", "))),
    }


@pytest.mark.parametrize("case", VISITS.cases, ids=str)
def test_each_judgement_beside_the_restaging_of_its_visit(case, study):
    tables = chart(case)
    told = study(TOML, **tables)
    days = [line.split("|")[3].split()[0] for line in tables["assessments"].splitlines()[1:]]
    differ = [f for f in told.findings if "reported at this visit" in f.message]
    assert [days[f.row - 2] for f in differ] == case["findings"].replace("-", "").split()


def test_a_difference_names_the_rows_of_both(study):
    told = study(TOML, **chart(VISITS.cases[3]))
    (found,) = [f for f in told.findings if f.code == "reported-computed-differ"]
    assert (found.place, found.patient_id) == ("assessments.csv, row 2, column value", "1")
    assert found.message == (
        "the response that was reported at this visit is not the one that eln-2024-all computes"
    )
    assert found.value == "reported CR, computed PR from measurements rows 5, 6, 7"
    assert found.remedy == (
        "Look at the rows, and correct the chart or keep both as they are; a column uses the one "
        "that its `source` names."
    )


def test_judgements_that_nothing_can_be_compared_with_are_one_note(study):
    told = study(
        TOML,
        treatments="patient_id|regimen|start\n1|hyper-CVAD|1 days\n2|hyper-CVAD|1 days",
        assessments="patient_id|what|value|when\n1|response|CR|28 days\n1|response|CR|200 days\n"
        "2|response|CR|28 days",
        measurements=marrow(("2", "28")),
    )
    (said,) = [f for f in told.findings if f.code == "judgement-without-restaging"]
    assert (said.severity, said.row) == ("note", None)
    assert said.message == (
        "2 reported responses have no restaging within 14 days that eln-2024-all could compute, "
        "and nothing to be compared with"
    )


def test_columns_of_the_same_criteria_tell_a_difference_once(study):
    toml = TOML + (
        '[columns.each]\nderive = "response"\ncriteria = "eln-2024-all"\nstart = "therapy"\n'
        'source = "computed"\neach = true\n'
    )
    told = study(toml, **chart(VISITS.cases[1]))
    assert len([f for f in told.findings if f.code == "reported-computed-differ"]) == 1


def test_best_answers_that_differ_without_a_visit_in_common_are_told_once(study):
    told = study(
        TOML,
        treatments="patient_id|regimen|start\n1|hyper-CVAD|1 days",
        assessments="patient_id|what|value|when\n1|response|CR|100 days",
        measurements=marrow(("20", "28")),
    )
    (found,) = [f for f in told.findings if f.code == "reported-computed-differ"]
    assert found.message == (
        "the best response that was reported is not the best that eln-2024-all computes"
    )
    assert found.value == "reported CR, computed PR from measurements rows 5, 6, 7"
