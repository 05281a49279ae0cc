"""A work list goes out with questions and comes back as corrections over untouched sources."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sequela.chart.corrections import CORRECTIONS, HEADING
from sequela.findings import StudyError
from sequela.pipeline import check_study
from sequela.worklist import (
    ANSWER,
    BLANK,
    BY,
    LEAVE,
    SHEET,
    accept_answers,
    read_worklist,
    write_worklist,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path):
    """A study with a sex that is no code and a death before the diagnosis."""
    made = shutil.copytree(ROOT / "examples" / "minimal", tmp_path / "study")
    for file, old, new in (
        ("patients.csv", "P03,North,female", "P03,North,f"),
        ("followup.csv", "P02,2018-11-18", "P02,2017-11-18"),
    ):
        text = (made / file).read_text()
        assert old in text, file
        (made / file).write_text(text.replace(old, new))
    return made


@pytest.fixture
def asked(folder, tmp_path):
    """The work list's path, and a function that fills in a line by the question's rule."""
    path = tmp_path / "questions.xlsx"
    write_worklist(folder, check_study(folder)[1], path)

    def fill(rule: str, **cells: str) -> None:
        book = load_workbook(path)
        sheet = book[SHEET]
        names = [cell.value for cell in sheet[1]]
        for row in sheet.iter_rows(min_row=2):
            if row[names.index("Rule")].value == rule:
                for name, value in cells.items():
                    row[names.index(_NAMES[name])].value = value
        book.save(path)

    return path, fill


_NAMES = {"answer": ANSWER, "leave": LEAVE, "by": BY, "now": "Value now"}


def stopping(folder):
    return [f.code for f in check_study(folder)[1] if f.stops]


def test_a_line_shows_the_cell_as_it_stands(asked):
    sheet = load_workbook(asked[0])[SHEET]
    heading, *lines = ([cell.value for cell in row] for row in sheet.iter_rows())
    found = [dict(zip(heading, line, strict=True)) for line in lines]
    assert [(f["File"], f["Row"], f["Column"], f["Value now"]) for f in found] == [
        ("followup.csv", "3", "last_contact", "2017-11-18"),
        ("patients.csv", "4", "sex", "f"),
    ]


def test_answers_correct_the_chart_and_the_sources_stay(folder, asked):
    path, fill = asked
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    fill("cell-unknown-code", answer="female", by="KM")
    fill("death-before-diagnosis", answer="2018-11-18", by="KM")
    kept = accept_answers(folder, read_worklist(path), reviewed_by="A. Smith")
    assert kept.version == 1
    after = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert after.pop(CORRECTIONS)
    assert after == before
    loaded, findings = check_study(folder)
    assert loaded is not None
    assert [(f.code, f.file, f.row, f.value) for f in findings] == [
        ("cell-corrected", "followup.csv", 3, "2017-11-18 -> 2018-11-18"),
        ("cell-corrected", "patients.csv", 4, "f -> female"),
    ]
    assert CORRECTIONS in loaded.chart.inputs


def test_a_second_list_is_a_second_version(folder, asked, tmp_path):
    path, fill = asked
    fill("cell-unknown-code", answer="female", by="KM")
    accept_answers(folder, read_worklist(path), reviewed_by="A. Smith")
    assert stopping(folder) == ["death-before-diagnosis"]
    again = tmp_path / "again.xlsx"
    write_worklist(folder, check_study(folder)[1], again)
    book = load_workbook(again)
    sheet = book[SHEET]
    names = [cell.value for cell in sheet[1]]
    sheet.cell(2, names.index(ANSWER) + 1, "2018-11-18")
    sheet.cell(2, names.index(BY) + 1, "KM")
    book.save(again)
    assert accept_answers(folder, read_worklist(again), reviewed_by="B. Lee").version == 2
    assert stopping(folder) == []
    lines = (folder / CORRECTIONS).read_text().splitlines()
    assert lines[0] == ",".join(HEADING)
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "2"]


def test_a_cell_can_be_emptied(folder, asked):
    path, fill = asked
    fill("cell-unknown-code", answer=BLANK, by="KM")
    accept_answers(folder, read_worklist(path), reviewed_by="A. Smith")
    assert "cell-unknown-code" not in stopping(folder)


def test_a_source_that_has_changed_since_is_not_corrected(folder, asked):
    """The answer was about another value; nobody knows whether it still holds."""
    path, fill = asked
    fill("cell-unknown-code", answer="female", by="KM")
    patients = folder / "patients.csv"
    patients.write_text(patients.read_text().replace("P03,North,f", "P03,North,m"))
    with pytest.raises(StudyError) as caught:
        accept_answers(folder, read_worklist(path), reviewed_by="A. Smith")
    assert [f.code for f in caught.value.findings] == ["correction-stale"]
    assert not (folder / CORRECTIONS).exists()


def test_a_correction_that_no_longer_fits_stops_the_run(folder, asked):
    path, fill = asked
    fill("cell-unknown-code", answer="female", by="KM")
    accept_answers(folder, read_worklist(path), reviewed_by="A. Smith")
    patients = folder / "patients.csv"
    patients.write_text(patients.read_text().replace("P03,North,f", "P03,North,male"))
    (found,) = [f for f in check_study(folder)[1] if f.code == "correction-stale"]
    assert (found.file, found.row, found.severity) == (CORRECTIONS, 2, "error")
    assert "patients.csv, row 4 no longer holds what this corrects" in found.message


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"answer": "female"}, "answer-without-name"),
        ({"answer": "female", "leave": "it is right", "by": "KM"}, "answer-twice"),
        ({"leave": "we never knew", "by": "KM"}, "answer-not-waivable"),
    ],
)
def test_an_answer_that_cannot_be_used(folder, asked, cells, code):
    path, fill = asked
    fill("cell-unknown-code", **cells)
    answers = read_worklist(path)
    assert [(f.code, f.file, f.row) for f in answers.findings] == [(code, "questions.xlsx", 3)]
    with pytest.raises(StudyError):
        accept_answers(folder, answers, reviewed_by="A. Smith")
    assert not (folder / CORRECTIONS).exists()


def test_a_reason_to_leave_a_cell_is_a_waiver(folder, tmp_path):
    extra = "patient_id,what,when\nP02,relapse,2018-07-01\n"
    (folder / "events.csv").write_text(extra)
    path = tmp_path / "questions.xlsx"
    write_worklist(folder, check_study(folder)[1], path)
    book = load_workbook(path)
    sheet = book[SHEET]
    names = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        if row[names.index("Rule")].value == "relapse-without-remission":
            row[names.index(LEAVE)].value = 'outside hospital: "no records"'
            row[names.index(BY)].value = "KM"
    book.save(path)
    (waiver,) = read_worklist(path).waivers
    with (folder / "study.toml").open("a") as file:
        file.write(f"\n{waiver}\n")
    (found,) = [f for f in check_study(folder)[1] if f.code == "relapse-without-remission"]
    assert 'outside hospital: "no records"' in found.waived


def test_answers_are_never_written_over(folder, asked):
    with pytest.raises(StudyError) as caught:
        write_worklist(folder, check_study(folder)[1], asked[0])
    assert [f.code for f in caught.value.findings] == ["worklist-exists"]


def test_another_workbook_is_no_work_list(tmp_path):
    from sequela.sources.spreadsheet_text import workbook_bytes

    path = tmp_path / "other.xlsx"
    path.write_bytes(workbook_bytes({SHEET: [("a", "b"), ("1", "2")]}))
    assert "worklist-unknown-form" in [f.code for f in read_worklist(path).findings]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("1,patients.csv,,4,sxe,P03,f,female,q,KM,AS,", "correction-without-column"),
        ("1,nobody.csv,,4,sex,P03,f,female,q,KM,AS,", "correction-without-table"),
        ("1,patients.csv,,99,sex,P03,f,female,q,KM,AS,", "correction-stale"),
        ("x,patients.csv,,4,sex,P03,f,female,q,KM,AS,", "correction-unreadable"),
    ],
)
def test_a_correction_that_cannot_be_applied_says_why(folder, line, code):
    (folder / CORRECTIONS).write_text(",".join(HEADING) + "\n" + line + "\n")
    found = [f for f in check_study(folder)[1] if f.file == CORRECTIONS]
    assert [(f.code, f.row) for f in found] == [(code, 2)]


def test_no_value_of_a_patient_stands_in_a_sentence(folder, asked):
    path, fill = asked
    fill("death-before-diagnosis", answer="2018-11-18", by="KM")
    accept_answers(folder, read_worklist(path), reviewed_by="A. Smith")
    for finding in check_study(folder)[1]:
        assert "2018-11-18" not in finding.message + finding.remedy
