"""Samples, and what flow cytometry and sequencing find in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from sequela.simulate.assay import (
    EVENTS_OF_A_POPULATION,
    Counted,
    count_events,
    count_residual,
)
from sequela.simulate.histories import Flags, Floats
from sequela.simulate.rows import Cohort, Words, stack

# Days from remission on which residual disease is looked for, and days before a transplant.
VISITS = (0, 90, 180, 365, 730)
BEFORE_TRANSPLANT = 10
# Days from diagnosis of the blood in which the population is first seen, in some.
EMERGING, EMERGING_SEEN = -45, 0.5


@dataclass(frozen=True, slots=True)
class _Run:
    """A sample of some patients on a day, with what was counted in it."""

    who: Flags
    day: Floats
    counted: Counted
    timepoint: object


def residual_rows(cohort: Cohort, draw: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Specimens, populations, what was judged of them, and relapses that residual disease shows."""
    sequenced = draw.random(len(cohort.ids)) < cohort.model.mrd_by_sequencing
    runs = [_run(cohort, draw, sequenced, *visit) for visit in _visits(cohort)]
    parts = [_tables(cohort, run, sequenced, number) for number, run in enumerate(runs, start=2)]
    parts.append(_emerging(cohort, draw))
    made = {
        name: stack(*(part[name] for part in parts if name in part))
        for name in ("specimens", "populations", "assessments")
    }
    return made | {"events": _relapses(cohort, runs)}


def _visits(cohort: Cohort) -> list[tuple[Flags, Floats, object]]:
    """Who is seen on which day, while in remission; a sample before transplant stands alone."""
    h = cohort.histories
    remitted = np.isfinite(h.remission)
    start = np.where(remitted, h.remission, 0)
    until = np.minimum(h.relapse, h.end + 1)
    early = np.where(h.remitted_at_first, "end of induction", "end of salvage")
    visits: list[tuple[Flags, Floats, object]] = []
    for after in VISITS:
        name = early if after == 0 else f"{after} days after remission"
        visits.append((remitted & (start + after < until), start + after, name))
    planned = np.where(np.isfinite(h.transplant), h.transplant, 0) - BEFORE_TRANSPLANT
    on_a_visit = np.isin(planned - start, VISITS)
    before = np.isfinite(h.transplant) & (planned > start) & ~on_a_visit
    visits.append((before & (planned < until), planned, "before transplant"))
    return visits


def _run(
    cohort: Cohort,
    draw: np.random.Generator,
    sequenced: Flags,
    who: Flags,
    day: Floats,
    timepoint: object,
) -> _Run:
    share = np.where(who, cohort.histories.residual_at(day), 0)
    return _Run(who, day, count_residual(share, sequenced, cohort.model, draw), timepoint)


def _tables(cohort: Cohort, run: _Run, sequenced: Flags, number: int) -> dict[str, pl.DataFrame]:
    counted = run.counted
    return {
        "specimens": cohort.rows(
            run.who, specimen=f"S{number}", when=run.day, tissue="marrow", quality="adequate"
        ),
        "populations": cohort.rows(
            run.who,
            specimen=f"S{number}",
            population=np.where(sequenced, "IGH clonotype", "B lymphoblasts"),
            method=np.where(sequenced, "sequencing", "flow cytometry"),
            events=_whole(counted.events),
            total_events=_whole(counted.total),
            denominator="nucleated cells",
            limit_of_detection=_plain(counted.limit),
            tissue="marrow",
            when=run.day,
        ),
        "assessments": cohort.rows(
            run.who,
            what="MRD",
            value=counted.state,
            timepoint=run.timepoint,
            when=run.day,
        ),
    }


def _emerging(cohort: Cohort, draw: np.random.Generator) -> dict[str, pl.DataFrame]:
    """B lymphoblasts in blood weeks before the diagnosis, found by flow in some."""
    n = len(cohort.ids)
    who = draw.random(n) < EMERGING_SEEN
    total = draw.integers(100_000, 300_000, n).astype(float)
    share = 10 ** draw.uniform(-1.5, 0.3, n)
    counted = count_events(share, total, EVENTS_OF_A_POPULATION, cohort.model.assay_cv, draw)
    when = np.full(n, float(EMERGING))
    return {
        "specimens": cohort.rows(who, specimen="S1", when=when, tissue="blood", quality="adequate"),
        "populations": cohort.rows(
            who,
            specimen="S1",
            population="B lymphoblasts",
            method="flow cytometry",
            events=_whole(counted.events),
            total_events=_whole(counted.total),
            denominator="WBC",
            limit_of_detection=_plain(counted.limit),
            antigens="CD19 positive, CD34 positive, CD10 bright",
            tissue="blood",
            when=when,
        ),
    }


def _relapses(cohort: Cohort, runs: list[_Run]) -> pl.DataFrame:
    """The first positive run after a negative one, with the visit before it."""
    n = len(cohort.ids)
    # Visits and the sample before transplant in the order of their days.
    day = np.array([np.where(run.who, run.day, np.inf) for run in runs])
    order = np.argsort(day, axis=0, kind="stable")
    day = np.take_along_axis(day, order, axis=0)
    states = np.array([np.where(run.who, run.counted.state, "") for run in runs])
    states = np.take_along_axis(states, order, axis=0)
    found, free, last = (np.full(n, np.inf) for _ in range(3))
    clean = np.zeros(n, dtype=bool)
    for today, state in zip(day, states, strict=True):
        back = clean & (state == "positive") & np.isinf(found)
        found, free = np.where(back, today, found), np.where(back, last, free)
        last = np.where(state == "", last, today)
        clean |= state == "negative"
    who = np.isfinite(found)
    return cohort.rows(
        who, what="MRD relapse", when=np.where(who, found, 0), free_until=np.where(who, free, 0)
    )


def _whole(numbers: Floats) -> Words:
    return numbers.astype(np.int64).astype(str)


def _plain(numbers: Floats) -> Words:
    """Shares in percent, without an exponent."""
    return np.array([f"{number:.6f}".rstrip("0") for number in numbers])
