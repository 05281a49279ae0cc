"""Leukemia in the central nervous system: CNS1 to CNS3, and the traumatic lumbar puncture.

The rule `cns-2`, by sample of cerebrospinal fluid:

- no blasts: CNS1, whatever the counts;
- blasts and fewer than 5 white cells a µL: CNS2 (2a with fewer than 10 red cells, else 2b);
- blasts, 5 or more white cells and fewer than 10 red cells: CNS3 (3a);
- blasts, 5 or more white cells and 10 or more red cells, a traumatic puncture: CNS3 (3b) when the
  ratio of white to red cells in the fluid is more than twice that in the blood (Steinherz and
  Bleyer), else CNS2 (2c). Without blood counts it is open;
- clinical signs of leukemia in the CNS: CNS3 (3c).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.clinical.columns import ColumnDefinition
from sequela.clinical.response.measures import Measure, flag_rows, value_rows
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.clinical.subjects import ROWS_SCHEMA, Derived
from sequela.clinical.timeline import Pick, look_up
from sequela.findings import Finding

Moments = Mapping[str, pl.DataFrame]

WHITE_CELLS, RED_CELLS, RATIO, BLOOD_DAYS = 5.0, 10.0, 2.0, 3.0

RULES = (
    ClinicalRule(
        "CNS status",
        "cns-2",
        "By a sample of cerebrospinal fluid: CNS1 without blasts; CNS2 with blasts and fewer than "
        "5 white cells a µL; CNS3 with blasts and 5 or more. In a traumatic puncture (10 or more "
        "red cells a µL) with 5 or more white cells it is CNS3 when white to red cells in the "
        "fluid are more than twice their ratio in the blood, else CNS2. Clinical signs are CNS3.",
        "Children's Oncology Group, as tabulated by a reference work, which was read; Steinherz "
        "and Bleyer's algorithm from the same table",
        ("cns_status", "moments"),
        (
            Parameter("white cells", f"{WHITE_CELLS:g} a µL"),
            Parameter("red cells", f"{RED_CELLS:g} a µL"),
            Parameter("ratio", f"more than {RATIO:g} times that of the blood"),
            Parameter("blood counts", f"the nearest within {BLOOD_DAYS:g} days", "this project"),
        ),
        read_first_hand=False,
    ),
)

_CSF = ("CSF", "cerebrospinal fluid", "spinal fluid")
_BLOOD = ("blood", "peripheral blood", "PB")
_WHITE, _RED = ("WBC", "white cells", "leukocytes"), ("RBC", "red cells", "erythrocytes")
MEASURES = {
    "white": Measure(
        label="white cells in the fluid",
        names=("CSF WBC",),
        names_in=_WHITE,
        tissues=_CSF,
        unit="/uL",
        undetected=0,
    ),
    "red": Measure(
        label="red cells in the fluid",
        names=("CSF RBC",),
        names_in=_RED,
        tissues=_CSF,
        unit="/uL",
        undetected=0,
    ),
    "blood_white": Measure(
        label="white cells in the blood",
        names=("6690-2", "26464-8"),
        names_in=_WHITE,
        tissues=(*_BLOOD, ""),
        unit="x10^9/L",
    ),
    "blood_red": Measure(
        label="red cells in the blood", names_in=_RED, tissues=(*_BLOOD, ""), unit="x10^12/L"
    ),
}
_BLASTS = Measure(
    label="blasts in the fluid",
    assessments=("CSF blasts", "blasts in CSF"),
    yes=("yes", "present", "positive"),
    no=("no", "absent", "negative"),
)
_SIGNS = Measure(
    label="clinical signs in the CNS",
    assessments=("CNS signs", "clinical signs of CNS leukemia"),
    yes=("yes", "present"),
    no=("no", "absent"),
)


class CnsStatus(ColumnDefinition):
    """CNS1, CNS2 or CNS3 at a moment, by the counts of the cerebrospinal fluid.

    The fluid's blasts are an assessment (`CSF blasts`: yes or no), its white and red cells are
    measurements with the tissue CSF.
    """

    derive: Literal["cns_status"]
    at: str = Field(description="the moment that is meant, such as the diagnosis")
    pick: Pick = Field("nearest", description="which sample, counted from `at`")
    within_days: float | None = Field(None, ge=0, description="how far from `at` it may be")
    detail: bool = Field(False, description="whether to add the letter, as in CNS2b")


def derive_cns(
    chart: Chart, definition: CnsStatus, moments: Moments
) -> tuple[Derived, list[Finding]]:
    """One status a patient; a traumatic puncture without blood counts is not evaluable."""
    samples, rows, findings = judge_fluid(chart)
    at = moments[definition.at].filter(pl.col("low").is_not_null())
    at = at.select("patient_id", "clock", "low", "high")
    found = look_up(
        at, samples, definition.pick, within_days=definition.within_days, by="patient_id"
    )
    status = pl.col("status") if definition.detail else pl.col("status").str.slice(0, 4)
    told = found.with_columns(pl.when(~pl.col("open")).then(status).alias("value"))
    values = told.select(
        "patient_id",
        "value",
        pl.when(pl.col("value").is_null()).then(pl.lit("not_evaluable")).alias("why"),
        pl.max_horizontal("high", "at_high").alias("known_at"),
        pl.col("clock").alias("known_clock"),
    )
    used = found.select("patient_id", "id").join(rows, on="id").select(list(ROWS_SCHEMA))
    method = f"CNS status {definition.pick.replace('_', ' ')} {definition.at}, rule cns-2"
    levels = () if definition.detail else ("CNS1", "CNS2", "CNS3")
    return Derived("category", values, used.unique(maintain_order=True), method, levels), findings


def judge_fluid(chart: Chart) -> tuple[pl.DataFrame, pl.DataFrame, list[Finding]]:
    """Every day on which the fluid's blasts or the clinical signs were judged, with its status.

    The samples (`blasts_row` and `signs_row` are the rows that judge them), all rows used by the
    sample's `id`, and findings. A chart is judged once.
    """
    return chart.once(("fluid", "cns-2"), lambda: _judge_fluid(chart))


def _judge_fluid(chart: Chart) -> tuple[pl.DataFrame, pl.DataFrame, list[Finding]]:
    flags = {"blasts": flag_rows(chart, _BLASTS), "signs": flag_rows(chart, _SIGNS)}
    findings = [f for found in flags.values() for f in found.findings]
    by = ["patient_id", "clock", "low", "high"]
    days = pl.concat([found.rows.select(by) for found in flags.values()]).unique().sort(by)
    samples = days.with_row_index("id").with_columns(pl.col("id").cast(pl.Int64))
    used = []
    for name, found in flags.items():
        last = found.rows.sort("row").unique(by, keep="last").select(*by, "flag", "row")
        samples = samples.join(last.rename({"flag": name, "row": f"{name}_row"}), on=by, how="left")
        table = pl.lit("assessments").alias("table")
        used.append(samples.select("id", table, row=f"{name}_row").drop_nulls())
    for name, measure in MEASURES.items():
        values = value_rows(chart, measure)
        findings += values.findings
        days_near = BLOOD_DAYS if name.startswith("blood") else 0
        near = look_up(samples, values.rows, "nearest", within_days=days_near, by="id")
        ends = near.select(
            "id",
            pl.col("least").alias(name),
            pl.col("most").alias(f"{name}_most"),
            pl.col("most_open").alias(f"{name}_most_open"),
            "rows",
        )
        listed = ends.select("id", "rows").explode("rows")
        used.append(listed.select("id", pl.lit("measurements").alias("table"), row="rows"))
        samples = samples.join(ends.drop("rows"), on="id", how="left")
    samples = samples.sort("id").with_columns(_status().alias("status"), pl.col("id").alias("row"))
    return samples, pl.concat(used), findings


def _status() -> pl.Expr:
    """The status with its letter; null where it is open."""
    blasts, few = pl.col("blasts"), _three("white", WHITE_CELLS)
    clear = _three("red", RED_CELLS)
    leukemic = _leukemic()
    many = ~few
    return (
        pl.when(pl.col("signs"))
        .then(pl.lit("CNS3c"))
        .when(~blasts)
        .then(pl.lit("CNS1"))
        .when(blasts & few & clear)
        .then(pl.lit("CNS2a"))
        .when(blasts & few & ~clear)
        .then(pl.lit("CNS2b"))
        .when(blasts & few)
        .then(pl.lit("CNS2"))
        .when(blasts & many & clear)
        .then(pl.lit("CNS3a"))
        .when(blasts & many & ~clear & leukemic)
        .then(pl.lit("CNS3b"))
        .when(blasts & many & ~clear & ~leukemic)
        .then(pl.lit("CNS2c"))
    )


def _leukemic() -> pl.Expr:
    """Whether the ratio is more than `RATIO` times that of the blood; null where it is open."""
    # Counts of the fluid are in cells a µL; those of the blood in 10^9 and 10^12 a litre.
    least = pl.col("white") / pl.col("red_most")
    most = pl.col("white_most") / pl.col("red")
    blood_least = pl.col("blood_white") * 1e9 / (pl.col("blood_red_most") * 1e12)
    blood_most = pl.col("blood_white_most") * 1e9 / (pl.col("blood_red") * 1e12)
    return (
        pl.when(least > RATIO * blood_most).then(True).when(most <= RATIO * blood_least).then(False)
    )


def _three(name: str, number: float) -> pl.Expr:
    """Whether a count is below a number; null where it is not known or straddles it."""
    most, least, left_out = (pl.col(f"{name}{end}") for end in ("_most", "", "_most_open"))
    under = (most < number) | ((most == number) & left_out)
    return pl.when(under).then(True).when(least >= number).then(False)
