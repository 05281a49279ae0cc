"""An endpoint under several definitions side by side: what each convention changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from sequela.clinical.endpoints import EndpointDefinition
from sequela.display.numbers import format_value
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import Context, ExhibitDefinition, Rows, StatedTime
from sequela.exhibits.estimates import estimate_of
from sequela.exhibits.survival import CONFIDENCE, KaplanMeier, estimate_km
from sequela.exhibits.survival import refusal as refusal_of_km
from sequela.report.document import Block, Paragraph, Run, TableBlock
from sequela.report.sentences import Slot, fill, join
from sequela.stats.confidence_band import ConfType
from sequela.stats.results import Row

_SAID = {
    "start": "counts from",
    "event": "events",
    "competing": "competing",
    "censor": "censored at",
    "censor_at": "censored already at",
    "at_start": "counts on the first day",
    "between": "an event between two visits stands at",
    "before_start": "events before the start",
    "population": "only where",
    "same_day": "on one day",
}


class EndpointVariants(ExhibitDefinition):
    """Events, median and survival of several endpoints, one line each; the first is the main one.

    Each line says in what its definition differs from the first. An endpoint that cannot be
    shown (events without a time, competing causes, a set known only later) is refused in its
    own line, and the others stand.
    """

    kind: Literal["endpoint_variants"]
    endpoints: tuple[str, ...] = Field(min_length=1, description="the endpoints, main one first")
    at: tuple[StatedTime, ...] = ()
    interval: ConfType = "log-log"


def _curve(definition: EndpointVariants, endpoint: str) -> KaplanMeier:
    """The Kaplan-Meier exhibit that one line stands for."""
    return KaplanMeier(
        kind="km",
        id=definition.id,
        title=definition.title,
        set=definition.set,
        accept_bias=definition.accept_bias,
        endpoint=endpoint,
        at=definition.at,
        interval=definition.interval,
    )


def estimate_variants(definition: EndpointVariants, context: Context) -> list[Row]:
    """The rows of every endpoint's curve."""
    rows = [estimate_km(_curve(definition, name), context) for name in definition.endpoints]
    return [row for one in rows for row in one]


def differences(main: EndpointDefinition, other: EndpointDefinition) -> str:
    """In what a definition differs from the main one, in words; empty when in nothing."""
    return "; ".join(_differences(main, other))


def _differences(main: EndpointDefinition, other: EndpointDefinition) -> Iterable[str]:
    for key, words in _SAID.items():
        before, now = getattr(main, key), getattr(other, key)
        if before == now:
            continue
        if not now:
            yield f"not: {words} {_text(before)}"
        elif key == "event" and isinstance(now, tuple) and isinstance(before, tuple):
            yield from _changed(before, now)
        else:
            yield f"{words} {_text(now)}"


def _changed(before: tuple[str, ...], now: tuple[str, ...]) -> Iterable[str]:
    added = [e for e in now if e not in before]
    dropped = [e for e in before if e not in now]
    if added:
        yield f"counts {_text(tuple(added))}"
    if dropped:
        yield f"does not count {_text(tuple(dropped))}"
    if not added and not dropped:
        yield f"events in the order {_text(now)}"


def _text(value: object) -> str:
    words = ", ".join(value) if isinstance(value, tuple) else str(value)
    return words.replace("_", " ")


def show_variants(definition: EndpointVariants, context: Context, rows: Rows) -> list[Block]:
    """The table, with the reason below it where a line is refused."""
    known = context.clinical.endpoint_definitions
    main = known[definition.endpoints[0]]
    lines, notes = [], []
    for name in definition.endpoints:
        label = context.subjects.columns[name].label
        reason = refusal_of_km(_curve(definition, name), context)
        said = differences(main, known[name]) or (
            "the main definition" if name == definition.endpoints[0] else "the same definition"
        )
        cells = [Cell(label), Cell(said)]
        lines.append(Line((*cells, *_numbers(definition, rows, name, refused=bool(reason)))))
        if reason:
            notes.append(f"{label}: refused. {reason}")
    unit = context.time_unit
    columns = (
        Column("Endpoint", width=1.4),
        Column("How it differs", width=2.0),
        Column("N", "right", 0.5),
        Column("Events", "right", 0.7),
        Column(f"Median, {unit} ({CONFIDENCE} % CI)", "center", 1.6),
        *(Column(f"At {t:g} {unit}, %", "center", 1.3) for t in definition.at),
    )
    notes.append(
        "Kaplan-Meier. An event on the day of a censoring counts. NR, not reached; NE, not "
        "estimable."
    )
    if definition.note:
        notes.append(definition.note)
    blocks: list[Block] = []
    if definition.accept_bias:
        blocks.append(Paragraph((Run(definition.accept_bias),), kind="warning"))
    table = Table(definition.id, definition.title, columns, tuple(lines), tuple(notes))
    return [*blocks, TableBlock(table)]


def _numbers(
    definition: EndpointVariants, rows: Rows, name: str, *, refused: bool
) -> Iterable[Cell]:
    median = rows.of("median", name)
    yield Cell(str(median.n), (median.id,))
    if refused:
        yield Cell("refused", (median.id,))
        yield from (Cell("") for _ in range(1 + len(definition.at)))
        return
    events = rows.of("events", name)
    yield Cell(format_value(events, 0), (events.id,))
    yield estimate_of(rows, "median", name).cell
    for time in definition.at:
        yield estimate_of(rows, "survival", name, time=time, share=True).cell


def sentences_of_variants(
    definition: EndpointVariants, context: Context, rows: Rows
) -> tuple[Run, ...]:
    """By how much the events and the median move between the definitions."""
    events = [rows.get("events", name) for name in definition.endpoints]
    found = [row for row in events if row is not None and row.value is not None]
    if len(found) < 2:
        return ()
    least = min(found, key=lambda r: r.value or 0.0)
    most = max(found, key=lambda r: r.value or 0.0)
    return join(
        fill(
            "variants",
            {
                "count": str(len(found)),
                "label": context.subjects.columns[definition.endpoints[0]].label,
                "least": Slot(format_value(least, 0), (least.id,)),
                "most": Slot(format_value(most, 0), (most.id,)),
            },
        )
    )
