"""Suspicious patterns: what each sees, where it points, and what it leaves alone."""

from __future__ import annotations

import math
import random

import pytest

from charted import breaches_of, judge


@pytest.fixture
def broken(tmp_path):
    def make(code, **tables):
        return breaches_of(code, judge(tmp_path / "study", **tables))

    return make


def people(*rows):
    return "patient_id|site|sex|birth\n" + "\n".join(rows)


def test_one_person_under_two_numbers_row_23(broken):
    patients = people("1|A|male|1950-05-05", "2|A|male|1950-05-05", "3|A|female|1950-05-05")
    diagnoses = "patient_id|disease|when\n1|AML|2020-01-01\n2|AML|{}\n3|AML|2020-01-01"
    followup = "patient_id|last_contact|vital_status\n" + "\n".join(
        f"{n}|2021-01-0{n}|alive" for n in (1, 2, 3)
    )
    tables = {"patients": patients, "followup": followup}
    same = broken("person-twice", diagnoses=diagnoses.format("2020-01-01"), **tables)
    assert same == [("patients.csv, row 3, column patient_id", "2")]
    for other in ("2020-01-02", "2020-01", ""):
        assert broken("person-twice", diagnoses=diagnoses.format(other), **tables) == []


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        pytest.param("00123", "123", True, id="row 10 zeros in front"),
        pytest.param("A-7", "a7", True, id="row 10 case and mark"),
        pytest.param("A 07", "A7", True, id="row 10 blank"),
        pytest.param("123", "1230", False, id="row 10 another number"),
        pytest.param("1E5", "100000", False, id="row 10 no number is computed"),
    ],
)
def test_numbers_that_are_nearly_the_same(broken, first, second, alike):
    found = broken("numbers-alike", patients=f"patient_id|site\n{first}|A\n{second}|A")
    assert found == [("patients.csv, row 3, column patient_id", second)] * alike


def test_a_row_that_stands_twice_row_23(broken):
    events = "patient_id|what|when\n1|fall|3 days\n1|fall|4 days\n1|fall|3 days\n2|fall|3 days"
    assert broken("row-twice", events=events) == [("events.csv, row 4", "1")]


def followup_of(cells):
    rows = [f"{n:03d}|{cell}|alive" for n, cell in enumerate(cells)]
    return "patient_id|last_contact|vital_status\n" + "\n".join(rows)


def test_cells_copied_down(broken):
    cells = [f"{(17 * n) % 101 + 100} days" for n in range(40)]
    assert broken("copied-down", followup=followup_of(cells)) == []
    cells[10:16] = [cells[10]] * 6
    found = broken("copied-down", followup=followup_of(cells))
    assert [place for place, _ in found] == [
        f"followup.csv, row {n}, column last_contact" for n in range(13, 18)
    ]
    # four in a row, or a file sorted by the column, is no sign
    few = [f"{(17 * n) % 101 + 100} days" for n in range(40)]
    few[10:14] = [few[10]] * 4
    assert broken("copied-down", followup=followup_of(few)) == []
    ordered = sorted(cells, key=lambda cell: int(cell.split()[0]))
    assert broken("copied-down", followup=followup_of(ordered)) == []


def measured(values, name="hemoglobin", unit="g/dL"):
    rows = [f"{n % 30 + 1}|{name}|{value:g}|{unit}|{n} days" for n, value in enumerate(values)]
    return "patient_id|name|value|unit|when\n" + "\n".join(rows)


def normal(n, mean, sd, seed=1):
    dice = random.Random(seed)
    return [round(dice.gauss(mean, sd), 1) for _ in range(n)]


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        pytest.param(10, "10 times smaller", id="row 27 g/L for g/dL"),
        pytest.param(1000, "1000 times smaller", id="row 27 thousand"),
        pytest.param(0.1, "10 times larger", id="row 27 tenth"),
        pytest.param(0.01, "100 times larger", id="row 26 share for percent"),
    ],
)
def test_a_slip_of_units(tmp_path, factor, said):
    values = normal(60, 11, 1.5)
    found = judge(tmp_path / "study", measurements=measured(values))
    assert breaches_of("unit-slip", found) == []
    values[7] = round(12.4 * factor, 4)
    found = judge(tmp_path / "study", measurements=measured(values))
    assert breaches_of("unit-slip", found) == [("measurements.csv, row 9, column value", "8")]
    (finding,) = [f for f in found if f.code == "unit-slip"]
    assert said in finding.remedy


def test_an_outlier_that_no_slip_explains_is_left_alone(broken):
    values = normal(60, 11, 0.5)
    values[7] = 36.0  # three times as much
    assert broken("unit-slip", measurements=measured(values)) == []


def test_a_wide_measurement_hides_a_slip_of_ten(broken):
    dice = random.Random(3)
    values = [round(math.exp(dice.gauss(2, 1.5)), 2) for _ in range(100)]
    assert broken("unit-slip", measurements=measured(values, "WBC", "10^9/L")) == []


def test_two_heaps_of_one_measurement_row_27(broken):
    values = normal(40, 11, 1) + [round(v * 10, 1) for v in normal(25, 11.5, 1, seed=2)]
    assert broken("units-mixed", measurements=measured(values)) == [
        ("measurements.csv, row 42, column unit", "11")
    ]
    assert broken("units-mixed", measurements=measured(normal(65, 11, 1))) == []
    # two heaps three times apart are two kinds of patients, not two units
    other = normal(40, 11, 1) + normal(25, 33, 2)
    assert broken("units-mixed", measurements=measured(other)) == []
    # the counts of four patients that fall and recover are no two units
    rows = [f"{n % 4}|ANC|{v:.2f}|10^9/L|" for n, v in enumerate(values)]
    few = "patient_id|name|value|unit|note\n" + "\n".join(rows)
    assert broken("units-mixed", measurements=few) == []


EXPOSED = "patient_id|drug|start|stop|duration\n1|L|2020-01-01|2020-12-31|{}"


@pytest.mark.parametrize(
    ("duration", "breaks"),
    [
        pytest.param("12 days", True, id="months as days"),
        pytest.param("365 months", True, id="days as months"),
        ("12 months", False),
        ("100 days", False),  # a part of the time on the drug
        ("", False),
    ],
)
def test_months_mistaken_for_days(broken, duration, breaks):
    found = broken("months-for-days", exposures=EXPOSED.format(duration))
    assert found == [("exposures.csv, row 2, column duration", "1")] * breaks


def test_a_time_in_another_unit_than_all_others(broken):
    cells = [f"{n + 10} months" for n in range(30)]
    assert broken("time-in-another-unit", followup=followup_of(cells)) == []
    cells[5] = "24 days"
    assert broken("time-in-another-unit", followup=followup_of(cells)) == [
        ("followup.csv, row 7, column last_contact", "005")
    ]
    # a time that would be odd in months as well is what it is
    cells[5] = "3 days"
    assert broken("time-in-another-unit", followup=followup_of(cells)) == []


@pytest.mark.parametrize("code", [999, -1, -9, 9999])
def test_numbers_that_are_codes_for_missing_row_18(broken, code):
    values = normal(30, 200, 40)
    values[4] = values[11] = code
    found = broken("missing-code", measurements=measured(values, "LDH", "U/L"))
    assert [place for place, _ in found] == [
        "measurements.csv, row 6, column value",
        "measurements.csv, row 13, column value",
    ]


def test_999_among_numbers_of_its_size_is_a_number(broken):
    values = [*normal(30, 1000, 200), 999, 999]
    assert broken("missing-code", measurements=measured(values, "ferritin", "ug/L")) == []
    negative = [*normal(30, 0, 2), -1]
    assert broken("missing-code", measurements=measured(negative, "base excess", "")) == []


def test_dates_that_stand_on_the_first_of_the_month(tmp_path):
    cells = [f"2020-{n % 12 + 1:02d}-{(5 * n) % 27 + 2:02d}" for n in range(40)]
    assert breaches_of("dates-heaped", judge(tmp_path / "s", followup=followup_of(cells))) == []
    cells[:12] = [f"2020-{n % 12 + 1:02d}-01" for n in range(12)]
    found = judge(tmp_path / "s", followup=followup_of(cells))
    assert breaches_of("dates-heaped", found) == [("followup.csv, row 2, column last_contact", "")]
    (finding,) = [f for f in found if f.code == "dates-heaped"]
    assert finding.remedy.startswith("12 of 40 stand on day 1 of a month.")


def test_the_numbers_of_one_visit_are_one_day(broken):
    days = [f"2020-{n % 12 + 1:02d}-{(7 * n) % 28 + 2:02d}" for n in range(25)]
    rows = [f"{n}|WBC|{n + 3}|10^9/L|{day}" for n, day in enumerate(days)]
    rows += [f"30|marker {n}|{n + 3}|U/L|2020-05-01" for n in range(12)]
    visits = "patient_id|name|value|unit|when\n" + "\n".join(rows)
    assert broken("dates-heaped", measurements=visits) == []


def test_numbers_that_end_in_0(broken):
    dice = random.Random(5)
    values = [dice.randint(20, 400) for _ in range(80)]
    assert broken("numbers-rounded", measurements=measured(values, "platelets", "10^9/L")) == []
    rounded = [10 * round(v / 10) for v in values]
    found = broken("numbers-rounded", measurements=measured(rounded, "platelets", "10^9/L"))
    assert found == [("measurements.csv, row 2, column value", "")]


def test_a_column_that_holds_one_value(broken):
    assert broken("column-constant", followup=followup_of(["300 days"] * 25)) == [
        ("followup.csv, row 2, column last_contact", "")
    ]
    assert broken("column-constant", followup=followup_of(["300 days"] * 19)) == []
    # everybody's time zero is the same by its nature
    diagnoses = "patient_id|disease|when\n" + "\n".join(f"{n}|AML|0 days" for n in range(25))
    days = followup_of([f"{n + 30} days" for n in range(25)])
    assert broken("column-constant", diagnoses=diagnoses, followup=days) == []


def test_the_number_of_the_only_transplant_is_no_copied_column(broken):
    rows = [f"{n}|1|donor|A|A*02:{n + 1:02d}" for n in range(25)]
    hla = "patient_id|transplant|person|locus|allele1\n" + "\n".join(rows)
    days = followup_of([f"{n + 30} days" for n in range(25)])
    assert broken("column-constant", hla=hla, followup=days) == []
