"""Every result row of the published series: schema, key, denominators, and who stands behind."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest

from sequela.membership import patients_of
from sequela.stats.results import Row, results_table

# Frozen: whoever reads the results of an older version reads these columns.
SCHEMA = {
    "exhibit": pl.String,
    "set": pl.String,
    "group": pl.String,
    "contrast": pl.String,
    "variable": pl.String,
    "level": pl.String,
    "time": pl.Float64,
    "statistic": pl.String,
    "value": pl.Float64,
    "state": pl.String,
    "n": pl.Int64,
    "n_missing": pl.Int64,
    "n_not_evaluable": pl.Int64,
    "n_not_applicable": pl.Int64,
    "method": pl.String,
    "error": pl.String,
}
KEY = ["exhibit", "set", "group", "contrast", "variable", "level", "time", "statistic"]
STATES = {"ok", "not_reached", "not_estimable", "refused"}
# The sets of the study file, said again in Python.
IN_SET = {
    "all": lambda p: True,
    "treated": lambda p: p["treated"] is True,
    "transplanted": lambda p: p["transplanted"] is True,
    "survivors": lambda p: p["vital_status"] == "alive",
    "died": lambda p: p["vital_status"] == "dead",
    "regressed": lambda p: p["regression"] == "regressed",
}


@pytest.fixture(scope="session")
def people(example):
    return list(example.frame.iter_rows(named=True))


def test_the_schema_is_frozen(example_rows):
    assert dict(results_table(example_rows).schema) == SCHEMA
    assert dict(results_table([]).schema) == SCHEMA


def test_the_key_is_unique(example_rows):
    table = results_table(example_rows)
    assert table.height == len(example_rows)
    assert table.select(KEY).is_duplicated().sum() == 0
    assert len({row.id for row in example_rows}) == len(example_rows)


def test_two_rows_of_one_key_are_refused():
    row = Row(statistic="count", n=1, value=1.0)
    with pytest.raises(ValueError, match="two result rows have the key"):
        results_table([row, row])


def test_a_row_has_a_value_or_says_why_not(example_rows):
    for row in example_rows:
        assert row.state in STATES
        assert (row.value is None) == (row.state != "ok")
        assert row.state == "ok" or row.error, row.key
        assert row.method, row.key


def size_of(row: Row, people: list[dict[str, object]]) -> int:
    """The size of a row's set and group, counted over the patients one by one."""
    column, _, level = row.group.partition("=")
    return sum(IN_SET[row.set](p) and (not row.group or str(p[column]) == level) for p in people)


def test_everyone_of_set_and_group_is_in_every_row(example_rows, people):
    off = [
        (row.key, row.size, size_of(row, people))
        for row in example_rows
        if row.size != size_of(row, people)
    ]
    assert off == []


def test_absent_patients_have_the_reasons_that_the_row_counts(example_rows, people):
    for row in example_rows:
        if f"{row.variable}__why" not in people[0] or row.contrast:
            continue
        column, _, level = row.group.partition("=")
        # a survival time that is an interval is known to be one, and no reason of absence
        whys = Counter(
            p[f"{row.variable}__why"]
            for p in people
            if IN_SET[row.set](p) and (not row.group or str(p[column]) == level)
        )
        assert row.n == whys[None] + whys["interval"], row.key
        assert row.n_missing == whys["missing"], row.key
        assert row.n_not_evaluable == whys["not_evaluable"] + whys["no common clock"], row.key
        assert row.n_not_applicable == whys["not_applicable"], row.key


COUNTS = {"count", "events", "censored", "events_without_a_time"}


def test_who_stands_behind_a_number_agrees_with_it(example, example_rows):
    context = example.loaded.context
    for row in example_rows:
        counted, others = patients_of(context, row)
        assert len(set(counted)) == len(counted)
        if not row.contrast:
            assert len(counted) + len(others) == row.size, row.key
            assert set(counted).isdisjoint(patient for patient, _ in others), row.key
        if row.statistic in COUNTS:
            assert len(counted) == row.value, row.key
        elif row.level and row.variable not in context.clinical.endpoints:
            # a share rests on those who have the level
            count = next(
                r for r in example_rows if r.key[:-1] == row.key[:-1] and r.statistic == "count"
            )
            assert len(counted) == count.value, row.key
        elif row.statistic == "at_risk":
            assert len(counted) == row.value, row.key
        elif not row.contrast:
            assert len(counted) == row.n, row.key


def test_every_other_patient_is_given_a_reason(example, example_rows):
    for row in example_rows:
        _, others = patients_of(example.loaded.context, row)
        assert all(reason for _, reason in others), row.key
