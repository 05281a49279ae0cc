"""examples/minimal, the folder that a newcomer copies, is in order and gives known numbers."""

import polars as pl
import pytest
from documentation import ROOT

import sequela as sq


@pytest.fixture(scope="module")
def study():
    return sq.load(ROOT / "examples" / "minimal")


def test_nothing_is_wrong_with_it(study):
    assert list(study.findings) == []


def test_its_numbers_can_be_counted_in_its_tables(study):
    rows = {(r.statistic, r.variable, r.level, r.group, r.time): r for r in study.rows}
    assert rows["events", "os", "", "", None].value == 6
    secondary = rows["count", "presentation", "secondary", "", None]
    assert (secondary.value, secondary.n, secondary.n_missing) == (3, 11, 1)
    # Nobody is censored in the first year, in which four of the twelve die.
    assert rows["survival", "os", "", "", 12.0].value == pytest.approx(8 / 12)


def test_a_diagnosis_known_to_the_month_is_kept_as_such(study):
    patient = study.subjects.row(by_predicate=pl.col("patient_id") == "P10", named=True)
    assert patient["os__low"] < patient["os"] < patient["os__high"]
