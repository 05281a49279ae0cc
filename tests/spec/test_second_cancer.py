"""Second primary cancers: neither a metastasis nor a progression of the first disease."""

from __future__ import annotations

from sequela.clinical.second_cancer import judge_diagnoses
from spec_table import SpecTable

VERDICTS = SpecTable(
    "second cancer",
    "A later diagnosis of a patient whose first disease is given, and what the rule takes it for.",
    """
    first            | later                               | code   | verdict
    multiple myeloma | B-ALL                               |        | second primary
    multiple myeloma | therapy-related MDS                 | 9987/3 | second primary
    multiple myeloma | therapy related myeloid neoplasm    | 9920/3 | second primary
    multiple myeloma | plasma cell leukemia                | 9733/3 | progression
    multiple myeloma | plasma cell leukemia                |        | progression
    multiple myeloma | multiple myeloma                    |        | same disease
    multiple myeloma | secondary malignant neoplasm of bone | C79.5 | metastasis
    colon cancer     | liver metastasis                    |        | metastasis
    colon cancer     | adenocarcinoma in the lung          | 8140/6 | metastasis
    colon cancer     | breast cancer                       | C50.9  | second primary
    CLL              | diffuse large B-cell lymphoma       |        | progression
    MDS              | AML                                 |        | progression
    MDS              | therapy-related AML                 |        | second primary
    B-ALL            | AML                                 |        | second primary
    plasmacytoma     | multiple myeloma                    |        | progression
    MGUS             | multiple myeloma                    | 9732/3 | progression
    follicular lymphoma, grade 1 | DLBCL                   | 9680/3 | progression
    floor of mouth carcinoma | diffuse large B-cell lymphoma |      | second primary
    breast cancer    | melanoma                            | C43.9  | second primary
    multiple myeloma | myeloid neoplasm post cytotoxic therapy |    | second primary
    MDS              | AML                                 | TAML   | second primary
    MDS              | leukemia                            | AMLNOS | progression
    CLL              | lymphoma                            | DLBCLNOS | progression
    multiple myeloma | cutaneous lymphoma                  | PCLBCLLT | second primary
    MPN              | nerve sheath tumor                  | MPNST  | second primary
    """,
)
SPEC_TABLES = (VERDICTS,)


def test_what_a_later_diagnosis_is(study):
    rows = []
    for n, case in enumerate(VERDICTS.cases, start=1):
        rows += [f"{n}|{case['first']}||first|0 days"]
        rows += [f"{n}|{case['later']}|{case['code']}||900 days"]
    told = study(diagnoses="patient_id|disease|code|role|when\n" + "\n".join(rows))
    judged = judge_diagnoses(told.loaded.chart).filter(low=900).sort("row")
    assert judged["verdict"].to_list() == [case["verdict"] for case in VERDICTS.cases]


TOML = """
[moments.diagnosis]
table = "diagnoses"
where = "disease = 'B-ALL'"

[moments.second]
derive = "second_cancer"
after = "diagnosis"
{}

[moments.death]
table = "followup"
where = "vital_status = 'dead'"

[moments.last_contact]
table = "followup"

[endpoints.as_event]
start = "diagnosis"
event = ["second", "death"]
censor = ["last_contact"]

[endpoints.as_competing]
start = "diagnosis"
event = ["death"]
competing = ["second"]
censor = ["last_contact"]
"""
DIAGNOSES = """
patient_id | disease             | when
1          | multiple myeloma    | -900 days
1          | B-ALL               | 0 days
1          | therapy-related MDS | 400 days
2          | multiple myeloma    | -900 days
2          | B-ALL               | 0 days
2          | melanoma            | 300 days
3          | B-ALL               | 0 days
"""
FOLLOWUP = """
patient_id | last_contact | vital_status
1          | 500 days     | dead
2          | 600 days     | alive
3          | 700 days     | alive
"""


def test_an_event_or_competing_by_the_endpoints_choice(study):
    told = study(TOML.format(""), diagnoses=DIAGNOSES, followup=FOLLOWUP)
    assert told.column("as_event") == {"1": 400, "2": 300, "3": 700}
    assert told.column("as_event_event") == {"1": True, "2": True, "3": False}
    assert told.column("as_competing_cause") == {"1": "second", "2": "second", "3": None}


def test_the_disease_that_is_counted_from_is_none_of_its_second_cancers(study):
    toml = TOML.format("").replace("-900 days", "-900 days")
    told = study(toml, diagnoses=DIAGNOSES, followup=FOLLOWUP)
    rows = told.loaded.clinical.moments["second"]
    assert rows["row"].to_list() == [4, 7]
    # without a moment to count from, B-ALL after myeloma is the first of them
    told = study(TOML.format("").replace('after = "diagnosis"\n', ""), diagnoses=DIAGNOSES)
    assert told.loaded.clinical.moments["second"]["row"].to_list() == [3, 6]


def test_kinds(study):
    for kind, rows in (
        ("therapy-related", [4]),
        ("therapy-related myeloid", [4]),
        ("other", [7]),
    ):
        told = study(TOML.format(f'kind = "{kind}"'), diagnoses=DIAGNOSES, followup=FOLLOWUP)
        assert told.loaded.clinical.moments["second"]["row"].to_list() == rows, kind


def test_an_event_that_says_second_cancer_counts_without_a_diagnosis(study):
    told = study(
        TOML.format('kind = "therapy-related myeloid"'),
        diagnoses="patient_id|disease|when\n1|B-ALL|0 days\n2|B-ALL|0 days\n3|B-ALL|0 days",
        events="patient_id|what|when|note\n1|second cancer|100 days|therapy-related AML\n"
        "2|second cancer||therapy-related MDS\n3|second cancer|50 days|melanoma",
    )
    frame = told.loaded.clinical.moments["second"]
    assert frame.select("patient_id", "low", "undated").rows() == [
        ("1", 100, False),
        ("2", None, True),
    ]
