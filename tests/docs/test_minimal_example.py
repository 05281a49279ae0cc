"""examples/minimal, the folder that a newcomer copies, is in order and gives known numbers."""

import pytest
from documentation import ROOT

import sequela as sq


@pytest.fixture(scope="module")
def study():
    return sq.load(ROOT / "examples" / "minimal")


def test_nothing_is_wrong_with_it(study):
    assert list(study.findings) == []


def test_its_numbers_can_be_counted_in_its_tables(study):
    rows = {(r.statistic, r.variable, r.level, r.group): r for r in study.rows}
    assert rows["events", "os", "", ""].value == 6
    unknown = rows["count", "presentation", "secondary", ""]
    assert (unknown.value, unknown.n, unknown.n_missing) == (3, 11, 1)
    # 12 patients; the six deaths come after 6.5, 4.6, 13.6, 15.3, 10.3 and 9.2 months.
    assert rows["survival", "os", "", ""].value == pytest.approx(8 / 12)


def test_a_diagnosis_known_to_the_month_is_kept_as_such(study):
    patient = study.subjects.row(by_predicate=study.subjects["patient_id"] == "P10", named=True)
    assert patient["os__low"] < patient["os"] < patient["os__high"]
