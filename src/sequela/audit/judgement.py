"""How a printed number stands to what the chart has."""

from __future__ import annotations

from sequela.audit.chart_answers import Found
from sequela.audit.claim_numbers import Number
from sequela.audit.claim_parts import Link
from sequela.audit.grade import Outcome
from sequela.audit.rounding import is_rounding_of, printed_interval


def judge(number: Number, found: Found, *, alternative: int = 0) -> Outcome:
    """How a printed number stands to what the chart has."""
    link = number.link(alternative)
    if found.why_not:
        return "not_derivable"
    if number.comparator != "=":
        outcome = _judge_comparator(number, found)
    elif link.compare != "equal":
        outcome = _judge_limit(number, found, link)
    else:
        outcome = _judge_equal(number, found)
    return "apparent" if outcome == "contradicted" and link.because else outcome


def _judge_equal(number: Number, found: Found) -> Outcome:
    if not number.printed.is_finite() or not found.low.is_finite():
        same = number.printed == found.low == found.high
        inside = found.low <= number.printed <= found.high
        return "reproduced" if same else "within_bounds" if inside else "contradicted"
    if found.exact and is_rounding_of(number.printed, found.low):
        return "reproduced"
    if number.counted and found.low == number.printed:
        return "reproduced"
    low, high = printed_interval(number.printed)
    slack = number.precision / 2
    inside = high >= found.low - slack and low <= found.high + slack
    return "within_bounds" if inside else "contradicted"


def _judge_limit(number: Number, found: Found, link: Link) -> Outcome:
    """The article counts a part of what the chart counts, or the other way round."""
    low, high = printed_interval(number.printed)
    slack = number.precision / 2
    above = low > found.high + slack
    below = high < found.low - slack
    if above if link.compare == "at_most" else below:
        return "contradicted"
    differs = number.printed not in (found.low, found.high)
    return "apparent" if link.because and differs else "within_bounds"


def _judge_comparator(number: Number, found: Found) -> Outcome:
    if number.comparator == "nearly":
        near = _judge_equal(number, found)
        return "contradicted" if found.low > number.printed else near
    sign = -1 if number.comparator.startswith("<") else 1
    ends = sorted((sign * found.low, sign * found.high))
    limit, allowed = sign * number.printed, number.comparator.endswith("=")
    holds = [end > limit or (allowed and end == limit) for end in ends]
    return "reproduced" if all(holds) else "within_bounds" if any(holds) else "contradicted"
