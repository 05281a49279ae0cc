"""How a study asks for the characteristics of a table 1."""

from __future__ import annotations

import pytest

from sequela.exhibits.table1 import Table1

ABOUT = {"id": "t1", "title": "Characteristics", "kind": "table1"}


def test_a_name_alone_is_short_for_the_column():
    short = Table1.model_validate(ABOUT | {"rows": ["age", {"column": "sex", "test": "fisher"}]})
    long = Table1.model_validate(
        ABOUT | {"rows": [{"column": "age"}, {"column": "sex", "test": "fisher"}]}
    )
    assert short == long
    assert [row.column for row in short.rows] == ["age", "sex"]


def test_what_is_neither_a_name_nor_a_table_is_refused():
    with pytest.raises(ValueError, match="rows"):
        Table1.model_validate(ABOUT | {"rows": [3]})
