"""Measure the checking of a large chart: reading, typing, rules, and optionally deriving.

    python benchmarks/check_chart.py [--patients N] [--rows N] [--derive] [--keep FOLDER]

An invented chart of 100,000 patients and 5 million rows (all tables together) is written as CSV
and checked in a process of its own, so that its peak memory is its own. The chart has no
mistakes; any finding but a note is printed, since it would be a false alarm.
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
from pathlib import Path

import numpy as np
import polars as pl

SEED = 20260101
EPOCH = np.datetime64("1970-01-01")
STUDY = """
[study]
title = "A large invented chart"
sites = ["North", "South", "East"]
time_unit = "months"

[moments.diagnosis]
table = "diagnoses"

[moments.relapse]
table = "events"
where = "what = 'relapse'"

[moments.death]
table = "followup"
where = "vital_status = 'dead'"

[moments.last_contact]
table = "followup"

[columns.sex]
derive = "look_up"
table = "patients"
column = "sex"

[columns.age]
derive = "age"
at = "diagnosis"

[columns.transplanted]
derive = "present"
table = "transplants"

[columns.on_drug]
derive = "exposure"
drug = "drug 1"
until = "last_contact"

[endpoints.os]
start = "diagnosis"
event = ["death"]
censor = ["last_contact"]

[endpoints.efs]
start = "diagnosis"
event = ["relapse", "death"]
censor = ["last_contact"]
"""


def iso(days: np.ndarray) -> pl.Series:
    return pl.Series(EPOCH + days.astype("timedelta64[D]")).dt.strftime("%Y-%m-%d")


def large_chart(patients: int, rows: int) -> dict[str, pl.DataFrame]:
    """Tables without a mistake; all rows together are about `rows`."""
    dice = np.random.default_rng(SEED)
    ids = pl.Series([f"P{n:07d}" for n in range(patients)])
    diagnosed = dice.integers(12_000, 18_000, patients)
    lived = dice.exponential(1_500, patients).astype(int).clip(0, 8_000) + 120
    born = diagnosed - dice.integers(19 * 366, 85 * 365, patients)

    def many(n: int) -> tuple[np.ndarray, np.ndarray]:
        """Patients drawn at random, and a day between diagnosis and end for each."""
        who = dice.integers(0, patients, n)
        share = dice.random(n)
        return who, diagnosed[who] + (share * lived[who]).astype(int)

    left = rows - 3 * patients
    few = left // 20
    tables = {
        "patients": pl.DataFrame(
            {
                "patient_id": ids,
                "site": dice.choice(["North", "South", "East"], patients),
                "sex": dice.choice(["female", "male"], patients),
                "birth": iso(born),
            }
        ),
        "diagnoses": pl.DataFrame(
            {
                "patient_id": ids,
                "disease": dice.choice(["AML", "ALL", "MDS"], patients),
                "role": ["first"] * patients,
                "when": iso(diagnosed),
            }
        ),
        "followup": pl.DataFrame(
            {
                "patient_id": ids,
                "last_contact": iso(diagnosed + lived),
                "vital_status": dice.choice(["alive", "dead"], patients),
            }
        ),
    }
    who, day = many(few)
    tables["events"] = pl.DataFrame(
        {
            "patient_id": ids[who],
            "what": dice.choice(["infection", "admission"], few),
            "when": iso(day),
        }
    )
    who, day = many(few)
    tables["transplants"] = pl.DataFrame(
        {
            "patient_id": ids[who],
            "type": ["allogeneic"] * few,
            "indication": ["AML"] * few,
            "when": iso(day),
            "donor": dice.choice(["matched related", "haploidentical"], few),
            "conditioning": dice.choice(["Flu/Bu", "Flu/Mel", "Cy/TBI"], few),
        }
    )
    span = 4 * few
    first_drug = dice.integers(0, 400, patients)
    who = np.arange(span) % patients
    tables["exposures"] = pl.DataFrame(
        {
            "patient_id": ids[who],
            # every patient has another drug in each row, so that no two intervals overlap
            "drug": [
                f"drug {n + 1}" for n in (first_drug[who] + np.arange(span) // patients) % 400
            ],
            "start": iso(diagnosed[who] + 1),
            "stop": iso(diagnosed[who] + 1 + (dice.random(span) * (lived[who] - 2)).astype(int)),
        }
    )
    who, day = many(2 * few)
    tables["assessments"] = pl.DataFrame(
        {
            "patient_id": ids[who],
            "what": ["MRD"] * (2 * few),
            "value": dice.choice(["positive", "negative"], 2 * few),
            "when": iso(day),
        }
    )
    n = left - 8 * few
    who, day = many(n)
    kind = dice.integers(0, 4, n)
    scale = np.array([5.0, 120.0, 12.0, 40.0])[kind]
    spread = np.array([0.8, 0.6, 0.15, 0.5])[kind]
    value = np.round(scale * np.exp(spread * dice.standard_normal(n)), 2) + 0.01
    tables["measurements"] = pl.DataFrame(
        {
            "patient_id": ids[who],
            "name": np.array(["WBC", "platelets", "hemoglobin", "LDH ratio"])[kind],
            "value": pl.Series(np.round(value, 2)).cast(pl.String),
            "unit": np.array(["10^9/L", "10^9/L", "g/dL", "ratio"])[kind],
            "when": iso(day),
        }
    )
    return {name: frame.unique(maintain_order=True) for name, frame in tables.items()}


def write_chart(folder: Path, patients: int, rows: int) -> int:
    """The chart and a study file in a folder; gives the number of rows written."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = large_chart(patients, rows)
    for name, frame in tables.items():
        frame.write_csv(folder / f"{name}.csv")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return sum(frame.height for frame in tables.values())


def measure_here(folder: Path, *, derive: bool) -> None:
    """In a process of its own: seconds of each step, of each rule, and peak memory, as JSON."""
    from sequela.chart.chart import read_chart
    from sequela.chart.rules.check import RULES, _findings
    from sequela.chart.rules.rule import Asked
    from sequela.study import FILE, read_study

    steps, marks = {}, time.perf_counter()

    def done(step: str) -> None:
        nonlocal marks
        steps[step] = time.perf_counter() - marks
        marks = time.perf_counter()

    study, findings = read_study(folder)
    assert study is not None, findings
    chart, findings = read_chart(folder)
    done("reading and typing")
    asked = Asked(chart, study.study.sites)
    slow = {}
    for rule in RULES:
        began = time.perf_counter()
        findings += list(_findings(rule, asked))
        if rule.unseen:
            rule.unseen(asked)
        slow[rule.code] = time.perf_counter() - began
    done("rules")
    if derive:
        from sequela.clinical.derive import derive_clinical

        derive_clinical(chart, study.definitions, file=FILE)
        done("deriving")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    alarms: dict[str, int] = {}
    for finding in findings:
        if finding.severity != "note":
            alarms[finding.code] = alarms.get(finding.code, 0) + 1
    worst = dict(sorted(slow.items(), key=lambda item: -item[1])[:8])
    print(json.dumps({"steps": steps, "rules": worst, "peak": peak, "alarms": alarms}))


def report(folder: Path, rows: int, *, derive: bool) -> str:
    """Everything measured, as Markdown."""
    command = [sys.executable, __file__, "--here", str(folder), *(["--derive"] if derive else [])]
    began = time.perf_counter()
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    wall = time.perf_counter() - began
    found = json.loads(ended.stdout)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    lines = [
        f"{machine}, polars {pl.__version__}; {rows:,} rows",
        "",
        "| step | wall, s |",
        "|---|---|",
    ]
    lines += [f"| {step} | {seconds:.1f} |" for step, seconds in found["steps"].items()]
    lines += [f"| the whole process | {wall:.1f} |", "", f"Peak memory {found['peak']:.2f} GB."]
    lines += ["", "| the slowest rules | s |", "|---|---|"]
    lines += [f"| {code} | {seconds:.2f} |" for code, seconds in found["rules"].items()]
    alarms = ", ".join(f"{code}: {n}" for code, n in found["alarms"].items())
    return "\n".join([*lines, "", f"False alarms: {alarms or 'none'}."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--derive", action="store_true", help="derive columns and endpoints too")
    parser.add_argument("--keep", type=Path, help="write the chart here and leave it")
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        measure_here(asked.here, derive=asked.derive)
        return
    with tempfile.TemporaryDirectory() as made:
        folder = asked.keep or Path(made) / "chart"
        rows = write_chart(folder, asked.patients, asked.rows)
        print(report(folder, rows, derive=asked.derive))


if __name__ == "__main__":
    main()
