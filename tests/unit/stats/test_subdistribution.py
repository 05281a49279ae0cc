"""Fine-Gray regression from columns: who is counted, and what has no answer."""

from __future__ import annotations

import numpy as np
import pytest

from sequela.stats.fine_gray import fine_gray
from sequela.stats.subdistribution import SubdistributionModel, estimate_subdistribution

TIME = np.array([3.0, 5, 6, 8, 9, 12, 14, 15, 20, 22])
EVENT = [1, 2, 1, 0, 1, 2, 1, 0, 1, 0]
COLUMNS = {
    "risk": ["high", "high", "low", "low", "high", None, "low", "high", "low", "low"],
    "age": [60.0, 48, 71, 55, 66, 50, np.nan, 43, 58, 62],
    "site": ["a", "b", "a", "b", "a", "b", "a", "b", None, "b"],
}


def rows(covariates, event=EVENT, **more):
    model = SubdistributionModel(covariates=covariates, **more)
    found = estimate_subdistribution(TIME, event, COLUMNS, model, variable="relapse")
    return {(r.statistic, r.level, r.contrast): r for r in found}


def test_categories_have_a_contrast_and_who_lacks_a_value_is_counted():
    found = rows(("risk", "age"))
    ratio = found["subdistribution_hazard_ratio", "risk", "risk: low vs high"]
    assert (ratio.n, ratio.n_missing) == (8, 2)
    assert found["events", "", ""].value == 4
    assert "fewer than 10 events" in found["events_per_variable", "", ""].error


def test_it_is_the_fit_of_the_complete_rows():
    used = [i for i in range(10) if COLUMNS["site"][i] is not None and i != 5]
    x = np.array([[float(COLUMNS["risk"][i] == "high")] for i in used])
    fit = fine_gray(
        TIME[used],
        np.array(EVENT)[used],
        x,
        names=["high"],
        censoring=[COLUMNS["site"][i] for i in used],
    )
    found = rows(("risk",), references={"risk": "low"}, censoring="site")
    coefficient = found["fine_gray_coefficient", "risk", "risk: high vs low"]
    assert coefficient.value == pytest.approx(fit.coefficients[0])
    assert (coefficient.n, coefficient.n_missing) == (8, 2)


def test_nobody_with_the_cause_is_said():
    found = rows(("age",), event=[0, 2, 0, 0, 2, 0, 0, 0, 0, 0])
    row = found["subdistribution_hazard_ratio_p_value", "age", "age: per 1"]
    assert (row.state, row.error) == (
        "not_estimable",
        "nobody with all covariates known had the cause",
    )
    assert found["events", "", ""].value == 0


def test_arrays_that_do_not_fit_are_refused():
    model = SubdistributionModel(covariates=("age",))
    with pytest.raises(ValueError, match="same number of rows"):
        estimate_subdistribution(TIME[:5], EVENT[:5], COLUMNS, model, variable="relapse")
    with pytest.raises(ValueError, match="There is no column 'x'"):
        rows(("age",), censoring="x")
