"""The flow of patients: screened, eligible, and the sets analysed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from sequela.clinical.definition import Definition
from sequela.exhibits.context import Context, Drawing, ExhibitDefinition, Rows, Width
from sequela.report.document import Block, Paragraph, Run
from sequela.report.sentences import Slot, fill, join
from sequela.stats.estimand import Estimand
from sequela.stats.results import Row

if TYPE_CHECKING:
    import polars as pl

    from sequela.display.style import Picture


class Eligibility(Definition):
    """A condition that every patient of the study satisfies."""

    label: str
    where: str


class Flow(ExhibitDefinition):
    """A box a set; what is not known is said in the words given here."""

    kind: Literal["flow"]
    screened: str = Field("not recorded", description="a number or a word")
    excluded: str = Field("not recorded", description="a number or a word")
    sets: tuple[str, ...] = ()
    width_cm: Width = 11.5


def estimate_flow(definition: Flow, context: Context) -> list[Row]:
    """The size of the study, of every site and of every set."""
    total = context.subjects.frame.height
    rows = [
        Estimand(variable="patients", n=total, method="count").value("count", total),
        *_site_rows(context),
    ]
    for name in definition.sets:
        n = int(context.subjects.members(name).sum())
        about = Estimand(variable="patients", level=name, n=total, method="members of the set")
        rows.append(about.value("count", n))
    return rows


def _site_rows(context: Context) -> list[Row]:
    """The size of each site, where the study has a column `site`."""
    if "site" not in context.subjects.columns:
        return []
    values = context.subjects.frame["site"]
    rows = []
    for site in context.sites:
        n = int((values == site).sum())
        about = Estimand(variable="site", level=site, n=values.len(), method="count")
        rows.append(about.value("count", n))
    return rows


def sentences_of_flow(definition: Flow, context: Context, rows: Rows) -> tuple[Run, ...]:
    """How many patients, where, and in which sets."""
    total = rows.of("count", "patients")
    parts = []
    for site in context.sites:
        row = rows.get("count", "site", level=site)
        if row is not None:
            parts.append(fill("site", {"n": Slot(f"{row.value:.0f}", (row.id,)), "site": site}))
    said = [_cohort(total, parts)]
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


def _cohort(total: Row, parts: list[tuple[Run, ...]]) -> tuple[Run, ...]:
    """`The study has N patients (n at one site, m at the other).`"""
    plain = fill("cohort", {"n": Slot(str(total.n), (total.id,)), "sites": ""})
    if not parts:
        return plain
    listed: list[Run] = [Run(plain[-1].text.removesuffix(".") + " (")]
    for index, part in enumerate(parts):
        listed += [Run(", "), *part] if index else [*part]
    return (*plain[:-1], *listed, Run(")."))


def drawing_of_flow(definition: Flow, context: Context, rows: Rows) -> list[Drawing]:
    """The diagram: screened, excluded, the study, then its sets.

    A set that holds all those after it is a step on the way down, so that nobody adds up sets
    of which one lies inside the other; sets that do not lie inside each other stand side by side.
    """
    total = rows.of("count", "patients")
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
    *before, (label, n) = steps
    boxes = [
        step("Screened", screened, excluded=(("Excluded", left_out),)),
        *(FlowStep(*one) for one in before),
        FlowStep(label, n, branches=tuple(FlowStep(*one) for one in branches)),
    ]
    return write_figure(draw_flow(boxes, width_cm=width_cm))


def show_flow(definition: Flow, context: Context, rows: Rows) -> list[Block]:
    """The sentence that goes with the diagram."""
    return [Paragraph(sentences_of_flow(definition, context, rows))]
