"""`sequela init`: a draft from a sheet, its reasons and questions, and that it runs."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from sequela.draft.draft import draft_study, write_draft
from sequela.pipeline import check_study, run_study
from small_study import cells

COLUMNS = {
    "Study ID": ["01", "02", "03", "04"],
    "Patient name": ["Ann A", "Bob B", "Cy C", "Di D"],
    "MRN": ["771", "772", "773", "774"],
    "Centre": ["North", "South", "North", "South"],
    "Gender": ["F", "M", "F", "M"],
    "DOB": ["1951-02-03", "1948", "14 Jul 1960", "1955-01-30"],
    "dx date": ["12/02/2018", "03/05/2018", "21/09/2018", "15/01/2019"],
    "WBC (/uL)": ["4200", "81000", "3100", "900"],
    "Hb": ["12.1", "8", "unk", "10"],
    "Induction": ["7+3", "7+3", "7+3", "aza"],
    "Best response": ["CR", "no CR", "CR", "NE"],
    "relapse1_date": ["12/11/2019", "", "", ""],
    "relapse2_date": ["21/5/2020", "", "", ""],
    "Date of death": ["", "18/11/2018", "", "04/03/2020"],
    "last f/u": ["30/06/2023", "N/A", "12/05/2023", "04/03/2020"],
    "Status": ["alive", "dead", "Alive", "dead"],
    "shoe size": ["38", "44", "40", "41"],
}
DATED = "\n".join(" | ".join(row) for row in [list(COLUMNS), *zip(*COLUMNS.values(), strict=True)])


@pytest.fixture
def drafted(tmp_path):
    def make(table: str, name: str = "sheet.csv"):
        source = tmp_path / name
        with source.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(cells(table))
        folder = tmp_path / "study"
        draft = draft_study(source, folder)
        assert write_draft(draft, folder) == []
        return draft, folder

    return make


def fate(draft, header):
    (one,) = (p for _, p in draft.proposals if p.column.name.text == header)
    return one


def test_columns_are_placed_with_a_reason(drafted):
    draft, _ = drafted(DATED)
    places = {
        p.column.name.text: f"{p.table}.{p.target}"
        for _, p in draft.proposals
        if p.fate == "placed"
    }
    assert places == {
        "Centre": "patients.site",
        "Gender": "patients.sex",
        "DOB": "patients.birth",
        "dx date": "diagnoses.when",
        "WBC (/uL)": "measurements.value",
        "Hb": "measurements.value",
        "Induction": "treatments.regimen",
        "Best response": "assessments.value",
        "relapse1_date": "events.when",
        "relapse2_date": "events.when",
        "Date of death": "followup.last_contact",
        "last f/u": "followup.last_contact",
        "Status": "followup.vital_status",
    }
    assert fate(draft, "dx date").reason == (
        "it is called 'dx date'; row 4 has 21/09/2018, so the day comes first"
    )


def test_identifiers_are_left_out_with_a_finding(drafted):
    draft, folder = drafted(DATED)
    found = [f for f in draft.findings if f.code == "draft-identifier"]
    assert [f.place for f in found] == [
        "sheet.csv, column B (Patient name)",
        "sheet.csv, column C (MRN)",
    ]
    assert found[0].message == "a column called 'Patient name' identifies a person"
    text = (folder / "mapping.toml").read_text(encoding="utf-8")
    assert 'left_out = ["Patient name", "MRN"]' in text
    for name in ("Ann A", "771"):
        assert name not in text


def test_what_cannot_be_placed_is_said(drafted):
    draft, _ = drafted(DATED)
    (finding,) = (f for f in draft.findings if f.code == "draft-not-placed")
    assert finding.place == "sheet.csv, column Q (shoe size)"
    assert finding.message == (
        "the column was not placed: it is none of the measures that are known here; "
        "`measurements` can hold it"
    )


def test_a_unit_that_is_not_stated_is_a_question(drafted):
    draft, _ = drafted(DATED)
    (finding,) = (f for f in draft.findings if f.code == "draft-question" and "Hb" in f.column)
    assert finding.column == "I (Hb)"
    assert finding.message == ("no unit is stated; all its numbers could be true in g/dL or mmol/L")


def test_the_draft_runs(drafted, tmp_path):
    _, folder = drafted(DATED)
    loaded, findings = check_study(folder)
    assert loaded is not None, [(f.place, f.message) for f in findings if f.severity == "error"]
    events = loaded.chart["events"].select("patient_id", "when").rows()
    assert events == [("01", "2019-11-12"), ("01", "2020-05-21")]
    followup = loaded.chart["followup"].select("last_contact", "vital_status").rows()
    assert followup == [
        ("2023-06-30", "alive"),
        ("2018-11-18", "dead"),
        ("2023-05-12", "alive"),
        ("2020-03-04", "dead"),
    ]
    outcome = run_study(folder, tmp_path / "out")
    assert outcome.patients == 4
    assert (tmp_path / "out" / "patient-level" / "report.html").exists()


def test_an_open_order_of_dates_is_a_question_and_not_a_guess(drafted):
    table = """
    ID | Site | date of diagnosis | last contact | vital status
    1  | A    | 03/04/2018        | 2020-01-01   | alive
    2  | A    | 05/06/2018        | 2020-01-01   | dead
    """
    draft, folder = drafted(table)
    finding, other = (f for f in draft.findings if f.code == "draft-question")
    assert other.column == "rows.diagnosis.columns.disease"
    assert finding.message == (
        "no cell shows whether the day or the month comes first: "
        "say dates = DD/MM/YYYY or MM/DD/YYYY"
    )
    loaded, findings = check_study(folder)
    assert loaded is None
    assert {f.code for f in findings if f.severity == "error"} == {"mapping-date-order"}


def test_a_word_without_a_code_is_a_question(drafted):
    table = """
    ID | Site | date of diagnosis | last contact | vital status
    1  | A    | 2018-01-01        | 2020-01-01   | alive
    2  | A    | 2018-01-01        | 2020-01-01   | hospice
    """
    _, folder = drafted(table)
    text = (folder / "mapping.toml").read_text(encoding="utf-8")
    assert "what does 'hospice' mean in [codes.vital_status]? Give it a code\n# hospice = " in text
    _, findings = check_study(folder)
    (finding,) = (f for f in findings if f.code == "mapping-code-unknown")
    assert finding.place == "sheet.csv, row 3, column E (vital status)"


def test_a_folder_with_a_study_is_left_alone(drafted, tmp_path):
    draft, folder = drafted(DATED)
    before = (folder / "mapping.toml").read_bytes()
    (finding,) = write_draft(draft, folder)
    assert finding.message == (
        "the folder has mapping.toml and study.toml already, and nothing is replaced"
    )
    assert (folder / "mapping.toml").read_bytes() == before


def test_a_sheet_without_patients_numbers_goes_by_its_rows_and_says_so(drafted):
    draft, folder = drafted("Centre | Gender\nA | F\nA | F\nB | M")
    assert 'patient_id = "[row]"' in (folder / "mapping.toml").read_text(encoding="utf-8")
    assert draft.questions[0].text.startswith("no column numbers the patients")
    _, findings = check_study(folder)
    (warning,) = (f for f in findings if f.code == "mapping-patients-by-row")
    assert warning.message == (
        "the patients are known by their rows alone (R002 is row 2): a row that is added or moved "
        "gives patients other numbers"
    )


def test_the_command_says_where_everything_is(tmp_path):
    source = tmp_path / "sheet.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(cells(DATED))
    before = source.read_bytes()
    sequela = Path(sys.executable).parent / "sequela"
    done = subprocess.run(
        [str(sequela), "init", "sheet.csv", "--out", "mine"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "For you to answer, in mine/mapping.toml" in done.stdout
    assert "no unit is stated; all its numbers could be true in g/dL or mmol/L" in done.stdout
    assert "The source stays at sheet.csv; the study refers to it." in done.stdout
    assert "Next: sequela check mine" in done.stdout
    assert 'file = "../sheet.csv"' in (tmp_path / "mine" / "mapping.toml").read_text("utf-8")
    assert source.read_bytes() == before
    again = subprocess.run(
        [str(sequela), "init", "sheet.csv", "--out", "mine"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 2
    assert "nothing is replaced" in again.stderr


def test_a_file_that_cannot_be_read(tmp_path):
    draft = draft_study(tmp_path / "none.xlsx", tmp_path / "study")
    assert draft.files == {}
    assert [f.severity for f in draft.findings] == ["error"]
    assert write_draft(draft, tmp_path / "study") == []
    assert not (tmp_path / "study").exists()


def test_the_rows_may_stand_in_a_spreadsheet(drafted, tmp_path):
    _, folder = drafted(DATED)
    other = tmp_path / "as-sheet"
    draft = draft_study(tmp_path / "sheet.csv", other, as_sheet=True)
    assert write_draft(draft, other) == []
    assert sorted(draft.files) == ["mapping.toml", "mapping.xlsx", "study.toml"]
    again = draft_study(tmp_path / "sheet.csv", other, as_sheet=True)
    assert again.files == draft.files
    one, _ = check_study(folder)
    two, findings = check_study(other)
    assert two is not None, [(f.place, f.message) for f in findings if f.severity == "error"]
    for table, frame in one.chart.tables.items():
        assert frame.equals(two.chart[table]), table
