"""The sheets that a mapping names, read once: their columns by name, their patients' numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from sequela.chart.corrections import Corrections
from sequela.chart.mapping import FILE, MappingDefinition, Source
from sequela.chart.mapping_places import MappingPlaces
from sequela.chart.origins import column_label
from sequela.chart.pseudonyms import read_numbers
from sequela.chart.tables_read import NO_CORRECTIONS, read_all, read_any
from sequela.findings import Finding, StudyError, did_you_mean
from sequela.sources.options import DelimitedOptions, RedcapOptions, SourceOptions, WorkbookOptions
from sequela.sources.raw_table import ROW, ColumnNotes, RawTable
from sequela.sources.wording import rows_named

PATIENT = "patient_id"
BY_ROW = "[row]"
MIXED_DATES = "column-dates-partly-text"
_LETTER = re.compile(r"^\[([A-Z]{1,3})\]$")


@dataclass(frozen=True)
class Sheet:
    """A source as read; `frame` has row, patient_id and a column of text a position."""

    name: str
    definition: Source
    raw: RawTable
    frame: pl.DataFrame

    def position(self, name: str) -> int | None:
        """The position of a column by its name, or by its letter as in `[K]`."""
        if name in self.raw.header:
            return self.raw.header.index(name)
        if match := _LETTER.match(name):
            place = 0
            for letter in match[1]:
                place = place * 26 + ord(letter) - ord("A") + 1
            place -= 1 + self.raw.first_column
            return place if 0 <= place < len(self.raw.header) else None
        return None

    def texts(self, name: str) -> pl.Series:
        """The cells of a column; the column must exist."""
        return self.frame[str(self.position(name))]

    def label(self, names: Iterable[str]) -> str:
        """The columns by letter and name; by name alone where a file holds several tables."""
        if self.raw.name:
            return ", ".join(names)
        found = [(self.position(name), name) for name in names]
        left = self.raw.first_column
        return column_label((left + p, self.raw.header[p]) for p, _ in found if p is not None)

    def finding(self, row: int | None, names: Iterable[str], **about: str) -> Finding:
        """A finding about a place in this sheet; `about` are the other fields."""
        return Finding(
            file=self.raw.file,
            sheet=self.raw.sheet,
            row=row,
            column=self.label(names),
            **about,  # type: ignore[arg-type]
        )


def read_sheets(
    folder: Path,
    mapping: MappingDefinition,
    places: MappingPlaces,
    corrections: Corrections = NO_CORRECTIONS,
) -> tuple[dict[str, Sheet], list[Finding]]:
    """Every source of a mapping that can be read, and what is wrong with them."""
    sheets, findings = raw_sheets(folder, mapping, places, corrections)
    numbered, problems = _with_patients(sheets, mapping, places, folder)
    return numbered, findings + problems


def raw_sheets(
    folder: Path,
    mapping: MappingDefinition,
    places: MappingPlaces,
    corrections: Corrections = NO_CORRECTIONS,
) -> tuple[dict[str, Sheet], list[Finding]]:
    """The sources as they are read, without the patients' numbers of the study."""
    sheets: dict[str, Sheet] = {}
    findings: list[Finding] = []
    for name, source in mapping.sources.items():
        raw, problems = _read(folder, name, source, places, corrections)
        findings += problems
        if raw is not None:
            sheets[name] = Sheet(name, source, raw, raw.frame)
    return sheets, findings


def _read(
    folder: Path, name: str, source: Source, places: MappingPlaces, corrections: Corrections
) -> tuple[RawTable | None, list[Finding]]:
    path = folder / source.file
    if not path.is_file():
        near = [p.name for p in sorted(path.parent.glob("*")) if p.suffix != ".toml"]
        return None, [
            places.finding(
                f"sources.{name}.file",
                "mapping-file-missing",
                f"there is no file '{source.file}' (as seen from the study's folder)",
                did_you_mean(path.name, near) if near else "Correct the path.",
            )
        ]
    options = options_of(folder, source)
    raw, found = read_any(path, sheet=source.sheet, options=options, corrections=corrections)
    return raw, [_dates_checked(f, source) for f in found]


def _dates_checked(finding: Finding, source: Source) -> Finding:
    """A finding about dates that may be swapped, kept where the mapping says who compared them.

    A reason with its dots still to be filled in is none.
    """
    if finding.code != MIXED_DATES:
        return finding
    checked = source.dates_checked
    reason = checked if isinstance(checked, str) else checked.get(finding.column, "")
    waived = "" if "..." in reason else reason.strip()
    remedy = f"{finding.remedy} Or say who compared them, in dates_checked of {FILE}."
    return replace(finding, remedy=remedy, waived=waived)


def options_of(folder: Path, source: Source) -> SourceOptions:
    """What a mapping declares about a source, for its reader."""
    name = source.sheet
    if not name and (source.header or source.passed_over):
        # The rows are declared for a sheet by name: the only one.
        name = next((t.sheet for t in read_all(folder / source.file)[0]), "")
    workbook = WorkbookOptions(
        sheets=(name,) if name else (),
        heading_rows={name: source.header} if source.header else {},
        passed_over={name: source.passed_over} if source.passed_over else {},
        fill_merged=source.fill_merged,
    )
    text = DelimitedOptions(
        delimiter=source.delimiter, encoding=source.encoding, decimal_comma=source.decimal_comma
    )
    redcap = RedcapOptions(dictionary=str(folder / source.dictionary) if source.dictionary else "")
    return SourceOptions(delimited=text, workbook=workbook, redcap=redcap)


def _with_patients(
    sheets: Mapping[str, Sheet], mapping: MappingDefinition, places: MappingPlaces, folder: Path
) -> tuple[dict[str, Sheet], list[Finding]]:
    """The sheets with the patients' numbers of the study in the column patient_id."""
    findings: list[Finding] = []
    done: dict[str, Sheet] = {}
    for name in sheets:
        loop = _loop(name, mapping)
        if loop:
            findings.append(
                places.finding(
                    f"sources.{name}.link",
                    "mapping-cycle",
                    f"the links lead round in a circle: {' to '.join(loop)}",
                    "One of these sheets must have the study's own patient numbers.",
                )
            )
            continue
        numbered, problems = _numbered(name, sheets, places, done, folder)
        findings += problems
        if numbered is not None:
            done[name] = numbered
    return done, findings


def _loop(name: str, mapping: MappingDefinition) -> list[str]:
    """The sources that a source's links lead through when they come back to it."""
    path = [name]
    while (link := mapping.sources[path[-1]].link) and link.source in mapping.sources:
        path.append(link.source)
        if link.source in path[:-1]:
            return path
    return []


def _numbered(
    name: str,
    sheets: Mapping[str, Sheet],
    places: MappingPlaces,
    done: dict[str, Sheet],
    folder: Path,
) -> tuple[Sheet | None, list[Finding]]:
    if name in done:
        return done[name], []
    sheet = sheets[name]
    source = sheet.definition
    if source.patient_id == BY_ROW:
        return _by_row(sheet)
    if sheet.position(source.patient_id) is None:
        return None, [
            unknown_source_column(sheet, source.patient_id, places, f"sources.{name}.patient_id")
        ]
    own = sheet.texts(source.patient_id).alias(PATIENT)
    own = own.set(own.is_in(list(source.missing)).fill_null(False), None)
    findings = _without_patient(sheet, own)
    numbered = own
    if source.pseudonyms:
        numbered, problems = _pseudonyms(folder, sheet, own)
        findings += problems
    if source.link:
        other, problems = _linked(name, sheets, places, done, folder)
        if other is None:
            return None, problems
        findings += problems
        numbered = own.replace_strict(other, default=None, return_dtype=pl.String)
        findings += _not_linked(sheet, own, numbered)
    frame = sheet.frame.with_columns(numbered.alias(PATIENT))
    return Sheet(name, source, _flagged(sheet), frame), findings


def _by_row(sheet: Sheet) -> tuple[Sheet, list[Finding]]:
    """A sheet whose patients are known by their rows alone, and the warning about that."""
    numbers = pl.format("R{}", pl.col(ROW).cast(pl.String).str.zfill(3)).alias(PATIENT)
    frame = sheet.frame.with_columns(numbers)
    finding = sheet.finding(
        None,
        [],
        code="mapping-patients-by-row",
        severity="warning",
        message="the patients are known by their rows alone (R002 is row 2): a row that is added "
        "or moved gives patients other numbers",
        remedy=f"Add a column with study numbers, and name it in `patient_id` of {FILE}.",
    )
    return Sheet(sheet.name, sheet.definition, sheet.raw, frame), [finding]


def _flagged(sheet: Sheet) -> RawTable:
    """The raw table, in which the column of record numbers is marked as identifying a person."""
    name = sheet.definition.patient_id
    if not sheet.definition.pseudonyms or name not in sheet.raw.header:
        return sheet.raw
    notes = replace(sheet.raw.notes.get(name, ColumnNotes()), identifier=True)
    return replace(sheet.raw, notes={**sheet.raw.notes, name: notes})


def _pseudonyms(folder: Path, sheet: Sheet, own: pl.Series) -> tuple[pl.Series, list[Finding]]:
    """The study numbers of a sheet's record numbers; a record without one gives nothing."""
    try:
        known = read_numbers(folder / sheet.definition.pseudonyms)
    except StudyError as error:
        return pl.Series(PATIENT, [None] * own.len(), pl.String), list(error.findings)
    numbered = own.replace_strict(known, default=None, return_dtype=pl.String)
    rows = sheet.frame.filter(own.is_not_null() & numbered.is_null())[ROW].to_list()
    if not rows:
        return numbered, []
    return numbered, [
        sheet.finding(
            rows[0],
            [sheet.definition.patient_id],
            code="mapping-number-missing",
            severity="error",
            message=f"no study number stands for the record number in {rows_named(rows)}, so "
            "nothing is made of that",
            remedy="Run `sequela number` on the study's folder: it gives new patients a number "
            "and changes nobody else's.",
        )
    ]


def _without_patient(sheet: Sheet, own: pl.Series) -> list[Finding]:
    rows = sheet.frame.filter(own.is_null())[ROW].to_list()
    return [
        sheet.finding(
            row,
            [sheet.definition.patient_id],
            code="mapping-row-without-patient",
            severity="error",
            message="the row has no patient's number, so nothing is made of it",
            remedy="Give the number. If the row is no record (a total, a remark), name it in "
            f"`passed_over` of {FILE}.",
        )
        for row in rows
    ]


def _linked(
    name: str,
    sheets: Mapping[str, Sheet],
    places: MappingPlaces,
    done: dict[str, Sheet],
    folder: Path,
) -> tuple[dict[str, str] | None, list[Finding]]:
    """The study's number for each number that a sheet uses, by the sheet that has both."""
    link = sheets[name].definition.link
    assert link is not None
    if link.source not in sheets:
        return None, [
            places.finding(
                f"sources.{name}.link.source",
                "mapping-unknown-source",
                f"there is no source '{link.source}'",
                did_you_mean(link.source, sheets),
            )
        ]
    other, problems = _numbered(link.source, sheets, places, done, folder)
    if other is None:
        return None, problems
    if other.position(link.column) is None:
        return None, [
            unknown_source_column(other, link.column, places, f"sources.{name}.link.column")
        ]
    return _pairs(other, link.column)


def _pairs(other: Sheet, column: str) -> tuple[dict[str, str], list[Finding]]:
    """Each number with its patient; a number of two patients leads to neither."""
    found: dict[str, str] = {}
    findings = []
    lines = zip(other.frame[ROW], other.texts(column), other.frame[PATIENT], strict=True)
    for row, key, patient in lines:
        if not key or not patient:
            continue
        if found.setdefault(key, patient) != patient:
            findings.append(
                other.finding(
                    row,
                    [column],
                    code="mapping-link-twice",
                    severity="error",
                    message="the number stands with two patients, so it leads to neither",
                    remedy="Correct one of the two.",
                    patient_id=patient,
                )
            )
    return found, findings


def _not_linked(sheet: Sheet, own: pl.Series, numbered: pl.Series) -> list[Finding]:
    link = sheet.definition.link
    assert link is not None
    lost = sheet.frame.filter(own.is_not_null() & numbered.is_null())
    return [
        sheet.finding(
            row,
            [sheet.definition.patient_id],
            code="mapping-patient-not-linked",
            severity="error",
            message=f"the number does not stand in column '{link.column}' of '{link.source}', so "
            "nothing is made of the row",
            remedy="Correct the number, or add the patient there.",
        )
        for row in lost[ROW]
    ]


def unknown_source_column(sheet: Sheet, name: str, places: MappingPlaces, path: str) -> Finding:
    """The finding for a source column that a mapping names and the sheet does not have."""
    where = f"sheet '{sheet.raw.sheet}' of {sheet.raw.file}" if sheet.raw.sheet else sheet.raw.file
    return places.finding(
        path,
        "mapping-unknown-column",
        f"{where} has no column '{name}'",
        did_you_mean(name, [n for n in sheet.raw.header if n]),
    )
