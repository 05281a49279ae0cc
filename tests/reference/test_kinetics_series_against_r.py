"""Rates of many invented series, plain and awkward, against R: lm, survreg, and glm of counts."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from sequela.clinical.kinetics import Reading, estimate_course_rate

HERE = Path(__file__).parent


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ANSWERS = {row["id"]: row for row in _rows("kinetics_series_answers.csv")}
SERIES: dict[str, list[dict[str, str]]] = {}
for _row in _rows("kinetics_series.csv"):
    SERIES.setdefault(_row["id"], []).append(_row)


def _reading(row: dict[str, str]) -> Reading:
    events, total = (int(float(row[k])) if row[k] else None for k in ("events", "total"))
    high = math.inf if row["high"] == "Inf" else float(row["high"])
    return Reading(float(row["day"]), float(row["low"]), high, events, total)


def test_every_series_has_an_answer():
    assert sorted(SERIES) == sorted(ANSWERS)
    assert len(SERIES) == 71


@pytest.mark.parametrize("name", SERIES)
def test_a_series_is_rs(name):
    rows, told = SERIES[name], ANSWERS[name]
    cv = float(rows[0]["cv"]) if rows[0]["cv"] else None
    rate = estimate_course_rate([_reading(row) for row in rows], assay_cv=cv)
    width = float(told["high"]) - float(told["low"])
    # R's optimisers stop at a change of 1e-12 of the likelihood: 1e-6 of the interval's width.
    for found, key in ((rate.per_day, "rate"), (rate.low, "low"), (rate.high, "high")):
        assert found == pytest.approx(float(told[key]), abs=2e-6 * width), key
