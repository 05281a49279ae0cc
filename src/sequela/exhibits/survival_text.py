"""Kaplan-Meier exhibits in words: the sentences, the table with its notes, or the refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequela.display.numbers import format_value, round_number
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import (
    EVERYONE,
    Context,
    Group,
    Rows,
)
from sequela.exhibits.estimates import Estimate, estimate_of, p_words, refused
from sequela.exhibits.imputed import (
    notes_of_imputed,
    sentence_of_imputed,
)
from sequela.exhibits.survival import (
    CONFIDENCE,
    FEW_EVENTS,
    KaplanMeier,
    contrast_of,
    refusal,
    shown_groups,
)
from sequela.exhibits.survival_drawing import annotations_of
from sequela.exhibits.survival_further import further_notes
from sequela.report.document import Block, Paragraph, Run, TableBlock
from sequela.report.sentences import Slot, fill, join
from sequela.stats.results import Row

if TYPE_CHECKING:
    pass


def show_km(definition: KaplanMeier, context: Context, rows: Rows) -> list[Block]:
    """What precedes or replaces the figure: the sentence, the table, or the refusal."""
    reason = refusal(definition, context)
    if reason:
        return refused(definition.title, reason)
    blocks: list[Block] = []
    if definition.accept_bias:
        blocks.append(Paragraph((Run(definition.accept_bias),), kind="warning"))
    blocks.append(Paragraph(sentences_of_km(definition, context, rows)))
    blocks.append(TableBlock(_table(definition, context, rows)))
    return blocks


def sentences_of_km(definition: KaplanMeier, context: Context, rows: Rows) -> tuple[Run, ...]:
    """The Results' sentences of the exhibit; none when it is refused."""
    if refusal(definition, context):
        return ()
    said = []
    for group in shown_groups(definition, context):
        said += _group_sentences(definition, context, rows, group)
    if definition.by:
        said += _comparison_sentences(definition, context, rows)
    return join(*said)


def _group_sentences(
    definition: KaplanMeier, context: Context, rows: Rows, group: Group
) -> list[tuple[Run, ...]]:
    variable = definition.endpoint
    median = rows.get("median", variable, group=group.key)
    if median is None:
        return []
    ends = {e: rows.of(f"median_ci_{e}", variable, group=group.key) for e in ("low", "high")}
    events = rows.of("events", variable, group=group.key)
    whom = group.label if definition.by else _whom(definition, context)
    dies = context.clinical.endpoint_definitions[variable].event == ("death",)
    slots: dict[str, Slot | str] = {
        "label": context.subjects.columns[variable].label + (f" ({whom})" if whom else ""),
        "had": "died" if dies else "had the event",
        "events": Slot(format_value(events, 0), (events.id,)),
        "n": Slot(str(events.n), (events.id,)),
        "median": Slot(format_value(median, 1), (median.id,)),
        "unit": f" {context.time_unit}",
        "level": CONFIDENCE,
    }
    slots |= {e: Slot(_limit(row), (row.id,)) for e, row in ends.items()}
    if not events.value:
        return [fill("survival_no_event", slots)]
    name = "survival" if median.state == "ok" else "survival_not_reached"
    said = [fill(name, slots)]
    if imputed := sentence_of_imputed(rows, context, variable, group):
        said.append(imputed)
    return said + [_survival_at(definition, context, rows, group, t) for t in definition.at]


def _whom(definition: KaplanMeier, context: Context) -> str:
    """The set in words; everyone needs none."""
    if definition.set == EVERYONE:
        return ""
    return context.subjects.sets[definition.set].label


def _limit(row: Row) -> str:
    return "not reached" if row.state == "not_reached" else format_value(row, 1)


def _survival_at(
    definition: KaplanMeier, context: Context, rows: Rows, group: Group, time: float
) -> tuple[Run, ...]:
    found = _estimate(rows, "survival", definition.endpoint, group.key, time)
    if not found.known:
        return ()
    shown = round_number(time, 0) if time == int(time) else f"{time:g}"
    when: dict[str, Slot | str] = {"time": shown, "unit": f" {context.time_unit}"}
    return fill("survival_at", found.slots("survival") | when)


def _comparison_sentences(
    definition: KaplanMeier, context: Context, rows: Rows
) -> list[tuple[Run, ...]]:
    groups = shown_groups(definition, context)
    contrast = contrast_of(definition, groups)
    p = rows.get("p_value", definition.endpoint, contrast=contrast)
    if p is None or p.value is None:
        return []
    exact = rows.get("permutation_p_value", definition.endpoint, contrast=contrast)
    beside: tuple[Run, ...] = ()
    if exact is not None and exact.value is not None:
        beside = fill("permutation", {"p": Slot(p_words(exact.value), (exact.id,))})
    said = [
        fill(
            "log_rank",
            {
                "groups": " and ".join(g.label for g in groups),
                "p": Slot(p_words(p.value), (p.id,)),
                "exact": "",
            },
        )
    ]
    if beside:
        said[0] = (*said[0][:-1], *beside, said[0][-1])
    if exact is not None:
        said.append(fill("few_events", {"limit": str(FEW_EVENTS)}))
    return said


def _table(definition: KaplanMeier, context: Context, rows: Rows) -> Table:
    unit = context.time_unit
    columns = [
        Column("Group", width=1.6),
        Column("N", "right", 0.5),
        Column("Events", "right", 0.7),
        Column(f"Median, {unit} ({CONFIDENCE} % CI)", "center", 1.7),
        *(Column(f"At {t:g} {unit}, %", "center", 1.3) for t in definition.at),
    ]
    lines = [
        Line(tuple(_cells(definition, rows, group))) for group in shown_groups(definition, context)
    ]
    method = rows.of("median", definition.endpoint, group=shown_groups(definition, context)[0].key)
    notes = [f"{method.method}. NR, not reached; NE, not estimable."]
    if definition.by:
        notes += [f"{line}." for line in annotations_of(definition, context, rows)]
        notes += _methods_of_tests(definition, context, rows)
    notes += further_notes(definition, context, rows, shown_groups(definition, context))
    groups = shown_groups(definition, context)
    notes += notes_of_imputed(rows, context, definition.endpoint, groups)
    if definition.note:
        notes.append(definition.note)
    name = f"{definition.id}-table"
    return Table(name, definition.title, tuple(columns), tuple(lines), tuple(notes))


def _methods_of_tests(definition: KaplanMeier, context: Context, rows: Rows) -> list[str]:
    contrast = contrast_of(definition, shown_groups(definition, context))
    row = rows.get("permutation_p_value", definition.endpoint, contrast=contrast)
    if row is None:
        return []
    if row.value is None:
        return [f"A group has fewer than {FEW_EVENTS} events; no permutation test: {row.error}."]
    return [
        f"A group has fewer than {FEW_EVENTS} events: {row.method} stands beside the log-rank test."
    ]


def _cells(definition: KaplanMeier, rows: Rows, group: Group) -> list[Cell]:
    variable, key = definition.endpoint, group.key
    events = rows.of("events", variable, group=key)
    cells = [
        Cell(group.label),
        Cell(str(events.n), (events.id,)),
        Cell(format_value(events, 0), (events.id,)),
        _estimate(rows, "median", variable, key).cell,
    ]
    return cells + [_estimate(rows, "survival", variable, key, t).cell for t in definition.at]


def _estimate(
    rows: Rows, name: str, variable: str, group: str, time: float | None = None
) -> Estimate:
    return estimate_of(rows, name, variable, group=group, time=time, share=name == "survival")
