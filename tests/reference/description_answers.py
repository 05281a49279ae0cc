"""What R answered about groups, shares, pairs and rates (description.csv)."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


@cache
def answers() -> dict[tuple[str, str], list[tuple[str, str, float]]]:
    """The answers by (id, quantity), each a list of (group, time, value)."""
    found = defaultdict(list)
    with (HERE / "description.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            value = float(row["value"]) if row["value"] else np.nan
            found[row["id"], row["quantity"]].append((row["group"], row["time"], value))
    return dict(found)


def answer(id: str, quantity: str) -> float:
    ((_, _, value),) = answers()[id, quantity]
    return value


def estimate(id: str, quantity: str) -> list[float]:
    """An estimate, its lower and its upper limit."""
    return [value for _, _, value in answers()[id, quantity]]


def ids(quantity: str) -> list[str]:
    """Every data set or case for which R was asked this."""
    return [id for id, asked in answers() if asked == quantity]


@cache
def numbers() -> dict[str, tuple[np.ndarray, list[str]]]:
    """The values and groups of each case of data/description_numbers.csv."""
    values, groups = defaultdict(list), defaultdict(list)
    with (HERE / "data" / "description_numbers.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            values[row["case"]].append(float(row["value"]))
            groups[row["case"]].append(row["group"])
    return {case: (np.array(values[case]), groups[case]) for case in values}


def two_samples(case: str) -> tuple[np.ndarray, np.ndarray]:
    """The values of the first and of the second group by name."""
    values, groups = numbers()[case]
    first, second = sorted(set(groups))
    which = np.array(groups)
    return values[which == first], values[which == second]


@cache
def tables() -> dict[str, np.ndarray]:
    """The tables of data/description_tables.csv, levels by groups."""
    cells = defaultdict(dict)
    with (HERE / "data" / "description_tables.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            cells[row["case"]][int(row["level"]) - 1, int(row["group"]) - 1] = int(row["count"])
    made = {}
    for case, counts in cells.items():
        table = np.zeros(tuple(np.max(list(counts), axis=0) + 1), dtype=int)
        for place, count in counts.items():
            table[place] = count
        made[case] = table
    return made
