"""A mapping, verb by verb: a sheet as it came, what the mapping says of it, the chart's rows."""

from __future__ import annotations

import pytest

from mapped_study import Mapped, write_mapping


@pytest.fixture
def maps(tmp_path):
    def make(sheet: str, mapping: str, **more: str) -> Mapped:
        return Mapped(write_mapping(tmp_path / "study", mapping, sheet=sheet, **more))

    return make


def test_columns_are_taken_and_constants_added(maps):
    told = maps(
        """
        id | centre
        01 | North
        02 | South
        """,
        """
        [[rows]]
        table = "patients"
        source = "sheet"
        columns.site = { from = "centre" }

        [[rows]]
        table = "diagnoses"
        source = "sheet"
        columns.disease = { value = "AML" }
        columns.when = { value = "0 days" }
        """,
    )
    assert told.rows("patients", "patient_id", "site") == [("01", "North"), ("02", "South")]
    assert told.rows("diagnoses", "patient_id", "disease", "when") == [
        ("01", "AML", "0 days"),
        ("02", "AML", "0 days"),
    ]
    assert told.codes == set()


def test_codes_are_matched_as_they_stand_and_missing_words_are_missing(maps):
    told = maps(
        """
        id | centre | gender
        1  | North  | F
        2  | North  | f
        3  | North  | N/A
        4  | North  | M
        """,
        """
        [codes.sex]
        F = "female"
        M = "male"

        [[rows]]
        table = "patients"
        source = "sheet"
        columns.site = { from = "centre" }
        columns.sex = { from = "gender", codes = "sex" }
        """,
    )
    assert told.rows("patients", "sex") == [("female",), (None,), (None,), ("male",)]
    finding = told.one("mapping-code-unknown")
    assert finding.place == "sheet.csv, row 3, column C (gender)"
    assert (finding.value, finding.patient_id) == ("f", "2")
    assert finding.message == "the text is not in the code list"
    assert finding.remedy == (
        "Did you mean 'F'? Correct it, or add it to the code list in mapping.toml."
    )


def test_text_that_the_code_list_does_not_have_may_be_kept(maps):
    told = maps(
        """
        id | status
        1  | pos
        2  | trace
        """,
        """
        [[rows]]
        table = "assessments"
        source = "sheet"
        columns.what = { value = "MRD" }
        columns.value = { from = "status", codes = { pos = "positive" }, others = "keep" }
        """,
    )
    assert told.rows("assessments", "value") == [("positive",), ("trace",)]


def test_dates_are_read_by_the_declared_form_only(maps):
    told = maps(
        """
        id | seen
        1  | 03/04/2021
        2  | 2021-05-01
        3  | Mar 2019
        4  | 2019
        5  | 31/02/2019
        """,
        """
        [[rows]]
        table = "events"
        source = "sheet"
        columns.what = { value = "relapse" }
        columns.when = { from = "seen", dates = ["DD/MM/YYYY", "Mon YYYY"] }
        """,
    )
    assert told.rows("events", "when") == [
        ("2021-04-03",),
        ("2021-05-01",),
        ("2019-03",),
        ("2019",),
        (None,),
    ]
    finding = told.one("mapping-date-unreadable")
    assert finding.place == "sheet.csv, row 6, column B (seen)"
    assert finding.message == "there is no such date in the form DD/MM/YYYY or Mon YYYY"


def test_the_order_of_day_and_month_is_never_guessed(maps):
    told = maps(
        """
        id | seen
        1  | 03/04/2021
        2  | 23/04/2021
        """,
        """
        [[rows]]
        table = "events"
        source = "sheet"
        columns.what = { value = "relapse" }
        columns.when = { from = "seen" }
        """,
    )
    assert told.rows("events", "when") == [(None,), (None,)]
    first, second = told.found("mapping-date-order")
    assert first.message == ("nothing says whether the day or the month comes first in this date")
    assert 'dates = "DD/MM/YYYY"' in first.remedy
    assert second.row == 3


def test_two_forms_that_contradict_each_other_are_a_finding(maps):
    told = maps(
        """
        id | seen
        1  | 03/04/2021
        2  | 23/04/2021
        """,
        """
        [[rows]]
        table = "events"
        source = "sheet"
        columns.what = { value = "relapse" }
        columns.when = { from = "seen", dates = ["DD/MM/YYYY", "MM/DD/YYYY"] }
        """,
    )
    assert told.rows("events", "when") == [(None,), ("2021-04-23",)]
    assert told.one("mapping-date-ambiguous").row == 2


def test_two_digit_years_need_a_first_year(maps):
    sheet = """
        id | seen
        1  | 3.5.18
        2  | 3.5.51
        """
    mapping = """
        [[rows]]
        table = "events"
        source = "sheet"
        columns.what = { value = "relapse" }
        columns.when = { from = "seen", dates = "D.M.YY" }
        """
    assert len(maps(sheet, mapping).found("mapping-date-century")) == 2
    told = maps(sheet, mapping.replace('"D.M.YY"', '"D.M.YY", first_year = 1950'))
    assert told.rows("events", "when") == [("2018-05-03",), ("1951-05-03",)]


def test_a_date_in_parts_keeps_how_much_is_known(maps):
    told = maps(
        """
        id | y    | m   | d
        1  | 2019 | 3   | 14
        2  | 2019 | Mar |
        3  | 2019 | ?   | ?
        4  |      |     |
        5  | 2019 |     | 14
        """,
        """
        [[rows]]
        table = "events"
        source = "sheet"
        columns.what = { value = "relapse" }
        columns.when = { parts = { year = "y", month = "m", day = "d" } }
        """,
    )
    assert told.rows("events", "patient_id", "when") == [
        ("1", "2019-03-14"),
        ("2", "2019-03"),
        ("3", "2019"),
        ("5", None),
    ]
    finding = told.one("mapping-date-unreadable")
    assert finding.place == "sheet.csv, row 6, column B, C, D (y, m, d)"
    assert finding.message == "a day stands without a month"


def test_bare_numbers_of_time_get_their_unit(maps):
    told = maps(
        """
        id | on drug | before
        1  | 53      | 5.4
        2  | >90 mo  | >15.7
        3  | 1-9     | 0.6
        4  | 2 years | ?
        5  | long    | 1
        """,
        """
        [[rows]]
        table = "exposures"
        source = "sheet"
        columns.drug = { value = "lenalidomide" }
        columns.duration = { from = "on drug", time = "months" }

        [[rows]]
        table = "diagnoses"
        source = "sheet"
        columns.disease = { value = "myeloma" }
        columns.when = { from = "before", time = "years", before = true }
        """,
    )
    assert told.rows("exposures", "duration") == [
        ("53 months",),
        (">90 months",),
        ("1-9 months",),
        ("2 years",),
        (None,),
    ]
    assert told.rows("diagnoses", "when") == [
        ("-5.4 years",),
        ("< -15.7 years",),
        ("-0.6 years",),
        ("-1 years",),
    ]
    assert told.one("mapping-time-unreadable").message == (
        "'duration' is declared to be in months, and this is no number of them"
    )


def test_units_are_converted_and_impossible_numbers_refused(maps):
    told = maps(
        """
        id | wbc    | hb
        1  | 4200   | 12.1
        2  | >100000 | 130
        3  | 3.1    |
        """,
        """
        [[rows]]
        table = "measurements"
        source = "sheet"
        columns.name = { value = "WBC" }
        columns.value = { from = "wbc", unit = "/uL", to = "10^9/L" }
        columns.unit = { value = "10^9/L" }

        [[rows]]
        table = "measurements"
        source = "sheet"
        columns.name = { value = "hemoglobin" }
        columns.value = { from = "hb", unit = "g/dL", to = "g/L" }
        """,
    )
    assert told.rows("measurements", "patient_id", "name", "value") == [
        ("1", "WBC", "4.2"),
        ("1", "hemoglobin", "121"),
        ("2", "WBC", ">100"),
        ("2", "hemoglobin", None),
        ("3", "WBC", "0.0031"),
    ]
    finding = told.one("mapping-unit-impossible")
    assert finding.place == "sheet.csv, row 3, column C (hb)"
    assert finding.message == ("hemoglobin cannot have this value in g/dL (by the table units-1)")
    assert finding.remedy == (
        "It could be true in g/L. Correct the number, or the unit in mapping.toml."
    )


def test_the_unit_may_stand_in_a_column_of_its_own(maps):
    told = maps(
        """
        id | hb  | unit
        1  | 12  | g/dL
        2  | 120 | g/L
        3  | 12  | g/l.
        4  | 12  |
        """,
        """
        [[rows]]
        table = "measurements"
        source = "sheet"
        columns.name = { value = "hemoglobin" }
        columns.value = { from = "hb", unit_column = "unit", to = "g/dL" }
        """,
    )
    assert told.rows("measurements", "value") == [("12",), ("12",), (None,), (None,)]
    unknown, blank = told.found("mapping-unit-unknown")
    assert unknown.message == "the unit is not known"
    assert blank.message == "the number has no unit beside it"


def test_yes_and_no_in_declared_words(maps):
    told = maps(
        """
        id | selected
        1  | x
        2  | 0
        3  | maybe
        """,
        """
        [[rows]]
        table = "transplants"
        source = "sheet"
        columns.type = { value = "allogeneic" }
        columns.indication = { value = "AML" }
        columns.cd34_selection = { from = "selected", yes = "x", no = "0" }
        """,
    )
    assert told.rows("transplants", "cd34_selection") == [("yes",), ("no",), (None,)]
    assert told.one("mapping-yes-no-unknown").remedy == (
        "Known here: 0, x. Correct it, or add it to `yes` or `no` in mapping.toml."
    )


def test_a_yes_or_no_column_decides_whether_there_is_a_row(maps):
    told = maps(
        """
        id | relapsed | when
        1  | Y        | 2020-01-01
        2  | N        |
        3  |          |
        4  | perhaps  |
        5  | N        | 2020-02-02
        6  | Y        |
        """,
        """
        [[rows]]
        table = "events"
        source = "sheet"
        holds = { from = "relapsed", yes = "Y", no = "N" }
        columns.what = { value = "relapse" }
        columns.when = { from = "when" }

        [[rows]]
        table = "diagnoses"
        source = "sheet"
        columns.disease = { value = "AML" }
        """,
    )
    assert told.rows("events", "patient_id", "when") == [("1", "2020-01-01"), ("6", None)]
    assert told.one("mapping-yes-no-unknown").place == "sheet.csv, row 5, column B (relapsed)"
    lost = told.one("mapping-cell-not-used")
    assert (lost.place, lost.severity) == ("sheet.csv, row 6, column C (when)", "warning")
    assert lost.message == (
        "the cell is filled, and no row of 'events' is made of it because of B (relapsed)"
    )


def test_a_blank_cell_may_have_a_declared_meaning(maps):
    told = maps(
        """
        id | dead? | last
        1  | yes   | 2020-01-01
        2  |       | 2021-01-01
        """,
        """
        [[rows]]
        table = "followup"
        source = "sheet"
        columns.last_contact = { from = "last" }
        columns.vital_status = { from = "dead?", codes = { yes = "dead" }, blank = "alive" }
        """,
    )
    assert told.rows("followup", "vital_status") == [("dead",), ("alive",)]


def test_a_cell_with_several_values_becomes_rows(maps):
    told = maps(
        """
        id | consolidation
        1  | HiDAC; HiDAC ; allo
        2  | HiDAC;
        3  |
        """,
        """
        [[rows]]
        table = "treatments"
        source = "sheet"
        columns.regimen = { from = "consolidation", split = ";" }
        columns.line = { position = 2 }
        """,
    )
    assert told.rows("treatments", "patient_id", "regimen", "line", "row") == [
        ("1", "HiDAC", "2", 2),
        ("1", "HiDAC", "3", 3),
        ("1", "allo", "4", 4),
        ("2", "HiDAC", "2", 5),
    ]
    assert told.chart.place("treatments", 4, "regimen") == (
        "sheet.csv, row 2, column B (consolidation)"
    )


def test_repeated_columns_become_rows(maps):
    told = maps(
        """
        id | relapse1_date | relapse1_site | relapse2_date | relapse2_site
        1  | 2020-01-01    | marrow        | 2021-01-01    | CNS
        2  | 2020-03-01    | marrow        |               |
        """,
        """
        [[rows]]
        table = "events"
        source = "sheet"
        repeat = ["1", "2"]
        columns.what = { value = "relapse" }
        columns.when = { from = "relapse{n}_date" }
        columns.note = { from = "relapse{n}_site" }
        """,
    )
    assert told.rows("events", "patient_id", "when", "note") == [
        ("1", "2020-01-01", "marrow"),
        ("1", "2021-01-01", "CNS"),
        ("2", "2020-03-01", "marrow"),
    ]
    assert told.chart.place("events", 3, "when") == "sheet.csv, row 2, column D (relapse2_date)"


def test_rows_only_where_a_condition_holds(maps):
    told = maps(
        """
        id | arm | dose given
        1  | A   | 10
        2  | B   | 20
        3  |     | 30
        """,
        """
        [[rows]]
        table = "exposures"
        source = "sheet"
        where = "arm = 'A' AND \\"dose given\\" <> ''"
        columns.drug = { value = "cytarabine" }
        columns.dose = { from = "dose given" }
        """,
    )
    assert told.rows("exposures", "patient_id", "dose") == [("1", "10")]
    finding = told.one("mapping-rows-not-used")
    assert finding.message == (
        "nothing is made of rows 3 to 4: no rows of the mapping apply to them"
    )


def test_equal_rows_of_a_patient_may_be_one(maps):
    told = maps(
        """
        id | centre | visit
        1  | North  | 2020-01-01
        1  | North  | 2020-02-01
        2  | South  | 2020-01-05
        """,
        """
        [[rows]]
        table = "patients"
        source = "sheet"
        once = true
        columns.site = { from = "centre" }

        [[rows]]
        table = "events"
        source = "sheet"
        columns.what = { value = "visit" }
        columns.when = { from = "visit" }
        """,
    )
    assert told.rows("patients", "patient_id", "site") == [("1", "North"), ("2", "South")]
    assert len(told.rows("events", "when")) == 3


def test_two_sheets_make_one_row_of_a_patient(maps):
    told = maps(
        """
        id | centre | gender
        1  | North  | female
        2  | South  | male
        """,
        """
        [sources.sheet]
        file = "sheet.csv"
        patient_id = "id"

        [sources.birth]
        file = "birth.csv"
        patient_id = "MRN"
        link = { source = "sheet", column = "MRN" }

        [[rows]]
        table = "patients"
        source = "sheet"
        columns.site = { from = "centre" }
        columns.sex = { from = "gender" }

        [[rows]]
        table = "patients"
        source = "birth"
        columns.birth = { from = "born" }
        columns.sex = { from = "sex" }
        """,
        birth="""
        MRN | born       | sex
        B   | 1950-01-01 | male
        A   | 1960-01-01 | male
        """,
    )
    assert told.found("mapping-unknown-column")
    told = maps(
        """
        id | MRN | centre | gender
        1  | A   | North  | female
        2  | B   | South  | male
        """,
        """
        [sources.sheet]
        file = "sheet.csv"
        patient_id = "id"

        [sources.birth]
        file = "birth.csv"
        patient_id = "MRN"
        link = { source = "sheet", column = "MRN" }

        [[rows]]
        table = "patients"
        source = "sheet"
        columns.site = { from = "centre" }
        columns.sex = { from = "gender" }

        [[rows]]
        table = "patients"
        source = "birth"
        columns.birth = { from = "born" }
        columns.sex = { from = "sex" }
        """,
        birth="""
        MRN | born       | sex
        B   | 1950-01-01 | male
        A   | 1960-01-01 | male
        C   | 1961-01-01 | male
        """,
    )
    assert told.rows("patients", "patient_id", "site", "birth") == [
        ("1", "North", "1960-01-01"),
        ("2", "South", "1950-01-01"),
    ]
    assert told.chart.place("patients", 2, "birth") == "birth.csv, row 3, column B (born)"
    assert told.chart.place("patients", 2, "site") == "sheet.csv, row 2, column C (centre)"
    places = {f.place for f in told.found("mapping-values-differ")}
    assert places == {"sheet.csv, row 2, column D (gender)", "birth.csv, row 3, column C (sex)"}
    assert told.one("mapping-patient-not-linked").row == 4


def test_a_column_without_a_name_is_called_by_its_letter(maps):
    told = maps(
        """
        id | centre
        1  | North
        """,
        """
        [[rows]]
        table = "patients"
        source = "sheet"
        columns.site = { from = "[B]" }
        """,
    )
    assert told.rows("patients", "site") == [("North",)]
