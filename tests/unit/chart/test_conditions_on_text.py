"""A condition that compares the text of a chart's cell with a number says where the number is."""

from __future__ import annotations

import polars as pl
import pytest

from sequela.chart.conditions import ConditionError, select_rows


def test_a_number_of_the_chart_is_compared_by_its_ends():
    rows = pl.DataFrame({"line": ["1", "2"], "line__low": [1.0, 2.0], "line__high": [1.0, 2.0]})
    assert select_rows(rows, "line__low > 1").height == 1
    with pytest.raises(ConditionError, match=r"line is text as given, its number is line__low$"):
        select_rows(rows, "line > 1")
