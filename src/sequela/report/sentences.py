"""Sentences of the Results: templates without a digit, filled from result rows.

A slot is a printed number with the rows that it came from, so that every number of the text
opens onto its patients.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sequela.report.document import Run


@dataclass(frozen=True, slots=True)
class Slot:
    """What fills a gap of a template: the text, and the result rows it prints."""

    text: str
    row_ids: tuple[str, ...] = ()


TEMPLATES: Mapping[str, str] = {
    "enrolled": "{n} patients were enrolled.",
    "excluded": "{label}: {n} did not meet this criterion and left.",
    "excluded_unknown": "{label}: {n} did not meet this criterion and left; of {unknown} it is not "
    "known, and these {fate}.",
    "cohort": "The study has {n} {people}{sites}.",
    "site": "{n} at {site}",
    "set": "{label}: {n} of {total}.",
    "unpublished": "How many were screened or excluded is {state}.",
    "median_range": "{label}: median {median}{unit} (range {min} to {max}).",
    "median_ends": "{label}: median {median}{unit} (lowest {min}, highest {max}).",
    "median_only": "{label}: median {median}{unit}.",
    "proportion": "{label}: {count} of {n} ({percent} %; {level} % CI {low} to {high} %).",
    "unknown": "{count} could not be judged.",
    "survival": "{label}: {events} of {n} {had}; the median was {median}"
    "{unit} ({level} % CI {low} to {high}).",
    "survival_not_reached": "{label}: {events} of {n} {had}; the median was not "
    "reached ({level} % CI {low} to {high}).",
    "survival_no_event": "{label}: none of {n} {had}.",
    "survival_at": "At {time}{unit} it was {survival} % ({low} to {high} %).",
    "incidence": "{cause} ({set}): {events} of {n}.",
    "incidence_at": "By {time}{unit} the cumulative incidence was {incidence} % ({low} to "
    "{high} %).",
    "gray": "Gray's test for {cause} gave {p}.",
    "ever_at_level": "{label}: {n} patients at some time.",
    "mantel_byar": "The Mantel-Byar test gave {p}.",
    "landmark": "At the landmark of {time}{unit} {kept} of {n} were analysed.",
    "left_out": "{n} were left out: {reason}.",
    "landmark_survival": "{group}: at {time}{unit} after the landmark survival was {survival} % "
    "({low} to {high} %).",
    "hazard_ratio": "{label}: hazard ratio {ratio} ({level} % CI {low} to {high}), {p}.",
    "subdistribution_hazard_ratio": "{label}: subdistribution hazard ratio {ratio} ({level} % CI "
    "{low} to {high}), {p}.",
    "log_rank": "Between {groups} the log-rank test gave {p}{exact}.",
    "permutation": " (permutation test beside it, {p})",
    "few_events": "A group here has fewer than {limit} events, so the test can show little.",
    "followup_survivors": "Survivors were followed for a median of {median}{unit} "
    "(range {min} to {max}).",
    "followup_reverse": "By the reverse Kaplan-Meier method the median follow-up was {median}"
    "{unit} ({level} % CI {low} to {high}).",
    "bounds": "{label} ({set}): {events} of {n} had the event, of whom {undated} at a time that is "
    "not known. The median therefore lies between {low} and {high}{unit}; no single "
    "estimate can be given.",
    "imputed": "{whom}{imputed} of {n} times rest on dates that are known only in part; whatever "
    "days these were, the median lies between {earliest} and {latest}{unit}.",
    "imputed_followup": "{imputed} of {n} times rest on dates that are known only in part; "
    "whatever days these were, the median follow-up by this method lies between {earliest} and "
    "{latest}{unit}.",
    "variants": "{label} was counted under {count} definitions: they find {least} to {most} "
    "events.",
    "regression": "After {drug} was stopped the disease regressed in {regressed} of {evaluable} "
    "evaluable patients; {rest} were not evaluable.",
    "regression_untreated": "In {n} of them no antileukemic therapy was ever needed.",
    "precision": "With {n} patients the {level} % CI of a true share of {share} % is expected to "
    "be {width} percentage points wide.",
    "detectable": "Between {groups} a hazard ratio of {ratio} (or {inverse}) would be found in "
    "{power} of a hundred such studies; a smaller difference would probably be missed.",
    "no_groups": "No comparison is made: {reason}",
}

_GAP = re.compile(r"\{(\w+)\}")


def fill(template: str, slots: Mapping[str, Slot | str]) -> tuple[Run, ...]:
    """The runs of a template; adjoining plain text becomes one run.

    KeyError when the template is unknown or a slot has no filling.
    """
    # A number and its percent sign stay on one line.
    text = TEMPLATES[template].replace(" %", "\N{NO-BREAK SPACE}%")
    runs: list[Run] = []
    position = 0
    for gap in _GAP.finditer(text):
        _append(runs, Run(text[position : gap.start()]))
        slot = slots[gap[1]]
        _append(runs, Run(slot) if isinstance(slot, str) else Run(slot.text, slot.row_ids))
        position = gap.end()
    _append(runs, Run(text[position:]))
    return tuple(runs)


def _append(runs: list[Run], run: Run) -> None:
    if not run.text:
        return
    if runs and not run.row_ids and not runs[-1].row_ids:
        runs[-1] = Run(runs[-1].text + run.text)
    else:
        runs.append(run)


def join(*sentences: tuple[Run, ...]) -> tuple[Run, ...]:
    """Several sentences as one paragraph, a blank between them."""
    runs: list[Run] = []
    for sentence in sentences:
        if runs and sentence:
            _append(runs, Run(" "))
        for run in sentence:
            _append(runs, run)
    return tuple(runs)
