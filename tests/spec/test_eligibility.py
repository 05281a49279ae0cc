"""Who is eligible: criteria in order, who leaves at which, of whom it is not known."""

from __future__ import annotations

import pytest

from sequela.exhibits.context import Rows
from sequela.exhibits.kinds import sentences, show
from sequela.membership import patients_of
from sequela.pipeline import check_study
from small_study import row_of

STUDY = """
[moments.diagnosis]
table = "diagnoses"

[moments.death]
table = "followup"
where = "vital_status = 'dead'"

[moments.last_contact]
table = "followup"

[columns.age]
derive = "age"
at = "diagnosis"

[columns.site]
derive = "look_up"
table = "patients"
column = "site"

[[eligibility]]
label = "Adult"
where = "age >= 18"
exclude = true

[[eligibility]]
label = "Followed for 30 days or dead"
where = "os_event OR os >= 30"
exclude = true

[endpoints.os]
template = "os"

[sets.a]
where = "site = 'A'"

[[exhibit]]
id = "flow"
kind = "flow"
title = "Patients"
sets = ["a"]
"""
PATIENTS = """
patient_id | site | age
1          | A    | 17
2          | A    | 18
3          | B    | 60
4          | B    |
5          | A    | 16
"""
FOLLOWED = """
patient_id | last_contact | vital_status
1          | 10 days      | alive
2          | 30 days      | alive
3          | 29 days      | alive
4          | 90 days      | alive
5          | 90 days      | alive
"""


@pytest.fixture
def told(study):
    def make(toml=STUDY):
        diagnosed = "\n".join(f"{p}|ALL|0 days" for p in range(1, 6))
        return study(
            toml,
            patients=PATIENTS,
            followup=FOLLOWED,
            diagnoses=f"patient_id|disease|when\n{diagnosed}",
        )

    return make


def members(answer, name):
    return answer.loaded.clinical.subjects.within(name)["patient_id"].to_list()


def test_who_does_not_satisfy_a_criterion_is_in_no_set(told):
    answer = told()
    assert members(answer, "all") == ["2", "4"]
    assert members(answer, "a") == ["2"]
    assert members(answer, "enrolled") == ["1", "2", "3", "4", "5"]


def test_a_patient_leaves_at_the_first_criterion_only(told):
    first, second = told().loaded.clinical.eligibility
    # patient 1 is too young and would also fail the second
    assert (first.entered, first.failed) == (5, ("1", "5"))
    assert (second.entered, second.failed) == (3, ("3",))


def test_of_whom_it_is_not_known_stays_and_is_counted_apart(told):
    answer = told()
    first = answer.loaded.clinical.eligibility[0]
    assert first.unknown == (("4", "missing"),)
    codes = {(f.patient_id, f.code, f.severity) for f in answer.findings}
    assert ("4", "eligibility-unknown", "warning") in codes
    assert ("1", "not-eligible", "note") in codes


def test_or_leaves_when_the_study_says_so(told):
    toml = STUDY.replace("exclude = true", 'exclude = true\nunknown = "exclude"', 1)
    answer = told(toml)
    assert members(answer, "all") == ["2"]
    assert answer.loaded.clinical.eligibility[0].left == ("1", "5", "4")


def test_the_flow_counts_who_left_at_which_step(told):
    answer = told()
    rows = answer.rows
    left = {
        level: (
            row_of(rows, "excluded", "eligibility", level=level).value,
            row_of(rows, "unknown", "eligibility", level=level).value,
        )
        for level in ("Adult", "Followed for 30 days or dead")
    }
    assert left == {"Adult": (2, 1), "Followed for 30 days or dead": (1, 0)}
    assert row_of(rows, "count", "patients", set="enrolled").value == 5
    assert row_of(rows, "count", "patients", set="all", level="").value == 2
    row = row_of(rows, "excluded", "eligibility", level="Adult")
    assert patients_of(answer.loaded.context, row)[0] == ["1", "5"]


def test_the_results_say_it_in_words_and_list_who_left(told):
    answer = told()
    context, exhibit = answer.loaded.context, answer.loaded.study.exhibit[0]
    rows = Rows(answer.rows)
    text = "".join(run.text for run in sentences(exhibit, context, rows))
    assert text.startswith(
        "5 patients were enrolled. Adult: 2 did not meet this criterion and left; of 1 it is not "
        "known, and these stayed. Followed for 30 days or dead: 1 did not meet this criterion and "
        "left. The study has 2 patients"
    )
    table = show(exhibit, context, rows)[-1].table
    assert table.patient_level
    assert [[c.text for c in line.cells] for line in table.lines] == [
        ["1", "Adult", "not satisfied: left"],
        ["5", "Adult", "not satisfied: left"],
        ["4", "Adult", "not known (missing): stayed"],
        ["3", "Followed for 30 days or dead", "not satisfied: left"],
    ]


def test_without_exclude_a_patient_who_is_not_eligible_is_an_error(told, tmp_path):
    told()
    path = tmp_path / "study" / "study.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("exclude = true\n", ""), "utf-8")
    loaded, findings = check_study(tmp_path / "study")
    assert loaded is None
    assert {f.patient_id for f in findings if f.severity == "error"} == {"1", "3", "5"}


def test_enrolled_is_no_name_for_a_set_of_the_study(told, tmp_path):
    told()
    path = tmp_path / "study" / "study.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("[sets.a]", "[sets.enrolled]"), "utf-8"
    )
    _, findings = check_study(tmp_path / "study")
    assert "study-name-twice" in {f.code for f in findings}
