"""A small REDCap project for tests: its data dictionary and a raw export, as text."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence

from sequela.findings import Finding
from sequela.sources.options import RedcapOptions, SourceOptions
from sequela.sources.source import Source, parse_source

COLUMNS = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)


def field(name: str, form: str, type: str, label: str, **more: str) -> dict[str, str]:
    """A row of a dictionary; `choices`, `validation`, `least`, `most`, `identifier`, `logic`."""
    places = {"choices": 5, "validation": 7, "least": 8, "most": 9, "identifier": 10, "logic": 11}
    row = {COLUMNS[0]: name, COLUMNS[1]: form, COLUMNS[3]: type, COLUMNS[4]: label}
    return row | {COLUMNS[places[key]]: text for key, text in more.items()}


FIELDS = (
    field("record_id", "person", "text", "Record"),
    field("mrn", "person", "text", "<b>Record</b> number", identifier="y"),
    field("sex", "person", "radio", "Sex", choices="1, Female | 2, Male"),
    field("pregnant", "person", "yesno", "Pregnant?", logic="[sex] = '1'"),
    field(
        "organs", "person", "checkbox", "Organs", choices="1, Marrow | 2, <i>CSF</i> | -9, Unknown"
    ),
    field("birth", "person", "text", "Born", validation="date_dmy", most="2020-01-01"),
    field("age", "person", "calc", "Age", choices="rounddown(datediff([birth], 'today', 'y'))"),
    field("relapsed", "relapse", "text", "Relapsed on", validation="date_dmy"),
    field("blasts", "relapse", "text", "Blasts", validation="number", least="0", most="100"),
    field("note", "relapse", "notes", "Note", logic="[blasts] > 5 and [sex] <> ''"),
)

HEADER = (
    "record_id", "redcap_repeat_instrument", "redcap_repeat_instance", "mrn", "sex", "pregnant",
    "organs___1", "organs___2", "organs____9", "birth", "age", "person_complete", "relapsed",
    "blasts", "note", "relapse_complete",
)  # fmt: skip
PERSON = {
    "record_id": "1", "mrn": "00123", "sex": "1", "pregnant": "0", "organs___1": "1",
    "organs___2": "0", "organs____9": "0", "birth": "1960-03-14", "age": "59",
    "person_complete": "2",
}  # fmt: skip
RELAPSE = {
    "record_id": "1", "redcap_repeat_instrument": "relapse", "redcap_repeat_instance": "1",
    "relapsed": "2019-03-14", "blasts": "12.5", "note": "none", "relapse_complete": "2",
}  # fmt: skip


def dictionary(fields: Sequence[Mapping[str, str]] = FIELDS, columns: Sequence[str] = COLUMNS):
    return text([columns, *([f.get(name, "") for name in columns] for f in fields)])


def export(*rows: Mapping[str, str], header: Sequence[str] = HEADER) -> str:
    return text([header, *([row.get(name, "") for name in header] for row in rows)])


def text(rows: Sequence[Sequence[str]]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def zipped(**files: str | bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.csv", content)
    return buffer.getvalue()


def read(data: str, words: str | None = None, more: Mapping[str, str] | None = None, **options):
    content = zipped(data=data, words=words or dictionary(), **(more or {}))
    return parse_source("project.zip", content, SourceOptions(redcap=RedcapOptions(**options)))


def said(source: Source, code: str) -> list[str]:
    return [finding.message for finding in source.findings if finding.code == code]


def found(source: Source, code: str) -> list[Finding]:
    return [finding for finding in source.findings if finding.code == code]


def complaints(source: Source) -> list[str]:
    """The codes of all findings but notes."""
    return [finding.code for finding in source.findings if finding.severity != "note"]
