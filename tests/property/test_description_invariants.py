"""What never changes when a cohort is described: order, names, mirror images, units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequela.stats.compare_categories import CategoryTest, compare_categories
from sequela.stats.compare_numbers import NUMBER_TESTS, compare_numbers
from sequela.stats.fisher import fisher_exact
from sequela.stats.freeman_halton import freeman_halton
from sequela.stats.hodges_lehmann import shift_normal
from sequela.stats.paired import Pairs, newcombe_paired
from sequela.stats.proportion_differences import miettinen_nurminen, newcombe, wald
from sequela.stats.proportions import Share, agresti_coull, clopper_pearson, jeffreys, wilson
from sequela.stats.standardized_difference import difference_of_shares

CATEGORY_TESTS: tuple[CategoryTest, ...] = ("chi-squared", "fisher", "trend")
people = st.lists(
    st.tuples(st.integers(-4, 4).map(float), st.sampled_from("ab")), min_size=4, max_size=14
)
small = st.integers(0, 5)
few = settings(max_examples=25, deadline=None)


def values_of(test, pairs, rename=None):
    values = [value for value, _ in pairs]
    group = [(rename or {}).get(name, name) for _, name in pairs]
    rows = compare_numbers(values, group, test=test, variable="x", contrast="c")
    return {row.statistic: (row.state, row.value) for row in rows}


@pytest.mark.parametrize("test", NUMBER_TESTS)
@given(pairs=people, seed=st.integers(0, 99))
@few
def test_the_order_of_people_does_not_matter(test, pairs, seed):
    mixed = [pairs[i] for i in np.random.default_rng(seed).permutation(len(pairs))]
    ours, theirs = values_of(test, pairs), values_of(test, mixed)
    assert {k: v[0] for k, v in ours.items()} == {k: v[0] for k, v in theirs.items()}
    for name, (_, value) in ours.items():
        assert value is None or value == pytest.approx(theirs[name][1], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("test", NUMBER_TESTS)
@given(pairs=people)
@few
def test_groups_exchanged_keep_the_p_value_which_is_a_probability(test, pairs):
    ours = values_of(test, pairs)
    theirs = values_of(test, pairs, {"a": "b", "b": "a"})
    for name in ("p_value", "exact_p_value"):
        state, value = ours.get(name, ("absent", None))
        assert state == theirs.get(name, ("absent", None))[0]
        if value is not None:
            assert 0 <= value <= 1
            assert value == pytest.approx(theirs[name][1], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("test", NUMBER_TESTS)
@given(pairs=people)
@few
def test_another_unit_keeps_the_p_value(test, pairs):
    ours = values_of(test, pairs)
    theirs = values_of(test, [(1e-6 * value, name) for value, name in pairs])
    for name in ("p_value", "exact_p_value"):
        if name in ours and ours[name][1] is not None:
            assert ours[name][1] == pytest.approx(theirs[name][1], rel=1e-6)


@pytest.mark.parametrize("test", CATEGORY_TESTS)
@given(cells=st.lists(small, min_size=6, max_size=6))
@few
def test_names_of_levels_and_groups_do_not_matter(test, cells):
    table = np.array(cells).reshape(3, 2)

    def p_values(levels, groups):
        people = [
            (levels[i], groups[j]) for i in range(3) for j in range(2) for _ in range(table[i, j])
        ]
        rows = compare_categories(
            [level for level, _ in people],
            [group for _, group in people],
            test=test,
            variable="x",
            contrast="c",
        )
        return {row.statistic: row.value for row in rows if row.statistic.endswith("p_value")}

    ours = p_values("abc", "xy")
    # Levels turned about, so that the trend keeps its order, and groups exchanged.
    theirs = p_values("cba", "yx")
    assert list(theirs) == list(ours)
    for name, value in ours.items():
        assert theirs[name] == (None if value is None else pytest.approx(value, rel=1e-9))
    assert all(value is None or 0 <= value <= 1 + 1e-12 for value in ours.values())


@given(cells=st.lists(small, min_size=9, max_size=9))
@few
def test_freeman_halton_of_a_table_on_its_side(cells):
    table = np.array(cells).reshape(3, 3)
    used = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(used.shape) < 2:
        return
    found = freeman_halton(used)
    assert found.exact
    assert found.p_value == pytest.approx(freeman_halton(used.T).p_value, rel=1e-9)
    assert found.p_value == pytest.approx(freeman_halton(used[::-1]).p_value, rel=1e-9)


@given(cells=st.lists(st.integers(0, 12), min_size=4, max_size=4))
@few
def test_two_exact_tests_of_two_by_two_agree(cells):
    table = np.array(cells).reshape(2, 2)
    if min(table.sum(axis=0).min(), table.sum(axis=1).min()) == 0:
        assert fisher_exact(table) == pytest.approx(1)
        return
    assert freeman_halton(table).p_value == pytest.approx(fisher_exact(table), rel=1e-9)


@given(x1=small, more1=small, x2=small, more2=small)
@few
def test_intervals_of_shares_hold_them_and_mirror(x1, more1, x2, more2):
    first, second = Share(x1, x1 + more1 + 1), Share(x2, x2 + more2 + 1)
    for interval in (clopper_pearson, wilson, jeffreys, agresti_coull):
        low, high = interval(first.count, first.n)
        assert 0 <= low <= first.value <= high <= 1
        other = interval(first.n - first.count, first.n)
        assert other == pytest.approx((1 - high, 1 - low), abs=1e-9)
    for interval in (newcombe, wald, miettinen_nurminen):
        low, high = interval(first, second)
        assert -1 <= low <= first.value - second.value <= high <= 1
        assert interval(second, first) == pytest.approx((-high, -low), abs=1e-9)


@given(cells=st.tuples(small, small, small, small))
@few
def test_a_paired_difference_mirrors(cells):
    both, one, two, neither = cells
    if not sum(cells):
        return
    pairs = Pairs(both=both, only_first=one, only_second=two, neither=neither)
    turned = Pairs(both=both, only_first=two, only_second=one, neither=neither)
    low, high = newcombe_paired(pairs)
    assert -1 - 1e-12 <= low <= (one - two) / pairs.n <= high <= 1 + 1e-12
    assert newcombe_paired(turned) == pytest.approx((-high, -low), abs=1e-12)


@given(
    x=st.lists(st.integers(-20, 20), min_size=1, max_size=9),
    y=st.lists(st.integers(-20, 20), min_size=1, max_size=9),
    shift=st.integers(-50, 50),
)
@few
def test_a_shift_moves_the_median_difference_by_itself(x, y, shift):
    if len({*x, *y}) == 1:
        return
    found = shift_normal(x, y)
    if len({*(value + shift for value in x), *y}) > 1:
        moved = shift_normal([value + shift for value in x], y)
        assert (moved.value, moved.low, moved.high) == (
            found.value + shift,
            found.low + shift,
            found.high + shift,
        )
    turned = shift_normal(y, x)
    assert (turned.value, turned.low, turned.high) == (-found.value, -found.high, -found.low)
    assert found.low <= found.value <= found.high


@given(cells=st.lists(st.integers(1, 9), min_size=6, max_size=6))
@few
def test_the_level_left_out_does_not_matter(cells):
    table = np.array(cells).reshape(3, 2)
    assert difference_of_shares(table) == pytest.approx(difference_of_shares(table[[2, 0, 1]]))
