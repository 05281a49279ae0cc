"""Rules on what does not belong into a chart: who the patient is."""

from __future__ import annotations

import re
from pathlib import PurePath

import polars as pl

from sequela.chart import schema
from sequela.chart.chart import Chart
from sequela.chart.identifying import looks_identifying, what_identifies
from sequela.chart.rules.rule import Asked, Breaches, Rule, breaches
from sequela.findings import Finding

# In so many rows of a column each is named; more are one finding with their number.
_MANY = 3


def _identifier_in_text(asked: Asked) -> Breaches:
    """A text that looks as if it told who someone is; the text itself is not repeated.

    Where many rows of a column have one, the first stands for all of them.
    """
    for table in schema.TABLES:
        for column in table.columns:
            if column.kind not in ("text", "id"):
                continue
            frame = asked.chart[table.name].filter(looks_identifying(pl.col(column.name)))
            if frame.is_empty():
                continue
            kind = pl.col(column.name).map_elements(what_identifies, return_dtype=pl.String)
            hint = pl.concat_str(pl.lit("It looks like "), kind, pl.lit("."))
            if frame.height > _MANY:
                kinds = frame.select(kind.unique(maintain_order=True)).to_series().to_list()
                said = f"So do {frame.height - 1} more rows: they look like {_or(kinds)}."
                frame, hint = frame.head(1), pl.lit(said)
            yield breaches(frame, table.name, column.name, hint=hint)


def _or(kinds: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(kinds[:-1]), kinds[-1]]))


def identifying_names(chart: Chart) -> list[Finding]:
    """Files and sheets whose names look as if they told who a patient is."""
    named = {(table.file, "") for table in chart.sources}
    named |= {(table.file, table.sheet) for table in chart.sources if table.sheet}
    found = []
    for file, sheet in sorted(named):
        kind = what_identifies(re.sub(r"[_]+", " ", sheet or PurePath(file).stem))
        if kind:
            found.append(
                Finding(
                    code="identifier-in-name",
                    severity="warning",
                    file=file,
                    sheet=sheet,
                    message=f"the name of the {'sheet' if sheet else 'file'} looks like {kind}",
                    remedy="Name it by what it holds; names of files stand in every finding.",
                )
            )
    return found


RULES: tuple[Rule, ...] = (
    Rule(
        "identifier-in-text",
        "within a column",
        "warning",
        "a text looks as if it told who the patient is",
        "Take it out of the chart; a study number is enough.",
        _identifier_in_text,
    ),
)
