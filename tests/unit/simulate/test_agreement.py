"""What rules make of a simulated chart is what was drawn; its study asks for every kind."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest

from sequela.clinical.derivations import DERIVATIONS
from sequela.clinical.derived_moments import MOMENTS
from sequela.exhibits.kinds import KINDS
from sequela.pipeline import check_study
from sequela.simulate.cohort import simulate_chart
from sequela.simulate.folder import write_simulated_study
from sequela.simulate.histories import simulate_histories
from sequela.simulate.model import INDUCTION_VISIT, SALVAGE_VISIT, SimulationModel

PATIENTS, SEED = 1500, 21
MODEL = SimulationModel()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agreement") / "cohort"
    write_simulated_study(folder, PATIENTS, seed=SEED)
    found, findings = check_study(folder)
    assert findings == []
    return found


@pytest.fixture(scope="module")
def subjects(loaded):
    """The derived table in the order of the patients' numbers, which is that of the histories."""
    return loaded.clinical.subjects.frame.sort("patient_id")


@pytest.fixture(scope="module")
def histories():
    return simulate_histories(PATIENTS, MODEL, np.random.default_rng(SEED))


def told(subjects, column):
    """Of whom a column is known, and its values among them."""
    known = subjects[column].is_not_null().to_numpy()
    return known, subjects[column].drop_nulls().to_numpy()


def test_the_study_asks_for_every_kind_of_column(loaded):
    used = {type(column) for column in loaded.study.definitions.columns.values()}
    assert used == set(DERIVATIONS)


def test_the_study_asks_for_every_kind_of_moment(loaded):
    used = {type(moment) for moment in loaded.study.definitions.moments.values()}
    assert used >= set(MOMENTS)


def test_the_study_asks_for_every_kind_of_exhibit(loaded):
    assert {type(exhibit) for exhibit in loaded.study.exhibit} == set(KINDS)


def test_siblings_are_matched_at_dpb1_and_others_are_not_always(subjects, histories):
    known, match = told(subjects, "dpb1")
    donor = histories.graft.donor[known]
    assert set(match[donor == "matched related"]) == {"matched"}
    assert set(match[donor == "haploidentical"]) >= {"permissive", "non-permissive GVH"}
    assert known.sum() == np.isfinite(histories.transplant).sum()


def test_the_computed_response_is_the_judged_one(loaded, subjects, histories):
    """Both are derived; a difference would be a finding, and `loaded` has none."""
    remitted = np.isfinite(histories.remission)
    computed = subjects["remission"].fill_null(False).to_numpy()
    np.testing.assert_array_equal(computed, remitted)
    known, response = told(subjects, "response")
    complete = np.where(histories.incomplete, "CRi", "CR")
    np.testing.assert_array_equal(response[remitted[known]], complete[known][remitted[known]])


def test_the_computed_moment_of_remission_is_the_judged_one(loaded):
    moments = loaded.clinical.moments
    judged, computed = (
        moments[name]
        .filter(pl.col("low").is_not_null())
        .select("patient_id", "low")
        .sort("patient_id")
        for name in ("remission", "first_remission")
    )
    assert computed.equals(judged)


def test_a_relapse_in_the_marrow_is_the_charted_one(loaded):
    moments = loaded.clinical.moments
    charted, found = (
        moments[name]
        .filter(pl.col("low").is_not_null())
        .select("patient_id", "low")
        .sort("patient_id")
        for name in ("relapse", "marrow_relapse")
    )
    assert found.equals(charted)


def test_who_is_refractory_is_who_was_drawn(subjects, histories):
    known, refractory = told(subjects, "refractory")
    judged = histories.treated & (histories.end >= INDUCTION_VISIT)
    assert (known[judged]).all()
    np.testing.assert_array_equal(refractory, histories.refractory[known])


def test_the_response_to_salvage_is_the_drawn_one(subjects, histories):
    """Of who had salvage and was judged: primary refractory, relapsed, or both in turn."""
    known, response = told(subjects, "salvage_response")
    first = histories.refractory & (histories.end >= SALVAGE_VISIT)
    np.testing.assert_array_equal(known, first | histories.salvage_judged)
    complete = np.where(histories.incomplete, "CRi", "CR")
    late = first & np.isfinite(histories.remission)
    remitted = late | np.isfinite(histories.second_remission)
    np.testing.assert_array_equal(np.isin(response, ["CR", "CRi"]), remitted[known])
    np.testing.assert_array_equal(response[remitted[known]], complete[known & remitted])


def test_the_second_remission_is_an_event_after_relapse(loaded, histories):
    frame = loaded.clinical.endpoints["second_remission"].sort("patient_id")
    relapsed = np.isfinite(histories.relapse)
    np.testing.assert_array_equal(frame["time"].is_not_null().to_numpy(), relapsed)
    found = frame["event"].fill_null(False).to_numpy()
    np.testing.assert_array_equal(found, np.isfinite(histories.second_remission))
    assert set(frame.filter(pl.col("event"))["time"]) == {42.0}


def test_the_status_of_the_fluid_is_the_drawn_one(subjects, histories):
    known, status = told(subjects, "fluid")
    np.testing.assert_array_equal(known, histories.treated)
    np.testing.assert_array_equal(status, histories.cns[known])


@pytest.mark.parametrize("column", ["first_line", "first_line_from_drugs"])
def test_regimens_are_recognised_as_given(subjects, histories, column):
    known, regimen = told(subjects, column)
    np.testing.assert_array_equal(known, histories.treated)
    full = {"mini-hyper-CVD + inotuzumab": "mini-hyper-CVD + inotuzumab ozogamicin"}
    if column == "first_line_from_drugs":
        # Its drugs are those of other regimens too, so that only the name says which it was.
        full["CALGB 10403"] = "four-drug induction with asparaginase"
    given = [full.get(name, name) for name in histories.regimen[known]]
    assert regimen.tolist() == given


def test_the_intensity_of_conditioning_is_the_drawn_one(subjects, histories):
    known, intensity = told(subjects, "intensity")
    np.testing.assert_array_equal(known, np.isfinite(histories.transplant))
    assert set(intensity) == {"MAC", "RIC", "NMA"}
    np.testing.assert_array_equal(intensity, histories.graft.intensity[known])


def test_the_match_of_typings_is_that_of_the_donor(subjects, histories):
    """A locus that was typed coarsely is open, never a mismatch."""
    transplanted = np.isfinite(histories.transplant)
    known, grade = told(subjects, "hla")
    assert not (known & ~transplanted).any()
    assert known.sum() > 0.9 * transplanted.sum()
    drawn = histories.graft.donor[known]
    assert set(grade[np.char.startswith(drawn, "matched")]) == {"8/8"}
    assert set(grade[drawn == "mismatched unrelated"]) == {"7/8"}
    assert set(grade[drawn == "haploidentical"]) == {"4/8"}


def test_engraftment_is_found_on_the_drawn_day(subjects, histories):
    for column in ("neutrophils", "platelets"):
        known, days = told(subjects, column)
        drawn = getattr(histories.graft, column)
        assert known.any()
        np.testing.assert_array_equal(days, drawn[known])


def test_gvhd_is_the_drawn_grade_where_it_was_seen(subjects, histories):
    for column, drawn in (
        ("acute_gvhd", histories.graft.acute),
        ("chronic_gvhd", histories.graft.chronic),
    ):
        known, grade = told(subjects, column)
        assert known.any()
        np.testing.assert_array_equal(grade, drawn[known])


def test_dechallenge_finds_who_regresses_but_for_noise(subjects, histories):
    """A steady disease falls twofold by noise in fewer than one of a hundred patients.

    Its lowest of three later values against the first, each with a CV of 15 %: the difference of
    two logarithms has a deviation of 0.21, and ln 2 lies 3.3 of them away.
    """
    known, verdict = told(subjects, "regression")
    assert known.sum() > 50
    regressed = verdict == "regressed"
    falls = histories.regressing[known]
    assert regressed[falls].all()
    assert regressed[~falls].mean() < 0.02


def test_a_regressing_disease_recurs_when_the_drug_is_given_again(subjects, histories):
    known, verdict = told(subjects, "rechallenge")
    np.testing.assert_array_equal(known, histories.rechallenged)
    recurred = verdict == "recurred"
    falls = histories.regressing[known]
    assert recurred[falls].all()
    assert not recurred[~falls].any()


def test_residual_disease_is_judged_as_its_counts_are(loaded):
    """Every chart row of a judgement stands beside a run of the same day; see mrd-1."""
    chart = loaded.chart
    judged = chart["assessments"].filter(pl.col("what") == "MRD")
    runs = chart["populations"].filter(pl.col("tissue") == "marrow")
    both = judged.join(runs, on=["patient_id", "when"], how="inner")
    assert both.height == judged.height == runs.height
    share = both["events__low"] / both["total_events__low"] * 100
    positive = (both["value"] == "positive").to_numpy()
    np.testing.assert_array_equal(positive, (share >= 0.01 - 1e-12).to_numpy())


def test_counts_vary_by_the_assay_beyond_counting():
    """Variance of repeated counts is m + (cv m)^2; the seed is fixed, four standard errors."""
    from sequela.simulate.assay import count_events

    n, cv = 40_000, 0.15
    counted = count_events(np.full(n, 1.0), np.full(n, 100_000.0), 1, cv, np.random.default_rng(8))
    mean = 1000.0
    expected = mean + (cv * mean) ** 2
    assert abs(counted.events.mean() - mean) < 4 * np.sqrt(expected / n)
    assert counted.events.var() == pytest.approx(expected, rel=4 * np.sqrt(2.5 / n))


def test_second_cancers_have_a_morphology():
    chart = simulate_chart(2000, seed=5)
    codes = chart["diagnoses"].filter(pl.col("role") == "other")["code"]
    assert codes.len() > 20
    assert all(re.fullmatch(r"\d{4}/3", code) for code in codes)


def test_every_table_of_the_chart_is_filled():
    from sequela.chart import schema

    chart = simulate_chart(200, seed=5)
    assert set(chart) == set(schema.TABLE_NAMES)
    assert all(frame.height for frame in chart.values())
