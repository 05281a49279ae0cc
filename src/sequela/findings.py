"""Every complaint that Sequela makes about an input, as data.

A finding says what is wrong, where it stands and what to do about it. It never travels as
a traceback, and the value it complains about is kept apart from the sentence so that the
sentence can be printed where patient values may not appear.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]

_ORDER = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One complaint about one place in the input.

    `message` says what is wrong and `remedy` what to do; neither holds a patient's value.
    `row` is the line a spreadsheet program shows (the header is row 1). `value` and
    `patient_id` identify a patient and are dropped by `without_patient`. `waived` is the reason
    for which the study keeps it as it is. `table` is the chart table of a finding about one,
    whatever file it came from.
    """

    code: str
    severity: Severity
    message: str
    remedy: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    patient_id: str = ""
    value: str = ""
    waived: str = ""
    table: str = ""

    @property
    def stops(self) -> bool:
        """Whether the run cannot go on with it: an error that no reason keeps."""
        return self.severity == "error" and not self.waived

    @property
    def place(self) -> str:
        """The place as a person would name it, such as `patients.csv, row 7, column sex`."""
        parts = [self.file] if self.file else []
        if self.sheet:
            parts.append(f"sheet {self.sheet}")
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column:
            parts.append(f"column {self.column}")
        return ", ".join(parts)

    def without_patient(self) -> Finding:
        """The same complaint without the value and the patient it was found in."""
        reason = "a reason stands in the study file" if self.waived else ""
        return replace(self, value="", patient_id="", row=None, waived=reason)

    def as_dict(self) -> dict[str, Any]:
        """The finding as plain data, for JSON."""
        return asdict(self)


class StudyError(Exception):
    """A study cannot be run; carries all findings of the attempt, never just the first."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = sort_findings(findings)
        super().__init__(f"{len(self.findings)} finding(s)")


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Errors first and what is waived last, then by file, row, column and code."""
    return sorted(
        findings,
        key=lambda f: (
            bool(f.waived),
            _ORDER[f.severity],
            f.file,
            f.row or 0,
            f.column,
            f.code,
            f.message,
        ),
    )


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any finding stops the run."""
    return any(f.stops for f in findings)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A closing question with the nearest known word, or the list of known words."""
    names = sorted(known)
    lowered = {name.lower(): name for name in names}
    close = get_close_matches(word.lower(), list(lowered), n=3, cutoff=0.65)
    if close:
        # Of equally near words the one with the same letters: two of them were swapped.
        swapped = (c for c in close if sorted(c) == sorted(word.lower()))
        return f"Did you mean '{lowered[next(swapped, close[0])]}'?"
    return f"Known here: {', '.join(names)}." if names else "None is known here."
