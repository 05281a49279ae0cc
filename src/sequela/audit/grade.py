"""The grades of a claim, what each check found, and the verdict that comes of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Grade = Literal[
    "contradicted",
    "inconsistent",
    "reproduced_if_left_out",
    "apparent",
    "not_derivable",
    "within_bounds",
    "reproduced",
]
Outcome = Grade | Literal["consistent"]

# A claim is graded by the worst of its checks. What could not be checked stands above what
# could: a claim of which only a part was reproduced must not read as reproduced.
WORST_FIRST: tuple[Outcome, ...] = (
    "contradicted",
    "inconsistent",
    "reproduced_if_left_out",
    "apparent",
    "not_derivable",
    "within_bounds",
    "reproduced",
    "consistent",
)

MEANING: dict[Outcome, str] = {
    "contradicted": "the chart gives something else",
    "inconsistent": "the article does not agree with itself",
    "reproduced_if_left_out": "holds only if named patients are left out",
    "apparent": "a disagreement that can be explained",
    "not_derivable": "the chart cannot tell",
    "within_bounds": "the chart allows it, without fixing it",
    "reproduced": "the chart gives the same",
    "consistent": "the article's numbers agree with each other",
}

ALARMS: frozenset[Outcome] = frozenset({"contradicted", "inconsistent", "reproduced_if_left_out"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What one check of one claim found, in a sentence that a reader can verify.

    `patients` are those the sentence names or counts, `row_ids` the result rows it read.
    """

    name: str
    outcome: Outcome
    sentence: str
    patients: tuple[str, ...] = ()
    row_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One claim with its one grade.

    `statement` is what the article says, `sentence` what came of checking it, the worst
    first. `checks` keeps every result. `patients` are those that a sentence may name, so
    `sentence` belongs to patient-level outputs wherever `patients` is not empty.
    """

    claim_id: str
    where: str
    grade: Grade
    statement: str
    sentence: str
    checks: tuple[Check, ...] = ()
    patients: tuple[str, ...] = ()
    row_ids: tuple[str, ...] = ()

    @property
    def alarm(self) -> bool:
        """Whether the claim should not stand in print as it is."""
        return self.grade in ALARMS

    @property
    def aggregate_sentence(self) -> str:
        """The sentence for where no patient may be named: what is about some only by its grade."""
        parts = [
            f"{MEANING[c.outcome][:1].upper()}{MEANING[c.outcome][1:]}."
            if c.patients
            else c.sentence
            for c in by_severity(self.checks)
        ]
        return " ".join(dict.fromkeys(parts))


def by_severity(checks: Iterable[Check]) -> list[Check]:
    """The checks, worst first, otherwise in the order in which they were made."""
    return sorted(checks, key=lambda check: WORST_FIRST.index(check.outcome))


def grade_of(checks: Iterable[Check]) -> Grade:
    """The worst outcome of the checks; `not_derivable` when none of them reached the chart."""
    ranked = by_severity(checks)
    if not ranked or ranked[0].outcome == "consistent":
        return "not_derivable"
    return ranked[0].outcome


def alarms(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The verdicts that contradict the article, for the exit code and the summary."""
    return [verdict for verdict in verdicts if verdict.alarm]
