"""The command line: it parses arguments, asks the pipeline, and prints what came of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from sequela import console as shown
from sequela.cli_correct import add_correct_command
from sequela.cli_draft import add_draft_command
from sequela.cli_plain import add_plain_commands
from sequela.cli_share import add_share_command
from sequela.cli_simulate import add_simulate_command

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
        shown.print_findings(error.findings)
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
def check(
    folder: Folder,
    *,
    diff: Annotated[
        Path | None,
        Parameter(help="an earlier copy of the study, or what an earlier run wrote"),
    ] = None,
    worklist: Annotated[
        Path | None, Parameter(help="also write the questions to an Excel list to fill in")
    ] = None,
) -> int:
    """Read a study and say what is wrong with it; nothing is written to its folder.

    With --diff also what changed since then: patients, chart, derived values, results.

    For example: sequela check examples/lenalidomide
    """
    from sequela.findings import has_errors
    from sequela.pipeline import check_study

    loaded, findings = check_study(folder)
    shown.print_findings(findings)
    if worklist is not None:
        from sequela.worklist import write_worklist

        write_worklist(folder, findings, worklist)
    if loaded is not None:
        rows, patients = loaded.chart.row_count, loaded.clinical.subjects.frame.height
        shown.say(f"{patients} patients and {rows} chart rows were read. The study can be run.")
    if loaded is not None and diff is not None:
        from sequela.data_cut import compare_data_cuts, data_cut_of, read_data_cut

        shown.print_changes(compare_data_cuts(read_data_cut(diff), data_cut_of(loaded)))
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

    console = shown.make_console()
    if console.is_terminal:
        with console.status("Starting") as status:
            outcome = run_study(folder, out, progress=status.update, second_process=True)
    else:
        outcome = run_study(folder, out, progress=silent, second_process=True)
    shown.print_findings(outcome.findings)
    if console.is_terminal:
        shown.print_summary(console, outcome.folder, outcome.patients, len(outcome.rows))
        shown.print_counts(outcome.verdicts)
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
    shown.print_findings(findings)
    shown.print_verdicts(verdicts)
    if has_errors(findings):
        return BAD_STUDY
    return CONTRADICTED if any(v.alarm for v in verdicts) else DONE


add_draft_command(app)
add_plain_commands(app)
add_simulate_command(app)
add_correct_command(app)
add_share_command(app)
