"""What may not stand in the source: figures of a paper, digits in sentences, addresses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sequela
from sequela.report.sentences import TEMPLATES

SRC = Path(sequela.__file__).parent
EXAMPLE = Path(__file__).parents[2] / "examples" / "lenalidomide"
SOURCES = sorted(p for p in SRC.rglob("*") if p.suffix in (".py", ".css", ".js", ".typ"))

# Sizes on a page that happen to be printed in the article too.
COINCIDENCES = {("docx_styles.py", "14.5")}


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_no_digit_in_a_sentence(name):
    # every number of the Results comes from a result row
    assert not re.search(r"\d", TEMPLATES[name])


def figures() -> set[str]:
    """The article's numbers of three digits or more with a decimal point, as printed."""
    text = "\n".join(p.read_text(encoding="utf-8") for p in EXAMPLE.iterdir() if p.is_file())
    numbers = set(re.findall(r"(?<![\w.])\d+\.\d+(?![\w.])", text))
    return {n for n in numbers if len(n.replace(".", "").strip("0")) >= 3}


def stated_lengths() -> set[str]:
    """Times and lengths of the article's patients as the chart has them, such as `NN months`."""
    text = "\n".join(p.read_text(encoding="utf-8") for p in EXAMPLE.glob("*.csv"))
    found = set(re.findall(r"(?<![\w.])[>-]?[\d.]+(?:-[\d.]+)? (?:days|months|years)", text))
    return {f for f in found if len(re.sub(r"\D", "", f)) >= 2}


def test_the_article_has_figures_to_look_for():
    assert {"35.8", "104.3"} <= figures()
    assert {"53 months", "1-9 months", "-5.4 years"} <= stated_lengths()


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(SRC)))
def test_no_figure_of_the_article_stands_in_the_source(path):
    text = path.read_text(encoding="utf-8")
    numbers = set(re.findall(r"(?<![\w.])\d+\.\d+(?![\w.])", text)) & figures()
    assert {n for n in numbers if (path.name, n) not in COINCIDENCES} == set()
    assert {phrase for phrase in stated_lengths() if phrase in text} == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(SRC)))
def test_no_patient_of_the_article_stands_in_the_source(path):
    text = path.read_text(encoding="utf-8")
    known = {
        line.split(",")[0]
        for line in (EXAMPLE / "patients.csv").read_text(encoding="utf-8").splitlines()[1:]
    }
    quoted = re.findall(r"[\"'](\d\d)[\"']", text)
    # one quoted number may be a size; a list of them is a list of patients
    assert len(known & set(quoted)) <= 1
    assert not re.search(r"\bpatients? (?:no\. )?\d", text)
    assert "Geyer" not in text
    assert "Blood Advances" not in text
