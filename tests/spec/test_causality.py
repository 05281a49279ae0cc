"""How likely the drug caused the disease: Naranjo and WHO-UMC, as far as the chart allows."""

from __future__ import annotations

import pytest

from sequela.clinical.causality_scales import causality_scale
from spec_table import SpecTable

STUDY = """
[moments.diagnosis]
table = "diagnoses"

[columns.regression]
derive = "dechallenge"
drug = "lenalidomide"
measures = ["blasts"]

[columns.naranjo]
derive = "causality"
of = "regression"
drug = "lenalidomide"
event = "diagnosis"

[columns.who]
derive = "causality"
of = "regression"
drug = "lenalidomide"
scale = "who-umc"
event = "diagnosis"
"""
FLOW = "% of WBC | marrow | flow"
STOPPED = ("1 | lenalidomide | -300 days | 0 days | marrow",)
AGAIN = (*STOPPED, "1 | lenalidomide | 60 days | 120 days | marrow")

SPEC_TABLES = (
    SpecTable(
        rule="causality naranjo",
        says="The sum of ten answers; a blank is not known.",
        table="""
        previous | after | improved | again | other causes | objective | sum | verdict
        yes      | yes   | yes      | yes   | no           | yes       | 9   | definite
        no       | yes   | yes      | yes   | no           | yes       | 8   | probable
                 | yes   | yes      |       | no           |           | 5   | probable
                 | yes   | yes      |       |              | yes       | 4   | possible
                 |       |          |       |              | yes       | 1   | possible
        no       | no    | no       | no    | yes          | no        | -3  | doubtful
        """,
    ),
    SpecTable(
        rule="causality who-umc",
        says="The first category of which every point is met; a blank is not known.",
        table="""
        after | improved | again | other causes | definitive | objective | verdict
        yes   | yes      | yes   | no           | yes        | yes       | certain
        yes   | yes      |       | no           | yes        | yes       | certain
        yes   | yes      | no    | no           | yes        | yes       | probable
        yes   | yes      |       | no           |            | yes       | probable
        yes   | yes      |       |              |            | yes       | possible
        yes   |          |       | yes          |            | yes       | possible
        no    | yes      |       | no           |            | yes       | unlikely
              | yes      |       |              |            | yes       | conditional
              |          |       |              |            |           | unassessable
        """,
    ),
)
KEYS = {
    "previous": "previous_reports",
    "after": "after_the_drug",
    "improved": "improved_on_withdrawal",
    "again": "recurred_on_rechallenge",
    "other causes": "alternative_causes",
    "definitive": "definitive_event",
    "objective": "objective_evidence",
}


@pytest.mark.parametrize(
    ("table", "case"), [(t, case) for t in SPEC_TABLES for case in t.cases], ids=str
)
def test_every_line_of_the_tables(table, case):
    scale = causality_scale(table.rule.removeprefix("causality "))
    answers = {KEYS[k]: v or None for k, v in case.items() if k in KEYS}
    assert scale.verdict(answers) == case["verdict"]
    if "sum" in case:
        assert scale.score(answers) == int(case["sum"])


@pytest.fixture
def told(study):
    def make(*points, drug=STOPPED, diagnosis="-10 days", assessments=(), toml=STUDY):
        values = "\n".join(
            f"1 | blasts | {value} | {FLOW} | {day} days | marrow" for value, day in points
        )
        tables = {}
        if assessments:
            tables["assessments"] = "patient_id|what|value\n" + "\n".join(assessments)
        return study(
            toml,
            diagnoses=f"patient_id|disease|when|clock\n1|ALL|{diagnosis}|marrow",
            exposures="patient_id | drug | start | stop | clock\n" + "\n".join(drug),
            measurements="patient_id|name|value|unit|tissue|method|when|clock\n" + values,
            treatments="patient_id|regimen|start|stop|clock\n",
            patients="patient_id|site\n1|A",
            **tables,
        )

    return make


def judged(answer, column="naranjo"):
    (one,) = answer.loaded.clinical.details[column]
    return one


def answers(answer, column="naranjo"):
    one = judged(answer, column)
    return {a.question.key: a.said for a in one.answers if a.said is not None}


FALL = (("40", 0), ("4", 30))


def test_what_the_chart_answers(told):
    answer = told(*FALL)
    assert answers(answer) == {
        "after_the_drug": "yes",
        "improved_on_withdrawal": "yes",
        "objective_evidence": "yes",
    }
    one = judged(answer)
    assert (one.score, one.verdict, one.known) == (4, "possible", 3)
    assert answer.column("naranjo") == {"1": "possible"}
    assert answer.column("who") == {"1": "possible"}


def test_every_answer_names_its_rows(told):
    rows = {a.question.key: a.rows for a in judged(told(*FALL)).answers if a.rows}
    assert rows == {
        "after_the_drug": (("exposures", 2), ("diagnoses", 2)),
        "improved_on_withdrawal": (("measurements", 2), ("measurements", 3), ("exposures", 2)),
        "objective_evidence": (("measurements", 2),),
    }


def test_the_drug_given_again(told):
    answer = told(*FALL, ("40", 90), drug=AGAIN)
    found = answers(answer)
    assert found["recurred_on_rechallenge"] == "yes"
    assert found["improved_on_withdrawal"] == "yes"  # it had fallen before the new start


@pytest.mark.parametrize(
    ("diagnosis", "said"), [("-299 days", "yes"), ("-300 days", "no"), ("-301 days", "no")]
)
def test_the_event_must_come_after_the_first_day(told, diagnosis, said):
    assert answers(told(*FALL, diagnosis=diagnosis))["after_the_drug"] == said


def test_an_event_without_a_time_is_not_known(told):
    assert "after_the_drug" not in answers(told(*FALL, diagnosis=""))
    assert told(*FALL, diagnosis="").column("who") == {"1": "conditional"}


def test_the_study_may_state_what_no_chart_holds(told):
    stated = STUDY.replace(
        'drug = "lenalidomide"\nevent',
        'drug = "lenalidomide"\nstated = { alternative_causes = "no", previous_reports = "yes" }'
        "\nevent",
        1,
    )
    answer = told(*FALL, toml=stated)
    assert (judged(answer).score, judged(answer).verdict) == (7, "probable")
    basis = {a.question.key: a.basis for a in judged(answer).answers}
    assert basis["alternative_causes"] == "stated by the study for every patient"


def test_a_patients_own_answer_goes_before_chart_and_study(told):
    answer = told(
        *FALL,
        assessments=[
            "1|causality: alternative_causes|yes",
            "1|causality: improved_on_withdrawal|not known",
        ],
    )
    assert answers(answer)["alternative_causes"] == "yes"
    assert "improved_on_withdrawal" not in answers(answer)
    assert judged(answer).score == 2 - 1 + 1


def test_a_sum_without_any_answer_is_not_evaluable_and_not_doubtful(told):
    answer = told(("not detected", 0), diagnosis="")
    assert (judged(answer).known, judged(answer).score) == (0, 0)
    assert answer.column("naranjo") == {"1": None}
    assert answer.why("naranjo") == {"1": "not_evaluable"}
    assert answer.column("who") == {"1": "unassessable"}


def test_who_never_had_the_drug_is_not_judged(told):
    answer = told(*FALL, drug=("1 | thalidomide | -300 days | 0 days | marrow",))
    assert answer.why("naranjo") == {"1": "not_applicable"}
