"""Numbers judged by a threshold, dates that were checked, and what a mapping does not give."""

from __future__ import annotations

from datetime import date

import pytest
import xlsxwriter

from mapped_study import Mapped, write_mapping

MRD = """
[[rows]]
table = "assessments"
source = "sheet"
columns.what = { value = "MRD" }
columns.value = { from = "mrd", codes = { neg = "negative" }, positive_from = 0.01 }
"""


@pytest.mark.parametrize(
    ("text", "judged"),
    [
        ("neg", "negative"),
        ("0", "negative"),
        ("<0.01", "negative"),
        ("<0.001", "negative"),
        ("<0.1", "negative at a lower sensitivity"),
        ("0.004", "positive below the threshold"),
        ("0.01", "positive"),
        (">5", "positive"),
        ("1.2", "positive"),
    ],
)
def test_a_number_of_mrd_is_judged_by_the_threshold(tmp_path, text, judged):
    write_mapping(tmp_path, MRD, sheet=f"id | mrd\n1 | {text}")
    assert Mapped(tmp_path).rows("assessments", "value") == [(judged,)]


@pytest.mark.parametrize(
    ("text", "code"),
    [("0.005-2", "mapping-judgement-open"), ("perhaps", "mapping-code-unknown")],
)
def test_what_does_not_tell_is_a_finding(tmp_path, text, code):
    write_mapping(tmp_path, MRD, sheet=f"id | mrd\n1 | {text}")
    assert Mapped(tmp_path).one(code).place == "sheet.csv, row 2, column B (mrd)"


def test_a_required_column_that_the_mapping_does_not_give(tmp_path):
    toml = """
    [[rows]]
    table = "followup"
    source = "sheet"
    columns.last_contact = { from = "last" }
    """
    write_mapping(tmp_path, toml, sheet="id | last\n1 | 2020-01-01")
    finding = Mapped(tmp_path).one("column-missing")
    assert finding.place == "mapping.toml, column rows of 'followup'"
    assert finding.message == (
        "the mapping gives 'followup' no 'vital_status', which every row needs"
    )
    assert finding.remedy.startswith(
        'Add a line to those [[rows]]: columns.vital_status = { from = "..." }'
    )


DATED = """
[sources.sheet]
file = "sheet.xlsx"
patient_id = "id"
{checked}
[[rows]]
table = "diagnoses"
source = "sheet"
columns.disease = {{ value = "ALL" }}
columns.when = {{ from = "dx", dates = "DD/MM/YYYY" }}
"""


@pytest.mark.parametrize(
    ("checked", "reason"),
    [
        ("", ""),
        ('dates_checked = "AB, 2024-01-05"', "AB, 2024-01-05"),
        ('dates_checked = { dx = "CD, 2024-01-05" }', "CD, 2024-01-05"),
        ('dates_checked = { other = "CD, 2024-01-05" }', ""),
        ('dates_checked = "compared by ..., on ..."', ""),
    ],
)
def test_dates_that_were_checked_no_longer_stop_and_stay_in_the_list(tmp_path, checked, reason):
    with xlsxwriter.Workbook(str(tmp_path / "sheet.xlsx")) as book:
        sheet = book.add_worksheet("Data")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, ["id", "dx"])
        for row, value in enumerate(("16/04/2018", date(2018, 5, 3), date(2018, 6, 20)), start=1):
            sheet.write(row, 0, str(row))
            if isinstance(value, date):
                sheet.write_datetime(row, 1, value, day)
            else:
                sheet.write(row, 1, value)
    write_mapping(tmp_path, DATED.format(checked=checked))
    finding = Mapped(tmp_path).one("column-dates-partly-text")
    assert finding.severity == "error"
    assert (finding.waived, finding.stops) == (reason, not reason)
