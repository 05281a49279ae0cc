"""Every run of an assay for residual disease, with what it could have found.

The rule `mrd-3`. A run is a row of `populations`, or a measurement named MRD. Its share is in
percent of its own denominator, and no two denominators are ever compared. Its sensitivity is the
limit of detection that the chart gives; for flow cytometry without one it is `detection_events`
events of those counted. Then:

1. Found, and at least the threshold: positive. Exactly the threshold is positive.
2. Found, below the threshold: positive below the threshold.
3. Found, but below the run's own limit: detected, not quantifiable, unless 2 holds.
4. Not found, with a sensitivity at or below the threshold: negative.
5. Not found, with a limit above the threshold: negative at a lower sensitivity. This is no
   negative.
6. Not found and no limit known, or a share that straddles the threshold: not evaluable.

With `population` only the runs of those populations or markers count (a measurement named MRD
always does); other cells of the same tube, such as normal precursors or plasma cells, are no
residual disease. Of several runs of one day the worst counts, so that one positive assay makes
the day positive; among runs that found nothing it is the most sensitive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.frames import with_types
from sequela.clinical.rule_register import ClinicalRule, Parameter
from sequela.findings import Finding

POSITIVE = "positive"
NEGATIVE = "negative"
LOWER = "negative at a lower sensitivity"
BELOW = "positive below the threshold"
UNQUANTIFIED = "detected, not quantifiable"
STATES = (NEGATIVE, LOWER, BELOW, UNQUANTIFIED, POSITIVE)

THRESHOLD = 0.01
DETECTION_EVENTS = 20
# A judgement and a run no farther apart are of one visit.
VISIT_DAYS = 14
# Shares made of counts are compared to this many digits, so that 50 of 500,000 is 0.01 %.
DIGITS = 12

_CONSENSUS = (
    "the tables of response criteria of Blood 2024;143(19):1891-1902 and of Hematology Am Soc "
    "Hematol Educ Program 2021;2021(1), table 1 (PMC8824253), which were read; Bassan R et al., "
    "Haematologica 2019;104(10):2028-2039 (not read first hand)"
)
RULES = (
    ClinicalRule(
        "mrd",
        "mrd-3",
        "Residual disease is positive at or above the threshold and positive below the threshold "
        "under it, each in percent of the run's own denominator. It is negative only when the run "
        "could have found that much: not found with a limit of detection above the threshold is "
        "negative at a lower sensitivity, and with no known limit not evaluable. Of several runs "
        "of one day the worst counts, among those that found nothing the most sensitive. With "
        "`population` only runs of those populations count.",
        _CONSENSUS,
        ("mrd", "moments"),
        (
            Parameter("threshold", f"{THRESHOLD:g} %"),
            Parameter(
                "exactly the threshold",
                "positive",
                "the table of 2021: failure from 0.01 %; that of 2024 prints above 0.01 %",
            ),
            Parameter(
                "detection_events",
                f"{DETECTION_EVENTS} events, flow cytometry without a stated limit",
                "a usual floor of laboratories, not a consensus; a limit in the chart comes first",
                read_first_hand=False,
            ),
            Parameter(
                "one visit",
                f"a judgement and a run within {VISIT_DAYS} days, compared with each other",
                "this project",
            ),
        ),
    ),
)

RECORD_SCHEMA: dict[str, type[pl.DataType]] = {
    "patient_id": pl.String,
    "clock": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "method": pl.String,
    "denominator": pl.String,
    "population": pl.String,
    "least": pl.Float64,
    "most": pl.Float64,
    "found": pl.Boolean,
    "limit": pl.Float64,
    "table": pl.String,
    "row": pl.Int64,
}

_METHODS = {"flow": "flow cytometry", "pcr": "PCR", "sequenc": "sequencing", "ngs": "sequencing"}
_NAMES = ("mrd", "measurable residual disease", "minimal residual disease")


def mrd_records(chart: Chart, *, detection_events: float) -> tuple[pl.DataFrame, list[Finding]]:
    """Every dated run, one line each, and findings about runs that cannot be right.

    `least` and `most` are the share in percent of the denominator; `found` is whether the assay
    found anything; `limit` its limit of detection in percent, null where none is known.
    """
    records, findings = chart.once(
        ("mrd", detection_events), lambda: _mrd_records(chart, detection_events)
    )
    return records, list(findings)


def _mrd_records(chart: Chart, detection_events: float) -> tuple[pl.DataFrame, list[Finding]]:
    populations = _dated_populations(chart)
    wrong = pl.col("events__low") > pl.col("total_events__low")
    findings = [_impossible(chart, row) for row in populations.filter(wrong).iter_rows(named=True)]
    usable = populations.filter(~wrong.fill_null(False))
    records = [_from_populations(usable, detection_events), _from_measurements(chart)]
    return pl.concat(records).sort("patient_id", "clock", "low", "table", "row"), findings


def _dated_populations(chart: Chart) -> pl.DataFrame:
    """The populations with a time, their own or that of their specimen."""
    specimens = chart["specimens"].select(
        "patient_id",
        "specimen",
        pl.col("when__low").alias("taken_low"),
        pl.col("when__high").alias("taken_high"),
        pl.col("when__clock").alias("taken_clock"),
    )
    first = specimens.unique(["patient_id", "specimen"], keep="first", maintain_order=True)
    joined = chart["populations"].join(
        first, on=["patient_id", "specimen"], how="left", maintain_order="left"
    )
    own = pl.col("when__low").is_not_null()
    return joined.with_columns(
        pl.when(own).then(f"when__{part}").otherwise(f"taken_{part}").alias(part)
        for part in ("low", "high", "clock")
    ).filter(pl.col("low").is_not_null())


def _method(column: str) -> pl.Expr:
    """The method in one of three words; other words stay as they are."""
    plain = pl.col(column).str.to_lowercase()
    said = pl.col(column)
    for part, name in _METHODS.items():
        said = pl.when(plain.str.contains(part, literal=True)).then(pl.lit(name)).otherwise(said)
    return said.fill_null("").alias("method")


def _from_populations(rows: pl.DataFrame, detection_events: float) -> pl.DataFrame:
    counted = (pl.col("events__low") * 100 / pl.col("total_events__low")).round(DIGITS)
    stated = pl.col("share__comparator").is_not_null()
    rows = rows.with_columns(_method("method"), counted.alias("counted"))
    floor = pl.when(pl.col("method") == "flow cytometry").then(
        detection_events * 100.0 / pl.col("total_events__low")
    )
    limit = pl.coalesce("limit_of_detection__high", floor)
    return _records(
        rows.with_columns(
            pl.when(stated).then("share__low").otherwise("counted").alias("least"),
            pl.when(stated).then("share__high").otherwise("counted").alias("most"),
            pl.when(stated).then("share__comparator").otherwise(pl.lit("=")).alias("comparator"),
            limit.alias("limit"),
            pl.col("denominator").fill_null("").alias("denominator"),
            pl.col("population").fill_null("").alias("population"),
        ).filter(pl.col("least").is_not_null()),
        "populations",
    )


def _from_measurements(chart: Chart) -> pl.DataFrame:
    """Measurements named MRD whose unit is a percentage, `% of WBC` naming the denominator."""
    rows = chart["measurements"].filter(
        pl.col("name").str.to_lowercase().is_in(list(_NAMES))
        & pl.col("unit").str.starts_with("%")
        & pl.col("when__low").is_not_null()
    )
    denominator = pl.col("unit").str.strip_prefix("%").str.strip_chars().str.strip_prefix("of ")
    return _records(
        rows.with_columns(
            _method("method"),
            denominator.alias("denominator"),
            pl.lit("").alias("population"),
            pl.col("value__low").alias("least"),
            pl.col("value__high").alias("most"),
            pl.col("value__comparator").alias("comparator"),
            pl.col("limit_of_detection__high").alias("limit"),
            pl.col("when__low").alias("low"),
            pl.col("when__high").alias("high"),
            pl.col("when__clock").alias("clock"),
        ),
        "measurements",
    )


def _records(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """What is written as `<0.01` was not found, with that as the limit.

    A finer limit that stands beside it does not make it finer: below 0.1 % may be 0.05 %.
    """
    under = pl.col("comparator").is_in(["<", "<="])
    found = ~(under | (pl.col("comparator") == "not detected") | (pl.col("most") == 0))
    return rows.select(
        "patient_id",
        "clock",
        "low",
        "high",
        "method",
        "denominator",
        "population",
        "least",
        "most",
        found.alias("found"),
        pl.when(under).then(pl.max_horizontal("limit", "most")).otherwise("limit").alias("limit"),
        pl.lit(table).alias("table"),
        "row",
    ).pipe(with_types, RECORD_SCHEMA)


def _impossible(chart: Chart, row: Mapping[str, object]) -> Finding:
    return Finding(
        code="events-exceed-total",
        severity="warning",
        file=chart.files.get("populations", "populations.csv"),
        row=int(str(row["row"])),
        column="events",
        patient_id=str(row["patient_id"]),
        value=f"{row['events']} of {row['total_events']}",
        message="there are more events of the population than events in all, so the run is not "
        "used",
        remedy="Correct one of the two counts.",
    )


def of_populations(records: pl.DataFrame, populations: Sequence[str]) -> pl.DataFrame:
    """The runs of the populations that are the disease; all of them where none is named."""
    if not populations:
        return records
    named = [word.strip().lower() for word in populations]
    known = pl.col("population").str.strip_chars().str.to_lowercase()
    return records.filter(known.is_in(named) | (pl.col("population") == ""))


def several_populations(records: pl.DataFrame, file: str) -> list[Finding]:
    """A finding where runs of one method are of several populations that nobody told apart."""
    named = records.filter(pl.col("population") != "")
    several = named.filter(
        pl.col("population").str.strip_chars().str.to_lowercase().n_unique().over("method") > 1
    )
    if several.is_empty():
        return []
    words = ", ".join(several["population"].unique().sort().to_list())
    return [
        Finding(
            code="mrd-populations-mixed",
            severity="warning",
            file=file,
            column="population",
            message=f"runs of several populations ({words}) are all read as residual disease",
            remedy="Name those that are the disease as `population`.",
        )
    ]


def state(threshold: float) -> pl.Expr:
    """The state of each run by the rule of this module; null where it is not evaluable."""
    limit = pl.col("limit")
    over, under = pl.col("least") >= threshold, pl.col("most") < threshold
    weak = (pl.col("most") < limit).fill_null(False)
    negative = pl.when(limit <= threshold).then(pl.lit(NEGATIVE))
    absent = negative.when(limit > threshold).then(pl.lit(LOWER))
    present = (
        pl.when(under)
        .then(pl.lit(BELOW))
        .when(over & weak)
        .then(pl.lit(UNQUANTIFIED))
        .when(over)
        .then(pl.lit(POSITIVE))
    )
    return pl.when("found").then(present).otherwise(absent).alias("state")


def worst_a_day(records: pl.DataFrame) -> pl.DataFrame:
    """One line a day with its worst run; of equally bad ones the more sensitive, then the last.

    Among runs that found nothing the most sensitive counts: where one is negative, another that
    could not have found so much takes nothing from it. A day with a run that found something and
    is not evaluable is not evaluable unless another is positive.
    """
    negative = (pl.col("state") == NEGATIVE).fill_null(False)
    any_negative = negative.any().over("patient_id", "clock", "low", "high")
    records = records.filter(pl.col("found") | negative | ~any_negative)
    rank = {name: number for number, name in enumerate(STATES)}
    # Not evaluable stands just below positive: nothing but a positive run outweighs it.
    order = pl.col("state").replace_strict(
        rank, default=rank[POSITIVE] - 0.5, return_dtype=pl.Float64
    )
    ordered = records.with_columns(order.alias("order")).sort(
        "patient_id",
        "clock",
        "low",
        "high",
        "order",
        "limit",
        "row",
        descending=[False, False, False, False, True, False, True],
        nulls_last=True,
    )
    by = ["patient_id", "clock", "low", "high"]
    return ordered.unique(by, keep="first", maintain_order=True).drop("order")
