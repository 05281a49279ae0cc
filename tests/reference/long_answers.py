"""Reading what R answered, in long form, and the data it was asked about."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


@dataclass
class LongAnswers:
    """The answers of one file: (time, value) pairs by (id, quantity, group)."""

    found: dict[tuple[str, str, str], list[tuple[float, float]]]

    def values(self, id: str, quantity: str, group: str = "") -> np.ndarray:
        assert (id, quantity, group) in self.found, f"R was not asked for {id} {quantity} {group}"
        return np.array([value for _, value in self.found[id, quantity, group]])

    def value(self, id: str, quantity: str, group: str = "", time: float | None = None) -> float:
        assert (id, quantity, group) in self.found, f"R was not asked for {id} {quantity} {group}"
        pairs = self.found[id, quantity, group]
        (only,) = [value for at, value in pairs if time is None or at == time]
        return only

    def times(self, id: str, quantity: str, group: str = "") -> np.ndarray:
        return np.array([time for time, _ in self.found[id, quantity, group]])

    def groups(self, id: str, quantity: str) -> list[str]:
        return [g for name, what, g in self.found if (name, what) == (id, quantity)]

    def ids(self, quantity: str) -> list[str]:
        return list(dict.fromkeys(name for name, what, _ in self.found if what == quantity))


def read_answers(name: str) -> LongAnswers:
    found: dict[tuple[str, str, str], list[tuple[float, float]]] = defaultdict(list)
    with (HERE / f"{name}.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            pair = tuple(float(row[c]) if row[c] else np.nan for c in ("time", "value"))
            found[row["id"], row["quantity"], row["group"]].append(pair)
    return LongAnswers(dict(found))


def read_rows(name: str, *needed: str) -> dict[str, list[str]]:
    """The columns of a data set, rows without a value in a needed column left out."""
    with (HERE / "data" / f"{name}.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if all(row[c] for c in needed)]
    return {column: [row[column] for row in rows] for column in rows[0]}


def numbers(texts: list[str]) -> np.ndarray:
    return np.array([float(text) if text else np.nan for text in texts])
