"""Labels as whole numbers: who is in which group, and who has which level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sequela.stats.arrays import Ints


@dataclass(frozen=True, slots=True)
class Labels:
    """One label a person: `code` (N,) points into `levels`, which have a stated order.

    Made once, it serves every comparison of the same people. ValueError when a level stands
    twice or a code points to none.
    """

    levels: tuple[str, ...]
    code: Ints

    def __post_init__(self) -> None:
        if len(set(self.levels)) < len(self.levels):
            raise ValueError("A level stands twice in the order of the levels.")
        if self.code.size and not 0 <= int(self.code.min()) <= int(self.code.max()) < len(
            self.levels
        ):
            raise ValueError("A code points to none of the levels; count the absent before.")

    @property
    def sizes(self) -> Ints:
        """How many people have each level, in the order of the levels."""
        return np.bincount(self.code, minlength=len(self.levels))

    def used(self) -> Labels:
        """The same labels without the levels that nobody has."""
        sizes = self.sizes
        if bool(np.all(sizes > 0)):
            return self
        place = np.cumsum(sizes > 0) - 1
        kept = tuple(level for level, size in zip(self.levels, sizes, strict=True) if size)
        return Labels(kept, place[self.code])


def read_labels(
    labels: Sequence[str] | NDArray[Any] | Labels, levels: Sequence[str] | None = None
) -> Labels:
    """The labels in the order of `levels`, without it in alphabetical order.

    `labels` may be a list, a numpy array or a polars column of text, or already coded, and
    then comes back as it is. Null is not allowed. ValueError when a label is not text or is
    none of the levels.
    """
    if isinstance(labels, Labels):
        return labels
    listed, places = _distinct(labels)
    if not all(isinstance(label, str) for label in listed):
        raise ValueError("A label is not text; count the absent before.")
    order = tuple(sorted(listed) if levels is None else levels)
    if unknown := sorted(set(listed) - set(order)):
        raise ValueError(f"'{unknown[0]}' is none of the levels.")
    place = {level: i for i, level in enumerate(order)}
    return Labels(order, np.array([place[label] for label in listed], dtype=np.intp)[places])


def _distinct(labels: Sequence[str] | NDArray[Any]) -> tuple[list[Any], Ints]:
    """The distinct labels, null among them, and the place of each person's (N,)."""
    if hasattr(labels, "to_physical"):
        return _distinct_of_column(labels)
    listed = labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
    distinct = list(dict.fromkeys(listed))
    place = {label: i for i, label in enumerate(distinct)}
    return distinct, np.fromiter(map(place.__getitem__, listed), np.intp, len(listed))


def _distinct_of_column(column: Any) -> tuple[list[Any], Ints]:
    """The same of a polars column, which codes its own values five times as fast."""
    import polars as pl

    distinct = column.unique().to_list()
    if not all(isinstance(label, str) for label in distinct):
        return distinct, np.empty(0, dtype=np.intp)
    codes = column.cast(pl.String).cast(pl.Enum(distinct)).to_physical().to_numpy()
    return distinct, codes.astype(np.intp)
