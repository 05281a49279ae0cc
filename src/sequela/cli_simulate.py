"""The command that invents a cohort: simulate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from sequela import console as shown


def simulate(
    folder: Annotated[Path, Parameter(help="the study's folder to write; it must not exist yet")],
    *,
    patients: Annotated[int, Parameter(help="how many patients to invent")] = 300,
    seed: Annotated[int, Parameter(help="the same seed gives the same cohort")] = 1,
) -> int:
    """Invent a cohort with known true effects, as a study that can be run.

    Nobody in it exists, and every output says so. model.json holds what is true of it.

    For example: sequela simulate my-cohort --patients=2000 --seed 7
    """
    from sequela.findings import Finding, StudyError
    from sequela.simulate.folder import write_simulated_study

    if patients < 1:
        raise StudyError(
            [
                Finding(
                    code="no-patients",
                    severity="error",
                    message="a cohort needs at least one patient",
                    remedy="Give --patients a number above zero.",
                )
            ]
        )
    rows = write_simulated_study(folder, patients, seed=seed)
    shown.say(f"{patients} patients and {rows} chart rows were invented in {folder}.")
    shown.say(f"Run them: sequela run {folder} --out {folder}-out")
    return 0


def add_simulate_command(app: App) -> None:
    """Add the command that invents a cohort."""
    app.command(simulate)
