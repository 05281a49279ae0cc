"""The log-rank test equals R's survdiff, its permutation form equals R's coin."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sequela.stats.log_rank import compare_log_rank, compare_permutation_log_rank
from sequela.stats.risk_table import build_risk_tables

COIN = Path(__file__).parents[3] / "shared" / "reference" / "values.json"
COMPARISONS = (
    ("lung", "sex"),
    ("lung", "ph.ecog"),
    ("ovarian", "rx"),
    ("aml", "x"),
    ("series", "institution"),
    ("series", "population"),
)


def compared(cohort, name, column):
    """Times, status and groups; those without a group are left out."""
    data = cohort(name)
    labels = data.columns["population_at_diagnosis" if column == "population" else column]
    known = [i for i, label in enumerate(labels) if label]
    return data.time[known], data.status[known], [labels[i] for i in known]


@pytest.mark.parametrize(("name", "column"), COMPARISONS)
def test_log_rank(name, column, cohort, answers):
    time, status, group = compared(cohort, name, column)
    tables = build_risk_tables(time, status, group=group)
    rows = compare_log_rank(tables, variable="os", contrast=column)
    about_all = {row.statistic: row.value for row in rows if not row.group}
    for statistic in ("chi_squared", "degrees_of_freedom", "p_value"):
        expected = answers.value(f"{name}:{column}", statistic)
        assert about_all[statistic] == pytest.approx(expected, rel=1e-9), statistic
    for row in (row for row in rows if row.group):
        expected = answers.value(f"{name}:{column}", row.statistic, row.group)
        assert row.value == pytest.approx(expected, rel=1e-9), row.key


@pytest.mark.skipif(not COIN.exists(), reason="../shared/reference is not here")
@pytest.mark.parametrize(
    ("name", "column", "assignments"), [("aml", "x", 1_352_078), ("ovarian", "rx", 10_400_600)]
)
def test_exact_p_value_equals_coin(name, column, assignments, cohort):
    time, status, group = compared(cohort, name, column)
    (row,) = compare_permutation_log_rank(
        time, status, group, variable="os", contrast=column, limit=assignments
    )
    expected = json.loads(COIN.read_text())[f"{name}_logrank_exact_coin"]["values"]["p_exact"]
    assert f"all {assignments} assignments" in row.method
    assert row.value == pytest.approx(expected, rel=1e-9)


def test_monte_carlo_agrees_with_the_exact_test(cohort):
    time, status, group = compared(cohort, "aml", "x")
    values = []
    for limit in (10**7, 1000):
        (row,) = compare_permutation_log_rank(
            time, status, group, variable="os", contrast="x", limit=limit, seed=7
        )
        values.append(row.value)
    exact, drawn = values
    # Five standard errors of a share of 99,999 draws.
    assert drawn != exact
    assert abs(drawn - exact) < 5 * np.sqrt(exact * (1 - exact) / 99_999)
