"""Regression of one cause of an endpoint with competing causes: its hazard, or Fine and Gray's."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

import sequela as sq
from sequela.cli import app
from sequela.exhibits.forest import Forest, refusal_of_forest
from sequela.findings import StudyError
from sequela.plain import plain_context, read_plain
from sequela.plain_exhibits import make_exhibit, read_outcome

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "tests" / "reference"
DATA = REFERENCE / "data" / "options_melanoma.csv"
GIVEN = {
    "kind": "forest",
    "id": "f",
    "title": "T",
    "endpoint": "outcome",
    "covariates": ("ulcer", "sex", "age"),
}
SUBDISTRIBUTION = {"cause": "melanoma", "hazard": "subdistribution"}


def context():
    return plain_context(
        read_plain(DATA),
        unit="days",
        outcome=read_outcome("time", "event=1:melanoma", "event=2:other"),
        columns=["ulcer", "sex", "age", "band"],
    )


def made(**more):
    return make_exhibit(Forest.model_validate(GIVEN | more), context())


def by_r(id):
    with (REFERENCE / "options.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {(r["quantity"], r["group"]): float(r["value"]) for r in rows if r["id"] == id}


def test_the_subdistribution_hazard_is_that_of_crr():
    rows = {(r.statistic, r.level): r.value for r in made(**SUBDISTRIBUTION).rows}
    expected = by_r("melanoma:fg:1")
    for name in GIVEN["covariates"]:
        assert rows["fine_gray_coefficient", name] == pytest.approx(expected["coef", name])
        assert rows["fine_gray_std_err", name] == pytest.approx(expected["se", name], rel=1e-6)
    assert rows["events", ""] == 57


def test_the_table_names_the_ratio_and_the_cause():
    result = made(**SUBDISTRIBUTION)
    (table,) = result.tables
    assert [c.label for c in table.columns][2] == "Subdistribution hazard ratio (95 % CI)"
    assert "The cause is melanoma; the others compete." in table.notes
    assert (
        result.figures[0]
        .legend[0]
        .text.startswith(
            "Subdistribution hazard ratios for survival (melanoma) from one Fine-Gray model"
        )
    )


def test_the_cause_specific_hazard_censors_the_others():
    (table,) = made(cause="other").tables
    events = [n for n in table.notes if "14 events" in n]
    assert len(events) == 1
    assert "The cause is other; the others are censored." in table.notes


def test_without_a_cause_it_is_refused_and_one_is_offered():
    reason = refusal_of_forest(Forest.model_validate(GIVEN), context())
    assert reason.startswith("The endpoint has competing causes. Name the one")
    assert "cause = 'melanoma'" in reason
    unknown = refusal_of_forest(Forest.model_validate(GIVEN | {"cause": "x"}), context())
    assert unknown == "The endpoint has no cause 'x'; it has melanoma, other."


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"hazard": "subdistribution"}, "that of a cause"),
        (SUBDISTRIBUTION | {"strata": ("band",)}, "takes no strata"),
        ({"cause": "melanoma", "exposure": "transplant"}, "cannot be combined"),
        ({"firth": True, "ties": "exact"}, "Efron's or Breslow's ties"),
    ],
)
def test_what_does_not_go_together_is_said(more, why):
    with pytest.raises(ValueError, match=why):
        Forest.model_validate(GIVEN | more)


def test_the_study_file_is_checked_for_the_cause(tmp_path):
    shutil.copytree(ROOT / "tests" / "studies" / "heart", tmp_path / "heart")
    file = tmp_path / "heart" / "study.toml"
    more = """
[[exhibit]]
id = "cause"
kind = "forest"
title = "T"
endpoint = "os"
cause = "deth"
covariates = ["age"]
"""
    file.write_text(file.read_text() + more)
    with pytest.raises(StudyError) as caught:
        sq.load(tmp_path / "heart").run(tmp_path / "out")
    said = [(f.message, f.remedy) for f in caught.value.findings]
    assert any("deth" in message and "death" in remedy for message, remedy in said), said


CALL = ["cox", str(DATA), "--time", "time", "--covariates", "age,ulcer", "--categories", "ulcer"]


def test_the_command_takes_a_competing_cause(capsys):
    asked = [
        *CALL,
        "--event",
        "event=1:melanoma",
        "--competing",
        "event=2",
        "--fine-gray",
        "--json",
    ]
    assert app(asked, result_action="return_value") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [r["contrast"] for r in rows if r["statistic"] == "subdistribution_hazard_ratio"] == [
        "age: per 1",
        "ulcer: 1 vs 0",
    ]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--event", "event=1", "--fine-gray"], "--fine-gray needs a cause that competes"),
        (["--event", "event=1,2", "--competing", "event=0"], "is of one event"),
        (["--event", "event=1", "--firth", "--ties", "exact"], "Firth's penalty needs"),
        (
            ["--event", "event=1", "--competing", "event=2", "--fine-gray", "--strata", "band"],
            "takes no strata",
        ),
    ],
)
def test_the_command_says_what_does_not_go_together(more, message):
    with pytest.raises(StudyError) as caught:
        app([*CALL, *more], result_action="return_value")
    (finding,) = caught.value.findings
    assert message in finding.message
