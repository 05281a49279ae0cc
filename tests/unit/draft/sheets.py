"""Sheets of invented patients as centres keep them, each in a habit of its own.

Every function writes one file into a folder and gives its path. The same call gives the same file.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter


@dataclass(frozen=True)
class Person:
    """An invented patient: dates are days, and None where something never happened."""

    number: int
    sex: str
    birth: date
    diagnosis: date
    wbc: float
    hb: float
    blasts: int
    ph: bool
    regimen: str
    remission: date | None
    mrd: str
    relapse: date | None
    transplant: date | None
    donor: str
    dead: bool
    last: date

    @property
    def mrn(self) -> str:
        return f"00{31000 + self.number}"

    @property
    def age(self) -> int:
        return int((self.diagnosis - self.birth).days / 365.25)

    def months(self, day: date | None) -> str:
        return "" if day is None else f"{(day - self.diagnosis).days / 30.4375:.1f}"


def people(count: int = 16) -> list[Person]:
    """Invented patients, the same ones each time."""
    chance = random.Random(7)
    return [_person(n, chance) for n in range(1, count + 1)]


def _person(number: int, chance: random.Random) -> Person:
    diagnosis = date(2014, 1, 1) + timedelta(days=chance.randrange(1500))
    remission = diagnosis + timedelta(days=chance.randrange(25, 60))
    reached = chance.random() < 0.85
    transplant = remission + timedelta(days=chance.randrange(60, 150))
    relapse = remission + timedelta(days=chance.randrange(200, 600))
    return Person(
        number=number,
        sex=chance.choice("MF"),
        birth=date(1945, 1, 1) + timedelta(days=chance.randrange(14000)),
        diagnosis=diagnosis,
        wbc=round(chance.lognormvariate(2, 1), 1),
        hb=round(chance.uniform(6, 13), 1),
        blasts=chance.randrange(25, 99),
        ph=chance.random() < 0.4,
        regimen=chance.choice(("hyper-CVAD", "POMP", "mini-HCVD")),
        remission=remission if reached else None,
        mrd=chance.choice(("neg", "<0.01", "0.05", "1.2", "neg")),
        relapse=relapse if reached and chance.random() < 0.4 else None,
        transplant=transplant if reached and chance.random() < 0.5 else None,
        donor=chance.choice(("MRD", "MUD", "haplo")),
        dead=chance.random() < 0.5,
        last=relapse + timedelta(days=chance.randrange(30, 900)),
    )


def _csv(path: Path, rows: Iterable[Sequence[Any]], *, delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def _book(path: Path, sheets: dict[str, Sequence[Sequence[Any]]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                _cells(sheet, r, row, day)
    return path


def _cells(sheet: Any, r: int, row: Sequence[Any], day: Any) -> None:
    for c, value in enumerate(row):
        if isinstance(value, date):
            sheet.write_datetime(r, c, value, day)
        elif value not in (None, ""):
            sheet.write(r, c, value)


def _line(*parts: Sequence[Any]) -> list[Any]:
    return [cell for part in parts for cell in part]


def _dmy(day: date | None, sign: str = "/") -> str:
    return "" if day is None else day.strftime(f"%d{sign}%m{sign}%Y")


def fellow(folder: Path) -> Path:
    """A title, a record number, dates typed in two ways, several words for unknown."""
    heading = "MRN|Patient name|Sex|DOB|Center|Date of diagnosis|WBC at dx (K/uL)|BM blasts %"
    heading += "|Ph status|Induction|CR (Y/N)|Date CR|MRD at EOI|Relapse 1 date|Relapse 2 date"
    heading += "|AlloSCT date|Donor|Status at last FU|Date last FU/death|Comments"
    rows: list[list[Any]] = [["Chart review 2024"], [], heading.split("|")]
    for p in people():
        typed = p.number % 4 == 0
        rows.append(
            _line(
                [p.mrn, f"Pat {p.number}", {"M": "male", "F": "F "}[p.sex], p.birth],
                [("North", "South")[p.number % 2], _dmy(p.diagnosis) if typed else p.diagnosis],
                ["unk" if p.number % 5 == 0 else p.wbc, p.blasts, ("neg", "pos")[p.ph], p.regimen],
                ["Y" if p.remission else "n", _dmy(p.remission) if typed else p.remission],
                [p.mrd, _dmy(p.relapse) if typed else p.relapse or "N/A", "", p.transplant],
                [p.donor if p.transplant else "", "Dead" if p.dead else ("Alive", "alive")[typed]],
                [_dmy(p.last) if typed else p.last, "seen again" if typed else ""],
            )
        )
    return _book(folder / "all_cohort.xlsx", {"ALL cohort": rows})


def redcap_raw(folder: Path) -> Path:
    """A raw export without its dictionary: small letters, codes in place of words."""
    heading = "record_id,redcap_data_access_group,dob,sex,dx_date,dx_wbc,induction_regimen,cr,"
    heading += "cr_date,relapse,relapse_date,vital_status,last_contact_date,baseline_complete"
    rows: list[list[Any]] = [heading.split(",")]
    rows.extend(
        _line(
            [p.number, "north", p.birth, {"M": 1, "F": 2}[p.sex], p.diagnosis, p.wbc, p.regimen],
            [int(bool(p.remission)), p.remission or "", int(bool(p.relapse)), p.relapse or ""],
            [int(p.dead), p.last, 2],
        )
        for p in people()
    )
    return _csv(folder / "study_DATA_2024.csv", rows)


def redcap_labelled(folder: Path) -> Path:
    """A labelled export: questions as headings, words as answers."""
    heading = "Record ID|Date of birth|Sex|Date of leukemia diagnosis|First-line induction regimen"
    heading += "|Best response to induction|Date of best response|Did the patient relapse?"
    heading += "|Date of first relapse|Vital status at last contact|Date of last contact|Complete?"
    rows: list[list[Any]] = [heading.split("|")]
    rows.extend(
        _line(
            [p.number, p.birth, {"M": "Male", "F": "Female"}[p.sex], p.diagnosis, p.regimen],
            [
                "CR" if p.remission else "No response",
                p.remission or "",
                ("No", "Yes")[bool(p.relapse)],
            ],
            [p.relapse or "", ("Alive", "Dead")[p.dead], p.last, "Complete"],
        )
        for p in people()
    )
    return _csv(folder / "study_DATA_LABELS_2024.csv", rows)


def long_labs(folder: Path) -> Path:
    """A sheet of patients, and a sheet with a line a laboratory value."""
    patients: list[list[Any]] = [
        ["Patient ID", "Gender", "Birth date", "Dx date", "Last seen", "Dead/Alive"]
    ]
    labs: list[list[Any]] = [["Patient ID", "Lab test", "Result", "Units", "Collection date"]]
    for p in people():
        known = [f"L{p.number:02d}", p.sex, p.birth, p.diagnosis, p.last]
        patients.append([*known, "dead" if p.dead else "alive"])
        for day in (0, 14, 28):
            on = p.diagnosis + timedelta(days=day)
            labs.append([known[0], "WBC", p.wbc + day, "K/uL", on])
            labs.append([known[0], "Hb", p.hb, "g/dL", on])
    return _book(folder / "labs.xlsx", {"Patients": patients, "Labs": labs})


def german(folder: Path) -> Path:
    """Semicolons, decimal commas, days with points, German headings and words."""
    heading = "Pat.-Nr.;Geschlecht;Geburtsdatum;Erstdiagnose;Leukozyten bei ED (G/l);Hb (g/dl)"
    heading += ";Blasten KM (%);Ph-Status;Induktion;CR erreicht;Datum CR;Rezidivdatum"
    heading += ";allo SZT Datum;Spender;Letzter Kontakt;Status"
    rows: list[list[Any]] = [heading.split(";")]
    rows.extend(
        _line(
            [p.number, {"M": "m", "F": "w"}[p.sex], _dmy(p.birth, "."), _dmy(p.diagnosis, ".")],
            [str(p.wbc).replace(".", ","), str(p.hb).replace(".", ","), p.blasts],
            [("neg", "pos")[p.ph], p.regimen, "ja" if p.remission else "nein"],
            [_dmy(p.remission, "."), _dmy(p.relapse, "."), _dmy(p.transplant, ".")],
            [p.donor if p.transplant else "", _dmy(p.last, ".")],
            ["verstorben" if p.dead else "lebt"],
        )
        for p in people()
    )
    return _csv(folder / "leukaemie.csv", rows, delimiter=";")


def spanish_months(folder: Path) -> Path:
    """No dates at all: an age, and months since the diagnosis; Spanish headings."""
    heading = "Caso;Sexo;Edad;Recaída (sí/no);Meses hasta recaída;Seguimiento (meses);Estado"
    rows: list[list[Any]] = [heading.split(";")]
    rows.extend(
        _line(
            [p.number, {"M": "H", "F": "M"}[p.sex], p.age, "sí" if p.relapse else "no"],
            [p.months(p.relapse).replace(".", ","), p.months(p.last).replace(".", ",")],
            ["fallecido" if p.dead else "vivo"],
        )
        for p in people()
    )
    return _csv(folder / "recaidas.csv", rows, delimiter=";")


def linked(folder: Path) -> Path:
    """Three sheets: one has study and record numbers, the others the record number alone."""
    people_: list[list[Any]] = [
        ["Study ID", "MRN", "Sex", "Age at diagnosis", "Diagnosis date", "Date last FU", "Died"]
    ]
    relapses: list[list[Any]] = [["MRN", "Relapse date", "Relapse site"]]
    transplants: list[list[Any]] = [["MRN", "HSCT date", "Donor type", "Conditioning"]]
    for p in people():
        row = [f"S{p.number:03d}", p.mrn, p.sex, p.age, p.diagnosis, p.last]
        people_.append([*row, ("N", "Y")[p.dead]])
        if p.relapse:
            relapses.append([p.mrn, p.relapse, "marrow"])
        if p.transplant:
            transplants.append([p.mrn, p.transplant, p.donor, "Flu/Bu"])
    return _book(
        folder / "three.xlsx",
        {"Demographics": people_, "Relapses": relapses, "Transplants": transplants},
    )


def repeated(folder: Path) -> Path:
    """Groups of columns with a number before or after what they hold."""
    heading = "Pt No|Sex|YearOfBirth|DateOfDiagnosis|Induction|1st relapse date|2nd relapse date"
    heading += "|Salvage 1|Salvage 2|Last follow-up date|Alive?"
    rows: list[list[Any]] = [heading.split("|")]
    for p in people():
        second = p.relapse + timedelta(days=20) if p.relapse and p.number % 2 else None
        rows.append(
            _line(
                [p.number, p.sex, p.birth.year, p.diagnosis, p.regimen, p.relapse or ""],
                [second or "", "FLAG-Ida" if p.relapse else "", "blinatumomab" if second else ""],
                [p.last, "no" if p.dead else "yes"],
            )
        )
    return _csv(folder / "relapses.csv", rows)


def grouped_heading(folder: Path) -> Path:
    """Two rows of heading with merged groups, a hidden column, and a row of totals."""
    top = ["Patient", "", "", "Diagnosis", "", "", "Follow-up", "", ""]
    below = ["ID", "Sex", "DOB", "Date", "WBC (x10^9/L)", "Hb (g/dL)", "Last contact", "Status"]
    path = folder / "grouped.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("Data")
        for first, last in ((0, 2), (3, 5), (6, 8)):
            sheet.merge_range(0, first, 0, last, top[first])
        _cells(sheet, 1, [*below, "Cause of death"], day)
        for r, p in enumerate(people(), start=2):
            row = [p.number, p.sex, p.birth, p.diagnosis, p.wbc, p.hb, p.last]
            status = ["dead", "leukemia"] if p.dead else ["alive", ""]
            _cells(sheet, r, [*row, *status], day)
        _cells(sheet, 2 + len(people()), ["Total", "", "", "", 10.2, 9.8], day)
        sheet.set_column(5, 5, None, None, {"hidden": True})
    return path


def ages_only(folder: Path) -> Path:
    """Ages in place of births, survival in months, and a status of 0 and 1; names as numbers."""
    heading = (
        "Name|Age|M/F|ECOG|ISS stage|LDH (U/L)|Lenalidomide duration (mo)|OS (months)|Dead (1/0)"
    )
    rows: list[list[Any]] = [heading.split("|")]
    rows.extend(
        _line(
            [
                f"Smith{chr(64 + p.number)}, Ann",
                p.age,
                p.sex,
                p.number % 3,
                ["I", "II", "III"][p.number % 3],
            ],
            [200 + p.blasts, p.number + 3, p.months(p.last), int(p.dead)],
        )
        for p in people()
    )
    return _csv(folder / "myeloma.csv", rows)


SHEETS: dict[str, Callable[[Path], Path]] = {
    f.__name__: f
    for f in (
        fellow,
        redcap_raw,
        redcap_labelled,
        long_labs,
        german,
        spanish_months,
        linked,
        repeated,
        grouped_heading,
        ages_only,
    )
}
