"""The lines of therapy of all patients: drawn by the rule from the chart's rows, or as numbered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.frames import each_row
from sequela.clinical.definition import select_rows
from sequela.clinical.lines_of_therapy import Block, Given, LineRule, Lines, draw_lines
from sequela.clinical.regimens import Regimens

# The column of a table that names the therapy.
NAMED_BY = {"treatments": "regimen", "exposures": "drug"}

BLOCK_ROWS_SCHEMA = {
    "patient_id": pl.String,
    "table": pl.String,
    "row": pl.Int64,
    "line": pl.Int64,
    "intent": pl.String,
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """Each patient's therapy in lines, and every row in them with the line and intent it has.

    `rows` has patient_id, table, row, line and intent, in the order of patients and regimens.
    """

    of: Mapping[str, Lines]
    rows: pl.DataFrame


def therapy_rows(chart: Chart, table: str, where: str) -> pl.DataFrame:
    """The rows of a table with therapy that satisfy a condition and belong to someone."""
    return select_rows(chart[table], where).filter(pl.col("patient_id").is_not_null())


def computed_lines(
    chart: Chart, rule: LineRule, regimens: Regimens, *, table: str, where: str
) -> Drawn:
    """The lines by the rule; columns and moments that ask for the same lines have them drawn once.

    Who has no order in time, by a day that is missing or by a second clock, is not evaluable.
    """
    said = rule.model_dump_json(include={*LineRule.model_fields})
    # The regimens are kept with the lines, so that no others can have their id.
    made = chart.once(
        ("lines", said, table, where, id(regimens)),
        lambda: (regimens, _drawn(_computed(chart, rule, regimens, table=table, where=where))),
    )
    return made[1]


def _drawn(lines: Mapping[str, Lines]) -> Drawn:
    rows = [
        (patient, given.table, given.row, block.line, block.intent)
        for patient, of in lines.items()
        for block in of.blocks
        for given in block.rows
    ]
    columns = zip(*rows, strict=True) if rows else ((),) * len(BLOCK_ROWS_SCHEMA)
    return Drawn(lines, pl.DataFrame(list(map(list, columns)), BLOCK_ROWS_SCHEMA))


@dataclass(slots=True)
class _Therapy:
    """What one patient was given, on the clock of the first row."""

    clock: str
    given: list[Given] = field(default_factory=list)


def _computed(
    chart: Chart, rule: LineRule, regimens: Regimens, *, table: str, where: str
) -> dict[str, Lines]:
    columns = ("patient_id", "start__low", "stop__high", "start__clock", "stop__clock", "row")
    rows = therapy_rows(chart, table, where).select(*columns, NAMED_BY[table])
    ordered = rows.sort("patient_id", "start__low", "row")
    undated = pl.col("start__low").is_null().any().over("patient_id")
    clocks = pl.col("start__clock").n_unique().over("patient_id") > 1
    bad = ordered.filter(undated | clocks)
    lines = {p: Lines(why="not_evaluable") for p in bad["patient_id"].unique().to_list()}
    days = _progressions(chart, rule)
    of: dict[str, _Therapy] = {}
    for patient, start, stop, clock, stop_clock, row, text in each_row(ordered):
        if patient not in lines and text is not None:
            if patient not in of:
                of[patient] = _Therapy(clock)
            end = stop if stop_clock == clock else None
            of[patient].given.append(Given(start, end, regimens.read(text), table, row))
    for patient, had in of.items():
        progressions = days.get((patient, had.clock), ())
        blocks = draw_lines(had.given, progressions, rule, regimens)
        lines[patient] = Lines(blocks, None, had.clock)
    return lines


def _progressions(chart: Chart, rule: LineRule) -> dict[tuple[str, str], list[float]]:
    """The days of relapse, progression and refractory disease, by patient and clock."""
    refractory = (pl.col("what") == "refractory") & (pl.col("value") == "yes")
    happened = pl.concat(
        [
            chart["events"].filter(pl.col("what").is_in(list(rule.progression))),
            chart["assessments"].filter(refractory),
        ],
        how="diagonal",
    ).filter(pl.col("when__low").is_not_null())
    days: dict[tuple[str, str], list[float]] = {}
    for patient, clock, day in each_row(happened.select("patient_id", "when__clock", "when__low")):
        days.setdefault((patient, clock), []).append(day)
    return days


def reported_lines(rows: pl.DataFrame, table: str, regimens: Regimens) -> Drawn:
    """Lines by the numbers in the chart; a row without one leaves the patient's lines unknown."""
    lines: dict[str, list[Block]] = {}
    unknown = set()
    if "line" not in rows.columns:
        return _drawn({p: Lines(why="missing") for p in rows["patient_id"].unique().to_list()})
    wanted = rows.sort("patient_id", "line__low", "row").select(
        "patient_id", "line__low", "intent", "start__low", "row", NAMED_BY[table]
    )
    for patient, line, intent, start, row, text in wanted.iter_rows():
        if line is None or text is None:
            unknown.add(patient)
            continue
        day = math.nan if start is None else start
        given = Given(day, None, regimens.read(text), table, row)
        block = Block([given], given.named, int(line), intent or "consolidation")
        lines.setdefault(patient, []).append(block)
    numbered = {p: Lines(tuple(blocks)) for p, blocks in lines.items()}
    return _drawn(numbered | {p: Lines(why="missing") for p in unknown})
