"""A cohort of a handful is run to its end; what it cannot give is said, not thrown."""

from __future__ import annotations

from pathlib import Path

import pytest

import sequela as sq
from sequela.exhibits.forest import Forest
from sequela.simulate.folder import write_simulated_study


@pytest.mark.parametrize(("size", "seed"), [(1, 1)])
def test_a_handful_is_run_to_its_end(tmp_path: Path, size: int, seed: int) -> None:
    write_simulated_study(tmp_path / "cohort", size, seed=seed)
    outcome = sq.load(tmp_path / "cohort").run(tmp_path / "out")
    assert outcome.patients == size
    assert [f.message for f in outcome.findings if f.severity == "error"] == []
    report = (tmp_path / "out" / "patient-level" / "report.html").read_text(encoding="utf-8")
    assert "Neutrophil engraftment: no value" in report
    assert "1 patients" not in report


def test_nobody_with_the_reference_level_is_a_refusal(tmp_path: Path) -> None:
    write_simulated_study(tmp_path / "cohort", 1, seed=2)
    rows = [r for r in sq.load(tmp_path / "cohort").rows if r.exhibit == "cox"]
    assert [(r.state, r.error) for r in rows] == [
        ("refused", "no patient here has 'standard risk', the reference level of Risk")
    ]


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"covariates": ()}, "needs one covariate or more"),
        ({"covariates": ("age", "age")}, "'age' is named twice"),
        ({"references": {"sex": "female"}}, "'sex' has a reference level and is none"),
        ({"interactions": (("age", "sex"),)}, "'sex' is none of the covariates"),
    ],
)
def test_a_regression_is_of_its_covariates(about: dict[str, object], why: str) -> None:
    given = {
        "id": "x",
        "title": "X",
        "kind": "forest",
        "endpoint": "os",
        "covariates": ("age",),
    } | about
    with pytest.raises(ValueError, match=why):
        Forest.model_validate(given)
