"""Response, residual disease, relapse and second cancers as the Methods of a study say them.

Only what the study uses is said: the criteria by name and version, the numbers that the study
changed, and what was taken as met where the chart says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sequela.clinical.cns import CnsStatus
from sequela.clinical.mrd.definition import Mrd, MrdMoment
from sequela.clinical.mrd.records import DETECTION_EVENTS
from sequela.clinical.relapse import RULE as RELAPSE
from sequela.clinical.relapse import RelapseMoment
from sequela.clinical.response.criteria import CriteriaSet, blood_in_words, criteria_sets
from sequela.clinical.response.definition import Response
from sequela.clinical.response.line_responses import LineResponses, asked_of
from sequela.clinical.response.moment import ResponseMoment
from sequela.clinical.second_cancer import SecondCancerMoment, rule


def disease_rules_in_words(
    columns: Mapping[str, Any], moments: Mapping[str, Any]
) -> tuple[str, ...]:
    """A paragraph for each rule that a column or a moment of the study applies."""
    used = [*columns.values(), *moments.values()]
    said = [*_criteria(used), *_refractory(used), *_mrd(used)]
    said += [*_relapse(moments), *_second(moments), *_cns(used)]
    return tuple(dict.fromkeys(said))


def _criteria(used: Iterable[Any]) -> Iterable[str]:
    """Each criteria set once for each choice of numbers."""
    for one in used:
        computes = isinstance(one, ResponseMoment | LineResponses) or (
            isinstance(one, Response) and one.can_compute
        )
        if computes:
            yield criteria_in_words(one.set, one.thresholds)


def criteria_in_words(criteria: CriteriaSet, changed: Mapping[str, float]) -> str:
    """The set, what was read of its source, its window, changed numbers and assumptions."""
    said = [
        f"Response was computed by {criteria.title} (criteria {criteria.version}; "
        f"{criteria.source}). {criteria.read}",
        f"Other findings count within {criteria.window_days:g} days of each assessment.",
    ]
    original = criteria_sets()[criteria.name].thresholds
    if changed:
        numbers = [_changed(name, value, original.get(name)) for name, value in changed.items()]
        said.append(f"This study changed numbers of the criteria: {', '.join(numbers)}.")
    if criteria.assumptions:
        met = "; ".join(criteria.assumptions)
        said.append(f"Taken as met where the chart has no row: {met}.")
    return " ".join(said)


def _changed(name: str, value: float, original: float | None) -> str:
    """A number that the study changed, beside that of the criteria where they have one."""
    said = f"{name.replace('_', ' ')} {value:g}"
    return said if original is None else f"{said} for {original:g}"


def _refractory(used: Iterable[Any]) -> Iterable[str]:
    for one in used:
        if isinstance(one, LineResponses) and one.measure == "refractory":
            asked = asked_of(one)
            short = "a remission" if one.set.refractory_without == "remission" else "any response"
            courses = "one course" if asked.courses == 1 else f"{asked.courses} courses"
            day = ""
            if asked.landmark_days is not None:
                day = f", or by day {asked.landmark_days:g} of less intensive therapy"
            source = f" ({one.set.refractory_source})" if one.lines is None else ""
            yield (
                f"A disease is refractory (rule refractory-2) after {courses} for induction or "
                f"salvage without {short}{day}{source}. A course that was not judged leaves it "
                "open."
            )


def _mrd(used: Iterable[Any]) -> Iterable[str]:
    for one in used:
        computes = isinstance(one, MrdMoment) or (isinstance(one, Mrd) and one.source == "computed")
        if computes or (isinstance(one, RelapseMoment) and one.kind in ("MRD", "any")):
            events = getattr(one, "detection_events", DETECTION_EVENTS)
            yield (
                f"Residual disease (rule mrd-3) is positive at {one.threshold:g} % of the assay's "
                "own denominator or more, and negative only where the run could have found that "
                "much; not found at a lower sensitivity is kept apart. Flow cytometry without a "
                f"stated limit of detection is taken to find {events:g} events of those counted. "
                "Shares of different denominators are never compared."
            )


def _relapse(moments: Mapping[str, Any]) -> Iterable[str]:
    for name, one in moments.items():
        if not isinstance(one, RelapseMoment):
            continue
        words = f"The moment {name.replace('_', ' ')} (rule {RELAPSE}) is a relapse ({one.kind}) "
        words += f"found after {one.after.replace('_', ' ')}"
        words += "".join(f", {part}" for part in _relapse_counts(one))
        yield words + "; the last examination of its kind without it is kept beside it."


def _relapse_counts(one: RelapseMoment) -> Iterable[str]:
    """What counts as a relapse of its kind, with the numbers."""
    if one.kind in ("morphologic", "marrow", "any"):
        sign = "at least" if one.set.relapse_at_least else "more than"
        yield (
            f"in the marrow {sign} {one.set.relapse_blasts_above:g} % blasts ({one.set.version})"
        )
    if one.kind in ("morphologic", "blood", "any"):
        yield blood_in_words(one.set)
    if one.kind in ("CNS", "any"):
        also = " or CNS2" if one.cns_from == "CNS2" else ""
        yield f"in the cerebrospinal fluid CNS3{also}, charted or by its counts"


def _second(moments: Mapping[str, Any]) -> Iterable[str]:
    for name, one in moments.items():
        if isinstance(one, SecondCancerMoment):
            yield (
                f"The moment {name.replace('_', ' ')} is a second primary cancer ({one.kind}; rule "
                f"{rule().name}): no metastasis, not the same disease again and no progression of "
                "an earlier one."
            )


def _cns(used: Iterable[Any]) -> Iterable[str]:
    if any(isinstance(one, CnsStatus) or _of_fluid(one) for one in used):
        yield (
            "CNS status (rule cns-2) is by blasts, white and red cells of the cerebrospinal fluid; "
            "in a traumatic puncture the algorithm of Steinherz and Bleyer decides."
        )


def _of_fluid(one: Any) -> bool:
    """Whether it is a relapse that reads the cerebrospinal fluid."""
    return isinstance(one, RelapseMoment) and one.kind in ("CNS", "any")
