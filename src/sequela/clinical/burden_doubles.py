"""One sample charted twice: as a number in `measurements` and as a population.

The two rows are the same thing measured where patient, day, clock and name are the same, the
measurement is a percentage, and tissue, method and denominator are the same or blank in one of
them (`flow` is `flow cytometry`). It counts once, as the population: that row has the counts and
the limit of detection of the run. The row that is left out is a finding: a note where both say
the same to the decimals that are printed, a warning where they do not.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.frames import with_types
from sequela.findings import Finding

_DAY = ("patient_id", "name", "when__low", "when__high", "when__clock")
_DOUBLES_SCHEMA: dict[str, type[pl.DataType]] = {
    "patient_id": pl.String,
    "row": pl.Int64,
    "kept": pl.Int64,
    "agrees": pl.Boolean,
}


def charted_twice(chart: Chart, names: Sequence[str]) -> pl.DataFrame:
    """Measurements that are also a population: patient_id, row, kept (its row), agrees.

    Of several populations the one counts that says the same, then the first in the file.
    """
    key = ("charted twice", tuple(names))
    return chart.once(key, lambda: _charted_twice(chart, names))


def _charted_twice(chart: Chart, names: Sequence[str]) -> pl.DataFrame:
    measured, populations = _measured(chart, names), _populations(chart, names)
    both = measured.join(populations, on=list(_DAY), how="inner", suffix="_kept")
    same = _same("tissue") & _same("of") & _alike("method")
    apart = (pl.col("least") - pl.col("most_kept") > pl.col("play")) | (
        pl.col("least_kept") - pl.col("most") > pl.col("play")
    )
    judged = both.with_columns(play=pl.max_horizontal("step", "step_kept") / 2 + 1e-9)
    found = judged.filter(same).with_columns((~apart).alias("agrees"))
    ordered = found.sort("row", "agrees", "row_kept", descending=[False, True, False])
    first = ordered.unique("row", keep="first", maintain_order=True)
    renamed = first.select("patient_id", "row", pl.col("row_kept").alias("kept"), "agrees")
    return with_types(renamed, _DOUBLES_SCHEMA)


def _same(column: str) -> pl.Expr:
    """Whether two words are the same, or one of them is blank."""
    one, other = pl.col(column), pl.col(f"{column}_kept")
    return (one == other) | (one == "") | (other == "")


def _alike(column: str) -> pl.Expr:
    """Whether one word begins as the other does."""
    one, other = pl.col(column), pl.col(f"{column}_kept")
    return one.str.starts_with(other) | other.str.starts_with(one)


def _plain(column: str) -> pl.Expr:
    return pl.col(column).fill_null("").str.strip_chars().str.to_lowercase()


def _measured(chart: Chart, names: Sequence[str]) -> pl.DataFrame:
    """Percentages of these names, `of` their denominator."""
    unit = _plain("unit")
    rows = chart["measurements"].filter(
        pl.col("name").is_in(list(names)) & unit.str.starts_with("%")
    )
    of = unit.str.strip_prefix("%").str.strip_chars().str.strip_prefix("of ").str.strip_chars()
    return rows.select(
        *_DAY,
        pl.col("row").cast(pl.Int64),
        _plain("tissue").alias("tissue"),
        _plain("method").alias("method"),
        of.alias("of"),
        *_ends("value"),
        _step("value"),
    )


def _populations(chart: Chart, names: Sequence[str]) -> pl.DataFrame:
    """Populations of these names that have a share, from their counts where they are known."""
    rows = chart["populations"].filter(pl.col("population").is_in(list(names)))
    counted = pl.col("events__low").is_not_null() & (pl.col("total_events__low") > 0)
    share = 100 * pl.col("events__low") / pl.col("total_events__low")
    limit = pl.when(share == 0).then("limit_of_detection__low").fill_null(0.0)
    least, most = _ends("share")
    return rows.select(
        pl.col("population").alias("name"),
        *(c for c in _DAY if c != "name"),
        pl.col("row").cast(pl.Int64),
        _plain("tissue").alias("tissue"),
        _plain("method").alias("method"),
        _plain("denominator").alias("of"),
        pl.when(counted).then(share).otherwise(least).alias("least"),
        pl.when(counted).then(pl.max_horizontal(share, limit)).otherwise(most).alias("most"),
        pl.when(counted).then(0.0).otherwise(_step("share")).alias("step"),
    ).filter(pl.col("least").is_not_null())


def _ends(column: str) -> list[pl.Expr]:
    """What a value can be; what was not detected reaches from zero to the limit of detection."""
    undetected = pl.col(f"{column}__comparator") == "not detected"
    limit = pl.col("limit_of_detection__low").fill_null(0.0)
    return [
        pl.when(undetected).then(0.0).otherwise(f"{column}__low").alias("least"),
        pl.when(undetected).then(limit).otherwise(f"{column}__high").alias("most"),
    ]


def _step(column: str) -> pl.Expr:
    """One unit of the last decimal that is printed."""
    decimals = pl.col(column).cast(pl.String).str.extract(r"\.(\d+)", 1).str.len_chars()
    return (10.0 ** -decimals.fill_null(0).cast(pl.Float64)).alias("step")


def twice_findings(chart: Chart, names: Sequence[str]) -> list[Finding]:
    """Each measurement that is left out because its sample is also a population."""
    return [
        _finding(chart, patient, row, kept, agrees=agrees)
        for patient, row, kept, agrees in charted_twice(chart, names).iter_rows()
    ]


def _finding(chart: Chart, patient: str, row: int, kept: int, *, agrees: bool) -> Finding:
    place = f"{chart.files.get('populations', 'populations.csv')}, row {kept}"
    differ = "" if agrees else ", and the two do not say the same"
    remedy = "Keep one of the two rows." if agrees else "Correct one of the two, or remove it."
    return Finding(
        code="sample-charted-twice" if agrees else "sample-charted-twice-differs",
        severity="note" if agrees else "warning",
        file=chart.files.get("measurements", "measurements.csv"),
        row=row,
        column="value",
        patient_id=patient,
        message=f"the same sample is also in {place}{differ}; the burden of the disease counts "
        "it once, as that row, and leaves this one out",
        remedy=remedy,
    )
