"""An exposure that begins during follow-up: refused as a group, and the three honest analyses."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

import sequela as sq

TESTS = Path(__file__).parents[2]
NAMES = {"surv": "", "lower": "_ci_low", "upper": "_ci_high"}


@pytest.fixture(scope="module")
def study() -> sq.LoadedStudy:
    return sq.load(TESTS / "studies" / "heart")


def answers(id: str) -> list[dict[str, str]]:
    with (TESTS / "reference" / "heart.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["id"] == id]


def value(study: sq.LoadedStudy, **about: object) -> float:
    found = [r for r in study.rows if all(getattr(r, k) == v for k, v in about.items())]
    assert len(found) == 1, about
    assert found[0].value is not None
    return found[0].value


def test_groups_by_transplant_ever_are_refused_with_what_to_do_instead(
    study: sq.LoadedStudy,
) -> None:
    rows = [r for r in study.rows if r.exhibit == "ever"]
    assert {r.state for r in rows} == {"refused"}
    assert "immortal time" in rows[0].error
    assert "landmark" in rows[0].error
    assert study.exhibit("ever").figures == ()


def test_simon_makuch_curves_equal_r(study: sq.LoadedStudy) -> None:
    for answer in answers("simon_makuch"):
        ours = value(
            study,
            exhibit="simon-makuch",
            statistic=f"simon_makuch_survival{NAMES[answer['quantity']]}",
            level=answer["group"],
            time=float(answer["time"]),
        )
        assert ours == pytest.approx(float(answer["value"]), rel=1e-9)


def test_landmark_equals_r_and_says_who_was_left_out(study: sq.LoadedStudy) -> None:
    for answer in answers("landmark"):
        if answer["quantity"] == "p":
            p = value(study, exhibit="landmark", statistic="p_value")
            assert p == pytest.approx(float(answer["value"]), rel=1e-9)
            continue
        ours = value(
            study,
            exhibit="landmark",
            statistic=f"survival{NAMES[answer['quantity']]}",
            level=answer["group"],
            time=float(answer["time"]),
        )
        assert ours == pytest.approx(float(answer["value"]), rel=1e-9)
    left = [r for r in study.rows if r.statistic == "landmark_left_out"]
    kept = value(study, exhibit="landmark", statistic="landmark_kept", level="")
    assert kept + math.fsum(r.value or 0 for r in left) == study.subjects.height


def test_time_dependent_cox_equals_r(study: sq.LoadedStudy) -> None:
    names = {"coef": "log_hazard_ratio", "se": "std_err", "zph": "proportional_hazards_p_value"}
    for answer in answers("cox"):
        ours = value(
            study, exhibit="cox", statistic=names[answer["quantity"]], level=answer["group"]
        )
        assert ours == pytest.approx(float(answer["value"]), rel=1e-6)


def test_every_count_opens_as_many_patients(study: sq.LoadedStudy) -> None:
    counts = ("landmark_kept", "landmark_left_out", "ever")
    rows = [r for r in study.rows if r.statistic in counts]
    rows += [r for r in study.rows if r.statistic == "events" and r.exhibit == "landmark"]
    assert len(rows) == 10
    for row in rows:
        assert len(study.patients_of(row)) == row.value, row.key


def test_the_denominators_add_up_to_everyone(study: sq.LoadedStudy) -> None:
    assert {r.size for r in study.rows if r.exhibit != "ever"} == {study.subjects.height}


def test_figures_show_counts_that_add_up(study: sq.LoadedStudy) -> None:
    for name in ("simon-makuch", "landmark", "cox"):
        assert len(study.exhibit(name).figures) == 1
