"""Sorting long arrays of numbers, as fast as the machine allows whichever it is.

numpy sorts with the widest instructions of the processor. On some processors (AMD's Zen 4)
these are five times slower than the narrow ones, and slower than sorting without any. Polars
sorts equally fast on all, and is loaded only for arrays that are long enough to gain.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sequela.stats.arrays import PIECE, Floats

# From here on the gain exceeds what loading polars may cost.
_LONG = 50_000
_RUN = 250_000
_SIGN = np.uint64(1 << 63)


def sort_words(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The words (N,) in rising order; one thread."""
    if words.size < _LONG:
        return np.sort(words)
    import polars as pl

    # A run at once, since polars keeps for a while what a sort took; numpy then merges the runs.
    ordered = np.empty_like(words)
    for begin in range(0, words.size, _RUN):
        run = slice(begin, begin + _RUN)
        ordered[run] = pl.Series(words[run]).sort(multithreaded=False).to_numpy()
    if words.size > _RUN:
        ordered.sort(kind="stable")
    return ordered


def sort_numbers(numbers: Floats) -> Floats:
    """The numbers (N,), infinite ones too but none missing, in rising order."""
    if numbers.size < _LONG:
        return np.sort(numbers)
    return numbers_of(sort_words(words_of(numbers)))


def words_of(numbers: Floats) -> NDArray[np.uint64]:
    """Words (N,) that rise as the numbers do, and are equal where these are; none missing."""
    words = np.empty(numbers.size, dtype=np.uint64)
    for begin in range(0, numbers.size, PIECE):
        piece = slice(begin, begin + PIECE)
        # Zero has two signs, of which the sum has one. A negative number has all bits turned,
        # another its sign.
        bits = (numbers[piece] + 0.0).view(np.int64)
        turned = (bits >> 63).view(np.uint64)
        turned |= _SIGN
        np.bitwise_xor(bits.view(np.uint64), turned, out=words[piece])
    return words


def numbers_of(words: NDArray[np.uint64]) -> Floats:
    """The numbers (N,) of such words."""
    bits = np.empty(words.size, dtype=np.uint64)
    for begin in range(0, words.size, PIECE):
        piece = slice(begin, begin + PIECE)
        turned = (~words[piece].view(np.int64) >> 63).view(np.uint64)
        turned |= _SIGN
        np.bitwise_xor(words[piece], turned, out=bits[piece])
    return bits.view(np.float64)
