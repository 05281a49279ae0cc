"""Measure group comparisons and competing risks against other Python libraries.

    python benchmarks/stats/competing_and_tests.py [--people N] [--repeats K]

Prints medians of CPU and wall seconds. Data are invented: two groups, two causes, about a
fifth censored, as whole days (at most 5000) and as continuous times. Peers are measured
where they are installed: lifelines, PyPI's survival, comprisk. Times include building the
risk table from the columns; the estimators alone stand in rows of their own.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

from sequela.stats.competing_risks import cumulative_incidence
from sequela.stats.fine_gray import fine_gray
from sequela.stats.gray import gray_test
from sequela.stats.labels import Labels, read_labels
from sequela.stats.log_rank import log_rank
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.strata import unstratified
from sequela.stats.weighted_log_rank import Weighting, weighted_log_rank

CAUSES = ("relapse", "death")


@dataclass(frozen=True)
class Cohort:
    """Invented people: times, event codes, names of groups, ten covariates."""

    kind: str
    time: np.ndarray
    event: np.ndarray
    group: list[str]
    labels: Labels
    covariates: np.ndarray


def invent(people: int, kind: str) -> Cohort:
    generator = np.random.default_rng(20)
    relapse, death, end = (generator.exponential(m, people) for m in (1500, 2500, 6000))
    time_ = np.minimum.reduce([relapse, death, end])
    event = np.where(time_ == end, 0, np.where(time_ == relapse, 1, 2))
    if kind == "days":
        time_ = np.minimum(np.ceil(time_), 5000)
    group = np.where(generator.random(people) < 0.5, "a", "b").tolist()
    covariates = generator.normal(size=(people, 10))
    return Cohort(kind, time_, event, group, read_labels(group), covariates)


def ours(cohort: Cohort) -> dict[str, Callable[[], object]]:
    def tables():
        return build_risk_tables(cohort.time, cohort.event, group=cohort.labels, causes=CAUSES)

    def incidence(built):
        return [cumulative_incidence(table, cause) for table in built.values() for cause in CAUSES]

    made = tables()
    names = [f"x{k}" for k in range(10)]
    few = slice(0, 100_000)
    work = {
        "risk tables, 2 groups x 2 causes": tables,
        "the same from names of groups": lambda: build_risk_tables(
            cohort.time, cohort.event, group=cohort.group, causes=CAUSES
        ),
        "log-rank from columns": lambda: log_rank(tables()),
        "Gehan from tables": lambda: weighted_log_rank(
            unstratified(made), Weighting("gehan-wilcoxon")
        ),
        "Aalen-Johansen and variance from columns": lambda: incidence(tables()),
        "Aalen-Johansen and variance from tables": lambda: incidence(made),
        "Gray from columns": lambda: gray_test(unstratified(tables()), "relapse"),
        "Gray from tables": lambda: gray_test(unstratified(made), "relapse"),
        "Fine-Gray, 10 covariates, first 100,000": lambda: fine_gray(
            cohort.time[few], cohort.event[few], cohort.covariates[few], names=names
        ),
    }
    return {f"sequela: {name}": call for name, call in work.items()}


def theirs(cohort: Cohort) -> dict[str, Callable[[], object]]:
    return {**lifelines_work(cohort), **survival_work(cohort), **comprisk_work(cohort)}


def lifelines_work(cohort: Cohort) -> dict[str, Callable[[], object]]:
    if not installed("lifelines"):
        return {}
    from lifelines.statistics import logrank_test

    first = np.array(cohort.group) == "a"
    died = cohort.event > 0
    return {
        "lifelines: log-rank": lambda: logrank_test(
            cohort.time[first], cohort.time[~first], died[first], died[~first]
        )
    }


def survival_work(cohort: Cohort) -> dict[str, Callable[[], object]]:
    if not installed("survival"):
        return {}
    from survival.validation import logrank_test

    died, code = (cohort.event > 0).astype(int).tolist(), cohort.labels.code.tolist()
    time_ = cohort.time.tolist()
    return {"survival (Rust): log-rank": lambda: logrank_test(time_, died, code)}


def comprisk_work(cohort: Cohort) -> dict[str, Callable[[], object]]:
    if not installed("comprisk"):
        return {}
    from comprisk import CumulativeIncidence, FineGrayRegression, gray_test

    few = slice(0, 100_000)
    work: dict[str, Callable[[], object]] = {
        "comprisk: Aalen-Johansen and variance": lambda: CumulativeIncidence().fit(
            cohort.time, cohort.event, group=cohort.labels.code
        ),
        "comprisk: Fine-Gray, 10 covariates, first 100,000": lambda: FineGrayRegression(
            robust_se=True
        ).fit(cohort.covariates[few], time=cohort.time[few], event=cohort.event[few]),
    }
    if cohort.kind == "days":  # minutes on as many distinct times
        work["comprisk: Gray"] = lambda: gray_test(cohort.time, cohort.event, cohort.labels.code)
    return work


def installed(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        print(f"{name} is not installed, so it is not measured.")
        return False
    return True


def measure(call: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Median CPU and wall seconds, after one call that is not counted."""
    call()
    cpu, wall = [], []
    for _ in range(repeats):
        began, began_cpu = time.perf_counter(), time.process_time()
        call()
        cpu.append(time.process_time() - began_cpu)
        wall.append(time.perf_counter() - began)
    return median(cpu), median(wall)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    for kind in ("days", "continuous"):
        cohort = invent(given.people, kind)
        print(f"\n{given.people:,} people, {kind}\n")
        print(f"| {'work':<58} | CPU, s | wall, s |\n|{'-' * 60}|--------|---------|")
        for name, call in {**ours(cohort), **theirs(cohort)}.items():
            cpu, wall = measure(call, given.repeats)
            print(f"| {name:<58} | {cpu:6.4f} | {wall:7.4f} |", flush=True)


if __name__ == "__main__":
    main()
