"""Frames brought to a schema, and read row by row."""

from __future__ import annotations

import polars as pl
import pytest

from sequela.chart.frames import each_named_row, each_row, with_types

FRAME = pl.DataFrame(
    {"patient_id": ["1", "2"], "row": [2, None]}, schema_overrides={"row": pl.Int32}
)


def test_a_frame_is_brought_to_a_schema():
    schema = {"patient_id": pl.String, "row": pl.Int64}
    assert dict(with_types(FRAME, schema).schema) == schema


def test_a_value_that_does_not_fit_is_not_made_to():
    with pytest.raises(pl.exceptions.InvalidOperationError):
        with_types(FRAME.with_columns(patient_id=pl.lit("one")), {"patient_id": pl.Int64})


def test_rows_are_tuples_or_named_in_their_order():
    assert list(each_row(FRAME)) == FRAME.rows()
    assert list(each_named_row(FRAME)) == FRAME.rows(named=True)


def test_a_frame_without_rows_has_none():
    assert list(each_row(FRAME.clear())) == list(each_named_row(FRAME.clear())) == []
