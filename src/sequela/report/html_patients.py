"""The patients' own sections of the page: facts, timeline, source rows."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from sequela.display.table import Cell, Column, Line, Table
from sequela.report.document import PatientPage, TimelineEntry
from sequela.report.html_blocks import Page, table_html, text
from sequela.report.html_numbers import patient_anchor

SECTION_ID = "patients"
_FACTS = (Column("What", width=3), Column("Value", width=3), Column("How it came about", width=6))
_TIMELINE = (Column("When", width=2), Column("What", width=6), Column("Source", width=3))
_NO_TIMES = _TIMELINE[1:]


def patients_html(pages: Iterable[PatientPage], page: Page) -> str:
    """One section for all patients, with a part for each; empty when there are none."""
    parts = "".join(_patient(one, page) for one in pages)
    if not parts:
        return ""
    return f'<section class="patients"><h2 id="{SECTION_ID}">Patients</h2>{parts}</section>'


def patient_links(pages: Iterable[PatientPage]) -> str:
    """Links to all patients, for the contents."""
    return "".join(
        f'<a href="#{patient_anchor(one.patient_id)}">{text(one.patient_id)}</a>' for one in pages
    )


def _patient(one: PatientPage, page: Page) -> str:
    anchor = patient_anchor(one.patient_id)
    parts = [_facts(one, page), *_timelines(one.timeline, page)]
    parts += [table_html(source, page) for source in one.sources]
    return (
        f'<section class="patient" id="{anchor}" tabindex="-1" aria-labelledby="{anchor}-name">'
        f'<h3 id="{anchor}-name">Patient {text(one.patient_id)}</h3>{"".join(parts)}</section>'
    )


def _facts(one: PatientPage, page: Page) -> str:
    if not one.facts:
        return ""
    return table_html(_plain_table("Derived values", _FACTS, one.facts), page)


def _timelines(entries: Iterable[TimelineEntry], page: Page) -> list[str]:
    """A table a clock, clocks in the order in which they first come up."""
    order: dict[str, int] = {}
    kept = list(entries)
    for entry in kept:
        order.setdefault(entry.clock, len(order))
    by_clock = groupby(sorted(kept, key=lambda e: order[e.clock]), key=lambda e: e.clock)
    return [table_html(_timeline(clock, list(group)), page) for clock, group in by_clock]


def _timeline(clock: str, entries: list[TimelineEntry]) -> Table:
    """The entries of one clock; where none has a time there is no column for it."""
    if not any(entry.when for entry in entries):
        return _plain_table(
            f"Timeline: {clock}" if clock else "Timeline",
            _NO_TIMES,
            [(entry.what, entry.source) for entry in entries],
        )
    return _plain_table(
        f"Timeline: {clock}" if clock else "Timeline",
        _TIMELINE,
        [(entry.when, entry.what, entry.source) for entry in entries],
    )


def _plain_table(title: str, columns: tuple[Column, ...], rows: Iterable[tuple[str, ...]]) -> Table:
    lines = tuple(Line(tuple(Cell(value) for value in row)) for row in rows)
    return Table("", title, columns, lines)
