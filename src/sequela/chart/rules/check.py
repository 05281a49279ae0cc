"""All rules over the chart, and the findings that they give."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.rules import (
    across_tables,
    across_time,
    duplicates,
    identity,
    numbers,
    structure,
    within_column,
    within_row,
)
from sequela.chart.rules.rule import BREACH_SCHEMA, Asked, Rule
from sequela.findings import Finding

RULES: tuple[Rule, ...] = (
    *structure.RULES,
    *within_column.RULES,
    *within_row.RULES,
    *across_tables.RULES,
    *across_time.RULES,
    *duplicates.RULES,
    *identity.RULES,
    *numbers.RULES,
)


def check_chart(
    chart: Chart, *, sites: tuple[str, ...], data_cut: date | None = None
) -> list[Finding]:
    """The findings of all rules, in the order of the rules and within one by place.

    `sites` are the sites that the study names, `data_cut` the day after which nothing was charted.
    A rule that meets a missing value neither passes nor fails there; what it could not look at is
    counted in one line a rule. Times are compared only on a common clock.
    """
    asked = Asked(chart, sites, data_cut)
    found = [finding for rule in RULES for finding in _findings(rule, asked)]
    found += identity.identifying_names(chart)
    return found + [
        _not_judged(rule, n) for rule in RULES if rule.unseen and (n := rule.unseen(asked))
    ]


def _findings(rule: Rule, asked: Asked) -> Iterable[Finding]:
    frames = [frame for frame in rule.find(asked) if not frame.is_empty()]
    if not frames:
        return
    found = pl.concat(frame.select(list(BREACH_SCHEMA)) for frame in frames)
    for table, row, column, patient, value, hint in found.sort("table", "row").iter_rows():
        chart = asked.chart
        finding = Finding(
            code=rule.code,
            severity=rule.severity,
            message=rule.sentence,
            remedy=f"{chart.origins.in_words(hint)} {rule.remedy}".strip(),
            file=chart.files.get(table, f"{table}.csv"),
            row=row,
            column=column,
            patient_id=patient,
            value=value,
            table=table,
        )
        yield chart.locate(finding, table)


def _not_judged(rule: Rule, rows: int) -> Finding:
    """The one line that counts what a rule could not look at."""
    return Finding(
        code=f"{rule.code}-not-judged",
        severity="note",
        message=f"{rows} {'row has' if rows == 1 else 'rows have'} no time that can be compared, "
        f"so a rule passed over "
        f"{'it' if rows == 1 else 'them'}: {rule.sentence}",
        remedy="Give the times on one clock, or leave it at that.",
        file="chart",
    )


def describe_rules() -> list[dict[str, Any]]:
    """Every rule with its sentence, for the reference page."""
    return [
        {
            "code": r.code,
            "topic": r.topic,
            "severity": r.severity,
            "waivable": r.waivable,
            "sentence": r.sentence,
            "remedy": r.remedy,
        }
        for r in RULES
    ]
