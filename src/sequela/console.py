"""What the command line prints: findings, tables, summaries, verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from sequela.audit.grade import Verdict
    from sequela.data_cut import Change
    from sequela.display.table import Table as PrintedTable
    from sequela.findings import Finding
    from sequela.sharing.folder import SharedStudy
    from sequela.worklist import Answers


def print_table(console: Console, table: PrintedTable) -> None:
    """Print a table of an exhibit with its notes."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=Text(table.title), box=box.SIMPLE, title_justify="left")
    for column in table.columns:
        shown.add_column(Text(column.label), justify=column.align)
    for line in table.lines:
        first, *rest = (cell.text for cell in line.cells)
        style = "bold" if line.heading else ""
        shown.add_row(Text("  " * line.indent + first, style=style), *map(Text, rest))
    console.print(shown, soft_wrap=False)
    for note in table.notes:
        console.print(note, markup=False)


def make_console(*, stderr: bool = False) -> Console:
    """A console that folds nothing and colours nothing by itself."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print a sentence on a terminal; nothing where nobody watches."""
    console = make_console()
    if console.is_terminal:
        console.print(text, markup=False)


def print_findings(findings: Iterable[Finding]) -> None:
    """One paragraph a finding on standard error: severity, place, what is wrong, what to do.

    Where many rows of one column have the same, the first few stand for them and the rest are
    counted.
    """
    console = make_console(stderr=True)
    shown, more = _few_of_each(findings)
    for finding in shown:
        _print_finding(console, finding)
        if count := more.get(id(finding)):
            again = f"the same in {count} more rows of this column; `sequela check --worklist` "
            console.print(f"      ... {again}lists them all.", markup=False)


_FEW = 3


def _few_of_each(findings: Iterable[Finding]) -> tuple[list[Finding], dict[int, int]]:
    """The first few findings of each kind and column, and how many more stand behind the last."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for f in findings:
        alike = (f.code, f.severity, f.file, f.sheet, f.column, f.message, f.waived)
        key = alike if f.row is not None else (*alike, f.remedy)
        groups.setdefault(key, []).append(f)
    shown = [f for group in groups.values() for f in group[:_FEW]]
    more = {id(g[_FEW - 1]): len(g) - _FEW for g in groups.values() if len(g) > _FEW}
    return shown, more


def _print_finding(console: Console, finding: Finding) -> None:
    colours = {"error": "bold red", "warning": "yellow", "note": "cyan"}
    place = finding.place
    who = f", patient {finding.patient_id}" if finding.patient_id else ""
    value = f" (it holds '{finding.value}')" if finding.value else ""
    kept = bool(finding.waived)
    level = f"waived {finding.severity}" if kept else finding.severity
    console.print(level, style="dim" if kept else colours[finding.severity], end=" ")
    about = f"{place}{who}: " if place or who else ""
    console.print(f"{about}{finding.message}{value}.", markup=False)
    said = f"Kept because: {finding.waived}" if kept else finding.remedy
    console.print(f"      {said}", markup=False)


def print_summary(console: Console, out: Path, patients: int, rows: int) -> None:
    """Print how much a run made and where to look."""
    console.print(f"{patients} patients, {rows} result rows.", markup=False)
    for path, what in (
        ("patient-level/report.html", "the report; every number opens its patients"),
        ("patient-level/report.docx", "the same for a co-author to edit"),
        ("patient-level/report.pdf", "the same for print"),
        ("aggregate/report-aggregate.html", "without single patients"),
        ("aggregate/results.csv", "every number as a row"),
    ):
        console.print(f"  {out / path}  {what}", markup=False)


def print_verdicts(verdicts: Iterable[Verdict]) -> None:
    """Print every claim with its grade and what was found, then how many have which."""
    from sequela.audit.grade import MEANING

    console = make_console()
    kept = list(verdicts)
    for grade in MEANING:
        for verdict in kept:
            if verdict.grade == grade:
                console.print(f"{verdict.claim_id} ({verdict.where})", style="bold", end=": ")
                console.print(MEANING[grade], markup=False)
                console.print(f"  says: {verdict.statement}", markup=False)
                console.print(f"  {verdict.sentence}", markup=False)
    print_counts(kept)


def print_counts(verdicts: Iterable[Verdict]) -> None:
    """Print how many claims have which grade."""
    from collections import Counter

    from sequela.audit.grade import MEANING

    counts: Counter[str] = Counter(v.grade for v in verdicts)
    if counts:
        parts = ", ".join(f"{MEANING[g]} ({counts[g]})" for g in MEANING if counts[g])
        make_console().print(f"{sum(counts.values())} claims: {parts}.", markup=False)


def print_changes(changes: Iterable[Change]) -> None:
    """Print what changed between two data cuts, one line a change, each kind under a heading."""
    from itertools import groupby

    console = make_console()
    kept = list(changes)
    if not kept:
        console.print("Nothing changed.", markup=False)
    for kind, group in groupby(kept, key=lambda change: _CHANGED[change.what]):
        several = list(group)
        console.print(f"{kind}: {len(several)}", style="bold")
        for change in several:
            console.print(f"  {_change_in_words(change)}", markup=False)


_CHANGED = {
    "patient added": "Patients added",
    "patient gone": "Patients gone",
    "row added": "Chart",
    "row gone": "Chart",
    "cell": "Chart",
    "value": "Derived values",
    "result": "Results that moved",
}


def _change_in_words(change: Change) -> str:
    who = f"patient {change.patient_id}" if change.patient_id else ""
    if change.what in ("patient added", "patient gone"):
        return change.patient_id
    if change.what == "row added":
        return f"{who}, {change.place}: new row ({change.after})"
    if change.what == "row gone":
        return f"{who}, {change.place}: row gone ({change.before})"
    place = ", ".join(part for part in (who, change.place) if part)
    return f"{place}: {change.before or 'nothing'} -> {change.after or 'nothing'}"


def print_line(text: str) -> None:
    """Print a sentence, whether or not somebody watches."""
    make_console().print(text, markup=False)


def print_answers(answers: Answers) -> None:
    """Print what a work list would change, the waivers for the study file, and what is left."""
    console = make_console()
    for c in answers.corrections:
        sheet = f", sheet {c.sheet}" if c.sheet else ""
        place = f"{c.file}{sheet}, row {c.row}, column {c.column}"
        change = f"{c.was or 'blank'} -> {c.becomes or 'blank'}"
        console.print(f"{place}: {change} ({c.answered_by})", markup=False)
    if answers.waivers:
        console.print("To leave cells as they are, add this to study.toml:", markup=False)
        for waiver in answers.waivers:
            console.print(waiver, markup=False)
    console.print(
        f"{len(answers.corrections)} corrections, {len(answers.waivers)} left as they are, "
        f"{answers.unanswered} unanswered.",
        markup=False,
    )


def print_shared(done: SharedStudy, key: Path) -> None:
    """Print what was shared, what was left out, and what was proven."""
    console = make_console()
    console.print(f"{done.patients} patients were written to {done.folder}.", markup=False)
    for kind, n in done.left_out.items():
        console.print(f"  left out: {kind}: {n}", markup=False)
    sought = ", ".join(f"{kind} {n}" for kind, n in done.proof.sought.items() if n)
    console.print(f"Sought and not found: {sought}.", markup=False)
    console.print(f"The key is {key}. Keep it apart from what you share.", markup=False)
