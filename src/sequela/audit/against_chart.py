"""A claim against the chart: what agrees, what does not, and what may explain it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sequela.audit.chart_answers import NOBODY, Found, look_up
from sequela.audit.chart_words import (
    agreeing,
    allowed,
    by_another_rule,
    disagreeing,
    explained,
    without_them,
)
from sequela.audit.claim_form import Claim, CountClaim
from sequela.audit.claim_numbers import Number, numbers_of, unlinked
from sequela.audit.evidence import Evidence, NoEvidenceError, Selector
from sequela.audit.exclusion import Exclusion, find_exclusion
from sequela.audit.grade import Check, Outcome
from sequela.audit.judgement import judge
from sequela.audit.rounding import is_rounding_of, slip
from sequela.audit.wording import how_many, listed, named


@dataclass(frozen=True, slots=True)
class Answer:
    """One printed number, what the chart has for it, and how the two stand."""

    number: Number
    found: Found
    outcome: Outcome


def check_chart(claim: Claim, evidence: Evidence | None) -> list[Check]:
    """Every number of a claim held against the chart.

    Without evidence, or where the claim says that the chart cannot tell, the one check says
    so. A further definition that gives every number as printed makes a disagreement an
    apparent one; else patients are left out, one and two at a time.
    """
    if claim.derivable == "no":
        return [_not_derivable(f"The chart cannot tell: {claim.reason}.")]
    if evidence is None:
        return [_not_derivable("There is no chart to hold it against.")]
    answers = _answers(claim, evidence)
    checks = _gathered(answers)
    wrong = [answer for answer in answers if answer.outcome == "contradicted"]
    if wrong:
        checks = [*_explained_or_not(claim, wrong, evidence), *checks]
    return [*checks, *_missing_links(claim), *_check_patients(claim, evidence)]


def _answers(
    claim: Claim, evidence: Evidence, alternative: int = 0, out: frozenset[str] = NOBODY
) -> list[Answer]:
    answers = []
    for number in numbers_of(claim):
        found = look_up(number, evidence, alternative=alternative, out=out)
        outcome = judge(number, found, alternative=alternative)
        answers.append(Answer(number, found, outcome))
    return answers


def _gathered(answers: Sequence[Answer]) -> list[Check]:
    """One check for all that agree, one for all that is allowed, one each for the rest."""
    checks: list[Check] = []
    together: dict[Outcome, Callable[[Sequence[tuple[Number, Found]]], str]] = {
        "within_bounds": allowed,
        "reproduced": agreeing,
    }
    for answer in answers:
        if answer.outcome == "apparent":
            checks.append(_check(answer, explained(answer.number, answer.found)))
        elif answer.outcome == "not_derivable":
            text = f"The chart cannot tell the {answer.number.words}: {answer.found.why_not}."
            checks.append(_check(answer, text))
    for outcome, words in together.items():
        alike = [a for a in answers if a.outcome == outcome]
        if alike:
            text = words([(a.number, a.found) for a in alike])
            checks.append(_together(alike, outcome, text))
    return checks


def _together(alike: Sequence[Answer], outcome: Outcome, text: str) -> Check:
    """A check of several numbers; it is about a patient only where a number is one patient's."""
    return Check(
        name="chart",
        outcome=outcome,
        sentence=text,
        patients=tuple(a.number.link(0).patient for a in alike if a.number.link(0).patient),
        row_ids=tuple(i for a in alike for i in a.found.row_ids),
    )


def _explained_or_not(claim: Claim, wrong: list[Answer], evidence: Evidence) -> list[Check]:
    other = _other_rule(claim, wrong, evidence)
    if other:
        return other
    binding = any(answer.number.binding for answer in wrong)
    exclusion = find_exclusion(claim, evidence) if binding else None
    if exclusion is not None and exclusion.telling:
        return _left_out(claim, wrong, exclusion, evidence)
    checks = [_check(answer, _contradiction(answer, evidence)) for answer in wrong]
    if exclusion is not None:
        checks.append(_contradicted(exclusion.sentence))
    swapped = _moved(claim, wrong)
    return [*checks, _contradicted(swapped)] if swapped else checks


def _other_rule(claim: Claim, wrong: list[Answer], evidence: Evidence) -> list[Check]:
    """The checks if a further definition gives every number as printed, else none."""
    alternatives = max(len(number.links) for number in numbers_of(claim))
    for i in range(1, alternatives):
        answers = _answers(claim, evidence, alternative=i)
        if any(answer.outcome == "contradicted" for answer in answers):
            continue
        found = {answer.number: answer.found for answer in answers}
        return [
            _check(
                Answer(a.number, a.found, "apparent"),
                by_another_rule(a.number, a.found, found[a.number], alternative=i),
                _difference(a.found, found[a.number]),
            )
            for a in wrong
        ]
    return []


def _left_out(
    claim: Claim, wrong: list[Answer], exclusion: Exclusion, evidence: Evidence
) -> list[Check]:
    out = frozenset(exclusion.groups[0])
    without = {a.number: a.found for a in _answers(claim, evidence, out=out)}
    named_out = exclusion.groups[0] if len(exclusion.groups) == 1 else ()
    checks = []
    for a in wrong:
        text = disagreeing(a.number, a.found)
        whom = named_out if a.number.binding else ()
        if whom:
            text += f" {without_them(a.number, without[a.number], whom)}"
        checks.append(_check(Answer(a.number, a.found, "reproduced_if_left_out"), text, whom))
    summary = Check(
        name="left out",
        outcome="reproduced_if_left_out",
        sentence=exclusion.sentence,
        patients=exclusion.patients,
    )
    return [*checks, summary]


def _contradiction(answer: Answer, evidence: Evidence) -> str:
    number, found = answer.number, answer.found
    parts = [disagreeing(number, found)]
    compared = number.comparator == "=" and number.link(0).compare == "equal"
    # Any two counts of one digit differ by a slip, so it would explain nothing there.
    if found.exact and compared and not number.counted:
        parts += [slip(number.printed, found.low), _the_mean(number, evidence)]
    return " ".join(part for part in parts if part)


def _the_mean(number: Number, evidence: Evidence) -> str:
    """A median and a mean are easily taken for each other."""
    other = {"median": "mean", "mean": "median"}.get(number.statistic)
    if other is None or number.link(0).endpoint:
        return ""
    for row in evidence.rows(number.link(0).selector):
        if row.statistic == other and row.value is not None:
            if is_rounding_of(number.printed, row.value):
                return f"It would be right as the {other}."
            return ""
    return ""


def _moved(claim: Claim, wrong: list[Answer]) -> str:
    """Patients who were counted under one category may have been counted under another."""
    counts = [a for a in wrong if a.number.statistic == "count" and a.found.exact]
    if not isinstance(claim, CountClaim) or len(counts) != 2 or len(wrong) != 2:
        return ""
    first, second = counts
    gap = first.number.printed - first.found.low
    if gap != second.found.low - second.number.printed:
        return ""
    more, fewer = (first, second) if gap > 0 else (second, first)
    who = how_many(int(abs(gap)), "patient")
    return (
        f"Both would agree if {who} counted as “{more.number.words}” in the article belonged "
        f"under “{fewer.number.words}”."
    )


def _difference(found: Found, other: Found) -> tuple[str, ...]:
    return tuple(sorted(set(found.patients) ^ set(other.patients)))


def _missing_links(claim: Claim) -> list[Check]:
    labels = unlinked(claim)
    if not labels:
        return []
    reason = f": {claim.reason}" if claim.reason else ""
    return [_not_derivable(f"The chart cannot tell {listed(labels)}{reason}.")]


def _check_patients(claim: Claim, evidence: Evidence) -> list[Check]:
    """The patients whom the article names, against those whom the chart counts."""
    if claim.patients is None or not claim.links:
        return []
    try:
        counted = set(evidence.patients(_selector(claim)))
    except NoEvidenceError as error:
        return [_not_derivable(f"The chart cannot name the patients: {error}.")]
    stated = set(claim.patients)
    if stated == counted:
        text = f"They are the same patients{named(stated)}."
        return [_patients_check("reproduced", text, stated)]
    parts = []
    if stated - counted:
        parts.append(f"the article names {listed(sorted(stated - counted))}, the chart does not")
    if counted - stated:
        parts.append(f"the chart has {listed(sorted(counted - stated))}, the article does not")
    text = f"They are not the same patients: {'; '.join(parts)}."
    return [_patients_check("contradicted", text, stated ^ counted)]


def _selector(claim: Claim) -> Selector:
    return claim.links[0].selector


def _patients_check(outcome: Outcome, text: str, patients: set[str]) -> Check:
    return Check(name="patients", outcome=outcome, sentence=text, patients=tuple(sorted(patients)))


def _check(answer: Answer, text: str, patients: tuple[str, ...] = ()) -> Check:
    return Check(
        name="chart",
        outcome=answer.outcome,
        sentence=text,
        patients=patients or answer.found.patients,
        row_ids=answer.found.row_ids,
    )


def _contradicted(text: str) -> Check:
    return Check(name="explanation", outcome="contradicted", sentence=text)


def _not_derivable(text: str) -> Check:
    return Check(name="chart", outcome="not_derivable", sentence=text)
