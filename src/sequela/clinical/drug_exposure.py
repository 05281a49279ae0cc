"""Whether a patient ever had a drug, or a drug of a class, by treatments and exposures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.clinical.columns import ColumnDefinition
from sequela.clinical.regimens import Regimens
from sequela.clinical.subjects import Derived
from sequela.findings import Finding


class DrugExposure(ColumnDefinition):
    """Whether a patient ever had a drug or a drug of a class, in treatments or exposures.

    Therapy whose drugs are not known leaves it open: a no needs all of them to be known.
    """

    derive: Literal["drug_exposure"]
    drugs: tuple[str, ...] = Field((), description="drugs, by any of their names")
    classes: tuple[str, ...] = Field((), description="classes of drugs, as in drugs.toml")
    until: str = Field("", description="the moment before which it must have started; blank: ever")


def derive_drug_exposure(
    chart: Chart,
    definition: DrugExposure,
    moments: Mapping[str, pl.DataFrame],
    regimens: Regimens,
    *,
    place: Finding,
) -> tuple[Derived, list[Finding]]:
    """Whether a patient had one of the drugs; unknown where therapy is not understood or dated.

    A yes is known from the first dated row on; a no at `until`, without it in hindsight only.
    """
    wanted, findings = _wanted(definition, regimens, place)
    tables = (("treatments", "regimen"), ("exposures", "drug"))
    given = pl.concat([_therapy(chart, table, column) for table, column in tables])
    texts = given["text"].unique().to_list()
    read = {text: regimens.read(text).has(wanted) for text in texts}
    given = given.with_columns(
        pl.col("text").replace_strict(texts, [read[t] for t in texts], return_dtype=pl.Boolean)
        .alias("has")
    )  # fmt: skip
    if definition.until:
        given = _before(given, moments[definition.until])
    answer = given.group_by("patient_id").agg(
        pl.col("has").any(ignore_nulls=False).alias("value"),
        pl.col("day").filter(pl.col("has")).min().alias("known_at"),
        pl.col("clock").filter(pl.col("has")).first().alias("known_clock"),
    )
    values = pl.DataFrame({"patient_id": chart.patients.unique().sort()}).join(
        answer, on="patient_id", how="left", maintain_order="left"
    )
    if definition.until:
        values = _known_by(values, moments[definition.until])
    charted = chart.has("treatments") or chart.has("exposures")
    nothing = ~pl.col("patient_id").is_in(given["patient_id"].unique().to_list())
    values = values.select(
        "patient_id",
        pl.when(nothing & pl.lit(charted)).then(pl.lit(False)).otherwise("value").alias("value"),
        pl.lit(None, pl.String).alias("why"),
        "known_at",
        "known_clock",
    ).with_columns(
        pl.when(pl.col("value").is_null() & ~nothing).then(pl.lit("not_evaluable")).alias("why")
    )
    decided = given.filter("has").select("patient_id", "table", "row")
    what = ", ".join([*definition.drugs, *definition.classes])
    return Derived("yes_no", values, decided, f"whether {what} was ever given"), findings


def _therapy(chart: Chart, table: str, column: str) -> pl.DataFrame:
    return chart[table].filter(
        pl.col("patient_id").is_not_null() & pl.col(column).is_not_null()
    ).select(
        "patient_id",
        pl.col(column).alias("text"),
        pl.lit(table).alias("table"),
        "row",
        pl.col("start__low").alias("day"),
        pl.col("start__high").alias("latest"),
        pl.col("start__clock").alias("clock"),
    )  # fmt: skip


def _before(given: pl.DataFrame, moment: pl.DataFrame) -> pl.DataFrame:
    """The rows that started before a moment; where that cannot be told, whether is open."""
    both = given.join(
        moment.select("patient_id", "low", pl.col("clock").alias("until_clock")),
        on="patient_id",
        how="left",
        maintain_order="left",
    )
    told = pl.col("clock") == pl.col("until_clock")
    after = told & (pl.col("day") >= pl.col("low"))
    surely = told & (pl.col("latest") < pl.col("low"))
    kept = both.filter(~after.fill_null(False))
    open_yes = pl.col("has") & ~surely.fill_null(False)
    return kept.with_columns(
        pl.when(open_yes.fill_null(False)).then(None).otherwise("has").alias("has")
    ).drop("low", "until_clock")


def _known_by(values: pl.DataFrame, moment: pl.DataFrame) -> pl.DataFrame:
    """The answers with the moment as when they are known, where no earlier day is."""
    at = moment.select("patient_id", until_at="high", until_clock="clock")
    both = values.join(at, on="patient_id", how="left", maintain_order="left")
    early = pl.col("known_at").is_not_null()
    return both.with_columns(
        pl.when(early).then("known_at").otherwise("until_at").alias("known_at"),
        pl.when(early).then("known_clock").otherwise("until_clock").alias("known_clock"),
    ).drop("until_at", "until_clock")


def _wanted(
    definition: DrugExposure, regimens: Regimens, place: Finding
) -> tuple[frozenset[str], list[Finding]]:
    drugs = regimens.drugs
    known = {c for drug in drugs.file.drug.values() for c in drug.classes}
    names = {word: drugs.name(word) for word in definition.drugs}
    strange = [w for w, name in names.items() if name is None]
    strange += [c for c in definition.classes if c not in known]
    wanted = {name for name in names.values() if name}
    wanted |= {drug for c in definition.classes for drug in drugs.of_class(c)}
    return frozenset(wanted), [_no_such_drug(word, place) for word in strange]


def _no_such_drug(word: str, place: Finding) -> Finding:
    return Finding(
        code="study-unknown-name",
        severity="error",
        file=place.file,
        column=place.column,
        message=f"there is no drug or class '{word}'",
        remedy="The reference of data files lists them; a study adds its own in drugs.toml.",
    )
