"""Free light chains: the involved one, the difference, and whether their ratio is normal.

The rule `light-chains-1`. A chart may hold these as such, or kappa and lambda. From kappa and
lambda of one day the ratio follows; the chain that is involved is that of the patient's first
abnormal ratio, and stays so. Where a chart has both, its own row of that day comes first.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.response.comparisons import DIGITS
from sequela.clinical.response.measures import Found, Measure, flag_rows, value_rows
from sequela.clinical.rule_register import ClinicalRule, Parameter

LEAST_NORMAL, MOST_NORMAL = 0.26, 1.65

RULES = (
    ClinicalRule(
        "free light chains",
        "light-chains-1",
        "The ratio of kappa to lambda is normal from its lower to its upper limit, both included. "
        "Where the chart has kappa and lambda of one day in place of the involved light chain and "
        "the difference, the involved chain is that of the patient's first abnormal ratio (kappa "
        "above the limit, lambda below it); without one it is the larger. A difference below zero "
        "is zero.",
        "Rajkumar SV et al., Blood 2011;117(18):4691-4695, footnotes, in another's account; the "
        "involved chain from the first abnormal ratio is this project's",
        ("response", "moments", "line_responses"),
        (
            Parameter("normal ratio", f"{LEAST_NORMAL:g} to {MOST_NORMAL:g}"),
            Parameter("involved chain", "that of the first abnormal ratio", "this project"),
        ),
        read_first_hand=False,
    ),
)

_BY = ["patient_id", "clock", "low", "high"]
DERIVED = ("flc_difference", "flc_involved", "flc_ratio_normal")


def measured(chart: Chart, name: str, known: Mapping[str, Measure]) -> Found:
    """The dated rows of a measure, with `table`; of light chains also what follows from others."""
    measure = known[name]
    judged = bool(measure.assessments)
    found = flag_rows(chart, measure) if judged else value_rows(chart, measure)
    table = "assessments" if judged else "measurements"
    rows = found.rows.with_columns(table=pl.lit(table))
    if name not in DERIVED:
        return Found(rows, found.findings)
    more = [_ratios(chart, known), _chains(chart, known)] if judged else [_chains(chart, known)]
    for other in more:
        own = other.select(pl.col("ratio_flag").alias("flag"), pl.exclude("flag", "ratio_flag"))
        extra = own if judged else _values(other, name)
        new = extra.join(rows.select(_BY), on=_BY, how="anti").select(rows.columns)
        rows = pl.concat([rows, new], how="vertical_relaxed")
    return Found(rows, found.findings)


def _ratios(chart: Chart, known: Mapping[str, Measure]) -> pl.DataFrame:
    """Ratios that were measured as such, with whether they are normal."""
    rows = value_rows(chart, known["flc_ratio"]).rows
    flag = _normal(pl.col("least"), pl.col("most"))
    return rows.with_columns(flag.alias("ratio_flag"), table=pl.lit("measurements"))


def _normal(least: pl.Expr, most: pl.Expr) -> pl.Expr:
    inside = (least >= LEAST_NORMAL) & (most <= MOST_NORMAL)
    return (
        pl.when(inside).then(True).when((most < LEAST_NORMAL) | (least > MOST_NORMAL)).then(False)
    )


def _chains(chart: Chart, known: Mapping[str, Measure]) -> pl.DataFrame:
    """Kappa and lambda of one day, with the normality of their ratio and the involved chain."""
    ends = ["least", "most", "row", "rows"]
    kappa, lambda_ = (
        value_rows(chart, known[name]).rows.select(
            *_BY, *(pl.col(c).alias(f"{name}_{c}") for c in ends)
        )
        for name in ("kappa", "lambda")
    )
    both = kappa.join(lambda_, on=_BY, how="inner").sort(_BY)
    least = (pl.col("kappa_least") / pl.col("lambda_most")).round(DIGITS)
    most = (pl.col("kappa_most") / pl.col("lambda_least")).round(DIGITS)
    both = both.with_columns(
        _normal(least, most).alias("ratio_flag"), (least > 1).alias("by_kappa")
    )
    abnormal = pl.when(~pl.col("ratio_flag")).then("by_kappa").drop_nulls().first()
    kappa_involved = pl.coalesce(
        abnormal.over("patient_id", "clock"),
        pl.col("by_kappa").first().over("patient_id", "clock"),
    )
    return both.with_columns(
        kappa_involved.alias("kappa_involved"),
        pl.max_horizontal("kappa_row", "lambda_row").alias("row"),
        pl.concat_list("kappa_rows", "lambda_rows").alias("rows"),
        pl.lit(False).alias("least_open"),
        pl.lit(False).alias("most_open"),
        pl.lit("measurements").alias("table"),
    )


def _values(chains: pl.DataFrame, name: str) -> pl.DataFrame:
    """The involved chain, or how much more of it there is than of the other."""

    def of(end: str, other: str) -> tuple[pl.Expr, pl.Expr]:
        kappa, lambda_ = pl.col("kappa_involved"), ~pl.col("kappa_involved")
        return (
            pl.when(kappa).then(f"kappa_{end}").when(lambda_).then(f"lambda_{end}"),
            pl.when(kappa).then(f"lambda_{other}").when(lambda_).then(f"kappa_{other}"),
        )

    ends = {}
    for end, other in (("least", "most"), ("most", "least")):
        involved, uninvolved = of(end, other)
        more = (involved - uninvolved).round(DIGITS)
        ends[end] = involved if name == "flc_involved" else pl.max_horizontal(more, pl.lit(0.0))
    return chains.with_columns(**ends)
