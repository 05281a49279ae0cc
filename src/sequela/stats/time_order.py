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

from sequela.stats.arrays import PIECE, Floats, Ints
from sequela.stats.sorting import sort_words

_WORD = 64
# Codes are kept in a byte.
_MOST_CODES = 256
_CODE = np.uint64(_MOST_CODES - 1)


def order_with_codes(
    times: Floats, code: Ints, codes: int
) -> tuple[Floats, NDArray[np.uint8]] | None:
    """The times (N,) rising, and the code of each; equal times rise by code.

    `times` are zero or more, `code` is 0 to `codes - 1`. None where exact times and codes do
    not fit into one word together: the caller then sorts in another way.
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
    keys = sort_words(_keys(bits, code, below=below, spare=spare))
    return _read_keys(keys, below=below, spare=spare)


def _keys(bits: NDArray[np.uint64], code: Ints, *, below: int, spare: int) -> NDArray[np.uint64]:
    """Time above, code below. Zero, far under every other number, takes the place under them."""
    keys = np.empty_like(bits)
    for begin in range(0, bits.size, PIECE):
        piece = slice(begin, begin + PIECE)
        key = np.maximum(bits[piece], np.uint64(below), out=keys[piece])
        key -= np.uint64(below)
        key <<= np.uint64(spare)
        key |= code[piece].astype(np.uint64)
    return keys


def _read_keys(
    keys: NDArray[np.uint64], *, below: int, spare: int
) -> tuple[Floats, NDArray[np.uint8]]:
    bits, code = np.empty_like(keys), np.empty(keys.size, dtype=np.uint8)
    for begin in range(0, keys.size, PIECE):
        piece = slice(begin, begin + PIECE)
        np.bitwise_and(
            keys[piece], _CODE >> np.uint64(8 - spare), out=code[piece], casting="unsafe"
        )
        bit = np.right_shift(keys[piece], np.uint64(spare), out=bits[piece])
        bit += np.uint64(below)
    rising = bits.view(np.float64)
    rising[: int(np.searchsorted(bits, np.uint64(below), side="right"))] = 0.0
    return rising, code


def _just_below(bits: NDArray[np.uint64]) -> int | None:
    """The bits of the smallest positive time less one; None when all are zero."""
    smallest = int(bits.min())
    if smallest == 0:
        positive = bits[bits > 0]
        if not positive.size:
            return None
        smallest = int(positive.min())
    return smallest - 1
