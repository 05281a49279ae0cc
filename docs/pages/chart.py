"""The page of the chart: every table, every column, what a cell may hold, every rule."""

from __future__ import annotations

from typing import Any

from pages.markdown import page, prose, table
from sequela.chart import schema
from sequela.chart import time as chart_time
from sequela.chart.rules import describe_rules


def chart_page() -> str:
    """docs/reference/chart.md."""
    return page(
        "The chart",
        "The chart is a folder of CSV files, one a table, in UTF-8, separated by commas. The first "
        "line names the columns; their order is free, and columns that are not required may be "
        "left out. A blank cell is a missing value. Every file but the required ones may be "
        "absent; what depends on it then says so.",
        "## What a cell may hold",
        table(("kind", "a cell holds"), [(k, v) for k, v in schema.WHAT_A_CELL_HOLDS.items()]),
        prose(chart_time.__doc__),
        "## Tables",
        _contents(),
        *(_table(t) for t in schema.TABLES),
        "## Tables to come",
        "A file with one of these names is kept and not read: "
        + ", ".join(f"`{name}`" for name in schema.TABLES_TO_COME)
        + ".",
    )


def _contents() -> str:
    rows = [
        (f"[{t.name}](#{t.name})", t.row_is, "yes" if t.required else "") for t in schema.TABLES
    ]
    return table(("table", "one row is", "required"), rows)


def _table(of: schema.ChartTable) -> str:
    said = [f"One row is {of.row_is}."]
    if of.one_row_a_patient:
        said.append("Every patient has one row.")
    if of.moment:
        said.append(f"`{of.moment}` dates its rows.")
    rows = [(f"`{c.name}`", _holds(c), "yes" if c.required else "", c.doc) for c in of.columns]
    return "\n\n".join(
        [f"### {of.name}", " ".join(said), table(("column", "kind", "required", "what"), rows)]
    )


def _holds(column: schema.Column) -> str:
    if column.codes:
        return "code: " + ", ".join(f"`{c}`" for c in column.codes)
    return column.kind


def rules_page() -> str:
    """docs/reference/rules.md."""
    rules = describe_rules()
    topics = dict.fromkeys(r["topic"] for r in rules)
    return page(
        "Rules over the chart",
        "These rules look at the chart as a whole, before anything is derived. An *error* stops "
        "the run, a *warning* and a *note* do not. Times are compared only on a common clock; a "
        "time that is known in part breaks a rule only when all that it can be breaks it. A rule "
        "that meets a missing value neither passes nor fails there; rows that it could not judge "
        "are counted in one line a rule. Every finding names the file, the row as a spreadsheet "
        "program shows it, and the column.",
        "A study may keep what breaks a rule, with a reason: "
        "[how to waive a finding](../how-to/waive-a-finding.md). Rules that hold the chart "
        "together cannot be waived.",
        *(_rules_of(topic, [r for r in rules if r["topic"] == topic]) for topic in topics),
    )


def _rules_of(topic: str, rules: list[dict[str, Any]]) -> str:
    rows = [
        (
            f"`{r['code']}`",
            r["severity"],
            r["sentence"],
            r["remedy"],
            "yes" if r["waivable"] else "no",
        )
        for r in rules
    ]
    heading = ("rule", "severity", "what is wrong", "what to do", "can be waived")
    return f"## {topic.capitalize()}\n\n" + table(heading, rows)
