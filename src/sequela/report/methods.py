"""The Methods, retold from the study's definitions: nothing is said that was not done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sequela.display.table import Cell, Column, Line, Table
from sequela.report.document import Block, Heading, Paragraph, Run, TableBlock
from sequela.report.methods_statistics import statistics_sentences


@dataclass(frozen=True, slots=True)
class MethodsFacts:
    """What was defined and used, in words; pairs are (name, how)."""

    design: str
    source: str
    sites: tuple[str, ...]
    eligibility: tuple[str, ...]
    sets: tuple[tuple[str, str], ...]
    endpoints: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]
    statistics: tuple[str, ...]
    rules: tuple[str, ...]
    days_a_month: float
    accepted: tuple[tuple[str, str], ...]
    software: tuple[str, ...]


def write_methods(facts: MethodsFacts) -> list[Block]:
    """The Methods as headings and paragraphs."""
    blocks: list[Block] = []
    blocks += _part("Patients", "methods-patients", _patients(facts))
    blocks += _definitions(facts)
    blocks += _part("Endpoints", "methods-endpoints", _endpoints(facts))
    blocks += _part("Statistics", "methods-statistics", _statistics(facts))
    return blocks


def _part(title: str, anchor: str, texts: Sequence[str]) -> list[Block]:
    if not texts:
        return []
    return [Heading(title, 2, anchor), *(Paragraph((Run(text),)) for text in texts)]


def _patients(facts: MethodsFacts) -> list[str]:
    said = []
    if facts.design:
        where = f" ({' and '.join(facts.sites)})" if facts.sites else ""
        said.append(f"This is a {facts.design}{where}.")
    if facts.source:
        said.append(f"The chart holds what is published in: {facts.source}.")
    if facts.eligibility:
        said.append("Eligible: " + "; ".join(facts.eligibility) + ".")
    sets = [f"{name} ({where})" for name, where in facts.sets]
    if sets:
        said.append("Sets analysed beside all patients, with their conditions: ")
        said[-1] += "; ".join(sets) + "."
    return [" ".join(said)] if said else []


def _definitions(facts: MethodsFacts) -> list[Block]:
    """A table of what was derived and how, and the rules that need more than a line."""
    blocks: list[Block] = [Heading("Definitions", 2, "methods-definitions")]
    if facts.columns:
        lines = tuple(Line((Cell(name), Cell(how))) for name, how in facts.columns)
        columns = (Column("What", width=1.0), Column("How it is derived", width=2.0))
        blocks.append(TableBlock(Table("definitions", "What was derived", columns, lines)))
    blocks += [Paragraph((Run(rule),)) for rule in facts.rules]
    return blocks if len(blocks) > 1 else []


def _endpoints(facts: MethodsFacts) -> list[str]:
    said = [f"{name}: {how}." for name, how in facts.endpoints]
    said += [
        f"{name}: the group or set is not known when time starts to count; accepted because: {why}"
        for name, why in facts.accepted
    ]
    return said


def _statistics(facts: MethodsFacts) -> list[str]:
    said = [
        f"Times are kept in days; a month is {facts.days_a_month:g} days and a year twelve "
        "months. At equal times events come before censorings.",
        " ".join(statistics_sentences(facts.statistics)),
        "Tests are two-sided and not adjusted for multiplicity. Percentages are of those who could "
        "be judged; missing, not evaluable and not applicable are counted apart.",
        "Software: " + ", ".join(facts.software) + ".",
    ]
    return [text for text in said if text]
