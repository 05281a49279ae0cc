"""Which transplant is which: their numbers within a patient, and the one that a column is about."""

from __future__ import annotations

from typing import Literal, Protocol

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.clinical.columns import ColumnDefinition
from sequela.clinical.definition import select_rows
from sequela.clinical.subjects import Derived
from sequela.findings import Finding

NUMBER = "transplant_number"


class OfTransplant(ColumnDefinition):
    """What columns about a transplant may say: which of the patient's transplants it is."""

    where: str = Field(
        "", description="SQL condition on transplants, which may also use transplant_number"
    )
    pick: Literal["first", "last"] = Field("first", description="which of several")


def numbered(chart: Chart) -> pl.DataFrame:
    """The transplants with their number within the patient, 1 for the first.

    The chart's own number counts; without one they are counted by their times. Where several
    have no number and no order in time (undated, or on clocks that nothing links), the number
    is null.
    """
    frame = chart["transplants"]
    of_patient = frame["patient_id"].is_not_null()
    dated = pl.col("when__low").is_not_null().all().over("patient_id")
    one_clock = pl.col("when__clock").n_unique().over("patient_id") == 1
    several = pl.len().over("patient_id") > 1
    by_time = pl.struct("when__low", "row").rank("ordinal").over("patient_id").cast(pl.Float64)
    ordered = pl.when(~several).then(1.0).when(dated & one_clock).then(by_time)
    given = pl.col("number__low").is_not_null().any().over("patient_id")
    number = pl.when(given).then(pl.col("number__low")).otherwise(ordered)
    return frame.filter(of_patient).with_columns(number.alias(NUMBER))


class Choice(Protocol):
    """What chooses a transplant: a condition, and which of several."""

    @property
    def where(self) -> str:
        """SQL condition on transplants."""

    @property
    def pick(self) -> Literal["first", "last"]:
        """Which of several."""


def chosen(chart: Chart, definition: Choice) -> pl.DataFrame:
    """The transplant a patient that a column is about; `unordered` where none can be told."""
    frame = select_rows(numbered(chart), definition.where)
    unordered = (pl.len().over("patient_id") > 1) & pl.col(NUMBER).is_null().any().over(
        "patient_id"
    )
    last = definition.pick == "last"
    return (
        frame.with_columns(unordered.alias("unordered"))
        .sort("patient_id", NUMBER, "row", descending=[False, last, last], nulls_last=True)
        .unique("patient_id", keep="first", maintain_order=True)
    )


def linked(chart: Chart, table: str) -> tuple[pl.DataFrame, list[Finding]]:
    """The rows of a table about transplants, each with the row of its transplant.

    A row that names no transplant belongs to the patient's only one. A row that names none where
    there are several, or one that is not charted, is left out with a finding.
    """
    transplants = numbered(chart).select(
        "patient_id", pl.col("row").alias("transplant_row"), pl.col(NUMBER).alias("of")
    )
    only = transplants.filter(pl.len().over("patient_id") == 1).select(
        "patient_id", pl.col("transplant_row").alias("only_row")
    )
    rows = chart[table].filter(pl.col("patient_id").is_not_null())
    joined = rows.join(only, on="patient_id", how="left", maintain_order="left").join(
        transplants.unique(["patient_id", "of"], keep="first", maintain_order=True),
        left_on=["patient_id", "transplant__low"],
        right_on=["patient_id", "of"],
        how="left",
        maintain_order="left",
    )
    unnamed = pl.col("transplant__low").is_null()
    joined = joined.with_columns(
        pl.when(unnamed).then("only_row").otherwise("transplant_row").alias("transplant_row")
    )
    lost = joined.filter(pl.col("transplant_row").is_null())
    kept = joined.filter(pl.col("transplant_row").is_not_null())
    return kept, [_unlinked(chart, table, row) for row in lost.iter_rows(named=True)]


def _unlinked(chart: Chart, table: str, row: dict[str, object]) -> Finding:
    named = row["transplant"] is not None
    return Finding(
        code="transplant-not-found",
        severity="warning",
        file=chart.files.get(table, f"{table}.csv"),
        row=int(str(row["row"])),
        column="transplant",
        patient_id=str(row["patient_id"]),
        value=str(row["transplant"] or ""),
        message="the patient has no transplant of that number"
        if named
        else "it does not say which transplant it belongs to, and the patient has not just one",
        remedy="Give the number of the transplant, as in transplants.csv."
        if named
        else "Give the number of the transplant; until then the row decides nothing.",
    )


def derived_of(
    rows: pl.DataFrame, value: pl.Expr, *, kind: str, why: pl.Expr, method: str
) -> Derived:
    """A column about the chosen transplants: known once the transplant is done."""
    unordered = pl.col("unordered")
    parts = ["low", "high"] if kind == "number" else ["value"]
    values = rows.select(
        "patient_id",
        *(pl.when(~unordered).then(value).alias(part) for part in parts),
        pl.when(unordered).then(pl.lit("missing")).otherwise(why).alias("why"),
        pl.col("when__high").alias("known_at"),
        pl.col("when__clock").alias("known_clock"),
    )
    decided = rows.filter(~unordered).select(
        "patient_id", pl.lit("transplants").alias("table"), "row"
    )
    return Derived(kind, values, decided, method)  # type: ignore[arg-type]
