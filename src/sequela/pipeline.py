"""The steps of a run, in order: read, check, derive, estimate, audit, draw, compose, write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from sequela.assurance import check_assurance
from sequela.audit.audit import audit_claims
from sequela.audit.claims import read_claims
from sequela.audit.grade import Verdict
from sequela.chart.chart import Chart, read_chart
from sequela.chart.rules import check_chart
from sequela.chart.waivers import apply_waivers
from sequela.clinical.definition import ConditionError, select_rows
from sequela.clinical.derive import Clinical, derive_clinical
from sequela.clinical.eligibility import EligibilityStep, derive_eligibility
from sequela.evidence import StudyEvidence
from sequela.exhibits.context import EVERYONE, Context
from sequela.exhibits.kinds import estimate
from sequela.exhibits.proportions import Proportions
from sequela.exhibits.swimmer import Swimmer
from sequela.findings import Finding, Severity, StudyError, did_you_mean, has_errors, sort_findings
from sequela.stats.results import Row, results_table
from sequela.study import FILE, Study, read_study, waiver_lines

PUBLISHED = "published.toml"

Progress = Callable[[str], None]


def silent(step: str) -> None:
    """Report nothing: the progress of a run that nobody watches."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A study that can be run: its definitions, chart, derived tables, and what was found."""

    folder: Path
    study: Study
    chart: Chart
    clinical: Clinical
    findings: tuple[Finding, ...]

    @property
    def context(self) -> Context:
        """What exhibits read."""
        about = self.study.study
        return Context(
            about.title,
            about.sites,
            about.time_unit,
            self.chart,
            self.clinical,
            self.study.exhibit,
            about.simulated,
        )


def check_study(folder: Path) -> tuple[Loaded | None, list[Finding]]:
    """The study, if it can be run at all, and all findings about its files.

    Study file and chart are both read to the end whatever is wrong with either, so that all
    findings come at once. Nothing is derived from a chart with errors.
    """
    if not folder.is_dir():
        return None, [
            Finding(
                code="folder-missing",
                severity="error",
                file=folder.name,
                message="there is no such folder",
                remedy="Give the folder that holds study.toml and the chart's tables.",
            )
        ]
    study, findings = read_study(folder)
    chart, problems = read_chart(folder)
    findings += problems
    if study is None:
        return None, sort_findings(findings + check_chart(chart, sites=()))
    about = study.study
    findings += check_chart(chart, sites=about.sites, data_cut=about.data_cut)
    findings += check_assurance(folder, study, chart)[1]
    judged = _waived(study, folder, findings)
    if has_errors(judged):
        return None, sort_findings(judged)
    clinical, problems = derive_clinical(chart, study.definitions, file=FILE)
    findings += problems
    if not has_errors(problems):
        clinical, problems = _eligibility(study, chart, clinical)
        findings += problems
        findings += _marks(study, chart) + _levels(study, clinical)
    findings = [chart.origins.settled(f) for f in findings]
    ordered = sort_findings(_waived(study, folder, findings, derived=True))
    if has_errors(ordered):
        return None, ordered
    return Loaded(folder, study, chart, clinical, tuple(ordered)), ordered


def _waived(
    study: Study, folder: Path, findings: list[Finding], *, derived: bool = False
) -> list[Finding]:
    """The findings with the study's reasons beside those that it keeps.

    Before anything is derived, a waiver of what only deriving finds is not yet unused.
    """
    if not study.waive:
        return findings
    lines = waiver_lines((folder / FILE).read_text(encoding="utf-8-sig"))
    return apply_waivers(study.waive, findings, lines=lines, file=FILE, derived=derived)


def load_study(folder: Path) -> Loaded:
    """The study, ready to run; StudyError with every finding when it cannot be."""
    loaded, findings = check_study(folder)
    if loaded is None:
        raise StudyError(findings)
    return loaded


def _eligibility(study: Study, chart: Chart, clinical: Clinical) -> tuple[Clinical, list[Finding]]:
    """The clinical data with the eligible only in its sets, and findings on all others."""
    findings, readable = [], []
    for number, criterion in enumerate(study.eligibility, start=1):
        try:
            clinical.subjects.condition(criterion.where)
            readable.append(criterion)
        except ConditionError as error:
            findings.append(_unreadable(f"eligibility.{number}.where", error))
    subjects, steps = derive_eligibility(clinical.subjects, readable)
    lines = dict(chart["patients"].select("patient_id", "row").iter_rows())
    for step in steps:
        asked = [(p, True) for p in step.failed] + [(p, False) for p, _ in step.unknown]
        findings += [_not_eligible(step, p, lines.get(p), known=known) for p, known in asked]
    return replace(clinical, subjects=subjects, eligibility=steps), findings


def _unreadable(place: str, error: ConditionError) -> Finding:
    return Finding(
        code="condition-unreadable",
        severity="error",
        file=FILE,
        column=place,
        message=str(error),
        remedy="Conditions are SQL over the columns that stand there.",
    )


def _marks(study: Study, chart: Chart) -> list[Finding]:
    """Conditions of a swimmer plot's marks that cannot be evaluated."""
    findings = []
    for exhibit in study.exhibit:
        for mark in exhibit.marks if isinstance(exhibit, Swimmer) else ():
            for condition in (mark.where, mark.unknown):
                try:
                    select_rows(chart[mark.table], condition)
                except ConditionError as error:
                    findings.append(_unreadable(f"exhibit.{exhibit.id}.undated", error))
    return findings


def _levels(study: Study, clinical: Clinical) -> list[Finding]:
    """Levels that an exhibit asks for and that neither the study nor the chart knows."""
    columns = clinical.subjects.columns
    asked = [
        (exhibit.id, row.level, columns[row.column].levels or ("yes", "no"))
        for exhibit in study.exhibit
        if isinstance(exhibit, Proportions)
        for row in exhibit.rows
    ]
    return [
        Finding(
            code="study-unknown-name",
            severity="error",
            file=FILE,
            column=f"exhibit.{exhibit}.rows",
            message=f"there is no level '{level}'",
            remedy=did_you_mean(level, known),
        )
        for exhibit, level, known in asked
        if level not in known
    ]


def _not_eligible(step: EligibilityStep, patient: str, row: int | None, *, known: bool) -> Finding:
    leaves = step.exclude if known else step.unknown_leave
    remedy = (
        "Leave the patient out, correct the chart or the criterion, or let the criterion exclude."
        if known
        else "Complete the chart; until then the patient is kept."
    )
    severity: Severity = "note" if leaves else ("error" if known else "warning")
    return Finding(
        code="not-eligible" if known else "eligibility-unknown",
        severity=severity,
        file="patients.csv",
        row=row,
        patient_id=patient,
        message=f"the patient {'is not' if known else 'may not be'} eligible: {step.label}",
        remedy="The patient is counted as excluded and left out of every set."
        if leaves
        else remedy,
    )


def estimate_study(loaded: Loaded) -> list[Row]:
    """The result rows of all exhibits; ValueError when two rows would have one key."""
    context = loaded.context
    rows = [row for exhibit in loaded.study.exhibit for row in estimate(exhibit, context)]
    results_table(rows)
    return rows


def audit_study(loaded: Loaded) -> tuple[list[Verdict], list[Finding]]:
    """The verdicts on the publication's claims; none where the study has no published.toml."""
    path = loaded.folder / PUBLISHED
    if not path.exists():
        return [], []
    claims, findings = read_claims(path)
    return audit_claims(claims, StudyEvidence(loaded.context)), findings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run made: where it is, and how much of it."""

    folder: Path
    rows: Sequence[Row]
    findings: Sequence[Finding]
    verdicts: Sequence[Verdict]
    patients: int


def run_study(
    folder: Path, out: Path, *, progress: Progress = silent, second_process: bool = False
) -> Outcome:
    """Everything a study asks for, written to `out` whole or not at all.

    StudyError when the study cannot be run; `out` is then left as it was. `second_process` draws
    the figures beside the other work; it starts the calling program anew, so only a program that
    is made for that (as the command line is) may ask for it.
    """
    from sequela.compose import Material
    from sequela.drawing import draw_all, drawings_of, warm_up
    from sequela.outputs import write_outputs

    progress("Reading and checking the chart")
    loaded = load_study(folder)
    with warm_up() if second_process else nullcontext() as pool:
        progress("Estimating")
        rows = estimate_study(loaded)
        drawings = drawings_of(loaded, rows)
        progress("Drawing the figures")
        waiting = draw_all(drawings, pool)
        progress("Checking the publication's claims")
        verdicts, claim_findings = audit_study(loaded)
        pictures = waiting()
    findings = sort_findings([*loaded.findings, *claim_findings])
    material = Material(loaded.study, loaded.context, rows, drawings, pictures, findings, verdicts)
    progress("Writing")
    write_outputs(material, folder=folder, out=out)
    patients = int(loaded.clinical.subjects.members(EVERYONE).sum())
    return Outcome(out, rows, findings, verdicts, patients)
