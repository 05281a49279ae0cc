"""Restagings: what the chart found around each marrow (or other anchor), brought together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.frames import with_types
from sequela.clinical.response.anchors import ENDS, HISTORY, before_therapy, with_history
from sequela.clinical.response.cellularity import cellularity_at, differing, percent_rows
from sequela.clinical.response.criteria import BEFORE, LOWEST, CriteriaSet
from sequela.clinical.response.extramedullary import site_rows, sites_at
from sequela.clinical.response.light_chains import measured
from sequela.clinical.response.measures import Measure, flag_rows, measures
from sequela.clinical.response.support import support_rows, supported
from sequela.clinical.timeline import look_up
from sequela.findings import Finding

USED_SCHEMA: dict[str, type[pl.DataType]] = {"id": pl.Int64, "table": pl.String, "row": pl.Int64}


@dataclass(slots=True)
class Restagings:
    """Restagings as they are put together: a line each, the rows used, and what was found."""

    frame: pl.DataFrame
    used: list[pl.DataFrame] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def add(self, columns: pl.DataFrame, used: pl.DataFrame) -> None:
        """Columns by `id`, and the chart rows that they came from."""
        self.frame = self.frame.join(columns, on="id", how="left", maintain_order="left")
        self.used.append(used.select(list(USED_SCHEMA)).pipe(with_types, USED_SCHEMA))

    @property
    def rows(self) -> pl.DataFrame:
        """The rows used: id, table, row."""
        return pl.concat(self.used) if self.used else pl.DataFrame(schema=USED_SCHEMA)


def named_measures(names: Mapping[str, Iterable[str]]) -> Mapping[str, Measure]:
    """All measures, with the further names that a study gives."""
    known = measures()
    return {n: m.also_called(names.get(n, ())) for n, m in known.items()}


def collect(
    chart: Chart, criteria: CriteriaSet, anchors: pl.DataFrame, known: Mapping[str, Measure]
) -> Restagings:
    """The anchors with a column for everything that the criteria ask for.

    `anchors` are those of `find_anchors`.
    """
    asked = dict.fromkeys(r.measure for r in criteria.requirement.values())
    found = Restagings(anchors)
    found.used.append(_listed(anchors.select("id", "rows"), "measurements"))
    if not criteria.or_anchors:
        own = {c: f"{criteria.anchor}_{c}" for c in (*ENDS, *HISTORY)}
        named = pl.lit(True).alias(f"{criteria.anchor}_found")
        found.frame = anchors.rename(own).with_columns(named)
        del asked[criteria.anchor]
    for name in asked:
        if not known[name].before:
            _collect_one(chart, found, name, known, criteria)
    for name in asked:
        if known[name].before:
            _collect_support(chart, found, name, known[name], criteria)
    return found


def _collect_one(
    chart: Chart,
    found: Restagings,
    name: str,
    known: Mapping[str, Measure],
    criteria: CriteriaSet,
) -> None:
    if name == "extramedullary":
        _collect_sites(chart, found, known[name], criteria)
        return
    if name == "cellularity":
        _collect_cellularity(chart, found, known[name], criteria)
        return
    compared = {r.compare for r in criteria.requirement.values() if r.measure == name}
    rows = measured(chart, name, known)
    found.findings += rows.findings
    since = _since(found, rows.rows)
    kept = ["flag"] if known[name].assessments else list(ENDS)
    if compared & {*LOWEST}:
        since = with_history(since, rows.rows, _began(found))
        kept += ["lowest_least", "lowest_most"]
    moments = found.frame.select("id", "patient_id", "clock", "low", "high")
    near = look_up(moments, since, "nearest", within_days=criteria.window_days, by="id")
    columns = near.select(
        "id",
        *(pl.when(~pl.col("open")).then(pl.col(c)).alias(f"{name}_{c}") for c in kept),
        pl.lit(True).alias(f"{name}_found"),
        pl.col("low").alias(f"{name}_day_low"),
        pl.col("high").alias(f"{name}_day_high"),
    )
    listed = near.explode("rows").select("id", "table", row="rows")
    found.add(columns, listed)
    if name in criteria.or_anchors or (criteria.or_anchors and name == criteria.anchor):
        # At its own day a value is that of the restaging, however well the day is known.
        found.frame = found.frame.with_columns(
            pl.when(pl.col("own") == name).then(c).otherwise(f"{name}_{c}").alias(f"{name}_{c}")
            for c in kept
        )
    if compared & {*BEFORE}:
        _collect_before(found, name, rows.rows)


def _began(found: Restagings) -> pl.DataFrame:
    return found.frame.select("patient_id", "clock", "began", "began_high").unique()


def _collect_cellularity(
    chart: Chart, found: Restagings, measure: Measure, criteria: CriteriaSet
) -> None:
    """The pathologist's word, else the percentage for the age."""
    words = flag_rows(chart, measure)
    percents = percent_rows(chart, measure, criteria.normal_cellularity)
    moments = found.frame.select("id", "patient_id", "clock", "low", "high")
    at = cellularity_at(
        moments, _since(found, words.rows), _since(found, percents.rows), criteria.window_days
    )
    found.findings += [*words.findings, *percents.findings]
    found.findings += differing(chart, at, moments)
    columns = at.select(
        "id",
        pl.col("flag").alias("cellularity_flag"),
        pl.lit(True).alias("cellularity_found"),
        pl.col("day_low").alias("cellularity_day_low"),
        pl.col("day_high").alias("cellularity_day_high"),
    )
    found.add(columns, at.explode("rows").select("id", "table", row="rows"))


def _since(found: Restagings, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows after the day on which therapy began: what came before it restages nothing."""
    began = _began(found).drop("began")
    after = rows.join(began, on=["patient_id", "clock"], how="inner", maintain_order="left")
    return after.filter(pl.col("low") > pl.col("began_high")).drop("began_high")


def _collect_before(found: Restagings, name: str, rows: pl.DataFrame) -> None:
    """What a measure was before therapy, beside every restaging of the patient."""
    before = before_therapy(rows, _began(found))
    kept = [c for c in before.columns if c.startswith("before_")]
    at = found.frame.select("id", "patient_id", "clock").join(
        before, on=["patient_id", "clock"], how="inner"
    )
    columns = at.select(
        "id",
        *(pl.col(c).alias(f"{name}_{c}") for c in kept),
        pl.lit(True).alias(f"{name}_before_found"),
    )
    found.add(columns, at.explode("rows").select("id", "table", row="rows"))


def _collect_sites(
    chart: Chart, found: Restagings, measure: Measure, criteria: CriteriaSet
) -> None:
    sites = site_rows(chart, measure)
    found.findings += sites.findings
    at = sites_at(found.frame, sites.rows, criteria.window_days)
    columns = at.select(
        "id",
        pl.col("present").alias("extramedullary_flag"),
        pl.col("new").alias("extramedullary_new"),
        pl.lit(True).alias("extramedullary_found"),
        pl.col("day_high").alias("extramedullary_day_high"),
    )
    found.add(columns, _listed(at.select("id", "rows"), "extramedullary"))


def _collect_support(
    chart: Chart, found: Restagings, name: str, measure: Measure, criteria: CriteriaSet
) -> None:
    """Support before the count it could have lifted; known to all when the chart records it."""
    days = max(r.days_before for r in criteria.requirement.values() if r.measure == name)
    count = measure.before
    has_day = f"{count}_day_low" in found.frame.columns
    day = (f"{count}_day_low", f"{count}_day_high") if has_day else ("low", "high")
    counts = found.frame.select("id", "patient_id", "clock", low=day[0], high=day[1])
    support = support_rows(chart, measure)
    given = supported(counts.filter(pl.col("low").is_not_null()), support, days)
    recorded = pl.lit(True if support.height else None, pl.Boolean)
    columns = given.select("id", pl.col("given").alias(f"{name}_flag"))
    columns = columns.with_columns(recorded.alias(f"{name}_found"))
    listed = given.select("id", "rows").drop_nulls("rows").explode("rows").unnest("rows")
    found.add(columns, listed)


def _listed(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    return rows.explode("rows").select("id", pl.lit(table).alias("table"), row="rows")
