"""What a draft must not do to a physician in the first hour."""

from __future__ import annotations

import csv
from datetime import date

import pytest
import xlsxwriter

from sequela.draft.draft import draft_study, write_draft
from sequela.draft.look import look_at
from sequela.draft.names import match_name, take_apart
from sequela.draft.senses import sense_of
from sequela.pipeline import check_study


def _look(*texts):
    return look_at(list(enumerate(texts, start=2)))


def _draft(tmp_path, rows):
    source = tmp_path / "sheet.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    draft = draft_study(source, tmp_path / "study")
    return draft, draft.files["mapping.toml"].decode()


@pytest.mark.parametrize(
    ("texts", "sense"),
    [
        (("Dead", "Alive", "alive"), "vital_status"),
        (("a", "d", "a"), ""),
        (("F", "M"), "sex"),
        (("m", "w"), "sex"),
        (("CR", "PR", "NR"), "response"),
        (("MRD", "MUD", "haplo"), "donor"),
        (("yes", "no"), ""),
        (("relapsed", "in CR after HCT"), ""),
    ],
)
def test_words_say_what_they_speak_of(texts, sense):
    assert sense_of(_look(*texts)) == sense


@pytest.mark.parametrize(
    ("name", "visit", "subject"),
    [
        ("WBC at dx (K/uL)", "diagnosis", "wbc"),
        ("MRD at EOI", "end of induction", "mrd"),
        ("MRD day 28", "end of induction", "mrd"),
        ("blasts at relapse", "relapse", "blasts"),
        ("ECOG pre-HCT", "before transplant", "ecog"),
        ("sex", "", "sex"),
    ],
)
def test_the_visit_that_a_name_speaks_of(name, visit, subject):
    found = take_apart(name)
    assert (found.visit, found.subject) == (visit, subject)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("AlloSCT date", "transplants.when"),
        ("date of allogeneic HCT", "transplants.when"),
        ("BMT Date", "transplants.when"),
        ("Fecha de diagnóstico", "diagnoses.when"),
        ("Rezidiv Datum", "events.when"),
        ("DateOfBirth", "patients.birth"),
        ("date_of_death", "followup.last_contact"),
        ("aGVHD grade", "assessments.value"),
        ("CNS status at diagnosis", "assessments.value"),
        ("cytogenetic risk group", "assessments.value"),
    ],
)
def test_everyday_names(name, place):
    found = {f"{m.concept.table}.{m.concept.column}" for m in match_name(take_apart(name))}
    assert place in found


def test_a_date_is_never_the_patients_number(tmp_path):
    days = [date(1950 + n, 1, 1 + n).isoformat() for n in range(8)]
    rows = [["DOB", "Sex", "Hb (g/dL)"], *([d, "FM"[n % 2], 8 + n] for n, d in enumerate(days))]
    draft, text = _draft(tmp_path, rows)
    assert 'patient_id = "[row]"' in text
    assert "no column numbers the patients" in draft.questions[0].text


def test_names_in_a_column_called_patient_are_no_numbers(tmp_path):
    people = ["Ann Smith", "Bo Olsen", "Cy Young"]
    rows = [["Patient", "Sex", "Age"], *([p, "F", 40 + n] for n, p in enumerate(people))]
    draft, text = _draft(tmp_path, rows)
    assert 'pseudonyms = "../sheet-numbers.csv"' in text
    assert draft.numbers == dict(zip(people, ("P001", "P002", "P003"), strict=True))
    assert not [name for name in people if name in text]


def test_a_second_draft_gives_the_patients_the_same_numbers(tmp_path):
    rows = [["MRN", "Sex", "Age"], ["772", "F", 50], ["771", "M", 60]]
    draft, _ = _draft(tmp_path, rows)
    write_draft(draft, tmp_path / "study")
    again, _ = _draft(tmp_path, [rows[0], ["770", "F", 70], *reversed(rows[1:])])
    assert again.numbers == {"772": "P001", "771": "P002", "770": "P003"}


def test_words_for_unknown_of_columns_without_a_place_are_proposed_too(tmp_path):
    rows = [
        ["ID", "Sex", "Age", "shoe size"],
        [1, "F", 50, "unk"],
        [2, "M", 60, "?"],
        [3, "F", 7, 9],
    ]
    _, text = _draft(tmp_path, rows)
    assert 'missing = ["unk", "?"]' in text


def test_hombre_and_mujer(tmp_path):
    _, text = _draft(tmp_path, [["ID", "Sexo", "Edad"], [1, "H", 50], [2, "M", 60]])
    assert 'H = "male"\nM = "female"' in text


def test_what_speaks_for_and_against_swapped_dates(tmp_path):
    source = tmp_path / "sheet.xlsx"
    dates = [
        (date(2018, 5, 3), date(2018, 7, 20)),  # as it stands or swapped: both before the last
        (date(2018, 12, 2), date(2018, 7, 20)),  # only swapped
        (date(2018, 2, 12), date(2018, 7, 20)),  # only as it stands
        ("16/04/2018", date(2018, 7, 20)),
    ]
    with xlsxwriter.Workbook(str(source)) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, ["ID", "date of diagnosis", "last contact"])
        for row, (diagnosis, last) in enumerate(dates, start=1):
            sheet.write(row, 0, f"A{row}")
            if isinstance(diagnosis, date):
                sheet.write_datetime(row, 1, diagnosis, day)
            else:
                sheet.write(row, 1, diagnosis)
            sheet.write_datetime(row, 2, last, day)
    text = draft_study(source, tmp_path / "study").files["mapping.toml"].decode()
    assert (
        "# column B: 3 could be swapped; B3 fit the row's other dates only when swapped; "
        "1 fit them only as they stand; nothing tells of B2"
    ) in text


def test_a_sheet_of_many_columns_is_drafted_whole(tmp_path):
    """300 patients and 40 columns, most of them unknown; how long it takes is in benchmarks."""
    heading = ["ID", "Sex", "DOB", "date of diagnosis", "last contact", "vital status"]
    heading += [f"finding {first}{second}" for first in "abcdefg" for second in "vwxyz"][:34]
    rows = [
        [n, "FM"[n % 2], f"19{50 + n % 40}-01-02", "2015-02-03", "2019-01-01", "dead"]
        + [f"w{(n + c) % 7}" for c in range(34)]
        for n in range(300)
    ]
    draft, _ = _draft(tmp_path, [heading, *rows])
    write_draft(draft, tmp_path / "study")
    loaded, _ = check_study(tmp_path / "study")
    assert loaded is not None
    assert loaded.chart["patients"].height == len(rows)


def test_two_visits_of_one_measure_are_told_apart_by_their_day_and_never_by_a_note(tmp_path):
    rows = [
        [
            "ID",
            "Sex",
            "date of diagnosis",
            "WBC at dx (K/uL)",
            "WBC at relapse (K/uL)",
            "last seen",
        ],
        [1, "F", "2018-01-02", 12.5, 3.1, "2020-01-01"],
        [2, "M", "2019-03-04", 40, "", "2021-01-01"],
    ]
    draft, text = _draft(tmp_path, rows)
    assert 'columns.note = { value = "visit: relapse" }' in text
    study = draft.files["study.toml"].decode()
    assert "visit:" not in study
    assert 'at = "diagnosis"\nwithin_days = 0' in study
    assert write_draft(draft, tmp_path / "study") == []
    loaded, findings = check_study(tmp_path / "study")
    assert loaded is not None, [f.message for f in findings if f.stops]
