"""Long arrays sorted by another library come out as numpy sorts them."""

import numpy as np
import pytest

from sequela.stats.sorting import numbers_of, sort_numbers, sort_words, words_of

LONG = 60_000


@pytest.mark.parametrize("size", [0, 1, 1000, LONG])
def test_words_rise(size):
    words = np.random.default_rng(1).integers(0, 2**64, size, dtype=np.uint64)
    assert np.array_equal(sort_words(words), np.sort(words))


@pytest.mark.parametrize("size", [0, 1, 1000, LONG])
def test_numbers_rise_with_their_signs_and_infinities(size):
    numbers = np.random.default_rng(2).normal(size=size)
    numbers = np.concatenate((numbers, [np.inf, -np.inf, 0.0, 5e-324, -5e-324, 1e308, -1e308]))
    assert np.array_equal(sort_numbers(numbers), np.sort(numbers))


def test_the_numbers_given_stay_as_they_are():
    numbers = np.random.default_rng(3).integers(-9, 9, LONG).astype(float)
    before = numbers.copy()
    assert np.array_equal(sort_numbers(numbers), np.sort(before))
    assert np.array_equal(numbers, before)


def test_whole_numbers_and_strided_ones_are_read_as_numbers():
    numbers = np.arange(2 * LONG, 0, -1)[::2]
    assert sort_numbers(numbers).tolist() == sorted(float(n) for n in numbers)


def test_both_zeros_are_one_number_and_words_turn_back_into_numbers():
    numbers = np.array([-0.0, 0.0, -1.5, 2.0, np.inf])
    words = words_of(numbers)
    assert words[0] == words[1]
    assert np.array_equal(numbers_of(words), numbers)
