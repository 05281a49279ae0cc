"""Subjects: the derived table, one row a patient, and what is known about its columns.

A null in column `x` has its reason in `x__why`. A number that may be an interval has its
ends in `x__low` and `x__high`; where the two differ `x` is null with the reason `interval`,
which is knowledge and no absence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from sequela.clinical.definition import evaluate_condition, read_condition

# The set of everyone in the chart, where criteria of eligibility exclude some.
ENROLLED = "enrolled"

ColumnKind = Literal["number", "category", "yes_no", "text"]

DERIVATION_SCHEMA = {
    "patient_id": pl.String,
    "column": pl.String,
    "table": pl.String,
    "row": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Derived:
    """A column before it is joined: one row for each patient who has something to say.

    `values` holds patient_id, value (or low and high), why, and known_at with known_clock: the
    latest of the moments that decided the value (null: unknown, -inf: always known).
    `rows` names the chart rows that decided it: patient_id, table, row.
    """

    kind: ColumnKind
    values: pl.DataFrame
    rows: pl.DataFrame
    method: str
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """What a report needs to know of a column of subjects."""

    name: str
    label: str
    kind: ColumnKind
    unit: str
    levels: tuple[str, ...]
    method: str


@dataclass(frozen=True, slots=True)
class PatientSet:
    """A named set of patients, its condition, and the columns that the condition rests on."""

    name: str
    label: str
    where: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subjects:
    """The derived table with its columns' descriptions, sets, and the rows behind each value."""

    frame: pl.DataFrame
    columns: Mapping[str, ColumnInfo]
    sets: Mapping[str, PatientSet]
    derivations: pl.DataFrame
    known_at: pl.DataFrame
    eligible: pl.Series | None = None

    def condition(self, sql: str) -> pl.Series:
        """Whether each patient satisfies a condition; null where the values do not tell."""
        return evaluate_condition(self.frame, sql)

    def reason(self, sql: str) -> pl.Series:
        """Why a condition is unknown, a reason a patient; null where it is known."""
        names = read_condition(sql, self.frame.columns).meta.root_names()
        whys = [f"{name}__why" for name in names if f"{name}__why" in self.frame.columns]
        if not whys:
            return self.frame.select(pl.lit("missing").alias("why"))["why"]
        first = self.frame.select(pl.coalesce(whys).alias("why"))["why"]
        return first.replace({"interval": "not_evaluable", "no common clock": "not_evaluable"})

    def members(self, name: str) -> pl.Series:
        """Who is in a set, a yes or no a patient; unknown membership counts as no.

        Who is not eligible is in no set but that of the enrolled.
        """
        where = self.sets[name].where
        everyone = pl.Series("member", [True] * self.frame.height, pl.Boolean)
        members = self.condition(where).fill_null(False) if where else everyone
        if self.eligible is None or name == ENROLLED:
            return members
        return members & self.eligible

    def within(self, name: str) -> pl.DataFrame:
        """The rows of the subjects in a set."""
        return self.frame.filter(self.members(name))

    def without(self, patients: frozenset[str]) -> Subjects:
        """The same study with some patients left out."""
        keep = ~pl.col("patient_id").is_in(list(patients))
        kept = self.frame.select(keep).to_series()
        return Subjects(
            self.frame.filter(keep),
            self.columns,
            self.sets,
            self.derivations.filter(keep),
            self.known_at.filter(keep),
            None if self.eligible is None else self.eligible.filter(kept),
        )

    def is_known_by(
        self, column: str, low: pl.Series, clock: pl.Series, *, among: pl.Series | None = None
    ) -> bool:
        """Whether everyone's value of a column was known by a moment (one a patient).

        `among` limits the question to some patients. Unknown counts as not known: a column that
        nothing dates is never baseline.
        """
        when = self.known_at.filter(pl.col("column") == column).drop("column")
        frame = self.frame.select("patient_id", pl.col(column).is_not_null().alias("has"))
        frame = frame.with_columns(low.alias("start"), clock.alias("start_clock"))
        frame = frame if among is None else frame.filter(among)
        frame = frame.join(when, on="patient_id", how="left").filter(pl.col("has"))
        always = pl.col("known_at") == float("-inf")
        on_clock = pl.col("known_clock") == pl.col("start_clock")
        by_then = on_clock & (pl.col("known_at") <= pl.col("start"))
        return bool(frame.select((always | by_then).fill_null(False).all()).item())


ROWS_SCHEMA = {"patient_id": pl.String, "table": pl.String, "row": pl.Int64}
EMPTY_ROWS = pl.DataFrame(schema=ROWS_SCHEMA)

VALUE_SCHEMA: dict[str, type[pl.DataType]] = {
    "patient_id": pl.String,
    "why": pl.String,
    "known_at": pl.Float64,
    "known_clock": pl.String,
}


def _beside(frame: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """The values beside the subjects; as they are where they stand in the same order."""
    if values["patient_id"].equals(frame["patient_id"]):
        return frame.hstack(values.drop("patient_id"))
    return frame.join(values, on="patient_id", how="left", maintain_order="left")


def join_column(
    frame: pl.DataFrame, name: str, derived: Derived, *, absent: str, applies: pl.Series | None
) -> pl.DataFrame:
    """The subjects with a derived column, and a reason for each null in it.

    Who has no row gets the reason `absent`; where the column does not apply the value is
    dropped with the reason `not_applicable`.
    """
    values = derived.values.drop("known_at", "known_clock")
    numeric = derived.kind == "number"
    renamed = values.rename(
        {"why": f"{name}__why"}
        | ({"low": f"{name}__low", "high": f"{name}__high"} if numeric else {"value": name})
    )
    joined = _beside(frame, renamed)
    outside = pl.lit(False) if applies is None else ~applies.fill_null(False)
    parts = [f"{name}__low", f"{name}__high"] if numeric else [name]
    joined = joined.with_columns(
        pl.when(outside).then(None).otherwise(pl.col(part)).alias(part) for part in parts
    )
    if numeric:
        exact = pl.col(f"{name}__low") == pl.col(f"{name}__high")
        joined = joined.with_columns(pl.when(exact).then(f"{name}__low").alias(name))
    has = pl.col(f"{name}__low").is_not_null() if numeric else pl.col(name).is_not_null()
    interval = has & pl.col(name).is_null() if numeric else pl.lit(False)
    why = (
        pl.when(outside)
        .then(pl.lit("not_applicable"))
        .when(interval)
        .then(pl.lit("interval"))
        .when(has)
        .then(None)
        .otherwise(pl.coalesce(pl.col(f"{name}__why"), pl.lit(absent)))
    )
    ordered = [name, *parts[: 2 * numeric], f"{name}__why"]
    joined = joined.with_columns(why.alias(f"{name}__why"))
    return joined.select([*frame.columns, *ordered])
