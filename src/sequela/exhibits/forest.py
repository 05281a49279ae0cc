"""Cox regression as an exhibit: the table of hazard ratios, its warnings, and the forest plot."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sequela.display.numbers import format_interval, format_p, format_value
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import Context, Drawing, Rows
from sequela.exhibits.estimates import p_words, refused
from sequela.exhibits.forest_model import Forest, estimate_forest, refusal_of_forest
from sequela.exhibits.survival import CONFIDENCE
from sequela.report.document import Block, Paragraph, Run, TableBlock
from sequela.report.sentences import Slot, fill, join
from sequela.stats.results import Row

if TYPE_CHECKING:
    from sequela.display.style import Picture

__all__ = [
    "Forest",
    "draw_forest_exhibit",
    "estimate_forest",
    "refusal_of_forest",
    "sentences_of_forest",
    "show_forest",
]

_RATIOS = ("hazard_ratio", "subdistribution_hazard_ratio")


def _effects(rows: Rows) -> list[Row]:
    """The hazard-ratio rows, in the model's order."""
    return [r for r in rows.rows if r.statistic in _RATIOS and r.state != "refused"]


def _end(definition: Forest, rows: Rows, row: Row, end: str) -> Row:
    """One end of an effect's interval: of the profile for a penalised model, else Wald's."""
    name = f"{definition.ratio}{'_profile' if definition.firth else ''}_ci_{end}"
    return rows.of(name, row.variable, level=row.level, contrast=row.contrast)


def _effect_words(context: Context, row: Row) -> tuple[str, str]:
    """The covariate and what is compared, in the labels of the study."""
    columns = context.subjects.columns
    labels = [
        columns[t].label if t in columns else t.replace("_", " ") for t in row.level.split(":")
    ]
    compared = row.contrast.partition(": ")[2] or row.contrast
    unit = columns[row.level].unit if row.level in columns else ""
    if compared == "per 1":
        compared = f"per {unit.removesuffix('s')}" if unit else "per unit"
        if row.level not in columns:
            compared = "after it vs before"
    term = " × ".join(labels)
    # A plain table's columns have no label but their name, which stays as it is.
    unnamed = row.level in columns and columns[row.level].label == row.level
    return (term if unnamed else f"{term[:1].upper()}{term[1:]}"), compared


def _printed(definition: Forest, rows: Rows, row: Row) -> tuple[str, list[Row]]:
    ends = [_end(definition, rows, row, e) for e in ("low", "high")]
    if row.state == "not_estimable":
        return "NE", [row]
    texts = [
        ("0" if e == 0 else "∞") if r.state == "not_reached" else format_value(r, 2)
        for e, r in enumerate(ends)
    ]
    ratio = format_value(row, 2)
    return f"{ratio} ({format_interval(*texts, comparator=' to ')})", [row, *ends]


def sentences_of_forest(definition: Forest, context: Context, rows: Rows) -> tuple[Run, ...]:
    """A sentence an effect, and the warnings of the model."""
    if refusal_of_forest(definition, context):
        return ()
    said = []
    for row in _effects(rows):
        if row.value is None:
            continue
        term, compared = _effect_words(context, row)
        ends = [_end(definition, rows, row, e) for e in ("low", "high")]
        p = _p_row(definition, rows, row)
        said.append(
            fill(
                definition.ratio,
                {
                    "label": f"{term}, {compared}",
                    "ratio": Slot(format_value(row, 2), (row.id,)),
                    "level": CONFIDENCE,
                    "low": Slot(format_value(ends[0], 2), (ends[0].id,)),
                    "high": Slot(format_value(ends[1], 2), (ends[1].id,)),
                    "p": Slot("p not estimable" if p.value is None else p_words(p.value), (p.id,)),
                },
            )
        )
    return join(*said)


def _p_row(definition: Forest, rows: Rows, row: Row) -> Row:
    name = "likelihood_ratio_p_value" if definition.firth else "p_value"
    if definition.is_subdistribution:
        name = f"{definition.ratio}_p_value"
    return rows.of(name, row.variable, level=row.level, contrast=row.contrast)


def show_forest(definition: Forest, context: Context, rows: Rows) -> list[Block]:
    """The table of effects with the model's warnings below, or the refusal."""
    if reason := refusal_of_forest(definition, context):
        return refused(definition.title, reason)
    lines = []
    for row in _effects(rows):
        term, compared = _effect_words(context, row)
        text, used = _printed(definition, rows, row)
        p = _p_row(definition, rows, row)
        shown = "" if p.value is None else format_p(p.value)
        lines.append(
            Line(
                (
                    Cell(term),
                    Cell(compared),
                    Cell(text, tuple(r.id for r in used)),
                    Cell(shown, (p.id,)),
                )
            )
        )
    columns = (
        Column("Covariate", width=1.6),
        Column("Comparison", width=1.6),
        Column(f"{_ratio_words(definition)} ({CONFIDENCE} % CI)", "center", 1.4),
        Column("p", "right", 0.6),
    )
    name = f"{definition.id}-table"
    notes = _notes(definition, context, rows)
    table = Table(name, definition.title, columns, tuple(lines), tuple(notes))
    warning: list[Block] = []
    if definition.accept_bias:
        warning.append(Paragraph((Run(definition.accept_bias),), kind="warning"))
    return [
        *warning,
        Paragraph(sentences_of_forest(definition, context, rows)),
        TableBlock(table),
    ]


def _ratio_words(definition: Forest) -> str:
    return "Subdistribution hazard ratio" if definition.is_subdistribution else "Hazard ratio"


def _notes(definition: Forest, context: Context, rows: Rows) -> list[str]:
    """Method, patients and events, proportional hazards, and every warning the rows carry."""
    events = rows.of("events", definition.endpoint)
    notes = [
        f"{events.method}; {_number_of(events.n, 'patient')} with all covariates known, "
        f"{_number_of(round(events.value or 0), 'event')}. NE, not estimable."
    ]
    if definition.cause:
        others = "compete" if definition.is_subdistribution else "are censored"
        notes.append(f"The cause is {definition.cause.replace('_', ' ')}; the others {others}.")
    for row in rows.rows:
        if row.statistic == "proportional_hazards_p_value" and row.value is not None:
            which = row.level or "all together"
            notes.append(f"Proportional hazards, {which}: {p_words(row.value)}.")
    return notes + _warnings(context, rows)


def _number_of(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _warnings(context: Context, rows: Rows) -> list[str]:
    """Each warning once: those of a coefficient with its name, then those of the whole model."""
    shared = {r.error for r in rows.rows if r.error and not r.level and not r.contrast}
    named: dict[str, list[str]] = {}
    for row in _effects(rows):
        if row.error and row.error not in shared:
            term, compared = _effect_words(context, row)
            which = term if compared == "per unit" else f"{term}, {compared}"
            named.setdefault(row.error, []).append(which)
    said = [f"{'; '.join(whom)}: {why}." for why, whom in named.items()]
    others = list(dict.fromkeys(r.error for r in rows.rows if r.error and r.error not in named))
    # A reason that another one says in full is left out.
    others = [w for w in others if not any(w != o and o.startswith(w) for o in others)]
    return said + [f"{w[0].upper()}{w[1:]}." for w in others]


def draw_forest_exhibit(definition: Forest, context: Context, rows: Rows) -> list[Drawing]:
    """The forest plot."""
    effects = _effects(rows)
    if refusal_of_forest(definition, context) or not effects:
        return []
    lines: list[dict[str, Any]] = []
    term_before = None
    for row in effects:
        term, compared = _effect_words(context, row)
        if term != term_before:
            lines.append({"label": term, "heading": True})
        term_before = term
        ends = {e: _end(definition, rows, row, e).value for e in ("low", "high")}
        text, _ = _printed(definition, rows, row)
        lines.append({"label": compared, "ratio": row.value, "printed": text, **ends})
    label = context.subjects.columns[definition.endpoint].label
    model = "Fine-Gray" if definition.is_subdistribution else "Cox"
    of_cause = f" ({definition.cause.replace('_', ' ')})" if definition.cause else ""
    legend = (
        f"{_ratio_words(definition)}s for {label.lower()}{of_cause} from one {model} model, with "
        f"{CONFIDENCE} % confidence intervals on a log scale; an arrow is an interval that goes "
        "on, the dotted line no effect."
    )
    drawn = partial(
        _draw,
        lines,
        x_label=_ratio_words(definition),
        printed_label=f"{'SHR' if definition.is_subdistribution else 'HR'} ({CONFIDENCE} % CI)",
        favours=("lower hazard", "higher hazard"),
        width_cm=definition.width_cm,
    )
    alternative = f"Forest plot of {len(effects)} hazard ratios."
    return [Drawing(definition.id, definition.title, (Run(legend),), alternative, drawn)]


def _draw(lines: list[dict[str, Any]], **figure: Any) -> Picture:
    from sequela.display.forest_plot import ForestLine, draw_forest
    from sequela.display.style import write_figure

    return write_figure(draw_forest([ForestLine(**line) for line in lines], **figure))
