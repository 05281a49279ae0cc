"""Cox regression as an exhibit: the table of hazard ratios, its warnings, and the forest plot."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from sequela.display.numbers import format_interval, format_p, format_value
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import (
    Context,
    Drawing,
    ExhibitDefinition,
    Rows,
    Width,
    absent_in,
    bias_refusal,
    known_later,
)
from sequela.exhibits.estimates import p_words, refused
from sequela.exhibits.exposure_time import exposure_times
from sequela.exhibits.levels import yes_no
from sequela.exhibits.survival import CONFIDENCE, competing_causes, events_without_a_time
from sequela.report.document import Block, Paragraph, Run, TableBlock
from sequela.report.sentences import Slot, fill, join
from sequela.stats.cox import CoxData, CoxModel, estimate_cox
from sequela.stats.cox_likelihood import Ties
from sequela.stats.estimand import Estimand
from sequela.stats.results import Row
from sequela.stats.simon_makuch import exposure_history

if TYPE_CHECKING:
    from sequela.display.style import Picture


class Forest(ExhibitDefinition):
    """Hazard ratios of covariates for an endpoint; lists of columns, no formula."""

    kind: Literal["forest"]
    endpoint: str
    covariates: tuple[str, ...]
    interactions: tuple[tuple[str, str], ...] = ()
    strata: tuple[str, ...] = ()
    references: Mapping[str, str] = Field({}, description="the reference level of a category")
    exposure: str = Field(
        "",
        description="a moment from which a patient counts as exposed: a time-dependent covariate",
    )
    ties: Ties = "efron"
    firth: bool = False
    width_cm: Width = 11.5

    @model_validator(mode="after")
    def _of_its_covariates(self) -> Forest:
        if not (self.covariates or self.exposure):
            raise ValueError("a regression needs one covariate or more")
        if twice := [c for c in self.covariates if self.covariates.count(c) > 1]:
            raise ValueError(f"covariate '{twice[0]}' is named twice")
        paired = [name for pair in self.interactions for name in pair]
        for name in paired:
            if name not in (*self.covariates, self.exposure):
                raise ValueError(f"'{name}' is none of the covariates")
        for name in self.references:
            if name not in self.covariates:
                raise ValueError(f"'{name}' has a reference level and is none of the covariates")
        return self


def refusal_of_forest(definition: Forest, context: Context) -> str:
    """Why the exhibit is refused; empty when it is not."""
    of_set = context.subjects.sets[definition.set].columns
    used = [*of_set, *definition.covariates, *definition.strata]
    columns = known_later(context, used, set=definition.set, endpoint=definition.endpoint)
    if columns and not definition.accept_bias:
        return bias_refusal(context, columns)
    if definition.exposure:
        found = exposure_times(
            context, set=definition.set, endpoint=definition.endpoint, moment=definition.exposure
        )
        if found.refusal:
            return found.refusal
    return (
        competing_causes(context, definition.endpoint)
        or events_without_a_time(context, set=definition.set, endpoint=definition.endpoint)
        or _reference_missing(definition, context)
    )


def _reference_missing(definition: Forest, context: Context) -> str:
    """Which reference level nobody of the set has, so that nothing can be compared with it."""
    members = context.subjects.within(definition.set)
    frame = members.filter(members[definition.endpoint].is_not_null())
    for name, level in definition.references.items():
        label = context.label(name)
        if context.subjects.columns[name].kind == "number":
            return f"{label} is a number and has no reference level"
        if level not in [yes_no(v) for v in frame[name].drop_nulls().unique().to_list()]:
            return f"no patient here has '{level}', the reference level of {label}"
    return ""


def estimate_forest(definition: Forest, context: Context) -> list[Row]:
    """The rows of the Cox model; or one refused row."""
    members = context.subjects.within(definition.set)
    absent = absent_in(members, definition.endpoint)
    if reason := refusal_of_forest(definition, context):
        about = Estimand(
            variable=definition.endpoint, n=members.height - absent.total, absent=absent
        )
        return [about.by("refused").no_value("hazard_ratio", "refused", reason)]
    return estimate_cox(
        _data(definition, context), _model(definition), variable=definition.endpoint, absent=absent
    )


def _model(definition: Forest) -> CoxModel:
    exposure = (definition.exposure,) if definition.exposure else ()
    return CoxModel(
        covariates=(*exposure, *definition.covariates),
        interactions=definition.interactions,
        strata=definition.strata,
        references=dict(definition.references),
        ties=definition.ties,
        firth=definition.firth,
        profile=definition.firth,
    )


def _data(definition: Forest, context: Context) -> CoxData:
    """The rows of the regression: one a patient, or two where exposure began on the way."""
    name = definition.endpoint
    members = context.subjects.within(definition.set)
    frame = members.filter(members[name].is_not_null())
    columns = {
        c: _values(context, frame[c].to_list(), c)
        for c in (*definition.covariates, *definition.strata)
    }
    if not definition.exposure:
        return CoxData(
            exit_time=frame[name].to_numpy(),
            event=frame[f"{name}_event"].cast(float).to_numpy(),
            columns=columns,
        )
    found = exposure_times(context, set=definition.set, endpoint=name, moment=definition.exposure)
    history = exposure_history(found.time, found.event, found.exposure)
    repeated = {c: [values[i] for i in history.person] for c, values in columns.items()}
    return CoxData(
        exit_time=history.exit_time,
        event=history.event,
        entry=history.entry,
        columns={definition.exposure: history.exposed.astype(float).tolist(), **repeated},
        patient=history.person.tolist(),
    )


def _values(context: Context, values: list[Any], column: str) -> list[Any]:
    """A covariate's values: numbers as they are, categories as text."""
    if context.subjects.columns[column].kind == "number":
        return [np.nan if v is None else float(v) for v in values]
    return [None if v is None else yes_no(v) for v in values]


def _effects(rows: Rows) -> list[Row]:
    """The hazard-ratio rows, in the model's order."""
    return [r for r in rows.rows if r.statistic == "hazard_ratio" and r.state != "refused"]


def _end(definition: Forest, rows: Rows, row: Row, end: str) -> Row:
    """One end of an effect's interval: of the profile for a penalised model, else Wald's."""
    name = f"hazard_ratio_profile_ci_{end}" if definition.firth else f"hazard_ratio_ci_{end}"
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
                "hazard_ratio",
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
        Column(f"Hazard ratio ({CONFIDENCE} % CI)", "center", 1.4),
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


def _notes(definition: Forest, context: Context, rows: Rows) -> list[str]:
    """Method, patients and events, proportional hazards, and every warning the rows carry."""
    events = rows.of("events", definition.endpoint)
    notes = [
        f"{events.method}; {_number_of(events.n, 'patient')} with all covariates known, "
        f"{_number_of(round(events.value or 0), 'event')}. NE, not estimable."
    ]
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
    legend = (
        f"Hazard ratios for {label.lower()} from one Cox model, with {CONFIDENCE} % confidence "
        "intervals on a log scale; an arrow is an interval that goes on, the dotted line no effect."
    )
    drawn = partial(
        _draw,
        lines,
        x_label="Hazard ratio",
        printed_label=f"HR ({CONFIDENCE} % CI)",
        favours=("lower hazard", "higher hazard"),
        width_cm=definition.width_cm,
    )
    alternative = f"Forest plot of {len(effects)} hazard ratios."
    return [Drawing(definition.id, definition.title, (Run(legend),), alternative, drawn)]


def _draw(lines: list[dict[str, Any]], **figure: Any) -> Picture:
    from sequela.display.forest_plot import ForestLine, draw_forest
    from sequela.display.style import write_figure

    return write_figure(draw_forest([ForestLine(**line) for line in lines], **figure))
