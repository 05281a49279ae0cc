"""The published series, audited against the tables that the article prints."""

from pathlib import Path

import pytest
from series_evidence import PAPER, series

from sequela.audit import audit_claims, read_claims

PUBLISHED = Path(__file__).parents[3] / "examples" / "lenalidomide" / "published.toml"

needs_paper = pytest.mark.skipif(
    not (PAPER / "table2.csv").exists(), reason="the tables of the published series are not here"
)


@pytest.fixture(scope="module")
def claims():
    found, findings = read_claims(PUBLISHED)
    assert findings == []
    return found


@pytest.fixture(scope="module")
def verdicts(claims):
    return {v.claim_id: v for v in audit_claims(claims, series())}


def test_without_a_chart_the_article_is_still_held_against_itself(claims):
    found = {v.claim_id: v.grade for v in audit_claims(claims, None)}
    assert {name for name, grade in found.items() if grade == "inconsistent"} == {
        "mm-presentation",
        "bcr-abl",
        "induction",
        "salvage",
    }
    apparent = {name for name, grade in found.items() if grade == "apparent"}
    assert apparent == {"ph-like", "diagnosis-window", "followup-survivors"}


GRADES = {
    "contradicted": {
        "induction": "MSK 12-266: the article has 2, the chart 3 (patients 05, 12 and 22).",
        "hct-donor": "Mismatched unrelated: the article has 2, the chart 1 (patient 11).",
        "gvhd-prophylaxis": "Total: the article has 3, the chart 2 (patients 09 and 11).",
        "observed-10": "more than 5 years, the chart 56.1 months, which is 4.68 years.",
        "observed-15": "more than 4 years, the chart 43.9 months, which is 3.66 years.",
    },
    "inconsistent": {
        "mm-presentation": "25 of 32 is 78.1%, which rounds to 78%.",
        "bcr-abl": "31 of 32 is 96.9%, which rounds to 97%. 91% would be 29 of 32.",
        "salvage": "5 + 1 + 1 = 7, not 8; one patient is in no category.",
    },
    "reproduced_if_left_out": {
        "mm-to-all-years": "once patient 16 is left out, which leaves 31 of 32.",
        "mm-to-all-months": "once patient 16 is left out",
        "len-exposure": "Maximum: the article has 114.1 months, the chart at least 120 months.",
        "len-exposure-iqr": "Upper quartile: the article has 59 months, the chart 62.75 months.",
        "first-len-to-all": "119.0 months, which cannot be below what the chart has",
    },
    "apparent": {
        "cr": "by “best response or last status” 25; the difference is patients 04 and 08.",
        "ph-like": "The denominator is 14 here and 13 in",
        "observed-09": "gives 7.39 months, by “from the first marrow to the first therapy” 9.33",
        "cause-of-death": "the chart 2 (patients 30 and 32) who died during induction.",
        "followup-survivors": "104.3 months do not fit into",
        "diagnosis-window": "it begins 72 months earlier",
    },
}


@needs_paper
@pytest.mark.parametrize("grade", GRADES)
def test_what_is_found_and_in_which_words(verdicts, grade):
    assert {name for name, v in verdicts.items() if v.grade == grade} == set(GRADES[grade])
    for name, words in GRADES[grade].items():
        assert words in verdicts[name].sentence


@needs_paper
def test_only_patient_16_need_be_left_out(verdicts):
    for name in GRADES["reproduced_if_left_out"]:
        (check,) = [c for c in verdicts[name].checks if c.name == "left out"]
        assert check.patients == ("16",)


@needs_paper
def test_what_holds_is_reproduced(verdicts):
    for name in ("age-all", "os-median", "os-hct", "deaths", "treated", "mrd-before-hct"):
        assert verdicts[name].grade == "reproduced"
    assert "median 48.1 months (48.15 months)" in verdicts["followup-survivors"].sentence


@needs_paper
def test_bounds_are_neither_praised_nor_blamed(verdicts):
    assert verdicts["efs-median"].grade == "within_bounds"
    assert verdicts["age-mm"].grade == "within_bounds"
    assert verdicts["sex"].grade == "within_bounds"


@needs_paper
def test_every_claim_has_one_grade_and_a_sentence(verdicts, claims):
    assert set(verdicts) == {claim.id for claim in claims}
    assert all(v.sentence and v.statement for v in verdicts.values())
