"""The columns of an endpoint beside the others of the subjects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from sequela.chart.time import DAYS_IN
from sequela.clinical.definition import TimeUnit
from sequela.clinical.endpoints import EndpointDefinition
from sequela.clinical.imputation import IN_WORDS, PartialDates
from sequela.clinical.subjects import ColumnInfo, Subjects


@dataclass(frozen=True, slots=True)
class EndpointColumns:
    """What an endpoint's columns are called after, the unit of its times, the rule of dates."""

    name: str
    unit: TimeUnit
    partial_dates: PartialDates


def add_endpoint(
    subjects: Subjects,
    definition: EndpointDefinition,
    asked: EndpointColumns,
    frame: pl.DataFrame,
) -> Subjects:
    """The endpoint's columns beside the others: times in the study's unit, event, what ended it.

    `frame` has the endpoint's times, one row a patient in the order of the subjects.
    """
    rows = frame.filter(pl.col("row").is_not_null()).select(
        "patient_id", pl.lit(asked.name).alias("column"), "table", "row"
    )
    return replace(
        subjects,
        frame=pl.concat([subjects.frame, frame.select(*_values(asked))], how="horizontal"),
        columns={**subjects.columns, **{c.name: c for c in _described(definition, asked)}},
        derivations=pl.concat([subjects.derivations, rows]),
    )


def _values(asked: EndpointColumns) -> Iterable[pl.Expr]:
    """Each column with the reason of its nulls after it."""
    name, unit = asked.name, DAYS_IN[asked.unit]
    no_time = pl.col("time").is_null()
    imputed = pl.col("imputed_from")
    for end in ("time", "low", "high"):
        yield (pl.col(end) / unit).alias(name if end == "time" else f"{name}__{end}")
    yield _why(no_time, "interval").alias(f"{name}__why")
    yield pl.col("event").alias(f"{name}_event")
    yield pl.col("why").alias(f"{name}_event__why")
    yield pl.col("cause").alias(f"{name}_cause")
    yield _why(pl.col("cause").is_null()).alias(f"{name}_cause__why")
    yield pl.col("ended_by").alias(f"{name}_ended_by")
    yield pl.col("why").alias(f"{name}_ended_by__why")
    yield pl.when(~no_time).then(imputed.is_not_null()).alias(f"{name}_imputed")
    yield _why(no_time).alias(f"{name}_imputed__why")
    yield imputed.alias(f"{name}_imputed_from")
    yield _why(imputed.is_null()).alias(f"{name}_imputed_from__why")


def _why(is_null: pl.Expr, otherwise: str = "not_applicable") -> pl.Expr:
    """The endpoint's own reason where a value is null, else the one that stands here."""
    return pl.when(is_null).then(pl.coalesce(pl.col("why"), pl.lit(otherwise)))


def _described(definition: EndpointDefinition, asked: EndpointColumns) -> Iterable[ColumnInfo]:
    name = asked.name
    label = definition.label or name.replace("_", " ")
    started, events = f"from {definition.start}", " or ".join(definition.event)
    about = f"a date known in part stands for {IN_WORDS[asked.partial_dates]}"
    yield ColumnInfo(name, label, "number", asked.unit, (), started)
    yield ColumnInfo(f"{name}_event", f"{label}: event", "yes_no", "", (), events)
    yield ColumnInfo(
        f"{name}_cause", f"{label}: cause", "category", "", definition.causes, "what ended it"
    )
    yield ColumnInfo(
        f"{name}_ended_by", f"{label}: ended by", "text", "", (), "the deciding moment"
    )
    yield ColumnInfo(
        f"{name}_imputed", f"{label}: rests on an imputed date", "yes_no", "", (), about
    )
    yield ColumnInfo(
        f"{name}_imputed_from", f"{label}: imputed", "text", "", (), "what is known in part"
    )
