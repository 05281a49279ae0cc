"""What a cohort of this size can and cannot show: widths of intervals, detectable differences."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field

from sequela.display.numbers import format_value, round_number
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import (
    Context,
    ExhibitDefinition,
    Group,
    Rows,
    absent_in,
    groups_of,
)
from sequela.exhibits.survival import CONFIDENCE, timed
from sequela.report.document import Block, Run, TableBlock
from sequela.report.sentences import Slot, fill, join
from sequela.stats.results import Absent, Row
from sequela.stats.sample_size import estimate_comparison_reach, estimate_precision

# Percent; the statistics room's default power.
POWER = "80"


class Precision(ExhibitDefinition):
    """The precision that this many patients and events allow, whatever was found."""

    kind: Literal["precision"]
    endpoint: str
    by: tuple[str, ...] = Field((), description="columns of two groups whose comparison is asked")
    assumed: tuple[float, ...] = Field((0.5, 0.8), description="shares to give the width for")


def estimate_precision_exhibit(definition: Precision, context: Context) -> list[Row]:
    """Widths at each assumed share, and the detectable hazard ratio of each pair of groups."""
    everyone = groups_of(context, set=definition.set)[0]
    absent = absent_in(everyone.frame, definition.endpoint)
    known = timed(everyone, definition.endpoint)
    rows = []
    for assumed in definition.assumed:
        found = estimate_precision(known.height, variable=definition.endpoint, assumed=assumed)
        rows += [_counted(row, absent) for row in found]
    for by in definition.by:
        rows += _reach(definition, context, by)
    return rows


def _pair(definition: Precision, context: Context, by: str) -> list[Group]:
    return groups_of(context, set=definition.set, by=by)[1:]


def _contrast(by: str, groups: list[Group]) -> str:
    return f"{by}: " + " vs ".join(g.label for g in groups)


def _reach(definition: Precision, context: Context, by: str) -> list[Row]:
    """The rows of one comparison; none unless the column makes two groups."""
    groups = _pair(definition, context, by)
    if len(groups) != 2:
        return []
    people = [timed(g, definition.endpoint) for g in groups]
    events = float(sum(int(frame["event"].sum()) for frame in people))
    rows = estimate_comparison_reach(
        events,
        (people[0].height, people[1].height),
        variable=definition.endpoint,
        contrast=_contrast(by, groups),
    )
    everyone = groups_of(context, set=definition.set)[0]
    absent = absent_in(everyone.frame, definition.endpoint)
    ungrouped = everyone.size - absent.total - sum(frame.height for frame in people)
    return [
        _counted(
            row,
            Absent(
                missing=absent.missing + ungrouped,
                not_evaluable=absent.not_evaluable,
                not_applicable=absent.not_applicable,
            ),
        )
        for row in rows
    ]


def _counted(row: Row, absent: Absent) -> Row:
    return replace(
        row,
        n_missing=absent.missing,
        n_not_evaluable=absent.not_evaluable,
        n_not_applicable=absent.not_applicable,
    )


def sentences_of_precision(definition: Precision, context: Context, rows: Rows) -> tuple[Run, ...]:
    """How wide an interval has to be, and which differences would have been missed."""
    said = []
    for assumed in definition.assumed:
        row = rows.of("expected_ci_width", definition.endpoint, level=f"{assumed:g}")
        if row.value is not None:
            said.append(
                fill(
                    "precision",
                    {
                        "n": Slot(str(row.n), (row.id,)),
                        "share": round_number(assumed * 100, 0),
                        "level": CONFIDENCE,
                        "width": Slot(round_number(row.value * 100, 0), (row.id,)),
                    },
                )
            )
    for by in definition.by:
        groups = _pair(definition, context, by)
        ratio = _ratio(definition, rows, by, groups)
        if ratio is not None and ratio.value is not None:
            said.append(
                fill(
                    "detectable",
                    {
                        "groups": " and ".join(g.label for g in groups),
                        "ratio": Slot(format_value(ratio, 1), (ratio.id,)),
                        "inverse": Slot(round_number(1 / ratio.value, 2), (ratio.id,)),
                        "power": POWER,
                    },
                )
            )
    return join(*said)


def _ratio(definition: Precision, rows: Rows, by: str, groups: list[Group]) -> Row | None:
    name = "detectable_hazard_ratio"
    return rows.get(name, definition.endpoint, contrast=_contrast(by, groups))


def show_precision(definition: Precision, context: Context, rows: Rows) -> list[Block]:
    """A table of widths and of detectable hazard ratios."""
    lines = []
    for assumed in definition.assumed:
        level = f"{assumed:g}"
        share = rows.of("expected_ci_width", definition.endpoint, level=level)
        curve = rows.of("expected_survival_ci_width", definition.endpoint, level=level)
        label = f"True share {round_number(assumed * 100, 0)} %: width of the {CONFIDENCE} % CI"
        for kind, row in (("a proportion", share), ("survival, nobody censored", curve)):
            width = "NE" if row.value is None else round_number(row.value * 100, 0)
            lines.append(Line((Cell(f"{label}, {kind}"), Cell(f"{width} points", (row.id,)))))
    for by in definition.by:
        groups = _pair(definition, context, by)
        ratio = _ratio(definition, rows, by, groups)
        if ratio is None:
            continue
        names = " and ".join(g.label for g in groups)
        label = f"Hazard ratio of {names} that would be found in {POWER} of 100 such studies"
        text = format_value(ratio, 1)
        if ratio.value is not None:
            text += f" (or {round_number(1 / ratio.value, 2)})"
        lines.append(Line((Cell(label), Cell(text, (ratio.id,)))))
    columns = (Column("What", width=3.2), Column("Size", "right", 1.0))
    notes = (
        "These follow from the numbers of patients and events alone. A smaller difference may "
        "exist and would probably not be found; that none was found does not show that there is "
        "none.",
    )
    name = definition.id
    return [TableBlock(Table(name, definition.title, columns, tuple(lines), notes))]
