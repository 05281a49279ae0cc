"""A small Evidence over one frame, so that the audit is tested without the pipeline."""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sequela.audit import NoEvidenceError, Selector
from sequela.stats.results import Row

Interval = tuple[float, float]
STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "median": lambda v: float(np.median(v)),
    "q1": lambda v: _quantile(v, 0.25),
    "q3": lambda v: _quantile(v, 0.75),
    "min": min,
    "max": max,
    "mean": lambda v: sum(v) / len(v),
    "sd": lambda v: (
        float(np.std(v, ddof=1)) if len(v) > 1 and all(map(math.isfinite, v)) else math.nan
    ),
}


def _quantile(values: list[float], share: float) -> float:
    ordered, place = sorted(values), share * (len(values) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low if low == high else low + (high - low) * (place - math.floor(place))


def interval(text: str) -> Interval | None:
    """`42` is itself, `1-9` lies between, `>120` has no upper end, an empty cell is unknown."""
    if not text:
        return None
    if text.startswith(">"):
        return float(text[1:]), math.inf
    low, _, high = text.partition("-")
    return float(low), float(high or low)


@dataclass
class FrameEvidence:
    """Cells as text, one row a patient; `reasons` says in which columns null is not missing."""

    cells: dict[str, list[str]]
    sets: Mapping[str, str] = field(default_factory=dict)
    endpoints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_evaluable: frozenset[str] = frozenset()
    asked: int = 0

    def __post_init__(self) -> None:
        self.frame = pl.DataFrame({name: _typed(name, cells) for name, cells in self.cells.items()})

    def patients(self, selector: Selector) -> tuple[str, ...]:
        members = self._members(selector, frozenset())
        return tuple(members.filter(self._condition(selector))["patient_id"])

    def rows(self, selector: Selector, leaving_out: frozenset[str] = frozenset()) -> list[Row]:
        self.asked += 1
        members = self._members(selector, leaving_out)
        if selector.endpoint:
            return self._survival(members, selector.endpoint)
        if selector.patient:
            members = members.filter(pl.col("patient_id") == selector.patient)
            return self._statistics(members, selector.variable, {"value": min})
        if selector.where or selector.level:
            return self._count(members, selector)
        if not selector.variable:
            return []
        if self.frame[selector.variable].dtype == pl.Float64:
            return self._statistics(members, selector.variable, STATISTICS)
        levels = members[selector.variable].drop_nulls().unique(maintain_order=True)
        return [
            row
            for level in levels
            for row in self._count(
                members, Selector(set=selector.set, variable=selector.variable, level=str(level))
            )
        ]

    def _members(self, selector: Selector, out: frozenset[str]) -> pl.DataFrame:
        if selector.variable and selector.variable not in self.frame.columns:
            raise NoEvidenceError(f"the study has no column '{selector.variable}'")
        frame = self.frame
        if selector.set:
            frame = frame.filter(pl.sql_expr(self.sets[selector.set]))
        return frame.filter(~pl.col("patient_id").is_in(list(out)))

    def _condition(self, selector: Selector) -> pl.Expr:
        if selector.level:
            return pl.col(selector.variable) == selector.level
        return pl.sql_expr(selector.where) if selector.where else pl.lit(True)

    def _count(self, members: pl.DataFrame, selector: Selector) -> list[Row]:
        condition = self._condition(selector)
        answers = members.select(condition.alias("x"))["x"]
        unknown = answers.null_count()
        elsewhere = bool(self.not_evaluable & set(condition.meta.root_names()))
        return [
            Row(
                set=selector.set,
                group=selector.where,
                variable=selector.variable,
                level=selector.level,
                statistic="count",
                value=float(answers.sum()),
                n=len(answers) - unknown,
                n_missing=0 if elsewhere else unknown,
                n_not_evaluable=unknown if elsewhere else 0,
            )
        ]

    def _statistics(
        self,
        members: pl.DataFrame,
        variable: str,
        wanted: Mapping[str, Callable[[list[float]], float]],
    ) -> list[Row]:
        texts = dict(zip(self.cells["patient_id"], self.cells[variable], strict=True))
        values = [v for p in members["patient_id"] if (v := interval(texts[p])) is not None]
        rows: list[Row] = []
        for name, statistic in wanted.items() if values else ():
            low, high = (statistic([v[end] for v in values]) for end in (0, 1))
            rows += _decided(name, low, high, variable, len(values), members.height - len(values))
        return rows

    def _survival(self, members: pl.DataFrame, endpoint: str) -> list[Row]:
        if endpoint not in self.endpoints:
            raise NoEvidenceError(f"the study has no endpoint '{endpoint}'")
        time, event, *kind = self.endpoints[endpoint]
        events = float(members[event].sum())
        rows = [Row(variable=time, statistic="events", value=events, n=members.height)]
        last = median_of(members, time, event)
        if not kind:
            state = "ok" if math.isfinite(last) else "not_reached"
            value = last if math.isfinite(last) else None
            return [*rows, _median(time, "median", value, state, members.height)]
        at_once = members.with_columns(pl.when(event).then(0.0).otherwise(time).alias(time))
        first = median_of(at_once, time, event)
        for name, bound in (("median_low_bound", first), ("median_high_bound", last)):
            state = "ok" if math.isfinite(bound) else "not_reached"
            value = bound if math.isfinite(bound) else None
            rows.append(_median(time, name, value, state, members.height))
        return [*rows, _median(time, "median", None, "refused", members.height)]


def _median(time: str, statistic: str, value: float | None, state: Any, n: int) -> Row:
    return Row(variable=time, statistic=statistic, value=value, state=state, n=n)


def median_of(members: pl.DataFrame, time: str, event: str) -> float:
    """The first time at which no more than half are without the event; infinite if none."""
    left, alive = members.height, 1.0
    for at in sorted(set(members[time])):
        now = members.filter(pl.col(time) == at)
        alive *= 1 - now[event].sum() / left
        left -= now.height
        if alive <= 0.5 + 1e-12:
            return float(at)
    return math.inf


def _decided(
    name: str, low: float, high: float, variable: str, n: int, missing: int
) -> Iterable[Row]:
    def row(statistic: str, value: float, undecided: Any) -> Row:
        fine = math.isfinite(value)
        return Row(
            variable=variable,
            statistic=statistic,
            value=value if fine else None,
            state="ok" if fine else undecided,
            n=n,
            n_missing=missing,
        )

    if low == high:
        return [row(name, low, "not_estimable")]
    bounds = [
        row(f"{name}_low_bound", low, "not_estimable"),
        row(f"{name}_high_bound", high, "not_estimable"),
    ]
    return [row(name, math.nan, "refused"), *bounds]


def _typed(name: str, cells: list[str]) -> pl.Series:
    known = {cell for cell in cells if cell}
    if known and known <= {"yes", "no"}:
        return pl.Series(name, [None if not c else c == "yes" for c in cells], dtype=pl.Boolean)
    try:
        ends = [interval(cell) for cell in cells]
    except ValueError:
        return pl.Series(name, [c or None for c in cells], dtype=pl.String)
    if name == "patient_id":
        return pl.Series(name, cells, dtype=pl.String)
    exact = [e[0] if e is not None and e[0] == e[1] else None for e in ends]
    return pl.Series(name, exact, dtype=pl.Float64)


def paper(folder: Path) -> FrameEvidence:
    """The chart of an invented paper: chart.csv, with sets and endpoints in chart.toml."""
    with (folder / "chart.csv").open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    cells = {name: [record[name] for record in records] for name in records[0]}
    definitions = tomllib.loads((folder / "chart.toml").read_text(encoding="utf-8"))
    return FrameEvidence(
        cells,
        sets=definitions.get("sets", {}),
        endpoints={name: tuple(v) for name, v in definitions.get("endpoints", {}).items()},
        not_evaluable=frozenset(definitions.get("not_evaluable", [])),
    )
