"""Kaplan-Meier by hand, and the states of its rows."""

from __future__ import annotations

import subprocess
import sys
from math import exp, log, sqrt

import numpy as np
import pytest

from sequela.stats.results import Absent
from sequela.stats.risk_table import build_risk_tables
from sequela.stats.survival import (
    estimate_follow_up,
    estimate_survival,
    kaplan_meier,
    quantile,
    step_at,
)


def table_of(time, event, **given):
    return build_risk_tables(time, event, **given)[""]


def rows_of(time, event, **given):
    rows = estimate_survival(table_of(time, event), variable="os", **given)
    return {(row.statistic, row.time): row for row in rows}


# Freireich's remissions under 6-MP, the textbook example (21 people, 9 relapses).
SIX_MP_TIME = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
SIX_MP_EVENT = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_the_textbook_example_by_hand():
    curve = kaplan_meier(table_of(SIX_MP_TIME, SIX_MP_EVENT))
    # At 6: 3 of 21; at 7: 1 of 17 (one censored at 6); at 10: 1 of 15 (one censored at 9).
    at_6 = 18 / 21
    at_7 = at_6 * 16 / 17
    at_10 = at_7 * 14 / 15
    points = step_at(curve, [5, 6, 7, 9, 10])
    assert points.survival == pytest.approx([1, at_6, at_7, at_7, at_10])
    # Greenwood: 3/(21*18) + 1/(17*16) + 1/(15*14).
    greenwood = 3 / (21 * 18) + 1 / (17 * 16) + 1 / (15 * 14)
    assert points.std_err[-1] == pytest.approx(at_10 * sqrt(greenwood))
    width = 1.959963984540054 * sqrt(greenwood) / log(at_10)
    assert points.low[-1] == pytest.approx(at_10 ** exp(-width))
    assert points.high[-1] == pytest.approx(at_10 ** exp(width))
    # S is 0.5378 from 22 (7 at risk, 0.6275 * 6/7) and 0.4482 from 23: the median is 23.
    assert quantile(curve, 0.5).time == 23


def test_a_level_stretch_at_one_half_gives_its_middle():
    # S: 0.75, 0.5 from 2 until 3, 0.25, 0.
    assert quantile(kaplan_meier(table_of([1, 2, 3, 4], [1, 1, 1, 1])), 0.5).time == 2.5


def test_before_the_first_time_everyone_survives_and_after_the_last_nobody_knows():
    curve = kaplan_meier(table_of([2, 4], [1, 0]))
    points = step_at(curve, [1, 4, 4.5])
    assert points.survival.tolist()[:2] == [1.0, 0.5]
    assert np.isnan([points.survival[2], points.low[2], points.std_err[2]]).all()
    assert (points.low[0], points.high[0], points.std_err[0]) == (1, 1, 0)


def test_a_curve_that_reached_zero_stays_there():
    points = step_at(kaplan_meier(table_of([2, 4], [1, 1])), [10])
    assert points.survival.tolist() == [0]
    assert np.isnan(points.low).all()


def test_an_event_of_any_cause_counts():
    composite = kaplan_meier(table_of([1, 2, 3], [2, 1, 0], causes=("relapse", "death")))
    single = kaplan_meier(table_of([1, 2, 3], [1, 1, 0]))
    assert composite.survival.tolist() == single.survival.tolist()
    assert composite.events == 2


def test_rows_of_a_median_and_of_times():
    rows = rows_of(SIX_MP_TIME, SIX_MP_EVENT, at=[10, 100])
    assert rows["events", None].value == 9
    assert rows["censored", None].value == 12
    assert rows["median", None].value == 23
    assert rows["median_ci_low", None].value == 13
    assert rows["median_ci_high", None].state == "not_reached"
    assert rows["survival", 10.0].value == pytest.approx(0.7529411764705882)
    assert rows["at_risk", 10.0].value == 15
    assert rows["at_risk", 100.0].value == 0
    assert rows["survival", 100.0].state == "not_estimable"
    assert rows["survival", 100.0].error == "the last observation is earlier than this time"
    assert rows["survival", 10.0].method == "Kaplan-Meier; Greenwood; log-log 95 % CI"


def test_the_method_names_another_interval_and_level():
    rows = rows_of(SIX_MP_TIME, SIX_MP_EVENT, conf_type="log", conf_level=0.9)
    assert rows["median", None].method == "Kaplan-Meier; Greenwood; log 90 % CI"


def test_no_event_does_not_reach_a_median_and_has_no_interval():
    rows = rows_of([3, 5], [0, 0], at=[4])
    assert rows["median", None].state == "not_reached"
    assert rows["median_ci_low", None].state == "not_estimable"
    assert "never between 0 and 1" in rows["median_ci_low", None].error
    assert rows["survival", 4.0].value == 1
    assert rows["survival_ci_low", 4.0].state == "not_estimable"
    assert "has no width" in rows["survival_ci_low", 4.0].error


def test_one_person_with_the_event():
    rows = rows_of([3], [1], at=[3, 9])
    assert rows["median", None].value == 3
    assert rows["median_ci_high", None].state == "not_estimable"
    assert rows["survival", 3.0].value == 0
    assert rows["survival", 9.0].value == 0
    assert rows["survival_ci_high", 9.0].state == "not_estimable"


def test_nobody_with_a_value_still_has_every_row():
    rows = rows_of([], [], at=[12], absent=Absent(missing=2, not_applicable=1))
    assert rows["events", None].value == 0
    assert rows["at_risk", 12.0].value == 0
    for key in (("median", None), ("median_ci_low", None), ("survival", 12.0)):
        assert (rows[key].state, rows[key].error) == ("not_estimable", "nobody has a value")
    assert {row.size for row in rows.values()} == {3}


def test_a_time_asked_twice_gives_one_row():
    rows = estimate_survival(table_of([1, 2], [1, 0]), variable="os", at=[1, 1])
    assert len({row.key for row in rows}) == len(rows)


def test_rows_carry_group_and_denominators():
    tables = build_risk_tables([1, 2, 3], [1, 0, 1], group=["site=A", "site=A", "site=B"])
    absent = Absent(missing=1, not_evaluable=2, not_applicable=3)
    rows = estimate_survival(tables["site=A"], variable="os", at=[1], absent=absent)
    assert {row.group for row in rows} == {"site=A"}
    assert {(row.n, row.n_missing, row.n_not_evaluable, row.n_not_applicable) for row in rows} == {
        (2, 1, 2, 3)
    }


def test_follow_up_is_the_reverse_curve():
    # Reversed, the censorings at 2, 5 and 6 are the events, and the death at 4 leaves early.
    # 2: 1 of 4 -> 0.75; 5: 1 of 2 -> 0.375: the median is 5.
    rows = estimate_follow_up(table_of([2, 4, 5, 6], [0, 1, 0, 0]), variable="follow_up")
    found = {row.statistic: row for row in rows}
    assert found["reverse_km_median"].value == 5
    assert set(found) == {
        "reverse_km_median",
        "reverse_km_median_ci_low",
        "reverse_km_median_ci_high",
    }
    assert found["reverse_km_median"].method.startswith("reverse Kaplan-Meier; Greenwood")


def test_when_all_have_the_event_follow_up_is_not_reached():
    rows = estimate_follow_up(table_of([2, 4], [1, 1]), variable="follow_up")
    assert rows[0].state == "not_reached"


def test_an_unknown_interval_is_refused_by_name():
    with pytest.raises(ValueError, match="No band 'loglog'; known are plain, log, log-log"):
        kaplan_meier(table_of([1], [1]), conf_type="loglog")


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_confidence_level_is_a_share(level):
    with pytest.raises(ValueError, match="A confidence level lies between 0 and 1"):
        kaplan_meier(table_of([1], [1]), conf_level=level)


@pytest.mark.parametrize("p", [0, 1, 50])
def test_a_quantile_needs_a_share(p):
    with pytest.raises(ValueError, match="A quantile of survival needs 0 < p < 1"):
        quantile(kaplan_meier(table_of([1], [1])), p)


def test_the_room_is_light_to_enter():
    program = (
        "import sys, sequela.stats.survival, sequela.stats.survival_bounds, "
        "sequela.stats.log_rank, sequela.stats.proportions, sequela.stats.describe; "
        "print(sorted({'polars', 'scipy', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_a_curve_that_empties_before_others_enter_is_refused():
    # The only one at risk dies at 1; the others enter at 2, when S has become 0 for good.
    table = build_risk_tables([1, 5, 6], [1, 1, 0], entry=[0, 2, 2])[""]
    rows = {(r.time, r.statistic): r for r in estimate_survival(table, variable="os", at=[0.5, 5])}
    assert rows[0.5, "survival"].value == 1
    for key in ((5, "survival"), (5, "survival_ci_low"), (None, "median")):
        assert rows[key].state == "refused"
        assert rows[key].error == "everyone at risk at 1 had the event, and others entered later"
    assert rows[5, "at_risk"].value == 2
    # Without the one who dies first, the same entries give a curve.
    later = build_risk_tables([5, 6], [1, 0], entry=[2, 2])[""]
    rows = {r.statistic: r for r in estimate_survival(later, variable="os", at=[5])}
    assert rows["survival"].value == 0.5
