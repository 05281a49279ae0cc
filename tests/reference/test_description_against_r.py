"""Proportions and quantiles equal R's binom.test, prop.test and quantile."""

from __future__ import annotations

import numpy as np
import pytest

from sequela.stats.describe import estimate_numeric, quantile_type7
from sequela.stats.proportions import clopper_pearson, wilson


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("interval", [clopper_pearson, wilson])
def test_intervals_of_proportions(interval, level, answers):
    id = f"{interval.__name__.replace('_', '-')} {level:g}"
    asked = [key[2] for key in answers.found if key[:2] == (id, "low")]
    assert len(asked) >= 5
    for x in asked:
        for i, n in enumerate(answers.times(id, "low", x)):
            low, high = interval(int(x), int(n), level)
            assert low == pytest.approx(answers.values(id, "low", x)[i], rel=1e-9, abs=1e-12)
            assert high == pytest.approx(answers.values(id, "high", x)[i], rel=1e-9, abs=1e-12)


def numbers(cohort):
    return {
        "lung_time": cohort("lung").time,
        "series_followup": cohort("series").time,
        "one": np.array([3.5]),
        "two": np.array([4.0, 1.0]),
        "ties": np.array([2.0, 2, 2, 7, 7]),
        "ecog": np.array([float(v) for v in cohort("lung").columns["ph.ecog"] if v]),
    }


@pytest.mark.parametrize("name", ["lung_time", "series_followup", "one", "two", "ties", "ecog"])
def test_quantiles_mean_and_sd(name, cohort, answers):
    values = numbers(cohort)[name]
    shares = answers.times(name, "type7")
    ours = [quantile_type7(values, p) for p in shares]
    np.testing.assert_allclose(ours, answers.values(name, "type7"), rtol=1e-9)
    rows = {row.statistic: row for row in estimate_numeric(values, values, variable="x")}
    assert rows["mean"].value == pytest.approx(answers.value(name, "mean"), rel=1e-9)
    sd = answers.value(name, "sd")
    if np.isnan(sd):
        assert rows["sd"].state == "not_estimable"
    else:
        assert rows["sd"].value == pytest.approx(sd, rel=1e-9)
