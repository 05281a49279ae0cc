"""The sheets of ten centres: where each column goes, and that the draft runs once it is answered.

Each answer is what the draft itself asks for; nothing else of it is changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sheets import SHEETS, people

from sequela.draft.draft import Draft, draft_study, write_draft
from sequela.pipeline import check_study, run_study


@dataclass(frozen=True)
class Expected:
    """What becomes of the columns of a sheet, how many questions it raises, and the answers."""

    places: dict[str, str]
    questions: int
    answers: dict[str, str] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)


RELAPSED = sum(p.relapse is not None for p in people())
TRANSPLANTED = sum(p.transplant is not None for p in people())
EVERYBODY = len(people())

EXPECTED = {
    "fellow": Expected(
        {
            "MRN": "patient",
            "Patient name": "identifier",
            "Sex": "patients.sex",
            "DOB": "patients.birth",
            "Center": "patients.site",
            "Date of diagnosis": "diagnoses.when",
            "WBC at dx (K/uL)": "measurements.value",
            "BM blasts %": "measurements.value",
            "Ph status": "assessments.value",
            "Induction": "treatments.regimen",
            "CR (Y/N)": "assessments.value",
            "Date CR": "assessments.when",
            "MRD at EOI": "assessments.value",
            "Relapse 1 date": "events.when",
            "Relapse 2 date": "empty",
            "AlloSCT date": "transplants.when",
            "Donor": "transplants.donor",
            "Status at last FU": "followup.vital_status",
            "Date last FU/death": "followup.last_contact",
            "Comments": "patients.note",
        },
        questions=4,
        answers={
            '# dates_checked = "compared with the record by ..., on ..."': (
                'dates_checked = "compared with the record by AB, on 2024-01-05"'
            )
        },
        tables={"events": RELAPSED, "transplants": TRANSPLANTED},
    ),
    "redcap_raw": Expected(
        {
            "record_id": "patient",
            "redcap_data_access_group": "patients.site",
            "dob": "patients.birth",
            "sex": "patients.sex",
            "dx_date": "diagnoses.when",
            "dx_wbc": "measurements.value",
            "induction_regimen": "treatments.regimen",
            "cr": "assessments.value",
            "cr_date": "assessments.when",
            "relapse": "events.what",
            "relapse_date": "events.when",
            "vital_status": "followup.vital_status",
            "last_contact_date": "followup.last_contact",
            "baseline_complete": "bookkeeping",
        },
        questions=4,
        answers={
            "[codes.sex]\n# QUESTION 1: what does '1', '2' mean in [codes.sex]? Give it a code\n"
            '# 1 = ""\n# 2 = ""': '[codes.sex]\n1 = "male"\n2 = "female"',
            '# 1 = ""\n# 0 = ""': '1 = "dead"\n0 = "alive"',
        },
        tables={"events": RELAPSED, "measurements": EVERYBODY},
    ),
    "redcap_labelled": Expected(
        {
            "Record ID": "patient",
            "Date of birth": "patients.birth",
            "Sex": "patients.sex",
            "Date of leukemia diagnosis": "diagnoses.when",
            "First-line induction regimen": "treatments.regimen",
            "Best response to induction": "assessments.value",
            "Date of best response": "assessments.when",
            "Did the patient relapse?": "events.what",
            "Date of first relapse": "events.when",
            "Vital status at last contact": "followup.vital_status",
            "Date of last contact": "followup.last_contact",
            "Complete?": "bookkeeping",
        },
        questions=2,
        tables={"events": RELAPSED, "assessments": EVERYBODY},
    ),
    "long_labs": Expected(
        {
            "Patient ID": "patient",
            "Gender": "patients.sex",
            "Birth date": "patients.birth",
            "Dx date": "diagnoses.when",
            "Last seen": "followup.last_contact",
            "Dead/Alive": "followup.vital_status",
            "Lab test": "measurements.name",
            "Result": "measurements.value",
            "Units": "measurements.unit",
            "Collection date": "measurements.when",
        },
        questions=2,
        tables={"measurements": 6 * EVERYBODY},
    ),
    "german": Expected(
        {
            "Pat.-Nr.": "patient",
            "Geschlecht": "patients.sex",
            "Geburtsdatum": "patients.birth",
            "Erstdiagnose": "diagnoses.when",
            "Leukozyten bei ED (G/l)": "measurements.value",
            "Hb (g/dl)": "measurements.value",
            "Blasten KM (%)": "measurements.value",
            "Ph-Status": "assessments.value",
            "Induktion": "treatments.regimen",
            "CR erreicht": "assessments.value",
            "Datum CR": "assessments.when",
            "Rezidivdatum": "events.when",
            "allo SZT Datum": "transplants.when",
            "Spender": "transplants.donor",
            "Letzter Kontakt": "followup.last_contact",
            "Status": "followup.vital_status",
        },
        questions=3,
        tables={"events": RELAPSED, "transplants": TRANSPLANTED, "measurements": 3 * EVERYBODY},
    ),
    "spanish_months": Expected(
        {
            "Caso": "patient",
            "Sexo": "patients.sex",
            "Edad": "patients.age",
            "Recaída (sí/no)": "events.what",
            "Meses hasta recaída": "events.when",
            "Seguimiento (meses)": "followup.last_contact",
            "Estado": "followup.vital_status",
        },
        questions=3,
        tables={"events": RELAPSED},
    ),
    "linked": Expected(
        {
            "Study ID": "patient",
            "MRN": "patient",
            "Sex": "patients.sex",
            "Age at diagnosis": "patients.age",
            "Diagnosis date": "diagnoses.when",
            "Date last FU": "followup.last_contact",
            "Died": "followup.vital_status",
            "Relapse date": "events.when",
            "Relapse site": "events.note",
            "HSCT date": "transplants.when",
            "Donor type": "transplants.donor",
            "Conditioning": "transplants.conditioning",
        },
        questions=2,
        tables={"events": RELAPSED, "transplants": TRANSPLANTED},
    ),
    "repeated": Expected(
        {
            "Pt No": "patient",
            "Sex": "patients.sex",
            "YearOfBirth": "patients.birth",
            "DateOfDiagnosis": "diagnoses.when",
            "Induction": "treatments.regimen",
            "1st relapse date": "events.when",
            "2nd relapse date": "events.when",
            "Salvage 1": "treatments.regimen",
            "Salvage 2": "treatments.regimen",
            "Last follow-up date": "followup.last_contact",
            "Alive?": "followup.vital_status",
        },
        questions=2,
        tables={
            "events": RELAPSED + sum(bool(p.relapse) and p.number % 2 == 1 for p in people()),
            "treatments": EVERYBODY
            + RELAPSED
            + sum(bool(p.relapse) and p.number % 2 == 1 for p in people()),
        },
    ),
    "grouped_heading": Expected(
        {
            "Patient ID": "patient",
            "Patient Sex": "patients.sex",
            "Patient DOB": "patients.birth",
            "Diagnosis Date": "diagnoses.when",
            "Diagnosis WBC (x10^9/L)": "measurements.value",
            "Diagnosis Hb (g/dL)": "measurements.value",
            "Follow-up Last contact": "followup.last_contact",
            "Follow-up Status": "followup.vital_status",
            "Follow-up Cause of death": "followup.cause_of_death",
        },
        questions=3,
        tables={"measurements": 2 * EVERYBODY},
    ),
    "ages_only": Expected(
        {
            "Name": "patient",
            "Age": "patients.age",
            "M/F": "patients.sex",
            "ECOG": "assessments.value",
            "ISS stage": "assessments.value",
            "LDH (U/L)": "measurements.value",
            "Lenalidomide duration (mo)": "exposures.duration",
            "OS (months)": "followup.last_contact",
            "Dead (1/0)": "followup.vital_status",
        },
        questions=2,
        tables={"assessments": 2 * EVERYBODY, "exposures": EVERYBODY},
    ),
}


def drafted(tmp_path: Path, name: str) -> tuple[Draft, Path]:
    source, folder = SHEETS[name](tmp_path), tmp_path / "study"
    draft = draft_study(source, folder)
    assert write_draft(draft, folder) == []
    return draft, folder


def answer(folder: Path, answers: dict[str, str]) -> None:
    path = folder / "mapping.toml"
    text = path.read_text(encoding="utf-8")
    for asked, answered in answers.items():
        assert text.count(asked) == 1, asked
        text = text.replace(asked, answered)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", SHEETS)
def test_every_column_has_its_place(tmp_path, name):
    draft, _ = drafted(tmp_path, name)
    places = {
        p.column.name.text: f"{p.table}.{p.target}" if p.fate == "placed" else p.fate
        for _, p in draft.proposals
    }
    assert places == EXPECTED[name].places
    assert len(draft.questions) == EXPECTED[name].questions, draft.questions
    assert [q.number for q in draft.questions] == list(range(1, len(draft.questions) + 1))


@pytest.mark.parametrize("name", SHEETS)
def test_the_draft_runs_when_it_is_answered_and_loses_nothing(tmp_path, name):
    _, folder = drafted(tmp_path, name)
    answer(folder, EXPECTED[name].answers)
    loaded, findings = check_study(folder)
    assert loaded is not None, [(f.place, f.message) for f in findings if f.stops]
    assert loaded.chart["patients"].height == EVERYBODY
    assert loaded.chart["followup"]["vital_status"].null_count() == 0
    dead = (loaded.chart["followup"]["vital_status"] == "dead").sum()
    assert dead == sum(p.dead for p in people())
    for table, rows in EXPECTED[name].tables.items():
        assert loaded.chart[table].height == rows, table
    lost = {"mapping-column-not-used", "mapping-rows-not-used", "mapping-cell-not-used"}
    assert [f for f in findings if f.code in lost] == []
    outcome = run_study(folder, tmp_path / "out")
    assert outcome.patients == EVERYBODY
    wrong = [r for r in loaded.chart["patients"]["patient_id"] if r in {p.mrn for p in people()}]
    assert wrong == []


def test_every_sheet_is_expected():
    assert list(EXPECTED) == list(SHEETS)
