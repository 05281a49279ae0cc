"""The serological categories of myeloma: each must be confirmed by the next assessment."""

from __future__ import annotations

from spec_table import SpecTable

ONE = SpecTable(
    "imwg-serological",
    "Serum M-protein (g/dL) of 4 and urine M-protein of 1000 mg/24 h before therapy. The values "
    "given were found on day 60 and again on day 90; immunofixation and 2 % plasma cells as given.",
    """
    serum        | urine | immunofixation | plasma cells | category
    2.0          | 100   | positive       | -            | PR
    2.01         | 100   | positive       | -            | MR
    2.0          | 200   | positive       | -            | MR
    2.0          | 199   | positive       | -            | PR
    3.0          | 199   | positive       | -            | MR
    3.01         | 199   | positive       | -            | SD
    0.4          | 99    | positive       | -            | VGPR
    0.41         | 99    | positive       | -            | PR
    0.4          | 100   | positive       | -            | PR
    not detected | 0     | positive       | -            | VGPR
    not detected | 0     | negative       | 2            | CR
    not detected | 0     | negative       | 5            | VGPR
    not detected | 0     | negative       | -            | not evaluable
    2.0          | -     | positive       | -            | not evaluable
    """,
)
COURSES = SpecTable(
    "imwg-serological",
    "Serum M-protein before therapy and at the visits after it, with a urine M-protein of 50 mg/24 "
    "h throughout, and the best confirmed category.",
    """
    serum M-protein   | category
    4, 2, 2           | PR
    4, 2              | not evaluable
    4, 2, 3           | not evaluable
    4, 2, 3, 3        | progressive disease
    4, 0.4, 0.8       | PR
    4, 4, 5, 5        | progressive disease
    4, 4.4, 4.4       | SD
    1, 1.25, 1.25     | SD
    1, 1.5, 1.5       | progressive disease
    """,
)
SPEC_TABLES = (ONE, COURSES)

TOML = """
[moments.therapy]
table = "treatments"
column = "start"

[columns.response]
derive = "response"
source = "computed"
criteria = "imwg-serological"
start = "therapy"
"""


def categories(study, rows, judged=()):
    patients = sorted({int(r.split("|")[0]) for r in rows})
    told = study(
        TOML,
        treatments="patient_id|regimen|start\n"
        + "\n".join(f"{p}|bortezomib|1 days" for p in patients),
        measurements="patient_id|name|value|unit|when\n" + "\n".join(rows),
        assessments="patient_id|what|value|when\n" + "\n".join(["99|other|1|1 days", *judged]),
    )
    found, why = told.column("response"), told.why("response")
    return [found[str(p)] or why[str(p)].replace("_", " ") for p in patients]


def test_one_finding_at_two_visits(study):
    rows, judged = [], []
    for p, case in enumerate(ONE.cases, start=1):
        rows += [f"{p}|serum M-protein|4|g/dL|0 days", f"{p}|urine M-protein|1000|mg/24 h|0 days"]
        for day in (60, 90):
            rows.append(f"{p}|serum M-protein|{case['serum']}|g/dL|{day} days")
            if case["urine"] != "-":
                rows.append(f"{p}|urine M-protein|{case['urine']}|mg/24 h|{day} days")
            if case["plasma cells"] != "-":
                rows.append(f"{p}|marrow plasma cells|{case['plasma cells']}|%|{day} days")
            judged.append(f"{p}|immunofixation|{case['immunofixation']}|{day} days")
    assert categories(study, rows, judged) == [case["category"] for case in ONE.cases]


def test_courses(study):
    rows, judged = [], []
    for p, case in enumerate(COURSES.cases, start=1):
        for number, value in enumerate(case["serum M-protein"].split(", ")):
            day = 30 * number
            rows.append(f"{p}|serum M-protein|{value}|g/dL|{day} days")
            rows.append(f"{p}|urine M-protein|50|mg/24 h|{day} days")
            judged.append(f"{p}|immunofixation|positive|{day} days")
    assert categories(study, rows, judged) == [case["category"] for case in COURSES.cases]
