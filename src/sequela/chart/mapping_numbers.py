"""New patients of a mapping's sheets get study numbers; those of the others stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sequela.chart.mapping import FILE
from sequela.chart.mapping_file import read_mapping
from sequela.chart.mapping_sheets import Sheet, raw_sheets
from sequela.chart.pseudonyms import extend_numbers, read_numbers, write_numbers
from sequela.findings import Finding, StudyError, has_errors


@dataclass(frozen=True, slots=True)
class Numbered:
    """A file of numbers: how many patients it has now, and how many of them are new."""

    file: str
    patients: int
    new: int


def number_patients(folder: Path) -> list[Numbered]:
    """Give study numbers to the record numbers that have none yet, in the order of the sheets.

    StudyError where there is no mapping, it cannot be read, or no source asks for study numbers.
    """
    if not (folder / FILE).exists():
        raise StudyError([_nothing(folder, f"the study has no {FILE}")])
    mapping, places, findings = read_mapping(folder)
    if mapping is None or places is None or has_errors(findings):
        raise StudyError(findings)
    sheets, _ = raw_sheets(folder, mapping, places)
    asked = [s for s in sheets.values() if s.definition.pseudonyms]
    if not asked:
        raise StudyError([_nothing(folder, "no source of the mapping has `pseudonyms`")])
    return [
        _extended(folder, file, [s for s in asked if s.definition.pseudonyms == file])
        for file in dict.fromkeys(s.definition.pseudonyms for s in asked)
    ]


def _extended(folder: Path, file: str, sheets: list[Sheet]) -> Numbered:
    known = read_numbers(folder / file)
    numbers: Mapping[str, str] = known
    for sheet in sheets:
        if sheet.position(sheet.definition.patient_id) is not None:
            records = sheet.texts(sheet.definition.patient_id).drop_nulls().to_list()
            unknown = set(sheet.definition.missing)
            numbers = extend_numbers(numbers, [r for r in records if r not in unknown])
    if len(numbers) > len(known):
        write_numbers(folder / file, numbers)
    return Numbered(file, len(numbers), len(numbers) - len(known))


def _nothing(folder: Path, why: str) -> Finding:
    return Finding(
        code="numbers-not-asked",
        severity="error",
        file=folder.name,
        message=f"{why}, so there is nothing to number",
        remedy="Study numbers are made for a source that says patient_id = the column with the "
        "record numbers, and pseudonyms = a file for the numbers.",
    )
