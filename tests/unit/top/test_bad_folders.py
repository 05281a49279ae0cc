"""Folders that cannot be run: every mistake is a finding with its place, in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequela.chart.chart import read_chart
from sequela.findings import StudyError
from sequela.pipeline import check_study, load_study, run_study
from small_study import write_study

BAD = Path(__file__).parents[2] / "studies" / "bad"

TOML = """
[study]
title = "A sound study"
sites = ["North", "South"]
time_unit = "days"

[moments.diagnosis]
table = "diagnoses"
where = "role = 'first'"

[moments.death]
table = "followup"
where = "vital_status = 'dead'"

[moments.last_contact]
table = "followup"

[columns.site]
derive = "look_up"
table = "patients"
column = "site"
label = "Site"

[columns.age]
derive = "age"
at = "diagnosis"

[columns.remission]
derive = "condition"
where = "age >= 18"

[sets.old]
where = "age >= 65"

[endpoints.os]
start = "diagnosis"
event = ["death"]
censor = ["last_contact"]

[[exhibit]]
id = "table-1"
kind = "table1"
title = "Characteristics"
by = "site"
rows = [{ column = "age", show = ["median_range"] }]

[[exhibit]]
id = "os"
kind = "km"
title = "Survival"
endpoint = "os"
at = [12, 24]
"""
PATIENTS = """
patient_id | site  | sex    | age
01         | North | male   | 60
02         | South | female | 70
"""
DIAGNOSES = """
patient_id | disease | role  | when
01         | AML     | first | 0 days
02         | AML     | first | 0 days
"""
FOLLOWUP = """
patient_id | last_contact | vital_status
01         | 300 days     | alive
02         | 200 days     | dead
"""


@pytest.fixture
def folder(tmp_path):
    """A sound study's folder, with some tables or the study file as the test wants them."""

    def make(toml=TOML, **tables):
        tables = {"patients": PATIENTS, "diagnoses": DIAGNOSES, "followup": FOLLOWUP} | tables
        return write_study(tmp_path / "study", toml, **tables)

    return make


def told(folder: Path) -> list[tuple[str, str, str]]:
    """Place, complaint and remedy of every finding but notes."""
    loaded, findings = check_study(folder)
    assert loaded is None
    return [(f.place, f.message, f.remedy) for f in findings if f.severity != "note"]


def test_the_study_that_the_others_are_made_from_is_sound(folder):
    loaded, findings = check_study(folder())
    assert findings == []
    assert loaded is not None


def test_leading_zeros_are_kept(folder):
    loaded, _ = check_study(folder())
    assert loaded is not None
    assert loaded.clinical.subjects.frame["patient_id"].to_list() == ["01", "02"]


# Files -------------------------------------------------------------------------------------


def test_no_such_folder(tmp_path):
    assert told(tmp_path / "nowhere") == [
        (
            "nowhere",
            "there is no such folder",
            "Give the folder that holds study.toml and the chart's tables.",
        )
    ]


def test_no_study_file(folder):
    path = folder()
    (path / "study.toml").unlink()
    assert told(path) == [
        (
            "study.toml",
            "the folder has no study.toml",
            "Give the study's folder; `sequela --help` shows what it holds.",
        )
    ]


@pytest.mark.parametrize(
    ("table", "row_is"), [("patients", "a person"), ("followup", "last contact with a person")]
)
def test_a_table_that_every_study_needs_is_missing(folder, table, row_is):
    path = folder()
    (path / f"{table}.csv").unlink()
    assert told(path) == [
        (
            f"{table}.csv",
            f"the chart has no {table}.csv (one row is {row_is})",
            f"Add {table}.csv to the study's folder; every study needs it.",
        )
    ]


def test_a_file_that_is_no_table(folder):
    path = folder()
    (path / "diagnosis.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (path / "mutations.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    loaded, findings = check_study(path)
    assert loaded is not None
    assert [(f.severity, f.place, f.message, f.remedy) for f in findings] == [
        (
            "warning",
            "diagnosis.csv",
            "diagnosis.csv is no table of the chart, so nothing reads it",
            "Did you mean 'diagnoses'?",
        ),
        (
            "warning",
            "mutations.csv",
            "mutations.csv is a chart table that this version does not read yet",
            "It is left as it is.",
        ),
    ]


LATIN = "patient_id,site,note\n01,North,\n02,South,Mönch\n".encode("latin-1")


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        (LATIN, "patients.csv, row 3", "the file is not UTF-8 text: byte 42 cannot be read"),
        (
            "patient_id,site\n01,North\n".encode("utf-16-le"),
            "patients.csv",
            "every second byte is NUL, as in UTF-16-LE text without its mark",
        ),
        (b"", "patients.csv", "the file has no heading and no rows"),
        (b"\n\n \n", "patients.csv", "the file has no heading and no rows"),
        (
            b'patient_id,site\n01,North\n02,"South\n',
            "patients.csv, row 3",
            "the quotation mark that opens in line 3 is never closed",
        ),
        (
            b"patient_id,site\n",
            "patients.csv",
            "the table has a heading and no rows (one row is a person)",
        ),
    ],
    ids=["latin-1", "utf-16 without its mark", "empty", "blank", "quote", "only a heading"],
)
def test_a_file_that_cannot_be_read(folder, data, place, message):
    path = folder()
    (path / "patients.csv").write_bytes(data)
    (found, said, remedy), *others = told(path)
    assert (found, said, others) == (place, message, [])
    assert remedy


def test_a_nul_character_is_a_finding(folder):
    path = folder()
    (path / "patients.csv").write_bytes(b"patient_id,site\n01,No\x00rth\n")
    assert [f for f in told(path) if "control character" in f[1]] != []


def test_an_unreadable_follow_up_is_one_finding_and_not_one_a_patient(folder):
    path = folder()
    (path / "followup.csv").write_bytes(LATIN)
    assert [place for place, *_ in told(path)] == ["followup.csv, row 3"]


# Headings and rows -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        (
            {"patients": PATIENTS.replace("sex", "sexe")},
            (
                "patients.csv, row 1, column sexe",
                "the table has no column 'sexe'",
                "Did you mean 'sex'? Or move it to `note`.",
            ),
        ),
        (
            {
                "patients": PATIENTS.replace(" age", " sex")
                .replace("60", "male")
                .replace("70", "male")
            },
            (
                "patients.csv, row 1, column sex",
                "column 'sex' stands twice in the heading: column 3 and column 4",
                "Keep one of the two, or rename one.",
            ),
        ),
        (
            {"patients": PATIENTS.replace("| age", "|")},
            (
                "patients.csv, row 1",
                "column 4 has no name",
                "Name it in the heading, or delete the column.",
            ),
        ),
        (
            {"followup": FOLLOWUP.replace("| vital_status", "| disease_status")},
            (
                "followup.csv, row 1, column vital_status",
                "the required column 'vital_status' is missing",
                "Add it: at last contact.",
            ),
        ),
        (
            {"diagnoses": DIAGNOSES + "02 | AML"},
            (
                "diagnoses.csv, row 4",
                "the row has 2 cells where the heading has 4",
                "Put cells that hold a comma in quotation marks, or fill up the row.",
            ),
        ),
        (
            {"diagnoses": DIAGNOSES + "02 | AML | first | 0 days | more"},
            (
                "diagnoses.csv, row 4",
                "the row has 5 cells where the heading has 4",
                "Put cells that hold a comma in quotation marks, or fill up the row.",
            ),
        ),
    ],
    ids=["unknown", "twice", "blank", "required", "short", "long"],
)
def test_headings_and_ragged_rows(folder, tables, expected):
    assert told(folder(**tables)) == [expected]


# Cells -------------------------------------------------------------------------------------


MEASURED = "patient_id|name|value|when|limit_of_detection\n01|WBC|{}|{}|{}"


@pytest.mark.parametrize(
    ("tables", "place", "message", "remedy"),
    [
        (
            {"measurements": MEASURED.format("about 12", "0 days", "")},
            "measurements.csv, row 2, column value",
            "'value' holds text where a number belongs",
            "Give a number such as 12.5, a bound such as >90, a range such as 3-7, or not "
            "detected, or leave it blank.",
        ),
        (
            {"measurements": MEASURED.format("", "0 days", "")},
            "measurements.csv, row 2, column value",
            "'value' is blank, and every row needs it",
            "Fill it in: the value.",
        ),
        (
            {"measurements": MEASURED.format("1", "14.3.2019", "")},
            "measurements.csv, row 2, column when",
            "'when' does not say which number is the day and which the month",
            "Write 2019-03-14 or 14 Mar 2019, or declare the order in the mapping of the sheet.",
        ),
        (
            {"measurements": MEASURED.format("1", "soon", "")},
            "measurements.csv, row 2, column when",
            "'when' holds no date and no time that can be read",
            "Give a date such as 2019-03-14, 14 Mar 2019, 2019-03, 2019 Q2 or 2019, or a time "
            "such as 14.2 months or -2.5 years on the clock of the row, or leave it blank.",
        ),
        (
            {"patients": PATIENTS.replace("female", "Female")},
            "patients.csv, row 3, column sex",
            "'sex' holds a code that the table does not know",
            "Did you mean 'female'?",
        ),
        (
            {"patients": PATIENTS.replace("60", "60.5")},
            "patients.csv, row 2, column age",
            "'age' holds no whole number",
            "Give a whole number, or leave it blank.",
        ),
        (
            {"patients": PATIENTS.replace("01  ", "    ")},
            "patients.csv, row 2, column patient_id",
            "'patient_id' is blank, and every row needs it",
            "Fill it in: the patient's study number.",
        ),
        (
            {"exposures": "patient_id|drug|duration\n01|L|long"},
            "exposures.csv, row 2, column duration",
            "'duration' holds no length of time that can be read",
            "Give a length of time such as 26 months, >90 months or 3-7 months, or leave it blank.",
        ),
        (
            {"transplants": "patient_id|type|indication|cd34_selection\n01|allogeneic|AML|maybe"},
            "transplants.csv, row 2, column cd34_selection",
            "'cd34_selection' holds neither yes nor no",
            "Give yes or no, or leave it blank.",
        ),
    ],
)
def test_cells(folder, tables, place, message, remedy):
    found = told(folder(**tables))
    assert (place, message, remedy) in found
    # a patient whose number is lost is lost to the other tables as well; nothing else follows
    assert len(found) == 1 or "patient_id" in place


def test_the_value_is_kept_apart_from_the_sentence(folder):
    _, (finding,) = check_study(folder(measurements=MEASURED.format("about 12", "0 days", "")))
    assert (finding.value, finding.patient_id) == ("about 12", "01")
    assert "about 12" not in finding.message + finding.remedy
    without = finding.without_patient()
    assert (without.value, without.patient_id, without.row) == ("", "", None)


# Rules over the chart ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tables", "place", "message", "remedy"),
    [
        (
            {"patients": PATIENTS + "01 | North | male | 60"},
            "patients.csv, row 4, column patient_id",
            "the patient stands twice where every patient has one row",
            "Keep one row, or give the second person another number.",
        ),
        (
            {"patients": PATIENTS.replace("North", "Nort")},
            "patients.csv, row 2, column site",
            "the site is not among the study's sites",
            "Did you mean 'North'? Correct it, or add it to `sites` in study.toml.",
        ),
        (
            {"followup": FOLLOWUP.replace("200 days", "-9 days ")},
            "followup.csv, row 3, column last_contact",
            "the patient died before the diagnosis",
            "The diagnosis stands in diagnoses.csv, row 3. Correct one of the two.",
        ),
        (
            {"events": "patient_id|what|when\n01|relapse|301 days"},
            "events.csv, row 2, column when",
            "something happened after the last contact, so the follow-up is too short",
            "Last contact stands in followup.csv, row 2. Correct one of the two.",
        ),
        (
            {"treatments": "patient_id|regimen|start|stop\n01|POMP|9 days|8 days"},
            "treatments.csv, row 2, column stop",
            "it stopped before it started",
            "Correct one of the two.",
        ),
        (
            {"followup": "patient_id|last_contact|vital_status\n01|300 days|alive"},
            "patients.csv, row 3, column patient_id",
            "the patient has no row in followup.csv",
            "Add last contact and vital status; without them there is no survival time.",
        ),
        (
            {"events": "patient_id|what\n1|fall"},
            "events.csv, row 2, column patient_id",
            "the patient is not in patients.csv",
            "Add the person there, or correct the number.",
        ),
    ],
)
def test_rules_over_the_chart(folder, tables, place, message, remedy):
    loaded, findings = check_study(folder(**tables))
    assert loaded is None
    errors = [(f.place, f.message, f.remedy) for f in findings if f.severity == "error"]
    assert errors == [(place, message, remedy)]


def test_a_patient_who_is_not_eligible(folder):
    toml = TOML + '\n[[eligibility]]\nlabel = "Older than 65"\nwhere = "age > 65"\n'
    assert told(folder(toml)) == [
        (
            "patients.csv, row 2",
            "the patient is not eligible: Older than 65",
            "Leave the patient out, correct the chart or the criterion, or let the criterion "
            "exclude.",
        )
    ]


def test_a_patient_of_whom_eligibility_is_unknown_is_kept_with_a_warning(folder):
    toml = TOML + '\n[[eligibility]]\nlabel = "Older than 50"\nwhere = "age > 50"\n'
    loaded, findings = check_study(folder(toml, patients=PATIENTS.replace("60", "  ")))
    assert loaded is not None
    assert loaded.clinical.subjects.frame.height == 2
    assert [(f.severity, f.place, f.message) for f in findings] == [
        ("warning", "patients.csv, row 2", "the patient may not be eligible: Older than 50")
    ]


# The study file ----------------------------------------------------------------------------


def line_of(toml: str, text: str) -> int:
    return next(n for n, line in enumerate(toml.splitlines(), start=1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "place", "message", "remedy"),
    [
        (
            "time_unit",
            "time_units",
            "study.time_units",
            "'time_units' is not known here",
            "Did you mean 'time_unit'?",
        ),
        (
            '\ntable = "diagnoses"',
            '\ntabel = "diagnoses"',
            "moments.diagnosis.tabel",
            "'tabel' is not known here",
            "Did you mean 'table'?",
        ),
        (
            'title = "A sound study"',
            'titel = "A sound study"',
            "study.titel",
            "'titel' is not known here",
            "Did you mean 'title'?",
        ),
        (
            "[moments.death]",
            "[moment.death]",
            "moment",
            "'moment' is not known here",
            "Did you mean 'moments'?",
        ),
        (
            'label = "Site"',
            'lable = "Site"',
            "columns.site.lable",
            "'lable' is not known here",
            "Did you mean 'label'?",
        ),
        (
            "at = [12, 24]",
            "att = [12, 24]",
            "exhibit.os.att",
            "'att' is not known here",
            "Did you mean 'at'?",
        ),
        (
            'derive = "age"',
            'derive = "aeg"',
            "columns.age",
            "'aeg' is no derivation",
            "Did you mean 'age'?",
        ),
        (
            'kind = "km"',
            'kind = "kmm"',
            "exhibit.os",
            "'kmm' is no kind",
            "Did you mean 'km'?",
        ),
        ('derive = "age"\n', "", "columns.age", "'derive' is missing", "Say which it is."),
        ('at = "diagnosis"\n', "", "columns.age.at", "'at' is missing", "Add it."),
        (
            '"median_range"',
            '"median_rang"',
            "exhibit.table-1.rows.1.show.1",
            "'median_rang' is not possible here",
            "Did you mean 'median_range'?",
        ),
        (
            'time_unit = "days"',
            'time_unit = "day"',
            "study.time_unit",
            "'day' is not possible here",
            "Did you mean 'days'?",
        ),
        (
            "at = [12, 24]",
            "at = [-12]",
            "exhibit.os.at.1",
            "input should be greater than or equal to 0",
            "Correct it.",
        ),
        (
            'at = "diagnosis"',
            'at = "diagnoses"',
            "columns.age.at",
            "there is no moment 'diagnoses'",
            "Did you mean 'diagnosis'?",
        ),
        (
            'start = "diagnosis"',
            'start = "diagnose"',
            "endpoints.os.start",
            "there is no moment 'diagnose'",
            "Did you mean 'diagnosis'?",
        ),
        (
            'event = ["death"]',
            'event = ["deaths"]',
            "endpoints.os.event",
            "there is no moment 'deaths'",
            "Did you mean 'death'?",
        ),
        (
            'table = "diagnoses"',
            'table = "diagnosis"',
            "moments.diagnosis.table",
            "there is no chart table 'diagnosis'",
            "Did you mean 'diagnoses'?",
        ),
        (
            'table = "patients"\ncolumn = "site"',
            'table = "patients"\ncolumn = "center"',
            "columns.site.column",
            "there is no column of patients 'center'",
            "Known here: age, age_when, birth, note, patient_id, sex, site.",
        ),
        (
            'by = "site"',
            'by = "sites"',
            "exhibit.table-1.by",
            "there is no column of categories 'sites'",
            "Did you mean 'site'?",
        ),
        (
            'by = "site"',
            'by = "age"',
            "exhibit.table-1.by",
            "there is no column of categories 'age'",
            "Known here: remission, site.",
        ),
        (
            '{ column = "age"',
            '{ column = "aged"',
            "exhibit.table-1.rows",
            "there is no column 'aged'",
            "Did you mean 'age'?",
        ),
        (
            'endpoint = "os"',
            'endpoint = "pfs"',
            "exhibit.os.endpoint",
            "there is no endpoint 'pfs'",
            "Known here: os.",
        ),
        (
            'endpoint = "os"',
            'endpoint = "os"\nset = "odl"',
            "exhibit.os.set",
            "there is no set 'odl'",
            "Did you mean 'old'?",
        ),
        (
            'id = "os"',
            'id = "table-1"',
            "exhibit.table-1.id",
            "'table-1' is also the name of another exhibit; files are named by it",
            "Give one of the two another name, or leave one out.",
        ),
        (
            "at = [12, 24]",
            "at = [12, 12]",
            "exhibit.os.at",
            "'12' stands twice in the list",
            "Give one of the two another name, or leave one out.",
        ),
        (
            "[columns.remission]",
            "[columns.os_event]",
            "columns.os_event",
            "'os_event' is also the name of the endpoint 'os'",
            "Give one of the two another name, or leave one out.",
        ),
        (
            "[columns.remission]",
            "[columns.CR]",
            "columns.CR",
            "'CR' cannot be a name here",
            "Use small letters, digits and single _ (in ids -), beginning with a letter.",
        ),
        (
            'id = "os"',
            'id = "../os"',
            "exhibit.../os",
            "'../os' cannot be a name here",
            "Use small letters, digits and single _ (in ids -), beginning with a letter.",
        ),
    ],
)
def test_what_is_wrong_in_a_study_file(folder, old, new, place, message, remedy):
    assert old in TOML
    path = folder(TOML.replace(old, new, 1))
    loaded, findings = check_study(path)
    assert loaded is None
    found = [(f.column, f.message, f.remedy) for f in findings]
    assert (place, message, remedy) in found
    assert all(f.file == "study.toml" and f.severity == "error" for f in findings)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("time_unit", "time_units", "time_units"),
        ('label = "Site"', 'lable = "Site"', "lable"),
        ("at = [12, 24]", "att = [12, 24]", "att ="),
        ('at = "diagnosis"', 'at = "diagnoses"', 'at = "diagnoses"'),
        ('endpoint = "os"', 'endpoint = "pfs"', 'endpoint = "pfs"'),
        ('"median_range"', '"median_rang"', "median_rang"),
        ('derive = "age"', 'derive = "aeg"', "[columns.age]"),
    ],
)
def test_the_line_of_the_mistake_is_named(folder, old, new, line):
    toml = TOML.replace(old, new, 1)
    _, findings = check_study(folder(toml))
    assert line_of(toml, line) in [f.row for f in findings]


def test_toml_that_does_not_parse_names_its_line(folder):
    toml = TOML.replace('title = "A sound study"', "title = A sound study")
    _, (finding,) = check_study(folder(toml))
    assert finding.place == f"study.toml, row {line_of(toml, 'title')}"
    assert finding.message == "the file is not TOML: Invalid value"


def test_a_study_file_in_another_encoding(folder):
    path = folder()
    (path / "study.toml").write_bytes('[study]\ntitle = "Mönch"\n'.encode("latin-1"))
    _, (finding,) = check_study(path)
    assert finding.message.startswith("the file is not UTF-8 text")


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("age >= 65", "age >= ", "sets.old.where", "the condition 'age >= ' cannot be read: "),
        (
            "age >= 65",
            "aeg >= 65",
            "sets.old.where",
            "the condition 'aeg >= 65' names 'aeg', which does not exist here",
        ),
        (
            "age >= 65",
            "site >= 65",
            "sets.old.where",
            "the condition 'site >= 65' cannot be evaluated: ",
        ),
        ("age >= 65", "age + 1", "sets.old.where", "the condition 'age + 1' gives no yes or no"),
        (
            "role = 'first'",
            "rolle = 'first'",
            "moments.diagnosis.where",
            "names 'rolle', which does not exist here",
        ),
        (
            'where = "age >= 18"',
            'where = "later >= 18"',
            "columns.remission",
            "names 'later', which does not exist here",
        ),
    ],
)
def test_conditions(folder, old, new, place, message):
    _, findings = check_study(folder(TOML.replace(old, new, 1)))
    (finding,) = [f for f in findings if f.code == "condition-unreadable"]
    assert (finding.file, finding.column) == ("study.toml", place)
    assert message in finding.message
    assert finding.remedy.startswith("Conditions are SQL")


def test_a_column_may_use_only_those_above_it(folder):
    toml = TOML.replace(
        "[columns.site]",
        '[columns.region]\nderive = "recode"\nfrom = "site"\ncodes = { North = "N" }\n\n'
        "[columns.site]",
    )
    assert told(folder(toml)) == [
        (
            f"study.toml, row {line_of(toml, 'from =')}, column columns.region.from",
            "there is no earlier column 'site'",
            "None is known here.",
        )
    ]


def test_a_moment_needs_a_column_with_a_time(folder):
    for table, column, word in (("patients", "", "(blank)"), ("diagnoses", "disease", "disease")):
        key = f'\ncolumn = "{column}"' if column else ""
        toml = TOML.replace(
            "[moments.death]", f'[moments.other]\ntable = "{table}"{key}\n\n[moments.death]'
        )
        ((_, message, _),) = told(folder(toml))
        assert message == f"there is no time column of {table} '{word}'"


def test_a_level_that_nobody_can_have(folder):
    toml = (
        TOML
        + '\n[[exhibit]]\nid = "p"\nkind = "proportions"\ntitle = "P"\n'
        + 'rows = [{ column = "site", level = "Nort" }]\n'
    )
    assert told(folder(toml)) == [
        ("study.toml, column exhibit.p.rows", "there is no level 'Nort'", "Did you mean 'North'?")
    ]


# All at once -------------------------------------------------------------------------------


def test_six_mistakes_are_six_findings_at_once():
    with pytest.raises(StudyError) as caught:
        load_study(BAD / "six-mistakes")
    found = [(f.place, f.message, f.value) for f in caught.value.findings]
    assert found == [
        ("events.csv, row 1, column remark", "the table has no column 'remark'", ""),
        ("events.csv, row 3, column patient_id", "the patient is not in patients.csv", "04"),
        (
            "followup.csv, row 3, column last_contact",
            "the patient died before the diagnosis",
            "",
        ),
        (
            "measurements.csv, row 2, column value",
            "'value' holds text where a number belongs",
            "about 12",
        ),
        (
            "patients.csv, row 2, column sex",
            "'sex' holds a code that the table does not know",
            "Male",
        ),
        ("study.toml, row 10, column moments.diagnosis.whre", "'whre' is not known here", ""),
    ]


def test_nothing_is_lost(folder):
    """What is read and what is named in a finding make up all rows of the file."""
    path = folder(
        measurements="""
        patient_id | name | value
        01         | WBC  | 1
        01         | WBC
        02         | WBC  | 2 | x
        02         | WBC  | about 3
        02         | WBC  | 4
        """
    )
    chart, findings = read_chart(path)
    kept = set(chart["measurements"]["row"].to_list())
    named = {f.row for f in findings}
    assert (kept, named) == ({2, 5, 6}, {3, 4, 5})
    assert kept | named == set(range(2, 7))
    # and what cannot be read is null in the chart, never another value
    assert chart["measurements"]["value__low"].to_list() == [1, None, 4]


# Outputs -----------------------------------------------------------------------------------


def test_a_folder_with_foreign_files_is_left_alone(folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.docx").write_text("years of work", encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        run_study(folder(TOML.partition("[[exhibit]]")[0]), out)
    (finding,) = caught.value.findings
    assert (finding.place, finding.message, finding.remedy) == (
        "out",
        "the output folder holds files that no run has written",
        "Name another folder with --out, or empty this one.",
    )
    assert [p.name for p in out.iterdir()] == ["thesis.docx"]


def test_a_file_in_the_place_of_the_output_folder_is_left_alone(folder, tmp_path):
    out = tmp_path / "out"
    out.write_text("a file", encoding="utf-8")
    with pytest.raises(StudyError):
        run_study(folder(TOML.partition("[[exhibit]]")[0]), out)
    assert out.read_text(encoding="utf-8") == "a file"


def test_a_study_with_errors_leaves_the_last_outputs_as_they_were(folder, tmp_path):
    out = tmp_path / "out"
    run_study(folder(TOML.partition("[[exhibit]]")[0]), out)
    before = {p.name: p.stat().st_mtime_ns for p in out.rglob("*")}
    with pytest.raises(StudyError):
        run_study(folder(TOML, followup="patient_id|last_contact\n01|soon"), out)
    assert {p.name: p.stat().st_mtime_ns for p in out.rglob("*")} == before
    assert {p.name for p in tmp_path.iterdir()} == {"out", "study"}


def test_inputs_are_never_written_to(folder, tmp_path):
    path = folder(TOML.partition("[[exhibit]]")[0])
    before = {p.name: p.read_bytes() for p in path.iterdir()}
    run_study(path, tmp_path / "out")
    assert {p.name: p.read_bytes() for p in path.iterdir()} == before
