"""Two invented papers over the same invented patients: one right, one seeded with errors."""

from pathlib import Path

import pytest
from chart_evidence import paper

from sequela.audit import ALARMS, audit_claims, read_claims

STUDIES = Path(__file__).parents[2] / "studies"


def verdicts(name):
    folder = STUDIES / name
    claims, findings = read_claims(folder / "published.toml")
    assert findings == []
    return {v.claim_id: v for v in audit_claims(claims, paper(folder))}


def test_a_clean_paper_raises_no_alarm():
    found = verdicts("clean-paper")
    assert len(found) >= 25
    grades = {v.grade for v in found.values()}
    assert grades == {"reproduced", "within_bounds", "not_derivable"}
    assert not any(c.outcome in ALARMS for v in found.values() for c in v.checks)


SEEDED = {
    "dropped-digit": ("inconsistent", "A digit may have been dropped: 63 printed as 6."),
    "slipped-digit": ("inconsistent", "24 of 40 is 60.0%, which rounds to 60%. No count out of"),
    "other-denominator": ("inconsistent", "50% would be 20 of 40. 19 would be 50% of 38."),
    "truncated": ("inconsistent", "cut off instead of rounded: 55.6 would be right."),
    "falls-short": ("inconsistent", "5 + 2 = 7, not 8; one patient is in no category."),
    "counted-twice": ("inconsistent", "15 + 7 = 22, not 20; two patients too many"),
    "wrong-count": ("contradicted", "the article has 7, the chart 6."),
    "wrong-category": ("contradicted", "counted as “West” in the article belonged under “South”"),
    "one-left-out": ("reproduced_if_left_out", "once patient P12 is left out, which leaves 39"),
    "two-left-out": ("reproduced_if_left_out", "once patients P12 and P29 are left out"),
    "out-of-order": ("inconsistent", "The lower quartile (230) is above the median (210)."),
    "impossible-mean": ("inconsistent", "2.31 is not the mean of 40 whole numbers"),
    "impossible-spread": ("inconsistent", "A standard deviation of 2.4 is more than"),
    "two-places": ("inconsistent", "The number is 16 here and 15 in “deaths” (Results)."),
    "larger-part": ("inconsistent", "17 here and 15 in “deaths” (Results), which it cannot"),
    "median-must-be-reached": ("inconsistent", "With 7 events among 12 patients the curve ends"),
    "wrong-median": ("contradicted", "changed places: 66.3 printed as 63.6."),
    "mean-for-median": ("contradicted", "It would be right as the mean."),
    "other-unit": ("inconsistent", "The median is 3.9 years here and 39.2 months in"),
    "ends-before-it-begins": ("inconsistent", "2019-06 to 2014-06 ends before it begins."),
    "too-long": ("contradicted", "more than 3 years, the chart 29.2 months, which is 2.43 years."),
    "other-patients": ("contradicted", "the article names P31, the chart does not"),
}

EXPLAINED = {
    "other-rule": "the chart gives 20, by “complete or partial response” 28.",
    "other-window": "75.9 months do not fit into “the study” (Methods), 2014-01 to 2018-12",
}


@pytest.fixture(scope="module")
def seeded():
    return verdicts("seeded-paper")


@pytest.mark.parametrize("claim_id", SEEDED)
def test_each_seeded_error_is_found(seeded, claim_id):
    grade, words = SEEDED[claim_id]
    assert seeded[claim_id].grade == grade
    assert words in seeded[claim_id].sentence


@pytest.mark.parametrize("claim_id", EXPLAINED)
def test_what_can_be_explained_is_not_blamed(seeded, claim_id):
    assert seeded[claim_id].grade == "apparent"
    assert EXPLAINED[claim_id] in seeded[claim_id].sentence


def test_nothing_else_is_found(seeded):
    assert {name for name, v in seeded.items() if v.alarm} == set(SEEDED)
    assert len(SEEDED) >= 15
