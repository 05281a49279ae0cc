"""Disease outside the marrow as relapses count it: charted sites, and the cerebrospinal fluid.

The fluid comes from two places: a charted status of the site (`CNS2`), and the counts and blasts
of a puncture, judged by the rule `cns-2`. Of one day the charted status counts; where the counts
say another one, that is a finding. Blasts with few white cells (CNS2) are no relapse by
themselves and no freedom from one, unless the study lets them count.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.cns import judge_fluid
from sequela.clinical.response.collect import named_measures
from sequela.clinical.response.extramedullary import site_rows
from sequela.findings import Finding

Least = Literal["CNS2", "CNS3"]

CNS_SITES = ("cns", "csf", "cerebrospinal fluid", "meninges", "brain", "central nervous system")
_FLUID = ("cns", "csf", "cerebrospinal fluid", "meninges", "central nervous system")
_DAY = ["patient_id", "clock", "low", "high"]
_KEPT = [*_DAY, "site", "present", "table", "row"]


def sites_with_fluid(chart: Chart, least: Least) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Every status of a site: patient_id, clock, low, high, site, present, table, row.

    `present` is null where it is open: a word not known, a fluid that cannot be judged, and CNS2
    where `least` is CNS3. The names of the fluid are one site, `cns`.
    """
    found = site_rows(chart, named_measures({})["extramedullary"])
    word = pl.col("status").str.strip_chars().str.to_uppercase().str.slice(0, 4)
    of_fluid = pl.col("site").is_in(list(_FLUID))
    charted = found.rows.with_columns(
        pl.when(of_fluid).then(pl.lit("cns")).otherwise("site").alias("site"),
        pl.when(of_fluid & word.is_in(["CNS1", "CNS2", "CNS3"])).then(word).alias("fluid"),
        pl.lit("extramedullary").alias("table"),
    ).with_columns(_counts(least, pl.col("present")).alias("present"))
    judged, findings = _of_counts(chart, least)
    said = charted.filter(pl.col("fluid").is_not_null()).select(*_DAY, said="fluid", said_row="row")
    both = judged.join(said, on=_DAY, how="inner")
    computed = judged.join(said, on=_DAY, how="anti")
    rows = pl.concat([charted.select(_KEPT), computed.select(_KEPT)])
    return rows, (*found.findings, *findings, *_differing(chart, both))


def _counts(least: Least, otherwise: pl.Expr) -> pl.Expr:
    """Whether a status of the fluid counts as disease; CNS2 is open unless it counts."""
    some = pl.when(pl.col("fluid") == "CNS2").then(pl.lit(None, pl.Boolean))
    return otherwise if least == "CNS2" else some.otherwise(otherwise)


def _of_counts(chart: Chart, least: Least) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """The fluid as its counts and blasts are judged, with the row of the blasts or signs."""
    samples, _, findings = judge_fluid(chart)
    fluid = samples.with_columns(pl.col("status").str.slice(0, 4).alias("fluid"))
    diseased = pl.col("fluid").is_in(["CNS2", "CNS3"])
    by_signs = pl.col("signs").fill_null(False)
    row = pl.when(by_signs).then("signs_row").otherwise(pl.coalesce("blasts_row", "signs_row"))
    judged = fluid.with_columns(
        pl.lit("cns").alias("site"),
        pl.when(pl.col("fluid").is_not_null()).then(diseased).alias("present"),
        pl.lit("assessments").alias("table"),
        row.cast(pl.Int64).alias("row"),
    ).with_columns(_counts(least, pl.col("present")).alias("present"))
    unclear = judged.filter(pl.col("blasts") & pl.col("fluid").is_null())
    return judged, (*findings, *(_unclear(chart, *one) for one in _named(unclear)))


def _named(rows: pl.DataFrame) -> list[tuple[str, int]]:
    return list(rows.select("patient_id", "row").iter_rows())


def _unclear(chart: Chart, patient: str, row: int) -> Finding:
    return Finding(
        code="fluid-not-evaluable",
        severity="warning",
        file=chart.files.get("assessments", "assessments.csv"),
        row=row,
        column="value",
        patient_id=patient,
        message="the cerebrospinal fluid has blasts, and its counts do not tell CNS2 from CNS3; "
        "for a relapse of the CNS it is neither diseased nor free",
        remedy="Chart white and red cells of the fluid and, after a traumatic puncture, those of "
        "the blood of these days.",
    )


def _differing(chart: Chart, both: pl.DataFrame) -> tuple[Finding, ...]:
    """A charted status of the fluid against that of the counts of the same day."""
    other = both.filter(pl.col("fluid") != pl.col("said"))
    columns = ("patient_id", "said", "said_row", "fluid", "row")
    return tuple(
        Finding(
            code="reported-computed-differ",
            severity="warning",
            file=chart.files.get("extramedullary", "extramedullary.csv"),
            row=said_row,
            column="status",
            patient_id=patient,
            value=f"reported {said}, computed {fluid} from assessments row {row}",
            message="the reported status of the cerebrospinal fluid is not the one that its "
            "counts give",
            remedy="A relapse of the CNS uses the reported one. Correct the status or the counts, "
            "or keep both as they are.",
        )
        for patient, said, said_row, fluid, row in other.select(columns).iter_rows()
    )
