"""The chart of a simulated cohort says what its histories say, and nothing is wrong with it."""

from __future__ import annotations

import polars as pl
import pytest

from sequela.chart import schema
from sequela.findings import StudyError
from sequela.pipeline import check_study, estimate_study
from sequela.simulate.cohort import simulate_chart
from sequela.simulate.folder import write_simulated_study
from sequela.simulate.model import SimulationModel


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated") / "cohort"
    write_simulated_study(folder, 600, seed=11)
    found, findings = check_study(folder)
    assert findings == []
    return found


@pytest.fixture(scope="module")
def rows(loaded):
    return estimate_study(loaded)


def test_tables_and_columns_are_those_of_the_chart():
    for name, frame in simulate_chart(40, seed=2).items():
        known = [column.name for column in schema.table(name).columns]
        assert set(frame.columns) <= set(known), name


def test_nobody_is_taken_for_a_person():
    ids = simulate_chart(12, seed=2)["patients"]["patient_id"].to_list()
    assert ids[0] == "SIM-01"
    assert all(patient.startswith("SIM-") for patient in ids)


def test_a_seed_gives_the_same_chart_and_another_one_does_not():
    first, again, other = (simulate_chart(30, seed=s) for s in (5, 5, 6))
    assert all(first[name].equals(again[name]) for name in first)
    assert not first["followup"].equals(other["followup"])


def test_small_cohorts_have_every_table_they_can():
    for patients in (1, 2, 3):
        assert simulate_chart(patients, seed=1)["patients"].height == patients


def test_nobody_at_all_is_refused():
    with pytest.raises(ValueError, match="at least one patient"):
        simulate_chart(0, seed=1)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StudyError) as caught:
        write_simulated_study(tmp_path, 5, seed=1)
    assert [f.code for f in caught.value.findings] == ["folder-not-empty"]
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_only_what_must_be_refused_is_refused(rows):
    refused = {row.exhibit for row in rows if row.state == "refused"}
    assert refused == {"os-ever", "relapse-km"}


def test_ever_transplanted_is_refused_with_the_way_out(rows):
    found = [row for row in rows if row.exhibit == "os-ever"]
    assert all("landmark" in row.error and "immortal time" in row.error for row in found)


def test_the_hazard_ratio_of_transplant_holds_the_truth(rows):
    """One cohort with a fixed seed; how often it does is asked in test_coverage."""
    ends = {
        row.statistic: row.value
        for row in rows
        if row.exhibit == "cox" and row.level == "transplant"
    }
    truth = SimulationModel().relapse_by_transplant
    assert ends["hazard_ratio_ci_low"] < truth < ends["hazard_ratio_ci_high"]


def test_counts_agree_with_the_response_at_the_same_visit(loaded):
    """A remission has marrow blasts below 5 %, no blasts in blood, and counts that recovered."""
    chart = loaded.chart
    judged = chart["assessments"].filter(pl.col("what") == "response")
    marrow = chart["measurements"].filter(pl.col("name") == "marrow blasts")
    both = judged.join(
        marrow.select("patient_id", "when__low", "value__low"), on=["patient_id", "when__low"]
    )
    remitted = both["value"].is_in(["CR", "CRi"])
    assert (both.filter(remitted)["value__low"] < 5).all()
    assert (both.filter(~remitted)["value__low"] > 5).all()


def test_every_output_says_that_nobody_exists(tmp_path, loaded):
    from sequela.pipeline import run_study

    folder = tmp_path / "small"
    write_simulated_study(folder, 60, seed=4)
    run_study(folder, tmp_path / "out")
    out = tmp_path / "out"
    for part in ("patient-level", "aggregate"):
        assert "No patient" in (out / part / "SIMULATED.txt").read_text()
    for report in out.rglob("*.html"):
        assert "None of them exists" in report.read_text()
    for figure in out.rglob("*.svg"):
        assert "Simulated data" in figure.read_text(), figure.name
    for table in out.rglob("tables/*.csv"):
        assert table.read_text().endswith("Simulated data: no patient in them exists.\n")
    for data in ("patient-level/subjects.csv", "aggregate/results.csv"):
        heading, first, *_ = (out / data).read_text().splitlines()
        assert heading.endswith(",simulated")
        assert first.endswith(",true")
    assert '"simulated": true' in (out / "manifest.json").read_text()
