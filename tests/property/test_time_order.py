"""Counting by keys gives, to the last bit, what counting by places gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sequela.stats import risk_counts
from sequela.stats.risk_counts import SAME_TIME, Histories, count_by_group
from sequela.stats.time_order import order_with_codes

# Times with ties, with neighbours on both sides of the tolerance, with zero and with extremes.
_NEAR = [0.5 * SAME_TIME, SAME_TIME, 1.5 * SAME_TIME, 3 * SAME_TIME]
_BASES = st.sampled_from([0.0, 1e-9, 0.3, 1.0, 1.5, 7.25, 365.25, 1000.0, 12345.678])
_TIMES = st.one_of(
    st.builds(lambda base, near: base * (1 + near), _BASES, st.sampled_from([0.0, *_NEAR])),
    st.builds(lambda base, near: base + near, _BASES, st.sampled_from(_NEAR)),
    st.floats(min_value=0, max_value=5000, allow_subnormal=True),
)


@st.composite
def cohorts(draw: st.DrawFn) -> tuple[Histories, int, int]:
    times = draw(st.lists(_TIMES, min_size=1, max_size=40))
    causes, groups = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    size = len(times)
    event = draw(st.lists(st.integers(0, causes), min_size=size, max_size=size))
    label = draw(st.lists(st.integers(0, groups - 1), min_size=size, max_size=size))
    used, place = np.unique(np.array(label), return_inverse=True)
    people = Histories(
        np.array(times),
        np.array(event, dtype=np.intp),
        None,
        None,
        place.astype(np.intp) if groups > 1 else None,
    )
    return people, (used.size if groups > 1 else 1), causes


@settings(max_examples=400, deadline=None)
@given(cohorts())
def test_keys_and_places_count_the_same(cohort: tuple[Histories, int, int]) -> None:
    people, groups, causes = cohort
    quick = list(count_by_group(people, groups=groups, causes=causes))
    with_keys, risk_counts.order_with_codes = risk_counts.order_with_codes, lambda *_: None
    try:
        plain = list(count_by_group(people, groups=groups, causes=causes))
    finally:
        risk_counts.order_with_codes = with_keys
    for (time, counts), (plain_time, plain_counts) in zip(quick, plain, strict=True):
        assert time.tobytes() == plain_time.tobytes()
        assert counts.tobytes() == plain_counts.tobytes()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(_TIMES, st.integers(0, 5)), min_size=1, max_size=50))
def test_the_order_keeps_every_time_and_code(people: list[tuple[float, int]]) -> None:
    times, code = np.array([t for t, _ in people]), np.array([c for _, c in people])
    ordered = order_with_codes(times, code, 6)
    if ordered is None:
        positive = times[times > 0]
        assert not positive.size or np.ptp(np.log2(positive)) > 200
        return
    assert list(zip(*(part.tolist() for part in ordered), strict=True)) == sorted(people)


def test_a_hundred_million_fold_span_still_fits_with_many_groups() -> None:
    times = np.geomspace(1e-4, 1e4, 999)
    code = np.arange(999) % 50
    found = order_with_codes(times, code, 50)
    assert found is not None
    assert found[0].tobytes() == times.tobytes()
    assert found[1].tolist() == code.tolist()


def test_times_over_the_whole_range_of_numbers_are_left_to_another_way() -> None:
    assert order_with_codes(np.array([5e-324, 1e300]), np.array([0, 1]), 8) is None
    assert order_with_codes(np.array([-0.0, 1.5]), np.array([0, 1]), 2) is None
    assert order_with_codes(np.zeros(0), np.zeros(0, dtype=int), 2) is None
