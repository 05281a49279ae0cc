"""Endpoints: from a start to the first of several events, or to the last contact.

An event whose time the chart does not give is known to lie between the start and the
earliest later thing that is dated; the endpoint is then an interval, and says so. A date
given to the month or year stands for its middle (rule `middle`), and is flagged as imputed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from pydantic import Field

from sequela.clinical.definition import Definition


class EndpointDefinition(Definition):
    """A time to event: the start, the events of which the first counts, and the censorings."""

    label: str = Field("", description="how the report calls it")
    start: str = Field(description="the moment it counts from")
    event: tuple[str, ...] = Field(description="moments; the first of them ends it")
    competing: tuple[str, ...] = Field(
        (), description="moments that end it in another way, after which the event cannot come"
    )
    censor: tuple[str, ...] = Field(
        description="moments of being known without an event; the last of them counts"
    )

    @property
    def causes(self) -> tuple[str, ...]:
        """All that can end it other than censoring, the events first."""
        return (*self.event, *self.competing)


ENDPOINT_SCHEMA: dict[str, type[pl.DataType]] = {
    "patient_id": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "time": pl.Float64,
    "imputed": pl.Boolean,
    "event": pl.Boolean,
    "cause": pl.String,
    "ended_by": pl.String,
    "why": pl.String,
    "table": pl.String,
    "row": pl.Int64,
    "start": pl.Float64,
    "clock": pl.String,
}


def derive_endpoint(
    patients: pl.Series,
    definition: EndpointDefinition,
    moments: Mapping[str, pl.DataFrame],
    *,
    uncharted: Sequence[str] = (),
) -> pl.DataFrame:
    """One row a patient: days (low, high), event, what ended it and the chart row that says so.

    `time` is the one point that estimates use: null where an event has no time at all. `event`
    is whether one of the definition's events ended it, `cause` which event or competing moment.
    A patient without a start, without any end, or with an end on another clock has nulls and a
    reason in `why`. An end before the start has the reason `not_evaluable` (the chart's rules
    report it). Events of which the study keeps no table are named in `uncharted`: whether they
    happened is then unknown of everyone.
    """
    if uncharted:
        return pl.DataFrame([_unknown(str(p), "missing") for p in patients], ENDPOINT_SCHEMA)
    by_name = {
        name: {row["patient_id"]: row for row in moments[name].iter_rows(named=True)}
        for name in {definition.start, *definition.causes, *definition.censor}
    }
    rows = [_endpoint(str(patient), definition, by_name) for patient in patients]
    return pl.DataFrame(rows, schema=ENDPOINT_SCHEMA)


_Moment = dict[str, Any]


def _endpoint(
    patient: str, definition: EndpointDefinition, moments: Mapping[str, Mapping[str, _Moment]]
) -> dict[str, Any]:
    start = moments[definition.start].get(patient)
    if start is None or start["low"] is None:
        return _unknown(patient, "missing")
    events = _found(patient, definition.causes, moments)
    censors = _found(patient, definition.censor, moments)
    dated = [(m, n) for n, m in events if m["low"] is not None]
    undated = [(m, n) for n, m in events if m["undated"]]
    # An undated event lies before the last contact; a dated one bounds it more closely.
    bounds = dated or [(m, n) for n, m in censors if m["low"] is not None]
    if not bounds:
        return _unknown(patient, "missing")
    if any(m["clock"] != start["clock"] for m, _ in bounds):
        return _unknown(patient, "no common clock")
    # The first event ends it; without one it lasts until the patient was last known to be free.
    first_or_last = min if dated else max
    last, name = first_or_last(bounds, key=lambda b: b[0]["low"])
    high = last["high"] - start["low"]
    if high < 0:
        return _unknown(patient, "not_evaluable")
    low = 0.0 if undated else max(last["low"] - start["high"], 0.0)
    deciding, ended_by = undated[0] if undated else (last, name)
    return {
        "patient_id": patient,
        "low": low,
        "high": high,
        "time": None if undated or math.isinf(high) else (low + high) / 2,
        "imputed": not undated and low < high,
        "event": ended_by in definition.event,
        "cause": ended_by if ended_by in definition.causes else None,
        "ended_by": ended_by,
        "why": None,
        "table": deciding["table"],
        "row": deciding["row"],
        "start": start["low"],
        "clock": start["clock"],
    }


def _found(
    patient: str, names: tuple[str, ...], moments: Mapping[str, Mapping[str, _Moment]]
) -> list[tuple[str, _Moment]]:
    return [(name, moments[name][patient]) for name in names if patient in moments[name]]


def _unknown(patient: str, why: str) -> dict[str, Any]:
    return dict.fromkeys(ENDPOINT_SCHEMA) | {"patient_id": patient, "why": why}
