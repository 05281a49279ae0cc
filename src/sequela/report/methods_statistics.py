"""What the statistics were, in sentences: each is said only if a result row was made that way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Told:
    """Methods that one sentence tells; `{}` stands for what the pattern's groups caught."""

    pattern: re.Pattern[str]
    sentence: str


def _told(pattern: str, sentence: str) -> _Told:
    return _Told(re.compile(pattern), sentence)


# What the closing sentence on percentages says, or what is no method.
_UNSAID = re.compile(
    r"count.*|members of the set|percent of those with a value|refused|"
    r"minimum|maximum|mean|standard deviation.*"
)

_SENTENCES = (
    _told(r"median", "Numbers are summarised by their median."),
    _told(r"(?:first|third) quartile \(type (\d)\)", "Quartiles are of type {}."),
    _told(
        r"proportion; (.+) CI",
        "Shares have {} confidence intervals.",
    ),
    _told(
        r"Kaplan-Meier; Greenwood; (\S+) (\d+ %) CI",
        "Survival is estimated by Kaplan-Meier, its variance by Greenwood, with {1} confidence "
        "intervals on the {0} scale.",
    ),
    _told(
        r"reverse Kaplan-Meier; Greenwood; (\S+) (\d+ %) CI",
        "Follow-up is the median of the reverse Kaplan-Meier curve, in which a death ends the "
        "observation.",
    ),
    _told(r"log-rank test, .*", "Groups are compared by the log-rank test."),
    _told(
        r"permutation log-rank test, exact: all (\d+) assignments",
        "Where a group has few events, an exact permutation test over all {} assignments of "
        "patients to groups stands beside it.",
    ),
    _told(
        r"sharp pointwise bounds on Kaplan-Meier over all event times in their intervals",
        "Where events have no known time, the bounds of the Kaplan-Meier curve over all their "
        "possible times are given; they are no confidence interval.",
    ),
    _told(
        r"expected width; .*|width; Kaplan-Meier without censoring; .*",
        "The precision of a study of this size is the expected width of its intervals.",
    ),
    _told(
        r"Schoenfeld; two-sided (\d+ %) log-rank test; power (\d+ %)",
        "The hazard ratio that would be found follows from the number of events by Schoenfeld's "
        "formula, for a two-sided test at {0} and a power of {1}.",
    ),
)


def statistics_sentences(methods: Sequence[str]) -> list[str]:
    """One sentence a kind of method, in a fixed order, and a list of those that have none."""
    said = [sentence for told in _SENTENCES for sentence in _filled(told, methods)]
    known = [_UNSAID, *(told.pattern for told in _SENTENCES)]
    others = [method for method in methods if not any(p.fullmatch(method) for p in known)]
    return [*said, f"Other methods: {'; '.join(others)}."] if others else said


def _filled(told: _Told, methods: Sequence[str]) -> list[str]:
    """The sentence, if any method matches; what differs between several is joined by `and`."""
    found = [match.groups() for match in map(told.pattern.fullmatch, methods) if match]
    if not found:
        return []
    slots = [" and ".join(dict.fromkeys(values)) for values in zip(*found, strict=True)]
    return [told.sentence.format(*slots)]
