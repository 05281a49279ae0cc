"""Small charts that break one rule, for the spec tests of the rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from sequela.chart.chart import read_chart
from sequela.chart.rules import RULES, check_chart
from sequela.chart.waivers import Waiver, apply_waivers
from sequela.findings import Finding
from small_study import write_study

SEVERITY = {rule.code: rule.severity for rule in RULES}
SENTENCE = {rule.code: rule.sentence for rule in RULES}
Broken = Callable[..., list[tuple[str, str]]]


def judge(folder: Path, data_cut: date | None = None, **tables: str) -> list[Finding]:
    """All findings of the rules over a chart that can be read."""
    chart, findings = read_chart(write_study(folder, **tables))
    assert findings == [], [(f.place, f.message) for f in findings]
    return check_chart(chart, sites=(), data_cut=data_cut)


def breaches_of(code: str, found: list[Finding]) -> list[tuple[str, str]]:
    """Place and patient of each breach of one rule; severity and sentence are the rule's own."""
    of = [f for f in found if f.code == code]
    assert {f.severity for f in of} <= {SEVERITY[code]}
    assert {f.message for f in of} <= {SENTENCE[code]}
    _can_be_kept(code, of)
    return [(f.place, f.patient_id) for f in of]


def _can_be_kept(code: str, of: list[Finding]) -> None:
    """Every breach of a rule that can be waived is waived by a waiver of its own place."""
    if not next(r.waivable for r in RULES if r.code == code):
        return
    for finding in of:
        waiver = Waiver(
            rule=code,
            reason="A test.",
            patient=finding.patient_id,
            row=finding.row,
            table=finding.table,
        )
        told = apply_waivers([waiver], of, lines={}, file="study.toml")
        assert [f.waived for f in told if f.row == finding.row and f.table == finding.table] == [
            "A test."
        ] * sum(f.row == finding.row and f.table == finding.table for f in of)
        assert not next(f for f in told if f.waived).stops


def not_judged(code: str, found: list[Finding]) -> int:
    """How many rows a rule passed over; 0 when it says nothing of any."""
    lines = [f for f in found if f.code == f"{code}-not-judged"]
    assert len(lines) <= 1
    return int(lines[0].message.split()[0]) if lines else 0
