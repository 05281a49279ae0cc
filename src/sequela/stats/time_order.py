"""People in the order of their times, with what happened to them, by one sort of whole numbers.

The bits of a positive float, read as a whole number, rise as the float does. The times of a
cohort span few powers of two, so their bits less those of the smallest leave the highest bits
of a word free. Shifted up by these, a key holds the exact time above and the code of what
happened below, and the keys are sorted without an index beside them, which is far faster than
sorting places and reading every array in that order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sequela.stats.arrays import Floats, Ints

_WORD = 64
# Codes are kept in a byte.
_MOST_CODES = 256


def order_with_codes(
    times: Floats, code: Ints, codes: int, *, in_runs: bool = False
) -> tuple[Floats, NDArray[np.uint8]] | None:
    """The times (N,) rising, and the code of each; equal times rise by code.

    `times` are zero or more, `code` is 0 to `codes - 1`. `in_runs` says that the times are a
    few rising runs, one after the other, which are merged and not sorted anew. None where
    exact times and codes do not fit into one word together: the caller then sorts in another
    way.
    """
    spare = (codes - 1).bit_length()
    if not times.size or codes > _MOST_CODES:
        return None
    bits = np.ascontiguousarray(times, dtype=np.float64).view(np.uint64)
    below, highest = _just_below(bits), int(bits.max())
    if below is None or (highest - below).bit_length() + spare > _WORD:
        return None
    if highest >> (_WORD - 1):  # a negative number, or the negative zero
        return None
    # Zero, far below every other number, takes the place just under the smallest of them.
    keys = np.maximum(bits, np.uint64(below))
    keys -= np.uint64(below)
    keys <<= np.uint64(spare)
    keys |= code.view(np.uint64) if code.dtype == np.int64 else code.astype(np.uint64)
    keys.sort(kind="stable" if in_runs else None)
    ordered = (keys & np.uint64((1 << spare) - 1)).astype(np.uint8)
    keys >>= np.uint64(spare)
    zeros = int(np.searchsorted(keys, np.uint64(1)))
    keys += np.uint64(below)
    rising = keys.view(np.float64)
    rising[:zeros] = 0.0
    return rising, ordered


def _just_below(bits: NDArray[np.uint64]) -> int | None:
    """The bits of the smallest positive time less one; None when all are zero."""
    smallest = int(bits.min())
    if smallest == 0:
        positive = bits[bits > 0]
        if not positive.size:
            return None
        smallest = int(positive.min())
    return smallest - 1
