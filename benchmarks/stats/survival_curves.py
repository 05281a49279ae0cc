"""Kaplan-Meier with limits and the log-rank test: CPU, wall and memory, a fresh process a cell.

    python benchmarks/stats/survival_curves.py              sequela and the numpy floor
    python benchmarks/stats/survival_curves.py --peers lifelines,statsmodels,survival,r
    python benchmarks/stats/survival_curves.py --python /tmp/peers/bin/python --peers lifelines

`--python` is the interpreter that has the peers; they are no dependency of the project.
Data are in memory, in the form a library wants, before the clock starts, and one call on a
hundred thousand people goes first, which takes imports and compilation out. Groups are coded
once. The
floor is what numpy must do in any case: count whole days (`bincount`), or sort times
(`argsort`). `added MB` is what the call took beside data and imports. The last column is S at
the median time, or chi-squared, so that one sees that all computed the same.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
OURS = ("floor", "sequela")
CELLS = (
    ("km", "days", 1_000_000),
    ("km", "days", 10_000_000),
    ("km", "continuous", 1_000_000),
    ("log-rank", "days", 1_000_000),
    ("log-rank", "continuous", 1_000_000),
)
Answer = Callable[[], object]
R_PROGRAM = """
suppressMessages(library(survival))
args <- commandArgs(TRUE); folder <- args[1]; work <- args[2]
n <- as.integer(args[3]); times <- as.integer(args[4])
memory <- function(what) {
  line <- grep(what, readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1e3
}
read <- function(name) readBin(file.path(folder, name), "double", n)
y <- Surv(read("time"), read("event")); g <- read("group")
call <- if (work == "km") function(y, g) survfit(y ~ 1, conf.type = "log-log") else
  function(y, g) survdiff(y ~ g)
few <- 1:100000; invisible(call(y[few], g[few])); ready <- memory("VmRSS")
cpu <- wall <- numeric(times)
for (i in seq_len(times)) {
  before <- proc.time(); f <- call(y, g); spent <- proc.time() - before
  cpu[i] <- sum(spent[1:2]); wall[i] <- spent[[3]]
}
answer <- if (work == "km") summary(f, times = 1000)$surv else f$chisq
cat(sprintf('{"cpu": %.17g, "wall": %.17g, "added": %.17g, "answer": %.17g}', median(cpu),
    median(wall), memory("VmHWM") - ready, answer))
"""


def cohort(n: int, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Exponential times, about a fifth censored, as 64-bit floats; the group is 0 or 1."""
    random = np.random.default_rng(20)
    life, end = random.exponential(1000, n), random.exponential(4000, n)
    time_ = np.minimum(life, end)
    if kind == "days":
        time_ = np.minimum(np.ceil(time_), 5000)
    return time_, (life <= end).astype(float), (random.random(n) < 0.5).astype(float)


def floor(work, time_, event, group):
    whole = bool(np.all(time_ == np.floor(time_)))
    code = time_.astype(np.intp) * 2 + (event > 0) if whole else None
    return lambda: np.bincount(code) if whole else np.argsort(time_)


def sequela(work, time_, event, group):
    from sequela.stats.labels import read_labels
    from sequela.stats.log_rank import log_rank
    from sequela.stats.risk_table import build_risk_tables
    from sequela.stats.survival import kaplan_meier, step_at

    died, labels = event.astype(np.intp), read_labels(np.where(group > 0, "b", "a").tolist())
    if work == "km":
        return lambda: _ours_at(kaplan_meier(build_risk_tables(time_, died)[""]), step_at)
    return lambda: log_rank(build_risk_tables(time_, died, group=labels)).chi_squared


def _ours_at(curve, step_at):
    curve.limits()
    return float(step_at(curve, [1000.0]).survival[0])


def lifelines(work, time_, event, group):
    from lifelines import KaplanMeierFitter
    from lifelines.statistics import logrank_test

    if work == "km":
        return lambda: KaplanMeierFitter().fit(time_, event).predict(1000)
    a, b = group > 0, group == 0
    t1, t2, e1, e2 = time_[a], time_[b], event[a], event[b]
    return lambda: logrank_test(t1, t2, e1, e2).test_statistic


def statsmodels(work, time_, event, group):
    from statsmodels.duration.survfunc import SurvfuncRight, survdiff

    if work == "km":
        return lambda: _at(SurvfuncRight(time_, event), "surv_times", "surv_prob")
    return lambda: survdiff(time_, event, group)[0]


def scikit_survival(work, time_, event, group):
    from sksurv.compare import compare_survival
    from sksurv.nonparametric import kaplan_meier_estimator
    from sksurv.util import Surv

    died = event > 0
    if work == "km":
        return lambda: _step(*kaplan_meier_estimator(died, time_, conf_type="log-log")[:2])
    y = Surv.from_arrays(died, time_)
    return lambda: compare_survival(y, group)[0]


def survival(work, time_, event, group):
    from survival.surv_analysis import survfitkm
    from survival.validation import logrank_test

    if work == "km":
        return lambda: _at(survfitkm(time_, event, conf_type="log-log"), "time", "surv")
    # The test takes lists; making them is no part of the measurement.
    lists = time_.tolist(), event.astype(int).tolist(), group.astype(int).tolist()
    return lambda: logrank_test(*lists).statistic


def _at(curve, times: str, values: str) -> float:
    return _step(np.asarray(getattr(curve, times)), np.asarray(getattr(curve, values)))


def _step(times: np.ndarray, values: np.ndarray) -> float:
    return float(values[np.searchsorted(times, 1000.0, side="right") - 1])


LIBRARIES = {
    "floor": floor,
    "sequela": sequela,
    "lifelines": lifelines,
    "statsmodels": statsmodels,
    "scikit-survival": scikit_survival,
    "survival": survival,
}


def megabytes() -> tuple[float, float]:
    """Resident now, and the most so far."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6, peak()


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def one_cell(library: str, work: str, kind: str, n: int, repeats: int) -> dict[str, float]:
    """Measure in this process, which has done nothing else."""
    data = cohort(n, kind)
    LIBRARIES[library](work, *(part[:100_000] for part in data))()
    call = LIBRARIES[library](work, *data)
    # Making the data must not count as the call's memory: the peak is forgotten here.
    Path("/proc/self/clear_refs").write_text("5")
    ready = megabytes()[0]
    cpu, wall, answer = [], [], np.nan
    for _ in range(repeats):
        began, began_cpu = time.perf_counter(), time.process_time()
        given = call()
        cpu.append(time.process_time() - began_cpu)
        wall.append(time.perf_counter() - began)
        answer = given if np.isscalar(given) else np.nan
    high = _high_water()
    return {
        "cpu": median(cpu),
        "wall": median(wall),
        "added": high - ready,
        "answer": float(answer),
    }


def _high_water() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1e3
    return peak()


def one_cell_of_r(work: str, kind: str, n: int, repeats: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        for name, part in zip(("time", "event", "group"), cohort(n, kind), strict=True):
            part.tofile(Path(folder) / name)
        program = Path(folder) / "cell.R"
        program.write_text(R_PROGRAM)
        words = ["Rscript", "--vanilla", str(program), folder, work, str(n), str(repeats)]
        return json.loads(_said(words))


def _said(words: list[str]) -> str:
    environment = os.environ | ONE_THREAD
    ended = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    if ended.returncode:
        raise RuntimeError(ended.stderr.strip().splitlines()[-1])
    return ended.stdout.strip().splitlines()[-1]


def measure(library: str, cell: tuple[str, str, int], given: argparse.Namespace) -> None:
    work, kind, n = cell
    repeats = given.repeats if n <= 1_000_000 else 1 if library == "r" else 3
    interpreter = sys.executable if library in OURS else given.python
    words = [interpreter, __file__, "--cell", library, work, kind, str(n), str(repeats)]
    try:
        found = (
            one_cell_of_r(work, kind, n, repeats) if library == "r" else json.loads(_said(words))
        )
    except (RuntimeError, OSError) as error:
        print(f"| {work} | {n:,} {kind} | {library} | not measured: {error} |", flush=True)
        return
    print(
        f"| {work} | {n:,} {kind} | {library} | {found['cpu']:.3f} | {found['wall']:.3f}"
        f" | {found['added']:.0f} | {found['answer']:.8g} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers", default="", help="names with commas between them")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="", help="such as km or log-rank")
    parser.add_argument("--cell", nargs=5)
    given = parser.parse_args()
    if given.cell:
        library, work, kind, n, repeats = given.cell
        print(json.dumps(one_cell(library, work, kind, int(n), int(repeats))))
        return
    print("| work | people | library | CPU, s | wall, s | added, MB | answer |")
    print("|---|---|---|---|---|---|---|")
    for cell in CELLS:
        for library in (*OURS, *filter(None, given.peers.split(","))):
            if cell[0].startswith(given.only) and (library, cell[0]) != ("floor", "log-rank"):
                measure(library, cell, given)


if __name__ == "__main__":
    main()
