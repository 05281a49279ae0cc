"""The permutation log-rank test, for groups or events too few for the chi-squared.

The statistic is the sum over groups of (sum of log-rank scores)^2 / size, which for two
groups orders the assignments as the absolute score sum of either group does. The score of a
person is the event (0 or 1) less the Nelson-Aalen cumulative hazard at the exit, so a
group's score sum is observed minus expected of the log-rank test. Only who belongs to which
group is permuted: times, events and group sizes stay. That is valid where censoring does
not depend on the group.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sequela.stats.estimand import Estimand
from sequela.stats.results import NOBODY_ABSENT, Absent, Row
from sequela.stats.risk_table import Floats, Ints, build_risk_tables

DRAWS = 99_999
"""How many random assignments the Monte Carlo test draws."""

MOST_DRAWN = 10_000
"""People up to whom assignments are drawn; it takes time in proportion, here some 20 seconds."""

# Up to this power of ten assignments are counted one by one for the sentence that names them.
_COUNTED = 20
# Statistics closer than this share of the scores' sum of squares differ by rounding only.
_TIED = 1e-9
# Scores held at one time while drawing: 16 MB.
_CHUNK = 2_000_000


@dataclass(frozen=True, slots=True)
class _Partial:
    """Every distinct assignment of some people: how many in each group, and score sums.

    `size` and `total` are (assignments, groups).
    """

    size: Ints
    total: Floats


def log_rank_scores(exit_time: ArrayLike, event: ArrayLike) -> Floats:
    """The log-rank score of each person (N,): event less Nelson-Aalen hazard at the exit.

    The scores sum to zero. They are the negative of the scores with which R's `coin` makes
    its `logrank_test` (its default, `ties.method = "mid-ranks"`), so that exact p values are
    the same. ValueError as `build_risk_tables`.
    """
    table = build_risk_tables(exit_time, event)[""]
    hazard = np.cumsum(table.events[:, 0] / table.at_risk)
    # Near-equal times share a row, so the row is the last that does not begin after the time.
    row = np.searchsorted(table.time, np.asarray(exit_time, dtype=float), side="right") - 1
    scores: Floats = np.asarray(event, dtype=float) - hazard[row]
    return scores


def compare_permutation_log_rank(
    exit_time: ArrayLike,
    event: ArrayLike,
    group: Sequence[str],
    *,
    variable: str,
    contrast: str,
    limit: int = 200_000,
    seed: int = 1,
    absent: Absent = NOBODY_ABSENT,
) -> list[Row]:
    """The permutation log-rank test of two or more groups, as the row `permutation_p_value`.

    Exact, over all assignments of people to groups of these sizes, when there are no more than
    `limit` of them; else `DRAWS` random assignments give (b + 1) / (m + 1), where b are at
    least as extreme (Phipson and Smyth, Stat Appl Genet Mol Biol 2010;9:39). `method` says
    which, how many, and the seed. Beyond `MOST_DRAWN` people the row is refused. Statistics
    that differ by rounding only are ties. For two groups of up to about 40 people a `limit` of
    10**12 still takes well under a second. Null
    is not allowed: `absent` counts it.
    """
    scores = log_rank_scores(exit_time, event)
    names = np.array(list(build_risk_tables(exit_time, event, group=group)), dtype=str)
    label = np.searchsorted(names, np.array(list(group), dtype=str))
    about = Estimand(variable=variable, contrast=contrast, n=scores.size, absent=absent)
    test = about.by("permutation log-rank test")
    return [permute_scores(scores, label, test, limit=limit, seed=seed)]


def permute_scores(
    scores: Floats,
    label: Ints,
    test: Estimand,
    *,
    limit: int,
    seed: int,
    statistic: str = "permutation_p_value",
) -> Row:
    """The permutation test of scores (N,) that sum to zero, in the groups 0, 1, ... of `label`.

    The row continues the method of `test` with how it was counted. Exact or drawn as
    `compare_permutation_log_rank` says; not estimable without two groups or two scores, and
    refused where more than `MOST_DRAWN` people would have to be permuted.
    """
    sizes = np.bincount(label)
    if sizes.size < 2 or not bool(np.any(np.abs(scores) > _TIED)):
        reason = "there are not two groups" if sizes.size < 2 else "everyone has the same score"
        return test.no_value(statistic, "not_estimable", reason)
    total = np.bincount(label, scores).astype(float)
    tied = _TIED * float(scores @ scores)
    observed = max(float(_statistic(total[np.newaxis], sizes)[0]) - tied, 0.0)
    magnitude = _log10_assignments(sizes)
    ways = _count_assignments(sizes) if magnitude < _COUNTED else None
    if ways is not None and ways <= limit:
        extreme = _count_extreme(scores, sizes, observed)
        exact = test.by(f"{test.method}, exact: all {ways} assignments")
        return exact.value(statistic, extreme / ways)
    if scores.size > MOST_DRAWN:
        reason = f"{scores.size} people are too many to permute"
        return test.no_value(statistic, "refused", reason)
    extreme = _draw_extreme(scores, label, sizes, observed=observed, seed=seed)
    many = f"about 10^{round(magnitude)}" if ways is None else f"{ways}"
    drawn = test.by(f"{test.method}, Monte Carlo: {DRAWS} of {many} assignments, seed {seed}")
    return drawn.value(statistic, (extreme + 1) / (DRAWS + 1))


def _count_assignments(sizes: Ints) -> int:
    """In how many ways people can be put into groups of these sizes."""
    ways, left = 1, int(sizes.sum())
    for size in sizes.tolist():
        ways, left = ways * math.comb(left, size), left - size
    return ways


def _log10_assignments(sizes: Ints) -> float:
    """The power of ten of their number, which is soon too long to be written."""
    logs = math.lgamma(int(sizes.sum()) + 1) - sum(math.lgamma(s + 1) for s in sizes.tolist())
    return logs / math.log(10)


def _statistic(totals: Floats, sizes: Ints) -> Floats:
    """The statistic of score sums (assignments, groups)."""
    values: Floats = (totals**2 / sizes).sum(axis=1)
    return values


def _count_extreme(scores: Floats, sizes: Ints, observed: float) -> int:
    """How many of all assignments reach the observed statistic."""
    if sizes.size == 2:
        return _count_two_groups(scores, sizes, observed)
    everything = _assign(scores, sizes)
    return int(np.sum(_statistic(everything.total, sizes) >= observed))


def _assign(scores: Floats, sizes: Ints) -> _Partial:
    """Every distinct assignment of these people into groups of at most these sizes.

    Grown person by person. When these are all the people, each partial assignment can be
    completed, so there are never more of them than of the assignments that are wanted.
    """
    groups = np.eye(sizes.size, dtype=np.intp)
    known = _Partial(np.zeros((1, sizes.size), dtype=np.intp), np.zeros((1, sizes.size)))
    for score in scores:
        free = [known.size[:, g] < sizes[g] for g in range(sizes.size)]
        known = _Partial(
            np.concatenate([known.size[ok] + groups[g] for g, ok in enumerate(free)]),
            np.concatenate([known.total[ok] + score * groups[g] for g, ok in enumerate(free)]),
        )
    return known


def _count_two_groups(scores: Floats, sizes: Ints, observed: float) -> int:
    """The same for two groups without listing the assignments.

    All assignments of either half of the people are listed and sorted; each of the one half
    then finds by bisection how many of the other leave the sum short of the observed one. With
    two groups and scores that sum to zero the statistic is T^2 (1/size + 1/size), where T is
    the score sum of the first.
    """
    threshold = math.sqrt(observed / float(np.sum(1 / sizes)))
    half = scores.size // 2
    left, right = _assign(scores[:half], sizes), _assign(scores[half:], sizes)
    inside = 0
    for taken in np.unique(left.size[:, 0]):
        mine = left.total[left.size[:, 0] == taken, 0]
        others = np.sort(right.total[right.size[:, 0] == sizes[0] - taken, 0])
        below = np.searchsorted(others, threshold - mine, side="left")
        above = np.searchsorted(others, -threshold - mine, side="right")
        inside += int(np.maximum(below - above, 0).sum())
    return _count_assignments(sizes) - inside


def _draw_extreme(scores: Floats, label: Ints, sizes: Ints, *, observed: float, seed: int) -> int:
    """How many of `DRAWS` random assignments reach the observed statistic."""
    generator = np.random.default_rng(seed)
    member = [label == g for g in range(sizes.size)]
    at_once = max(1, _CHUNK // scores.size)
    extreme = 0
    for begin in range(0, DRAWS, at_once):
        drawn = np.tile(scores, (min(at_once, DRAWS - begin), 1))
        generator.permuted(drawn, axis=1, out=drawn)
        totals = np.stack([drawn[:, who].sum(axis=1) for who in member], axis=1)
        extreme += int(np.sum(_statistic(totals, sizes) >= observed))
    return extreme
