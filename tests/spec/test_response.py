"""Response and MRD as clinicians reported them: at a visit, or the best of all."""

from __future__ import annotations

import pytest

from spec_table import SpecTable

BEST = '[columns.best]\nderive = "response"\ncriteria = "geyer-2023"\n'


def judged(*rows: str) -> str:
    return "patient_id | what | value | timepoint\n" + "\n".join(rows)


@pytest.mark.parametrize(
    ("values", "best"),
    [
        (["PR", "CR", "no CR"], "CR"),
        (["CRi", "PR"], "CRi"),
        (["no CR", "PR"], "PR"),
        (["NE", "no CR"], "no CR"),  # not evaluable only where there is nothing else
        (["NE", "stable disease"], "stable disease"),
        (["stable disease", "no CR"], "no CR"),
    ],
)
def test_the_best_of_several_judgements_counts(study, values, best):
    told = study(BEST, assessments=judged(*(f"1 | response | {v} | x" for v in values)))
    assert told.column("best") == {"1": best}


def test_not_evaluable_is_a_reason_and_no_value(study):
    told = study(
        BEST,
        patients="patient_id|site\n1|A\n2|A",
        assessments=judged("1 | response | NE | best"),
    )
    assert told.column("best") == {"1": None, "2": None}
    assert told.why("best") == {"1": "not_evaluable", "2": "missing"}


def test_a_visit_is_chosen_by_its_words(study):
    told = study(
        BEST + 'timepoint = "day 29"',
        assessments=judged("1 | response | CR | best", "1 | response | PR | day 29"),
    )
    assert told.column("best") == {"1": "PR"}
    assert told.decided_by("best") == [("1", "assessments", 3)]


@pytest.mark.parametrize(
    ("values", "best"),
    [
        (["positive", "negative"], "negative"),
        (["NE", "positive"], "positive"),
    ],
)
def test_the_best_mrd_is_negative(study, values, best):
    told = study(BEST + 'what = "MRD"', assessments=judged(*(f"1 | MRD | {v} | x" for v in values)))
    assert told.column("best") == {"1": best}


@pytest.mark.parametrize(
    ("rows", "best"),
    [
        (["1 | response | CR | best", "1 | MRD | negative | best"], "CR MRD-"),
        (["1 | response | CR | best", "1 | MRD | positive | best"], "CR MRD+"),
        (["1 | response | CR | best", "1 | MRD | NE | best"], "CR"),
        (["1 | response | CR | best"], "CR"),
        # MRD of another visit says nothing of this one
        (["1 | response | CR | best", "1 | MRD | negative | day 100"], "CR"),
        # and MRD stands beside a remission only
        (["1 | response | no CR | best", "1 | MRD | positive | best"], "no CR"),
    ],
)
def test_mrd_stands_beside_the_remission_of_its_visit(study, rows, best):
    told = study(BEST + "with_mrd = true", assessments=judged(*rows))
    assert told.column("best") == {"1": best}


def test_mrd_does_not_make_the_not_evaluable_evaluable(study):
    told = study(
        BEST + "with_mrd = true",
        assessments=judged("1 | response | NE | best", "1 | MRD | negative | best"),
    )
    assert told.column("best") == {"1": None}
    assert told.why("best") == {"1": "not_evaluable"}


@pytest.mark.parametrize(
    ("values", "best"),
    [
        (["no CR", "CRh"], "CRh"),
        (["CRi", "CRh"], "CRh"),
        (["MLFS", "CRi"], "CRi"),
        (["PR", "VGPR"], "VGPR"),
        (["progressive disease", "SD"], "SD"),
    ],
)
def test_the_categories_of_all_criteria_have_their_place(study, values, best):
    told = study(BEST, assessments=judged(*(f"1 | response | {v} | x" for v in values)))
    assert told.column("best") == {"1": best}


def test_a_word_that_has_to_be_compared_and_is_not_known_is_a_finding(study):
    told = study(
        BEST,
        patients="patient_id|site\n1|A\n2|A",
        assessments=judged(
            "1 | response | lovely | x", "1 | response | PR | y", "2 | response | lovely | x"
        ),
    )
    assert told.column("best") == {"1": "PR", "2": "lovely"}
    (found,) = [f for f in told.findings if f.code == "judgement-not-ranked"]
    assert (found.row, found.patient_id) == (2, "1")


TIMED = """
[moments.therapy]
table = "treatments"
[moments.hct]
table = "transplants"
"""
TABLES = {
    "treatments": "patient_id|regimen|start\n1|hyper-CVAD|10 days",
    "transplants": "patient_id|type|indication|when\n1|allogeneic|B-ALL|100 days",
}


@pytest.mark.parametrize(
    ("day", "best"),
    [
        ("9 days", "PR"),
        ("10 days", "PR"),
        ("11 days", "CR"),
        ("100 days", "CR"),
        ("101 days", "PR"),
        # nothing shows that it came before the transplant
        ("", "PR"),
    ],
)
def test_a_judgement_outside_start_and_until_does_not_count(study, day, best):
    told = study(
        TIMED + BEST + 'start = "therapy"\nuntil = "hct"\n',
        assessments=f"patient_id|what|value|when\n1|response|PR|40 days\n1|response|CR|{day}",
        **TABLES,
    )
    assert told.column("best") == {"1": best}
    assert "after therapy, until hct" in told.info("best").method


UNDATED = SpecTable(
    "response as reported",
    "The only judgement of a patient, CR, with therapy from day 10 (`start`) and a transplant "
    "(`until`): what counts, and whether it is a finding that it does not.",
    """
    judged on  | transplant on | until    | response       | finding
    40 days    | 100 days      | hct      | CR             | no
    -          | -             | hct      | CR             | no
    -          | 100 days      | -        | CR             | no
    -          | 100 days      | hct      | not evaluable  | yes
    40 days    | ?             | hct      | not evaluable  | yes
    90-110 days | 100 days     | hct      | not evaluable  | yes
    5-15 days  | -             | hct      | not evaluable  | yes
    100 days   | 100 days      | hct      | CR             | no
    101 days   | 100 days      | hct      | missing        | no
    """,
)
SPEC_TABLES = (UNDATED,)


@pytest.mark.parametrize("case", UNDATED.cases, ids=str)
def test_a_judgement_that_nothing_places_is_a_finding(study, case):
    day, graft = case["judged on"].strip("-"), case["transplant on"]
    grafts = "" if graft == "-" else f"\n1|allogeneic|B-ALL|{graft.strip('?')}"
    until = "" if case["until"] == "-" else 'until = "hct"\n'
    told = study(
        TIMED + BEST + f'start = "therapy"\n{until}',
        assessments=f"patient_id|what|value|when\n1|response|CR|{day}",
        treatments=TABLES["treatments"],
        transplants=f"patient_id|type|indication|when{grafts}\n2|allogeneic|B-ALL|100 days",
    )
    found = told.column("best")["1"] or told.why("best")["1"].replace("_", " ")
    assert found == case["response"]
    said = [f for f in told.findings if f.code == "judgement-not-placed"]
    assert len(said) == (case["finding"] == "yes")
    for one in said:
        assert (one.place, one.patient_id) == ("assessments.csv, row 2, column when", "1")
        assert one.message == (
            "nothing shows that this judgement was made within the time that counts, so it is "
            "not counted"
        )


def test_residual_disease_without_words_for_the_visit_is_that_of_the_day(study):
    told = study(
        BEST + "with_mrd = true",
        patients="patient_id|site\n1|A\n2|A",
        assessments="patient_id|what|value|when\n1|response|CR|28 days\n1|MRD|negative|100 days\n"
        "2|response|CR|28 days\n2|MRD|negative|28 days",
    )
    assert told.column("best") == {"1": "CR", "2": "CR MRD-"}


def test_the_judgement_at_a_moment(study):
    told = study(
        TIMED + BEST + 'at = "hct"\npick = "on_or_before"\nwithin_days = 30\n',
        assessments="patient_id|what|value|when\n1|response|PR|80 days\n1|response|CR|40 days\n"
        "1|response|CR|101 days",
        **TABLES,
    )
    assert told.column("best") == {"1": "PR"}
    assert told.decided_by("best") == [("1", "assessments", 2)]
