"""Concordance: how often the one with the higher predicted risk has the event first.

Of two people, one with the event while the other is at risk and has it not yet, the pair is
concordant when the first has the higher predictor, half when both have the same. Two events
at one time make no pair. Source: Harrell, JAMA 1982;247:2543; R's `concordance`, whose
infinitesimal jackknife standard error this is too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.counting_process import CountingProcess, stable_order
from sequela.stats.risk_table import Floats, Ints

# Predictors closer than this are equal: the same covariates may be summed in another order.
_SAME_PREDICTOR = 1e-11


@dataclass(frozen=True, slots=True)
class Concordance:
    """Weighted numbers of pairs, their concordance and its standard error.

    Both are NaN when no pair can be compared. `std_err` takes clusters together when the
    process has them.
    """

    concordant: float
    discordant: float
    tied: float
    concordance: float
    std_err: float


def concordance(process: CountingProcess, predictor: ArrayLike) -> Concordance:
    """The concordance of a risk predictor (N,), higher meaning earlier events.

    Rows are compared within strata only, and under delayed entry with those at risk. Needs of
    the order of N log(N)^2 steps.
    """
    eta = np.asarray(predictor, dtype=float)
    if eta.shape != process.event.shape or not bool(np.all(np.isfinite(eta))):
        raise ValueError("predictor must be one finite number a row of the process.")
    above, below, equal = _pairs(process, _ranks(eta))
    weight = process.case_weight
    # Each pair is counted at both of its people.
    concordant, discordant, tied = (float(weight @ c) / 2 for c in (above, below, equal))
    pairs = concordant + discordant + tied
    if pairs == 0:
        return Concordance(0.0, 0.0, 0.0, np.nan, np.nan)
    somers = (concordant - discordant) / pairs
    influence = weight * ((above - below) - somers * (above + below + equal)) / pairs
    if process.cluster is not None:
        influence = np.bincount(process.cluster, influence).astype(float, copy=False)
    return Concordance(
        concordant=concordant,
        discordant=discordant,
        tied=tied,
        concordance=(somers + 1) / 2,
        std_err=float(np.sqrt(np.sum(influence**2))) / 2,
    )


def _ranks(eta: Floats) -> Ints:
    """Ranks from 0, the same for predictors that only rounding keeps apart."""
    order = np.argsort(eta, kind="stable")
    step = np.diff(eta[order]) > _SAME_PREDICTOR * (1 + np.abs(eta[order][1:]))
    rank = np.empty(eta.size, dtype=np.intp)
    rank[order] = np.concatenate(([0], np.cumsum(step)))[: eta.size]
    return rank


def _pairs(process: CountingProcess, rank: Ints) -> tuple[Floats, Floats, Floats]:
    """For each row the weight of those it is concordant, discordant and tied with."""
    event, weight = process.event, process.case_weight
    leaves, enters = _moments(process)
    size = int(rank.max(initial=0)) + 1
    happens, dead_rank, dead_weight = leaves[event], rank[event], weight[event]
    # As the one with the event: those who leave later, less those who have yet to enter.
    by_other = _later(happens, dead_rank, leaves, rank, weight, size)
    # As the one without: the events before one leaves.
    by_dead = _later(-leaves, rank, -happens, dead_rank, dead_weight, size)
    if enters is not None:
        by_other -= _later(happens - 1, dead_rank, enters, rank, weight, size)
        by_dead -= _later(-enters - 1, rank, -happens, dead_rank, dead_weight, size)
    discordant, tied, concordant = by_dead
    concordant[event] += by_other[0]
    tied[event] += by_other[1]
    discordant[event] += by_other[2]
    return concordant, discordant, tied


def _moments(process: CountingProcess) -> tuple[Ints, Ints | None]:
    """When each row leaves and enters, as whole numbers; None when all enter at the start.

    Twice the time, censored half a step later: an event comes before a censoring at its time.
    Strata are laid one after the other in time, each with its entry, so that nobody of one is
    at risk at an event of another.
    """
    leaves = 2 * process.exit_row + ~process.event + 2
    if process.entry_row is None and process.stratum is None:
        return leaves, None
    enters = np.zeros_like(leaves) if process.entry_row is None else 2 * process.entry_row + 2
    if process.stratum is None:
        return leaves, enters
    base = process.stratum * (2 * process.time.size + 4)
    return leaves + base, enters + base


def _later(
    time: Ints, rank: Ints, other_time: Ints, other_rank: Ints, weight: Floats, size: int
) -> Floats:
    """The weight of the others with a greater time: of a lower, the same and a higher rank, (3, n).

    All others are laid down by time; blocks that double in size hold running weights by rank,
    so that each question is answered from log2(n) blocks (a merge-sort tree).
    """
    latest = stable_order(other_time.max(initial=0) - other_time)
    ranks, weights = other_rank[latest], weight[latest]
    by_rank = stable_order(ranks)
    # Questions in the order of rank, so that those to one block look into it from left to right.
    asker = stable_order(rank)
    # How many others, in their order, come later than each asked time.
    many = np.searchsorted(-other_time[latest], -time[asker], side="left")
    below, up_to = np.zeros(time.size), np.zeros(time.size)
    block = 1
    while block <= ranks.size:
        question = np.flatnonzero(many & block)
        question = question[stable_order(many[question] // block)]
        asked, number = asker[question], many[question] // block - 1
        totals, key = _laid_by_rank(by_rank, ranks, weights, block=block, size=size)
        wanted, before = number * size + rank[asked], totals[number * block]
        below[asked] += totals[np.searchsorted(key, wanted, side="left")] - before
        up_to[asked] += totals[np.searchsorted(key, wanted, side="right")] - before
        block *= 2
    all_later = np.empty(time.size)
    all_later[asker] = np.concatenate(([0.0], np.cumsum(weights)))[many]
    return np.stack((below, up_to - below, all_later - up_to))


def _laid_by_rank(
    by_rank: Ints, ranks: Ints, weights: Floats, *, block: int, size: int
) -> tuple[Floats, Ints]:
    """Running weights over the blocks, each in the order of rank, and the keys of that order."""
    order = by_rank[stable_order(by_rank // block)]
    key = order // block * size + ranks[order]
    return np.concatenate(([0.0], np.cumsum(weights[order]))), key
