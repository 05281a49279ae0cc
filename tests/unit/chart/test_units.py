"""The table of units, and numbers scaled as they stand."""

from decimal import Decimal

import pytest

from sequela.chart.units import find_measure, measures, measures_with, reverse, scale
from sequela.chart.values import read_value


@pytest.mark.parametrize(
    ("text", "factor", "scaled"),
    [
        ("4200", "0.001", "4.2"),
        (">100", "0.001", ">0.1"),
        ("3-7", "10", "30-70"),
        ("3 to 7", "0.1", "0.3 to 0.7"),
        ("<= 0.01", "100", "<= 1"),
        ("not detected", "10", "not detected"),
        ("12 or so", "10", None),
    ],
)
def test_every_number_of_a_value_is_scaled(text, factor, scaled):
    assert scale(text, Decimal(factor)) == scaled


@pytest.mark.parametrize(
    ("text", "reversed_"),
    [("5.4", "-5.4"), (">15.7", "< -15.7"), ("1-9", "-9 to -1"), ("nd", None), ("x", None)],
)
def test_what_lies_before_is_negative(text, reversed_):
    assert reverse(text) == reversed_


@pytest.mark.parametrize(
    ("name", "value", "unit", "possible", "instead"),
    [
        ("WBC", "4200", "10^9/L", False, ["/uL"]),
        ("WBC", "4.2", "10^9/L", True, ["10^9/L", "/uL"]),
        ("Hb", "120", "g/dL", False, ["g/L"]),
        ("creatinine", "80", "mg/dL", False, ["umol/L"]),
        ("platelets", "150000", "10^9/L", False, ["/uL"]),
        ("blasts", "45", "fraction", False, ["%"]),
    ],
)
def test_a_number_that_cannot_be_true(name, value, unit, possible, instead):
    measure = find_measure(name)
    number = read_value(value)
    assert measure.possible(number, measure.unit(unit)) is possible
    assert [u.name for u in measure.possible_units([number])] == instead


def test_factors_are_those_of_the_molar_masses():
    # mg/dL to umol/L is 10000 over the molar mass: 88.4 for creatinine, 17.1 for bilirubin
    for name, factor in (("creatinine", 88.4), ("bilirubin", 17.1), ("uric acid", 59.48)):
        unit = find_measure(name).unit("umol/L")
        assert 1 / float(unit.factor) == pytest.approx(factor, rel=1e-3)
    assert 1 / float(find_measure("calcium").unit("mmol/L").factor) == pytest.approx(
        0.2495, rel=1e-4
    )
    assert float(find_measure("hemoglobin").unit("mmol/L").factor) == pytest.approx(1.611, rel=1e-3)


def test_names_and_spellings_are_used_once():
    names = [n.lower() for m in measures() for n in (m.name, *m.also)]
    assert len(names) == len(set(names))
    for measure in measures():
        assert len(measure.spellings) == len(set(measure.spellings))
        assert measure.units[0].factor == 1
    assert [m.name for m in measures_with("g/L")] == ["hemoglobin", "albumin", "M protein"]
