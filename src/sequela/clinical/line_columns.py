"""Columns about lines of therapy and exposure to drugs, computed beside what the chart states."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl
from pydantic import Field

from sequela.chart.chart import Chart
from sequela.chart.time import DAYS_IN
from sequela.clinical.columns import ColumnDefinition
from sequela.clinical.data_files import unknown_word
from sequela.clinical.definition import TimeUnit, select_rows
from sequela.clinical.lines_of_therapy import RULE, Block, Given, LineRule, Lines, draw_lines
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


class DrugExposure(ColumnDefinition):
    """Whether a patient ever had a drug or a drug of a class, in treatments or exposures.

    Therapy whose drugs are not known leaves it open: a no needs all of them to be known.
    """

    derive: Literal["drug_exposure"]
    drugs: tuple[str, ...] = Field((), description="drugs, by any of their names")
    classes: tuple[str, ...] = Field((), description="classes of drugs, as in drugs.toml")
    until: str = Field("", description="the moment before which it must have started; blank: ever")


@dataclass(frozen=True, slots=True)
class _Stated:
    """What the chart says of a row: its line and intent."""

    line: float | None
    intent: str | None


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
    rows = select_rows(chart[definition.table], definition.where).filter(
        pl.col("patient_id").is_not_null()
    )
    findings = _unknown(chart, definition, rows, regimens)
    stated = _stated(rows)
    if definition.source == "reported":
        lines = _reported(rows, definition, regimens)
    else:
        lines = computed_lines(chart, rows, definition, regimens)
        findings += _differences(chart, definition, lines, stated)
    patients = chart.patients.unique().sort().to_list() if chart.has(definition.table) else []
    values = [_value(patient, lines.get(patient, Lines()), definition) for patient in patients]
    return Derived(
        holds(definition), _frame(values, holds(definition)), _rows_of(lines, definition),
        _method(definition),
    ), findings  # fmt: skip


def _method(definition: TherapyLine) -> str:
    about = definition.part.replace("_", " ")
    which = "" if definition.part == "count" else f" of line {definition.line}"
    if definition.source == "reported":
        return f"{about}{which}, lines as the chart numbers them"
    return (
        f"rule {RULE}: {about}{which}, drugs within {definition.together_days:g} days together, "
        f"gaps over {definition.gap_days:g} days, {definition.change} for a change"
    )


def _names(definition: TherapyLine) -> tuple[str, str]:
    """The columns of the table with the therapy and its first day."""
    return ("regimen" if definition.table == "treatments" else "drug"), "start"


def _unknown(
    chart: Chart, definition: TherapyLine, rows: pl.DataFrame, regimens: Regimens
) -> list[Finding]:
    """A finding for each row that names a regimen or drug that is not known."""
    column, _ = _names(definition)
    known = dict.fromkeys(regimens.words)
    texts = rows[column].drop_nulls().unique(maintain_order=True)
    bad = {text: named.unknown for text in texts if (named := regimens.read(text)).unknown}
    found = rows.filter(pl.col(column).is_in(list(bad))) if bad else rows.clear()
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


def _stated(rows: pl.DataFrame) -> dict[int, _Stated]:
    if "line" not in rows.columns:
        return {}
    told = rows.select("row", "line__low", "intent").iter_rows()
    return {row: _Stated(line, intent) for row, line, intent in told}


def computed_lines(
    chart: Chart, rows: pl.DataFrame, definition: TherapyLine, regimens: Regimens
) -> dict[str, Lines]:
    """Each patient's therapy in lines, from the rows of the definition's table.

    Columns that ask for other parts of the same lines have them drawn once.
    """
    # The regimens are kept with the lines, so that no others can have their id.
    rule = definition.model_dump_json(include={*LineRule.model_fields, "table", "where"})
    made = chart.once(
        ("lines", rule, id(regimens)),
        lambda: (regimens, _drawn_lines(chart, rows, definition, regimens)),
    )
    return made[1]


def _drawn_lines(
    chart: Chart, rows: pl.DataFrame, definition: TherapyLine, regimens: Regimens
) -> dict[str, Lines]:
    column, _ = _names(definition)
    ordered = rows.sort("patient_id", "start__low", "row")
    bad = ordered.filter(
        pl.col("start__low").is_null().any().over("patient_id")
        | (pl.col("start__clock").n_unique().over("patient_id") > 1)
    )
    lines = {p: Lines(why="not_evaluable") for p in bad["patient_id"].unique().to_list()}
    days = _progressions(chart, definition)
    table = definition.table
    of: dict[str, tuple[str, list[Given]]] = {}
    columns = ("patient_id", "start__low", "stop__high", "start__clock", "stop__clock", "row")
    for patient, start, stop, clock, stop_clock, row, text in ordered.select(
        *columns, column
    ).iter_rows():
        if patient not in lines and text is not None:
            end = stop if stop_clock == clock else None
            _, given = of.setdefault(patient, (clock, []))
            given.append(Given(start, end, regimens.read(text), table, row))
    for patient, (clock, given) in of.items():
        lines[patient] = Lines(
            draw_lines(given, days.get((patient, clock), ()), definition, regimens), None, clock
        )
    return lines


def _progressions(chart: Chart, definition: TherapyLine) -> dict[tuple[str, str], list[float]]:
    """The days of relapse, progression and refractory disease, by patient and clock."""
    refractory = (pl.col("what") == "refractory") & (pl.col("value") == "yes")
    happened = pl.concat(
        [
            chart["events"].filter(pl.col("what").is_in(list(definition.progression))),
            chart["assessments"].filter(refractory),
        ],
        how="diagonal",
    ).filter(pl.col("when__low").is_not_null())
    days: dict[tuple[str, str], list[float]] = {}
    for patient, clock, day in happened.select(
        "patient_id", "when__clock", "when__low"
    ).iter_rows():
        days.setdefault((patient, clock), []).append(day)
    return days


def _reported(rows: pl.DataFrame, definition: TherapyLine, regimens: Regimens) -> dict[str, Lines]:
    """Lines by the numbers in the chart; a row without one leaves the patient's lines unknown."""
    column, _ = _names(definition)
    lines: dict[str, list[Block]] = {}
    unknown = set()
    if "line" not in rows.columns:
        return {p: Lines(why="missing") for p in rows["patient_id"].unique().to_list()}
    wanted = rows.sort("patient_id", "line__low", "row").select(
        "patient_id", "line__low", "intent", "start__low", "row", column
    )
    for patient, line, intent, start, row, text in wanted.iter_rows():
        if line is None or text is None:
            unknown.add(patient)
            continue
        day = float("nan") if start is None else start
        given = Given(day, None, regimens.read(text), definition.table, row)
        block = Block([given], given.named, int(line), intent or "consolidation")
        lines.setdefault(patient, []).append(block)
    return {p: Lines(tuple(blocks)) for p, blocks in lines.items()} | {
        p: Lines(why="missing") for p in unknown
    }


def _value(patient: str, lines: Lines, definition: TherapyLine) -> dict[str, Any]:
    """A patient's row of the column."""
    blocks = lines.of(definition.line)
    low = high = value = None
    why = lines.why
    if why is None and definition.part == "count":
        low = high = float(lines.count)
    elif why is None and not blocks:
        why = "not_applicable"
    elif why is None:
        value, low, high, why = _of_line(lines, blocks, definition)
    return {
        "patient_id": patient,
        "value": value,
        "low": low,
        "high": high,
        "why": why,
        "known_at": _known_at(blocks, definition),
        "known_clock": lines.clock,
    }


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


def _frame(values: list[dict[str, Any]], kind: ColumnKind) -> pl.DataFrame:
    schema = VALUE_SCHEMA | {"value": pl.String, "low": pl.Float64, "high": pl.Float64}
    frame = pl.DataFrame(values, schema_overrides=schema, schema=list(schema))
    return frame.drop("value") if kind == "number" else frame.drop("low", "high")


def _rows_of(lines: Mapping[str, Lines], definition: TherapyLine) -> pl.DataFrame:
    whole = definition.part in ("count", "to_next")
    rows = [
        (patient, given.table, given.row)
        for patient, of in lines.items()
        for block in (of.blocks if whole else of.of(definition.line))
        for given in block.rows
    ]
    return pl.DataFrame(rows, ROWS_SCHEMA, orient="row")


def _differences(
    chart: Chart, definition: TherapyLine, lines: Mapping[str, Lines], stated: Mapping[int, _Stated]
) -> Iterable[Finding]:
    """Where the chart's own line or intent is another than the rule's."""
    for patient, of in lines.items():
        for block in of.blocks:
            for given in block.rows:
                said = stated.get(given.row)
                if said is None:
                    continue
                where = _at(chart, definition.table, given.row, patient, "")
                if said.intent and said.intent not in _SAME[block.intent]:
                    yield _differs(where, "intent", said.intent, block.intent)
                if said.line is not None and block.line and said.line != block.line:
                    yield _differs(where, "line", f"{said.line:g}", f"line {block.line}")


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


def derive_drug_exposure(
    chart: Chart,
    definition: DrugExposure,
    moments: Mapping[str, pl.DataFrame],
    regimens: Regimens,
    *,
    place: Finding,
) -> tuple[Derived, list[Finding]]:
    """Whether a patient had one of the drugs; unknown where therapy is not understood or dated.

    A yes is known from the first dated row on; a no at `until`, without it in hindsight only.
    """
    wanted, findings = _wanted(definition, regimens, place)
    tables = (("treatments", "regimen"), ("exposures", "drug"))
    given = pl.concat([_therapy(chart, table, column) for table, column in tables])
    texts = given["text"].unique().to_list()
    read = {text: regimens.read(text).has(wanted) for text in texts}
    given = given.with_columns(
        pl.col("text").replace_strict(texts, [read[t] for t in texts], return_dtype=pl.Boolean)
        .alias("has")
    )  # fmt: skip
    if definition.until:
        given = _before(given, moments[definition.until])
    answer = given.group_by("patient_id").agg(
        pl.col("has").any(ignore_nulls=False).alias("value"),
        pl.col("day").filter(pl.col("has")).min().alias("known_at"),
        pl.col("clock").filter(pl.col("has")).first().alias("known_clock"),
    )
    values = pl.DataFrame({"patient_id": chart.patients.unique().sort()}).join(
        answer, on="patient_id", how="left", maintain_order="left"
    )
    if definition.until:
        values = _known_by(values, moments[definition.until])
    charted = chart.has("treatments") or chart.has("exposures")
    nothing = ~pl.col("patient_id").is_in(given["patient_id"].unique().to_list())
    values = values.select(
        "patient_id",
        pl.when(nothing & pl.lit(charted)).then(pl.lit(False)).otherwise("value").alias("value"),
        pl.lit(None, pl.String).alias("why"),
        "known_at",
        "known_clock",
    ).with_columns(
        pl.when(pl.col("value").is_null() & ~nothing).then(pl.lit("not_evaluable")).alias("why")
    )
    decided = given.filter("has").select("patient_id", "table", "row")
    what = ", ".join([*definition.drugs, *definition.classes])
    return Derived("yes_no", values, decided, f"whether {what} was ever given"), findings


def _therapy(chart: Chart, table: str, column: str) -> pl.DataFrame:
    return chart[table].filter(
        pl.col("patient_id").is_not_null() & pl.col(column).is_not_null()
    ).select(
        "patient_id",
        pl.col(column).alias("text"),
        pl.lit(table).alias("table"),
        "row",
        pl.col("start__low").alias("day"),
        pl.col("start__high").alias("latest"),
        pl.col("start__clock").alias("clock"),
    )  # fmt: skip


def _before(given: pl.DataFrame, moment: pl.DataFrame) -> pl.DataFrame:
    """The rows that started before a moment; where that cannot be told, whether is open."""
    both = given.join(
        moment.select("patient_id", "low", pl.col("clock").alias("until_clock")),
        on="patient_id",
        how="left",
        maintain_order="left",
    )
    told = pl.col("clock") == pl.col("until_clock")
    after = told & (pl.col("day") >= pl.col("low"))
    surely = told & (pl.col("latest") < pl.col("low"))
    kept = both.filter(~after.fill_null(False))
    open_yes = pl.col("has") & ~surely.fill_null(False)
    return kept.with_columns(
        pl.when(open_yes.fill_null(False)).then(None).otherwise("has").alias("has")
    ).drop("low", "until_clock")


def _known_by(values: pl.DataFrame, moment: pl.DataFrame) -> pl.DataFrame:
    """The answers with the moment as when they are known, where no earlier day is."""
    at = moment.select("patient_id", until_at="high", until_clock="clock")
    both = values.join(at, on="patient_id", how="left", maintain_order="left")
    early = pl.col("known_at").is_not_null()
    return both.with_columns(
        pl.when(early).then("known_at").otherwise("until_at").alias("known_at"),
        pl.when(early).then("known_clock").otherwise("until_clock").alias("known_clock"),
    ).drop("until_at", "until_clock")


def _wanted(
    definition: DrugExposure, regimens: Regimens, place: Finding
) -> tuple[frozenset[str], list[Finding]]:
    drugs = regimens.drugs
    known = {c for drug in drugs.file.drug.values() for c in drug.classes}
    names = {word: drugs.name(word) for word in definition.drugs}
    strange = [w for w, name in names.items() if name is None]
    strange += [c for c in definition.classes if c not in known]
    wanted = {name for name in names.values() if name}
    wanted |= {drug for c in definition.classes for drug in drugs.of_class(c)}
    return frozenset(wanted), [_no_such_drug(word, place) for word in strange]


def _no_such_drug(word: str, place: Finding) -> Finding:
    return Finding(
        code="study-unknown-name",
        severity="error",
        file=place.file,
        column=place.column,
        message=f"there is no drug or class '{word}'",
        remedy="The reference of data files lists them; a study adds its own in drugs.toml.",
    )
