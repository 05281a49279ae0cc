"""Exposure to a drug: the cumulative time on it before a moment.

Where the chart gives a length it is used as given, a bound as a bound. Where it gives first
and last days, the intervals are cut at the moment and their union is measured, so that
overlapping rows count once. Dates given to the month or year leave an interval: the least and the
greatest time that fit them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.chart.time import DAYS_IN
from sequela.clinical.columns import ColumnDefinition
from sequela.clinical.definition import TimeUnit
from sequela.clinical.subjects import Derived


class Exposure(ColumnDefinition):
    """The cumulative time on a drug until a moment."""

    derive: Literal["exposure"]
    drug: str
    measure: Literal["cumulative"] = "cumulative"
    until: str = Field(description="the moment at which counting stops")
    unit: TimeUnit = "months"


def derive_exposure(
    chart: Chart, definition: Exposure, moments: Mapping[str, pl.DataFrame]
) -> Derived:
    """The time on the drug as an interval [low, high], known at the moment it is counted to.

    A row with neither a length nor both ends leaves the patient's sum unknown (missing), and a
    row whose days stand on another clock than the moment has no common clock with it.
    """
    rows = chart["exposures"].filter(pl.col("drug").str.to_lowercase() == definition.drug.lower())
    until = {row["patient_id"]: row for row in moments[definition.until].iter_rows(named=True)}
    out = []
    for (patient,), group in rows.group_by("patient_id", maintain_order=True):
        moment = until.get(str(patient))
        low, high, why = _cumulative(list(group.iter_rows(named=True)), moment)
        unit = DAYS_IN[definition.unit]
        out.append(
            {
                "patient_id": str(patient),
                "low": None if low is None else low / unit,
                "high": None if high is None else high / unit,
                "why": why,
                "known_at": moment["high"] if moment else None,
                "known_clock": moment["clock"] if moment else None,
            }
        )
    values = pl.DataFrame(
        out,
        schema={
            "patient_id": pl.String,
            "low": pl.Float64,
            "high": pl.Float64,
            "why": pl.String,
            "known_at": pl.Float64,
            "known_clock": pl.String,
        },
    )
    decided = rows.select("patient_id", pl.lit("exposures").alias("table"), "row")
    method = f"cumulative time on {definition.drug} until {definition.until}, {definition.unit}"
    return Derived("number", values, decided, method)


_Days = tuple[float | None, float | None, str | None]


def _cumulative(rows: list[dict[str, Any]], until: dict[str, Any] | None) -> _Days:
    """The days of one patient's rows; lengths add up, dated intervals are united first."""
    low = high = 0.0
    shortest: list[tuple[float, float]] = []
    longest: list[tuple[float, float]] = []
    for row in rows:
        if row["duration__low"] is not None:
            low += row["duration__low"]
            high += row["duration__high"]
            continue
        if row["start__low"] is None or row["stop__low"] is None:
            return None, None, "missing"
        if until is None or until["low"] is None:
            return None, None, "missing"
        if {row["start__clock"], row["stop__clock"]} != {until["clock"]}:
            return None, None, "no common clock"
        shortest.append((row["start__high"], min(row["stop__low"], until["low"])))
        longest.append((row["start__low"], min(row["stop__high"], until["high"])))
    return low + _united(shortest), high + _united(longest), None


def _united(intervals: list[tuple[float, float]]) -> float:
    """The length of a union of intervals; one that ends before it starts is empty."""
    total, reached = 0.0, float("-inf")
    for start, stop in sorted(intervals):
        if stop > max(start, reached):
            total += stop - max(start, reached)
            reached = stop
    return total
