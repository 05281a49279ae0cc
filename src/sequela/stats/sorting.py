"""Sorting long arrays of numbers, as fast as the machine allows whichever it is.

numpy sorts with the widest instructions of the processor. On some processors (AMD's Zen 4)
these are five times slower than the narrow ones, and slower than sorting without any. Polars
sorts equally fast on all, and is loaded only for arrays that are long enough to gain.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sequela.stats.arrays import Floats

# From here on the gain exceeds what loading polars may cost.
_LONG = 50_000
_SIGN = np.uint64(1 << 63)


def sort_words(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The words (N,) in rising order, to be read only; one thread."""
    if words.size < _LONG:
        return np.sort(words)
    import polars as pl

    return pl.Series(words).sort(multithreaded=False).to_numpy()


def sort_numbers(numbers: Floats) -> Floats:
    """The numbers (N,), infinite ones too but none missing, in rising order, to be read only."""
    if numbers.size < _LONG:
        return np.sort(numbers)
    # Bits that rise as the numbers do: a negative number has all turned, another its sign.
    bits = np.array(numbers, dtype=np.float64).view(np.uint64)
    turned = (bits.view(np.int64) >> 63).view(np.uint64)
    turned |= _SIGN
    bits ^= turned
    ordered = sort_words(bits)
    turned = ((ordered ^ _SIGN).view(np.int64) >> 63).view(np.uint64)
    turned |= _SIGN
    turned ^= ordered
    return turned.view(np.float64)
