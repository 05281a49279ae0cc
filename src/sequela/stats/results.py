"""Result rows: the one form in which statistics leave the statistics room.

Everything left of `value` is the key of a row and unique within a study. `n`, `n_missing`,
`n_not_evaluable` and `n_not_applicable` always add up to the size of set and group.
`stats` leaves `exhibit` and `set` empty; the pipeline stamps them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

State = Literal["ok", "not_reached", "not_estimable", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """How many of a set and group have no value, by reason; all counted, none dropped."""

    missing: int = 0
    not_evaluable: int = 0
    not_applicable: int = 0

    @property
    def total(self) -> int:
        """Everyone without a value."""
        return self.missing + self.not_evaluable + self.not_applicable

    def counts(self) -> dict[str, int]:
        """The counts under the names that a `Row` gives them."""
        return {
            "n_missing": self.missing,
            "n_not_evaluable": self.not_evaluable,
            "n_not_applicable": self.not_applicable,
        }


NOBODY_ABSENT = Absent()

KEY = ("exhibit", "set", "group", "contrast", "variable", "level", "time", "statistic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One number of a study, or the reason why there is none.

    `group` is empty for everyone, else `column=value` (such as `site=MSK`). `contrast` names
    what is compared with what. `time` is in the study's unit. `value` is None unless `state`
    is `ok`; `error` then says why. `method` says how the number was made, with its variant.
    """

    statistic: str
    n: int
    exhibit: str = ""
    set: str = ""
    group: str = ""
    contrast: str = ""
    variable: str = ""
    level: str = ""
    time: float | None = None
    value: float | None = None
    state: State = "ok"
    n_missing: int = 0
    n_not_evaluable: int = 0
    n_not_applicable: int = 0
    method: str = ""
    error: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) != (self.state != "ok"):
            raise ValueError(f"row {self.key}: a value goes with state 'ok', and only with it")

    @property
    def key(self) -> tuple[str | float | None, ...]:
        """What identifies the row within a study."""
        return tuple(getattr(self, name) for name in KEY)

    @property
    def id(self) -> str:
        """A short stable name of the row, made from its key."""
        text = "\x1f".join("" if part is None else str(part) for part in self.key)
        return "r" + hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def size(self) -> int:
        """The size of set and group: everyone, whether or not a value was there."""
        return self.n + self.n_missing + self.n_not_evaluable + self.n_not_applicable


def stamp(rows: Iterable[Row], **changes: str) -> list[Row]:
    """The rows with some columns set, such as `exhibit` and `set`."""
    return [replace(row, **changes) for row in rows]  # type: ignore[arg-type]


def columns() -> tuple[str, ...]:
    """The names of the columns of the results table, key first, in their order."""
    names = [f.name for f in fields(Row)]
    return (*KEY, "value", "state", *(n for n in names if n not in (*KEY, "value", "state")))


def results_table(rows: Iterable[Row]) -> pl.DataFrame:
    """The rows as a frame, in the order given.

    Raises ValueError when two rows have the same key: a number must have one source.
    """
    import polars as pl

    kept = list(rows)
    seen: set[tuple[str | float | None, ...]] = set()
    for row in kept:
        if row.key in seen:
            raise ValueError(f"two result rows have the key {row.key}")
        seen.add(row.key)
    counts = ("n", "n_missing", "n_not_evaluable", "n_not_applicable")
    types = {"time": pl.Float64, "value": pl.Float64} | dict.fromkeys(counts, pl.Int64)
    return pl.DataFrame(
        {name: [getattr(row, name) for row in kept] for name in columns()},
        schema={name: types.get(name, pl.String) for name in columns()},
    )
