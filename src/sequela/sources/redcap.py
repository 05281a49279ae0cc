"""REDCap exports with their data dictionary: one table a form, and what the dictionary forbids.

An export that was made with labels instead of codes is recognised; it is read as far as its
labels are unmistakable, and the finding says how to export the codes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from sequela.findings import Finding
from sequela.sources.options import RedcapOptions
from sequela.sources.raw_table import ROW, ColumnNotes, RawTable
from sequela.sources.redcap_cells import check_cells_of, hidden_but_filled
from sequela.sources.redcap_dictionary import Dictionary, is_dictionary, read_dictionary
from sequela.sources.redcap_events import check_events, is_event_mapping
from sequela.sources.redcap_matrix import EVENT, INSTANCE, INSTRUMENT, export_of, untangle

_SYSTEM_LABELS = {
    "Event Name": EVENT,
    "Repeat Instrument": INSTRUMENT,
    "Repeat Instance": INSTANCE,
    "Data Access Group": "redcap_data_access_group",
    "Survey Identifier": "redcap_survey_identifier",
}


def is_redcap(tables: Sequence[RawTable]) -> bool:
    """Whether there is a data dictionary among the tables."""
    return any(is_dictionary(table.header) for table in tables)


def read_redcap(
    tables: Sequence[RawTable], options: RedcapOptions | None = None
) -> tuple[list[RawTable], list[Finding]]:
    """The forms in the exports among the tables, explained by the dictionary among them."""
    options = options or RedcapOptions()
    dictionary, findings = read_dictionary(next(t for t in tables if is_dictionary(t.header)))
    mappings = [t for t in tables if is_event_mapping(t.header)]
    exports = [t for t in tables if not is_dictionary(t.header) and t not in mappings]
    if dictionary is None:
        return [], findings
    if not exports:
        findings.append(_no_export(tables[0].file))
    forms: list[RawTable] = []
    for table in exports:
        read, problems = _read_export(table, dictionary, options)
        problems += check_events(read, mappings)
        forms += read
        findings += problems
    return forms, findings


def _read_export(
    table: RawTable, dictionary: Dictionary, options: RedcapOptions
) -> tuple[list[RawTable], list[Finding]]:
    table, findings = _with_names(table, dictionary)
    if dictionary.record not in table.header:
        return [], [*findings, _not_of_dictionary(table, dictionary)]
    export = export_of(table, dictionary)
    tables, problems = untangle(export)
    findings += problems
    checked = []
    for form in tables:
        read, problems = check_cells_of(export, form, options)
        findings += problems
        checked.append(read)
    findings += hidden_but_filled(export, checked)
    if options.checkboxes == "list":
        checked = [_listed(form, dictionary) for form in checked]
    return checked, findings


def _with_names(table: RawTable, dictionary: Dictionary) -> tuple[RawTable, list[Finding]]:
    """The table with the fields' names for its heading, where that holds their labels."""
    if dictionary.record in table.header:
        return table, []
    names = _names_by_label(dictionary)
    known = [name for name in table.header if name in names]
    if 2 * len(known) < len([name for name in table.header if name]):
        return table, []
    header = tuple(names.get(name, name) for name in table.header)
    return replace(table, header=header), [
        Finding(
            code="redcap-labelled-export",
            severity="error",
            file=table.file,
            sheet=table.sheet,
            row=1,
            message="the export has labels for its heading and not the names of the fields",
            remedy="Export anew as 'CSV / Microsoft Excel (raw data)', not as labels.",
        )
    ]


def _names_by_label(dictionary: Dictionary) -> dict[str, str]:
    """The column for each label that only one column has."""
    pairs: list[tuple[str, str]] = [(dictionary[dictionary.record].label, dictionary.record)]
    for form in dictionary.forms:
        for field in dictionary.of_form(form):
            if field.type == "checkbox":
                pairs += [
                    (f"{field.label} (choice={label})", column)
                    for label, column in zip(field.choices.values(), field.columns, strict=True)
                ]
            elif field.columns:
                pairs.append((field.label, field.name))
    counts = Counter(label for label, _ in pairs)
    return _SYSTEM_LABELS | {label: name for label, name in pairs if label and counts[label] == 1}


def _listed(table: RawTable, dictionary: Dictionary) -> RawTable:
    """The form with one column a checkbox that lists the codes of the ticked choices."""
    frame, header = table.frame, list(table.header)
    notes = dict(table.notes)
    for field in dictionary.of_form(table.name):
        places = [str(header.index(c)) for c in field.columns if c in header]
        if field.type != "checkbox" or not places:
            continue
        codes = [code for code, c in zip(field.choices, field.columns, strict=True) if c in header]
        ticked = [
            pl.when(pl.col(place) == "1").then(pl.lit(code))
            for place, code in zip(places, codes, strict=True)
        ]
        joined = pl.concat_str(ticked, separator="; ", ignore_nulls=True).replace("", None)
        frame = frame.with_columns(joined.alias(places[0]))
        header = [
            field.name if str(at) == places[0] else "" if str(at) in places else name
            for at, name in enumerate(header)
        ]
        notes = {n: each for n, each in notes.items() if n not in field.columns}
        notes[field.name] = replace(field.notes({}), missing=dict(_missing(table)))
    kept = [at for at, name in enumerate(header) if name]
    renamed = (pl.col(str(at)).alias(str(new)) for new, at in enumerate(kept))
    return replace(
        table,
        header=tuple(header[at] for at in kept),
        frame=frame.select(ROW, *renamed),
        notes=notes,
    )


def _missing(table: RawTable) -> dict[str, str]:
    return dict(next(iter(table.notes.values()), ColumnNotes()).missing)


def _no_export(file: str) -> Finding:
    return Finding(
        code="redcap-without-export",
        severity="error",
        file=file,
        message="there is a data dictionary and no export of data beside it",
        remedy="Add the export of all records, as raw data.",
    )


def _not_of_dictionary(table: RawTable, dictionary: Dictionary) -> Finding:
    return Finding(
        code="redcap-not-of-dictionary",
        severity="error",
        file=table.file,
        sheet=table.sheet,
        row=1,
        column=dictionary.record,
        message=f"the table has no column '{dictionary.record}', which the data dictionary names "
        "as the record's number",
        remedy="Export it anew as raw data, and download the dictionary of the same project.",
    )
