"""Make chart.xlsx: the published series as the one wide sheet that a fellow would have.

python examples/wide-sheet/make.py [FOLDER]

The facts are those of ../lenalidomide (*.csv). The mess is on purpose: a title above the heading,
groups over merged cells, words for unknown in four spellings, months typed in several ways, codes
in whatever case. The record numbers (MRN) are invented; the article has none.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import xlsxwriter

HERE = Path(__file__).parent
FACTS = HERE.parent / "lenalidomide"
UNKNOWN = ("", "unk", "?", "N/A")

GROUPS = (
    ("", ("Pt #", "MRN", "Centre", "Sex", "Age at dx", "MM to B-ALL (yrs)", "Presentation")),
    ("Lenalidomide", ("duration (mo)", "held on day", "stop reason", "days counted from")),
    ("Also given", ("drugs", "since (mo)")),
    ("Induction", ("regimen", "start day", "supportive", "supportive from day")),
    ("Post-induction", ("regimen 1", "regimen 2", "regimen 3")),
    ("", ("Salvage",)),
    ("Response", ("best response", "before HCT", "primary refractory", "at last contact")),
    ("HCT", ("type", "for", "disease status", "donor", "conditioning", "intensity")),
    ("", ("Relapse?", "Relapse remark", "2nd cancer")),
    ("", ("Last follow-up (mo)", "Vital status", "Last status", "Comments")),
)


def facts(name: str) -> dict[str, list[dict[str, str]]]:
    """The rows of a chart table by patient."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (FACTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["patient_id"]].append(row)
    return found


NAMES = ("patients", "diagnoses", "exposures", "treatments", "transplants")
TABLES = {n: facts(n) for n in (*NAMES, "assessments", "events", "followup", "measurements")}


def rows_of(table: str, patient: str, **where: str) -> list[dict[str, str]]:
    """The rows of a patient that have these values."""
    return [r for r in TABLES[table][patient] if all(r[k] == v for k, v in where.items())]


def first(table: str, patient: str, column: str, **where: str) -> str:
    """A cell of the first such row; blank where there is none."""
    return next((r[column] for r in rows_of(table, patient, **where)), "")


def bare(text: str, unit: str) -> str:
    """`53 months` as 53."""
    return text.removesuffix(f" {unit}").replace("< -", ">").removeprefix("-").replace("> ", ">")


def judged(patient: str, timepoint: str, style: int) -> str:
    """Response and MRD in one cell, in one of two spellings."""
    response = first("assessments", patient, "value", what="response", timepoint=timepoint)
    mrd = first("assessments", patient, "value", what="MRD", timepoint=timepoint)
    said = {
        "negative": (" MRD-", ", MRD neg"),
        "positive": (" MRD+", ", MRD pos"),
        "NE": (" MRD NE", " MRD NE"),
    }
    return response + (said[mrd][style % 2] if mrd else "")


def months(text: str, place: int) -> str:
    """A number of months, typed as people type it."""
    number = bare(text, "months")
    plain = number.replace(".", "").isdigit()
    return f"{number}{('', ' mo', ' months', '')[place % 4]}" if plain else number


def line(patient: str, place: int) -> list[str]:
    """The cells of one patient."""
    unknown = UNKNOWN[place % 4]
    person = TABLES["patients"][patient][0]
    last = TABLES["followup"][patient][0]
    drug = rows_of("exposures", patient, drug="lenalidomide")[0]
    others = [r for r in TABLES["exposures"][patient] if r["drug"] != "lenalidomide"]
    induction = (rows_of("treatments", patient, intent="induction") or [{}])[0]
    support = (rows_of("treatments", patient, intent="supportive") or [{}])[0]
    later = [r["regimen"] for r in rows_of("treatments", patient, intent="post-induction")]
    hct = (TABLES["transplants"][patient] or [{}])[0]
    clocks = {r["clock"] for r in (drug, induction, support) if r.get("clock")}
    relapsed = rows_of("events", patient, what="relapse")
    donor = {
        "matched related": "MRD",
        "matched unrelated": "MUD",
        "mismatched unrelated": "MMUD",
        "haploidentical": "haplo",
    }
    sex = {"male": "M", "female": "F", "": unknown}
    return [
        patient,
        f"77{4210 + 37 * place:05d}",
        person["site"],
        sex[person["sex"]],
        person["age"],
        bare(first("diagnoses", patient, "when", role="first"), "years"),
        first("diagnoses", patient, "presentation", role="second"),
        months(drug["duration"], place),
        bare(drug["stop"], "days"),
        drug["stop_reason"],
        *(clocks or {""}),
        "; ".join(r["drug"] for r in others),
        bare(others[0]["start"], "months") if others else "",
        induction.get("regimen", ""),
        bare(induction.get("start", ""), "days"),
        support.get("regimen", ""),
        bare(support.get("start", ""), "days"),
        *(later or [unknown]),
        *[""] * (3 - len(later or [unknown])),
        first("treatments", patient, "regimen", intent="salvage"),
        judged(patient, "best", place),
        judged(patient, "before transplant", place + 1),
        {"yes": "Y"}.get(first("assessments", patient, "value", what="refractory"), "N"),
        first("assessments", patient, "value", what="response", timepoint="last contact"),
        {"allogeneic": "allo", "autologous": "auto"}.get(hct.get("type", ""), ""),
        hct.get("indication", ""),
        hct.get("disease_status", ""),
        donor.get(hct.get("donor", ""), hct.get("donor", "")),
        hct.get("conditioning", ""),
        first("assessments", patient, "value", what="conditioning intensity"),
        "Y" if relapsed else ("N", "no", "N", unknown)[place % 4],
        relapsed[0]["note"] if relapsed else "",
        first("events", patient, "note", what="second cancer"),
        months(last["last_contact"], place + 1),
        {"alive": ("alive", "Alive", "A"), "dead": ("dead", "D", "Deceased")}[last["vital_status"]][
            place % 3
        ],
        last["disease_status"],
        "",
    ]


SERIAL = ("Pt #", "Day", "Counted from", "Test", "Result", "Unit", "Tissue", "Method", "Remark")


def serial() -> list[list[str]]:
    """The lines of the second sheet: counts in the order in which they were taken."""
    return [
        [
            patient,
            bare(r["when"], "days"),
            r["clock"],
            r["name"],
            r["value"],
            r["unit"],
            r["tissue"],
            r["method"],
            r["note"],
        ]
        for patient, rows in TABLES["measurements"].items()
        for r in rows
    ]


def make(folder: Path) -> Path:
    """Write chart.xlsx into a folder; the same facts give the same bytes."""
    path = folder / "chart.xlsx"
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        book.set_properties({"created": datetime(2023, 7, 11)})
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("Patients")
        sheet.write(0, 0, "Len ALL chart review, both centres", bold)
        place = 0
        for group, names in GROUPS:
            if group:
                sheet.merge_range(1, place, 1, place + len(names) - 1, group, bold)
            for offset, name in enumerate(names):
                sheet.write(2, place + offset, name, bold)
            place += len(names)
        for number, patient in enumerate(TABLES["patients"]):
            for column, text in enumerate(line(patient, number)):
                _write(sheet, number + 3, column, text)
        other = book.add_worksheet("Serial counts")
        other.write_row(0, 0, SERIAL, bold)
        for number, cells in enumerate(serial(), start=1):
            for column, text in enumerate(cells):
                _write(other, number, column, text)
    return path


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, text: str) -> None:
    """Numbers as numbers where nothing is lost by it, as a spreadsheet program would."""
    if text and column and text.replace(".", "", 1).isdigit() and f"{float(text):g}" == text:
        sheet.write_number(row, column, float(text))
    elif text:
        sheet.write_string(row, column, text)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
