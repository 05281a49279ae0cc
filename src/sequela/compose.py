"""From exhibits, findings and verdicts to the report: one document with patients, one without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from sequela.audit.grade import MEANING, Verdict
from sequela.chart.time import DAYS_IN
from sequela.clinical.dechallenge import RULE
from sequela.clinical.dechallenge_columns import DechallengeVerdict
from sequela.clinical.endpoints import endpoint_in_words
from sequela.clinical.imputation import IN_WORDS
from sequela.clinical.rules_in_words import disease_rules_in_words
from sequela.display.table import Cell, Column, Line, Table
from sequela.exhibits.context import EVERYONE, SIMULATED, Context, Drawing, Rows
from sequela.exhibits.kinds import PATIENT_KINDS, sentences, show
from sequela.exhibits.survival import KaplanMeier
from sequela.findings import Finding
from sequela.membership import describe_row
from sequela.patients import patient_pages
from sequela.report.document import (
    Block,
    Document,
    FigureBlock,
    Heading,
    Paragraph,
    Report,
    Run,
    TableBlock,
)
from sequela.report.methods import MethodsFacts, write_methods
from sequela.stats.results import Row
from sequela.study import Study

if TYPE_CHECKING:
    from sequela.display.style import Picture


@dataclass(frozen=True, slots=True)
class Material:
    """All that a report is made of."""

    study: Study
    context: Context
    rows: Sequence[Row]
    drawings: Mapping[str, Sequence[Drawing]]
    pictures: Mapping[str, Picture]
    findings: Sequence[Finding]
    verdicts: Sequence[Verdict]


def compose_report(material: Material, *, aggregate: bool) -> Report:
    """The report; `aggregate` leaves out whatever shows single patients.

    Curves of survival count as patient-level, since each of their steps is a patient.
    """
    blocks: list[Block] = [*_opening(material, aggregate=aggregate)]
    blocks += [Heading("Results", 1, "results"), *_results_text(material)]
    blocks += [Heading("Exhibits", 1, "exhibits"), *_exhibits(material, aggregate=aggregate)]
    # After the exhibits, so that the study's own Table 1 is the report's Table 1.
    blocks += [Heading("Methods", 1, "methods"), *write_methods(_methods_facts(material))]
    if material.verdicts:
        blocks += [Heading("Audit of the publication", 1, "audit")]
        blocks += audit_blocks(material.verdicts, aggregate=aggregate)
    blocks += [Heading("Findings about the chart", 1, "findings")]
    blocks += findings_blocks(material.findings, aggregate=aggregate)
    kept = tuple(b for b in blocks if not (aggregate and _shows_patients(b)))
    about = material.study.study
    title = f"{SIMULATED}: {about.title}" if about.simulated else about.title
    document = Document(title, about.source, kept)
    used = _row_ids(kept)
    details = {
        row.id: describe_row(material.context, row, patients=not aggregate)
        for row in material.rows
        if row.id in used
    }
    pages = () if aggregate else patient_pages(material.context)
    return Report(document, details, pages)


def _shows_patients(block: Block) -> bool:
    if isinstance(block, TableBlock):
        return block.table.patient_level
    return isinstance(block, FigureBlock) and block.patient_level


def _row_ids(blocks: Sequence[Block]) -> set[str]:
    ids: set[str] = set()
    for block in blocks:
        match block:
            case Paragraph():
                ids.update(i for run in block.runs for i in run.row_ids)
            case TableBlock():
                cells = (c for line in block.table.lines for c in line.cells)
                ids.update(i for cell in cells for i in cell.row_ids)
            case FigureBlock():
                ids.update(i for run in block.legend for i in run.row_ids)
    return ids


def _opening(material: Material, *, aggregate: bool) -> list[Block]:
    about = material.study.study
    blocks: list[Block] = [Paragraph((Run(note),)) for note in about.notes]
    if about.simulated:
        warning = "The patients of this report are simulated. None of them exists."
        blocks.insert(0, Paragraph((Run(warning, bold=True),), kind="warning"))
    if aggregate:
        text = (
            "This report shows no patient by number: it has no patient pages, listings or clinical "
            "courses, and no survival curves, because every step of a small group's curve is a "
            "patient. What remains can still tell on people: the ends of a range and the median of "
            "a small group are values of single patients, and a count may be one. Look at these "
            "before you pass it on."
        )
        blocks.append(Paragraph((Run(text),), kind="note"))
    else:
        text = (
            "This report shows single patients. In report.html every number opens the list of its "
            "patients, and every patient has a page with the rows that decided."
        )
        blocks.append(Paragraph((Run(text),), kind="note"))
    return blocks


def _results_text(material: Material) -> list[Block]:
    """One paragraph an exhibit that has something to say."""
    blocks: list[Block] = []
    for exhibit in material.study.exhibit:
        if isinstance(exhibit, KaplanMeier) and not exhibit.figure:
            continue
        runs = sentences(exhibit, material.context, _rows_of(material, exhibit.id))
        if runs:
            blocks.append(Paragraph((Run(f"{exhibit.title}. ", bold=True), *runs)))
    return blocks


def _rows_of(material: Material, exhibit: str) -> Rows:
    return Rows([row for row in material.rows if row.exhibit == exhibit])


def _exhibits(material: Material, *, aggregate: bool) -> list[Block]:
    blocks: list[Block] = []
    for exhibit in material.study.exhibit:
        if aggregate and isinstance(exhibit, PATIENT_KINDS):
            continue
        blocks.append(Heading(exhibit.title, 2, f"section-{exhibit.id}"))
        shown = show(exhibit, material.context, _rows_of(material, exhibit.id))
        # The Results have said it; beside its table the sentence would stand twice.
        blocks += [b for b in shown if not (isinstance(b, Paragraph) and b.kind == "body")]
        blocks += [_figure(material, d) for d in material.drawings[exhibit.id]]
    return blocks


def _figure(material: Material, drawing: Drawing) -> FigureBlock:
    picture = material.pictures[drawing.id]
    return FigureBlock(
        id=drawing.id,
        title=f"{drawing.title}.",
        legend=drawing.legend,
        svg=picture.svg,
        pdf=picture.pdf,
        png=picture.png,
        width_cm=picture.width_cm,
        alternative=drawing.alternative,
        patient_level=drawing.patient_level,
    )


def _methods_facts(material: Material) -> MethodsFacts:
    study, context = material.study, material.context
    methods = dict.fromkeys(row.method for row in material.rows if row.method)
    return MethodsFacts(
        design=study.study.design,
        source=study.study.source,
        sites=study.study.sites,
        eligibility=tuple(e.label for e in study.eligibility),
        sets=tuple(
            (s.label, s.where) for name, s in context.subjects.sets.items() if name != EVERYONE
        ),
        endpoints=tuple(
            (e.label or name.replace("_", " "), endpoint_in_words(e))
            for name, e in study.endpoints.items()
        ),
        columns=tuple(
            (context.subjects.columns[name].label, context.subjects.columns[name].method)
            for name in study.columns
            if name in context.subjects.columns
        ),
        statistics=tuple(m for m in methods if m != "count"),
        rules=(
            *disease_rules_in_words(study.columns, study.moments),
            *_dechallenge_rules(study),
            *_partial_dates(study, context),
        ),
        days_a_month=DAYS_IN["months"],
        accepted=tuple((e.title, e.accept_bias) for e in study.exhibit if e.accept_bias),
        software=(f"Sequela {version('sequela')}",),
    )


def _partial_dates(study: Study, context: Context) -> list[str]:
    """The rule for dates known in part, and how many times of each endpoint rest on it."""
    frame = context.subjects.frame
    counts = [
        (context.label(name), int(frame[f"{name}_imputed"].sum()), frame[name].count())
        for name in study.endpoints
    ]
    resting = [f"{label} {imputed} of {n}" for label, imputed, n in counts if imputed]
    if not resting:
        return []
    words = IN_WORDS[study.study.partial_dates]
    return [
        f"Where a time to event needs one day, a date known only in part stands for {words} (rule "
        f"'{study.study.partial_dates}'), within what the endpoint can be. Times that rest on such "
        f"a date: {'; '.join(resting)}. Every such time is flagged in the derived table, and the "
        "range of a median is over every placement of these dates."
    ]


def _dechallenge_rules(study: Study) -> list[str]:
    return [
        f"Regression (rule {RULE}, this software's own): a series is one measure by one method in "
        f"one tissue with one denominator. It regressed when, after {c.drug} was stopped and "
        "before another therapy began, its lowest value was at most the last value on the drug "
        f"divided by {c.minimum_fold:g}, or was no longer detected. Without a stop on the clock of "
        "the measurements, without two comparable values, with another therapy in between, or with "
        "one whose time is not known, it is not evaluable. The halving time is from a log-linear "
        "fit."
        + (f" Held to have no effect on the disease: {', '.join(c.no_effect)}." * bool(c.no_effect))
        for c in study.columns.values()
        if isinstance(c, DechallengeVerdict)
    ]


def audit_blocks(verdicts: Sequence[Verdict], *, aggregate: bool) -> list[Block]:
    """How many claims have which grade, and a table of them, the worst first."""
    counts: Counter[str] = Counter(v.grade for v in verdicts)
    summary = ", ".join(f"{MEANING[g]} ({counts[g]})" for g in MEANING if counts[g])
    lines = tuple(
        Line(
            (
                Cell(v.where),
                Cell(v.statement),
                Cell(MEANING[v.grade]),
                Cell(v.aggregate_sentence if aggregate else v.sentence),
            )
        )
        for grade in MEANING
        for v in verdicts
        if v.grade == grade
    )
    columns = (
        Column("Where", width=0.7),
        Column("What it says", width=1.8),
        Column("Grade", width=1.0),
        Column("What was found", width=3.2),
    )
    title = "The publication's claims against each other and against the chart"
    return [
        Paragraph((Run(f"{len(verdicts)} claims were checked: {summary}."),)),
        TableBlock(Table("audit", title, columns, lines)),
    ]


def findings_blocks(findings: Sequence[Finding], *, aggregate: bool) -> list[Block]:
    """The findings of the run; values and patients only where patients may be shown."""
    if not findings:
        return [Paragraph((Run("Nothing was found wrong with the chart."),))]
    shown = [f.without_patient() for f in findings] if aggregate else list(findings)
    if aggregate:
        shown = list(dict.fromkeys(shown))
    lines = tuple(
        Line(
            (
                Cell(f"waived {f.severity}" if f.waived else f.severity),
                Cell(f.place),
                *(() if aggregate else (Cell(f.patient_id), Cell(f.value))),
                Cell(f.message),
                Cell(f"Kept because: {f.waived}" if f.waived else f.remedy),
            )
        )
        for f in shown
    )
    columns = (
        Column("", width=0.6),
        Column("Place", width=1.6),
        *(() if aggregate else (Column("Patient", width=0.6), Column("Value", width=1.0))),
        Column("What is wrong", width=2.2),
        Column("What to do", width=2.2),
    )
    return [TableBlock(Table("findings", "Findings", columns, lines, patient_level=not aggregate))]
