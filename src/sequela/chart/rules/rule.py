"""What a rule over the chart is, and how it says where it is broken.

A rule looks at whole tables at once and answers with a frame of breaches; nothing here or in the
rules beside it goes through patients one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import polars as pl

from sequela.chart import schema
from sequela.chart.chart import Chart
from sequela.findings import Severity

Topic = Literal[
    "within a column",
    "within a row",
    "across tables",
    "across time",
    "suspicious patterns",
]

BREACH_SCHEMA: dict[str, type[pl.DataType]] = {
    "table": pl.String,
    "row": pl.Int64,
    "column": pl.String,
    "patient_id": pl.String,
    "value": pl.String,
    "hint": pl.String,
}
Breaches = Iterable[pl.DataFrame]

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Asked:
    """What rules may look at: the chart, the sites that the study names, and its data cut."""

    chart: Chart
    sites: tuple[str, ...] = ()
    data_cut: date | None = None
    _lives: dict[str, pl.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    @property
    def data_cut_day(self) -> float | None:
        """The data cut in days since 1970-01-01; None where the study states none."""
        return None if self.data_cut is None else float(self.data_cut.toordinal() - _EPOCH)

    def lives(self, table: str) -> pl.DataFrame:
        """The times of a table beside the birth and the last contact of each row's patient.

        Columns: row, patient_id, each time with its ends and clock; born (the earliest that the
        birth can have been), born_clock, patients_row; end (the latest that the last contact can
        have been), end_clock, dead, followup_row. Rows of no known patient have nulls there.
        Made once, since several rules ask for it.
        """
        if table not in self._lives:
            times = [c.name for c in schema.table(table).columns if c.kind == "moment"]
            parts = ("", "__low", "__high", "__clock")
            frame = self.chart[table].select(
                "row", "patient_id", *(f"{c}{part}" for c in times for part in parts)
            )
            for limits in (_births(self.chart), _ends(self.chart)):
                frame = frame.join(limits, on="patient_id", how="left", maintain_order="left")
            self._lives[table] = frame
        return self._lives[table]


def _births(chart: Chart) -> pl.DataFrame:
    people = chart["patients"].unique("patient_id", keep="first", maintain_order=True)
    return people.select(
        "patient_id",
        pl.col("birth__low").alias("born"),
        pl.col("birth__clock").alias("born_clock"),
        pl.col("row").alias("patients_row"),
    )


def _ends(chart: Chart) -> pl.DataFrame:
    people = chart["followup"].unique("patient_id", keep="first", maintain_order=True)
    return people.select(
        "patient_id",
        pl.col("last_contact__high").alias("end"),
        pl.col("last_contact__clock").alias("end_clock"),
        dead().alias("dead"),
        pl.col("row").alias("followup_row"),
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """A check over the chart; `sentence` says what is wrong where it is broken.

    `find` gives frames of breaches (`BREACH_SCHEMA`); a `hint` is put before the remedy. `unseen`
    counts the rows that the rule concerns and cannot judge for want of a value. `waivable` says
    whether a study may keep a breach with a reason; a chart whose structure is broken has no
    reading that a reason could defend.
    """

    code: str
    topic: Topic
    severity: Severity
    sentence: str
    remedy: str
    find: Callable[[Asked], Breaches]
    unseen: Callable[[Asked], int] | None = None
    waivable: bool = True


def breaches(
    frame: pl.DataFrame,
    table: str,
    column: str,
    *,
    value: str | pl.Expr = "",
    hint: str | pl.Expr = "",
) -> pl.DataFrame:
    """The rows of a chart frame as breaches, at one of its columns.

    `value` names the column whose cell is shown; `hint` is a sentence or an expression of one.
    Both are empty where null.
    """
    shown = pl.col(value) if isinstance(value, str) and value else value
    return frame.select(
        pl.lit(table).alias("table"),
        pl.col("row").cast(pl.Int64),
        pl.lit(column).alias("column"),
        pl.col("patient_id").fill_null(""),
        _text(shown).alias("value"),
        _text(hint).alias("hint"),
    )


def _text(expression: str | pl.Expr) -> pl.Expr:
    plain = pl.lit(expression) if isinstance(expression, str) else expression
    return plain.cast(pl.String).fill_null("")


def row_of_table(column: str, file: str) -> pl.Expr:
    """`diagnoses.csv, row 7`, from a column that holds row numbers."""
    return pl.format(f"{file}.csv, row {{}}", pl.col(column))


def moments_of(*, without: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Every column that holds a time, with its table; `without` leaves tables out."""
    return [
        (table.name, column.name)
        for table in schema.TABLES
        if table.name not in without
        for column in table.columns
        if column.kind == "moment"
    ]


def given(frame: pl.DataFrame, table: str, kinds: tuple[schema.Kind, ...]) -> list[str]:
    """The columns of these kinds in which the frame has any value."""
    names = [c.name for c in schema.table(table).columns if c.kind in kinds and c.name in frame]
    return [name for name in names if frame[name].null_count() < frame.height]


def dead() -> pl.Expr:
    """Whether a row of followup says dead; unknown counts as no."""
    return (pl.col("vital_status") == "dead").fill_null(False)
