"""The burden of a disease as series: one measure, method, tissue and denominator each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.clinical.burden_doubles import charted_twice
from sequela.clinical.definition import Definition
from sequela.clinical.kinetics import Reading

Rows = Sequence[Mapping[str, Any]]


class Product(Definition):
    """A measure made of two others of the same day, such as WBC times the share of blasts."""

    name: str
    unit: str
    count: str = Field(description="the measure that is an absolute count")
    share: str = Field(description="the measure that is a percentage of that count")


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series; `high` is infinite where nothing limits what went undetected.

    `day` is the first day that the sample can be of, `latest` the last.
    """

    day: float
    low: float
    high: float
    comparator: str
    row: int
    table: str = "measurements"
    events: int | None = None
    total: int | None = None
    latest: float | None = None

    def surely_at_most(self, level: float) -> bool:
        """Whether the value lies at or below a level.

        What was not detected lies below every level when no limit of its detection is known.
        """
        return self.high <= level or (self.undetected and math.isinf(self.high))

    @property
    def source(self) -> tuple[str, int]:
        """The chart table and row that it stands in."""
        return self.table, self.row

    @property
    def reading(self) -> Reading:
        """The value in the terms of the kinetics."""
        low = 0.0 if self.undetected else self.low
        return Reading(self.day, low, self.high, self.events, self.total)

    @property
    def exact(self) -> bool:
        """Whether the value is one number above zero."""
        return self.low == self.high and self.low > 0

    @property
    def shown(self) -> bool:
        """Whether a log scale can show it: above zero, or not detected."""
        return self.undetected or self.low > 0

    @property
    def undetected(self) -> bool:
        """Whether the assay found nothing."""
        return self.comparator == "not detected" or (self.comparator in ("<", "<="))


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one measure, method, tissue and denominator, by day."""

    measure: str
    unit: str
    tissue: str
    method: str
    points: tuple[Point, ...]

    @property
    def latest(self) -> Series:
        """The same series with every sample on the last day that it can be of."""
        points = [replace(p, day=p.day if p.latest is None else p.latest) for p in self.points]
        return replace(self, points=tuple(sorted(points, key=lambda p: (p.day, p.row))))

    @property
    def name(self) -> str:
        """The series in words."""
        return f"{self.measure} ({self.unit}, {self.tissue}, {self.method})"


def burden_rows(chart: Chart, names: Sequence[str]) -> pl.DataFrame:
    """Measurements and flow populations of these names, in one form.

    The share of a population in percent comes from its counts where they are known, else as
    reported; no event among those counted is not detected. Its unit names the denominator. A
    sample that is charted in both tables counts once, as the population (`burden_doubles`).
    """
    measured = chart["measurements"].filter(pl.col("name").is_in(list(names)))
    twice = charted_twice(chart, names).select("row")
    measured = measured.join(twice, on="row", how="anti", maintain_order="left")
    measured = measured.with_columns(
        pl.lit("measurements").alias("table"),
        pl.lit(None, pl.Float64).alias("events__low"),
        pl.lit(None, pl.Float64).alias("total_events__low"),
    )
    found = chart["populations"].filter(pl.col("population").is_in(list(names)))
    counted = pl.col("events__low").is_not_null() & (pl.col("total_events__low") > 0)
    share = 100 * pl.col("events__low") / pl.col("total_events__low")
    none = counted & (pl.col("events__low") == 0)
    populations = found.with_columns(
        pl.col("population").alias("name"),
        (pl.lit("% of ") + pl.col("denominator")).alias("unit"),
        pl.lit("populations").alias("table"),
        pl.when(counted).then(share).otherwise("share__low").alias("value__low"),
        pl.when(none)
        .then(float("inf"))
        .when(counted)
        .then(share)
        .otherwise("share__high")
        .alias("value__high"),
        pl.when(none)
        .then(pl.lit("not detected"))
        .when(counted)
        .then(pl.lit("="))
        .otherwise("share__comparator")
        .alias("value__comparator"),
    )
    return pl.concat([measured.select(_COLUMNS), populations.select(_COLUMNS)])


_COLUMNS = (
    *("patient_id", "row", "table", "name", "unit", "tissue", "method"),
    *("when__low", "when__high", "when__clock", "value__low", "value__high", "value__comparator"),
    *("limit_of_detection__low", "events__low", "total_events__low"),
)


def read_series(measures: Sequence[str], products: Sequence[Product], rows: Rows) -> list[Series]:
    """The series of a patient on one clock, products after the measures they are made of."""
    keyed: dict[tuple[str, str, str, str], list[Point]] = {}
    for row in rows:
        if row["value__low"] is None or row["when__low"] is None:
            continue
        key = (row["name"], row["unit"] or "", row["tissue"] or "", row["method"] or "")
        keyed.setdefault(key, []).append(_point(row))
    found = [
        Series(*key, tuple(sorted(points, key=lambda p: (p.day, p.row))))
        for key, points in keyed.items()
        if key[0] in measures
    ]
    for product in products:
        found += _product(product, keyed)
    return found


def _point(row: Mapping[str, Any]) -> Point:
    high = row["value__high"]
    limit = row.get("limit_of_detection__low")
    if row["value__comparator"] == "not detected" and limit is not None:
        high = limit
    events, total = row.get("events__low"), row.get("total_events__low")
    return Point(
        row["when__low"],
        row["value__low"],
        high,
        row["value__comparator"],
        row["row"],
        row.get("table", "measurements"),
        None if events is None else int(events),
        None if total is None else int(total),
        row["when__high"],
    )


def _product(
    product: Product, keyed: dict[tuple[str, str, str, str], list[Point]]
) -> Iterable[Series]:
    """Count times share on the days that have both, tissue and method being the same."""
    for (name, _, tissue, method), counts in keyed.items():
        if name != product.count:
            continue
        shares = [
            p
            for (other, _, t, m), points in keyed.items()
            if other == product.share and (t, m) == (tissue, method)
            for p in points
            if p.exact
        ]
        by_day = {p.day: p for p in shares}
        points = tuple(
            Point(
                c.day,
                c.low * by_day[c.day].low / 100,
                c.high * by_day[c.day].high / 100,
                "=",
                c.row,
                latest=c.latest,
            )
            for c in counts
            if c.exact and c.day in by_day
        )
        if points:
            yield Series(product.name, product.unit, tissue, method, points)
