"""Measure the readers: five million rows of CSV, the slow way, and a workbook of 300 patients.

python benchmarks/read_sources.py [rows]
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Callable

from sequela.sources.delimited import parse_delimited
from sequela.sources.source import parse_source
from sequela.sources.spreadsheet_text import workbook_bytes

ROWS = 5_000_000


def chart_rows(rows: int, *, quoted: bool = False) -> bytes:
    """Measurements of invented patients as the bytes of a CSV."""
    mark = '"' if quoted else ""
    parts = [",".join(f"{mark}{n}{mark}" for n in ("patient_id", "name", "value", "unit", "when"))]
    pick = random.Random(1)
    some = [
        ",".join(
            f"{mark}{cell}{mark}"
            for cell in (
                f"P{pick.randrange(100_000):06d}",
                "white blood cells",
                f"{pick.random() * 40:.2f}",
                "10^9/L",
                f"{pick.randrange(2000, 2020)}-{pick.randrange(1, 13):02d}-15",
            )
        )
        for _ in range(10_000)
    ]
    text = "\n".join(some) + "\n"
    return (parts[0] + "\n" + text * (rows // 10_000)).encode("utf-8")


def measured(name: str, call: Callable[[], object]) -> None:
    start, begun = time.perf_counter(), time.process_time()
    call()
    seconds, used = time.perf_counter() - start, time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    times = f"{seconds:7.2f} s wall {used:7.2f} s CPU"
    print(f"{name:<46} {times}   peak so far {peak:5.2f} GB", flush=True)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    sheet = [
        ["patient_id", *(f"column {n}" for n in range(100))],
        *([f"P{r:03d}", *(f"{r * n % 997}.5" for n in range(100))] for r in range(300)),
    ]
    book = workbook_bytes({"Chart": sheet})
    measured("workbook, 300 patients x 101 columns", lambda: parse_source("a.xlsx", book))
    for quoted in (False, True):
        data = chart_rows(rows, quoted=quoted)
        size = f"{len(data) / 1024**2:.0f} MB{', every cell quoted' if quoted else ''}"
        measured(f"CSV, {rows:,} rows, {size}", lambda data=data: parse_delimited("a.csv", data))
    data = chart_rows(rows // 10)
    measured(
        f"CSV the slow way, {rows // 10:,} rows",
        lambda: parse_delimited("a.csv", data, quick=False),
    )


if __name__ == "__main__":
    main()
