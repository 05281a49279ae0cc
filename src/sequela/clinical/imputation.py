"""Dates known in part: the rule by which one point stands for each, and what rests on it.

A partial date keeps its first and last day. Only a time to event needs one point, and gets it by
the study's rule, `partial_dates` in study.toml:

- `middle`: the middle of what the endpoint can be (the default);
- `first`, `last`: the first, or the last, of the days of each date;
- `bounded`: the days of a date are first narrowed by what is known of the same patient: not
  before birth, nor before the first diagnosis (relapse, therapy, transplant, judgement, follow-up),
  nor before the first of two diagnoses, nor a stop before its start; not after the last contact,
  which itself is not before anything charted. Then the middle is taken.

Whatever the rule, the point stays within what is possible, and what rests on it says so. The
rules are conventions; `middle` and `first` are common in registries and none is right. Dates that
`bounded` would leave without a day contradict each other and stay as they are: the rules over the
chart report them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import polars as pl

from sequela.chart import schema
from sequela.chart.chart import Chart
from sequela.chart.time import CALENDAR

PartialDates = Literal["middle", "first", "last", "bounded"]

IN_WORDS: Mapping[PartialDates, str] = {
    "middle": "the middle of the time that it leaves open",
    "first": "its first day",
    "last": "its last day",
    "bounded": "the middle of its days, after those were left out that the patient's birth, "
    "diagnoses, start of the same record and last contact rule out",
}

# What is charted of a disease comes after its diagnosis; a drug, a number or a sample may not.
_AFTER_DIAGNOSIS = ("treatments", "transplants", "assessments", "extramedullary", "events")
_ROUNDING = 1e-6


def _times(table: schema.ChartTable) -> list[str]:
    return [c.name for c in table.columns if c.kind == "moment"]


def narrow_chart(chart: Chart) -> Chart:
    """The chart with each partial date narrowed to the days that the patient's others leave.

    Only the ends (`__low`, `__high`) of dates on the calendar change; the text stays.
    """
    tables = dict(chart.tables)
    born = _limit(tables["patients"], "birth", "low", "earliest")
    ended = _limit(tables["followup"], "last_contact", "high", "latest")
    tables["diagnoses"] = _narrowed_diagnoses(_bounded(tables["diagnoses"], ["when"], born, ended))
    diagnosed = _limit(tables["diagnoses"], "when", "low", "earliest")
    for table in schema.TABLES:
        if table.name in ("patients", "diagnoses", "followup") or not table.moment:
            continue
        since = diagnosed if table.name in _AFTER_DIAGNOSIS else born
        frame = _bounded(tables[table.name], _times(table), since, ended)
        tables[table.name] = _stop_after_start(frame)
    seen = [
        _limit(tables[table.name], column, "low", "earliest", latest=True)
        for table in schema.TABLES
        if table.moment and table.name != "followup"
        for column in _times(table)
    ]
    last_seen = pl.concat(seen).group_by("patient_id").agg(pl.col("earliest").max())
    tables["followup"] = _bounded(tables["followup"], ["last_contact"], last_seen, None)
    return replace(chart, tables=tables)


def _limit(
    frame: pl.DataFrame, column: str, end: str, name: str, *, latest: bool = False
) -> pl.DataFrame:
    """A patient's first (or latest) day of a column of dates, as a frame of two columns."""
    on = frame.filter(pl.col(f"{column}__clock") == CALENDAR)
    day = pl.col(f"{column}__{end}")
    return on.group_by("patient_id").agg((day.max() if latest else day.min()).alias(name))


def _bounded(
    frame: pl.DataFrame, columns: list[str], since: pl.DataFrame, until: pl.DataFrame | None
) -> pl.DataFrame:
    """The frame with its partial dates between a patient's two limits."""
    with_limits = frame.join(since, on="patient_id", how="left", maintain_order="left")
    limits = ["earliest"]
    if until is not None:
        with_limits = with_limits.join(until, on="patient_id", how="left", maintain_order="left")
        limits.append("latest")
    for column in columns:
        latest = pl.col("latest") if until is not None else pl.lit(None, pl.Float64)
        with_limits = with_limits.with_columns(_within(column, pl.col("earliest"), latest))
    return with_limits.drop(limits)


def _within(column: str, earliest: pl.Expr, latest: pl.Expr) -> list[pl.Expr]:
    """Both ends of a partial date within limits, unless no day would be left."""
    low, high = pl.col(f"{column}__low"), pl.col(f"{column}__high")
    first, last = pl.max_horizontal(low, earliest), pl.min_horizontal(high, latest)
    partial = (pl.col(f"{column}__clock") == CALENDAR) & (low < high) & (first <= last)
    return [
        pl.when(partial).then(first).otherwise(low).alias(f"{column}__low"),
        pl.when(partial).then(last).otherwise(high).alias(f"{column}__high"),
    ]


def _stop_after_start(frame: pl.DataFrame) -> pl.DataFrame:
    """Starts not after their stop, and stops not before their start."""
    if "start__low" not in frame.columns or "stop__low" not in frame.columns:
        return frame
    same = pl.col("start__clock") == pl.col("stop__clock")
    begun, ended = (pl.when(same).then(c) for c in ("start__low", "stop__high"))
    nothing = pl.lit(None, pl.Float64)
    return frame.with_columns(*_within("start", nothing, ended), *_within("stop", begun, nothing))


def _narrowed_diagnoses(frame: pl.DataFrame) -> pl.DataFrame:
    """A second diagnosis not before the first, and the first not after the second."""
    first = _limit(frame.filter(pl.col("role") == "first"), "when", "low", "earliest")
    second = _limit(frame.filter(pl.col("role") == "second"), "when", "high", "latest")
    joined = frame.join(first, on="patient_id", how="left", maintain_order="left").join(
        second, on="patient_id", how="left", maintain_order="left"
    )
    earliest = pl.when(pl.col("role") == "second").then("earliest")
    latest = pl.when(pl.col("role") == "first").then("latest")
    return joined.with_columns(_within("when", earliest, latest)).drop("earliest", "latest")


def place_endpoint(
    frame: pl.DataFrame, start: str, starts: pl.DataFrame, rule: PartialDates
) -> pl.DataFrame:
    """An endpoint with its point by the study's rule, and the column `imputed_from`.

    `starts` is the frame of the moment `start`. `imputed_from` names what is known in part (the
    start, the end, or both); null where the time rests on no such date. An event between two
    visits, both of them dated, is the endpoint's own business (`between`).
    """
    began = starts.select("patient_id", pl.col("high").alias("start_high"))
    told = frame.join(began, on="patient_id", how="left", maintain_order="left")
    end_high = pl.col("high") + pl.col("start")
    start_partial = pl.col("start_high") > pl.col("start") + _ROUNDING
    end_partial = end_high > pl.col("end") + _ROUNDING
    placed = {
        "first": pl.col("end") - pl.col("start"),
        "last": end_high - pl.col("start_high"),
    }.get(rule, pl.col("time"))
    known = pl.col("imputed").fill_null(False) & pl.col("time").is_not_null()
    imputed = known & (start_partial | end_partial).fill_null(False)
    named = pl.concat_str(
        pl.when(start_partial).then(pl.lit(f"start ({start})")),
        pl.when(end_partial).then(pl.format("end ({})", pl.col("ended_by"))),
        separator=", ",
        ignore_nulls=True,
    )
    return told.with_columns(
        pl.when(imputed)
        .then(pl.min_horizontal(pl.max_horizontal(placed, "low"), "high"))
        .otherwise("time")
        .alias("time"),
        pl.when(imputed).then(named).alias("imputed_from"),
    ).drop("start_high")
