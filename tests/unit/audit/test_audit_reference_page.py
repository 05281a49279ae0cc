"""The reference page of the audit names everything there is, and its example is read."""

import re
from pathlib import Path

import pytest

from sequela.audit import ALARMS, MEANING, WORST_FIRST, read_claims
from sequela.audit.claim_form import KINDS
from sequela.audit.claim_parts import Item, Link, Reference

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "audit.md").read_text(encoding="utf-8")


def keys(model):
    return {info.alias or name for name, info in model.model_fields.items()}


@pytest.mark.parametrize("model", [*dict.fromkeys(KINDS.values()), Item, Link, Reference])
def test_every_key_is_on_the_page(model):
    prose = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", prose))))
    assert keys(model) - {"kind", "items"} <= words


def test_every_kind_and_grade_is_in_its_table():
    assert all(f"| `{kind}` |" in PAGE for kind in KINDS)
    grades = [grade for grade in WORST_FIRST if grade != "consistent"]
    places = [PAGE.index(f"| `{grade}` |") for grade in grades]
    assert places == sorted(places)
    for grade in grades:
        (line,) = re.findall(rf"^\| `{grade}` \|.*$", PAGE, re.MULTILINE)
        assert line.endswith("| yes |") is (grade in ALARMS)
    assert "the chart gives something else" in MEANING["contradicted"]


def test_the_example_can_be_read(tmp_path):
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "published.toml"
    path.write_text(example, encoding="utf-8")
    claims, findings = read_claims(path)
    assert findings == []
    assert [claim.id for claim in claims] == ["donors", "transplants"]
