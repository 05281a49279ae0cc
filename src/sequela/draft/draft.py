"""A draft of a study's folder from a file as it came: mapping, study file, and open questions."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sequela.chart.mapping_sheets import MIXED_DATES
from sequela.chart.pseudonyms import extend_numbers, read_numbers, write_numbers
from sequela.draft.date_evidence import find_swaps
from sequela.draft.mapping_sheet import mapping_workbook
from sequela.draft.mapping_text import DraftSheet, mapping_text
from sequela.draft.needed_rows import SITE
from sequela.draft.propose import Proposal, look_at_sheet, propose
from sequela.draft.questions import Question, numbered
from sequela.draft.rows import draft_rows, sheet_key
from sequela.draft.study_text import facts_of, study_text
from sequela.findings import Finding, has_errors
from sequela.sources.options import DelimitedOptions, SourceOptions, WorkbookOptions
from sequela.sources.raw_table import RawTable
from sequela.sources.source import read_source

ROWS_FROM = "mapping.xlsx"
_TOTALS, _COMMA = "row-of-totals", "column-decimal-comma"


@dataclass(frozen=True)
class Draft:
    """A drafted study: its files by name, what was found, and what became of each column.

    `numbers` are study numbers by record number, for the file `numbers_file`, where patients are
    known by a record number alone.
    """

    files: dict[str, bytes]
    findings: tuple[Finding, ...]
    proposals: tuple[tuple[str, Proposal], ...]
    questions: tuple[Question, ...] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)
    numbers_file: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many columns had which fate."""
        return dict(Counter(p.fate for _, p in self.proposals))

    @property
    def of_the_source(self) -> list[Finding]:
        """What was found about the source itself; the draft's own questions say the rest."""
        asked = ("draft-question", "draft-identifier", "draft-not-placed", MIXED_DATES)
        return [f for f in self.findings if f.code not in asked]


def draft_study(path: Path, folder: Path, *, as_sheet: bool = False) -> Draft:
    """The draft of a study in `folder` for a source; nothing is written and nothing copied.

    With `as_sheet` the rows of the mapping stand in mapping.xlsx, else in mapping.toml.
    No files are drafted from a source that cannot be read; the findings then say why.
    """
    source = read_source(path)
    doubts = [f for f in source.findings if f.code in (_TOTALS, _COMMA)]
    if doubts:
        # What will be drafted with a question, so that the columns can be looked at.
        source = read_source(path, _as_drafted(doubts))
    # Dates in an open order and the like are what the mapping will answer.
    if not source.tables:
        return Draft({}, source.findings, ())
    sheets = _sheets(source.tables, os.path.relpath(path, folder))
    _doubts(source.tables, sheets, doubts)
    _mixed_dates(source.tables, sheets, source.findings)
    numbers_file, numbers = _numbers(source.tables, sheets, path, folder)
    title = f"{path.stem} (draft)"
    facts = facts_of(title, _sites(source.tables, sheets), [s.mapping for s in sheets])
    rows_from = ROWS_FROM if as_sheet else ""
    text, questions = numbered(mapping_text(sheets, rows_from=rows_from))
    files = {"mapping.toml": text.encode(), "study.toml": study_text(facts).encode()}
    if as_sheet:
        files[ROWS_FROM] = mapping_workbook(sheets)
    asked = [f for t, s in zip(source.tables, sheets, strict=True) for f in _findings(t, s)]
    proposals = tuple((s.sheet, p) for s in sheets for p in s.proposals)
    found = (*source.findings, *asked)
    return Draft(files, found, proposals, tuple(questions), numbers, numbers_file)


def _as_drafted(doubts: Sequence[Finding]) -> SourceOptions:
    """How a source is read as the draft will declare it: totals passed over, commas as points."""
    totals: dict[str, tuple[int, ...]] = {}
    for f in doubts:
        if f.code == _TOTALS and f.row:
            totals[f.sheet] = (*totals.get(f.sheet, ()), f.row)
    commas = any(f.code == _COMMA for f in doubts) or None
    return SourceOptions(
        delimited=DelimitedOptions(decimal_comma=commas),
        workbook=WorkbookOptions(passed_over=totals),
    )


def _doubts(
    tables: Sequence[RawTable], sheets: Sequence[DraftSheet], doubts: Iterable[Finding]
) -> None:
    """What each sheet declares with a question, so that it can be read at all."""
    for table, sheet in zip(tables, sheets, strict=True):
        own = [f for f in doubts if (f.file, f.sheet) == (table.file, table.sheet)]
        sheet.totals = [f.row for f in own if f.code == _TOTALS and f.row]
        sheet.decimal_comma = [f.column for f in own if f.code == _COMMA]


def _sheets(tables: Sequence[RawTable], file: str) -> list[DraftSheet]:
    sheets: list[DraftSheet] = []
    proposed = [propose(look_at_sheet(table), table.height) for table in tables]
    main = max(range(len(tables)), key=lambda i: (_about_patients(proposed[i]), -i))
    for place, (table, proposals) in enumerate(zip(tables, proposed, strict=True)):
        name = table.sheet or table.name or Path(file).stem
        key = sheet_key(name, [s.key for s in sheets])
        mapping = draft_rows(proposals, main=place == main)
        settled = [
            p if p.column.place not in mapping.lost else _lost(p, mapping.lost[p.column.place])
            for p in proposals
        ]
        several = len(tables) > 1 or bool(table.sheet)
        shown = (table.sheet or table.name) if several else ""
        about = {"header": list(table.heading_rows)} if table.heading_rows else {}
        sheets.append(DraftSheet(key, file, shown, about, settled, mapping, main=place == main))
    _links(sheets)
    return sheets


def _links(sheets: Sequence[DraftSheet]) -> None:
    """A sheet that knows patients by a record number alone, where the main one has both."""
    main = next(s for s in sheets if s.main)
    if main.patient is None or main.patient.role == "record":
        return
    for sheet in sheets:
        if sheet is main or sheet.patient is None or sheet.patient.role != "record":
            continue
        name = sheet.patient.column.name.plain
        both = next((p for p in main.proposals if p.column.name.plain == name), None)
        if both is not None:
            sheet.link = {"source": main.key, "column": both.column.name.text}
            said = f"'{both.column.name.text}' of '{main.sheet}' says which study number it is"
            sheet.proposals = [
                replace(p, role="link", confidence=0.95, reason=said) if p.fate == "patient" else p
                for p in sheet.proposals
            ]


def _mixed_dates(
    tables: Sequence[RawTable], sheets: Sequence[DraftSheet], findings: Iterable[Finding]
) -> None:
    """The columns that hold both dates and text, with what speaks for or against a swap."""
    mixed = [f for f in findings if f.code == MIXED_DATES]
    for table, sheet in zip(tables, sheets, strict=True):
        sheet.mixed_dates = [f.column for f in mixed if f.sheet == table.sheet]
        if sheet.mixed_dates:
            swaps = find_swaps(table, sheet.proposals, sheet.mixed_dates)
            sheet.evidence = [s.sentence for s in swaps]


def _numbers(
    tables: Sequence[RawTable], sheets: Sequence[DraftSheet], path: Path, folder: Path
) -> tuple[str, dict[str, str]]:
    """Study numbers for the record numbers of the sheets that have nothing else, main first."""
    asked = [
        (t, s, s.patient)
        for t, s in zip(tables, sheets, strict=True)
        if s.patient and s.patient.role == "record" and not s.link
    ]
    if not asked:
        return "", {}
    beside = path.parent if os.access(path.parent, os.W_OK) else folder
    kept = beside / f"{path.stem}-numbers.csv"
    numbers = read_numbers(kept)
    for table, sheet, patient in sorted(asked, key=lambda a: not a[1].main):
        sheet.pseudonyms = os.path.relpath(kept, folder)
        records = table.frame[str(patient.column.place)].drop_nulls().to_list()
        unknown = {w.lower() for w in sheet.missing}
        numbers = extend_numbers(numbers, [r for r in records if r.lower() not in unknown])
    return os.path.relpath(kept, folder), numbers


def _about_patients(proposals: Sequence[Proposal]) -> int:
    """How many columns of a sheet say something of a patient as a whole."""
    whole = ("patients", "diagnoses", "followup")
    return sum(p.fate == "placed" and p.table in whole and p.target != "note" for p in proposals)


def _lost(one: Proposal, why: str) -> Proposal:
    return Proposal(one.column, "unplaced", reason=why)


def _sites(tables: Sequence[RawTable], sheets: Iterable[DraftSheet]) -> list[str]:
    """The centres that the sheets name."""
    for table, sheet in zip(tables, sheets, strict=True):
        rows = sheet.mapping.find("patients")
        rule = rows.cells["site"].rule if rows and "site" in rows.cells else {}
        if "from" in rule:
            place = next(
                p.column.place for p in sheet.proposals if p.column.name.text == rule["from"]
            )
            texts = table.frame[str(place)].drop_nulls().unique(maintain_order=True)
            return sorted(t for t in texts if t not in sheet.missing)
    return [SITE]


def _findings(table: RawTable, sheet: DraftSheet) -> list[Finding]:
    """What the user must look at: identifiers, questions, columns without a place."""
    found = [f for p in sheet.proposals if (f := _of_column(table, p))]
    found += [
        _finding(table, p, "draft-question", question, "Answer it in mapping.toml.")
        for p in sheet.proposals
        if p.column.place not in sheet.mapping.answered
        for question in p.questions
    ]
    found += _of_rows(sheet)
    if sheet.patient is None and not sheet.by_row:
        found.append(
            Finding(
                code="draft-no-patient",
                severity="error",
                file=table.file,
                sheet=table.sheet,
                message="no column has the patients' numbers",
                remedy="Add one to the sheet, with a number of its own for every patient.",
            )
        )
    return found


def _of_rows(sheet: DraftSheet) -> list[Finding]:
    """Questions about drafted rows that no column of the sheet stands for."""
    asked = {q for p in sheet.proposals for q in p.questions}
    return [
        Finding(
            code="draft-question",
            severity="warning",
            file="mapping.toml",
            column=f"rows.{rows.name}.columns.{column}",
            message=question,
            remedy="Answer it in mapping.toml.",
        )
        for rows in sheet.mapping.rows
        for column, cell in rows.cells.items()
        for question in cell.questions
        if question not in asked
    ]


def _of_column(table: RawTable, one: Proposal) -> Finding | None:
    if one.fate == "patient" and one.role == "record":
        return _finding(
            table,
            one,
            "draft-identifier",
            one.reason,
            "The pairs are kept in a file beside the sheet; do not send it along.",
        )
    if one.fate == "identifier":
        return _finding(
            table, one, "draft-identifier", one.reason, "It is left out of the mapping; keep it so."
        )
    if one.fate == "unplaced":
        return _finding(
            table,
            one,
            "draft-not-placed",
            f"the column was not placed: {one.reason}",
            "Map it in mapping.toml, or name it in `left_out` there.",
        )
    return None


def _finding(table: RawTable, one: Proposal, code: str, message: str, remedy: str) -> Finding:
    return Finding(
        code=code,
        severity="warning",
        file=table.file,
        sheet=table.sheet,
        column=one.column.name.text
        if table.name
        else f"{one.column.letter} ({one.column.name.text})",
        message=message,
        remedy=remedy,
    )


def write_draft(draft: Draft, folder: Path) -> list[Finding]:
    """Write the drafted files into a folder that has no study yet; else a finding, and nothing."""
    if has_errors(draft.findings) and not draft.files:
        return []
    standing = [n for n in draft.files if (folder / n).exists()]
    if standing:
        return [
            Finding(
                code="draft-folder-taken",
                severity="error",
                file=folder.name,
                message=f"the folder has {' and '.join(standing)} already, and nothing is replaced",
                remedy="Name another folder with --out.",
            )
        ]
    folder.mkdir(parents=True, exist_ok=True)
    if draft.numbers_file:
        write_numbers(folder / draft.numbers_file, draft.numbers)
    for name, text in draft.files.items():
        (folder / name).write_bytes(text)
    return []
