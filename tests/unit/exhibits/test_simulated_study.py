"""Competing causes and dated exposures on invented patients whose true effects are known."""

from __future__ import annotations

import json
import math
from pathlib import Path

import polars as pl
import pytest

import sequela as sq
from sequela.exhibits import dechallenge
from sequela.exhibits.context import Rows
from sequela.exhibits.dechallenge_series import day_zero
from sequela.simulate.folder import MODEL_FILE, write_simulated_study

STUDY = Path(__file__).parents[3] / "examples" / "simulated"


@pytest.fixture(scope="module")
def study() -> sq.LoadedStudy:
    return sq.load(STUDY)


def rows(study: sq.LoadedStudy, **about: object) -> list[sq.Row]:
    return [r for r in study.rows if all(getattr(r, k) == v for k, v in about.items())]


def test_the_study_is_what_its_command_makes(tmp_path: Path) -> None:
    about = json.loads((STUDY / MODEL_FILE).read_text())
    write_simulated_study(tmp_path / "again", about["patients"], seed=about["seed"])
    made = {p.name: p.read_bytes() for p in (tmp_path / "again").iterdir()}
    kept = {p.name: p.read_bytes() for p in STUDY.iterdir() if p.name != "README.md"}
    assert made == kept


def test_nothing_is_wrong_with_the_chart(study: sq.LoadedStudy) -> None:
    assert list(study.findings) == []


def test_kaplan_meier_of_an_endpoint_with_competing_causes_is_refused(
    study: sq.LoadedStudy,
) -> None:
    found = rows(study, exhibit="relapse-km")
    assert [r.state for r in found] == ["refused"]
    assert "cuminc" in found[0].error


def test_incidences_and_the_event_free_add_up_to_one(study: sq.LoadedStudy) -> None:
    for exhibit in ("relapse", "relapse-risk", "after-transplant"):
        parts = [
            r
            for r in rows(study, exhibit=exhibit)
            if r.statistic in ("cumulative_incidence", "event_free")
        ]
        for group, time in {(r.group, r.time) for r in parts}:
            values = [r.value for r in parts if (r.group, r.time) == (group, time)]
            assert math.fsum(v for v in values if v is not None) == pytest.approx(1, abs=1e-12)
            assert len(values) == 3


def test_the_set_of_the_transplanted_may_be_followed_from_transplant_on(
    study: sq.LoadedStudy,
) -> None:
    """It is known of each of them that day; from diagnosis on it would be refused."""
    found = rows(study, exhibit="after-transplant", statistic="events")
    assert {r.state for r in found} == {"ok"}
    assert {r.n for r in found} == {int(study.subjects["transplanted"].sum())}


def test_gray_tests_every_cause_and_risk_matters_for_relapse_only(
    study: sq.LoadedStudy,
) -> None:
    p = {r.level: r.value for r in rows(study, exhibit="relapse-risk", statistic="gray_p_value")}
    assert set(p) == {"relapse", "death"}
    assert p["relapse"] is not None
    assert p["relapse"] < 0.001


def test_every_event_opens_the_patients_who_had_it(study: sq.LoadedStudy) -> None:
    for row in study.rows:
        if row.statistic == "events" and row.exhibit != "cox":
            assert len(study.patients_of(row)) == row.value, row.key


def test_the_denominators_add_up_to_the_set_and_group(study: sq.LoadedStudy) -> None:
    frame = study.subjects
    subjects = study._loaded.clinical.subjects
    for row in study.rows:
        members = frame.filter(subjects.members(row.set))
        if row.group:
            column, _, level = row.group.partition("=")
            members = members.filter(members[column].cast(pl.String) == level)
        assert row.size == members.height, row.key


def test_the_model_finds_that_high_risk_doubles_the_hazard(study: sq.LoadedStudy) -> None:
    ends = {
        r.statistic: r.value
        for r in rows(study, exhibit="cox", level="risk")
        if r.statistic.startswith("hazard_ratio_ci")
    }
    assert ends["hazard_ratio_ci_low"] is not None
    assert ends["hazard_ratio_ci_high"] is not None
    assert 1 < ends["hazard_ratio_ci_low"] < 2 < ends["hazard_ratio_ci_high"]


def test_table_1_has_the_tests_the_study_names_and_no_others(study: sq.LoadedStudy) -> None:
    methods = {r.variable: r.method for r in rows(study, exhibit="table-1", statistic="p_value")}
    assert set(methods) == {"age", "sex", "site"}
    assert "Wilcoxon" in methods["age"]
    assert "chi-squared" in methods["sex"]
    assert "Fisher" in methods["site"]
    adjusted = rows(study, exhibit="table-1", statistic="p_value_adjusted")
    plain = {r.variable: r.value for r in rows(study, exhibit="table-1", statistic="p_value")}
    # Holm: the smallest of three times three, and never less than the one before.
    smallest = min(plain, key=lambda name: plain[name] or 1)
    by_name = {r.variable: r.value for r in adjusted}
    assert by_name[smallest] == pytest.approx(min(3 * (plain[smallest] or 1), 1))


def test_table_1_prints_p_and_standardized_differences(study: sq.LoadedStudy) -> None:
    table = study.exhibit("table-1").tables[0]
    assert table.columns[-3:] == ["p", "Adjusted p", "SMD"]
    heading = table.row(0)
    assert all(heading[-3:])


def test_further_tests_are_rows_beside_the_log_rank_test(study: sq.LoadedStudy) -> None:
    found = {r.statistic: r for r in rows(study, exhibit="os-risk") if r.contrast}
    names = ("p_value", "gehan_wilcoxon_p_value", "max_combo_p_value")
    for name in (*names, "stratified_log_rank_p_value", "restricted_mean_difference"):
        assert found[name].value is not None, name
    assert found["stratified_log_rank_p_value"].method.endswith("stratified by Site")
    means = rows(study, exhibit="os-risk", statistic="restricted_mean")
    first, second = (r.value or 0 for r in means)
    assert found["restricted_mean_difference"].value == pytest.approx(first - second)


def test_a_large_cohort_shows_a_few_courses_and_says_how_many_it_leaves_out(
    study: sq.LoadedStudy,
) -> None:
    """Who regressed comes first; everyone is counted."""
    exhibit = next(e for e in study._loaded.study.exhibit if e.id == "regression")
    assert isinstance(exhibit, dechallenge.DechallengeExhibit)
    courses = [c for c in study._loaded.clinical.details["regression"] if c.series]
    regressed = {c.patient_id for c in courses if c.verdict == "regressed"}
    context = study._loaded.context
    shown = dechallenge.courses_of(exhibit, context)
    assert len(shown) == exhibit.most_courses < len(courses)
    assert regressed <= {c.patient_id for c in shown}
    assert [c.patient_id for c in shown] == sorted(c.patient_id for c in shown)
    (note,) = dechallenge._left_out(exhibit, context)
    assert note.startswith(
        f"12 of {len(courses)} patients with a course are shown one by one, {len(regressed)} of "
        f"the {len(regressed)} who regressed among them; {len(courses) - 12} are not shown"
    )
    assert len(dechallenge.draw_dechallenge(exhibit, context, Rows([]))) == 12
    everyone = exhibit.model_copy(update={"most_courses": len(courses)})
    assert dechallenge._left_out(everyone, context) == ()


def test_figures_on_the_calendar_count_from_the_withdrawal(study: sq.LoadedStudy) -> None:
    course = next(
        c for c in study._loaded.clinical.details["regression"] if c.withdrawal is not None
    )
    assert course.clock == "calendar"
    assert day_zero(course) == course.withdrawal
    assert dechallenge._days_said(course) == "Days from the withdrawal"
