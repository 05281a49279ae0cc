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
from sequela.chart.values import read_value
from sequela.clinical.definition import TimeUnit
from sequela.clinical.derive import KNOWN_SCHEMA, Clinical
from sequela.clinical.endpoints import EndpointDefinition
from sequela.clinical.subjects import (
    DERIVATION_SCHEMA,
    ColumnInfo,
    PatientSet,
    Subjects,
)
from sequela.exhibits.context import EVERYONE, Context
from sequela.findings import StudyError
from sequela.plain_columns import (
    bad_cell,
    category_columns,
    cells_of,
    cells_without_number,
    in_order,
    info_of,
    number_columns,
    times_of,
)
from sequela.plain_reading import read_plain_table, unknown_columns
from sequela.sources.raw_table import ROW, RawTable

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


def read_plain(path: Path, columns: Sequence[str] = ()) -> RawTable:
    """The table in a file; StudyError with every finding when it cannot be read."""
    return read_plain_table(path, columns=columns).table


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
    missing is one, and a category when it is named in `categories` or holds no number. Where
    some cells are numbers and others are not, those are findings.
    Somebody must have a value in each column that is `needed`, such as the one of the groups.
    """
    used = [c for c in dict.fromkeys((*columns, *categories)) if c]
    _check_columns(table, outcome, used=used, categories=categories, needed=needed)
    frame = table.frame.select(pl.col(ROW).cast(pl.String).alias("patient_id"))
    infos: dict[str, ColumnInfo] = {}
    for name in used:
        cells = cells_of(table, name)
        values = [read_value(c) if c is not None else None for c in cells]
        numeric = name not in categories and all(
            v is not None for v, c in zip(values, cells, strict=True) if c is not None
        )
        frame = frame.hstack(
            number_columns(name, values) if numeric else category_columns(name, cells)
        )
        infos[name] = info_of(name, "number" if numeric else "category", cells)
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


def _check_columns(
    table: RawTable,
    outcome: Outcome | None,
    *,
    used: Sequence[str],
    categories: Sequence[str],
    needed: Sequence[str],
) -> None:
    """StudyError with every column that is not there, is empty or mixes words and numbers."""
    wanted = [*used, *((outcome.time, outcome.status) if outcome else ())]
    findings = unknown_columns(table, wanted)
    findings += [
        bad_cell(table.file, name, "no row has a value in this column", "Fill it, or name another.")
        for name in dict.fromkeys(n for n in needed if n)
        if name in table.header and not any(c is not None for c in cells_of(table, name))
    ]
    for name in used:
        if name in table.header and name not in categories:
            findings += cells_without_number(table, name)
    if findings:
        raise StudyError(findings)


def reading_of(table: RawTable, unit: TimeUnit, outcome: Outcome, by: str = "") -> list[str]:
    """How the table was read, in sentences: the unit, what each status means, who is left out."""
    statuses = cells_of(table, outcome.status)
    names = _names_of_codes(statuses, outcome)
    timed = [t is not None for t in times_of(table, outcome.time)]
    known = [t and s is not None for t, s in zip(timed, statuses, strict=True)]
    counted = Counter(s or "" for s, k in zip(statuses, known, strict=True) if k)
    kinds: dict[str, list[str]] = {"events": [], "competing": [], "censored": []}
    for code in sorted(counted, key=in_order):
        name = names.get(code, "")
        kind = "censored" if not name else "events" if name in outcome.events else "competing"
        kinds[kind].append(f"{outcome.status} = {code} ({counted[code]})")
    said = "".join(f"; {kind}: {', '.join(found)}" for kind, found in kinds.items() if found)
    notes = [f"Read as: {outcome.time} in {unit}, unless --unit says otherwise{said}."]
    if len(kinds["censored"]) > 1:
        notes.append(
            f"Several values of {outcome.status} count as censored. If one of them prevents the "
            "event, as a death prevents a relapse, it competes: sequela cuminc and sequela cox "
            "take it with --competing."
        )
    if left := known.count(False):
        notes.append(f"Left out: {left} of {len(known)} rows without a time or a status.")
    if by and (alone := [c is None for c in cells_of(table, by)].count(True)):
        notes.append(f"In no group: {alone} of {len(known)} rows without a value in {by}.")
    if by and len(seen := {c for c in cells_of(table, by) if c is not None}) == 1:
        notes.append(f"Not compared: everyone has the value '{seen.pop()}' in {by}.")
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


def _endpoint(table: RawTable, outcome: Outcome) -> tuple[list[pl.Series], pl.DataFrame]:
    """The endpoint's columns as a study has them, and its frame of starts."""
    times = times_of(table, outcome.time)
    statuses = cells_of(table, outcome.status)
    names = _names_of_codes(statuses, outcome)
    _check_codes(table, outcome, statuses)
    known = [t is not None and s is not None for t, s in zip(times, statuses, strict=True)]
    if not any(known):
        message = f"no row has both a time and a value in '{outcome.status}'"
        raise StudyError([bad_cell(table.file, outcome.time, message, "Fill both columns.")])
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


def _check_codes(table: RawTable, outcome: Outcome, statuses: Sequence[str | None]) -> None:
    """A code that nobody has is a mistake in the call: better said than counted as censored."""
    seen = sorted({s for s in statuses if s is not None}, key=in_order)
    held = f"It holds: {', '.join(seen[:8])}." if seen else "It holds nothing."
    if outcome.assumed and not all(_is_code(s, "0") or _is_code(s, "1") for s in seen):
        message = (
            f"which value of '{outcome.status}' is the event? Only 0 and 1 speak for themselves"
        )
        remedy = f"{held} Name one: {outcome.status}={seen[-1]}."
        raise StudyError([bad_cell(table.file, outcome.status, message, remedy)])
    findings = [
        bad_cell(
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
