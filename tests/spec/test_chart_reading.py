"""Reading the chart: text in, typed columns out, and every row keeps its place."""

from __future__ import annotations

from math import inf

import polars as pl
import pytest

from sequela.chart import schema
from sequela.chart.chart import read_chart
from small_study import write_study


@pytest.fixture
def read(tmp_path):
    """The chart of the tables given; the test fails when anything is wrong with them."""

    def make(**tables):
        chart, findings = read_chart(write_study(tmp_path / "study", **tables))
        assert findings == []
        return chart

    return make


def rows(frame: pl.DataFrame, *columns: str):
    return frame.select(columns).rows()


def test_identifiers_stay_text(read):
    chart = read(patients="patient_id|site\n00123|A\n7|A\n1e3|A")
    assert chart["patients"]["patient_id"].to_list() == ["00123", "7", "1e3"]
    assert chart.patients.to_list() == ["00123", "1e3", "7"]


def test_a_row_keeps_the_line_that_a_spreadsheet_shows(read, tmp_path):
    # line 1 is the heading, line 3 is blank, and a quoted line break stays within its row
    folder = write_study(tmp_path / "study", patients="patient_id|site\n1|A\n2|A\n3|A")
    text = 'patient_id,site,note\n1,A,\n\n2,A,"one\ntwo"\n3,A,\n'
    (folder / "patients.csv").write_text(text, encoding="utf-8")
    chart, findings = read_chart(folder)
    assert findings == []
    assert rows(chart["patients"], "row", "patient_id") == [(2, "1"), (4, "2"), (5, "3")]


def test_a_number_keeps_what_was_written_and_gets_its_ends(read):
    chart = read(
        measurements="""
        patient_id | name | value
        1          | WBC  | 84.9
        1          | WBC  | >120
        1          | WBC  | 10-15
        1          | MRD  | not detected
        """
    )
    assert rows(
        chart["measurements"], "value", "value__low", "value__high", "value__comparator"
    ) == [
        ("84.9", 84.9, 84.9, "="),
        (">120", 120, inf, ">"),
        ("10-15", 10, 15, "range"),
        ("not detected", 0, inf, "not detected"),
    ]


def test_a_time_stands_on_the_rows_clock_and_a_date_on_the_calendar(read):
    chart = read(
        measurements="""
        patient_id | name | value | when       | clock
        1          | WBC  | 1     | 59 days    | first marrow
        1          | WBC  | 1     | 59 days    |
        1          | WBC  | 1     | 1970-01-03 | first marrow
        1          | WBC  | 1     |            | first marrow
        """
    )
    assert rows(chart["measurements"], "when__low", "when__clock") == [
        (59, "first marrow"),
        (59, "time zero"),
        (2, "calendar"),
        (None, None),
    ]


def test_a_length_of_time_is_in_days(read):
    chart = read(
        exposures="""
        patient_id | drug | duration
        1          | L    | 2 months
        1          | L    | >120 months
        1          | L    | 1-9 months
        """
    )
    assert rows(chart["exposures"], "duration__low", "duration__high") == [
        (60.875, 60.875),
        (3652.5, inf),
        (30.4375, 273.9375),
    ]


def test_yes_and_no_in_their_spellings(read):
    chart = read(
        transplants="patient_id|type|indication|cd34_selection\n"
        + "\n".join(
            f"1|allogeneic|AML|{word}" for word in ("yes", "Y", "TRUE", "no", "N", "false", "")
        )
    )
    assert chart["transplants"]["cd34_selection__flag"].to_list() == [
        True,
        True,
        True,
        False,
        False,
        False,
        None,
    ]


def test_a_blank_cell_is_null_and_no_empty_text(read):
    chart = read(patients="patient_id|site|sex|note\n1|A||")
    assert rows(chart["patients"], "sex", "note") == [(None, None)]


def test_a_table_that_the_study_does_not_have_is_empty_and_has_its_columns(read):
    chart = read(patients="patient_id|site\n1|A")
    assert not chart.has("treatments")
    assert chart.has("patients")
    assert chart["treatments"].height == 0
    wanted = {c.name for c in schema.table("treatments").columns}
    assert wanted <= set(chart["treatments"].columns)
    assert "start__low" in chart["treatments"].columns


def test_a_byte_order_mark_is_no_part_of_the_heading(tmp_path):
    folder = write_study(tmp_path / "study")
    for encoding in ("utf-8-sig", "utf-16"):
        (folder / "patients.csv").write_bytes("patient_id,site\n1,Ä\n".encode(encoding))
        chart, findings = read_chart(folder)
        assert findings == [], encoding
        assert chart["patients"]["site"].to_list() == ["Ä"]


def test_columns_may_stand_in_any_order(read):
    chart = read(patients="site|patient_id\nA|1")
    assert rows(chart["patients"], "patient_id", "site") == [("1", "A")]
