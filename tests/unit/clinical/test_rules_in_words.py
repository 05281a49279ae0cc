"""The Methods name the criteria, the numbers that a study changed, and what was assumed."""

from __future__ import annotations

from sequela.clinical.rules_in_words import disease_rules_in_words
from sequela.compose import Material, compose_report
from sequela.pipeline import estimate_study

TOML = """
[moments.therapy]
table = "treatments"
column = "start"

[moments.remission]
derive = "response"
criteria = "eln-2024-all"
start = "therapy"

[moments.relapse]
derive = "relapse"
kind = "any"
criteria = "eln-2024-all"
after = "remission"

[moments.second]
derive = "second_cancer"

[columns.response]
derive = "response"
source = "computed"
criteria = "geyer-2023"
start = "therapy"
thresholds = { platelets = 75 }
"""


def told(study):
    return study(
        TOML,
        treatments="patient_id|regimen|start\n1|induction|1 days",
        measurements="patient_id|name|value|unit|when\n1|marrow blasts|60|%|0 days",
    ).loaded


def test_every_rule_that_is_used_has_its_paragraph(study):
    loaded = told(study)
    said = disease_rules_in_words(loaded.study.columns, loaded.study.moments)
    assert len(said) == 6
    assert "criteria geyer-2023-2" in said[0]
    assert "This study changed numbers of the criteria: platelets 75 for 100." in said[0]
    assert "The Methods were not" in said[0]
    assert "Taken as met where the chart has no row: cellularity of the marrow;" in said[0]
    assert "criteria eln-2024-all-1" in said[1] and "changed" not in said[1]
    assert "rule mrd-3" in said[2] and "0.01 %" in said[2]
    assert said[3] == (
        "The moment relapse (rule relapse-2) is a relapse (any) found after remission, in the "
        "marrow more than 5 % blasts (eln-2024-all-1), blasts in one sample of blood, in the "
        "cerebrospinal fluid CNS3, charted or by its counts; the last examination of its kind "
        "without it is kept beside it."
    )
    assert "second primary cancer (any; rule second-cancer-2)" in said[4]
    assert said[5].startswith("CNS status (rule cns-2)")


def test_they_stand_in_the_methods_of_the_report(study):
    loaded = told(study)
    rows = estimate_study(loaded)
    material = Material(loaded.study, loaded.context, rows, {}, {}, loaded.findings, [])
    report = compose_report(material, aggregate=True)
    text = str(report.document)
    assert "criteria geyer-2023-2" in text and "platelets 75 for 100" in text


def test_a_study_without_such_rules_says_nothing_of_them(example):
    study = example.loaded.study
    assert disease_rules_in_words(study.columns, study.moments) == ()


def test_refractory_disease_is_said_with_the_numbers_of_the_study(study):
    toml = (
        '[columns.r]\nderive = "line_responses"\ncriteria = "eln-2022-aml"\n'
        'measure = "refractory"\nthresholds = { induction_death_days = 30 }\n'
        '[columns.one]\nderive = "line_responses"\ncriteria = "imwg-serological"\n'
        'measure = "refractory"\nlines = 1\n'
    )
    loaded = study(
        toml,
        treatments="patient_id|regimen|start|intent\n1|7+3|1 days|induction",
        measurements="patient_id|name|value|unit|when\n1|marrow blasts|60|%|0 days",
    ).loaded
    said = disease_rules_in_words(loaded.study.columns, loaded.study.moments)
    assert "This study changed numbers of the criteria: induction death days 30." in said[0]
    assert said[2].startswith(
        "A disease is refractory (rule refractory-2) after 2 courses for induction or salvage "
        "without a remission, or by day 180 of less intensive therapy (ELN 2022: "
    )
    assert said[3] == (
        "A disease is refractory (rule refractory-2) after one course for induction or salvage "
        "without any response. A course that was not judged leaves it open."
    )
