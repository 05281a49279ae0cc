"""Measure a large simulated cohort: reading, checking, deriving all that its study asks for.

    python benchmarks/derive_cohort.py [--patients N] [--times N] [--keep FOLDER] [--profile]

The cohort of `sequela simulate` is written as CSV once, and each measurement reads, checks and
derives it in a process of its own, so that its peak memory is its own. The goal: 100,000
patients in under 60 seconds on two cores.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import platform
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SEED = 20260101


def measure_here(folder: Path, *, profile: bool) -> None:
    """In a process of its own: wall and CPU seconds of each step and peak memory, as JSON."""
    steps: dict[str, tuple[float, float]] = {}
    marks = time.perf_counter(), time.process_time()

    def done(step: str) -> None:
        nonlocal marks
        now = time.perf_counter(), time.process_time()
        steps[step] = (now[0] - marks[0], now[1] - marks[1])
        marks = now

    from sequela.chart.chart import read_chart
    from sequela.chart.rules.check import check_chart
    from sequela.clinical import derive
    from sequela.study import FILE, read_study

    study, findings = read_study(folder)
    assert study is not None, findings
    done("start")
    chart, findings = read_chart(folder)
    done("reading and typing")
    findings += check_chart(chart, sites=study.study.sites, data_cut=study.study.data_cut)
    done("checking")
    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    _, more = derive.derive_clinical(chart, study.definitions, file=FILE)
    profiler.disable()
    done("deriving")
    if profile:
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("cumulative").print_stats(60)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    codes = sorted({f.code for f in [*findings, *more] if f.severity != "note"})
    print(json.dumps({"steps": steps, "peak": peak, "alarms": codes}))


def measure(folder: Path, *, profile: bool) -> dict[str, object]:
    """One measurement in a new process."""
    command = [sys.executable, __file__, "--here", str(folder), *(["--profile"] * profile)]
    began = time.perf_counter()
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, object] = json.loads(ended.stdout)
    return found | {"wall": time.perf_counter() - began}


def report(found: list[dict], rows: int, patients: int) -> str:
    """The medians, as Markdown."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    median = statistics.median
    lines = [
        f"{machine}; {patients:,} patients, {rows:,} rows, median of {len(found)}",
        "",
        "| step | wall, s | CPU, s |",
        "|---|---|---|",
    ]
    for step in found[0]["steps"]:
        wall, cpu = (median(f["steps"][step][part] for f in found) for part in (0, 1))
        lines.append(f"| {step} | {wall:.1f} | {cpu:.1f} |")
    whole = median(f["wall"] for f in found)
    peak = median(f["peak"] for f in found)
    alarms = ", ".join(found[0]["alarms"]) or "none"
    lines += [f"| the whole process | {whole:.1f} | |", "", f"Peak memory {peak:.2f} GB."]
    return "\n".join([*lines, f"False alarms: {alarms}."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="write the cohort here and leave it")
    parser.add_argument("--profile", action="store_true", help="say where deriving spends its time")
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        measure_here(asked.here, profile=asked.profile)
        return
    from sequela.simulate.folder import write_simulated_study

    with tempfile.TemporaryDirectory() as made:
        folder = asked.keep or Path(made) / "cohort"
        began = time.perf_counter()
        if not folder.exists():
            write_simulated_study(folder, asked.patients, seed=SEED)
            print(f"simulated in {time.perf_counter() - began:.1f} s")
        rows = sum(sum(1 for _ in path.open()) - 1 for path in folder.glob("*.csv"))
        found = [measure(folder, profile=asked.profile) for _ in range(asked.times)]
        print(report(found, rows, asked.patients))


if __name__ == "__main__":
    main()
