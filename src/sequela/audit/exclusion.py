"""Whether a claim holds once one or two patients are left out, and which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from sequela.audit.chart_answers import look_up
from sequela.audit.claim_form import Claim
from sequela.audit.claim_numbers import Number, numbers_of
from sequela.audit.evidence import Evidence, NoEvidenceError
from sequela.audit.judgement import judge
from sequela.audit.wording import NAMED, in_words, listed

# Beyond this many patients the pairs are too many to mean anything, and to try.
PAIRS_AMONG = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """The smallest groups of patients without whom every number of a claim holds.

    `size` is how many there are with them. `telling` is false when so many groups would do
    that none explains anything.
    """

    groups: tuple[tuple[str, ...], ...]
    size: int
    telling: bool

    @property
    def patients(self) -> tuple[str, ...]:
        """All patients named."""
        return tuple(sorted({patient for group in self.groups for patient in group}))

    @property
    def sentence(self) -> str:
        """Who would have to be left out."""
        each = len(self.groups[0])
        if not self.telling:
            whom = "any one" if each == 1 else "any of"
            what = "patients" if each == 1 else "pairs of patients"
            return (
                f"Leaving out {whom} of {len(self.groups)} {what} would give it, "
                "which explains nothing."
            )
        noun = "patient" if each == 1 else "patients"
        groups = [listed(group) for group in self.groups]
        whom = f"{noun} {listed(groups, last='or')}"
        verb = "is" if each == 1 else "are"
        several = f" ({in_words(len(groups))} choices would do)" if len(groups) > 1 else ""
        return (
            f"All of it agrees once {whom} {verb} left out{several}, "
            f"which leaves {self.size - each} of {self.size}."
        )


def find_exclusion(claim: Claim, evidence: Evidence) -> Exclusion | None:
    """The smallest exclusion that makes all numbers of a claim hold at once.

    Single patients are tried first, then pairs among up to PAIRS_AMONG patients. A number of
    patients that stands in a heading need not hold: leaving somebody out changes it.
    """
    numbers = sorted((n for n in numbers_of(claim) if n.binding), key=lambda n: not n.counted)
    numbers = [n for n in numbers if judge(n, look_up(n, evidence)) != "not_derivable"]
    if not numbers or any(n.comparator != "=" for n in numbers) or _too_few(numbers, evidence):
        return None
    everyone = _everyone(numbers, evidence)
    for size in (1, 2):
        if size == 2 and len(everyone) > PAIRS_AMONG:
            return None
        groups = tuple(g for g in combinations(everyone, size) if _holds(numbers, evidence, g))
        if groups:
            telling = _telling(groups, numbers)
            return Exclusion(groups=groups, size=len(everyone), telling=telling)
    return None


def _telling(groups: tuple[tuple[str, ...], ...], numbers: Sequence[Number]) -> bool:
    """One count too few is explained by leaving out anyone who was counted, so by nobody."""
    if all(number.counted or number.statistic == "of" for number in numbers):
        return len(groups) == 1
    return len(groups) <= NAMED


def _too_few(numbers: Sequence[Number], evidence: Evidence) -> bool:
    """Whether a count is below the printed one already; leaving out only lowers it."""
    counts = [(n, look_up(n, evidence)) for n in numbers if n.counted]
    return any(judge(n, f) == "contradicted" and f.high < n.printed for n, f in counts)


def _everyone(numbers: Sequence[Number], evidence: Evidence) -> list[str]:
    patients: set[str] = set()
    for number in numbers:
        try:
            patients.update(evidence.patients(number.link(0).whole))
        except NoEvidenceError:
            continue
    return sorted(patients)


def _holds(numbers: Sequence[Number], evidence: Evidence, group: tuple[str, ...]) -> bool:
    """Whether the numbers agree without the group; with nobody left they do not."""
    out = frozenset(group)
    outcomes = (judge(n, look_up(n, evidence, out=out)) for n in numbers)
    return all(outcome not in ("contradicted", "not_derivable") for outcome in outcomes)
