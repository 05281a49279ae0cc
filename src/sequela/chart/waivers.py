"""Findings that a study keeps with a reason: `[[waive]]` in study.toml.

A waived finding is never dropped. It stays in the list with its reason and no longer stops the
run. What holds the chart together (a patient twice, a cell that cannot be read) cannot be waived,
since no reading of the chart would be left to defend.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sequela.chart.rules.check import RULES
from sequela.findings import Finding

# What is found outside the rules, is no error, and may be kept with a reason.
FURTHER = (
    "eligibility-unknown",
    "identifier-in-name",
    "table-absent",
    "table-not-read",
    "table-unknown",
    "value-without-code",
)
WAIVABLE = (*(rule.code for rule in RULES if rule.waivable), *FURTHER)
HARD = tuple(rule.code for rule in RULES if not rule.waivable)


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("it must say something")
    return text.strip()


Said = Annotated[str, AfterValidator(_said)]


class Waiver(BaseModel):
    """A finding that is kept, and why; blank keys match everything.

    `row` is the number that the finding names and `value` the cell as it stands there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str = Field(description="the rule's code, as the finding shows it")
    reason: Said = Field(description="why it is kept; it prints beside the finding")
    patient: str = Field("", description="only of this patient")
    table: str = Field("", description="only in this chart table")
    row: int | None = Field(None, description="only in this row")
    column: str = Field("", description="only in this column")
    value: str = Field("", description="only where the cell holds this")
    by: str = Field("", description="who decided")
    date: datetime.date | str = Field("", description="when it was decided")

    @property
    def told(self) -> str:
        """The reason with who decided and when."""
        signed = ", ".join(part for part in (self.by, str(self.date)) if part)
        return f"{self.reason} ({signed})" if signed else self.reason

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is one that the waiver keeps."""
        return (
            finding.code == self.rule
            and self.patient in ("", finding.patient_id)
            and self.table in ("", finding.table or finding.file.rpartition(".")[0])
            and self.row in (None, finding.row)
            and self.column in ("", finding.column)
            and self.value in ("", finding.value)
        )


def apply_waivers(
    waivers: Sequence[Waiver],
    findings: Iterable[Finding],
    *,
    lines: Mapping[int, int],
    file: str,
    derived: bool = True,
) -> list[Finding]:
    """The findings, those that a waiver covers with its reason, and unused waivers as findings.

    The first waiver that covers a finding gives the reason. `lines` says on which line of `file`
    the waivers stand. Unless the study is `derived`, waivers of what only that finds are not
    called unused.
    """
    by_rule: dict[str, list[int]] = {}
    for place, waiver in enumerate(waivers):
        if waiver.rule in WAIVABLE:
            by_rule.setdefault(waiver.rule, []).append(place)
    used: set[int] = set()
    told = []
    for finding in findings:
        covering = [p for p in by_rule.get(finding.code, ()) if waivers[p].covers(finding)]
        used.update(covering)
        reason = waivers[covering[0]].told if covering else ""
        told.append(replace(finding, waived=reason) if covering else finding)
    unused = [p for places in by_rule.values() for p in places if p not in used]
    unused = [p for p in unused if derived or waivers[p].rule not in FURTHER]
    return told + [_unused(waivers[p], p, lines.get(p), file) for p in sorted(unused)]


def _unused(waiver: Waiver, place: int, line: int | None, file: str) -> Finding:
    return Finding(
        code="waiver-unused",
        severity="warning",
        file=file,
        row=line,
        column=f"waive.{place + 1}",
        message=f"nothing is found that this waiver of '{waiver.rule}' covers",
        remedy="Delete it, or correct patient, table, row, column or value.",
    )
