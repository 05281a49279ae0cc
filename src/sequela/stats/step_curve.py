"""What curves that step at the times of a risk table have in common: limits and reading."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from sequela.stats.arrays import Floats, Ints


class Banded(ABC):
    """A curve whose limits are computed when they are read; arrays are (T,)."""

    __slots__ = ()

    @property
    def low(self) -> Floats:
        """The lower limits, (T,)."""
        return self.limits()[0]

    @property
    def high(self) -> Floats:
        """The upper limits, (T,)."""
        return self.limits()[1]

    @abstractmethod
    def limits(self, row: Ints | None = None) -> tuple[Floats, Floats]:
        """The lower and upper limits, (T,) each, or those of the rows asked for, (K,)."""


class AskedSteps:
    """The rows of a curve (T,) that asked times (K,) fall on, in the order asked.

    `row` (M,) has the rows of those asked at or after the first time. What is asked `beyond` a
    time has no value.
    """

    def __init__(self, time: Floats, asked: Floats, *, beyond: float) -> None:
        row = np.searchsorted(time, asked, side="right") - 1
        self._begun, self._beyond = row >= 0, asked > beyond
        self.row: Ints = row[self._begun]

    def values(self, found: Floats, before: float) -> Floats:
        """What was `found` at `row`, `before` ahead of the first time, NaN beyond; (K,)."""
        column = np.full(self._begun.size, before)
        column[self._begun] = found
        return np.where(self._beyond, np.nan, column)
