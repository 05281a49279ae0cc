"""The command that begins a study: init."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from sequela import console as shown


def init(
    source: Annotated[Path, Parameter(help="a workbook, a CSV file or a REDCap export")],
    *,
    out: Annotated[
        Path | None, Parameter(help="the study's folder; by default called after the source")
    ] = None,
    as_sheet: Annotated[
        bool, Parameter(help="put the rows of the mapping in mapping.xlsx", negative="")
    ] = False,
) -> int:
    """Draft a study from a sheet as it came: mapping.toml and study.toml, with reasons.

    The source is read where it is; it is neither copied nor changed. What could not be placed, and
    what only you can answer, is said; `sequela check` says it again until it is answered.

    For example: sequela init chart.xlsx --out my-study
    """
    from sequela.console_draft import print_draft
    from sequela.draft.draft import draft_study, write_draft
    from sequela.findings import StudyError, has_errors, sort_findings

    folder = out or Path(source.stem)
    draft = draft_study(source, folder, as_sheet=as_sheet)
    refused = write_draft(draft, folder)
    if refused or not draft.files:
        raise StudyError([*draft.findings, *refused])
    shown.print_findings(sort_findings(draft.of_the_source))
    print_draft(draft, source, folder)
    return 2 if has_errors(draft.of_the_source) else 0


def number(folder: Annotated[Path, Parameter(help="the study's folder")]) -> int:
    """Give study numbers to patients whom the sheet knows by a record number and who have none.

    The numbers are kept in the file that `pseudonyms` of mapping.toml names. Nobody's number is
    changed. That file tells who the patients are: keep it where the sheet is.

    For example: sequela number my-study
    """
    from sequela.chart.mapping_numbers import number_patients

    for done in number_patients(folder):
        shown.print_line(f"{done.file}: {done.patients} patients, {done.new} of them new.")
    return 0


def add_draft_command(app: App) -> None:
    """Add the commands to the program."""
    app.command(init)
    app.command(number)
