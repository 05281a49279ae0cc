"""The command line: it parses arguments, asks the pipeline, and prints what came of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from rich.console import Console

    from sequela.audit.grade import Verdict
    from sequela.display.table import Table as PrintedTable
    from sequela.findings import Finding
    from sequela.plain_exhibits import PlainResult

DONE, CONTRADICTED, BAD_STUDY, BAD_CALL = 0, 1, 2, 64

app = App(
    name="sequela",
    help=(
        "Turn a chart review into a finished, checkable study.\n\n"
        "A study is a folder: study.toml says what it is, and one CSV file a kind of record is "
        "its chart. From it come validated data, tables, figures, text, reports and an audit."
    ),
    help_epilogue=(
        "For example:\n\n"
        "  sequela check examples/lenalidomide\n\n"
        "  sequela run examples/lenalidomide --out out\n\n"
        "  sequela audit examples/lenalidomide\n\n"
        "Exit codes: 0 done; 1 the audit found a contradiction; 2 the study has errors; 64 the "
        "command was not understood."
    ),
    help_format="plaintext",
    version_flags=["--version"],
)

Folder = Annotated[Path, Parameter(help="the study's folder")]


def main() -> None:
    """Run the command line and leave with its exit code."""
    from sequela.findings import StudyError

    try:
        code = app(exit_on_error=False, print_error=True)
    except StudyError as error:
        _print_findings(error.findings)
        code = BAD_STUDY
    except BrokenPipeError:
        code = DONE
    except Exception as error:
        if type(error).__module__.startswith("cyclopts"):
            code = BAD_CALL
        else:
            raise
    sys.exit(code if isinstance(code, int) else DONE)


@app.command
def check(folder: Folder) -> int:
    """Read a study and say what is wrong with it; nothing is written.

    For example: sequela check examples/lenalidomide
    """
    from sequela.findings import has_errors
    from sequela.pipeline import check_study

    loaded, findings = check_study(folder)
    _print_findings(findings)
    if loaded is not None:
        rows, patients = loaded.chart.row_count, loaded.clinical.subjects.frame.height
        _say(f"{patients} patients and {rows} chart rows were read. The study can be run.")
    return BAD_STUDY if has_errors(findings) else DONE


@app.command
def run(
    folder: Folder,
    *,
    out: Annotated[Path, Parameter(help="where to write; replaced as a whole")] = Path("out"),
) -> int:
    """Make everything the study asks for: data, tables, figures, text, reports and the audit.

    For example: sequela run examples/lenalidomide --out out
    """
    from sequela.pipeline import run_study, silent

    console = _console()
    if console.is_terminal:
        with console.status("Starting") as status:
            outcome = run_study(folder, out, progress=status.update, second_process=True)
    else:
        outcome = run_study(folder, out, progress=silent, second_process=True)
    _print_findings(outcome.findings)
    if console.is_terminal:
        _print_summary(console, outcome.folder, outcome.patients, len(outcome.rows))
        _print_counts(outcome.verdicts)
    return DONE


@app.command
def audit(folder: Folder) -> int:
    """Check a publication's claims (published.toml) against each other and against the chart.

    The exit code is 1 when anything is contradicted or inconsistent.

    For example: sequela audit examples/lenalidomide
    """
    from sequela.findings import Finding, StudyError, has_errors
    from sequela.pipeline import PUBLISHED, audit_study, load_study

    loaded = load_study(folder)
    verdicts, findings = audit_study(loaded)
    if not verdicts and not findings:
        raise StudyError(
            [
                Finding(
                    code="published-missing",
                    severity="error",
                    file=PUBLISHED,
                    message=f"the study has no {PUBLISHED}, so there is nothing to audit",
                    remedy="State the article's numbers there; docs/reference/audit.md shows how.",
                )
            ]
        )
    _print_findings(findings)
    _print_verdicts(verdicts)
    if has_errors(findings):
        return BAD_STUDY
    return CONTRADICTED if any(v.alarm for v in verdicts) else DONE


File = Annotated[Path, Parameter(help="a CSV file, one row a patient")]
Time = Annotated[str, Parameter(help="the column with the time")]
Event = Annotated[
    str, Parameter(help="column=value of the event, such as status=2 or status=2:death")
]
By = Annotated[str, Parameter(help="the column with the groups")]
At = Annotated[
    tuple[float, ...], Parameter(help="times to report", consume_multiple=True, negative="")
]
Unit = Annotated[
    Literal["days", "weeks", "months", "years"], Parameter(help="the unit of the times")
]
Json = Annotated[bool, Parameter(help="print the result rows as JSON, and draw nothing")]
Stem = Annotated[Path | None, Parameter(help="where the figure goes, without an ending")]


@app.command
def km(
    file: File,
    *,
    time: Time,
    event: Event,
    by: By = "",
    at: At = (),
    unit: Unit = "days",
    interval: Literal["log-log", "log", "plain", "logit", "arcsine"] = "log-log",
    out: Stem = None,
    json: Json = False,
) -> int:
    """Kaplan-Meier from a plain table: medians, survival at times, the test, the figure.

    For example: sequela km lung.csv --time time --event status=2 --by sex --at 180 365
    """
    from sequela.exhibits.survival import KaplanMeier
    from sequela.plain import plain_context, read_plain
    from sequela.plain_exhibits import make_exhibit, read_outcome

    context = plain_context(
        read_plain(file),
        unit=unit,
        outcome=read_outcome(time, event),
        columns=[by],
        categories=[by],
    )
    exhibit = KaplanMeier.model_validate(
        {
            "kind": "km",
            "id": "km",
            "title": f"Survival, {file.name}",
            "endpoint": "outcome",
            "by": by,
            "at": at,
            "interval": interval,
        }
    )
    return _print_plain(make_exhibit(exhibit, context), out or Path(f"{file.stem}-km"), json=json)


@app.command
def cuminc(
    file: File,
    *,
    time: Time,
    event: Event,
    competing: Annotated[str, Parameter(help="column=value of the competing cause or causes")],
    by: By = "",
    at: At = (),
    unit: Unit = "days",
    interval: Literal["log-log", "log", "plain", "logit", "arcsine"] = "log-log",
    out: Stem = None,
    json: Json = False,
) -> int:
    """Cumulative incidence with competing causes: incidences at times, Gray's test, the figure.

    For example: sequela cuminc mgus2.csv --time etime --event event=1:progression
    --competing event=2:death --by sex --at 120 240 --unit months
    """
    from sequela.exhibits.cumulative_incidence import CumulativeIncidence
    from sequela.plain import plain_context, read_plain
    from sequela.plain_exhibits import make_exhibit, read_outcome

    context = plain_context(
        read_plain(file),
        unit=unit,
        outcome=read_outcome(time, event, competing),
        columns=[by],
        categories=[by],
    )
    exhibit = CumulativeIncidence.model_validate(
        {
            "kind": "cuminc",
            "id": "cuminc",
            "title": f"Cumulative incidence, {file.name}",
            "endpoint": "outcome",
            "by": by,
            "at": at,
            "interval": interval,
        }
    )
    stem = out or Path(f"{file.stem}-cuminc")
    return _print_plain(make_exhibit(exhibit, context), stem, json=json)


@app.command
def cox(
    file: File,
    *,
    time: Time,
    event: Event,
    covariates: Annotated[str, Parameter(help="the covariates, with commas between them")],
    strata: Annotated[str, Parameter(help="columns with a baseline hazard of their own")] = "",
    categories: Annotated[str, Parameter(help="covariates of codes that are no numbers")] = "",
    ties: Literal["efron", "breslow", "exact"] = "efron",
    firth: Annotated[bool, Parameter(help="penalise, for few events or separation")] = False,
    unit: Unit = "days",
    out: Stem = None,
    json: Json = False,
) -> int:
    """Cox regression from a plain table: hazard ratios, warnings, the forest plot.

    For example: sequela cox lung.csv --time time --event status=2 --covariates age,sex
    --categories sex --strata inst
    """
    from sequela.exhibits.forest import Forest
    from sequela.plain import plain_context, read_plain
    from sequela.plain_exhibits import make_exhibit, read_outcome

    names, layers, coded = _listed(covariates), _listed(strata), _listed(categories)
    context = plain_context(
        read_plain(file),
        unit=unit,
        outcome=read_outcome(time, event),
        columns=[*names, *layers],
        categories=[*coded, *layers],
    )
    exhibit = Forest.model_validate(
        {
            "kind": "forest",
            "id": "cox",
            "title": f"Cox regression, {file.name}",
            "endpoint": "outcome",
            "covariates": names,
            "strata": layers,
            "ties": ties,
            "firth": firth,
        }
    )
    return _print_plain(make_exhibit(exhibit, context), out or Path(f"{file.stem}-cox"), json=json)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@app.command
def table1(
    file: File,
    *,
    columns: Annotated[str, Parameter(help="the columns, with commas between them")],
    by: By = "",
    categories: Annotated[str, Parameter(help="columns of codes that are no numbers")] = "",
    tests: Annotated[
        str, Parameter(help="column=test between the groups, such as age=wilcoxon")
    ] = "",
    differences: Annotated[bool, Parameter(help="standardized mean differences")] = False,
    json: Json = False,
) -> int:
    """Table 1 from a plain table: median and range or counts, overall and by group.

    A test is made where one is named, and nowhere else.

    For example: sequela table1 lung.csv --columns age,ph.ecog --categories ph.ecog --by sex
    --tests age=wilcoxon,ph.ecog=fisher
    """
    from sequela.exhibits.table1 import Table1
    from sequela.plain import plain_context, read_plain
    from sequela.plain_exhibits import make_exhibit, read_tests

    names, coded = _listed(columns), _listed(categories)
    table = read_plain(file)
    context = plain_context(table, unit="days", columns=[*names, by], categories=[*coded, by])
    asked = read_tests(_listed(tests), context, names, file=table.file)
    exhibit = Table1.model_validate(
        {
            "kind": "table1",
            "id": "table-1",
            "title": f"Characteristics, {file.name}",
            "by": by,
            "differences": differences,
            "rows": [
                {"column": c, "show": ("median_range", "median_iqr"), "test": asked.get(c)}
                for c in names
            ],
        }
    )
    return _print_plain(make_exhibit(exhibit, context), None, json=json)


def _print_plain(result: PlainResult, stem: Path | None, *, json: bool) -> int:
    """Print tables and warnings and write the figures; or print the rows and nothing else."""
    from sequela.plain import BASELINE_NOTE
    from sequela.plain_exhibits import write_figures

    console = _console()
    if json:
        import json as data

        sys.stdout.write(data.dumps(result.as_data(), ensure_ascii=False, indent=2) + "\n")
        return DONE
    for warning in result.warnings:
        console.print(warning, style="yellow", markup=False)
    for table in result.tables:
        _print_table(console, table)
    if any(row.contrast for row in result.rows):
        console.print(BASELINE_NOTE, markup=False)
    if stem is not None:
        for path in write_figures(result, stem):
            console.print(f"  {path}", markup=False)
    return DONE


def _print_table(console: Console, table: PrintedTable) -> None:
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


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def _say(text: str) -> None:
    console = _console()
    if console.is_terminal:
        console.print(text, markup=False)


def _print_findings(findings: Iterable[Finding]) -> None:
    """One paragraph a finding on standard error: severity, place, what is wrong, what to do."""
    console = _console(stderr=True)
    colours = {"error": "bold red", "warning": "yellow", "note": "cyan"}
    for finding in findings:
        place = finding.place
        who = f", patient {finding.patient_id}" if finding.patient_id else ""
        value = f" (it holds '{finding.value}')" if finding.value else ""
        console.print(f"{finding.severity}", style=colours[finding.severity], end=" ")
        console.print(f"{place}{who}: {finding.message}{value}.", markup=False)
        console.print(f"      {finding.remedy}", markup=False)


def _print_summary(console: Console, out: Path, patients: int, rows: int) -> None:
    console.print(f"{patients} patients, {rows} result rows.", markup=False)
    for path, what in (
        ("patient-level/report.html", "the report; every number opens its patients"),
        ("patient-level/report.docx", "the same for a co-author to edit"),
        ("patient-level/report.pdf", "the same for print"),
        ("aggregate/report-aggregate.html", "without single patients"),
        ("aggregate/results.csv", "every number as a row"),
    ):
        console.print(f"  {out / path}  {what}", markup=False)


def _print_verdicts(verdicts: Iterable[Verdict]) -> None:
    from sequela.audit.grade import MEANING

    console = _console()
    kept = list(verdicts)
    for grade in MEANING:
        for verdict in kept:
            if verdict.grade == grade:
                console.print(f"{verdict.claim_id} ({verdict.where})", style="bold", end=": ")
                console.print(MEANING[grade], markup=False)
                console.print(f"  says: {verdict.statement}", markup=False)
                console.print(f"  {verdict.sentence}", markup=False)
    _print_counts(kept)


def _print_counts(verdicts: Iterable[Verdict]) -> None:
    from collections import Counter

    from sequela.audit.grade import MEANING

    counts: Counter[str] = Counter(v.grade for v in verdicts)
    if counts:
        parts = ", ".join(f"{MEANING[g]}: {counts[g]}" for g in MEANING if counts[g])
        _console().print(f"{sum(counts.values())} claims. {parts}.", markup=False)
