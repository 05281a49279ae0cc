"""A plain table as a study of one endpoint, for who has a file and a question.

The table becomes the same subjects that a study folder becomes, so that every exhibit works
on it as it is. What a folder would state is taken from the call: which column is the time,
which values of which column are events, what is a category. A plain table does not say when
a column was known; it is taken to be known at the start, and the result says so.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.values import Value, read_value
from sequela.clinical.definition import TimeUnit
from sequela.clinical.derive import KNOWN_SCHEMA, Clinical
from sequela.clinical.endpoints import EndpointDefinition
from sequela.clinical.subjects import (
    DERIVATION_SCHEMA,
    ColumnInfo,
    ColumnKind,
    PatientSet,
    Subjects,
)
from sequela.exhibits.context import EVERYONE, Context
from sequela.findings import Finding, StudyError, did_you_mean
from sequela.sources.delimited import read_delimited
from sequela.sources.raw_table import ROW, RawTable

# What a cell may hold to say that it holds nothing; more can be named in the call.
MISSING = (None, "NA", "N/A", "NaN", ".")
ENDPOINT = "outcome"
BASELINE_NOTE = (
    "The table does not say when a column was known; all are taken to be known at the start."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a table keeps its endpoint: the time, the status, and what its values mean.

    `events` and `competing` map a cause's name to the value of `status` that stands for it;
    every other value but a missing one is censored. `assumed` says that no value was named and
    1 is taken, which only a column of 0 and 1 allows.
    """

    time: str
    status: str
    events: Mapping[str, str]
    competing: Mapping[str, str]
    assumed: bool = False


def read_plain(path: Path) -> RawTable:
    """The table in a CSV file; StudyError with every finding when it cannot be read."""
    if not path.is_file():
        raise StudyError([_bad(path.name, "", "there is no such file", "Give the path of a CSV.")])
    table, findings = read_delimited(path)
    if table is None or any(f.severity == "error" for f in findings):
        raise StudyError(findings)
    if not table.frame.height:
        raise StudyError([_bad(path.name, "", "the table has no rows", "Give a row a patient.")])
    return table


def plain_context(
    table: RawTable,
    *,
    unit: TimeUnit,
    outcome: Outcome | None = None,
    columns: Sequence[str] = (),
    categories: Sequence[str] = (),
    needed: Sequence[str] = (),
) -> Context:
    """The table as a study; StudyError names every column that is not there or not readable.

    `columns` are those that exhibits will use; one is a number when every cell that is not
    missing is one, and a category when it is named in `categories` or holds anything else.
    Somebody must have a value in each column that is `needed`, such as the one of the groups.
    """
    used = [c for c in dict.fromkeys((*columns, *categories)) if c]
    wanted = [*used, *((outcome.time, outcome.status) if outcome else ())]
    findings = [_unknown(table, name) for name in wanted if name not in table.header]
    findings += [
        _bad(table.file, name, "no row has a value in this column", "Fill it, or name another.")
        for name in dict.fromkeys(n for n in needed if n)
        if name in table.header and not any(c is not None for c in _cells(table, name))
    ]
    if findings:
        raise StudyError(findings)
    frame = table.frame.select(pl.col(ROW).cast(pl.String).alias("patient_id"))
    infos: dict[str, ColumnInfo] = {}
    for name in used:
        cells = _cells(table, name)
        values = [read_value(c) if c is not None else None for c in cells]
        numeric = name not in categories and all(
            v is not None for v, c in zip(values, cells, strict=True) if c is not None
        )
        frame = frame.hstack(_numbers(name, values) if numeric else _categories(name, cells))
        infos[name] = _info(name, "number" if numeric else "category", cells)
    endpoints, definitions = {}, {}
    if outcome:
        added, endpoint = _endpoint(table, outcome)
        frame = frame.hstack(added)
        infos |= _endpoint_infos(outcome, unit)
        endpoints[ENDPOINT] = endpoint
        definitions[ENDPOINT] = EndpointDefinition(
            label="Survival",
            start="start",
            event=tuple(outcome.events),
            competing=tuple(outcome.competing),
            censor=("last seen",),
        )
    subjects = Subjects(
        frame,
        infos,
        {EVERYONE: PatientSet(EVERYONE, "Everyone", "", ())},
        pl.DataFrame(schema=DERIVATION_SCHEMA),
        _known(frame, used),
    )
    clinical = Clinical(subjects, {}, endpoints, {}, definitions)
    return Context(table.file, (), unit, Chart({}), clinical)


def reading_of(table: RawTable, unit: TimeUnit, outcome: Outcome, by: str = "") -> list[str]:
    """How the table was read, in sentences: the unit, what each status means, who is left out."""
    statuses = _cells(table, outcome.status)
    names = _names_of_codes(statuses, outcome)
    timed = [t is not None for t in _times(table, outcome.time)]
    known = [t and s is not None for t, s in zip(timed, statuses, strict=True)]
    counted = Counter(s or "" for s, k in zip(statuses, known, strict=True) if k)
    kinds: dict[str, list[str]] = {"events": [], "competing": [], "censored": []}
    for code in sorted(counted, key=_in_order):
        name = names.get(code, "")
        kind = "censored" if not name else "events" if name in outcome.events else "competing"
        kinds[kind].append(f"{outcome.status} = {code} ({counted[code]})")
    said = "".join(f"; {kind}: {', '.join(found)}" for kind, found in kinds.items() if found)
    notes = [f"Read as: {outcome.time} in {unit}, unless --unit says otherwise{said}."]
    if left := known.count(False):
        notes.append(f"Left out: {left} of {len(known)} rows without a time or a status.")
    if by and (alone := [c is None for c in _cells(table, by)].count(True)):
        notes.append(f"In no group: {alone} of {len(known)} rows without a value in {by}.")
    return notes


def _names_of_codes(statuses: Sequence[str | None], outcome: Outcome) -> dict[str, str]:
    """The cause that each value of the status stands for; `2.0` is the code `2` too."""
    causes = {**outcome.events, **outcome.competing}
    seen = {s for s in statuses if s is not None}
    return {s: name for name, code in causes.items() for s in seen if _is_code(s, code)}


def _is_code(cell: str, code: str) -> bool:
    """Whether a cell holds the code: the same text, or the same number."""
    one, other = read_value(cell), read_value(code)
    if one is None or other is None or not (one.exact and other.exact):
        return cell == code
    return one.low == other.low


def _bad(file: str, column: str, message: str, remedy: str, *, row: int | None = None) -> Finding:
    return Finding(
        code="plain-table",
        severity="error",
        file=file,
        row=row,
        column=column,
        message=message,
        remedy=remedy,
    )


def _unknown(table: RawTable, name: str) -> Finding:
    return _bad(
        table.file,
        name,
        f"the table has no column '{name}'",
        did_you_mean(name, [c for c in table.header if c]),
    )


def _cells(table: RawTable, name: str) -> list[str | None]:
    return [None if cell in MISSING else cell for cell in table.column(name).to_list()]


def _numbers(name: str, values: Sequence[Value | None]) -> list[pl.Series]:
    low = pl.Series(f"{name}__low", [v.low if v else None for v in values], pl.Float64)
    high = pl.Series(f"{name}__high", [v.high if v else None for v in values], pl.Float64)
    exact = [v.low if v and v.exact else None for v in values]
    why = ["missing" if v is None else None if v.exact else "interval" for v in values]
    return [
        pl.Series(name, exact, pl.Float64),
        low,
        high,
        pl.Series(f"{name}__why", why, pl.String),
    ]


def _categories(name: str, cells: Sequence[str | None]) -> list[pl.Series]:
    why = ["missing" if c is None else None for c in cells]
    return [pl.Series(name, cells, pl.String), pl.Series(f"{name}__why", why, pl.String)]


def _info(name: str, kind: ColumnKind, cells: Sequence[str | None]) -> ColumnInfo:
    seen = {c for c in cells if c is not None}
    levels = tuple(sorted(seen, key=_in_order)) if kind == "category" else ()
    return ColumnInfo(name, name, kind, "", levels, f"column {name}")


def _in_order(level: str) -> tuple[float, str]:
    """Codes that are numbers stand in the order of numbers, everything else after them."""
    value = read_value(level)
    return (value.low if value and value.exact else math.inf), level


def _endpoint(table: RawTable, outcome: Outcome) -> tuple[list[pl.Series], pl.DataFrame]:
    """The endpoint's columns as a study has them, and its frame of starts."""
    times = _times(table, outcome.time)
    statuses = _cells(table, outcome.status)
    names = _names_of_codes(statuses, outcome)
    _check_codes(table, outcome, statuses)
    known = [t is not None and s is not None for t, s in zip(times, statuses, strict=True)]
    if not any(known):
        message = f"no row has both a time and a value in '{outcome.status}'"
        raise StudyError([_bad(table.file, outcome.time, message, "Fill both columns.")])
    why = [None if k else "missing" for k in known]
    time = [t if k else None for t, k in zip(times, known, strict=True)]
    cause = [names.get(s or "") if k else None for s, k in zip(statuses, known, strict=True)]
    event = [c in outcome.events if k else None for c, k in zip(cause, known, strict=True)]
    no_cause = [
        w or ("not_applicable" if c is None else None) for w, c in zip(why, cause, strict=True)
    ]
    columns = [
        pl.Series(ENDPOINT, time, pl.Float64),
        pl.Series(f"{ENDPOINT}__low", time, pl.Float64),
        pl.Series(f"{ENDPOINT}__high", time, pl.Float64),
        pl.Series(f"{ENDPOINT}__why", why, pl.String),
        pl.Series(f"{ENDPOINT}_event", event, pl.Boolean),
        pl.Series(f"{ENDPOINT}_event__why", why, pl.String),
        pl.Series(f"{ENDPOINT}_cause", cause, pl.String),
        pl.Series(f"{ENDPOINT}_cause__why", no_cause, pl.String),
    ]
    n = len(times)
    starts = pl.DataFrame({"start": [0.0] * n, "clock": ["time zero"] * n})
    return columns, starts


def _times(table: RawTable, name: str) -> list[float | None]:
    """The times; StudyError names each cell that holds no exact number of zero or more."""
    findings, times = [], []
    for row, cell in zip(table.frame[ROW], _cells(table, name), strict=True):
        value = read_value(cell) if cell is not None else None
        good = cell is None or (value is not None and value.exact and value.low >= 0)
        if not good:
            message = "a time must be an exact number, zero or more"
            remedy = "Correct it, or leave it blank."
            findings.append(_bad(table.file, name, message, remedy, row=row))
        times.append(value.low if value and good else None)
    if findings:
        raise StudyError(findings)
    return times


def _check_codes(table: RawTable, outcome: Outcome, statuses: Sequence[str | None]) -> None:
    """A code that nobody has is a mistake in the call: better said than counted as censored."""
    seen = sorted({s for s in statuses if s is not None}, key=_in_order)
    held = f"It holds: {', '.join(seen[:8])}." if seen else "It holds nothing."
    if outcome.assumed and not all(_is_code(s, "0") or _is_code(s, "1") for s in seen):
        message = (
            f"which value of '{outcome.status}' is the event? Only 0 and 1 speak for themselves"
        )
        remedy = f"{held} Name one: {outcome.status}={seen[-1]}."
        raise StudyError([_bad(table.file, outcome.status, message, remedy)])
    findings = [
        _bad(
            table.file,
            outcome.status,
            f"no row has the value '{code}' in '{outcome.status}'",
            held,
        )
        for code in (*outcome.events.values(), *outcome.competing.values())
        if not any(_is_code(s, code) for s in seen)
    ]
    if findings:
        raise StudyError(findings)


def _endpoint_infos(outcome: Outcome, unit: TimeUnit) -> dict[str, ColumnInfo]:
    causes = (*outcome.events, *outcome.competing)
    return {
        ENDPOINT: ColumnInfo(ENDPOINT, "Survival", "number", unit, (), "from the start"),
        f"{ENDPOINT}_event": ColumnInfo(
            f"{ENDPOINT}_event", "Event", "yes_no", "", (), f"column {outcome.status}"
        ),
        f"{ENDPOINT}_cause": ColumnInfo(
            f"{ENDPOINT}_cause", "Cause", "category", "", causes, f"column {outcome.status}"
        ),
    }


def _known(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """All columns as known at the start."""
    parts = [
        frame.select(
            "patient_id",
            pl.lit(name).alias("column"),
            pl.lit(-math.inf).alias("known_at"),
            pl.lit("").alias("known_clock"),
        )
        for name in columns
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=KNOWN_SCHEMA)
