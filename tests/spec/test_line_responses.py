"""What each line of therapy achieved, and whether the disease was refractory."""

from __future__ import annotations

from spec_table import SpecTable

LINES = SpecTable(
    "refractory",
    "Induction on day 1 and salvage on day 40, with marrows (% blasts, recovered counts) on the "
    "days given: the responses to each, and whether it was refractory after one or two lines.",
    """
    lines | marrow | responses | after 1 | after 2
    2 | 60 on 0, 50 on 30, 2 on 70 | induction: no response; salvage: CR | yes | no
    2 | 60 on 0, 50 on 30, 50 on 70 | induction: no response; salvage: no response | yes | yes
    2 | 60 on 0, 20 on 30, 50 on 70 | induction: PR; salvage: no response | yes | yes
    1 | 60 on 0, 2 on 30 | induction: CR | no | no
    1 | 60 on 0, 50 on 30 | induction: no response | yes | not applicable
    2 | 60 on 0, 2 on 70 | induction: not evaluable; salvage: CR | not evaluable | no
    2 | 60 on 0, 50 on 40, 2 on 70 | induction: no response; salvage: CR | yes | no
    """,
)
AML = SpecTable(
    "refractory",
    "By ELN 2022 for AML: courses with their days, marrows (% blasts, recovered counts, no blasts "
    "in the blood) after 60 % on day 0, and the last contact: refractory after two courses, or by "
    "day 180 of less intensive therapy.",
    """
    courses                              | marrow                  | seen until | refractory
    7+3 on 1                             | 50 on 30                | 400 | not applicable
    7+3 on 1, FLAG-IDA on 40             | 50 on 30, 50 on 70      | 400 | yes
    7+3 on 1, FLAG-IDA on 40             | 50 on 30, 2 on 70       | 400 | no
    7+3 on 1, FLAG-IDA on 40             | 2 on 30, 50 on 70       | 400 | no
    7+3 on 1, FLAG-IDA on 40             | 50 on 30                | 400 | not evaluable
    7+3 on 1, azacitidine on 40          | 50 on 30, 50 on 70      | 400 | yes
    azacitidine + venetoclax on 1        | 50 on 30, 50 on 100     | 400 | yes
    azacitidine + venetoclax on 1        | 50 on 30, 2 on 181      | 400 | no
    azacitidine + venetoclax on 1        | 50 on 30, 2 on 182      | 400 | yes
    azacitidine + venetoclax on 1        | 50 on 30                | 181 | yes
    azacitidine + venetoclax on 1        | 50 on 30                | 180 | not applicable
    azacitidine + venetoclax on 1        | -                       | 400 | not evaluable
    decitabine on 1, decitabine on 29    | 50 on 28, 2 on 100      | 400 | no
    decitabine on 1, decitabine on 29    | 50 on 28, 50 on 56      | 400 | yes
    azacitidine on 1, FLAG-IDA on 90     | 50 on 80, 2 on 120      | 400 | not applicable
    azacitidine on 1, FLAG-IDA on 181    | 50 on 80, 2 on 220      | 400 | yes
    LDAC + venetoclax on 1               | 50 on 30                | 400 | yes
    7+3 + venetoclax on 1                | 50 on 30                | 400 | not applicable
    """,
)
MYELOMA = SpecTable(
    "refractory",
    "By the serological criteria of myeloma: serum M-protein (g/dL, 4 before therapy, urine 50 "
    "mg/24 h throughout) on days 30 and 60 of the first line, and whether it was refractory: a "
    "minimal response is enough.",
    """
    serum M-protein | refractory
    3.9, 3.9        | yes
    3, 3            | no
    1, 1            | no
    5, 5            | yes
    3               | not evaluable
    """,
)
SPEC_TABLES = (LINES, AML, MYELOMA)

TOML = """
[columns.responses]
derive = "line_responses"
criteria = "eln-2024-all"

[columns.one]
derive = "line_responses"
criteria = "eln-2024-all"
measure = "refractory"

[columns.two]
derive = "line_responses"
criteria = "eln-2024-all"
measure = "refractory"
lines = 2

[columns.salvage]
derive = "line_responses"
criteria = "eln-2024-all"
measure = "salvage"
"""


def chart(cases):
    lines, rows = [], []
    for n, case in enumerate(cases, start=1):
        lines.append(f"{n}|induction|1 days|induction")
        lines.append(f"{n}|consolidation|35 days|post-induction")
        if case["lines"] == "2":
            lines.append(f"{n}|blinatumomab|40 days|salvage")
        for one in case["marrow"].split(", "):
            blasts, on = one.split(" on ")
            rows.append(f"{n}|marrow blasts|{blasts}|%|{on} days")
            rows += [f"{n}|ANC|2|10^9/L|{on} days", f"{n}|platelets|200|10^9/L|{on} days"]
    return {
        "treatments": "patient_id|regimen|start|intent\n" + "\n".join(lines),
        "measurements": "patient_id|name|value|unit|when\n" + "\n".join(rows),
    }


def test_line_by_line(study):
    told = study(TOML, **chart(LINES.cases))
    words = {True: "yes", False: "no"}
    for column, heading in (("responses", "responses"), ("one", "after 1"), ("two", "after 2")):
        found, why = told.column(column), told.why(column)
        got = [
            words.get(found[p], found[p]) if found[p] is not None else why[p].replace("_", " ")
            for p in sorted(found, key=int)
        ]
        assert got == [case[heading] for case in LINES.cases], column


def test_the_response_to_salvage(study):
    told = study(TOML, **chart(LINES.cases[:2]))
    assert told.column("salvage") == {"1": "CR", "2": "no response"}


def test_a_line_without_a_first_day_leaves_it_open(study):
    tables = chart(LINES.cases[1:2])
    tables["treatments"] += "\n1|chemotherapy||salvage"
    told = study(TOML, **tables)
    assert told.why("two") == {"1": "not_evaluable"}


def test_the_rows_that_decided_are_named(study):
    told = study(TOML, **chart(LINES.cases[4:5]))
    tables = {table for _, table, _ in told.decided_by("one")}
    assert tables == {"treatments", "measurements"}


def test_who_had_no_salvage_has_no_response_to_it_and_the_line_that_counts_decides(study):
    told = study(
        '[columns.salvage]\nderive = "line_responses"\ncriteria = "eln-2024-all"\n'
        'measure = "salvage"\n',
        treatments="patient_id|regimen|intent|start\n1|hyper-CVAD|induction|0 days\n"
        "1|blinatumomab|salvage|50 days\n1|inotuzumab|salvage|90 days\n"
        "2|hyper-CVAD|induction|0 days",
        measurements="patient_id|name|value|unit|when\n1|marrow blasts|80|%|0 days\n"
        "1|marrow blasts|60|%|40 days\n1|marrow blasts|50|%|80 days\n"
        "1|marrow blasts|1|%|120 days\n1|ANC|2|x10^9/L|120 days\n"
        "1|platelets|200|x10^9/L|120 days",
    )
    assert told.column("salvage") == {"1": "CR", "2": None}
    assert told.why("salvage")["2"] == "not_applicable"
    assert told.decided_by("salvage") == [
        ("1", "measurements", 5),
        ("1", "measurements", 6),
        ("1", "measurements", 7),
        ("1", "treatments", 4),
    ]


def answers(told, column="one"):
    words = {True: "yes", False: "no"}
    found, why = told.column(column), told.why(column)
    return [
        words[found[p]] if found[p] is not None else why[p].replace("_", " ")
        for p in sorted(found, key=int)
    ]


def aml(cases):
    lines, rows, seen = [], [], []
    for n, case in enumerate(cases, start=1):
        courses = case["courses"].split(", ")
        lines += [f"{n}|{one.replace(' on ', '|')} days|induction" for one in courses]
        marrows = [] if case["marrow"] == "-" else case["marrow"].split(", ")
        for one in ["60 on 0", *marrows]:
            blasts, on = one.split(" on ")
            for name, value, unit in (
                ("marrow blasts", blasts, "%"),
                ("circulating blasts", 0, "%"),
                ("ANC", 2, "10^9/L"),
                ("platelets", 200, "10^9/L"),
            ):
                rows.append(f"{n}|{name}|{value}|{unit}|{on} days")
        seen.append(f"{n}|{case['seen until']} days|alive")
    return {
        "treatments": "patient_id|regimen|start|intent\n" + "\n".join(lines),
        "measurements": "patient_id|name|value|unit|when\n" + "\n".join(rows),
        "followup": "patient_id|last_contact|vital_status\n" + "\n".join(seen),
    }


REFRACTORY = """
[columns.one]
derive = "line_responses"
criteria = "{}"
measure = "refractory"
"""


def test_leukemia_after_two_courses_or_at_a_landmark(study):
    told = study(REFRACTORY.format("eln-2022-aml"), **aml(AML.cases))
    assert answers(told) == [case["refractory"] for case in AML.cases]
    assert told.info("one").method == (
        "refractory after 2 lines, or by day 180 of less intensive therapy, rule refractory-2, "
        "criteria eln-2022-aml-1"
    )


def test_a_study_sets_the_courses_the_landmark_and_what_is_less_intensive(study):
    toml = REFRACTORY.format("eln-2022-aml")
    cases = [AML.cases[0], AML.cases[6], {**AML.cases[0], "courses": "CLAG-light on 1"}]
    for more, expected in (
        ("", ["not applicable", "yes", "not applicable"]),
        ("lines = 1\n", ["yes", "yes", "yes"]),
        ("thresholds = { refractory_landmark_days = 500 }\n", ["not applicable"] * 3),
        ('less_intensive = ["CLAG-light"]\n', ["not applicable", "yes", "yes"]),
    ):
        assert answers(study(toml + more, **aml(cases))) == expected, more


def test_myeloma_is_refractory_without_a_minimal_response(study):
    rows, lines = [], []
    for n, case in enumerate(MYELOMA.cases, start=1):
        lines.append(f"{n}|bortezomib|1 days|induction")
        for number, value in enumerate(["4", *case["serum M-protein"].split(", ")]):
            rows.append(f"{n}|serum M-protein|{value}|g/dL|{30 * number} days")
            rows.append(f"{n}|urine M-protein|50|mg/24 h|{30 * number} days")
    told = study(
        REFRACTORY.format("imwg-serological"),
        treatments="patient_id|regimen|start|intent\n" + "\n".join(lines),
        measurements="patient_id|name|value|unit|when\n" + "\n".join(rows),
        assessments="patient_id|what|value|when\n"
        + "\n".join(f"{n}|immunofixation|positive|60 days" for n in range(1, len(lines) + 1)),
    )
    assert answers(told) == [case["refractory"] for case in MYELOMA.cases]


REPORTED = SpecTable(
    "refractory",
    "Refractory disease as a clinician reported it, induction on day 1 and salvage on day 40 "
    "without a remission, by ELN 2024 for ALL (one line): whether a difference is a finding.",
    """
    reported   | finding
    yes on 30  | no
    no on 30   | yes
    no on 40   | yes
    no on 41   | no
    no on 1    | no
    """,
)
SPEC_TABLES += (REPORTED,)


def test_refractory_as_reported_is_compared_within_its_course(study):
    tables = chart([LINES.cases[1]] * len(REPORTED.cases))
    said = [
        f"{n}|refractory|{case['reported'].replace(' on ', '|')} days"
        for n, case in enumerate(REPORTED.cases, start=1)
    ]
    told = study(
        REFRACTORY.format("eln-2024-all"),
        assessments="patient_id|what|value|when\n" + "\n".join(said),
        **tables,
    )
    differ = [f for f in told.findings if f.code == "reported-computed-differ"]
    assert [f.patient_id for f in differ] == [
        str(n) for n, c in enumerate(REPORTED.cases, start=1) if c["finding"] == "yes"
    ]
    assert differ[0].place == "assessments.csv, row 3, column value"
    assert differ[0].value == "reported no, computed yes"
    assert differ[0].message == (
        "whether the disease was refractory was reported otherwise than eln-2024-all computes it"
    )
