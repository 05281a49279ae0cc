"""Columns about lines of therapy, computed beside what the chart states."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.chart.time import DAYS_IN
from sequela.clinical.columns import ColumnDefinition
from sequela.clinical.data_files import unknown_word
from sequela.clinical.definition import TimeUnit
from sequela.clinical.drawn_lines import (
    NAMED_BY,
    Drawn,
    computed_lines,
    reported_lines,
    therapy_rows,
)
from sequela.clinical.lines_of_therapy import RULE, Block, LineRule, Lines
from sequela.clinical.regimens import Regimens
from sequela.clinical.subjects import ROWS_SCHEMA, VALUE_SCHEMA, ColumnKind, Derived
from sequela.findings import Finding

LinePart = Literal["count", "regimen", "regimens", "intents", "to_next", "duration"]
_KINDS: Mapping[str, ColumnKind] = {
    "count": "number",
    "regimen": "category",
    "regimens": "text",
    "intents": "text",
    "to_next": "number",
    "duration": "number",
}
# What the chart may call an intent that the rule has computed.
_SAME = {
    "induction": {"induction"},
    "consolidation": {"post-induction"},
    "maintenance": {"maintenance", "post-induction"},
    "salvage": {"salvage"},
    "supportive": {"supportive"},
}


class TherapyLine(ColumnDefinition, LineRule):
    """A line of therapy by the rule lines-1: how many there are, or what one of them was.

    `count` is the number of lines; `regimen` the first regimen of a line, `regimens` and `intents`
    all of it; `to_next` the time from its start to the start of the next line, `duration` from its
    first to its last known day. Where the chart states line or intent, differences are findings.
    """

    derive: Literal["therapy_line"]
    part: LinePart = Field(description="what of the line the column holds")
    line: int = Field(1, ge=1, description="which line")
    table: Literal["treatments", "exposures"] = Field(
        "treatments", description="the chart table with the therapy"
    )
    where: str = Field("", description="SQL condition on its rows")
    source: Literal["computed", "reported"] = Field(
        "computed", description="whose lines: the rule's, or the numbers in the chart"
    )
    unit: TimeUnit = "days"


def holds(definition: TherapyLine) -> ColumnKind:
    """What the column's values are."""
    return _KINDS[definition.part]


def derive_line(
    chart: Chart, definition: TherapyLine, regimens: Regimens
) -> tuple[Derived, list[Finding]]:
    """A part of a line of therapy; not evaluable where the rows have no order in time.

    Who has no therapy has no lines (count 0, the rest not applicable). Where the study keeps no
    such table, it is missing.
    """
    table, where = definition.table, definition.where
    rows = therapy_rows(chart, table, where)
    findings = _unknown(chart, definition, rows, regimens)
    if definition.source == "reported":
        lines = reported_lines(rows, table, regimens)
    else:
        lines = computed_lines(chart, definition, regimens, table=table, where=where)
        findings += _differences(chart, table, lines, rows)
    patients = chart.patients.unique().sort().to_list() if chart.has(table) else []
    values = _values(patients, lines, definition)
    decided = _rows_of(lines, definition)
    return Derived(holds(definition), values, decided, _method(definition)), findings


def _method(definition: TherapyLine) -> str:
    about = definition.part.replace("_", " ")
    which = "" if definition.part == "count" else f" of line {definition.line}"
    if definition.source == "reported":
        return f"{about}{which}, lines as the chart numbers them"
    return (
        f"rule {RULE}: {about}{which}, drugs within {definition.together_days:g} days together, "
        f"gaps over {definition.gap_days:g} days, {definition.change} for a change"
    )


def _unknown(
    chart: Chart, definition: TherapyLine, rows: pl.DataFrame, regimens: Regimens
) -> list[Finding]:
    """A finding for each row that names a regimen or drug that is not known."""
    column = NAMED_BY[definition.table]
    texts = rows[column].drop_nulls().unique(maintain_order=True)
    bad = {text: named.unknown for text in texts if (named := regimens.read(text)).unknown}
    if not bad:
        return []
    known = dict.fromkeys(regimens.words)
    found = rows.filter(pl.col(column).is_in(list(bad)))
    return [
        unknown_word(
            "regimen-unknown",
            word,
            known,
            what="a regimen or drug",
            where=_at(chart, definition.table, row, patient, column),
        )
        for row, patient, text in found.select("row", "patient_id", column).iter_rows()
        for word in bad[text]
    ]


def _at(chart: Chart, table: str, row: int, patient: str, column: str) -> Finding:
    return Finding(
        code="",
        severity="warning",
        message="",
        remedy="",
        file=chart.files.get(table, f"{table}.csv"),
        row=row,
        column=column,
        patient_id=patient,
    )


def _values(patients: list[str], lines: Drawn, definition: TherapyLine) -> pl.DataFrame:
    """The column's values, one row a patient."""
    kind = holds(definition)
    nobody = Lines()
    told = [_value(lines.of.get(patient, nobody), definition) for patient in patients]
    names = ("value", "low", "high", "why", "known_at", "known_clock")
    columns = dict(zip(names, zip(*told, strict=True), strict=True)) if told else {}
    schema = VALUE_SCHEMA | {"value": pl.String, "low": pl.Float64, "high": pl.Float64}
    frame = pl.DataFrame(
        {name: columns.get(name, ()) for name in schema} | {"patient_id": patients}, schema
    )
    return frame.drop("value") if kind == "number" else frame.drop("low", "high")


_Value = tuple[str | None, float | None, float | None, str | None, float | None, str | None]


def _value(lines: Lines, definition: TherapyLine) -> _Value:
    """A patient's value, low and high, the reason, and when and on which clock it is known."""
    blocks = lines.of(definition.line)
    known = _known_at(blocks, definition)
    if lines.why is not None:
        return None, None, None, lines.why, known, lines.clock
    if definition.part == "count":
        count = float(lines.count)
        return None, count, count, None, known, lines.clock
    if not blocks:
        return None, None, None, "not_applicable", known, lines.clock
    return *_of_line(lines, blocks, definition), known, lines.clock


def _known_at(blocks: list[Block], definition: TherapyLine) -> float | None:
    """The first regimen of a line is known when it starts; the rest in hindsight only."""
    if definition.part != "regimen" or not blocks or math.isnan(blocks[0].start):
        return None
    return blocks[0].start


_OfLine = tuple[str | None, float | None, float | None, str | None]


def _of_line(lines: Lines, blocks: list[Block], definition: TherapyLine) -> _OfLine:
    names = list(dict.fromkeys(b.named.name for b in blocks))
    match definition.part:
        case "regimen":
            return names[0], None, None, None
        case "regimens":
            return "; ".join(names), None, None, None
        case "intents":
            told = [f"{b.intent}: {b.named.name}" for b in blocks]
            return "; ".join(dict.fromkeys(told)), None, None, None
        case "duration":
            return _days(max(b.last_day for b in blocks) - blocks[0].start, definition)
        case _:
            after = lines.of(definition.line + 1)
            if not after:
                return None, None, None, "not_applicable"
            return _days(after[0].start - blocks[0].start, definition)


def _days(days: float, definition: TherapyLine) -> _OfLine:
    if math.isnan(days):  # a line that the chart numbers and does not date
        return None, None, None, "missing"
    length = days / DAYS_IN[definition.unit]
    return None, length, length, None


def _rows_of(lines: Drawn, definition: TherapyLine) -> pl.DataFrame:
    """The rows that decided: all of them, or those of the line without supportive therapy."""
    rows = lines.rows
    if definition.part not in ("count", "to_next"):
        rows = rows.filter((pl.col("line") == definition.line) & (pl.col("intent") != "supportive"))
    return rows.select(list(ROWS_SCHEMA))


def _differences(chart: Chart, table: str, lines: Drawn, rows: pl.DataFrame) -> Iterable[Finding]:
    """Where the chart's own line or intent is another than the rule's."""
    if "line" not in rows.columns:
        return
    stated = rows.select("row", pl.col("intent").alias("said"), pl.col("line__low").alias("number"))
    both = lines.rows.join(stated, on="row", how="left", maintain_order="left")
    as_said = [
        (pl.col("intent") == intent) & pl.col("said").is_in(list(words))
        for intent, words in _SAME.items()
    ]
    intent = (pl.col("said") != "") & ~pl.any_horizontal(as_said)
    number = (pl.col("line") != 0) & (pl.col("number") != pl.col("line"))
    differ = both.select(
        *("patient_id", "row", "intent", "line", "said", "number"),
        intent.fill_null(False).alias("other_intent"),
        number.fill_null(False).alias("other_line"),
    ).filter(pl.col("other_intent") | pl.col("other_line"))
    for patient, row, intent_is, line, said, number_said, *others in differ.iter_rows():
        where = _at(chart, table, row, patient, "")
        if others[0]:
            yield _differs(where, "intent", said, intent_is)
        if others[1]:
            yield _differs(where, "line", f"{number_said:g}", f"line {line}")


def _differs(where: Finding, column: str, said: str, computed: str) -> Finding:
    return Finding(
        code=f"{column}-not-as-computed",
        severity="note",
        file=where.file,
        row=where.row,
        column=column,
        patient_id=where.patient_id,
        value=said,
        message=f"the rule {RULE} makes it {computed}, and the chart says otherwise",
        remedy="Correct the chart, or use source = 'reported' where the chart is right.",
    )
