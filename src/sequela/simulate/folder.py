"""A simulated cohort as a study folder that can be run."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from sequela.findings import Finding, StudyError
from sequela.simulate.cohort import simulate_chart
from sequela.simulate.model import SimulationModel

MODEL_FILE = "model.json"


def write_simulated_study(
    folder: Path, patients: int, *, seed: int, model: SimulationModel | None = None
) -> int:
    """Write the study and the chart of so many invented patients; how many chart rows there are.

    Raises StudyError when the folder has something in it: nothing is overwritten.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StudyError([_not_empty(folder)])
    known = model or SimulationModel()
    chart = simulate_chart(patients, seed=seed, model=known)
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in chart.items():
        frame.write_csv(folder / f"{name}.csv", line_terminator="\n")
    study = files("sequela.simulate") / "assets" / "study.toml"
    (folder / "study.toml").write_bytes(study.read_bytes())
    about = {"simulated": True, "patients": patients, "seed": seed, "model": known.model_dump()}
    (folder / MODEL_FILE).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return sum(frame.height for frame in chart.values())


def _not_empty(folder: Path) -> Finding:
    return Finding(
        code="folder-not-empty",
        severity="error",
        file=folder.name,
        message="the folder is not empty, and nothing is overwritten",
        remedy="Name a folder that does not exist yet, or empty this one.",
    )
