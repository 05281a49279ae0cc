"""Column definitions that read the chart or other columns directly, and their evaluation.

Each class is the definition of one derivation; the function beside it evaluates it. What
needs more haematology has a file of its own (exposure, response, dechallenge).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import polars as pl
from pydantic import Field, model_validator

from sequela.chart import schema
from sequela.chart.chart import Chart
from sequela.chart.frames import each_named_row
from sequela.chart.time import CALENDAR, DAYS_IN, completed_years
from sequela.clinical.definition import Definition, Reason, TimeUnit, select_rows
from sequela.clinical.subjects import EMPTY_ROWS, ColumnKind, Derived, Subjects
from sequela.clinical.timeline import Pick

ALWAYS = -math.inf
Moments = Mapping[str, pl.DataFrame]


NOT_EVALUABLE = "NE"
"""What a clinician writes who could not judge."""


class ColumnDefinition(Definition):
    """What every column may say, whatever derives it."""

    label: str = Field("", description="how tables call it")
    unit: str = Field("", description="the unit of a number")
    levels: tuple[str, ...] = Field((), description="the categories in the order to show them")
    applies_to: str = Field("", description="SQL condition; elsewhere it is not applicable")
    absent: Reason = Field("missing", description="what it means when the chart says nothing")


class LookUp(ColumnDefinition):
    """The value in one column of one chart table: the first, the last, or the one at a moment.

    With `at`, `pick` may also be `on_or_before` (the last such), `on_or_after` (the first such)
    or `nearest`, which is what `at` alone means; `within_days` says how far away it may stand,
    that day included.
    """

    derive: Literal["look_up"]
    table: str
    column: str
    where: str = ""
    pick: Pick = "first"
    at: str = Field("", description="the moment that the row is looked up at")
    within_days: float | None = Field(
        None, ge=0, description="how many days from `at` the row may stand"
    )

    @model_validator(mode="before")
    @classmethod
    def _nearest(cls, data: Any) -> Any:
        """A moment without a word for which row means the nearest."""
        if isinstance(data, dict) and data.get("at") and "pick" not in data:
            return data | {"pick": "nearest"}
        return data

    @model_validator(mode="after")
    def _at_a_moment(self) -> LookUp:
        if not self.at and self.pick not in ("first", "last"):
            raise ValueError(f"pick = '{self.pick}' needs `at`, the moment it is looked up at")
        if not self.at and self.within_days is not None:
            raise ValueError("within_days needs `at`, the moment it counts from")
        known = self.table in schema.TABLE_NAMES
        if self.at and known and not schema.table(self.table).moment:
            raise ValueError(f"the rows of {self.table} have no time, so `at` finds none of them")
        return self


class Listing(ColumnDefinition):
    """All values of a chart column, joined in the chart's order."""

    derive: Literal["list"]
    table: str
    column: str
    where: str = ""
    separator: str = "; "
    judged: str = Field(
        "", description="the `what` of an assessment that says so where there is no row: `none`, NE"
    )


class Present(ColumnDefinition):
    """Whether the chart has any such row; a patient without one counts as no.

    Where the study has no such table at all, nobody is known to have or not to have one.
    """

    derive: Literal["present"]
    table: str
    where: str = ""


class Recode(ColumnDefinition):
    """Another column's values under other names; a value without a code is a finding."""

    derive: Literal["recode"]
    source: str = Field(alias="from")
    codes: Mapping[str, str]


class Age(ColumnDefinition):
    """Age in completed years at a moment."""

    derive: Literal["age"]
    at: str


class Interval(ColumnDefinition):
    """The time from one moment to another."""

    derive: Literal["interval"]
    start: str = Field(alias="from")
    end: str = Field(alias="to")
    unit: TimeUnit = "days"


class Condition(ColumnDefinition):
    """Whether a condition over other columns holds; unknown stays unknown unless said."""

    derive: Literal["condition"]
    where: str
    unknown_counts_as: bool | None = None


def _words(name: str) -> str:
    return name.replace("_", " ")


def _rows(definition: LookUp | Listing | Present) -> str:
    """The chart rows that a definition reads, in words."""
    return definition.table + (f" where {definition.where}" if definition.where else "")


def _known_at(table: str) -> list[pl.Expr]:
    """When a row of a chart table was known: always, for a table that dates no rows."""
    moment = schema.table(table).moment
    if not moment:
        return [pl.lit(ALWAYS).alias("known_at"), pl.lit("").alias("known_clock")]
    return [
        pl.col(f"{moment}__high").alias("known_at"),
        pl.col(f"{moment}__clock").alias("known_clock"),
    ]


def _picked(chart: Chart, table: str, where: str, *, last: bool = False) -> pl.DataFrame:
    """One row a patient of a chart table, by time and then by place in the file.

    `several_clocks` says that the patient's rows stand on clocks that nothing links, so that
    none of them can be told to be the first or the last.
    """
    moment = schema.table(table).moment
    by = ["patient_id", *([f"{moment}__low"] if moment else []), "row"]
    rows = select_rows(chart[table], where)
    clock = pl.col(f"{moment}__clock") if moment else pl.lit(None, pl.String)
    several = clock.drop_nulls().n_unique().over("patient_id") > 1 if moment else pl.lit(False)
    rows = rows.with_columns(several.alias("several_clocks")).sort(
        by, descending=[False] + [last] * (len(by) - 1), nulls_last=True
    )
    return rows.unique("patient_id", keep="first", maintain_order=True)


def _decided_by(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    return rows.select("patient_id", pl.lit(table).alias("table"), "row")


def derive_look_up(chart: Chart, definition: LookUp) -> Derived:
    """The value in the first or last row a patient; null where that cell is blank.

    Rows on clocks that nothing links have no first: null, with the reason `no common clock`.
    """
    rows = _picked(chart, definition.table, definition.where, last=definition.pick == "last")
    column = schema.table(definition.table).column(definition.column)
    numeric = column.kind in ("number", "count")
    ends = {"low": f"{column.name}__low", "high": f"{column.name}__high"}
    parts = ends if numeric else {"value": column.name}
    unordered = pl.col("several_clocks")
    value = [pl.when(~unordered).then(pl.col(part)).alias(name) for name, part in parts.items()]
    why = pl.when(unordered).then(pl.lit("no common clock")).alias("why")
    values = rows.select("patient_id", *value, why, *_known_at(definition.table))
    kind: ColumnKind = "number" if numeric else "category"
    method = f"{definition.pick} {_words(definition.column)} in {_rows(definition)}"
    decided = rows.filter(pl.col(column.name).is_not_null())
    return Derived(kind, values, _decided_by(decided, definition.table), method)


def derive_list(chart: Chart, definition: Listing) -> Derived:
    """The values of a chart column, joined in the chart's order.

    Who has no such row may have an assessment that says why: its value stands for the list, and
    `NE` is not evaluable.
    """
    rows = select_rows(chart[definition.table], definition.where).sort("patient_id", "row")
    rows = rows.filter(pl.col(definition.column).is_not_null())
    values = rows.group_by("patient_id", maintain_order=True).agg(
        pl.col(definition.column).str.join(definition.separator).alias("value"),
        pl.lit(None, pl.String).first().alias("why"),
        pl.lit(None, pl.Float64).first().alias("known_at"),
        pl.lit(None, pl.String).first().alias("known_clock"),
    )
    decided = _decided_by(rows, definition.table)
    method = f"every {_words(definition.column)} in {_rows(definition)}, in the chart's order"
    if definition.judged:
        said = chart["assessments"].filter(pl.col("what") == definition.judged)
        said = said.join(values, on="patient_id", how="anti").sort("patient_id", "row")
        said = said.unique("patient_id", keep="first", maintain_order=True)
        values = pl.concat([values, _judged(said)]).sort("patient_id")
        decided = pl.concat([decided, _decided_by(said, "assessments")])
        method += f"; without one, what was judged of '{definition.judged}'"
    return Derived("text", values, decided, method)


def _judged(said: pl.DataFrame) -> pl.DataFrame:
    """Assessments as values of a text column; `NE` is a null with its reason."""
    evaluable = pl.col("value") != NOT_EVALUABLE
    return said.select(
        "patient_id",
        pl.when(evaluable).then("value").alias("value"),
        pl.when(~evaluable).then(pl.lit("not_evaluable")).alias("why"),
        pl.lit(None, pl.Float64).alias("known_at"),
        pl.lit(None, pl.String).alias("known_clock"),
    )


def derive_present(chart: Chart, definition: Present) -> Derived:
    """Whether a patient has a row: a yes is known from the first dated row on.

    A no is known only in hindsight, since a row may still come, and so is an undated yes.
    """
    rows = select_rows(chart[definition.table], definition.where)
    first = _picked(chart, definition.table, definition.where).select(
        "patient_id", *_known_at(definition.table)
    )
    having = rows["patient_id"].unique()
    answer = pl.col("patient_id").is_in(having.to_list())
    if not chart.has(definition.table):
        answer = pl.lit(None, pl.Boolean)
    values = pl.DataFrame({"patient_id": chart.patients}).with_columns(
        answer.alias("value"), pl.lit(None, pl.String).alias("why")
    )
    values = values.join(first, on="patient_id", how="left", maintain_order="left")
    method = f"whether there is a row in {_rows(definition)}"
    return Derived("yes_no", values, _decided_by(rows, definition.table), method)


def derive_recode(subjects: Subjects, definition: Recode) -> tuple[Derived, list[str]]:
    """The recoded column and the values that have no code."""
    source = subjects.columns[definition.source]
    frame = subjects.frame.select(
        "patient_id",
        pl.col(definition.source).cast(pl.String).alias("text"),
        pl.col(f"{definition.source}__why").alias("why"),
    )
    concerned = frame["text"]
    if definition.applies_to:
        concerned = concerned.filter(subjects.condition(definition.applies_to).fill_null(False))
    unmapped = sorted(set(concerned.drop_nulls()) - set(definition.codes))
    values = frame.with_columns(
        pl.col("text").replace_strict(dict(definition.codes), default=None).alias("value")
    ).drop("text")
    values = values.join(
        _known_of(subjects, [definition.source]), on="patient_id", how="left", maintain_order="left"
    )
    levels = tuple(dict.fromkeys(definition.codes.values()))
    method = f"groups of: {source.label}"
    rows = _rows_of(subjects, [definition.source])
    return Derived("category", values, rows, method, levels), unmapped


def derive_age(chart: Chart, definition: Age, moments: Moments) -> Derived:
    """Completed years at a moment, from a date of birth or from an age at another moment.

    From an age a in completed years at time t, the age at a moment x years earlier lies
    between floor(a - x) and ceil(a + 1 - x) - 1; the step in which the moment was given widens
    both ends. At t itself the age is exactly a. Ages are known from the start.
    """
    people = (
        chart["patients"]
        .select("patient_id", *_AGE)
        .join(
            moments[definition.at].select("patient_id", "low", "high", "step", "clock"),
            on="patient_id",
            how="left",
            maintain_order="left",
        )
    )
    ends = [_age(row) for row in each_named_row(people)]
    values = people.select("patient_id").with_columns(
        pl.Series("low", [e[0] for e in ends], pl.Float64),
        pl.Series("high", [e[1] for e in ends], pl.Float64),
        pl.Series("why", [e[2] for e in ends], pl.String),
        pl.lit(ALWAYS).alias("known_at"),
        pl.lit("").alias("known_clock"),
    )
    rows = _decided_by(chart["patients"], "patients")
    decided = moments[definition.at].select("patient_id", "table", "row")
    method = f"age in completed years at {_words(definition.at)}"
    return Derived("number", values, pl.concat([rows, decided]), method)


# What the chart says of a person's age.
_AGE = (
    *("birth", "birth__low", "birth__high", "birth__clock", "age__low", "age__high"),
    *("age_when", "age_when__low", "age_when__high", "age_when__clock"),
)
_Age = tuple[float | None, float | None, str | None]


def _age(row: Mapping[str, float | str | None]) -> _Age:
    year = DAYS_IN["years"]
    low, high = row["low"], row["high"]
    if row["birth"] is not None:
        if low is None or row["birth__clock"] != row["clock"]:
            return None, None, "missing" if low is None else "no common clock"
        return (
            _years(_n(row["birth__high"]), _n(low), str(row["clock"])),
            _years(_n(row["birth__low"]), _n(high), str(row["clock"])),
            None,
        )
    if row["age__low"] is None:
        return None, None, "missing"
    at = row["age_when__low"] if row["age_when"] is not None else 0.0
    clock = row["age_when__clock"] if row["age_when"] is not None else "time zero"
    if low is None or row["clock"] != clock:
        return None, None, "missing" if low is None else "no common clock"
    age = _n(row["age__low"])
    if low == high == at:
        return age, age, None
    half = _n(row["step"]) / 2
    earliest = age + (_n(low) - half - _n(at)) / year
    latest = age + 1 + (_n(high) + half - _n(at)) / year
    return max(_floor(earliest), 0.0), max(math.ceil(latest) - 1.0, 0.0), None


def _years(birth: float, at: float, clock: str) -> float:
    """Completed years: birthdays on the calendar, else years of the mean length."""
    if clock == CALENDAR:
        return completed_years(birth, at)
    return _floor((at - birth) / DAYS_IN["years"])


def _n(value: float | str | None) -> float:
    return float(value) if value is not None else math.nan


def _floor(value: float) -> float:
    return float(math.floor(value)) if math.isfinite(value) else value


def derive_interval(chart: Chart, definition: Interval, moments: Moments) -> Derived:
    """The time between two moments on one clock, known once the later one is."""
    start, end = moments[definition.start], moments[definition.end]
    both = (
        pl.DataFrame({"patient_id": chart.patients})
        .join(start, on="patient_id", how="left", maintain_order="left")
        .join(end, on="patient_id", how="left", suffix="_end", maintain_order="left")
    )
    same = pl.col("clock") == pl.col("clock_end")
    days = DAYS_IN[definition.unit]
    unknown = pl.col("low").is_null() | pl.col("low_end").is_null()
    values = both.select(
        "patient_id",
        pl.when(same).then((pl.col("low_end") - pl.col("high")) / days).alias("low"),
        pl.when(same).then((pl.col("high_end") - pl.col("low")) / days).alias("high"),
        pl.when(unknown)
        .then(pl.lit(None, pl.String))
        .when(~same)
        .then(pl.lit("no common clock"))
        .alias("why"),
        pl.max_horizontal("high", "high_end").alias("known_at"),
        pl.col("clock_end").alias("known_clock"),
    )
    rows = pl.concat([m.select("patient_id", "table", "row") for m in (start, end)])
    method = f"from {_words(definition.start)} to {_words(definition.end)}, in {definition.unit}"
    return Derived("number", values, rows, method)


def derive_condition(subjects: Subjects, definition: Condition) -> Derived:
    """Whether a condition holds, three-valued unless the definition says what unknown means."""
    holds = subjects.condition(definition.where)
    why = subjects.reason(definition.where)
    method = f"whether {definition.where}"
    if definition.unknown_counts_as is not None:
        holds = holds.fill_null(definition.unknown_counts_as)
        method += f"; unknown counts as {'yes' if definition.unknown_counts_as else 'no'}"
    names = [n for n in pl.sql_expr(definition.where).meta.root_names() if n in subjects.columns]
    values = subjects.frame.select("patient_id").with_columns(
        holds.alias("value"), why.alias("why")
    )
    values = values.with_columns(pl.when(pl.col("value").is_null()).then("why").alias("why"))
    values = values.join(
        _known_of(subjects, names), on="patient_id", how="left", maintain_order="left"
    )
    return Derived("yes_no", values, _rows_of(subjects, names), method)


def _known_of(subjects: Subjects, names: list[str]) -> pl.DataFrame:
    """When several columns are all known: the latest on one clock, else unknown."""
    known = subjects.known_at.filter(pl.col("column").is_in(names))
    dated = known.filter(pl.col("known_at").is_null() | (pl.col("known_at") > ALWAYS))
    latest = dated.group_by("patient_id").agg(
        pl.when(pl.col("known_at").is_null().any() | (pl.col("known_clock").n_unique() > 1))
        .then(None)
        .otherwise(pl.col("known_at").max())
        .first()
        .alias("known_at"),
        pl.col("known_clock").first(),
        pl.lit(True).first().alias("dated"),
    )
    everyone = subjects.frame.select("patient_id").join(
        latest, on="patient_id", how="left", maintain_order="left"
    )
    return everyone.select(
        "patient_id",
        pl.when(pl.col("dated").is_null()).then(ALWAYS).otherwise("known_at").alias("known_at"),
        "known_clock",
    )


def _rows_of(subjects: Subjects, names: list[str]) -> pl.DataFrame:
    if subjects.derivations.is_empty():
        return EMPTY_ROWS
    of = subjects.derivations.filter(pl.col("column").is_in(names))
    return of.select("patient_id", "table", "row").unique(maintain_order=True)
