from __future__ import annotations

import pytest
from invented_report import characteristics, listing

from sequela.display.table import Cell, Column, Line, Table
from sequela.report.document import Heading, Paragraph, Run, TableBlock
from sequela.report.table_layout import (
    cells_of,
    column_shares,
    is_wide,
    names_a_group,
    sideways,
)

NOTE = Paragraph((Run("note"),), kind="note")
BODY = Paragraph((Run("body"),))
HEADING = Heading("Listing", 2, "l")


def test_shares_of_the_width_add_up_to_one() -> None:
    assert column_shares(characteristics()) == pytest.approx((0.6, 0.2, 0.2))


def test_a_table_without_any_width_is_refused() -> None:
    with pytest.raises(ValueError, match="table t: no column has a width"):
        column_shares(Table("t", "", (Column("a", width=0),), ()))


def test_a_short_line_is_filled_up_and_a_long_one_refused() -> None:
    table = characteristics()
    assert [cell.text for cell in cells_of(table, Line((Cell("a"),)))] == ["a", "", ""]
    with pytest.raises(ValueError, match="a line has 4 cells, the table has 3 columns"):
        cells_of(table, Line((Cell("a"),) * 4))


def test_a_heading_names_a_group_when_nothing_stands_beside_it() -> None:
    table = characteristics()
    assert names_a_group(table, Line((Cell("a"),), heading=True))
    assert not names_a_group(table, Line((Cell("a"), Cell("1")), heading=True))
    assert not names_a_group(table, Line((Cell("a"),)))


def test_more_than_eight_columns_are_wide() -> None:
    eight = tuple(Column(str(i)) for i in range(8))
    assert not is_wide(Table("t", "", eight, ()))
    assert is_wide(Table("t", "", (*eight, Column("9")), ()))


def test_heading_and_note_lie_with_their_wide_table() -> None:
    wide, narrow = TableBlock(listing()), TableBlock(characteristics())
    assert sideways((BODY, HEADING, HEADING, wide, NOTE, NOTE, BODY)) == (
        (False, True, True, True, True, True, False)
    )  # fmt: skip
    assert sideways((HEADING, narrow, NOTE)) == (False, False, False)
    assert sideways((wide, HEADING, NOTE)) == (True, False, False)
    assert sideways(()) == ()
