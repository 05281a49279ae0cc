"""The value of a chart column at a moment: the row that the timeline's look-ups find there."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sequela.chart import schema
from sequela.chart.chart import Chart
from sequela.chart.conditions import select_rows
from sequela.clinical import columns as col
from sequela.clinical.subjects import ColumnKind, Derived
from sequela.clinical.timeline import dated_rows, look_up

Moments = Mapping[str, pl.DataFrame]


def derive_value_at(chart: Chart, definition: col.LookUp, moments: Moments) -> Derived:
    """The value in the row that stands at, before, after or nearest to a moment.

    Rows without a value are passed over. Null with the reason `no common clock` where rows and
    moment stand on clocks that nothing links, `not_evaluable` where partial dates leave it open
    which row it is. It is known when both the row and the moment are.
    """
    column = schema.table(definition.table).column(definition.column)
    numeric = column.kind in ("number", "count")
    rows = select_rows(chart[definition.table], definition.where).filter(
        pl.col(column.name).is_not_null()
    )
    dated = dated_rows(Chart({definition.table: rows}), definition.table)
    at = moments[definition.at].filter(pl.col("low").is_not_null())
    at = at.select("patient_id", "clock", "low", "high")
    found = look_up(at, dated, definition.pick, within_days=definition.within_days, by="patient_id")
    parts = (
        {"low": f"{column.name}__low", "high": f"{column.name}__high"}
        if numeric
        else {"value": column.name}
    )
    values = found.select(
        "patient_id",
        *(pl.when(~pl.col("open")).then(pl.col(p)).alias(name) for name, p in parts.items()),
        pl.when("open").then(pl.lit("not_evaluable")).alias("why"),
        pl.max_horizontal("high", "at_high").alias("known_at"),
        pl.col("clock").alias("known_clock"),
    )
    values = pl.concat([values, _elsewhere(at, dated)], how="diagonal_relaxed")
    kind: ColumnKind = "number" if numeric else "category"
    decided = found.filter(~pl.col("open")).select(
        "patient_id", pl.lit(definition.table).alias("table"), "row"
    )
    return Derived(kind, values, decided, _method(definition))


def _elsewhere(at: pl.DataFrame, dated: pl.DataFrame) -> pl.DataFrame:
    """The patients whose rows all stand on other clocks than the moment."""
    together = at.join(dated, on=["patient_id", "clock"], how="semi")["patient_id"]
    apart = at.join(dated, on="patient_id", how="semi")
    return apart.filter(~pl.col("patient_id").is_in(together.implode())).select(
        "patient_id", pl.lit("no common clock").alias("why")
    )


def _method(definition: col.LookUp) -> str:
    which = definition.pick.replace("_", " ")
    moment = definition.at.replace("_", " ")
    rows = definition.table + (f" where {definition.where}" if definition.where else "")
    where = {
        "nearest": f"nearest to {moment}",
        "on_or_before": f"last on or before {moment}",
        "on_or_after": f"first on or after {moment}",
    }.get(definition.pick, f"{which} around {moment}")
    window = "" if definition.within_days is None else f", within {definition.within_days:g} days"
    return f"{definition.column.replace('_', ' ')} {where}{window}, in {rows}"
