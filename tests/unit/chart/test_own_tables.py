"""Chart tables as sheets of a workbook and as Parquet, and wide sheets in a workbook."""

from __future__ import annotations

import polars as pl
import xlsxwriter

from mapped_study import Mapped
from sequela.chart.chart import read_chart
from small_study import write_study


def workbook(path, sheets):
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)


PATIENTS = [["patient_id", "site"], ["01", "North"], ["02", "South"]]


def test_tables_may_be_sheets_of_chart_xlsx(tmp_path):
    workbook(
        tmp_path / "chart.xlsx",
        {
            "patients": PATIENTS,
            "followup": [
                ["patient_id", "last_contact", "vital_status"],
                ["01", "2020-01-01", "alive"],
                ["02", "2020-01-01", "alve"],
            ],
            "remarks": [["who", "what"], ["a", "b"]],
        },
    )
    chart, findings = read_chart(tmp_path)
    assert chart["patients"]["site"].to_list() == ["North", "South"]
    (bad,) = (f for f in findings if f.severity == "error")
    assert bad.place == "chart.xlsx, sheet followup, row 3, column vital_status"
    (stray,) = (f for f in findings if f.code == "table-unknown")
    assert stray.message == "sheet 'remarks' is no table of the chart, so nothing reads it"
    assert chart.inputs == ("chart.xlsx",)


def test_a_table_in_two_forms_is_a_finding(tmp_path):
    folder = write_study(tmp_path / "s")
    workbook(folder / "chart.xlsx", {"patients": PATIENTS})
    _, findings = read_chart(folder)
    (twice,) = (f for f in findings if f.code == "table-twice")
    assert twice.place == "chart.xlsx, sheet patients"


def test_a_wide_sheet_of_a_workbook_keeps_its_places(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "wide.xlsx")) as book:
        sheet = book.add_worksheet("Pts")
        sheet.write("B1", "Our series")
        sheet.merge_range("D3:E3", "Relapse")
        for place, name in enumerate(["ID", "Centre", "date", "site"]):
            sheet.write(3, place + 1, name)
        sheet.write_row("B5", ["01", "North", "03/04/2020", "marrow"])
        sheet.write_row("B6", ["02", "South", "?", ""])
        sheet.write_row("B7", ["Total", "2", "", ""])
    (tmp_path / "mapping.toml").write_text(
        """
[sources.pts]
file = "wide.xlsx"
header = [3, 4]
patient_id = "ID"
passed_over = 7
missing = "?"

[[rows]]
table = "patients"
source = "pts"
columns.site = { from = "Centre" }

[[rows]]
table = "events"
source = "pts"
columns.what = { value = "relapse" }
columns.when = { from = "Relapse date", dates = "DD/MM/YYYY" }
columns.note = { from = "[E]" }
""",
        encoding="utf-8",
    )
    told = Mapped(tmp_path)
    assert told.rows("events", "patient_id", "when", "note") == [("01", "2020-04-03", "marrow")]
    assert told.chart.place("events", 2, "when") == (
        "wide.xlsx, sheet Pts, row 5, column D (Relapse date)"
    )
    assert {f.severity for f in told.all if f.code != "file-missing"} <= {"note", "warning"}


def test_a_sheet_that_the_workbook_does_not_have(tmp_path):
    workbook(tmp_path / "wide.xlsx", {"Pts": PATIENTS, "Labs": PATIENTS})
    toml = '[sources.pts]\nfile = "wide.xlsx"\nsheet = "Pt"\npatient_id = "patient_id"\n'
    (tmp_path / "mapping.toml").write_text(toml, encoding="utf-8")
    assert Mapped(tmp_path).one("sheet-unknown").remedy == "Did you mean 'Pts'?"
    (tmp_path / "mapping.toml").write_text(toml.replace('sheet = "Pt"\n', ""), encoding="utf-8")
    finding = Mapped(tmp_path).one("sheet-unknown")
    assert finding.message == "the file has several sheets"
    assert finding.remedy == "Name one of them: Pts, Labs."


def test_tables_may_be_parquet(tmp_path):
    frame = pl.DataFrame(PATIENTS[1:], schema=PATIENTS[0], orient="row")
    frame.write_parquet(tmp_path / "patients.parquet")
    chart, _ = read_chart(tmp_path)
    assert chart["patients"]["site"].to_list() == ["North", "South"]
    assert chart.inputs == ("patients.parquet",)
