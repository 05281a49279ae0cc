"""What R answered (survival.csv) and the data it was asked about (data/)."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent


@dataclass
class Answers:
    """The answers of R, each a list of (time, value) by (id, quantity, group)."""

    found: dict[tuple[str, str, str], list[tuple[float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def values(self, id: str, quantity: str, group: str = "") -> np.ndarray:
        assert (id, quantity, group) in self.found, f"R was not asked for {id} {quantity} {group}"
        return np.array([value for _, value in self.found[id, quantity, group]])

    def times(self, id: str, quantity: str, group: str = "") -> np.ndarray:
        return np.array([time for time, _ in self.found[id, quantity, group]])

    def value(self, id: str, quantity: str, group: str = "") -> float:
        (only,) = self.values(id, quantity, group)
        return float(only)


def _number(text: str) -> float:
    return float(text) if text else np.nan


@pytest.fixture(scope="session")
def answers() -> Answers:
    result = Answers()
    with (HERE / "survival.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            key = (row["id"], row["quantity"], row["group"])
            result.found[key].append((_number(row["time"]), _number(row["value"])))
    return result


def read_columns(name: str) -> dict[str, list[str]]:
    with (HERE / "data" / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: [row[column] for row in rows] for column in rows[0]}


@dataclass
class Cohort:
    """Times and status of one data set, as they stand in its file, missing times left out."""

    time: np.ndarray
    status: np.ndarray
    columns: dict[str, list[str]]
    n_missing: int


def read_cohort(name: str) -> Cohort:
    """A data set of data/, or the rows of one case of data/cases.csv."""
    files = {
        "lung": ("time", "status"),
        "ovarian": ("futime", "fustat"),
        "aml": ("time", "status"),
        "series": ("followup_months", "vital_status"),
    }
    time_column, status_column = files.get(name, ("time", "status"))
    columns = read_columns(name if name in files else "cases")
    if name not in files:
        chosen = [i for i, case in enumerate(columns["case"]) if case == name]
        columns = {key: [values[i] for i in chosen] for key, values in columns.items()}
    known = [i for i, text in enumerate(columns[time_column]) if text]
    return Cohort(
        time=np.array([float(columns[time_column][i]) for i in known]),
        status=np.array([int(columns[status_column][i] in ("1", "dead")) for i in known]),
        columns={key: [values[i] for i in known] for key, values in columns.items()},
        n_missing=len(columns[time_column]) - len(known),
    )


@pytest.fixture(scope="session")
def cohort():
    return read_cohort
