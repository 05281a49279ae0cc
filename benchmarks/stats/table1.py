"""Measure Table 1 of many people: summaries of every column by group, and a test of each.

    python benchmarks/stats/table1.py [--people 1000000] [--repeats 3] [--only sequela]
    python benchmarks/stats/table1.py --python /tmp/peers/bin/python

Ten numbers and ten categories, two groups, a rank test for each number and a chi-squared test
for each category. Peers are tableone and polartableone (non-normal: medians, quartiles and
Kruskal-Wallis), and as floors scipy (the rank tests alone) and polars (the summaries alone).
`--python` is the interpreter that has them; they are no dependency of the project. Each runs in
a process of its own on one thread, which has its data in memory in its own kind and has made
one small table before. Times are medians.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
NUMBERS, CATEGORIES = 10, 10
LEVELS = ("one", "two", "three")


def people(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Group codes (n,), numbers (10, n) and category codes (10, n); half the numbers tied."""
    random = np.random.default_rng(1)
    group = random.integers(0, 2, n)
    numbers = random.normal(50, 12, (NUMBERS, n)) + group
    numbers[::2] = np.round(numbers[::2])
    return group, numbers, random.integers(0, len(LEVELS), (CATEGORIES, n))


def prepare_sequela(n: int) -> Callable[[], object]:
    import polars as pl

    from sequela.stats.compare_groups import compare_groups
    from sequela.stats.describe import estimate_categories, estimate_numeric
    from sequela.stats.labels import read_labels

    codes, numbers, categories = people(n)
    group = pl.Series(["a", "b"]).gather(codes)
    texts = [pl.Series(LEVELS).gather(row) for row in categories]
    about = {"contrast": "a vs b"}

    def table() -> list[object]:
        rows: list[object] = []
        by = read_labels(group)
        members = [np.flatnonzero(by.code == g) for g in range(2)]
        for i, values in enumerate(numbers):
            for part in (values, *(values[who] for who in members)):
                rows += estimate_numeric(part, part, variable=f"x{i}")
            rows += compare_groups(values, by, test="wilcoxon", variable=f"x{i}", **about)
        for i, text in enumerate(texts):
            labels = read_labels(text, LEVELS)
            rows += estimate_categories(labels, LEVELS, variable=f"c{i}")
            for who in members:
                part = type(labels)(labels.levels, labels.code[who])
                rows += estimate_categories(part, LEVELS, variable=f"c{i}")
            rows += compare_groups(labels, by, test="chi-squared", variable=f"c{i}", **about)
        return rows

    return table


def prepare_tableone(n: int) -> Callable[[], object]:
    import pandas as pd
    from tableone import TableOne

    codes, numbers, categories = people(n)
    frame = pd.DataFrame({f"x{i}": values for i, values in enumerate(numbers)})
    for i, row in enumerate(categories):
        frame[f"c{i}"] = np.array(LEVELS)[row]
    frame["group"] = np.array(["a", "b"])[codes]
    return lambda: TableOne(
        frame,
        columns=[c for c in frame.columns if c != "group"],
        categorical=[f"c{i}" for i in range(CATEGORIES)],
        nonnormal=[f"x{i}" for i in range(NUMBERS)],
        groupby="group",
        pval=True,
    )


def prepare_polartableone(n: int) -> Callable[[], object]:
    from polartableone import TableOne

    frame = polars_frame(n)
    return lambda: TableOne(
        frame,
        columns=[c for c in frame.columns if c != "group"],
        categorical=[f"c{i}" for i in range(CATEGORIES)],
        nonnormal=[f"x{i}" for i in range(NUMBERS)],
        groupby="group",
        pval=True,
    )


def polars_frame(n: int):  # type: ignore[no-untyped-def]
    import polars as pl

    codes, numbers, categories = people(n)
    frame = {f"x{i}": values for i, values in enumerate(numbers)}
    frame |= {f"c{i}": pl.Series(LEVELS).gather(row) for i, row in enumerate(categories)}
    return pl.DataFrame(frame | {"group": pl.Series(["a", "b"]).gather(codes)})


def prepare_polars(n: int) -> Callable[[], object]:
    import polars as pl

    frame = polars_frame(n)
    summaries = [
        summary
        for x in (pl.col(f"x{i}") for i in range(NUMBERS))
        for summary in (
            x.mean().name.suffix("_mean"),
            x.std().name.suffix("_sd"),
            *(x.quantile(q).name.suffix(f"_{q}") for q in (0, 0.25, 0.5, 0.75, 1)),
        )
    ]

    def table() -> object:
        counts = [frame.group_by("group", f"c{i}").len() for i in range(CATEGORIES)]
        return frame.select(summaries), frame.group_by("group").agg(summaries), counts

    return table


def prepare_scipy(n: int) -> Callable[[], object]:
    from scipy.stats import mannwhitneyu

    codes, numbers, _ = people(n)
    return lambda: [
        mannwhitneyu(values[codes == 0], values[codes == 1], method="asymptotic")
        for values in numbers
    ]


PREPARED = {
    "sequela": prepare_sequela,
    "polars": prepare_polars,
    "scipy": prepare_scipy,
    "polartableone": prepare_polartableone,
    "tableone": prepare_tableone,
}


def measure(who: str, n: int, repeats: int) -> dict[str, float]:
    """Median seconds on the wall and in the processor, and the peak memory in MB."""
    PREPARED[who](200)()
    work = PREPARED[who](n)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    walls, processors = [], []
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall": median(walls), "cpu": median(processors), "data": before, "peak": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=list(PREPARED))
    parser.add_argument("--python", default=sys.executable, help="has what is measured beside us")
    parser.add_argument("--child", choices=list(PREPARED), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        sys.stdout.write(json.dumps(measure(asked.child, asked.people, asked.repeats)))
        return
    print(f"{asked.people} people, {NUMBERS} numbers, {CATEGORIES} categories, two groups")
    for who in [asked.only] if asked.only else PREPARED:
        python = sys.executable if who == "sequela" else asked.python
        command = [python, __file__, "--child", who]
        command += ["--people", str(asked.people), "--repeats", str(asked.repeats)]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=os.environ | ONE_THREAD
        )
        if "ModuleNotFoundError" in done.stderr:
            print(f"{who}: not installed")
            continue
        done.check_returncode()
        output = done.stdout
        found = json.loads(output.splitlines()[-1])
        print(
            f"{who}: wall {found['wall']:.2f} s, CPU {found['cpu']:.2f} s, "
            f"peak {found['peak']:.0f} MB (with its data loaded: {found['data']:.0f} MB)"
        )


if __name__ == "__main__":
    main()
