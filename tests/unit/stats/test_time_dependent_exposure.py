"""Landmark analysis, Simon-Makuch curves and the Mantel-Byar test by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sequela.stats.landmark import estimate_landmark, landmark_cohort, landmark_tables
from sequela.stats.results import Absent, results_table
from sequela.stats.simon_makuch import (
    compare_mantel_byar,
    estimate_simon_makuch,
    exposure_history,
    exposure_tables,
)

NEVER = np.inf
# Died at 2 unexposed; censored at 3; transplanted at 1, died at 6; transplanted at 5, died at
# 8; never transplanted, died at 7; transplanted on the landmark at 4, censored at 9.
EXIT, EVENT, EXPOSED_AT = [2, 3, 6, 8, 7, 9], [1, 0, 1, 1, 1, 0], [NEVER, NEVER, 1, 5, NEVER, 4]


def values(rows):
    return {(row.level, row.statistic): row.value for row in rows}


def test_landmark_by_hand():
    cohort = landmark_cohort(EXIT, EVENT, EXPOSED_AT, 4)
    assert cohort.left_out == ("event by the landmark", "censored by the landmark", "", "", "", "")
    # Exposure at 5 comes after the landmark and does not count.
    assert cohort.group == ("exposed", "not exposed", "not exposed", "exposed")
    assert cohort.exit_time.tolist() == [2, 4, 3, 5]
    assert cohort.absent == Absent(not_applicable=2)
    rows = estimate_landmark(cohort, variable="os", absent=Absent(missing=1))
    assert values(rows) == {
        ("", "landmark_kept"): 4,
        ("exposed", "landmark_kept"): 2,
        ("not exposed", "landmark_kept"): 2,
        ("event by the landmark", "landmark_left_out"): 1,
        ("censored by the landmark", "landmark_left_out"): 1,
        ("entered after the landmark", "landmark_left_out"): 0,
    }
    assert {(row.n, row.n_missing, row.time) for row in rows} == {(6, 1, 4)}
    tables = landmark_tables(cohort)
    assert tables["exposed"].events[:, 0].tolist() == [1, 0]


def test_who_leaves_on_the_landmark_has_left_by_it():
    cohort = landmark_cohort([4, 4, 4.5], [1, 0, 1], [NEVER] * 3, 4)
    assert cohort.kept.tolist() == [False, False, True]


def test_landmark_with_delayed_entry_and_causes():
    cohort = landmark_cohort([9, 9], [2, 1], [NEVER, 1], 4, entry=[5, 0], names=("yes", "no"))
    assert cohort.left_out == ("entered after the landmark", "")
    assert cohort.group == ("yes",)
    assert landmark_tables(cohort, causes=("a", "b"))["yes"].events.tolist() == [[1, 0]]


def test_a_landmark_that_nobody_reaches():
    cohort = landmark_cohort([1, 2], [1, 0], [NEVER, NEVER], 5)
    assert landmark_tables(cohort) == {}
    found = values(estimate_landmark(cohort, variable="os"))
    assert found["", "landmark_kept"] == found["exposed", "landmark_kept"] == 0


def test_a_level_that_nobody_reached_has_rows():
    rows = estimate_simon_makuch(
        exposure_history([1, 2], [1, 0], [NEVER, NEVER]), variable="os", at=[1]
    )
    found = {(row.level, row.statistic): row for row in rows}
    assert found["exposed", "ever"].value == 0
    assert found["exposed", "at_risk"].value == 0
    assert found["exposed", "simon_makuch_survival"].state == "not_estimable"
    assert found["not yet exposed", "simon_makuch_survival"].value == 0.5


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (([1, np.nan], [1, 0], [1, 1], 1), "exit_time has a missing value"),
        (([1, 2], [1, 0], [1, np.nan], 1), "exposure_time has a missing value"),
        (([1, np.inf], [1, 0], [1, 1], 1), "exit_time has an infinite value"),
        (([1, 2], [1], [1, 1], 1), "must be one number a person"),
        (([1, 2], [1, 0], [1, 1], -1), "A landmark is a time from the start on"),
    ],
)
def test_what_a_landmark_cannot_take(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        landmark_cohort(*given)


def test_histories_are_cut_where_exposure_begins():
    history = exposure_history(EXIT, EVENT, EXPOSED_AT)
    rows = sorted(
        zip(
            history.person.tolist(),
            history.entry.tolist(),
            history.exit_time.tolist(),
            history.event.tolist(),
            history.exposed.tolist(),
            strict=True,
        )
    )
    assert rows == [
        (0, 0, 2, 1, False),
        (1, 0, 3, 0, False),
        (2, 0, 1, 0, False),
        (2, 1, 6, 1, True),
        (3, 0, 5, 0, False),
        (3, 5, 8, 1, True),
        (4, 0, 7, 1, False),
        (5, 0, 4, 0, False),
        (5, 4, 9, 0, True),
    ]


def test_simon_makuch_risk_tables_by_hand():
    tables = exposure_tables(exposure_history(EXIT, EVENT, EXPOSED_AT))
    exposed, other = tables["exposed"], tables["not yet exposed"]
    # Exposed: in at 1, 4 and 5, so 3 at risk at 6, 2 at 8. The others: 5 at 2 (the third has
    # gone over at 1), and the one at 7.
    assert exposed.time.tolist() == [1, 4, 5, 6, 8, 9]
    assert exposed.at_risk.tolist() == [0, 1, 2, 3, 2, 1]
    assert other.at_risk.tolist() == [6, 5, 4, 3, 2, 1]


def test_simon_makuch_and_mantel_byar_by_hand():
    history = exposure_history(EXIT, EVENT, EXPOSED_AT)
    rows = estimate_simon_makuch(history, variable="os", at=[6], absent=Absent(missing=2))
    found = values(rows)
    assert found["exposed", "simon_makuch_survival"] == pytest.approx(2 / 3)
    assert found["not yet exposed", "simon_makuch_survival"] == pytest.approx(4 / 5)
    assert found["exposed", "ever"] == 3
    assert found["not yet exposed", "ever"] == 6
    assert {(row.n, row.n_missing) for row in rows} == {(6, 2)}
    test = compare_mantel_byar(history, variable="os", contrast="transplant")
    # Expected exposed: t = 2 1/6, t = 6 3/4, t = 7 2/3, t = 8 1. Variance 5/36 + 3/16 + 2/9.
    expected = 1 / 6 + 3 / 4 + 2 / 3 + 1
    assert values(test)["exposed", "mantel_byar_expected"] == pytest.approx(expected)
    chi_squared = (2 - expected) ** 2 / (5 / 36 + 3 / 16 + 2 / 9)
    assert values(test)["", "mantel_byar_chi_squared"] == pytest.approx(chi_squared)
    assert results_table([*rows, *test]).height == len(rows) + len(test)


def test_a_curve_that_falls_to_zero_before_others_enter_is_refused():
    # The only one exposed by 2 dies then; two more are exposed at 3 and live on.
    history = exposure_history([2, 9, 9], [1, 0, 0], [1, 3, 3])
    rows = estimate_simon_makuch(history, variable="os", at=[1.5, 5])
    found = {(row.level, row.time, row.statistic): row for row in rows}
    assert found["exposed", 1.5, "simon_makuch_survival"].value == 1
    late = found["exposed", 5, "simon_makuch_survival"]
    assert (late.state, late.value) == ("refused", None)
    assert late.error == "everyone at risk at 2 had the event, and others entered later"
    assert found["exposed", 5, "at_risk"].value == 2


@pytest.mark.parametrize(
    ("exit_time", "exposure", "exposed_rows"),
    [
        (5, 0, [(0, 5, True)]),  # from the start
        (5, -3, [(0, 5, True)]),  # before the start
        (5, 5, [(0, 5, False)]),  # on the day of the event: the time before it
        (5, 5 - 1e-12, [(0, 5, False)]),  # the same, but for rounding
        (0, 0, [(0, 0, False)]),  # gone at zero
    ],
)
def test_exposure_at_the_edges(exit_time, exposure, exposed_rows):
    history = exposure_history([exit_time], [1], [exposure])
    columns = (history.entry, history.exit_time, history.exposed)
    assert list(zip(*(c.tolist() for c in columns), strict=True)) == exposed_rows
    assert sum(table.n for table in exposure_tables(history).values()) == 1


def test_exposure_with_delayed_entry():
    history = exposure_history([5, 6], [1, 1], [1, 4], entry=[2, 3])
    assert history.entry.tolist() == [3, 2, 4]
    assert history.exposed.tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("exit_time", "event", "exposure"),
    [([1, 2], [1, 0], [NEVER, NEVER]), ([3], [1], [1]), ([], [], []), ([3, 4], [0, 0], [1, 2])],
)
def test_mantel_byar_where_nothing_can_be_compared(exit_time, event, exposure):
    history = exposure_history(exit_time, event, exposure)
    rows = compare_mantel_byar(history, variable="os", contrast="x")[:3]
    assert {row.state for row in rows} == {"not_estimable"}


def test_a_missing_exposure_is_said():
    with pytest.raises(ValueError, match="exposure_time must be one number a person"):
        exposure_history([1, 2], [1, 0], [1, np.nan])
