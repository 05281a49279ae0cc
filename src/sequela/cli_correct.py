"""The command that takes a filled-in work list back: correct."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from sequela import console as shown


def correct(
    folder: Annotated[Path, Parameter(help="the study's folder")],
    worklist: Annotated[Path, Parameter(help="a filled-in list of `sequela check --worklist`")],
    *,
    reviewed_by: Annotated[
        str, Parameter(help="who looked at the answers; without it they are shown and not taken")
    ] = "",
) -> int:
    """Take the answers of a work list as corrections; the sources stay as they are.

    Without --reviewed-by it only shows what would change. With it the corrections are added to
    corrections.csv in the study's folder, as a new version.

    For example: sequela correct my-study questions.xlsx --reviewed-by "A. Smith"
    """
    from sequela.findings import has_errors
    from sequela.worklist import accept_answers, read_worklist

    answers = read_worklist(worklist)
    shown.print_findings(answers.findings)
    shown.print_answers(answers)
    if has_errors(answers.findings):
        return 2
    if reviewed_by:
        kept = accept_answers(folder, answers, reviewed_by=reviewed_by)
        if answers.corrections:
            shown.print_line(f"Written as version {kept.version} of corrections.csv.")
    elif answers.corrections:
        shown.print_line("Nothing is written yet. To take them: --reviewed-by with your name.")
    return 0


def add_correct_command(app: App) -> None:
    """Add the command that takes a work list back."""
    app.command(correct)
