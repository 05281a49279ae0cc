"""The flow of patients: screened, eligible, and the sets analysed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from sequela.clinical.eligibility import EligibilityStep
from sequela.clinical.subjects import ENROLLED
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import EVERYONE, Context, Drawing, ExhibitDefinition, Rows, Width
from sequela.report.document import Block, Paragraph, Run, TableBlock
from sequela.report.sentences import Slot, fill, join
from sequela.stats.estimand import Estimand
from sequela.stats.results import Row

if TYPE_CHECKING:
    import polars as pl

    from sequela.display.style import Picture


ELIGIBILITY = "eligibility"


class Flow(ExhibitDefinition):
    """A box a set; what is not known is said in the words given here."""

    kind: Literal["flow"]
    screened: str = Field("not recorded", description="a number or a word")
    excluded: str = Field("not recorded", description="a number or a word")
    sets: tuple[str, ...] = ()
    width_cm: Width = 11.5


def estimate_flow(definition: Flow, context: Context) -> list[Row]:
    """The size of the study, of every site and of every set, and who left at which criterion."""
    everyone = context.subjects.members(EVERYONE)
    total = int(everyone.sum())
    rows = [
        *_left_rows(context),
        Estimand(variable="patients", n=total, method="count").value("count", total),
        *_site_rows(context),
    ]
    for name in definition.sets:
        n = int(context.subjects.members(name).sum())
        about = Estimand(variable="patients", level=name, n=total, method="members of the set")
        rows.append(about.value("count", n))
    return rows


def leaving_steps(context: Context) -> list[EligibilityStep]:
    """The criteria that may exclude; none where every patient of the chart must be eligible."""
    if context.subjects.eligible is None:
        return []
    return [s for s in context.clinical.eligibility if s.exclude or s.unknown_leave]


def _left_rows(context: Context) -> list[Row]:
    """How many were enrolled, and at each criterion how many left and of how many it is unknown."""
    steps = leaving_steps(context)
    if not steps:
        return []
    enrolled = context.subjects.frame.height
    about = Estimand(variable="patients", n=enrolled, method="count")
    rows = [about.value("count", enrolled)]
    for step in steps:
        here = Estimand(
            variable=ELIGIBILITY,
            level=step.label,
            n=enrolled,
            method="criteria in order, each asked of those who had not left before",
        )
        rows.append(here.value("excluded", float(len(step.failed) if step.exclude else 0)))
        rows.append(here.value("unknown", float(len(step.unknown))))
    return [replace(row, set=ENROLLED) for row in rows]


def _site_rows(context: Context) -> list[Row]:
    """The size of each site, where the study has a column `site`."""
    if "site" not in context.subjects.columns:
        return []
    values = context.subjects.within(EVERYONE)["site"]
    rows = []
    for site in context.sites:
        n = int((values == site).sum())
        about = Estimand(variable="site", level=site, n=values.len(), method="count")
        rows.append(about.value("count", n))
    return rows


def sentences_of_flow(definition: Flow, context: Context, rows: Rows) -> tuple[Run, ...]:
    """How many patients, where, and in which sets."""
    total = _total(rows)
    parts = []
    for site in context.sites:
        row = rows.get("count", "site", level=site)
        if row is not None:
            parts.append(fill("site", {"n": Slot(f"{row.value:.0f}", (row.id,)), "site": site}))
    said = [*_left_sentences(context, rows), _cohort(total, parts)]
    said.append(fill("unpublished", {"state": definition.screened}))
    for name in definition.sets:
        row = rows.of("count", "patients", level=name)
        said.append(
            fill(
                "set",
                {
                    "label": context.subjects.sets[name].label,
                    "n": Slot(f"{row.value:.0f}", (row.id,)),
                    "total": Slot(str(total.n), (total.id,)),
                },
            )
        )
    return join(*said)


def _total(rows: Rows) -> Row:
    """The row of those in the study, and not that of the enrolled."""
    about = (r for r in rows.rows if r.statistic == "count" and r.variable == "patients")
    return next(r for r in about if not r.level and r.set != ENROLLED)


def _enrolled(rows: Rows) -> Row | None:
    return next((r for r in rows.rows if r.set == ENROLLED and r.variable == "patients"), None)


def _left_sentences(context: Context, rows: Rows) -> list[tuple[Run, ...]]:
    enrolled = _enrolled(rows)
    if enrolled is None:
        return []
    said = [fill("enrolled", {"n": Slot(str(enrolled.n), (enrolled.id,))})]
    for step in leaving_steps(context):
        left = rows.of("excluded", ELIGIBILITY, level=step.label)
        unknown = rows.of("unknown", ELIGIBILITY, level=step.label)
        slots: dict[str, Slot | str] = {
            "label": step.label,
            "n": Slot(f"{left.value:.0f}", (left.id,)),
            "unknown": Slot(f"{unknown.value:.0f}", (unknown.id,)),
            "fate": "left too" if step.unknown_leave else "stayed",
        }
        said.append(fill("excluded_unknown" if unknown.value else "excluded", slots))
    return said


def _cohort(total: Row, parts: list[tuple[Run, ...]]) -> tuple[Run, ...]:
    """`The study has N patients (n at one site, m at the other).`"""
    people = "patient" if total.n == 1 else "patients"
    n = Slot(str(total.n), (total.id,))
    plain = fill("cohort", {"n": n, "people": people, "sites": ""})
    if not parts:
        return plain
    listed: list[Run] = [Run(plain[-1].text.removesuffix(".") + " (")]
    for index, part in enumerate(parts):
        listed += [Run(", "), *part] if index else [*part]
    return (*plain[:-1], *listed, Run(")."))


def _leaving(context: Context) -> tuple[tuple[str, int | None], ...]:
    """Who leaves, by criterion; of whom it is unknown apart."""
    found: list[tuple[str, int | None]] = []
    for step in leaving_steps(context):
        if step.exclude:
            found.append((f"Not: {step.label}", len(step.failed)))
        if step.unknown_leave:
            found.append((f"Not known: {step.label}", len(step.unknown)))
    return tuple(found)


def drawing_of_flow(definition: Flow, context: Context, rows: Rows) -> list[Drawing]:
    """The diagram: screened, excluded, the study, then its sets.

    A set that holds all those after it is a step on the way down, so that nobody adds up sets
    of which one lies inside the other; sets that do not lie inside each other stand side by side.
    """
    total, enrolled = _total(rows), _enrolled(rows)
    known = [(name, context.subjects.members(name)) for name in definition.sets]
    steps = nested([members for _, members in known])
    sets = [
        (
            context.subjects.sets[name].label,
            int(rows.of("count", "patients", level=name).value or 0),
        )
        for name, _ in known
    ]
    legend = "Each box counts patients of the box above it."
    if len(sets) - steps > 1:
        legend += " Boxes side by side may overlap."
    return [
        Drawing(
            definition.id,
            definition.title,
            (Run(legend),) if sets else (),
            "Flow diagram: screened and excluded, patients in the study, and the sets analysed.",
            partial(
                _draw,
                definition.screened,
                definition.excluded,
                [] if enrolled is None else [("Enrolled", enrolled.n, _leaving(context))],
                [("In the study", total.n), *sets[:steps]],
                sets[steps:],
                width_cm=definition.width_cm,
            ),
        )
    ]


def nested(sets: list[pl.Series]) -> int:
    """How many of the sets, from the first on, hold all sets after them."""
    steps = 0
    for place, members in enumerate(sets):
        if not all((members | ~later).all() for later in sets[place + 1 :]):
            break
        steps += 1
    return steps


def _draw(
    screened: str,
    excluded: str,
    enrolled: list[tuple[str, int, tuple[tuple[str, int | None], ...]]],
    steps: list[tuple[str, int]],
    branches: list[tuple[str, int]],
    *,
    width_cm: float,
) -> Picture:
    from sequela.display.flow_diagram import FlowStep, draw_flow
    from sequela.display.style import write_figure

    def step(label: str, known: str, **more: Any) -> FlowStep:
        if known.isdecimal():
            return FlowStep(label, int(known), **more)
        return FlowStep(label, None, "unknown", unknown_text=known, **more)

    left_out = int(excluded) if excluded.isdecimal() else None
    *before, (last, size) = steps
    boxes = [
        step("Screened", screened, excluded=(("Excluded", left_out),)),
        *(FlowStep(label, n, excluded=left) for label, n, left in enrolled),
        *(FlowStep(*one) for one in before),
        FlowStep(last, size, branches=tuple(FlowStep(*one) for one in branches)),
    ]
    return write_figure(draw_flow(boxes, width_cm=width_cm))


def show_flow(definition: Flow, context: Context, rows: Rows) -> list[Block]:
    """The sentence that goes with the diagram, and who left, one line a patient."""
    blocks: list[Block] = [Paragraph(sentences_of_flow(definition, context, rows))]
    return [*blocks, TableBlock(_left_table(definition, context))] if _left(context) else blocks


def _left(context: Context) -> list[tuple[str, str, str]]:
    """Patient, criterion and why, of everyone who left and everyone of whom it is unknown."""
    found = []
    for step in leaving_steps(context):
        if step.exclude:
            found += [(p, step.label, "not satisfied: left") for p in step.failed]
        fate = "left" if step.unknown_leave else "stayed"
        said = ((p, why.replace("_", " ")) for p, why in step.unknown)
        found += [(p, step.label, f"not known ({why}): {fate}") for p, why in said]
    return found


def _left_table(definition: Flow, context: Context) -> Table:
    columns = (Column("Patient", width=0.7), Column("Criterion", width=3.0), Column("", width=1.6))
    lines = tuple(
        Line((Cell(p, patient_id=p), Cell(label), Cell(why))) for p, label, why in _left(context)
    )
    title = "Who left, and of whom it is not known"
    return Table(f"{definition.id}-left", title, columns, lines, patient_level=True)
