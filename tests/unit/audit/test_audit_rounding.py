from decimal import Decimal

import pytest

from sequela.audit.rounding import as_decimal, is_rounding_of, rounded, slip


@pytest.mark.parametrize(
    ("printed", "exact", "agrees"),
    [
        ("48.1", 48.15, True),
        ("48.2", 48.15, True),
        ("48.2", (47.1 + 49.2) / 2, True),
        ("48.1", (47.1 + 49.2) / 2, True),
        ("48", 48.15, True),
        ("48.0", 48.15, False),
        ("48.3", 48.15, False),
        ("141.0", 141.04, True),
        ("141.0", 141.4, False),
        ("141", 141.4, True),
        ("-42", -42.5, True),
        ("12", 12.5, True),
        ("13", 12.5, True),
        ("14", 12.5, False),
    ],
)
def test_a_tie_may_be_printed_either_way_and_nothing_else(printed, exact, agrees):
    assert is_rounding_of(Decimal(printed), exact) is agrees


def test_the_noise_of_binary_arithmetic_is_taken_off():
    assert as_decimal(0.1 + 0.2) == Decimal("0.3")
    assert rounded(2.675, 2) == Decimal("2.68")


@pytest.mark.parametrize(
    ("printed", "exact", "words"),
    [
        ("49.9", 49.96, "cut off instead of rounded: 50.0"),
        ("91", 96.9, "One digit may have slipped: 97 printed as 91."),
        ("53", 35.2, "changed places: 35 printed as 53."),
        ("2", 28.1, "dropped: 28 printed as 2."),
        ("281", 28.1, "added: 28 printed as 281."),
    ],
)
def test_a_slip_is_named_with_its_arithmetic(printed, exact, words):
    assert words in slip(Decimal(printed), exact)


def test_no_slip_is_made_up():
    assert slip(Decimal("17"), 42.0) == ""
    assert slip(Decimal("Infinity"), 42.0) == ""
