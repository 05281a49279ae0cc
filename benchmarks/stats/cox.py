"""Cox regression, Efron ties: CPU seconds, wall seconds and memory, a fresh process a cell.

    python benchmarks/stats/cox.py                    sequela alone, 1,000,000 rows x 10
    python benchmarks/stats/cox.py --rows 10000 --peers lifelines,survival,statsmodels,r
    python benchmarks/stats/cox.py --python /tmp/peers/bin/python --peers lifelines

`--python` is the interpreter that has the peers; they are no dependency of the project.
Data are in memory, in the form a library wants, before the clock starts; a first small fit
takes imports and compilation out of it. `peak MB` is of the process, `of it` what the fit
added to the data and the imports. The answers are compared too: the largest relative
difference of a coefficient from ours.
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
from pathlib import Path

import numpy as np

COVARIATES = 10
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
R_PROGRAM = """
suppressMessages(library(survival))
memory <- function(what) {
  line <- grep(what, readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1e3
}
fit <- function(folder, n) {
  read <- function(name, k) readBin(file.path(folder, name), "double", k)
  y <- Surv(read("time", n), read("event", n)); x <- matrix(read("x", n * 10), n)
  ready <- memory("VmRSS"); before <- proc.time(); m <- coxph(y ~ x); after <- proc.time() - before
  list(ready = ready, cpu = sum(after[1:2]), wall = after[[3]], coef = coef(m))
}
args <- commandArgs(TRUE); f <- fit(args[1], as.integer(args[2]))
cat(sprintf('{"cpu": %.17g, "wall": %.17g, "peak": %.17g, "ready": %.17g, "coef": [%s]}', f$cpu,
    f$wall, memory("VmHWM"), f$ready, paste(sprintf("%.17g", f$coef), collapse = ", ")))
"""


def cohort(n: int, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Exponential times with proportional hazards, about a fifth censored; covariates (n, 10)."""
    random = np.random.default_rng(20)
    x = random.normal(size=(n, COVARIATES))
    life = random.exponential(1000 * np.exp(-x @ np.linspace(-0.5, 0.5, COVARIATES)))
    end = random.exponential(4000, n)
    time_ = np.minimum(life, end)
    if kind == "days":
        time_ = np.minimum(np.ceil(time_), 5000)
    return time_, (life <= end).astype(float), x


def fit_sequela(time_, event, x):
    from sequela.stats.counting_process import build_counting_process
    from sequela.stats.cox_fit import fit_cox

    return lambda: fit_cox(build_counting_process(time_, event, covariates=x)).coefficients


def fit_survival(time_, event, x):
    import survival

    data = {"time": time_, "event": event} | {f"x{j}": x[:, j].copy() for j in range(x.shape[1])}
    formula = "Surv(time, event) ~ " + " + ".join(f"x{j}" for j in range(x.shape[1]))
    return lambda: survival.coxph(formula, data=data).coefficients


def fit_lifelines(time_, event, x):
    import pandas as pd
    from lifelines import CoxPHFitter

    data = pd.DataFrame(x, columns=[f"x{j}" for j in range(x.shape[1])])
    data = data.assign(time=time_, event=event)

    def fit():
        return CoxPHFitter().fit(data, "time", "event").params_.to_numpy()

    return fit


def fit_statsmodels(time_, event, x):
    from statsmodels.duration.hazard_regression import PHReg

    return lambda: PHReg(time_, x, status=event, ties="efron").fit().params


PYTHON = {
    "sequela": fit_sequela,
    "survival": fit_survival,
    "lifelines": fit_lifelines,
    "statsmodels": fit_statsmodels,
}


def cell(library: str, n: int, kind: str) -> dict[str, object]:
    """What this process measures: one fit, after a small one."""
    PYTHON[library](*cohort(500, kind))()
    work = PYTHON[library](*cohort(n, kind))
    ready = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    cpu, wall = time.process_time(), time.perf_counter()
    coefficients = work()
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
        "ready": ready,
        "coef": np.asarray(coefficients, dtype=float).tolist(),
    }


def run(library: str, n: int, kind: str, python: str) -> dict[str, object]:
    """The cell in a process of its own."""
    environment = os.environ | ONE_THREAD
    if library == "r":
        with tempfile.TemporaryDirectory() as folder:
            for name, values in zip(("time", "event", "x"), cohort(n, kind), strict=True):
                (Path(folder) / name).write_bytes(values.T.tobytes())
            command = ["Rscript", "--vanilla", "-e", R_PROGRAM, folder, str(n)]
            done = subprocess.run(command, capture_output=True, check=True, env=environment)
        return json.loads(done.stdout)
    interpreter = sys.executable if library == "sequela" else python
    command = [interpreter, __file__, "--cell", library, "--rows", str(n), "--kind", kind]
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kind", choices=("days", "continuous", "both"), default="both")
    parser.add_argument("--peers", default="", help="comma-separated, of: survival, lifelines, ...")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.cell:
        print(json.dumps(cell(given.cell, given.rows, given.kind)))
        return
    kinds = ("days", "continuous") if given.kind == "both" else (given.kind,)
    data = given.rows * (COVARIATES + 2) * 8 / 1e6
    print(f"{given.rows:,} rows x {COVARIATES}, Efron; the data are {data:.0f} MB; one thread")
    heads = f"{'CPU s':>8} {'wall s':>8} {'peak MB':>8} {'of it':>8}  difference"
    print(f"{'library':12} {'times':11} {heads}")
    for kind in kinds:
        ours = None
        for library in ["sequela", *filter(None, given.peers.split(","))]:
            cells = [run(library, given.rows, kind, given.python) for _ in range(given.repeat)]
            middle = sorted(cells, key=lambda one: one["cpu"])[len(cells) // 2]
            found = np.array(middle["coef"])
            ours = found if ours is None else ours
            apart = np.max(np.abs(found / ours - 1))
            print(
                f"{library:12} {kind:11} {middle['cpu']:8.3f} {middle['wall']:8.3f} "
                f"{middle['peak']:8.0f} {middle['peak'] - middle['ready']:8.0f}  {apart:.0e}",
                flush=True,
            )


if __name__ == "__main__":
    main()
