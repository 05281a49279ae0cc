"""Groups put on the same times, whole and a stretch at once."""

import numpy as np
import pytest

from sequela.stats.arrays import PIECE
from sequela.stats.competing_risks import cumulative_incidence
from sequela.stats.gray import gray_test
from sequela.stats.risk_grid import grid_pieces, hypergeometric_sums, risk_grid
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.strata import unstratified

CAUSES = ("relapse", "death")


def test_the_next_row_of_a_table_counts_who_is_at_risk():
    # a leaves at 1 (event), 4 (censored); b at 2 (event), 4 (event).
    tables = build_risk_tables([1, 4, 2, 4], [1, 0, 1, 1], group=["a", "a", "b", "b"])
    grid = risk_grid(tables)
    assert grid.time.tolist() == [1, 2, 4]
    assert grid.at_risk.tolist() == [[2, 1, 1], [2, 2, 1]]
    assert grid.deaths.tolist() == [[1, 0, 0], [0, 1, 1]]


def test_times_without_an_event_are_left_out_and_an_absent_group_is_zero():
    tables = build_risk_tables([1, 2, 3], [0, 1, 0], group=["a", "a", "b"])
    grid = risk_grid(tables, ["b", "none", "a"])
    assert grid.time.tolist() == [2]
    assert grid.at_risk.tolist() == [[1], [0], [1]]
    assert grid.deaths.tolist() == [[0], [0], [1]]


def test_tables_without_anyone_give_a_grid_without_times():
    grid = risk_grid(build_risk_tables([], []))
    assert grid.time.size == 0
    assert risk_grid({}).time.size == 0


def many(kind: str, *, late: bool) -> dict:
    random = np.random.default_rng(4)
    size = 5 * PIECE
    time = random.exponential(1000, size)
    time = np.ceil(time * 40) if kind == "tied" else time
    # The second group lives in a quarter of the time, so that stretches differ between groups.
    group = random.integers(0, 3, size)
    time = np.where(group == 1, np.ceil(time / 4) if kind == "tied" else time / 4, time)
    entry = np.where(random.random(size) < 0.2, time * random.random(size) * 0.9, 0)
    return build_risk_tables(
        time,
        random.integers(0, 3, size),
        entry=np.floor(entry) if late else None,
        group=np.array(["a", "b", "c"])[group],
        causes=CAUSES,
    )


@pytest.mark.parametrize("kind", ["tied", "continuous"])
@pytest.mark.parametrize("late", [False, True])
def test_long_tables_are_read_as_a_table_of_each_time_would_be(kind, late):
    tables = many(kind, late=late)
    grid = risk_grid(tables)
    assert len(list(grid_pieces(tables))) > 2
    assert bool(np.all(np.diff(grid.time) > 0))
    for place, table in enumerate(tables.values()):
        row = np.searchsorted(table.time, grid.time)
        left = np.append(table.at_risk, 0.0)[row]
        here = np.append(table.time, -1.0)[row] == grid.time
        events = np.concatenate((table.events, np.zeros((1, 2))))[row] * here[:, None]
        assert np.array_equal(grid.at_risk[place], left)
        assert np.array_equal(grid.events[place], events)
    happened = np.unique(np.concatenate([t.time[t.any_event > 0] for t in tables.values()]))
    assert np.array_equal(grid.time, happened)


def test_sums_over_stretches_are_those_over_the_whole():
    tables = many("tied", late=True)
    whole = hypergeometric_sums(risk_grid(tables))
    parts = [hypergeometric_sums(piece) for piece in grid_pieces(tables)]
    for place, total in enumerate(whole):
        assert sum(part[place] for part in parts) == pytest.approx(total, rel=1e-12)


def test_long_curves_and_gray_s_test_do_not_see_where_stretches_end(monkeypatch):
    tables = many("tied", late=False)
    curve = cumulative_incidence(tables["a"], "relapse")
    test = gray_test(unstratified(tables), "relapse", rho=0.5)
    for module in ("risk_grid", "competing_risks", "confidence_band"):
        monkeypatch.setattr(f"sequela.stats.{module}.PIECE", 10 * PIECE)
    assert len(list(grid_pieces(tables))) == 1
    whole = cumulative_incidence(tables["a"], "relapse")
    for name in ("incidence", "std_err", "event_free", "low", "high"):
        assert np.array_equal(getattr(curve, name), getattr(whole, name), equal_nan=True)
    again = gray_test(unstratified(tables), "relapse", rho=0.5)
    assert test.score == pytest.approx(again.score, rel=1e-10)
    assert test.chi_squared == pytest.approx(again.chi_squared, rel=1e-12)
