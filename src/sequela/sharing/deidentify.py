"""A chart without what tells who its patients are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from sequela.chart import schema
from sequela.chart.chart import Chart
from sequela.chart.identifying import looks_identifying
from sequela.chart.time import CALENDAR, completed_years
from sequela.sharing.dates import shared_moment
from sequela.sharing.key import Key
from sequela.sharing.policy import AGE_ABOVE, OLDEST_AGE, Policy

_NOTE = "note"


@dataclass(frozen=True, slots=True)
class Shared:
    """The tables of text as they are shared, and how many cells were left out and why."""

    tables: Mapping[str, pl.DataFrame]
    left_out: Mapping[str, int] = field(default_factory=dict)


def deidentify(
    chart: Chart, policy: Policy, key: Key, *, zeros: Mapping[str, float], sites: Mapping[str, str]
) -> Shared:
    """The chart under a policy.

    `zeros` has each patient's time zero in days since 1970-01-01, for ages and the policy `days`.
    `sites` names sites anew; those that it does not have keep their names.
    """
    counts = dict.fromkeys(
        ("notes", "texts that look identifying", "dates without a time zero", "births"), 0
    )
    specimens = _specimens(chart)
    tables = {}
    for table in schema.TABLES:
        if not chart.has(table.name):
            continue
        frame = chart[table.name].sort("row")
        made: dict[str, pl.Series] = {}
        for column in table.columns:
            made[column.name] = _column(
                frame, column, policy, key, zeros=zeros, counts=counts, table=table.name
            )
        shared = pl.DataFrame(made)
        if "specimen" in shared.columns:
            old = frame.select(pl.concat_str("patient_id", pl.lit("\x1f"), "specimen"))
            shared = shared.with_columns(
                old.to_series().replace_strict(specimens, default=None).alias("specimen")
            )
        if table.name == "patients":
            shared = _people(frame, shared, policy, zeros=zeros, sites=sites, counts=counts)
        tables[table.name] = shared
    return Shared(tables, {kind: n for kind, n in counts.items() if n})


def _column(
    frame: pl.DataFrame,
    column: schema.Column,
    policy: Policy,
    key: Key,
    *,
    zeros: Mapping[str, float],
    counts: dict[str, int],
    table: str,
) -> pl.Series:
    name = column.name
    if column.kind == "id":
        return frame[name].replace_strict(dict(key.numbers), default=None)
    if column.kind == "moment":
        moved = shared_moment(frame, name, policy, zeros=zeros, shifts=key.shifts)
        if name != "birth":
            counts["dates without a time zero"] += moved.null_count() - frame[name].null_count()
        return moved
    if name == _NOTE:
        counts["notes"] += frame.height - frame[name].null_count()
        return pl.Series(name, [None] * frame.height, pl.String)
    if column.kind == "text" and (table, name) != ("patients", "site"):
        tells = frame.select(looks_identifying(pl.col(name)).fill_null(False)).to_series()
        counts["texts that look identifying"] += int(tells.sum())
        return frame[name].set(tells, None)
    return frame[name]


def _specimens(chart: Chart) -> dict[str, str]:
    """A new number for each sample, counted within the patient in the chart's order."""
    numbers: dict[str, str] = {}
    counted: dict[str, int] = {}
    for table in schema.TABLES:
        if any(c.name == "specimen" for c in table.columns):
            rows = chart[table.name].sort("row").select("patient_id", "specimen").iter_rows()
            for patient, specimen in rows:
                old = f"{patient}\x1f{specimen}"
                if specimen is not None and old not in numbers:
                    counted[patient] = counted.get(patient, 0) + 1
                    numbers[old] = f"S{counted[patient]}"
    return numbers


def _people(
    frame: pl.DataFrame,
    shared: pl.DataFrame,
    policy: Policy,
    *,
    zeros: Mapping[str, float],
    sites: Mapping[str, str],
    counts: dict[str, int],
) -> pl.DataFrame:
    """Sites by their new names, and births and ages that do not tell who is very old."""
    births, ages = [], []
    rows = zip(frame.iter_rows(named=True), shared["birth"], strict=True)
    for row, shared_birth in rows:
        age = row["age__low"]
        at_zero = _age_at_zero(row, zeros.get(row["patient_id"]))
        old = max(age or 0, at_zero or 0) > OLDEST_AGE
        birth = None if policy == "days" or old else shared_birth
        counts["births"] += birth is None and row["birth"] is not None and policy != "days"
        if age is None and policy == "days":
            age = at_zero
        births.append(birth)
        ages.append(None if age is None else f"{AGE_ABOVE if age > OLDEST_AGE else age:g}")
    return shared.with_columns(
        pl.Series("birth", births, pl.String),
        pl.Series("age", ages, pl.String),
        pl.col("site").replace(dict(sites)),
    )


def _age_at_zero(row: Mapping[str, object], zero: float | None) -> float | None:
    """Completed years at time zero; None unless the birth decides it."""
    low, high, clock = row["birth__low"], row["birth__high"], row["birth__clock"]
    if zero is None or clock != CALENDAR:
        return None
    youngest, oldest = (completed_years(float(str(end)), zero) for end in (high, low))
    return youngest if youngest == oldest else None
