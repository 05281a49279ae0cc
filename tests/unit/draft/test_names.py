"""What the name of a column says."""

import pytest

from sequela.draft.knowledge import Concept, concepts, identifier_names, plain
from sequela.draft.names import match_name, take_apart


@pytest.mark.parametrize(
    ("text", "plain_", "unit", "time", "number"),
    [
        ("MM to B-ALL (yrs)", "mm to b all", "yrs", "years", ""),
        ("WBC (10^9/L)", "wbc", "10^9/L", "", ""),
        ("relapse1_date", "relapse 1 date", "", "", "1"),
        ("Relapsed (Y/N)", "relapsed y n", "", "", ""),
        ("follow-up months", "follow up months", "", "months", ""),
        ("Pt #", "pt no", "", "", ""),
        ("Day", "day", "", "days", ""),
    ],
)
def test_a_name_taken_apart(text, plain_, unit, time, number):
    name = take_apart(text)
    assert (name.plain, name.unit, name.time, name.number) == (plain_, unit, time, number)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("dx date", "diagnoses.when"),
        ("Date of Diagnosis", "diagnoses.when"),
        ("DOB", "patients.birth"),
        ("vital status", "followup.vital_status"),
        ("last f/u", "followup.last_contact"),
        ("best response", "assessments.value"),
        ("MRD", "assessments.value"),
        ("len start", "exposures.start"),
        ("Rev duration (mo)", "exposures.duration"),
        ("relapse2_date", "events.when"),
        ("cause of death", "followup.cause_of_death"),
        ("Gender", "patients.sex"),
        ("HCT donor type", "transplants.donor"),
        ("date of lst follow up", "followup.last_contact"),
    ],
)
def test_names_that_people_use(text, place):
    best = match_name(take_apart(text))[0]
    assert f"{best.concept.table}.{best.concept.column}" == place
    assert best.confidence >= 0.6


def test_the_drug_comes_from_the_name():
    (match, *_) = match_name(take_apart("len start"))
    assert match.drug == "lenalidomide"
    assert match.reason == "it is called 'len start'"


def test_a_name_that_nobody_knows_matches_nothing():
    assert match_name(take_apart("favourite colour")) == []


def test_the_knowledge_points_to_chart_columns_that_exist():
    from sequela.chart import schema

    for concept in concepts():
        assert isinstance(concept, Concept)
        column = schema.table(concept.table).column(concept.column)
        assert column.name == concept.column
        for name in concept.constants:
            schema.table(concept.table).column(name)


def test_no_name_of_an_identifier_is_a_name_of_something_charted():
    charted = {n for c in concepts() for n in c.names}
    assert identifier_names() & charted == set()
    assert plain("Medical Record #") in {plain("medical record no")} | identifier_names()
