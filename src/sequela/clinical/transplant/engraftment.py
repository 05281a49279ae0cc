"""Engraftment after a transplant, from neutrophil and platelet counts.

Neutrophils: the first of three consecutive days with at least 0.5 x10^9/L after the nadir.
Platelets: the first of three consecutive days with at least 20 x10^9/L and no platelet
transfusion in the seven days before any of them. Source: the consensus definitions of
Kharfan-Dabaja et al. (ASTCT), as tabulated in Bone Marrow Transplant 2024;59(6):832-837, table 1.
Registries also accept three consecutive values of different days (`three = "values"`).
"""

from __future__ import annotations

from typing import Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.clinical.definition import Definition
from sequela.clinical.moments import OCCURRENCE_SCHEMA
from sequela.clinical.response.measures import measures, value_rows
from sequela.clinical.response.support import support_rows, supported
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.clinical.subjects import ColumnKind, Derived
from sequela.clinical.transplant.numbering import OfTransplant, chosen
from sequela.findings import Finding

RULE = "engraftment-2"
THRESHOLD = {"neutrophils": 0.5, "platelets": 20.0}
_MEASURE = {"neutrophils": "anc", "platelets": "platelets"}
TRANSFUSION_DAYS = 7

RULES = (
    ClinicalRule(
        "engraftment",
        RULE,
        "Neutrophils: the first of three consecutive days with at least the threshold, after a "
        "count below it since the transplant. Platelets likewise, with no platelet transfusion "
        "in the days before any of the three. A count that may lie on either side of the "
        "threshold does not count. Who never fell below it has no day of engraftment. Where the "
        "counts have gaps or end so that three days in a row may have been missed, it cannot be "
        "told.",
        "Kharfan-Dabaja et al. (ASTCT), as tabulated in Bone Marrow Transplant "
        "2024;59(6):832-837, table 1; so too the EBMT Handbook, 8th edition 2024, chapter 41",
        ("engraftment", "moments"),
        (
            Parameter("neutrophils", ">= 0.5 x10^9/L"),
            Parameter("platelets", ">= 20 x10^9/L"),
            Parameter("transfusion_days", "7 days"),
            Parameter(
                "three",
                "days",
                "`values` takes three consecutive values of different days, as registries do",
                False,
            ),
        ),
    ),
)


class EngraftmentRule(Definition):
    """What counts as engraftment, and after which transplant."""

    where: str = Field(
        "", description="SQL condition on transplants, which may also use transplant_number"
    )
    pick: Literal["first", "last"] = Field("first", description="which of several")
    lineage: Literal["neutrophils", "platelets"] = Field(description="which count")
    three: Literal["days", "values"] = Field(
        "days", description="three days in a row, or three values of different days in a row"
    )
    threshold: float | None = Field(
        None, description="in 10^9/L; blank: 0.5 for neutrophils, 20 for platelets"
    )


class Engraftment(OfTransplant, EngraftmentRule):
    """The day of engraftment after a transplant, or whether there was engraftment."""

    derive: Literal["engraftment"]
    part: Literal["days", "engrafted"] = Field(
        "days", description="days from transplant, or whether it happened"
    )


class EngraftmentMoment(EngraftmentRule):
    """The day of engraftment after a transplant, as a moment."""

    derive: Literal["engraftment"]

    @property
    def tables(self) -> tuple[str, ...]:
        """The chart tables that it reads."""
        return ("transplants", "measurements")


def holds(definition: Engraftment) -> ColumnKind:
    """What the column's values are."""
    return "number" if definition.part == "days" else "yes_no"


def derive_engraftment(chart: Chart, definition: Engraftment) -> tuple[Derived, list[Finding]]:
    """Days from the transplant, known on the third day; not applicable without engraftment.

    Not evaluable where days without a count leave room for three in a row beside a count that was
    high enough. Missing without counts on the clock of the transplant. Counts and transplants dated
    to the month or year are left out.
    """
    told, findings = _told(chart, definition)
    values = told.select(
        "patient_id",
        *_value(definition),
        pl.when(pl.col("fell").is_null())
        .then(pl.lit("missing"))
        .when(pl.col("day").is_null() & pl.col("open"))
        .then(pl.lit("not_evaluable"))
        .when(pl.col("day").is_null() & (~pl.col("fell") | pl.lit(definition.part == "days")))
        .then(pl.lit("not_applicable"))
        .alias("why"),
        pl.col("third").alias("known_at"),
        pl.col("when__clock").alias("known_clock"),
    )
    decided = [
        told.filter(
            pl.col(row).is_not_null() & (pl.col("fell") | pl.col("day").is_not_null())
        ).select("patient_id", pl.lit(table).alias("table"), pl.col(row).alias("row"))
        for table, row in (
            ("transplants", "row"),
            ("measurements", "row_count"),
            ("measurements", "third_row"),
        )
    ]
    without = told.filter(pl.col("day").is_null() & pl.col("fell")).explode("counts")
    counts = without.select("patient_id", pl.lit("measurements").alias("table"), row="counts")
    decided.append(counts)
    threshold = _threshold(definition)
    method = (
        f"rule {RULE}: {definition.lineage} of at least {threshold:g} x10^9/L, three "
        f"{definition.three} in a row"
    )
    derived = Derived(holds(definition), values, pl.concat(decided), method)
    return derived, findings


def find_engraftment(
    chart: Chart, definition: EngraftmentMoment
) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """The day of engraftment of everyone who has one, with the count that begins it."""
    told, findings = _told(chart, definition)
    day = pl.col("when__low") + pl.col("day")
    found = told.filter(pl.col("day").is_not_null()).sort("patient_id")
    occurrences = found.select(
        "patient_id",
        day.alias("low"),
        day.alias("high"),
        pl.lit(None, pl.Float64).alias("free"),
        pl.col("when__step").alias("step"),
        pl.col("when__clock").alias("clock"),
        pl.lit("measurements").alias("table"),
        pl.col("row_count").alias("row"),
    )
    return occurrences.select(list(OCCURRENCE_SCHEMA)), tuple(findings)


def _told(chart: Chart, definition: EngraftmentRule) -> tuple[pl.DataFrame, list[Finding]]:
    """The chosen transplants with the day of engraftment, and whether counts ever fell below."""
    measure = measures()[_MEASURE[definition.lineage]]
    counts = value_rows(chart, measure)
    rows = chosen(chart, definition).filter(~pl.col("unordered"))
    after = _after(rows, counts.rows, chart, definition)
    runs = _runs(after, definition)
    first = runs.sort("row_of", "day").unique("row_of", keep="first", maintain_order=True)
    followed = after.group_by("row_of").agg(
        pl.col("low_count").any().alias("fell"), pl.col("row_count").alias("counts")
    )
    followed = followed.join(_room(after, definition), on="row_of", how="left").with_columns(
        pl.col("open").fill_null(False)
    )
    told = rows.join(
        first.select("row_of", "day", "third", "row_count", "third_row"),
        left_on="row",
        right_on="row_of",
        how="left",
        maintain_order="left",
    ).join(followed, left_on="row", right_on="row_of", how="left", maintain_order="left")
    return told, list(counts.findings)


def _threshold(definition: EngraftmentRule) -> float:
    given = definition.threshold
    return THRESHOLD[definition.lineage] if given is None else given


def _value(definition: Engraftment) -> list[pl.Expr]:
    if definition.part == "days":
        return [pl.col("day").alias("low"), pl.col("day").alias("high")]
    happened = pl.col("day").is_not_null()
    told = happened | (pl.col("fell") & ~pl.col("open"))
    return [pl.when(told).then(happened).alias("value")]


def _after(
    rows: pl.DataFrame, counts: pl.DataFrame, chart: Chart, definition: EngraftmentRule
) -> pl.DataFrame:
    """The exact counts from the day of the transplant on, before the patient's next transplant."""
    exact = counts.filter(pl.col("low") == pl.col("high"))
    transplants = rows.filter(pl.col("when__low") == pl.col("when__high")).select(
        "patient_id",
        pl.col("row").alias("row_of"),
        pl.col("when__low").alias("zero"),
        pl.col("when__clock").alias("clock"),
    )
    both = exact.join(transplants, on=["patient_id", "clock"])
    later = chart["transplants"].select(
        "patient_id", pl.col("when__low").alias("next"), pl.col("when__clock").alias("clock")
    )
    ends = (
        transplants.join(later, on=["patient_id", "clock"])
        .filter(pl.col("next") > pl.col("zero"))
        .group_by("row_of")
        .agg(pl.col("next").min())
    )
    both = both.join(ends, on="row_of", how="left").filter(
        (pl.col("low") >= pl.col("zero"))
        & (pl.col("next").is_null() | (pl.col("low") < pl.col("next")))
    )
    threshold = _threshold(definition)
    counted = both.with_row_index("id").with_columns(
        (pl.col("low") - pl.col("zero")).alias("day"),
        (pl.col("least") >= threshold).alias("enough"),
        (
            (pl.col("most") < threshold) | ((pl.col("most") == threshold) & pl.col("most_open"))
        ).alias("low_count"),
        pl.col("row").alias("row_count"),
    )
    counted = counted.with_columns(denies=pl.col("low_count"))
    return _without_transfusion(counted, chart) if definition.lineage == "platelets" else counted


def _without_transfusion(counted: pl.DataFrame, chart: Chart) -> pl.DataFrame:
    """A platelet count does not count within seven days of a transfusion, or where that is open."""
    support = support_rows(chart, measures()["platelet_transfusion"])
    given = supported(counted, support, TRANSFUSION_DAYS).select("id", "given")
    joined = counted.join(given, on="id", how="left", maintain_order="left")
    free = pl.col("given").is_null() & ~pl.col("id").is_in(given["id"].implode())
    return joined.with_columns(
        (pl.col("enough") & (free | ~pl.col("given").fill_null(True))).alias("enough"),
        (pl.col("denies") | pl.col("given").fill_null(False)).alias("denies"),
    ).drop("given")


def _room(after: pl.DataFrame, definition: EngraftmentRule) -> pl.DataFrame:
    """Whether three days in a row may have been missed, for each transplant.

    Between two counts that rule engraftment out, or after the last of them, a count that was high
    enough leaves it open where three days (or values) have room beside it.
    """
    denied = pl.col("day").filter(pl.col("denies"))
    ordered = after.sort("row_of", "day").with_columns(
        pl.col("denies").cum_sum().over("row_of").alias("stretch")
    )
    stretches = ordered.group_by("row_of", "stretch", maintain_order=True).agg(
        denied.first().alias("from"),
        pl.col("enough").any().alias("enough"),
        (~pl.col("denies")).sum().alias("values"),
    )
    days = pl.col("from").shift(-1).over("row_of") - pl.col("from") - 1
    last = pl.col("from").shift(-1).over("row_of").is_null()
    wide = days >= 3 if definition.three == "days" else pl.col("values") >= 3
    fell = pl.col("from").is_not_null()
    return (
        stretches.with_columns((fell & pl.col("enough") & (last | wide)).alias("open"))
        .group_by("row_of")
        .agg(pl.col("open").any())
    )


def _runs(after: pl.DataFrame, definition: EngraftmentRule) -> pl.DataFrame:
    """The days that begin three in a row with enough, after the first count below."""
    ordered = after.sort("row_of", "day")
    nadir = ordered.filter("low_count").group_by("row_of").agg(pl.col("day").min().alias("below"))
    ordered = ordered.join(nadir, on="row_of", maintain_order="left")
    steps = [pl.col(c).shift(-n).over("row_of") for c in ("enough", "day") for n in (1, 2)]
    second, third, day2, day3 = steps
    in_a_row = pl.lit(True)
    if definition.three == "days":
        in_a_row = (day2 == pl.col("day") + 1) & (day3 == pl.col("day") + 2)
    begins = (
        (pl.col("day") > pl.col("below"))
        & pl.col("enough")
        & second.fill_null(False)
        & third.fill_null(False)
        & in_a_row.fill_null(False)
    )
    return ordered.with_columns(
        begins.alias("begins"),
        pl.col("low").shift(-2).over("row_of").alias("third"),
        pl.col("row_count").shift(-2).over("row_of").alias("third_row"),
    ).filter("begins")
