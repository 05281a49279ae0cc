"""REDCap's block matrix untangled: from one row an event and instance to one table a form.

An export has a row for every record, event and repeat, and every row has the columns of every
form; what does not apply is blank. A row is a row of a form when a field of the form is
filled in it; a checkbox that is not ticked, a calculated field, and a form state of
`Incomplete` do not count as filled, since REDCap writes them where nobody entered anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from sequela.findings import Finding, Severity
from sequela.sources.raw_table import ROW, ColumnNotes, RawTable
from sequela.sources.redcap_dictionary import Dictionary, Field
from sequela.sources.wording import counted, rows_named

EVENT = "redcap_event_name"
INSTRUMENT = "redcap_repeat_instrument"
INSTANCE = "redcap_repeat_instance"
_SYSTEM = {
    EVENT,
    INSTRUMENT,
    INSTANCE,
    "redcap_data_access_group",
    "redcap_survey_identifier",
}
_PLACE, _FORM_ROW = "__event", "__instrument"


@dataclass(frozen=True, slots=True)
class Export:
    """An export with the dictionary that explains it; `frame` has the fields by their names."""

    table: RawTable
    dictionary: Dictionary
    frame: pl.DataFrame

    @property
    def record(self) -> str:
        """The name of the column that holds the record's number."""
        return self.dictionary.record

    def finding(
        self,
        code: str,
        severity: Severity,
        message: str,
        remedy: str,
        *,
        row: int | None = None,
        column: str = "",
        patient: str = "",
        value: str = "",
    ) -> Finding:
        """A finding about the export."""
        return Finding(
            code=code,
            severity=severity,
            file=self.table.file,
            sheet=self.table.sheet,
            row=row,
            column=column,
            patient_id=patient,
            value=value,
            message=message,
            remedy=remedy,
        )

    def columns_of(self, field: Field) -> list[str]:
        """The columns that the export has of a field."""
        return [name for name in field.columns if name in self.frame.columns]


def export_of(table: RawTable, dictionary: Dictionary) -> Export:
    """The export by column name; of two columns of one name the first."""
    first = {
        str(place): name
        for place, name in enumerate(table.header)
        if name and name not in table.header[:place]
    }
    return Export(table, dictionary, table.frame.select(ROW, *first).rename(first))


def untangle(export: Export) -> tuple[list[RawTable], list[Finding]]:
    """A table a form that has any row, and every row of the export in a form or in a finding."""
    findings = _structure(export)
    frame = _with_places(export)
    tables, used = [], pl.Series([], dtype=pl.Int64)
    for form in export.dictionary.forms:
        table, problems = _form(export, frame, form)
        findings += problems
        if table is not None:
            tables.append(table)
            used = used.append(table.frame[ROW])
    # a row that a finding names already need not be named again
    told = {f.row for f in findings if f.row is not None}
    blank = frame.filter(~pl.col(ROW).is_in([*used.unique(), *told]))
    if blank.height:
        findings.append(_blank_rows(export, blank[ROW].to_list()))
    return tables, findings


def _with_places(export: Export) -> pl.DataFrame:
    """The export with the form that each row repeats, by its name in the dictionary."""
    names = {form: form for form in export.dictionary.forms}
    names |= {form.replace("_", " "): form for form in export.dictionary.forms}
    frame = export.frame
    if INSTRUMENT not in frame.columns:
        return frame.with_columns(pl.lit(None, pl.String).alias(_FORM_ROW))
    spoken = pl.col(INSTRUMENT).str.to_lowercase()
    return frame.with_columns(
        spoken.replace_strict(names, default=pl.col(INSTRUMENT)).alias(_FORM_ROW)
    )


def _structure(export: Export) -> list[Finding]:
    """What is wrong with how records, events and repeats fit together."""
    frame = _with_places(export)
    return [
        *_without_record(export, frame),
        *_unknown_instruments(export, frame),
        *_repeats(export, frame),
        *_orphans(export, frame),
        *_unknown_columns(export),
    ]


def _without_record(export: Export, frame: pl.DataFrame) -> list[Finding]:
    return [
        export.finding(
            "redcap-row-without-record",
            "error",
            f"the row has no '{export.record}', so it is nobody's",
            "Fill in the record's number, or export anew.",
            row=row,
            column=export.record,
        )
        for row in frame.filter(pl.col(export.record).is_null())[ROW]
    ]


def _unknown_instruments(export: Export, frame: pl.DataFrame) -> list[Finding]:
    known = export.dictionary.forms
    strange = frame.filter(pl.col(_FORM_ROW).is_not_null() & ~pl.col(_FORM_ROW).is_in(known))
    return [
        export.finding(
            "redcap-instrument-unknown",
            "error",
            "the row repeats a form that the data dictionary does not have",
            "Download the dictionary and the export at the same time.",
            row=row,
            column=INSTRUMENT,
            patient=patient or "",
            value=value,
        )
        for row, patient, value in strange.select(ROW, export.record, _FORM_ROW).iter_rows()
    ]


def _repeats(export: Export, frame: pl.DataFrame) -> list[Finding]:
    """Two rows for one record, event, form and instance."""
    key = [export.record, *(c for c in (EVENT, _FORM_ROW, INSTANCE) if c in frame.columns)]
    twice = frame.filter(
        pl.col(export.record).is_not_null() & pl.struct(key).is_first_distinct().not_()
    )
    if INSTRUMENT not in frame.columns and INSTANCE not in frame.columns and twice.height:
        return [
            export.finding(
                "redcap-repeat-columns-absent",
                "error",
                f"records have more than one row, and the export has no '{INSTRUMENT}' to say "
                f"which form each row repeats ({rows_named(twice[ROW].to_list())})",
                f"Export anew with all columns, so that '{INSTRUMENT}' and '{INSTANCE}' are there.",
            )
        ]
    return [
        export.finding(
            "redcap-instance-twice",
            "error",
            "another row has the same record, event, form and instance",
            "Look which of the two is right; number the instances 1, 2, 3.",
            row=row,
            patient=patient,
        )
        for row, patient in twice.select(ROW, export.record).iter_rows()
    ]


def _orphans(export: Export, frame: pl.DataFrame) -> list[Finding]:
    """Repeats of a record that has no row of its own, and repeats without a number."""
    repeated = pl.col(_FORM_ROW).is_not_null()
    whole = frame.filter(~repeated)[export.record].drop_nulls().unique().to_list()
    orphans = frame.filter(
        repeated & pl.col(export.record).is_not_null() & ~pl.col(export.record).is_in(whole)
    )
    findings = [
        export.finding(
            "redcap-instance-orphan",
            "error",
            "the row repeats a form for a record that has no row of its own",
            "Export the record whole, or delete the repeat in REDCap.",
            row=row,
            column=INSTRUMENT,
            patient=patient,
        )
        for row, patient in orphans.select(ROW, export.record).iter_rows()
    ]
    if INSTANCE in frame.columns:
        without = frame.filter(repeated & pl.col(INSTANCE).is_null())
        findings += [
            export.finding(
                "redcap-instance-without-number",
                "error",
                "the row repeats a form and does not say which instance it is",
                f"Fill in '{INSTANCE}', or export anew.",
                row=row,
                column=INSTANCE,
                patient=patient or "",
            )
            for row, patient in without.select(ROW, export.record).iter_rows()
        ]
    return findings


def _unknown_columns(export: Export) -> list[Finding]:
    """Columns of the export that no field of the dictionary explains."""
    known = {export.record} | _SYSTEM
    checkboxes = {f.name for f in export.dictionary.fields if f.type == "checkbox"}
    for form in export.dictionary.forms:
        known |= {column for field in export.dictionary.of_form(form) for column in field.columns}
        known.add(f"{form}_timestamp")
    findings = []
    for name in export.frame.columns[1:]:
        if name in known:
            continue
        stem, mark, _ = name.partition("___")
        if mark and stem in checkboxes:
            findings.append(
                export.finding(
                    "redcap-checkbox-unknown",
                    "error",
                    f"column '{name}' is a choice of '{stem}' that the data dictionary lacks",
                    "Download the dictionary and the export at the same time.",
                    column=name,
                )
            )
        elif export.frame[name].null_count() < export.frame.height:
            findings.append(
                export.finding(
                    "redcap-column-unknown",
                    "warning",
                    f"column '{name}' is no field of the data dictionary, so it was left out",
                    "Download the dictionary and the export at the same time.",
                    column=name,
                )
            )
    return findings


def filled(export: Export, fields: Iterable[Field]) -> pl.Expr:
    """Whether somebody entered something in one of the fields."""
    conditions = []
    for field in fields:
        for name in export.columns_of(field):
            cell = pl.col(name)
            if field.type == "checkbox":
                conditions.append(cell.is_in(["1", "Checked"]))
            elif name == f"{field.form}_complete":
                conditions.append(cell.is_not_null() & ~cell.is_in(["0", "Incomplete"]))
            elif field.type != "calc":
                conditions.append(cell.is_not_null())
    return pl.any_horizontal(conditions).fill_null(False) if conditions else pl.lit(False)


def _form(export: Export, frame: pl.DataFrame, form: str) -> tuple[RawTable | None, list[Finding]]:
    fields = export.dictionary.of_form(form)
    columns = [name for field in fields for name in export.columns_of(field)]
    # the form of the record's number may have no other field
    own = filled(export, fields)
    if form == export.dictionary.forms[0] and not columns:
        own = pl.col(export.record).is_not_null()
    with_data = frame.filter(own)
    if with_data.is_empty():
        return None, []
    mine = pl.col(_FORM_ROW).is_null() | (pl.col(_FORM_ROW) == form)
    misplaced = with_data.filter(~mine)
    rows = with_data.filter(mine)
    repeats = rows[_FORM_ROW].null_count() < rows.height or (
        INSTANCE in rows.columns and rows[INSTANCE].null_count() < rows.height
    )
    findings = _misplaced(export, form, misplaced) + _mixed(export, form, rows)
    if passed := frame.height - with_data.height:
        findings.append(_passed_over(export, form, passed))
    if rows.is_empty():
        return None, findings
    system = [
        name
        for name, wanted in ((EVENT, True), (INSTANCE, repeats), ("redcap_data_access_group", True))
        if wanted and name in rows.columns
    ]
    header = [export.record, *system, *columns]
    numbered = rows.select(ROW, *(pl.col(n).alias(str(i)) for i, n in enumerate(header)))
    table = RawTable(
        export.table.file, tuple(header), numbered, len(misplaced), export.table.sheet, {}, form
    )
    return replace(table, notes=_notes(export, fields)), findings


def _notes(export: Export, fields: Sequence[Field]) -> dict[str, ColumnNotes]:
    notes = {export.record: export.dictionary[export.record].notes({})}
    for field in fields:
        if field.type == "checkbox":
            pairs = zip(field.columns, field.choices, strict=True)
            notes |= {column: field.notes({}, code) for column, code in pairs}
        elif field.columns:
            notes[field.name] = field.notes({})
    return notes


def _misplaced(export: Export, form: str, rows: pl.DataFrame) -> list[Finding]:
    return [
        export.finding(
            "redcap-value-misplaced",
            "error",
            f"the row repeats another form, and fields of '{form}' are filled in it",
            "Move the values to the right form in REDCap.",
            row=row,
            column=form,
            patient=patient or "",
        )
        for row, patient in rows.select(ROW, export.record).iter_rows()
    ]


def _mixed(export: Export, form: str, rows: pl.DataFrame) -> list[Finding]:
    """A form that is filled both once and as repeats, for one record in one event."""
    key = [export.record, *([EVENT] if EVENT in rows.columns else [])]
    kinds: dict[tuple[str, ...], set[bool]] = defaultdict(set)
    numbers: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, instrument, *place in rows.select(ROW, _FORM_ROW, *key).iter_rows():
        kinds[tuple(place)].add(instrument is None)
        if instrument is None:
            numbers[tuple(place)].append(row)
    mixed = [row for place, both in kinds.items() if len(both) > 1 for row in numbers[place]]
    if not mixed:
        return []
    return [
        export.finding(
            "redcap-form-mixed",
            "error",
            f"form '{form}' is filled both once and as repeats in the same record "
            f"(outside the repeats: {rows_named(mixed)})",
            "The form was made repeating after data were entered; move these to an instance.",
            column=form,
        )
    ]


def _passed_over(export: Export, form: str, rows: int) -> Finding:
    return export.finding(
        "redcap-rows-of-other-forms",
        "note",
        f"{rows} of {export.frame.height} rows hold nothing of form '{form}' and are no rows of it",
        "Nothing is to be done.",
        column=form,
    )


def _blank_rows(export: Export, rows: list[int]) -> Finding:
    return export.finding(
        "redcap-rows-blank",
        "warning",
        f"{counted(len(rows), 'row')} with a record's number and no entry in any form: "
        f"{rows_named(rows)}",
        "Delete these records in REDCap if they were opened by mistake.",
    )
