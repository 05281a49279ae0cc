"""Cells that hold what their column cannot: each is a finding at its place, all in one run.

The ids name the row of the list of bad inputs that the case answers.
"""

from __future__ import annotations

import pytest

from sequela.pipeline import check_study
from small_study import write_study

MEASURED = "patient_id|name|value|unit|when\n1|WBC|{}|10^9/L|3 days"
PERSON = "patient_id|site|sex|age\n1|A|{}|{}"


@pytest.mark.parametrize(
    ("tables", "code", "place", "remedy"),
    [
        *(
            pytest.param(
                {"measurements": MEASURED.format(text)},
                "cell-not-a-number",
                "measurements.csv, row 2, column value",
                "Give a number such as 12.5",
                id=f"row 17 {text}",
            )
            for text in ("neg", "1,200", "3,5", "12 g", "++", "5-3", "<", "1e400", "NaN")
        ),
        *(
            pytest.param(
                {"patients": PERSON.format(text, 40)},
                "cell-unknown-code",
                "patients.csv, row 2, column sex",
                remedy,
                id=f"row 19 {text}",
            )
            for text, remedy in (
                ("Male", "Did you mean 'male'?"),
                ("femlae", "Did you mean 'female'?"),
                ("M", "Known here: female, male."),
            )
        ),
        *(
            pytest.param(
                {"patients": PERSON.format("male", text)},
                "cell-not-a-whole-number",
                "patients.csv, row 2, column age",
                "Give a whole number",
                id=f"row 28 age {text}",
            )
            for text in ("-1", "62.5", "sixty", "90+")
        ),
        pytest.param(
            {"patients": PERSON.format("male", "120")},
            "age-impossible",
            "patients.csv, row 2, column age",
            "Correct the age",
            id="row 28 age 120",
        ),
        pytest.param(
            {"followup": "patient_id|last_contact|vital_status\n1||dead"},
            "cell-required",
            "followup.csv, row 2, column last_contact",
            "Fill it in: last contact, or death.",
            id="row 15 dead without any date",
        ),
        pytest.param(
            {"followup": "patient_id|last_contact|vital_status\n1|3 days|"},
            "cell-required",
            "followup.csv, row 2, column vital_status",
            "Fill it in: at last contact.",
            id="row 15 nothing said of life or death",
        ),
    ],
)
def test_a_bad_cell_is_a_finding_at_its_place(tmp_path, tables, code, place, remedy):
    loaded, findings = check_study(write_study(tmp_path / "study", **tables))
    assert loaded is None
    errors = [f for f in findings if f.severity == "error"]
    assert [(f.code, f.place, f.patient_id) for f in errors] == [(code, place, "1")]
    assert errors[0].remedy.startswith(remedy)


@pytest.mark.parametrize(
    "text", [pytest.param(t, id=f"row 17 {t} is read") for t in ("<0.1", ">100", "3-7", "nd")]
)
def test_bounds_and_ranges_are_values(tmp_path, text):
    loaded, findings = check_study(
        write_study(tmp_path / "study", measurements=MEASURED.format(text))
    )
    assert loaded is not None
    assert [f for f in findings if f.severity == "error"] == []
