"""Rows of chart tables, made for many patients at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sequela.simulate.histories import Flags, Floats, Histories
from sequela.simulate.model import SimulationModel

Words = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Cohort:
    """The patients of a cohort: their numbers, the date of each one's diagnosis, their history.

    `autologous` marks who was transplanted for myeloma before.
    """

    model: SimulationModel
    ids: NDArray[np.str_]
    diagnosed: NDArray[np.datetime64]
    histories: Histories
    autologous: Flags

    def dates(self, days: Floats, who: Flags) -> list[str]:
        """Dates of days from diagnosis, of the patients named by `who`."""
        moments = self.diagnosed[who] + days[who].astype(int)
        return [str(text) for text in np.datetime_as_string(moments, unit="D")]

    def rows(self, who: Flags, **cells: object) -> pl.DataFrame:
        """A row for each patient in `who`; a cell that is an array of the cohort is cut to them.

        Arrays of numbers are days from diagnosis where their name says when something was
        (see `DATES`), and are written as dates.
        """
        made: dict[str, object] = {"patient_id": self.ids[who].tolist()}
        for name, cell in cells.items():
            if name in DATES and isinstance(cell, np.ndarray):
                made[name] = self.dates(cell, who)
            elif isinstance(cell, np.ndarray):
                made[name] = cell[who].tolist()
            else:
                made[name] = [cell] * int(who.sum())
        return pl.DataFrame(made).cast(pl.String)


DATES = ("when", "start", "stop", "last_contact", "birth", "free_until")


def stack(*parts: pl.DataFrame) -> pl.DataFrame:
    """Tables one under the other; columns that one does not have are blank there."""
    return pl.concat([p for p in parts if p.height] or list(parts[:1]), how="diagonal")


def rounded(numbers: Floats, decimals: int) -> NDArray[np.str_]:
    """Numbers as text with so many decimals."""
    return np.array([f"{number:.{decimals}f}" for number in numbers])


def choose(draw: np.random.Generator, n: int, shares: dict[str, float]) -> NDArray[np.str_]:
    """A word a patient, drawn by shares that add up to one."""
    return draw.choice(np.array(list(shares)), size=n, p=list(shares.values()))
