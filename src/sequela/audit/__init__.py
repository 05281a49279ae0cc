"""A publication's claims against each other and against the result rows of its chart."""

from sequela.audit.audit import audit_claims
from sequela.audit.claims import read_claims
from sequela.audit.evidence import Evidence, NoEvidenceError, Selector
from sequela.audit.grade import ALARMS, MEANING, WORST_FIRST, Check, Grade, Verdict, alarms

__all__ = [
    "ALARMS",
    "MEANING",
    "WORST_FIRST",
    "Check",
    "Evidence",
    "Grade",
    "NoEvidenceError",
    "Selector",
    "Verdict",
    "alarms",
    "audit_claims",
    "read_claims",
]
