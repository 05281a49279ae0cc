"""Measure `sequela init` and `sequela check` on an Excel sheet of many patients.

    python benchmarks/init_sheet.py [--patients N] [--repeats N]

The sheet repeats the wide sheet of examples/wide-sheet under new numbers. Every time is the median
of new processes.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import xlsxwriter

ROOT = Path(__file__).resolve().parents[1]
SEQUELA = Path(sys.executable).parent / "sequela"


def make_sheet(path: Path, patients: int) -> None:
    """A workbook like the example's, with as many patients as asked for."""
    spec = importlib.util.spec_from_file_location("make", ROOT / "examples/wide-sheet/make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    known = list(make.TABLES["patients"])
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Patients")
        place = 0
        for group, names in make.GROUPS:
            if group:
                sheet.merge_range(0, place, 0, place + len(names) - 1, group)
            sheet.write_row(1, place, names)
            place += len(names)
        for number in range(patients):
            cells = make.line(known[number % len(known)], number)
            cells[0] = f"P{number:04d}"
            for column, text in enumerate(cells):
                if text:
                    sheet.write_string(number + 2, column, text)


def spent(command: list[str], repeats: int, folder: Path) -> tuple[float, float]:
    """Median wall and processor seconds of a command that may find errors."""
    walls, cpus = [], []
    for _ in range(repeats):
        if "init" in command:
            shutil.rmtree(folder, ignore_errors=True)
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        ended = subprocess.run(command, capture_output=True, env=os.environ, check=False)
        walls.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert ended.returncode in (0, 2), ended.stderr
        assert b"Traceback" not in ended.stderr
    return median(walls), median(cpus)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--patients", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        sheet, folder = Path(name) / "sheet.xlsx", Path(name) / "study"
        make_sheet(sheet, asked.patients)
        for what, command in (
            ("init", [str(SEQUELA), "init", str(sheet), "--out", str(folder)]),
            ("check", [str(SEQUELA), "check", str(folder)]),
        ):
            wall, cpu = spent(command, asked.repeats, folder)
            print(f"{what}, {asked.patients} patients: {wall:.2f} s on the wall, {cpu:.2f} s CPU")


if __name__ == "__main__":
    main()
