"""Who of the enrolled is eligible: criteria in order, who leaves at which, and why.

A criterion is asked of those who have not left before. Where it says `exclude`, a patient who
does not satisfy it leaves there: counted, and a member of no set. Without `exclude` every
patient of the chart is expected to satisfy it, and one who does not is an error of the chart. Of
whom it cannot be told is kept apart, and stays unless the criterion says `unknown = "exclude"`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl
from pydantic import Field

from sequela.clinical.definition import Definition
from sequela.clinical.subjects import ENROLLED, PatientSet, Subjects


class Eligibility(Definition):
    """A condition for being in the study, over any of its columns and endpoints."""

    label: str
    where: str
    exclude: bool = Field(
        False,
        description="whether who does not satisfy it is counted as excluded and left out; else it "
        "is an error",
    )
    unknown: Literal["keep", "exclude"] = Field(
        "keep", description="what happens to a patient of whom it cannot be told"
    )


@dataclass(frozen=True, slots=True)
class EligibilityStep:
    """What one criterion did to those who came to it: patients by study number.

    `failed` do not satisfy it, `unknown` cannot be told, with the reason each.
    """

    label: str
    entered: int
    failed: tuple[str, ...]
    unknown: tuple[tuple[str, str], ...]
    exclude: bool
    unknown_leave: bool

    @property
    def left(self) -> tuple[str, ...]:
        """Who leaves at this step."""
        out = self.failed if self.exclude else ()
        return (*out, *(p for p, _ in self.unknown)) if self.unknown_leave else out


def derive_eligibility(
    subjects: Subjects, criteria: Sequence[Eligibility]
) -> tuple[Subjects, tuple[EligibilityStep, ...]]:
    """The subjects of whom only the eligible are members of sets, and what each criterion did.

    Where anything can exclude there is a further set, `enrolled`, of everyone. Raises
    ConditionError when a criterion cannot be read.
    """
    steps = []
    patients = subjects.frame["patient_id"].to_list()
    staying = dict.fromkeys(patients, True)
    for criterion in criteria:
        holds = subjects.condition(criterion.where).to_list()
        why = subjects.reason(criterion.where).to_list()
        step = _step(criterion, patients, holds, why, staying)
        steps.append(step)
        staying.update(dict.fromkeys(step.left, False))
    if not any(c.exclude or c.unknown == "exclude" for c in criteria):
        return subjects, tuple(steps)
    eligible = pl.Series("eligible", [staying[p] for p in patients], pl.Boolean)
    enrolled = PatientSet(ENROLLED, "Enrolled", "", ())
    sets = {**subjects.sets, ENROLLED: enrolled}
    return replace(subjects, sets=sets, eligible=eligible), tuple(steps)


def _step(
    criterion: Eligibility,
    patients: list[str],
    holds: list[bool | None],
    why: list[str | None],
    staying: dict[str, bool],
) -> EligibilityStep:
    here = [i for i, patient in enumerate(patients) if staying[patient]]
    return EligibilityStep(
        criterion.label,
        len(here),
        tuple(patients[i] for i in here if holds[i] is False),
        tuple((patients[i], why[i] or "missing") for i in here if holds[i] is None),
        criterion.exclude,
        criterion.unknown == "exclude",
    )
