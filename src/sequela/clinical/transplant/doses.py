"""The conditioning of each transplant: its agents, and their total doses where the chart has them.

Doses stand in the table `conditioning`, one row an agent. A transplant without such rows has
the agents of its text `conditioning`, such as `Flu/Bu`, which has no doses as a rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.frames import each_named_row
from sequela.clinical.data_files import unknown_word
from sequela.clinical.drugs import Drugs, Given
from sequela.clinical.transplant.intensity import Dose, totals
from sequela.clinical.transplant.numbering import linked
from sequela.findings import Finding

# What a unit is in the unit of rule sets, and how much of it.
_IN: dict[str, tuple[str, float]] = {
    "mg/kg": ("mg/kg", 1.0),
    "mg/m2": ("mg/m2", 1.0),
    "g/m2": ("mg/m2", 1000.0),
    "cGy": ("cGy", 1.0),
    "Gy": ("cGy", 100.0),
}
_RADIATION = ("cGy", "Gy")


@dataclass(frozen=True)
class Conditioning:
    """The doses of each transplant, by its row in transplants, and the rows they stand in."""

    doses: Mapping[int, tuple[Dose, ...]]
    rows: Mapping[int, tuple[tuple[str, int], ...]]
    incomplete: frozenset[int] = field(default_factory=frozenset)


def read_conditioning(chart: Chart, drugs: Drugs) -> tuple[Conditioning, list[Finding]]:
    """The conditioning of every transplant, and what could not be understood.

    An agent that is not known makes the regimen incomplete: its intensity cannot be told.
    """
    # The drugs are kept with what was made of them, so that no others can have their id.
    made = chart.once(
        ("conditioning", id(drugs)), lambda: (drugs, *_read_conditioning(chart, drugs))
    )
    return made[1], list(made[2])


def _read_conditioning(chart: Chart, drugs: Drugs) -> tuple[Conditioning, list[Finding]]:
    table, findings = linked(chart, "conditioning")
    given: dict[int, list[Dose]] = defaultdict(list)
    rows: dict[int, list[tuple[str, int]]] = defaultdict(list)
    incomplete = set()
    # Cohorts have few different doses: those without a complaint are read once.
    read: dict[tuple[object, ...], Dose] = {}
    for row in each_named_row(table.select("transplant_row", "row", "patient_id", *_SAID)):
        transplant = row["transplant_row"]
        rows[transplant].append(("conditioning", row["row"]))
        said = tuple(row[name] for name in _SAID)
        dose = read.get(said)
        if dose is None:
            dose, problems = _charted(chart, row, drugs)
            findings += problems
            if dose is not None and not problems:
                read[said] = dose
        if dose is None:
            incomplete.add(transplant)
        else:
            given[transplant].append(dose)
    texts = chart["transplants"].filter(pl.col("conditioning").is_not_null())
    for row in each_named_row(texts.select("row", "patient_id", "conditioning")):
        named, unknown = drugs.read(row["conditioning"])
        where = _at(chart, "transplants", row, "conditioning")
        findings += _unknown(unknown, drugs, where)
        if row["row"] in rows:
            findings += _other_agents(named, given[row["row"]], where)
            continue
        rows[row["row"]].append(("transplants", row["row"]))
        given[row["row"]] += [_from_text(g) for g in named]
        if unknown or not named:
            incomplete.add(row["row"])
    return Conditioning(
        _totals(given),
        {transplant: tuple(of) for transplant, of in rows.items()},
        frozenset(incomplete),
    ), findings


def _totals(given: Mapping[int, list[Dose]]) -> dict[int, tuple[Dose, ...]]:
    """The total doses of each transplant; equal regimens are added up once."""
    of: dict[tuple[Dose, ...], tuple[Dose, ...]] = {}
    for doses in given.values():
        key = tuple(doses)
        if key not in of:
            of[key] = totals(doses)
    return {transplant: of[tuple(doses)] for transplant, doses in given.items()}


# What a row of conditioning says of its dose.
_SAID = (
    *("agent", "route", "dose", "dose__low", "dose__high", "unit", "per"),
    *("days__low", "fractions__low"),
)


def _at(chart: Chart, table: str, row: Mapping[str, Any], column: str) -> Finding:
    """A place in the chart, as a finding without words."""
    return Finding(
        code="",
        severity="warning",
        message="",
        remedy="",
        file=chart.files.get(table, f"{table}.csv"),
        row=row["row"],
        column=column,
        patient_id=row["patient_id"] or "",
    )


def _unknown(words: Iterable[str], drugs: Drugs, where: Finding) -> list[Finding]:
    return [
        unknown_word(
            "conditioning-agent-unknown",
            w,
            dict.fromkeys(drugs.words),
            what="an agent",
            where=where,
        )
        for w in words
    ]


def _charted(
    chart: Chart, row: Mapping[str, Any], drugs: Drugs
) -> tuple[Dose | None, list[Finding]]:
    """The dose of a row of `conditioning`; None when its agent is not known."""
    name = drugs.name(row["agent"]) if row["agent"] else None
    if name is None:
        where = _at(chart, "conditioning", row, "agent")
        return None, _unknown([row["agent"]] if row["agent"] else [], drugs, where)
    radiation = "radiation" in drugs.classes(name)
    fractions = row["fractions__low"]
    split = fractions > 1 if radiation and fractions is not None else None
    bare = Dose(name, route=row["route"], fractionated=split)
    if row["dose"] is None:
        return bare, []
    problem = _misfit(row, radiation=radiation)
    if problem:
        return bare, [_bad_dose(problem, row, _at(chart, "conditioning", row, "dose"))]
    unit, factor = _IN.get(row["unit"] or "", ("", 1.0))
    times = row["days__low"] if row["per"] == "day" else 1.0
    if not unit or times is None:
        return bare, []
    low, high = row["dose__low"] * factor * times, row["dose__high"] * factor * times
    # A product of decimals such as 3.2 x 4 must not pass a threshold by its last bit.
    return Dose(name, round(low, 9), round(high, 9), unit, row["route"], split), []


def _misfit(row: Mapping[str, Any], *, radiation: bool) -> str:
    """What is wrong with the numbers of a row, if anything."""
    if row["unit"] is None:
        return "it has a dose without a unit"
    if (row["unit"] in _RADIATION) != radiation:
        return "the unit of the dose does not fit the agent"
    if row["dose__high"] <= 0:
        return "the dose is not more than zero"
    if row["per"] == "day" and row["days__low"] is None:
        return "the dose is a day's, and the number of days is not given"
    return ""


def _bad_dose(problem: str, row: Mapping[str, Any], where: Finding) -> Finding:
    return Finding(
        code="conditioning-dose",
        severity="warning",
        file=where.file,
        row=where.row,
        column="dose",
        patient_id=where.patient_id,
        value=f"{row['dose']} {row['unit'] or ''}".strip(),
        message=problem,
        remedy="Give the dose in mg/kg, mg/m2 or g/m2, of irradiation in cGy or Gy; until then "
        "it counts as not known.",
    )


def _from_text(given: Given) -> Dose:
    split = None if given.fractions is None else given.fractions > 1
    unit, factor = _IN.get(given.unit or "", ("", 1.0))
    if given.dose is None or not unit:
        return Dose(given.drug, route=given.route, fractionated=split)
    total = given.dose * factor
    return Dose(given.drug, total, total, unit, given.route, split)


def _other_agents(named: Iterable[Given], doses: Iterable[Dose], where: Finding) -> list[Finding]:
    """A finding where the text of the transplant names other agents than the table has."""
    text, table = {g.drug for g in named}, {d.agent for d in doses}
    if not text or text == table:
        return []
    return [
        Finding(
            code="conditioning-differs",
            severity="warning",
            file=where.file,
            row=where.row,
            column=where.column,
            patient_id=where.patient_id,
            value=", ".join(sorted(text ^ table)),
            message="the agents are not those of conditioning.csv, which counts",
            remedy="Correct one of the two.",
        )
    ]


def agents_text(doses: Iterable[Dose]) -> str:
    """The agents of a regimen by their names, in alphabetical order."""
    return " + ".join(sorted({d.agent for d in doses}))
