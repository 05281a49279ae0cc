"""What response criteria ask for, found in the chart under the names that charts use."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.frames import with_types
from sequela.clinical.definition import Definition
from sequela.clinical.timeline import with_days
from sequela.findings import Finding

_COUNT: dict[str, float] = {
    "x10^9/l": 1,
    "10^9/l": 1,
    "10*9/l": 1,
    "10e9/l": 1,
    "g/l": 1,
    "k/ul": 1,
    "k/mcl": 1,
}
_COUNT |= {"10^3/ul": 1, "x10^3/ul": 1, "10*3/ul": 1, "10e3/ul": 1, "thousand/ul": 1}
_COUNT |= {"/ul": 0.001, "cells/ul": 0.001, "/mcl": 0.001, "cells/mcl": 0.001, "/mm3": 0.001}
_FACTORS: dict[str, dict[str, float]] = {
    "x10^9/L": _COUNT,
    "g/dL": {"g/dl": 1, "g/l": 0.1, "mg/dl": 0.001},
    "mg/24 h": {"mg/24h": 1, "mg/day": 1, "mg/d": 1, "g/24h": 1000, "g/day": 1000, "g/d": 1000},
    "mg/L": {"mg/l": 1, "mg/dl": 10, "g/l": 1000},
    "ratio": {"": 1, "ratio": 1},
    "/uL": {"/ul": 1, "cells/ul": 1, "/mcl": 1, "/mm3": 1, "x10^6/l": 1, "10^6/l": 1},
    "x10^12/L": {"x10^12/l": 1, "10^12/l": 1, "10^6/ul": 1, "m/ul": 1, "t/l": 1},
}

# A percentage, or two ends of one, as it is written among judgements.
PERCENT = r"^\s*(\d+(?:\.\d+)?)(?:\s*-\s*(\d+(?:\.\d+)?))?\s*%\s*$"

VALUES_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient_id": pl.String,
    "clock": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "least": pl.Float64,
    "most": pl.Float64,
    "least_open": pl.Boolean,
    "most_open": pl.Boolean,
    "row": pl.Int64,
    "rows": pl.List(pl.Int64),
}


class Measure(Definition):
    """How charts name a measure; see measures.toml for the keys."""

    label: str
    names: tuple[str, ...] = ()
    names_in: tuple[str, ...] = ()
    tissues: tuple[str, ...] = ()
    not_methods: tuple[str, ...] = ()
    unit: str = ""
    undetected: float | None = None
    assessments: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    before: str = ""

    def also_called(self, names: Iterable[str]) -> Measure:
        """The measure with more names of measurements, or of assessments where it is one."""
        keys = [key for key in ("assessments", "names") if getattr(self, key)] or ["names"]
        more = {key: (*getattr(self, key), *names) for key in keys}
        return self.model_copy(update=more)


@cache
def measures() -> Mapping[str, Measure]:
    """All measures by name."""
    text = files("sequela.clinical.response").joinpath("measures.toml").read_text(encoding="utf-8")
    return {n: Measure.model_validate(given) for n, given in tomllib.loads(text).items()}


@dataclass(frozen=True, slots=True)
class Found:
    """The dated rows of a measure, and what could not be understood among them."""

    rows: pl.DataFrame
    findings: tuple[Finding, ...] = ()


def factor(unit: str | None, wanted: str) -> float | None:
    """What turns a number in a unit into the wanted one; None when the unit is another."""
    plain = (unit or "").strip().lower().replace("µ", "u").replace("μ", "u").replace("×", "x")
    plain = plain.replace("⁹", "^9").replace("³", "^3").replace(" ", "")
    if wanted.startswith("%") and plain.startswith("%"):
        return 1.0
    for one in wanted.split(" or "):
        if plain in _FACTORS.get(one, {}):
            return float(_FACTORS[one][plain])
    return None


def value_rows(chart: Chart, measure: Measure) -> Found:
    """The measure's values with the day, one line a day.

    `least` and `most` are the ends of the value in the measure's unit, `least_open` and
    `most_open` whether the end itself is left out (`<5`). Of several rows of one day by one method
    the last in the file counts; values of one day by several methods together make an interval.
    A value in a unit that is not understood is a finding and counts as absent.
    """
    return chart.once(("values", measure), lambda: _value_rows(chart, measure))


def _value_rows(chart: Chart, measure: Measure) -> Found:
    called = _saying(chart, "measurements", "name", (*measure.names, *measure.names_in))
    rows = _named(with_days(called, "measurements"), measure)
    units = rows["unit"].unique().to_list()
    factors = {u: factor(u, measure.unit) for u in units}
    known = rows.with_columns(
        pl.col("unit")
        .replace_strict(factors, default=None, return_dtype=pl.Float64)
        .alias("factor")
    )
    strange = known.filter(pl.col("factor").is_null())
    findings = tuple(_unit_finding(chart, row, measure) for row in strange.iter_rows(named=True))
    ends = known.filter(pl.col("factor").is_not_null()).with_columns(*_ends(measure))
    by = ["patient_id", "clock", "low", "high"]
    by_method = ends.sort("row").unique([*by, "method"], keep="last", maintain_order=True)
    several = by_method.with_columns((pl.len().over(by) > 1).alias("several"))
    row = pl.col("row").cast(pl.Int64)
    alone = several.filter(~pl.col("several")).with_columns(row, pl.concat_list(row).alias("rows"))
    together = pl.concat(
        frame.select(list(VALUES_SCHEMA))
        for frame in (alone, _between_methods(several.filter("several"), by))
    ).sort(by)
    return Found(together.select(list(VALUES_SCHEMA)).pipe(with_types, VALUES_SCHEMA), findings)


def _between_methods(rows: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """One line a day from the ends of all methods of that day."""
    return rows.group_by(by, maintain_order=True).agg(
        pl.col("least").min(),
        pl.col("most").max(),
        _open("least", pl.col("least").min()),
        _open("most", pl.col("most").max()),
        pl.col("row").max().cast(pl.Int64),
        pl.col("row").cast(pl.Int64).alias("rows"),
    )


def _named(rows: pl.DataFrame, measure: Measure) -> pl.DataFrame:
    name, tissue = plain("name"), plain("tissue").fill_null("")
    by_name = name.is_in(_plainly(measure.names))
    by_tissue = name.is_in(_plainly(measure.names_in)) & tissue.is_in(_plainly(measure.tissues))
    method = plain("method").fill_null("")
    other = [method.str.contains(word.lower(), literal=True) for word in measure.not_methods]
    return rows.filter((by_name | by_tissue) & ~pl.any_horizontal(pl.lit(False), *other))


def _saying(chart: Chart, table: str, column: str, words: Iterable[str]) -> pl.DataFrame:
    """The rows of a table that say one of some words in a column, in any case.

    A large table says few different words: each is read once.
    """
    said = chart.once(
        ("words", table, column),
        lambda: chart[table].select(column).unique().with_columns(plain(column).alias("plain")),
    )
    texts = said.filter(pl.col("plain").is_in(_plainly(words)))[column]
    return chart[table].filter(pl.col(column).is_in(texts.implode()))


def plain(column: str) -> pl.Expr:
    """The text of a column without spaces around it, in small letters."""
    return pl.col(column).str.strip_chars().str.to_lowercase()


def _plainly(words: Iterable[str]) -> list[str]:
    return [word.lower() for word in words]


def _ends(measure: Measure) -> list[pl.Expr]:
    """The ends of each value in the measure's unit; nothing measured here is below zero."""
    undetected = pl.col("value__comparator") == "not detected"
    stated = pl.lit(measure.undetected, pl.Float64)
    limit = pl.col("limit_of_detection__high") * pl.col("factor")
    # What is absent once it is not detected needs no limit.
    at_most = stated if measure.undetected == 0 else pl.coalesce(limit, stated, pl.lit(math.inf))
    most = pl.when(undetected).then(at_most).otherwise(pl.col("value__high") * pl.col("factor"))
    least = pl.max_horizontal(pl.col("value__low") * pl.col("factor"), pl.lit(0.0))
    return [
        least.alias("least"),
        most.alias("most"),
        (pl.col("value__comparator") == ">").alias("least_open"),
        (pl.col("value__comparator") == "<").alias("most_open"),
    ]


def _open(end: str, at: pl.Expr) -> pl.Expr:
    """Whether an end is left out by every value that has it."""
    return pl.col(f"{end}_open").filter(pl.col(end) == at).all().alias(f"{end}_open")


def _unit_finding(chart: Chart, row: Mapping[str, object], measure: Measure) -> Finding:
    return Finding(
        code="unit-not-understood",
        severity="warning",
        file=chart.files.get("measurements", "measurements.csv"),
        row=int(str(row["row"])),
        column="unit",
        patient_id=str(row["patient_id"]),
        value=str(row["unit"] or ""),
        message=f"the unit is blank or not understood; the value is not used for {measure.label}",
        remedy=f"Give the value in {measure.unit}, with the unit beside it.",
    )


def flag_rows(chart: Chart, measure: Measure) -> Found:
    """The measure as clinicians judged it: `flag` is yes or no, null for a word not known."""
    rows = with_days(_saying(chart, "assessments", "what", measure.assessments), "assessments")
    words = {w.lower(): True for w in measure.yes} | {w.lower(): False for w in measure.no}
    flags = rows.select(
        "patient_id",
        "clock",
        "low",
        "high",
        plain("value").replace_strict(words, default=None, return_dtype=pl.Boolean).alias("flag"),
        pl.col("row").cast(pl.Int64),
        pl.concat_list(pl.col("row").cast(pl.Int64)).alias("rows"),
        "value",
    )
    strange = flags.filter(pl.col("flag").is_null() & (pl.col("value") != "NE"))
    if measure.names:
        # It may be given as a number as well.
        strange = strange.filter(~pl.col("value").str.contains(PERCENT))
    findings = tuple(
        word_finding(chart, "assessments", "value", row, (*measure.yes, *measure.no))
        for row in strange.iter_rows(named=True)
    )
    return Found(flags.drop("value"), findings)


def word_finding(
    chart: Chart, table: str, column: str, row: Mapping[str, object], known: Iterable[str]
) -> Finding:
    """A word that a rule does not know, so that the rule leaves it open."""
    return Finding(
        code="word-not-understood",
        severity="warning",
        file=chart.files.get(table, f"{table}.csv"),
        row=int(str(row["row"])),
        column=column,
        patient_id=str(row["patient_id"]),
        value=str(row[column]),
        message=f"'{column}' holds a word that the rule does not know, so the rule leaves it open",
        remedy=f"Known here: {', '.join(dict.fromkeys(known))}.",
    )
