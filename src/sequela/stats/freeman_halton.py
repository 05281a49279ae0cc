"""Fisher's exact test of a table of any shape (Freeman and Halton).

The p value is the chance, given the margins, of all tables that are no likelier than the
one seen. Tables are built column by column. Two part-built tables with the same row sums
left to fill, in any order, and the same chance so far have the same future: they are kept
once, with how many they stand for. A part whose every completion is likelier than the table
seen is dropped, and one whose every completion is not is counted at once, which is what the
network algorithm does with its longest and shortest paths; the bounds on the paths here
are the cheaper ones of convexity.

Sources: Freeman and Halton, Biometrika 1951;38:141; Mehta and Patel, J Am Stat Assoc
1983;78:427.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sequela.stats.exact_binomial import TIED
from sequela.stats.risk_table import Floats, Ints

MOST_PARTS = 1_000_000
"""Part-built tables held at one time, up to which the p value is computed exactly."""
DRAWS = 99_999
"""How many random tables the Monte Carlo test draws."""

# Completions listed in all, as a multiple of the parts that may be held.
_MOST_LISTED = 10
# Costs closer than this are the same cost: they differ by rounding only.
_SAME_COST = 1e-9
# Cells drawn at one time: 64 MB.
_CHUNK = 8_000_000


@dataclass(frozen=True, slots=True)
class ExactTableTest:
    """A p value, and whether all tables were counted or some drawn."""

    p_value: float
    exact: bool


@dataclass(frozen=True, slots=True)
class _Parts:
    """Part-built tables (P,): row sums left (P, rows), cost so far, how many it stands for.

    The cost of a table is the sum of log(cell!), so a likelier table costs less.
    """

    left: Ints
    cost: Floats
    ways: Floats

    def chosen(self, which: Ints | NDArray[np.bool_]) -> _Parts:
        """These parts, by place or by yes and no."""
        return _Parts(self.left[which], self.cost[which], self.ways[which])


def freeman_halton(table: Ints, *, most_parts: int = MOST_PARTS, seed: int = 1) -> ExactTableTest:
    """The exact p of a table of counts, as `fisher.test` in R; Monte Carlo when it is too big.

    `table` is (rows, columns), every row and column with someone. When more than `most_parts`
    part-built tables would be held, `DRAWS` random tables with these margins give
    (b + 1) / (m + 1), as `fisher.test(simulate.p.value = TRUE)`, with this seed.
    """
    # Few rows and many columns keep the parts few; the widest column last needs no building.
    wide = table if table.shape[0] <= table.shape[1] else table.T
    wide = wide[:, np.argsort(wide.sum(axis=0), kind="stable")]
    p_value = _count_tables(wide, most_parts)
    if p_value is not None:
        return ExactTableTest(p_value, exact=True)
    return ExactTableTest(_draw_tables(table, seed), exact=False)


def _count_tables(table: Ints, most_parts: int) -> float | None:
    """The exact p, or None when too many parts would be held at one time."""
    columns = table.sum(axis=0)
    dearest = float(_log_factorial(table).sum()) - np.log1p(TIED)
    parts = _Parts(np.sort(table.sum(axis=1))[np.newaxis], np.zeros(1), np.ones(1))
    everything, counted = _log_completions(parts.left, columns)[0], 0.0
    for at in range(columns.size - 2):
        grown = _add_column(parts, int(columns[at]), most_parts)
        if grown is None:
            return None
        parts, done = _decided(_merge(grown), columns[at + 1 :], dearest)
        log_weight = _log_completions(done.left, columns[at + 1 :]) - done.cost
        counted += float((done.ways * np.exp(log_weight - everything)).sum())
    # The last column is what is left of one column, so the last two are filled together.
    ends = _finish(parts, int(columns[-2]), dearest, everything, most_parts=most_parts)
    return None if ends is None else min(counted + ends, 1.0)


def _finish(
    parts: _Parts, total: int, dearest: float, everything: float, *, most_parts: int
) -> float | None:
    """The chance of the completions, by the last two columns, that cost at least `dearest`.

    Parts with the same rows left share their completions, which are listed once.
    """
    nodes, node = np.unique(parts.left, axis=0, return_inverse=True)
    counted, listed = 0.0, 0
    for at, left in enumerate(nodes):
        start = _Parts(left[np.newaxis].copy(), np.zeros(1), np.ones(1))
        ends = _add_column(start, total, most_parts)
        listed += most_parts if ends is None else ends.cost.size
        if ends is None or listed > _MOST_LISTED * most_parts:
            return None
        rising = np.sort(ends.cost + _log_factorial(ends.left).sum(axis=1))
        from_here = np.append(np.cumsum(np.exp(rising[0] - rising)[::-1])[::-1], 0.0)
        mine = parts.chosen(node.ravel() == at)
        first = np.searchsorted(rising, dearest - _SAME_COST - mine.cost, side="left")
        chance = mine.ways * np.exp(-mine.cost - rising[0] - everything) * from_here[first]
        counted += float(chance.sum())
    return counted


def _add_column(parts: _Parts, total: int, most_parts: int) -> _Parts | None:
    """Every way to fill the next column of each part, cell by cell."""
    rows = parts.left.shape[1]
    due = np.full(parts.cost.size, total)
    for row in range(rows):
        room_below = parts.left[:, row + 1 :].sum(axis=1)
        fewest = np.maximum(due - room_below, 0)
        ways = np.minimum(parts.left[:, row], due) - fewest + 1
        if int(ways.sum()) > most_parts:
            return None
        source = np.repeat(np.arange(ways.size), ways)
        begin = np.cumsum(ways) - ways
        cell = np.arange(source.size) - begin[source] + fewest[source]
        parts, due = parts.chosen(source), due[source] - cell
        parts.left[:, row] -= cell
        parts = _Parts(parts.left, parts.cost + _log_factorial(cell), parts.ways)
    return parts


def _merge(parts: _Parts) -> _Parts:
    """Parts with the same rows left, in any order, and the same cost become one."""
    left = np.sort(parts.left, axis=1)
    key = np.column_stack([left, np.round(parts.cost / _SAME_COST).astype(np.int64)])
    order = np.lexsort(key.T)
    first = np.flatnonzero(
        np.concatenate(([True], np.any(key[order][1:] != key[order][:-1], axis=1)))
    )
    ways = np.add.reduceat(parts.ways[order], first)
    kept = order[first]
    return _Parts(left[kept], parts.cost[kept], ways)


def _decided(parts: _Parts, columns: Ints, dearest: float) -> tuple[_Parts, _Parts]:
    """The parts still open, and those whose every completion costs at least `dearest`."""
    least, most = _cost_bounds(parts.left, columns)
    all_count = parts.cost + least >= dearest - _SAME_COST
    none_counts = parts.cost + most < dearest - _SAME_COST
    return parts.chosen(~(all_count | none_counts)), parts.chosen(all_count)


def _cost_bounds(left: Ints, columns: Ints) -> tuple[Floats, Floats]:
    """The least and the most that completions of these rows and columns can cost.

    log(x!) is convex, so a row costs least when spread evenly, and a!b! <= (a + b)!, so it
    costs most in one cell; the same holds of columns.
    """
    rows, wide = left.shape[1], columns.size
    even_rows = wide * _log_factorial(left / wide).sum(axis=1)
    even_columns = rows * float(_log_factorial(columns / rows).sum())
    least = np.maximum(even_rows, even_columns)
    full_columns = float(_log_factorial(columns).sum())
    most = np.minimum(_log_factorial(left).sum(axis=1), full_columns)
    return least, most


def _log_completions(left: Ints, columns: Ints) -> Floats:
    """The log of the sum over all completions of 1 / product(cell!)."""
    total = _log_factorial(np.asarray(columns.sum()))
    margins: Floats = _log_factorial(left).sum(axis=1) + _log_factorial(columns).sum()
    return np.asarray(total - margins)


def _draw_tables(table: Ints, seed: int) -> float:
    """The share of random tables with these margins that are no likelier than the table."""
    generator = np.random.default_rng(seed)
    dearest = float(_log_factorial(table).sum()) - np.log1p(TIED)
    at_once, extreme = max(1, _CHUNK // table.size), 0
    for begin in range(0, DRAWS, at_once):
        cost = _draw_costs(table, min(at_once, DRAWS - begin), generator)
        extreme += int(np.sum(cost >= dearest - _SAME_COST))
    return (extreme + 1) / (DRAWS + 1)


def _draw_costs(table: Ints, draws: int, generator: np.random.Generator) -> Floats:
    """The costs (draws,) of random tables: each cell is hypergeometric given those before."""
    left = np.tile(table.sum(axis=1), (draws, 1))
    cost = np.zeros(draws)
    for total in table.sum(axis=0)[:-1]:
        due = np.full(draws, int(total))
        for row in range(left.shape[1] - 1):
            below = left[:, row + 1 :].sum(axis=1)
            cell = generator.hypergeometric(left[:, row], below, due)
            left[:, row] -= cell
            due -= cell
            cost += _log_factorial(cell)
        left[:, -1] -= due
        cost += _log_factorial(due)
    total_cost: Floats = cost + _log_factorial(left).sum(axis=1)
    return total_cost


def _log_factorial(count: Ints | Floats) -> Floats:
    from scipy.special import gammaln

    return np.asarray(gammaln(count + 1.0))
