"""The audit: every claim of a publication, checked and graded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sequela.audit.against_chart import check_chart
from sequela.audit.claim_form import Claim
from sequela.audit.evidence import Evidence, RememberedEvidence
from sequela.audit.grade import Check, Verdict, by_severity, grade_of
from sequela.audit.partition import check_sum
from sequela.audit.percent import check_percents, check_shares
from sequela.audit.periods import check_period
from sequela.audit.ranges import check_summary
from sequela.audit.relations import check_relations
from sequela.audit.survival_rules import check_survival
from sequela.audit.wording import statement

# What a claim must satisfy by itself, whatever the chart says.
RULES: tuple[Callable[[Claim], list[Check]], ...] = (
    check_shares,
    check_percents,
    check_sum,
    check_summary,
    check_survival,
    check_period,
)


def audit_claims(claims: Sequence[Claim], evidence: Evidence | None) -> list[Verdict]:
    """One verdict a claim, in the order of the claims.

    Each claim is checked by itself, against the claims it refers to, and against the chart
    where there is one; the worst result is its grade. Claims come from `read_claims`, which
    has made sure that every reference leads somewhere.
    """
    by_id = {claim.id: claim for claim in claims}
    remembered = None if evidence is None else RememberedEvidence(evidence)
    return [_verdict(claim, by_id, remembered) for claim in claims]


def _verdict(claim: Claim, by_id: dict[str, Claim], evidence: Evidence | None) -> Verdict:
    checks = [check for rule in RULES for check in rule(claim)]
    checks += check_relations(claim, by_id)
    checks += check_chart(claim, evidence)
    ranked = by_severity(checks)
    return Verdict(
        claim_id=claim.id,
        where=claim.where,
        grade=grade_of(checks),
        statement=statement(claim),
        sentence=" ".join(dict.fromkeys(check.sentence for check in ranked)),
        checks=tuple(checks),
        patients=tuple(sorted({p for check in checks for p in check.patients})),
        row_ids=tuple(dict.fromkeys(i for check in checks for i in check.row_ids)),
    )
