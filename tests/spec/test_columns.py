"""Every derivation of a column: a small chart in, one value a patient out.

A null has its reason beside it: missing, not_evaluable, not_applicable, no common clock. A
number that is an interval is null with the reason `interval`, and its ends are kept.
"""

from __future__ import annotations

import pytest

DIAGNOSIS = '[moments.diagnosis]\ntable = "diagnoses"\nwhere = "role = \'second\'"\n'
FIRST = '[moments.first]\ntable = "diagnoses"\nwhere = "role = \'first\'"\n'


# look_up -----------------------------------------------------------------------------------


def test_look_up_takes_the_first_or_last_row_by_time(study):
    told = study(
        """
        [columns.first]
        derive = "look_up"
        table = "assessments"
        column = "value"
        where = "what = 'response'"

        [columns.last]
        derive = "look_up"
        table = "assessments"
        column = "value"
        where = "what = 'response'"
        pick = "last"
        """,
        assessments="""
        patient_id | what     | value | when
        1          | response | CR    | 90 days
        1          | response | no CR | 30 days
        1          | response | PR    |
        1          | MRD      | x     | 1 days
        2          | response | PR    |
        2          | response | CR    |
        """,
    )
    # what has no time stands last; among such rows the place in the file decides
    assert told.column("first") == {"1": "no CR", "2": "PR"}
    assert told.column("last") == {"1": "CR", "2": "CR"}
    assert told.decided_by("first") == [("1", "assessments", 3), ("2", "assessments", 6)]


def test_look_up_says_why_there_is_nothing(study):
    told = study(
        """
        [columns.cause]
        derive = "look_up"
        table = "events"
        column = "cause"

        [columns.cause_if_any]
        derive = "look_up"
        table = "events"
        column = "cause"
        absent = "not_applicable"
        """,
        patients="patient_id|site\n1|A\n2|A",
        events="patient_id|what|cause\n1|fall|",
    )
    assert told.column("cause") == {"1": None, "2": None}
    assert told.why("cause") == {"1": "missing", "2": "missing"}
    assert told.why("cause_if_any") == {"1": "not_applicable", "2": "not_applicable"}
    assert told.decided_by("cause") == []


def test_look_up_of_a_number_keeps_bounds_and_intervals(study):
    told = study(
        '[columns.wbc]\nderive = "look_up"\ntable = "measurements"\ncolumn = "value"',
        measurements="patient_id|name|value\n1|WBC|84.9\n2|WBC|>120\n3|WBC|10-15",
    )
    assert told.column("wbc") == {"1": 84.9, "2": None, "3": None}
    assert told.why("wbc") == {"1": None, "2": "interval", "3": "interval"}
    assert told.ends("wbc") == {"1": (84.9, 84.9), "2": (120, float("inf")), "3": (10, 15)}


def test_rows_on_clocks_that_nothing_links_have_no_first(study):
    told = study(
        '[columns.wbc]\nderive = "look_up"\ntable = "measurements"\ncolumn = "value"',
        measurements="""
        patient_id | name | value | when       | clock
        1          | WBC  | 1     | 3 days     | first marrow
        1          | WBC  | 2     | 2019-03-14 |
        2          | WBC  | 1     | 3 days     | first marrow
        2          | WBC  | 2     |            | another
        """,
    )
    assert told.column("wbc") == {"1": None, "2": 1}
    assert told.why("wbc") == {"1": "no common clock", "2": None}


# list, present -----------------------------------------------------------------------------


def test_list_joins_all_values_in_the_charts_order(study):
    told = study(
        '[columns.drugs]\nderive = "list"\ntable = "exposures"\ncolumn = "drug"\nseparator = " + "',
        patients="patient_id|site\n1|A\n2|A",
        exposures="patient_id|drug|start\n1|L|9 days\n1|D|3 days",
    )
    assert told.column("drugs") == {"1": "L + D", "2": None}
    assert told.why("drugs") == {"1": None, "2": "missing"}


def test_list_may_be_judged_where_there_is_no_row(study):
    told = study(
        """
        [columns.drugs]
        derive = "list"
        table = "exposures"
        column = "drug"
        judged = "consolidation"
        """,
        patients="""
        patient_id | site
        1          | A
        2          | A
        3          | A
        4          | A
        """,
        followup="""
        patient_id | last_contact | vital_status
        1          | 9 days       | alive
        2          | 9 days       | alive
        3          | 9 days       | alive
        4          | 9 days       | alive
        """,
        exposures="""
        patient_id | drug
        1          | rituximab
        """,
        assessments="""
        patient_id | what          | value
        1          | consolidation | NE
        2          | consolidation | none
        3          | consolidation | NE
        """,
    )
    # what was given counts before what was judged; of patient 4 the chart says nothing
    assert told.column("drugs") == {"1": "rituximab", "2": "none", "3": None, "4": None}
    assert told.why("drugs") == {"1": None, "2": None, "3": "not_evaluable", "4": "missing"}
    assert told.decided_by("drugs")[1] == ("2", "assessments", 3)


def test_present_is_no_for_whoever_has_no_such_row(study):
    told = study(
        '[columns.treated]\nderive = "present"\ntable = "treatments"\n'
        "where = \"intent = 'induction'\"",
        patients="patient_id|site\n1|A\n2|A\n3|A",
        treatments="patient_id|regimen|intent\n1|POMP|induction\n2|POMP|salvage",
    )
    assert told.column("treated") == {"1": True, "2": False, "3": False}
    assert told.decided_by("treated") == [("1", "treatments", 2)]


def test_nobody_is_untreated_for_want_of_a_table(study):
    told = study('[columns.treated]\nderive = "present"\ntable = "treatments"')
    assert told.column("treated") == {"1": None}
    assert told.why("treated") == {"1": "missing"}
    (finding,) = told.findings
    assert (finding.code, finding.place) == (
        "table-absent",
        "study.toml, column columns.treated.table",
    )
    assert finding.message == "it reads treatments.csv, which the study does not have"


# recode ------------------------------------------------------------------------------------


def test_recode_groups_values_and_reports_those_without_a_code(study):
    told = study(
        """
        [columns.donor]
        derive = "look_up"
        table = "transplants"
        column = "donor"

        [columns.match]
        derive = "recode"
        from = "donor"
        codes = { "matched related" = "matched", "matched unrelated" = "matched" }
        """,
        transplants="""
        patient_id | type       | indication | donor
        1          | allogeneic | AML        | matched related
        2          | allogeneic | AML        | haploidentical
        3          | allogeneic | AML        |
        """,
    )
    assert told.column("match") == {"1": "matched", "2": None, "3": None}
    assert told.why("match") == {"1": None, "2": "missing", "3": "missing"}
    (finding,) = (f for f in told.findings if f.severity == "warning")
    assert (finding.code, finding.severity, finding.value) == (
        "value-without-code",
        "warning",
        "haploidentical",
    )
    assert finding.place == "study.toml, column columns.match.codes"


# age ---------------------------------------------------------------------------------------


AGE = '[columns.age]\nderive = "age"\nat = "diagnosis"\n' + DIAGNOSIS


def test_age_counts_birthdays(study):
    told = study(
        AGE,
        patients="patient_id|site|birth\n1|A|1953-03-01\n2|A|1953-03-02\n3|A|1953",
        diagnoses="patient_id|disease|role|when\n1|x|second|2018-03-01\n2|x|second|2018-03-01\n"
        "3|x|second|2018-03-01",
        followup="patient_id|last_contact|vital_status\n1|2019|alive\n2|2019|alive\n3|2019|alive",
    )
    assert told.column("age") == {"1": 65, "2": 64, "3": None}
    # born on some day of 1953: the birthday may or may not have been
    assert told.ends("age")["3"] == (64, 65)


def test_age_as_given_holds_at_its_moment(study):
    told = study(
        AGE,
        patients="patient_id|site|age\n1|A|66\n2|A|\n3|A|66",
        diagnoses="patient_id|disease|role|when\n1|x|second|0 days\n2|x|second|0 days\n"
        "3|x|first|0 days",
    )
    assert told.column("age") == {"1": 66, "2": None, "3": None}
    assert told.why("age") == {"1": None, "2": "missing", "3": "missing"}


def test_age_at_another_moment_is_an_interval(study):
    # 66 completed years: between 66 and 67. 5.4 years before, give or take 0.05: between 60.55
    # and 61.65, so 60 or 61 completed years.
    told = study(
        AGE.replace('at = "diagnosis"', 'at = "first"') + FIRST,
        patients="patient_id|site|age\n1|A|66\n2|A|66",
        diagnoses="patient_id|disease|role|when\n1|x|first|-5.4 years\n2|x|first|2013-01-01",
    )
    assert told.ends("age")["1"] == (60, 61)
    assert told.why("age") == {"1": "interval", "2": "no common clock"}


# interval ----------------------------------------------------------------------------------


def test_interval_is_exact_on_one_clock_and_unknown_across(study):
    told = study(
        FIRST
        + DIAGNOSIS
        + '[columns.years]\nderive = "interval"\nfrom = "first"\nto = "diagnosis"\nunit = "years"',
        diagnoses="""
        patient_id | disease | role   | when
        1          | MM      | first  | -5.4 years
        1          | ALL     | second | 0 days
        2          | MM      | first  | 2010-01-01
        2          | ALL     | second | 0 days
        3          | ALL     | second | 0 days
        4          | MM      | first  | 2010
        4          | ALL     | second | 2012-01-01
        """,
    )
    assert told.column("years") == {"1": pytest.approx(5.4), "2": None, "3": None, "4": None}
    assert told.why("years") == {
        "1": None,
        "2": "no common clock",
        "3": "missing",
        "4": "interval",
    }
    # from the last and from the first day of 2010
    assert told.ends("years")["4"] == pytest.approx((366 / 365.25, 730 / 365.25))


# condition, applies_to ---------------------------------------------------------------------


RESPONSE = '[columns.response]\nderive = "response"\ncriteria = "x"\nabsent = "not_applicable"\n'


def test_a_condition_on_what_is_not_known_is_neither_true_nor_false(study):
    told = study(
        RESPONSE
        + """
        [columns.remission]
        derive = "condition"
        where = "response = 'CR'"

        [columns.remission_else_no]
        derive = "condition"
        where = "response = 'CR'"
        unknown_counts_as = false
        """,
        patients="patient_id|site\n1|A\n2|A\n3|A\n4|A",
        assessments="patient_id|what|value\n1|response|CR\n2|response|no CR\n3|response|NE",
    )
    assert told.column("remission") == {"1": True, "2": False, "3": None, "4": None}
    assert told.why("remission") == {
        "1": None,
        "2": None,
        "3": "not_evaluable",
        "4": "not_applicable",
    }
    assert told.column("remission_else_no") == {"1": True, "2": False, "3": False, "4": False}


def test_where_a_column_does_not_apply_it_has_no_value(study):
    told = study(
        """
        [columns.treated]
        derive = "present"
        table = "treatments"

        [columns.regimen]
        derive = "look_up"
        table = "treatments"
        column = "regimen"
        applies_to = "treated"

        [columns.sex]
        derive = "look_up"
        table = "patients"
        column = "sex"

        [columns.men_only]
        derive = "look_up"
        table = "patients"
        column = "site"
        applies_to = "sex = 'male'"
        """,
        patients="patient_id|site|sex\n1|A|male\n2|A|female\n3|A|",
        treatments="patient_id|regimen\n1|POMP",
    )
    assert told.why("regimen") == {"1": None, "2": "not_applicable", "3": "not_applicable"}
    # whoever may or may not be concerned does not count as concerned
    assert told.column("men_only") == {"1": "A", "2": None, "3": None}
    assert told.why("men_only") == {"1": None, "2": "not_applicable", "3": "not_applicable"}


# levels ------------------------------------------------------------------------------------


def test_levels_stand_in_the_order_given_and_those_met_besides_follow(study):
    told = study(
        '[columns.site]\nderive = "look_up"\ntable = "patients"\ncolumn = "site"\n'
        'levels = ["C", "B"]',
        patients="patient_id|site\n1|A\n2|B",
    )
    assert told.info("site").levels == ("C", "B", "A")
