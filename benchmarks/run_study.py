"""Measure a run of a study: wall and CPU time, where the time goes, and what importing costs.

    python benchmarks/run_study.py [--study FOLDER] [--repeats N]

Every time is a median. *First* is a new process that has no compiled bytecode, *cold* a new
process as `sequela run` starts it, *warm* a further run in a process that has made one. CPU
counts all processes of a run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
TIMED_ROWS = 32


@dataclass(frozen=True)
class Spent:
    """Seconds on the wall and in all processors."""

    wall: float
    cpu: float


def spent_by(command: Sequence[str], **environment: str) -> Spent:
    """What a command takes, its children's processors included; CalledProcessError if it fails."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def middle(all_spent: Iterable[Spent]) -> Spent:
    kept = list(all_spent)
    return Spent(median(s.wall for s in kept), median(s.cpu for s in kept))


def timed_steps(study: Path, out: Path) -> dict[str, float]:
    """One run in this process: seconds from each step that it reports to the next."""
    from sequela.pipeline import run_study

    marks: list[tuple[str, float]] = []
    run_study(study, out, progress=lambda step: marks.append((step, time.perf_counter())))
    ends = [began for _, began in marks[1:]] + [time.perf_counter()]
    return {step: end - began for (step, began), end in zip(marks, ends, strict=True)}


def measure_here(study: Path, repeats: int) -> None:
    """In a process of its own: imports, one cold run and then warm ones, as JSON."""
    began = time.perf_counter()
    import sequela.pipeline  # noqa: F401

    imported = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        cold = timed_steps(study, out)
        warm = [timed_steps(study, out) for _ in range(repeats)]
    print(json.dumps({"imported": imported, "cold": cold, "warm": warm}))


def in_new_processes(study: Path, repeats: int) -> dict[str, Spent]:
    """The first run, and the median of cold ones."""
    command = [str(Path(sys.executable).with_name("sequela"))]
    with tempfile.TemporaryDirectory() as folder:
        run = [*command, "run", str(study), "--out", f"{folder}/out"]
        first = spent_by(run, PYTHONPYCACHEPREFIX=f"{folder}/bytecode")
        cold = middle(spent_by(run) for _ in range(repeats))
    nothing = middle(spent_by([sys.executable, "-c", "pass"]) for _ in range(repeats))
    imported = middle(spent_by([sys.executable, "-c", "import sequela"]) for _ in range(repeats))
    asked = middle(spent_by([*command, "--version"]) for _ in range(repeats))
    return {
        "first run": first,
        "cold run": cold,
        "python, doing nothing": nothing,
        "import sequela": imported,
        "sequela --version": asked,
    }


def seconds_a_call(call: Callable[[], object]) -> float:
    """The median of 200 calls after 20 that do not count."""
    for _ in range(20):
        call()
    taken = []
    for _ in range(200):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return median(taken)


def kaplan_meier_of_few() -> dict[str, float | None]:
    """A Kaplan-Meier curve of 32 rows here and in lifelines; None where that is not installed."""
    import numpy as np

    from sequela.stats.risk_table import build_risk_tables
    from sequela.stats.survival import kaplan_meier

    random = np.random.default_rng(1)
    times = np.round(random.exponential(30, TIMED_ROWS), 1)
    events = random.random(TIMED_ROWS) < 0.5
    ours = seconds_a_call(lambda: kaplan_meier(build_risk_tables(times, events)[""]))
    try:
        from lifelines import KaplanMeierFitter
    except ImportError:
        return {"sequela": ours, "lifelines": None}
    theirs = seconds_a_call(lambda: KaplanMeierFitter().fit(times, events))
    return {"sequela": ours, "lifelines": theirs}


def machine() -> str:
    """The machine in a line, so that a number is never without one."""
    names = ("sequela", "polars", "numpy", "scipy", "matplotlib", "typst", "lifelines")
    found = []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}; {', '.join(found)}"
    )


def report(study: Path, repeats: int) -> str:
    """Everything measured, as Markdown."""
    outside = in_new_processes(study, repeats)
    inside = json.loads(
        subprocess.run(
            [sys.executable, __file__, "--here", "--study", str(study), "--repeats", str(repeats)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    )
    warm = {step: median(run[step] for run in inside["warm"]) for step in inside["cold"]}
    whole = median(sum(run.values()) for run in inside["warm"])
    lines = [machine(), "", "| what | wall, s | CPU, s |", "|---|---|---|"]
    lines += [f"| {what} | {s.wall:.2f} | {s.cpu:.2f} |" for what, s in outside.items()]
    lines += [f"| warm run | {whole:.2f} | |", ""]
    lines += ["| step | cold, s | warm, s |", "|---|---|---|"]
    lines += [f"| importing the pipeline | {inside['imported']:.2f} | |"]
    lines += [f"| {step} | {s:.2f} | {warm[step]:.2f} |" for step, s in inside["cold"].items()]
    return "\n".join([*lines, "", few(kaplan_meier_of_few())])


def few(curve: dict[str, float | None]) -> str:
    """The small curve in a sentence, with the ratio to lifelines where that is installed."""
    ours, theirs = curve["sequela"] or 0.0, curve["lifelines"]
    said = f"Kaplan-Meier of {TIMED_ROWS} rows: {ours * 1e3:.3f} ms"
    if theirs is None:
        return f"{said}; lifelines is not installed, so there is no ratio."
    return f"{said}; lifelines {theirs * 1e3:.3f} ms, {theirs / ours:.0f} times as long."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, default=ROOT / "examples" / "lenalidomide")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        measure_here(asked.study, asked.repeats)
    else:
        print(report(asked.study, asked.repeats))


if __name__ == "__main__":
    main()
