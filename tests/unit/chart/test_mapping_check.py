"""Mappings that cannot be meant: each a finding with its line and what to do."""

from __future__ import annotations

import pytest

from mapped_study import Mapped, write_mapping

SHEET = """
id | centre | relapse
1  | North  | 2020-01-01
"""
PATIENTS = """
[[rows]]
table = "patients"
source = "sheet"
columns.site = { from = "centre" }
"""


def events(line: str, more: str = "") -> str:
    return f"""
[[rows]]
name = "relapse"
table = "events"
source = "sheet"
{more}
columns.what = {{ value = "relapse" }}
columns.when = {line}
"""


CASES = {
    "an unknown key": (
        events('{ from = "relapse", datess = "DD/MM/YYYY" }'),
        "mapping-unknown-key",
        13,
        "'datess' is not known here",
        "Did you mean 'dates'?",
    ),
    "an unknown table": (
        PATIENTS.replace('"patients"', '"patient"'),
        "mapping-unknown-table",
        8,
        "the chart has no table 'patient'",
        "Did you mean 'patients'?",
    ),
    "an unknown source": (
        PATIENTS.replace('"sheet"', '"sheets"'),
        "mapping-unknown-source",
        9,
        "there is no source 'sheets'",
        "Did you mean 'sheet'?",
    ),
    "an unknown source column": (
        PATIENTS.replace('"centre"', '"center"'),
        "mapping-unknown-column",
        10,
        "sheet.csv has no column 'center'",
        "Did you mean 'centre'?",
    ),
    "an unknown chart column": (
        PATIENTS.replace("columns.site", "columns.sites"),
        "mapping-unknown-chart-column",
        10,
        "the chart's table 'patients' has no column 'sites'",
        "Did you mean 'site'?",
    ),
    "the patient's number as a column": (
        PATIENTS + 'columns.patient_id = { from = "id" }\n',
        "mapping-unknown-chart-column",
        11,
        "the chart's table 'patients' has no column 'patient_id'",
        "The patient's number comes from the source's `patient_id`.",
    ),
    "a required chart column that is not given": (
        '\n[[rows]]\ntable = "events"\nsource = "sheet"\ncolumns.when = { from = "relapse" }\n',
        "mapping-column-missing",
        10,
        "the rows have no 'what', which every row of 'events' needs",
        "Add it: what happened, such as relapse.",
    ),
    "a code that the chart does not have": (
        PATIENTS + 'columns.sex = { from = "centre", codes = { North = "femal" } }\n',
        "mapping-code-not-in-chart",
        11,
        "the chart's 'sex' has no code 'femal'",
        "Did you mean 'female'?",
    ),
    "a code list that does not exist": (
        PATIENTS
        + 'columns.sex = { from = "centre", codes = "sexes" }\n\n[codes.sex]\nf="female"\n',
        "mapping-unknown-code-list",
        11,
        "there is no code list 'sexes'",
        "Did you mean 'sex'?",
    ),
    "a form of date without a year": (
        events('{ from = "relapse", dates = "DD/MM" }'),
        "mapping-date-form",
        13,
        "'DD/MM' has no year: write YYYY or YY",
        "Forms are made of DD, MM, Mon, YYYY and what stands between them.",
    ),
    "a form of date with a part twice": (
        events('{ from = "relapse", dates = "DD/DD/YYYY" }'),
        "mapping-date-form",
        13,
        "'DD/DD/YYYY' has a part twice",
        "Forms are made of DD, MM, Mon, YYYY and what stands between them.",
    ),
    "dates and time": (
        events('{ from = "relapse", dates = "DD/MM/YYYY", time = "days" }'),
        "mapping-verb-misplaced",
        13,
        "`dates` and `time` cannot both be: a cell is a date, or a number of days or months",
        "Keep one; make two rows with a condition where the sheet has both.",
    ),
    "a date where text belongs": (
        PATIENTS.replace('{ from = "centre" }', '{ from = "centre", dates = "YYYY" }'),
        "mapping-verb-misplaced",
        10,
        "`dates` makes no sense for 'site', which holds text",
        "Leave `dates` out, or choose another chart column.",
    ),
    "a unit that nobody knows": (
        """
[[rows]]
table = "measurements"
source = "sheet"
columns.name = { value = "hemoglobin" }
columns.value = { from = "relapse", unit = "g/cL", to = "g/dL" }
""",
        "mapping-unit-unknown",
        11,
        "nothing is known of the unit 'g/cL' of hemoglobin",
        "Did you mean 'g/l'? Leave `to` out to keep the number as it is.",
    ),
    "a unit without the unit as charted": (
        events('{ from = "relapse", to = "g/dL" }'),
        "mapping-invalid",
        13,
        "`to` needs the unit as charted: `unit` or `unit_column`",
        "Correct it.",
    ),
    "a constant and a source column": (
        events('{ from = "relapse", value = "2020" }'),
        "mapping-invalid",
        13,
        "give one of `from`, `value`, `parts` and `position`",
        "Correct it.",
    ),
    "a repeat without a place for it": (
        events('{ from = "relapse" }', 'repeat = ["1", "2"]'),
        "mapping-repeat-without-place",
        11,
        "the rows repeat, and no source column has {n} in its name",
        "Write {n} where the names differ, such as relapse{n}_date.",
    ),
    "a place for a repeat that does not repeat": (
        events('{ from = "relapse{n}" }'),
        "mapping-repeat-missing",
        12,
        "a source column has {n} in its name, and the rows do not repeat",
        'Add repeat = ["1", "2"] with what stands there.',
    ),
    "a condition over a column that is not there": (
        events('{ from = "relapse" }', "where = \"center = 'North'\""),
        "mapping-condition",
        11,
        "the condition \"center = 'North'\" names 'center', which does not exist here",
        "Conditions are SQL; a name with a blank stands in quotes: \"relapse date\" = 'x'.",
    ),
    "two columns that are split": (
        events('{ from = "relapse", split = ";" }')
        + 'columns.cause = { from = "centre", split = ";" }\n',
        "mapping-split-twice",
        14,
        "two source columns are split, and nothing says which parts belong together",
        "Split one of them; make rows of their own for the other.",
    ),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mapping_that_cannot_be_meant(case, tmp_path):
    mapping, code, row, message, remedy = CASES[case]
    told = Mapped(write_mapping(tmp_path / "study", mapping, sheet=SHEET))
    finding = told.one(code)
    assert (finding.file, finding.severity) == ("mapping.toml", "error")
    assert finding.message == message
    assert finding.remedy == remedy
    assert finding.row == row


def test_the_line_is_that_of_the_key(tmp_path):
    mapping = PATIENTS + events('{ from = "relapsed" }')
    folder = write_mapping(tmp_path / "study", mapping, sheet=SHEET)
    finding = Mapped(folder).one("mapping-unknown-column")
    lines = (folder / "mapping.toml").read_text(encoding="utf-8").splitlines()
    assert lines[finding.row - 1] == 'columns.when = { from = "relapsed" }'


def test_a_column_mapped_twice_in_the_file_is_a_mistake_of_syntax(tmp_path):
    mapping = PATIENTS + 'columns.site = { value = "North" }\n'
    finding = Mapped(write_mapping(tmp_path / "s", mapping, sheet=SHEET)).one("mapping-syntax")
    assert finding.row == 11
    assert finding.remedy.endswith("a key stands once.")


def test_a_file_that_is_not_there(tmp_path):
    mapping = '[sources.sheet]\nfile = "shet.csv"\npatient_id = "id"\n' + PATIENTS
    finding = Mapped(write_mapping(tmp_path / "s", mapping, sheet=SHEET)).one(
        "mapping-file-missing"
    )
    assert finding.place == "mapping.toml, row 2, column sources.sheet.file"
    assert finding.remedy == "Did you mean 'sheet.csv'?"


def test_a_patient_column_that_is_not_there(tmp_path):
    mapping = '[sources.sheet]\nfile = "sheet.csv"\npatient_id = "ID"\n' + PATIENTS
    told = Mapped(write_mapping(tmp_path / "s", mapping, sheet=SHEET))
    assert told.one("mapping-unknown-column").remedy == "Did you mean 'id'?"
    assert "table-without-rows" not in told.codes


def test_links_that_lead_round_in_a_circle(tmp_path):
    mapping = """
[sources.sheet]
file = "sheet.csv"
patient_id = "id"
link = { source = "other", column = "b" }

[sources.other]
file = "other.csv"
patient_id = "b"
link = { source = "sheet", column = "id" }
"""
    told = Mapped(write_mapping(tmp_path / "s", mapping, sheet=SHEET, other="b|c\n1|2"))
    findings = told.found("mapping-cycle")
    assert [f.message for f in findings] == [
        "the links lead round in a circle: sheet to other to sheet",
        "the links lead round in a circle: other to sheet to other",
    ]
    assert findings[0].row == 5


def test_a_number_of_two_patients_links_to_neither(tmp_path):
    mapping = """
[sources.sheet]
file = "sheet.csv"
patient_id = "id"
left_out = ["centre", "relapse"]

[sources.other]
file = "other.csv"
patient_id = "MRN"
link = { source = "sheet", column = "MRN" }
"""
    sheet = "id|MRN\n1|A\n2|A"
    told = Mapped(write_mapping(tmp_path / "s", mapping, sheet=sheet, other="MRN|c\nA|2"))
    assert told.one("mapping-link-twice").place == "sheet.csv, row 3, column B (MRN)"
    assert len(told.found("mapping-unknown-column")) == 2


def test_a_column_that_the_mapping_does_not_mention_is_said(tmp_path):
    told = Mapped(write_mapping(tmp_path / "s", PATIENTS, sheet=SHEET))
    finding = told.one("mapping-column-not-used")
    assert (finding.severity, finding.place) == ("warning", "sheet.csv, column C (relapse)")
    assert finding.message == ("the mapping says nothing of this column, and it has 1 filled cell")
    assert finding.remedy == "Map it, or name it in `left_out` of mapping.toml."


def test_a_row_without_a_patient_is_named(tmp_path):
    sheet = SHEET + "  | Total  | 1\n"
    told = Mapped(write_mapping(tmp_path / "s", PATIENTS, sheet=sheet))
    finding = told.one("mapping-row-without-patient")
    assert finding.place == "sheet.csv, row 3, column A (id)"
    assert "`passed_over`" in finding.remedy


def test_a_table_that_the_folder_gives_as_well(tmp_path):
    folder = write_mapping(
        tmp_path / "s", PATIENTS, sheet=SHEET, patients="patient_id|site\n1|North"
    )
    finding = Mapped(folder).one("table-twice")
    assert finding.message == "the folder gives the table 'patients' twice"


def test_findings_of_the_chart_name_the_place_in_the_source(tmp_path):
    sheet = "id|centre|age\n1|North|sixty\n2||50"
    mapping = PATIENTS + 'columns.age = { from = "age" }\n'
    told = Mapped(write_mapping(tmp_path / "s", mapping, sheet=sheet))
    assert told.one("cell-not-a-whole-number").place == "sheet.csv, row 2, column C (age)"
    assert told.one("cell-required").place == "sheet.csv, row 3, column B (centre)"
