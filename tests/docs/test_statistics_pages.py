"""The pages on statistics name every function, print what they say, and say what R says."""

import ast
import re

import pytest
from documentation import ROOT, blocks_of
from statistics_pages import (
    EXECUTED,
    LABELS,
    PAGES,
    has_r,
    numbers_of,
    outputs_after,
    printed_by_r,
    printed_here,
    sections,
)

VERBS = ("estimate_", "compare_", "build_")
SAME = 1e-6
SECTIONS = [(page, section) for page in PAGES for section in sections(page)]
BESIDE_R = [page for page in EXECUTED if "```r\n" in page.read_text(encoding="utf-8")]


def public_functions():
    """The estimators, comparisons and builders of the statistics room, by name."""
    found = {}
    for path in sorted((ROOT / "src" / "sequela" / "stats").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith(VERBS):
                found[node.name] = path
    return found


def test_every_function_has_one_section_and_stands_in_the_index():
    named = [section.name for _, section in SECTIONS]
    assert sorted(named) == sorted(set(named))
    assert set(public_functions()) - set(named) == set()
    index = (ROOT / "docs" / "reference" / "statistics" / "README.md").read_text("utf-8")
    for page, section in SECTIONS:
        assert f"[`{section.name}`]({page.name}#{section.name})" in index


@pytest.mark.parametrize("section", [s for _, s in SECTIONS], ids=lambda s: s.name)
def test_a_section_says_all_that_a_reader_must_know(section):
    for label in LABELS:
        assert f"- **{label}** " in section.text, label
    assert "```python\n" in section.text
    assert section.name in section.text.split("```python\n")[1], "the example does without it"
    assert "```text R\n" in section.text or " no such " in section.text


@pytest.mark.parametrize("name", sorted(public_functions()))
def test_a_docstring_says_what_null_does_and_where_the_rule_is_from(name):
    tree = ast.parse(public_functions()[name].read_text(encoding="utf-8"))
    (node,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name)
    said = ast.get_docstring(node)
    assert any(word in said.lower() for word in ("null", "missing", "absent")), said
    everything = f"{ast.get_docstring(tree)} {said}"
    assert re.search(r"\b(19|20)\d\d\b|Sources? as", everything), everything


@pytest.mark.parametrize("page", EXECUTED, ids=lambda p: p.stem)
def test_examples_print_what_the_page_says(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    blocks = blocks_of(page)
    stated = outputs_after(blocks, "python", "output")
    assert any(stated), "no example of the page prints"
    assert printed_here(blocks) == stated


@pytest.mark.parametrize("page", BESIDE_R, ids=lambda p: p.stem)
def test_what_r_prints_stands_in_what_we_print(page):
    ours, compared = {}, 0
    for block in blocks_of(page):
        if (block.language, block.asks) == ("text", "output"):
            ours = numbers_of(block.text)
        if (block.language, block.asks) == ("text", "R"):
            for name, theirs in numbers_of(block.text).items():
                assert ours[name] == pytest.approx(theirs, rel=SAME), name
                compared += 1
    assert compared > 0


@pytest.mark.skipif(not has_r(), reason="R with survival and cmprsk is not installed")
@pytest.mark.parametrize("page", BESIDE_R, ids=lambda p: p.stem)
def test_r_prints_what_the_page_says(page):
    blocks = blocks_of(page)
    stated = outputs_after(blocks, "r", "R")
    for said, theirs in zip(stated, printed_by_r(blocks), strict=True):
        assert numbers_of(said) == pytest.approx(numbers_of(theirs), rel=SAME)
