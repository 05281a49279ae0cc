"""Rules within a column: a breach and its place, and the boundary that is none."""

from __future__ import annotations

import pytest

from charted import breaches_of, judge

TWO = "patient_id|site\n1|A\n2|A"


@pytest.fixture
def broken(tmp_path):
    def make(code, **tables):
        return breaches_of(code, judge(tmp_path / "study", **tables))

    return make


@pytest.mark.parametrize(
    ("age", "breaks"),
    [pytest.param("111", True, id="row 28 age 111"), ("110", False), ("0", False), ("", False)],
)
def test_nobody_is_older_than_110(broken, age, breaks):
    found = broken("age-impossible", patients=f"patient_id|site|age\n1|A|{age}\n2|A|40")
    assert found == [("patients.csv, row 2, column age", "1")] * breaks


@pytest.mark.parametrize(
    ("birth", "breaks"),
    [
        ("1908-01-01", True),
        ("1909-06-01", False),
        ("1908", True),
        ("", False),
        ("-40 years", False),
    ],
)
def test_nobody_lives_longer_than_110_years(broken, birth, breaks):
    found = broken(
        "age-impossible",
        patients=f"patient_id|site|birth\n1|A|{birth}",
        followup="patient_id|last_contact|vital_status\n1|2020-01-01|alive",
    )
    assert found == [("patients.csv, row 2, column birth", "1")] * breaks


@pytest.mark.parametrize(
    ("when", "breaks"),
    [("1879-12-31", True), ("1880-01-01", False), ("2099-12-31", False), ("2100-01-01", True),
     ("219-03-14", None), ("-200 years", False)],
)  # fmt: skip
def test_a_date_lies_in_the_time_of_charts(broken, when, breaks):
    if breaks is None:
        with pytest.raises(AssertionError):
            broken("date-implausible", events=f"patient_id|what|when\n1|fall|{when}")
        return
    found = broken("date-implausible", events=f"patient_id|what|when\n1|fall|{when}")
    assert found == [("events.csv, row 2, column when", "1")] * breaks


MEASURED = "patient_id|name|value|unit\n1|blasts|{}|{}"


@pytest.mark.parametrize(
    ("value", "unit", "breaks"),
    [
        ("101", "%", True),
        ("101", "% of WBC", True),
        ("100", "%", False),
        (">100", "%", False),  # a bound; all that it can be is not above 100
        ("-1", "%", True),
        ("0", "%", False),
        ("150", "% change", False),
        ("150", "10^9/L", False),
        ("150", "", False),  # unknown unit: neither true nor false
    ],
)
def test_a_share_lies_between_0_and_100(broken, value, unit, breaks):
    found = broken("share-out-of-range", measurements=MEASURED.format(value, unit))
    assert found == [("measurements.csv, row 2, column value", "1")] * breaks


@pytest.mark.parametrize(
    ("value", "unit", "breaks"),
    [
        ("-1", "10^9/L", True),
        ("-0.5", "g/dL", True),
        ("-3", "cells", True),
        ("0", "10^9/L", False),
        ("-2.5", "log", False),  # a logarithm may be negative
        ("-2.5", "", False),
    ],
)
def test_an_amount_is_not_negative(broken, value, unit, breaks):
    found = broken("amount-negative", measurements=MEASURED.format(value, unit))
    assert found == [("measurements.csv, row 2, column value", "1")] * breaks


def test_a_time_on_a_drug_is_not_negative(broken):
    table = "patient_id|drug|duration\n1|L|-3 months\n2|L|0 months"
    assert broken("amount-negative", exposures=table) == [
        ("exposures.csv, row 2, column duration", "1")
    ]


@pytest.mark.parametrize("word", ["N/A", "n.a.", "?", "-", "unk", "missing", "."])
def test_words_for_missing_are_no_category_row_18(broken, word):
    found = broken("word-for-missing", extramedullary=f"patient_id|site|status\n1|{word}|active")
    assert found == [("extramedullary.csv, row 2, column site", "1")]


@pytest.mark.parametrize("word", ["NE", "none", "unknown primary", ""])
def test_words_that_say_something_are_kept(broken, word):
    table = f"patient_id|what|when|cause\n1|fall|3 days|{word}"
    assert broken("word-for-missing", events=table) == []


@pytest.mark.parametrize(
    ("text", "gene"),
    [
        pytest.param("1-Mar", "It was probably MARCHF1.", id="row 26 MARCHF1"),
        pytest.param("2-Sep", "It was probably SEPTIN2.", id="row 26 SEPTIN2"),
        pytest.param("1-Dec", "It was probably DELEC1.", id="row 26 DELEC1"),
        pytest.param("3-Oct", "", id="row 26 no known symbol"),
    ],
)
def test_a_gene_that_became_a_date(tmp_path, text, gene):
    found = judge(tmp_path / "study", measurements=f"patient_id|name|value\n1|{text}|3\n1|NPM1|3")
    assert breaches_of("gene-as-date", found) == [("measurements.csv, row 2, column name", "1")]
    (finding,) = [f for f in found if f.code == "gene-as-date"]
    assert finding.remedy.startswith(gene or "Write the symbol")


@pytest.mark.parametrize(
    ("usual", "rare"),
    [
        pytest.param("Lenalidomide", "lenalidomide", id="row 19 case"),
        pytest.param("hyper-CVAD", "hyper CVAD", id="row 19 mark"),
        pytest.param("Köln", "Koln", id="row 19 accent"),
        pytest.param("R-CHOP", "R- CHOP", id="row 19 blank"),
    ],
)
def test_one_word_is_spelt_in_one_way(tmp_path, usual, rare):
    rows = "".join(f"\n{n}|{usual}|1 days" for n in (1, 2, 4, 5, 6))
    table = f"patient_id|drug|start{rows}\n3|{rare}|1 days"
    found = judge(tmp_path / "study", exposures=table)
    assert breaches_of("spelling-varies", found) == [("exposures.csv, row 7, column drug", "3")]
    (finding,) = [f for f in found if f.code == "spelling-varies"]
    assert finding.remedy == f"It stands as '{usual}' elsewhere. Spell it in one way."


def test_a_spelling_that_few_rows_share_is_pointed_at_and_not_shown(tmp_path):
    table = "patient_id|drug|start\n1|Drug A|1 days\n2|Drug A|1 days\n3|drug a|1 days"
    found = judge(tmp_path / "study", exposures=table)
    (finding,) = [f for f in found if f.code == "spelling-varies"]
    assert finding.remedy == "Compare exposures.csv, row 2. Spell it in one way."


@pytest.mark.parametrize(
    "error", [pytest.param(e, id=f"row 16 {e}") for e in ("#REF!", "#N/A", "#DIV/0!", "#NAME?")]
)
def test_the_error_of_a_formula_is_no_text(broken, error):
    table = f"patient_id|what|when|cause\n1|fall|3 days|{error}\n1|fall|4 days|#1"
    assert broken("formula-error", events=table) == [("events.csv, row 2, column cause", "1")]


def test_different_words_and_notes_are_no_variants(broken):
    table = "patient_id|drug|start|note\n1|CD19 CAR|1 days|X\n2|CD20 CAR|1 days|x"
    assert broken("spelling-varies", exposures=table) == []
