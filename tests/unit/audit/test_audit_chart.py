from decimal import Decimal

import pytest
from chart_evidence import FrameEvidence

from sequela.audit import alarms, audit_claims
from sequela.audit.claim_form import KINDS

D = Decimal


def audit(evidence, **table):
    base = {"id": "x", "where": "Results", "about": "the number"}
    claim = KINDS[table["kind"]].model_validate(base | table)
    (verdict,) = audit_claims([claim], evidence)
    return verdict


def chart(**cells):
    size = len(next(iter(cells.values())))
    return FrameEvidence(
        {"patient_id": [f"{i + 1:02d}" for i in range(size)]} | cells,
        sets={"some": "patient_id <= '03'"},
    )


MONTHS = chart(months=["10", "20", "30", "40", ">50"])
FLAGS = chart(flag=["yes", "yes", "no", "", ""])


def test_a_tie_is_reproduced_in_both_roundings():
    evidence = chart(months=["47.1", "49.2"])
    for printed in ("48.1", "48.2"):
        verdict = audit(
            evidence, kind="summary", median=D(printed), **{"from": {"variable": "months"}}
        )
        assert verdict.grade == "reproduced"
    assert f"{verdict.sentence}".startswith("The chart gives the same: median 48.2 (48.15).")


def test_an_open_interval_bounds_a_maximum_from_below():
    link = {"from": {"variable": "months"}}
    assert audit(MONTHS, kind="summary", max=D("64"), **link).grade == "within_bounds"
    left_out = audit(MONTHS, kind="summary", median=D("25"), max=D("40"), unit="months", **link)
    assert left_out.grade == "reproduced_if_left_out"
    assert left_out.patients == ("05",)
    assert left_out.sentence == (
        "Median: the article has 25 months, the chart 30 months. Without patient 05 it has "
        "25 months. Maximum: the article has 40 months, the chart at least 50 months. Without "
        "patient 05 it has 40 months. All of it agrees once patient 05 is left out, which "
        "leaves 4 of 5. Its numbers are possible together."
    )


def test_several_exclusions_that_would_do_are_all_named():
    verdict = audit(MONTHS, kind="summary", median=D("25"), **{"from": {"variable": "months"}})
    assert verdict.grade == "reproduced_if_left_out"
    assert "once patient 04 or 05 is left out (two choices would do)" in verdict.sentence


def test_exclusions_that_anybody_would_satisfy_excuse_nothing():
    evidence = chart(flag=["yes"] * 9 + ["no"])
    verdict = audit(evidence, kind="count", n=8, **{"from": {"where": "flag"}})
    assert verdict.grade == "contradicted"
    assert "Leaving out any one of 9 patients would give it, which explains nothing." in (
        verdict.sentence
    )


def test_leaving_out_cannot_raise_a_count_and_is_not_tried():
    evidence = chart(flag=["yes", "no", "no"])
    verdict = audit(evidence, kind="count", n=2, **{"from": {"where": "flag"}})
    assert verdict.grade == "contradicted"
    assert verdict.sentence == "The number: the article has 2, the chart 1 (patient 01)."


def test_a_condition_on_a_missing_value_is_neither_true_nor_false():
    link = {"from": {"where": "flag"}}
    assert audit(FLAGS, kind="count", n=2, of=5, **link).grade == "reproduced"
    assert audit(FLAGS, kind="count", n=2, of=3, **link).grade == "reproduced"
    assert audit(FLAGS, kind="count", n=2, of=4, **link).grade == "contradicted"
    allowed = audit(FLAGS, kind="count", n=4, of=5, **link)
    assert allowed.grade == "within_bounds"
    assert "2, or up to 4 with those of whom it is unknown" in allowed.sentence
    assert audit(FLAGS, kind="count", n=5, of=5, **link).grade == "contradicted"


def test_the_second_definition_makes_a_disagreement_apparent():
    evidence = chart(strict=["yes", "no", "no"], loose=["yes", "yes", "no"])
    rules = [{"rule": "strict", "where": "strict"}, {"rule": "loose", "where": "loose"}]
    assert audit(evidence, kind="count", n=1, **{"from": rules}).grade == "reproduced"
    apparent = audit(evidence, kind="count", n=2, **{"from": rules})
    assert apparent.grade == "apparent"
    assert apparent.sentence == (
        "The number: the article has 2. By “strict” the chart gives 1, by “loose” 2; the "
        "difference is patient 02."
    )
    assert apparent.patients == ("02",)
    assert audit(evidence, kind="count", n=3, **{"from": rules}).grade == "contradicted"


def test_a_chart_in_whole_months_does_not_contradict_a_decimal():
    link = {"from": {"variable": "months"}, "chart_precision": D(1)}
    evidence = chart(months=["42"])
    assert audit(evidence, kind="summary", median=D("42"), **link).grade == "reproduced"
    near = audit(evidence, kind="summary", median=D("41.8"), **link)
    assert near.grade == "within_bounds"
    assert "median 41.8 (chart: 42, known to the nearest 1)" in near.sentence
    assert audit(evidence, kind="summary", median=D("41.3"), **link).grade == "contradicted"


def test_a_longer_time_bounds_every_order_statistic():
    link = {"from": {"variable": "months", "compare": "at_least"}}
    assert audit(MONTHS, kind="summary", median=D("35"), max=D("60"), **link).grade == (
        "within_bounds"
    )
    verdict = audit(MONTHS, kind="summary", median=D("35"), max=D("45"), **link)
    assert verdict.grade == "reproduced_if_left_out"
    assert "45, which cannot be below what the chart has: at least 50" in verdict.sentence


def test_a_part_of_what_the_chart_counts():
    link = {"where": "flag", "compare": "at_most"}
    assert audit(FLAGS, kind="count", n=1, **{"from": link}).grade == "within_bounds"
    because = link | {"because": "the rest died of something else"}
    verdict = audit(FLAGS, kind="count", n=1, **{"from": because})
    assert verdict.grade == "apparent"
    assert "This can be explained: the rest died of something else." in verdict.sentence


def test_a_statement_about_one_patient_in_another_unit():
    evidence = chart(months=["56.1", "70", ">70"])
    claim = {"kind": "value", "comparator": ">", "value": D("5"), "unit": "years"}

    def link(patient):
        return {"from": {"patient": patient, "variable": "months", "unit": "months"}}

    wrong = audit(evidence, **claim, **link("01"))
    assert wrong.grade == "contradicted"
    assert wrong.sentence == (
        "The number: the article has more than 5 years, the chart 56.1 months, which is 4.68 years."
    )
    assert wrong.patients == ("01",)
    assert audit(evidence, **claim, **link("02")).grade == "reproduced"
    assert audit(evidence, **claim, **link("03")).grade == "reproduced"
    assert audit(evidence, **(claim | {"value": D("6")}), **link("03")).grade == "within_bounds"


@pytest.mark.parametrize(("value", "grade"), [("49.6", "reproduced"), ("50.2", "contradicted")])
def test_nearly_is_not_more(value, grade):
    evidence = chart(fold=[value])
    link = {"from": {"patient": "01", "variable": "fold"}}
    claim = {"kind": "value", "comparator": "nearly", "value": D("50"), "unit": "fold"}
    assert audit(evidence, **claim, **link).grade == grade


def test_patients_named_by_the_article():
    link = {"from": {"where": "flag"}, "n": 2, "kind": "count"}
    assert audit(FLAGS, patients=["01", "02"], **link).grade == "reproduced"
    verdict = audit(FLAGS, patients=["01", "03"], **link)
    assert verdict.grade == "contradicted"
    assert "the article names 03, the chart does not; the chart has 02" in verdict.sentence


def test_a_moved_patient_is_suggested():
    evidence = chart(donor=["a", "a", "b"])
    items = [{"label": "A", "n": 1, "level": "a"}, {"label": "B", "n": 2, "level": "b"}]
    verdict = audit(
        evidence, kind="partition", total=3, items=items, **{"from": {"variable": "donor"}}
    )
    assert verdict.grade == "contradicted"
    assert "if one patient counted as “B” in the article belonged under “A”." in verdict.sentence


def test_what_the_study_cannot_answer_is_not_derivable():
    verdict = audit(FLAGS, kind="summary", median=D("1"), **{"from": {"variable": "nothing"}})
    assert verdict.grade == "not_derivable"
    assert "the study has no column 'nothing'" in verdict.sentence
    no_chart = audit(None, kind="count", n=1, **{"from": {"where": "flag"}})
    assert no_chart.grade == "not_derivable"


def test_a_claim_is_graded_by_its_worst_check():
    verdict = audit(
        FLAGS,
        kind="percent",
        of=5,
        items=[
            {"label": "yes", "n": 2, "pct": D("40"), "from": {"where": "flag"}},
            {"label": "no", "n": 3, "pct": D("6"), "from": {"where": "NOT flag"}},
        ],
    )
    outcomes = {check.outcome for check in verdict.checks}
    assert {"inconsistent", "consistent", "reproduced", "within_bounds"} <= outcomes
    assert verdict.grade == "inconsistent"
    assert alarms([verdict]) == [verdict]


def test_no_patient_is_named_in_the_aggregate_sentence():
    evidence = chart(flag=["yes", "no", "no"])
    verdict = audit(evidence, kind="count", n=2, of=3, **{"from": {"where": "flag"}})
    assert "patient 01" in verdict.sentence
    assert "01" not in verdict.aggregate_sentence
    assert verdict.aggregate_sentence.startswith("The chart gives something else.")


def test_rows_behind_a_verdict_are_named():
    evidence = chart(flag=["yes", "no", "no"])
    verdict = audit(evidence, kind="count", n=1, of=3, **{"from": {"where": "flag"}})
    assert len(verdict.row_ids) == 1
    assert verdict.row_ids[0].startswith("r")


def test_a_count_needs_a_level_or_a_condition():
    evidence = chart(donor=["a", "a", "b"])
    verdict = audit(evidence, kind="count", n=3, **{"from": {"variable": "donor"}})
    assert verdict.grade == "not_derivable"
    assert "its link names 'donor' without a level" in verdict.sentence
