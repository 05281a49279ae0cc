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
SPEC_TABLES = (LINES,)

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
