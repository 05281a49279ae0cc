"""Restagings: what the chart found around each marrow (or other anchor), brought together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from sequela.chart.chart import Chart
from sequela.clinical.response.cellularity import cellularity_at, differing, percent_rows
from sequela.clinical.response.criteria import CriteriaSet
from sequela.clinical.response.extramedullary import site_rows, sites_at
from sequela.clinical.response.measures import Measure, flag_rows, measures, value_rows
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
        self.used.append(used.select(list(USED_SCHEMA)).cast(dict(USED_SCHEMA)))  # type: ignore[arg-type]

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

    `anchors` has id, patient_id, clock, low, high, began, began_high, and `least`, `most`,
    `least_open`, `most_open`, `rows` of the anchoring measure, with `before_` and `lowest_` ends
    of its value before therapy and of its lowest since.
    """
    asked = dict.fromkeys(r.measure for r in criteria.requirement.values())
    found = Restagings(anchors)
    found.used.append(_listed(anchors.select("id", "rows"), "measurements"))
    renamed = {c: f"{criteria.anchor}_{c}" for c in _ENDS} | {
        f"{when}_{end}": f"{criteria.anchor}_{when}_{end}"
        for when in ("before", "lowest")
        for end in ("least", "most")
    }
    found.frame = found.frame.rename(renamed).with_columns(
        pl.lit(True).alias(f"{criteria.anchor}_found")
    )
    for name in asked:
        if name != criteria.anchor and not known[name].before:
            _collect_one(chart, found, name, known[name], criteria)
    for name in asked:
        if known[name].before:
            _collect_support(chart, found, name, known[name], criteria)
    return found


_ENDS = ("least", "most", "least_open", "most_open")


def _collect_one(
    chart: Chart, found: Restagings, name: str, measure: Measure, criteria: CriteriaSet
) -> None:
    if name == "extramedullary":
        _collect_sites(chart, found, measure, criteria)
        return
    if name == "cellularity":
        _collect_cellularity(chart, found, measure, criteria)
        return
    rows = flag_rows(chart, measure) if measure.assessments else value_rows(chart, measure)
    found.findings += rows.findings
    moments = found.frame.select("id", "patient_id", "clock", "low", "high")
    near = look_up(
        moments, _since(found, rows.rows), "nearest", within_days=criteria.window_days, by="id"
    )
    kept = ["flag"] if measure.assessments else list(_ENDS)
    open_is_null = [pl.when(~pl.col("open")).then(pl.col(c)).alias(f"{name}_{c}") for c in kept]
    columns = near.select(
        "id",
        *open_is_null,
        pl.lit(True).alias(f"{name}_found"),
        pl.col("low").alias(f"{name}_day_low"),
        pl.col("high").alias(f"{name}_day_high"),
    )
    table = "assessments" if measure.assessments else "measurements"
    found.add(columns, _listed(near.select("id", "rows"), table))
    if any(r.measure == name and r.compare == "fallen by" for r in criteria.requirement.values()):
        _collect_before(found, name, rows.rows)


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
    began = found.frame.select("patient_id", "clock", "began_high").unique()
    after = rows.join(began, on=["patient_id", "clock"], how="inner", maintain_order="left")
    return after.filter(pl.col("low") > pl.col("began_high")).drop("began_high")


def _collect_before(found: Restagings, name: str, rows: pl.DataFrame) -> None:
    """The value before therapy of a measure that is not the anchor."""
    at = found.frame.select("id", "patient_id", "clock", low="began", high="began_high")
    before = look_up(at.filter(pl.col("low").is_not_null()), rows, "on_or_before", by="id")
    columns = before.select(
        "id",
        pl.when(~pl.col("open")).then("least").alias(f"{name}_before_least"),
        pl.when(~pl.col("open")).then("most").alias(f"{name}_before_most"),
    )
    found.add(columns, _listed(before.select("id", "rows"), "measurements"))


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
