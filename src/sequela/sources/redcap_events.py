"""Which forms belong to which events of a longitudinal project.

REDCap exports this as a table of its own (`arm_num`, `unique_event_name`, `form`); where it
is among the files, data of a form in an event that it is not meant for are found.
"""

from __future__ import annotations

from collections.abc import Sequence

from sequela.findings import Finding
from sequela.sources.raw_table import RawTable
from sequela.sources.redcap_matrix import EVENT

_COLUMNS = {"unique_event_name", "form"}


def is_event_mapping(header: tuple[str, ...]) -> bool:
    """Whether a heading is that of the table of events and forms."""
    return set(header) >= _COLUMNS and len(header) <= 4


def check_events(forms: Sequence[RawTable], mappings: Sequence[RawTable]) -> list[Finding]:
    """A finding a row of a form in an event that the mapping does not give it."""
    pairs = {
        (event, form)
        for table in mappings
        for event, form in zip(
            table.column("unique_event_name").to_list(), table.column("form").to_list(), strict=True
        )
    }
    return [
        Finding(
            code="redcap-form-not-of-event",
            severity="error",
            file=form.file,
            sheet=form.sheet,
            row=row,
            column=EVENT,
            patient_id=patient or "",
            value=event or "",
            message=f"form '{form.name}' is filled in an event that it does not belong to",
            remedy="Give the form to the event in REDCap's designer, or move the values.",
        )
        for form in forms
        if pairs and EVENT in form.header
        for row, patient, event in zip(
            form.frame["row"], form.frame["0"], form.column(EVENT), strict=True
        )
        if (event, form.name) not in pairs
    ]
