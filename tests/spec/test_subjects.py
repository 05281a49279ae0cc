"""Subjects: conditions with three answers, sets, and the count of whoever has no value."""

from __future__ import annotations

import pytest

from sequela.clinical.definition import ConditionError
from small_study import row_of

STUDY = """
[columns.site]
derive = "look_up"
table = "patients"
column = "site"

[columns.mrd]
derive = "response"
criteria = "x"
what = "MRD"
applies_to = "site <> 'C'"

[columns.negative]
derive = "condition"
where = "mrd = 'negative'"

[sets.negative]
where = "negative"
label = "MRD negative"

[sets.not_negative]
where = "NOT negative"

[[exhibit]]
id = "mrd"
kind = "proportions"
title = "MRD"
rows = [{ column = "mrd", level = "negative" }, { column = "negative" }]

[[exhibit]]
id = "t"
kind = "table1"
title = "T"
by = "site"
rows = [{ column = "mrd" }]
"""
CHART = {
    "patients": "patient_id|site\n1|A\n2|A\n3|A\n4|B\n5|C\n6|B",
    "assessments": """
    patient_id | what | value
    1          | MRD  | negative
    2          | MRD  | positive
    3          | MRD  | NE
    5          | MRD  | negative
    6          | MRD  | negative
    """,
}


@pytest.fixture
def told(study):
    return study(STUDY, **CHART)


def test_every_null_has_its_reason(told):
    assert told.why("mrd") == {
        "1": None,
        "2": None,
        "3": "not_evaluable",
        "4": "missing",
        "5": "not_applicable",
        "6": None,
    }


def test_a_condition_has_three_answers(told):
    subjects = told.loaded.clinical.subjects
    assert subjects.condition("mrd = 'negative'").to_list() == [True, False, None, None, None, True]
    assert subjects.condition("NOT mrd = 'negative'").to_list() == [
        False,
        True,
        None,
        None,
        None,
        False,
    ]
    # false whatever the unknown is, and true whatever it is
    assert subjects.condition("mrd = 'negative' AND site = 'Z'").to_list() == [False] * 6
    assert subjects.condition("mrd = 'negative' OR site <> 'Z'").to_list() == [True] * 6


def test_the_reason_of_an_unknown_condition_is_its_columns(told):
    assert told.loaded.clinical.subjects.reason("mrd = 'negative'").to_list() == [
        None,
        None,
        "not_evaluable",
        "missing",
        "not_applicable",
        None,
    ]


def test_of_whom_membership_is_unknown_is_in_neither_set(told):
    subjects = told.loaded.clinical.subjects
    assert subjects.within("negative")["patient_id"].to_list() == ["1", "6"]
    assert subjects.within("not_negative")["patient_id"].to_list() == ["2"]
    assert subjects.within("all").height == 6


def test_the_denominator_is_whoever_could_be_judged(told):
    for variable, level in (("mrd", "negative"), ("negative", "yes")):
        row = row_of(told.rows, "count", variable, exhibit="mrd", level=level)
        assert (row.value, row.n) == (2, 3)
        assert (row.n_missing, row.n_not_evaluable, row.n_not_applicable) == (1, 1, 1)
    assert row_of(told.rows, "proportion", "mrd", exhibit="mrd").value == pytest.approx(2 / 3)


def test_a_group_of_whom_nobody_could_be_judged_keeps_its_size(told):
    row = row_of(told.rows, "count", "mrd", group="site=C", level="negative")
    assert (row.value, row.n, row.n_not_applicable, row.size) == (0, 0, 1, 1)
    row = row_of(told.rows, "percent", "mrd", group="site=C", level="negative")
    assert (row.value, row.state) == (None, "not_estimable")


def test_leaving_patients_out_leaves_the_rest_as_it_was(told):
    subjects = told.loaded.clinical.subjects
    rest = subjects.without(frozenset({"1", "5"}))
    assert rest.frame["patient_id"].to_list() == ["2", "3", "4", "6"]
    assert rest.within("negative")["patient_id"].to_list() == ["6"]
    assert subjects.frame.height == 6


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("site = ", "cannot be read"),
        ("sight = 'A'", "names 'sight', which does not exist here"),
        ("site > 3", "cannot be evaluated"),
        ("site", "gives no yes or no"),
    ],
)
def test_what_is_no_condition(told, sql, says):
    with pytest.raises(ConditionError, match=says):
        told.loaded.clinical.subjects.condition(sql)
