"""Leukemia in the central nervous system, and the traumatic lumbar puncture."""

from __future__ import annotations

from spec_table import SpecTable

FLUID = SpecTable(
    "CNS status",
    "A sample of cerebrospinal fluid at diagnosis: blasts, white and red cells a µL, with blood "
    "white cells (x10^9/L) and red cells (x10^12/L) of that day.",
    """
    blasts | white | red | blood white | blood red | status
    no     | 12    | 0   | 10          | 4         | CNS1
    yes    | 4     | 9   | -           | -         | CNS2a
    yes    | 4     | 10  | -           | -         | CNS2b
    yes    | 4     | -   | -           | -         | CNS2
    yes    | 5     | 9   | -           | -         | CNS3a
    yes    | 5     | 10  | 250         | 1         | CNS2c
    yes    | 5.1   | 10  | 250         | 1         | CNS3b
    yes    | 5     | 100 | 10          | 4         | CNS3b
    yes    | 5     | 10  | -           | -         | not evaluable
    yes    | 5     | -   | 10          | 4         | not evaluable
    yes    | -     | 0   | 10          | 4         | not evaluable
    yes    | <5    | <10 | -           | -         | CNS2a
    yes    | <=5   | 0   | -           | -         | not evaluable
    yes    | 5-8   | 0   | -           | -         | CNS3a
    yes    | 5-8   | 100 | 10          | 4         | CNS3b
    yes    | 5-8   | 10  | 300         | 1         | not evaluable
    yes    | >5    | 10  | 20          | 4         | CNS3b
    yes    | >5    | 10  | 400         | 1         | not evaluable
    """,
)
SPEC_TABLES = (FLUID,)

TOML = """
[moments.diagnosis]
table = "diagnoses"

[columns.cns]
derive = "cns_status"
at = "diagnosis"
within_days = 14
{}
"""


def chart():
    judged, counts, diagnoses = [], [], []
    for n, case in enumerate(FLUID.cases, start=1):
        diagnoses.append(f"{n}|B-ALL|0 days")
        judged.append(f"{n}|CSF blasts|{case['blasts']}|14 days")
        for column, name, unit, tissue in (
            ("white", "WBC", "/µL", "CSF"),
            ("red", "RBC", "/µL", "CSF"),
            ("blood white", "WBC", "10^9/L", "blood"),
            ("blood red", "RBC", "10^12/L", ""),
        ):
            if case[column] != "-":
                counts.append(f"{n}|{name}|{case[column]}|{unit}|{tissue}|14 days")
    return {
        "diagnoses": "patient_id|disease|when\n" + "\n".join(diagnoses),
        "assessments": "patient_id|what|value|when\n" + "\n".join(judged),
        "measurements": "patient_id|name|value|unit|tissue|when\n" + "\n".join(counts),
    }


def test_by_the_fluid(study):
    for toml, cut in (("detail = true", 6), ("", 4)):
        told = study(TOML.format(toml), **chart())
        found, why = told.column("cns"), told.why("cns")
        got = [found[p] or why[p].replace("_", " ") for p in sorted(found, key=int)]
        wanted = [c["status"] for c in FLUID.cases]
        assert got == [s[:cut] if s.startswith("CNS") else s for s in wanted]


def test_clinical_signs_are_cns3_and_the_rows_are_named(study):
    told = study(
        TOML.format(""),
        diagnoses="patient_id|disease|when\n1|B-ALL|0 days",
        assessments="patient_id|what|value|when\n1|CSF blasts|no|2 days\n1|CNS signs|yes|2 days",
    )
    assert told.column("cns") == {"1": "CNS3"}
    assert told.decided_by("cns") == [("1", "assessments", 2), ("1", "assessments", 3)]


def test_a_sample_outside_the_window_is_no_sample(study):
    toml = TOML.format("").replace("14", "13")
    told = study(toml, **chart())
    assert set(told.column("cns").values()) == {None}
