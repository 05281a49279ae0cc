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
MEASURABLE = SpecTable(
    "imwg-serological",
    "What was measurable before therapy decides what is followed: each value before therapy and "
    "as found on day 60 and again on day 90 (a dash: not in the chart). Serum M-protein in g/dL, "
    "urine M-protein in mg/24 h, free kappa and lambda in mg/L, plasma cells in %.",
    """
    serum      | urine     | kappa     | lambda   | plasma cells | category
    1, 0.5     | 0, 0      | -         | -        | -            | PR
    0.99, 0.3  | 0, 0      | -         | -        | -            | not evaluable
    0.99, 0.3  | 0, 0      | 20, 20    | 15, 15   | 20, 20       | no measurable disease
    0.99, 0.9  | 0, 0      | 20, 20    | 15, 15   | 30, 14       | PR
    0.99, 0.9  | 0, 0      | 20, 20    | 15, 15   | 30, 16       | SD
    0.99, 0.9  | 0, 0      | 20, 20    | 15, 15   | 30, 41       | progressive disease
    4, 1       | 50, -     | -         | -        | -            | PR
    4, 0.1     | 50, -     | -         | -        | -            | PR
    4, 0.1     | 50, 50    | -         | -        | -            | VGPR
    4, 1       | 50, 220   | -         | -        | -            | SD
    4, 3       | 50, -     | -         | -        | -            | MR
    4, 1       | 300, -    | -         | -        | -            | not evaluable
    4, 1       | -         | -         | -        | -            | not evaluable
    4, 4       | -         | -         | -        | -            | SD
    0, 0       | 200, 99   | -         | -        | -            | VGPR
    0.5, 0.5   | 200, 99   | -         | -        | -            | VGPR
    0, 0       | 2000, 200 | -         | -        | -            | PR
    0, 0       | 2000, 900 | -         | -        | -            | MR
    0, 0       | 2000, 1500 | -        | -        | -            | SD
    0, -       | 2000, 150 | -         | -        | -            | PR
    -          | 2000, 150 | -         | -        | -            | not evaluable
    0, 0       | 500, 624  | -         | -        | -            | SD
    0, 0       | 500, 700  | -         | -        | -            | progressive disease
    0, 0       | 1000, 1200 | -        | -        | -            | SD
    4, 2       | 500, 700  | -         | -        | -            | progressive disease
    4, 4.9     | 0, 0      | -         | -        | -            | SD
    4, 5       | 0, 0      | -         | -        | -            | progressive disease
    6, 6.9     | 0, 0      | -         | -        | -            | SD
    6, 7       | 0, 0      | -         | -        | -            | progressive disease
    0.2, 0.2   | 0, 0      | 110, 15   | 10, 10   | -            | VGPR
    0.2, 0.2   | 0, 0      | 110, 60   | 10, 10   | -            | PR
    0.2, 0.2   | 0, 0      | 110, 61   | 10, 10   | -            | SD
    0.2, 0.2   | 0, 0      | 110, 210  | 10, 10   | -            | SD
    0.2, 0.2   | 0, 0      | 110, 211  | 10, 10   | -            | progressive disease
    0.2, 0.2   | 0, 0      | 99, 15    | 10, 10   | 20, 20       | no measurable disease
    0.2, 0.2   | 0, 0      | 150, 60   | 100, 100 | 20, 20       | no measurable disease
    0.2, 0.2   | 0, 0      | 10, 10    | 110, 60  | -            | PR
    4, 1       | 0, 0      | 110, 300  | 10, 10   | -            | PR
    """,
)
LIGHT_CHAINS = SpecTable(
    "imwg-serological",
    "Light chains were the only measurable disease. Immunofixation is negative and the marrow has "
    "2 % plasma cells on days 60 and 90: a complete response needs a normal ratio.",
    """
    kappa    | lambda | category
    110, 15  | 10, 10 | CR
    110, 17  | 10, 10 | VGPR
    110, -   | 10, 10 | not evaluable
    """,
)
SPEC_TABLES = (ONE, COURSES, MEASURABLE, LIGHT_CHAINS)

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


UNITS = {
    "serum": ("serum M-protein", "g/dL"),
    "urine": ("urine M-protein", "mg/24 h"),
    "kappa": ("kappa FLC", "mg/L"),
    "lambda": ("lambda FLC", "mg/L"),
    "plasma cells": ("marrow plasma cells", "%"),
}


def courses_of(number, case):
    """The rows of a patient: before therapy, and the same on days 60 and 90."""
    rows = []
    for column, (name, unit) in UNITS.items():
        values = [] if case.get(column, "-") == "-" else case[column].split(", ")
        rows += [
            f"{number}|{name}|{value}|{unit}|{day} days"
            for value, days in zip(values, ((0,), (60, 90)), strict=False)
            for day in days
            if value != "-"
        ]
    return rows


def test_what_was_measurable_is_followed(study):
    rows, judged = [], []
    for n, case in enumerate(MEASURABLE.cases, start=1):
        rows += courses_of(n, case)
        judged += [f"{n}|immunofixation|positive|{day} days" for day in (60, 90)]
    expected = [case["category"] for case in MEASURABLE.cases]
    # What has no measurable disease is not evaluable, and the list of restagings says why.
    plain = ["not evaluable" if e == "no measurable disease" else e for e in expected]
    assert categories(study, rows, judged) == plain
    each = study(
        TOML.replace('start = "therapy"', 'start = "therapy"\neach = true'),
        treatments="patient_id|regimen|start\n"
        + "\n".join(f"{n}|bortezomib|1 days" for n in range(1, len(expected) + 1)),
        measurements="patient_id|name|value|unit|when\n" + "\n".join(rows),
        assessments="patient_id|what|value|when\n" + "\n".join(judged),
    ).column("response")
    said = ["no measurable disease before therapy" in each[str(n)] for n in range(1, len(each) + 1)]
    assert said == [e == "no measurable disease" for e in expected]


def test_a_complete_response_of_light_chains_needs_their_ratio(study):
    rows, judged = [], []
    for n, case in enumerate(LIGHT_CHAINS.cases, start=1):
        rows += courses_of(n, {**case, "serum": "0, 0", "urine": "0, 0", "plasma cells": "40, 2"})
        judged += [f"{n}|immunofixation|negative|{day} days" for day in (60, 90)]
    assert categories(study, rows, judged) == [case["category"] for case in LIGHT_CHAINS.cases]


def test_light_chains_may_be_charted_as_such(study):
    visits = (0, "120", "110", "abnormal"), (60, "50", "40", "abnormal"), (90, "50", "40", "normal")
    rows = [f"1|{name}|0|{unit}|{day[0]} days" for name, unit in list(UNITS.values())[:2]
            for day in visits]  # fmt: skip
    for day, involved, more, _ in visits:
        rows += [f"1|iFLC|{involved}|mg/L|{day} days", f"1|dFLC|{more}|mg/L|{day} days"]
    ratios = [f"1|FLC ratio|{ratio}|{day} days" for day, _, _, ratio in visits]
    fixed = [f"1|immunofixation|positive|{day} days" for day in (60, 90)]
    assert categories(study, rows, [*ratios, *fixed]) == ["PR"]
    # a ratio in numbers, in place of the words
    numbers = [f"1|FLC ratio|{r}|ratio|{d} days" for d, r in ((0, 12), (60, 5), (90, 1.6))]
    assert categories(study, [*rows, *numbers], fixed) == ["PR"]


def test_tests_of_one_visit_on_two_days_are_one_assessment(study):
    rows = ["1|serum M-protein|4|g/dL|0 days", "1|urine M-protein|50|mg/24 h|0 days"]
    rows += ["1|serum M-protein|1|g/dL|60 days", "1|urine M-protein|50|mg/24 h|62 days"]
    judged = ["1|immunofixation|positive|60 days"]
    assert categories(study, rows, judged) == ["not evaluable"]


def test_a_study_without_urine_may_take_it_as_met(study):
    toml = TOML + 'assume = ["urine_below_200", "urine_below_100"]\n'
    rows = [f"1|serum M-protein|{v}|g/dL|{d} days" for v, d in ((4, 0), (1, 60), (1, 90))]
    tables = {
        "treatments": "patient_id|regimen|start\n1|bortezomib|1 days",
        "measurements": "patient_id|name|value|unit|when\n" + "\n".join(rows),
        "assessments": "patient_id|what|value|when\n1|immunofixation|positive|60 days\n"
        "1|immunofixation|positive|90 days",
    }
    assert study(TOML, **tables).why("response") == {"1": "not_evaluable"}
    told = study(toml, **tables)
    assert told.column("response") == {"1": "PR"}
    assert told.info("response").method.endswith(
        "taken as met where not charted: urine M-protein below 200 mg/24 h, urine M-protein below "
        "100 mg/24 h"
    )
