from decimal import Decimal

import numpy as np
import pytest

from sequela.audit.claim_form import CountClaim
from sequela.audit.percent import (
    check_percents,
    check_shares,
    counts_giving,
    denominators_giving,
    percent_agrees,
)


def claim(n, pct, of):
    return CountClaim.model_validate(
        {
            "id": "x",
            "kind": "percent",
            "where": "Table 1",
            "about": "anemia",
            "n": n,
            "pct": Decimal(pct),
            "of": of,
            "derivable": "no",
            "reason": "it is invented",
        }
    )


def printed_units(decimals):
    """Every n of every N up to 400 with its percentage in printed units, both roundings."""
    of, n = np.meshgrid(np.arange(1, 401), np.arange(0, 401))
    n, of = n[n <= of], of[n <= of]
    whole, rest = np.divmod(100 * 10**decimals * n, of)
    half_up = whole + (2 * rest >= of)
    half_even = whole + ((2 * rest > of) | ((2 * rest == of) & (whole % 2 == 1)))
    return n.tolist(), of.tolist(), half_up.tolist(), half_even.tolist()


@pytest.mark.parametrize("decimals", [0, 1])
def test_no_false_alarm_on_any_correct_percentage(decimals):
    printed = [Decimal(units).scaleb(-decimals) for units in range(100 * 10**decimals + 1)]
    n, of, *roundings = printed_units(decimals)
    wrong = [
        (one, whole, units)
        for rounding in roundings
        for one, whole, units in zip(n, of, rounding, strict=True)
        if not percent_agrees(printed[units], one, whole)
    ]
    assert len(n) == 80_600
    assert wrong == []


@pytest.mark.parametrize("of", [7, 26, 32, 99])
def test_a_percentage_two_steps_off_is_always_found(of):
    for n in range(of + 1):
        right = round(100 * n / of)
        assert not percent_agrees(Decimal(right + 2), n, of)
        assert not percent_agrees(Decimal(right - 2), n, of)


def test_the_counts_and_denominators_that_would_fit():
    assert list(counts_giving(Decimal(91), 32)) == [29]
    assert list(counts_giving(Decimal(2), 32)) == []
    assert list(denominators_giving(Decimal(91), 31)) == [34]
    assert denominators_giving(Decimal(2), 9) == range(360, 601)
    assert list(denominators_giving(Decimal(0), 0)) == []


@pytest.mark.parametrize("n", range(1, 60))
def test_each_fitting_denominator_fits_and_its_neighbours_do_not(n):
    for pct in map(Decimal, ("3", "17", "50", "99", "12.5")):
        fitting = denominators_giving(pct, n)
        for of in fitting:
            assert percent_agrees(pct, n, of)
        if fitting:
            assert not percent_agrees(pct, n, fitting[-1] + 1)
            assert fitting[0] == n or not percent_agrees(pct, n, fitting[0] - 1)


def test_the_sentence_shows_the_arithmetic():
    (check,) = check_percents(claim(9, "2", 32))
    assert check.outcome == "inconsistent"
    assert check.sentence == (
        "For “anemia” the article has 9 (2%), but 9 of 32 is 28.1%, which rounds to 28%. "
        "No count out of 32 gives 2%. 9 would be 2% of 360 to 600, more than the 32 there are. "
        "A digit may have been dropped: 28 printed as 2."
    )


def test_one_decimal_demands_one_decimal():
    assert check_percents(claim(9, "28.1", 32))[0].outcome == "consistent"
    assert check_percents(claim(9, "28.0", 32))[0].outcome == "inconsistent"


def test_a_part_is_not_larger_than_its_whole():
    (check,) = check_shares(claim(33, "103", 32))
    assert check.sentence == "For “anemia” the article has 33 of 32: more than there are."
    assert check_shares(claim(32, "100", 32)) == []


def test_nobody_has_no_percentage():
    assert "nobody has no percentage" in check_percents(claim(0, "0", 0))[0].sentence
